/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_levels.h - a guest that runs a guest: what L1's own threads did, and what L2 did
 *
 * Both are sums over the kinds of tasks of that level, so they say nothing that the kinds do not.
 */
#pragma once

#include "rep_out.h"

struct rep_level {
    uint64_t cpu_ns; /* user time */
    uint64_t outcome_count[OUTCOME_COUNT];
    uint64_t needed_io;
};

/* Some kind of task is nested: only then are there levels to report. */
bool rep_has_levels(const struct rep_setting *set);
struct rep_level rep_level_of(const struct rep_result *r, const struct rep_setting *set,
                              bool nested);
/* The section of the text report; nothing without levels. */
void rep_text_levels(GString *out, const struct rep_summary *s, const struct rep_text_options *o);
