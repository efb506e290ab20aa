/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_axis.h - one varied key of a sweep: its levels, its scale, its words
 *
 * Knows:    rep_format. A column is KEY_ns, KEY_bytes, KEY_share or KEY_per_s with plain numbers,
 * or KEY with plain numbers or words. Promise:  levels of numbers rise; words stand in the order in
 * which they first came.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "rep_sheet.h"

enum rep_unit {
    REP_UNIT_NONE,
    REP_UNIT_NS,
    REP_UNIT_BYTES,
    REP_UNIT_SHARE,
    REP_UNIT_PER_S,
    REP_UNIT_WORD
};

#define REP_LEVEL_BYTES 48

struct rep_axis {
    const char *column; /* in the CSV */
    char *key;          /* as for --set */
    char *label;        /* for people */
    enum rep_unit unit;
    bool log; /* the range asks for a logarithmic scale */
    unsigned levels;
    GArray *number;  /* of double, rising; unless unit is REP_UNIT_WORD */
    GPtrArray *word; /* of const char *; only then */
};

/* help: what the key is, or NULL. */
void rep_axis_read(struct rep_axis *a, const struct rep_sheet *s, int column, const char *help);
void rep_axis_clear(struct rep_axis *a);
/* The key of a column's name. g_free() it. */
char *rep_axis_key(const char *column);
unsigned rep_axis_level_of(const struct rep_axis *a, const struct rep_sheet *s, int column,
                           size_t row);
/* Words, or whole numbers without a unit (counts, and choices that look like numbers): nothing lies
 * between two levels. */
bool rep_axis_discrete(const struct rep_axis *a);
/* Where a level lies on the axis: its number, or for words 0, 1, ... */
double rep_axis_at(const struct rep_axis *a, unsigned level);
/* "80 us", "64 MiB", "30 %", "4", "hdd". */
char *rep_axis_format(const struct rep_axis *a, double at, char to[REP_LEVEL_BYTES]);
/* The axis on paper, 0 .. 1 from first to last level. */
double rep_axis_share(const struct rep_axis *a, double at);

/* gnuplot: scale, range and tics; `which` is 'x' or 'y'. */
void rep_axis_script(GString *out, const struct rep_axis *a, char which);
/* gnuplot: an expression for the place of the current row on the axis. */
void rep_axis_using(GString *out, const struct rep_axis *a);
