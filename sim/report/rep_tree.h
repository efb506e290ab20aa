/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_tree.h - counts as a tree whose branches sum to their stem, and what one could change
 *
 * Knows:    GLib, rep_result.h for REP_MODES.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

#include "rep_result.h"

struct rep_tree_row {
    unsigned depth;     /* 0: the stem */
    bool is_sum;        /* count is that of the rows under it, by rep_tree_sum() */
    const char *text;   /* what it is */
    const char *change; /* what the user could do about it, or NULL */
    uint64_t count[REP_MODES];
};

/* Fills the rows that are sums, from the leaves. */
void rep_tree_sum(struct rep_tree_row *row, size_t rows);
/* columns: their names, `n` of them. Rows without any count are left out. */
void rep_tree_print(GString *out, const struct rep_tree_row *row, size_t rows,
                    const char *const *columns, unsigned n);
