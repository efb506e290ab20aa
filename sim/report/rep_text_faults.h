/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_text_faults.h - the sections about faults, latencies and devices. For rep_text.c only.
 */
#pragma once

#include "rep_out.h"

void rep_text_faults(GString *out, const struct rep_summary *s, const struct rep_text_options *o);
