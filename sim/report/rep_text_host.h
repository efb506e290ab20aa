/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_text_host.h - the sections about guests and host CPUs
 */
#pragma once

#include "rep_format.h"
#include "rep_out.h"

/* A table by guest; nothing when there is only one. */
void rep_text_guests(GString *out, const struct rep_summary *s, const struct rep_text_options *o);
/* What the work costs the host, where its CPUs' time went; nothing when vCPUs do not share them. */
void rep_text_host(GString *out, const struct rep_summary *s, const struct rep_text_options *o);
