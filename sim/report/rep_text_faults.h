/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_text_faults.h - the sections about faults, latencies and devices. For rep_text.c only.
 */
#pragma once

#include "rep_out.h"

void rep_text_faults(GString *out, const struct rep_summary *s, const struct rep_text_options *o);
/* A blank line and a title, with a remark in brackets unless NULL. In rep_text.c. */
void rep_heading(GString *out, const struct rep_text_options *o, const char *title,
                 const char *remark);
