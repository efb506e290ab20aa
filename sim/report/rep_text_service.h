/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_text_service.h - requests and service levels, as text. For rep_text.c and the verdict alone.
 *
 * Knows:    rep_summary, tables.
 */
#pragma once

#include <glib.h>

#include "rep_out.h"

/* Nothing unless some task serves requests. */
void rep_text_service(GString *out, const struct rep_summary *s, const struct rep_text_options *o);
/* "p99 < 5 ms" into `to` (REP_NUMBER_BYTES), which it returns. */
char *rep_objective_text(char *to, const struct rep_kind *kind);
