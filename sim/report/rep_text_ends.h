/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_text_ends.h - when tasks had ended, and what the others had done by then; when all memory
 *                   had come
 *
 * Knows:    rep_summary, tables.
 */
#pragma once

#include <glib.h>

#include "rep_out.h"

/* Nothing unless all tasks of some kind end, or a monitor has sent all that was not there. */
void rep_text_ends(GString *out, const struct rep_summary *s, const struct rep_text_options *o);
