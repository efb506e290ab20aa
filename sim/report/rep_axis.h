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

#define REP_LEVEL_BYTES 128

struct rep_axis {
    const char *column; /* in the CSV */
    char *key;          /* as for --set */
    char *words;        /* what it is, or NULL */
    char *label;        /* words and key, for people */
    enum rep_unit unit;
    bool log; /* the range asks for a logarithmic scale */
    unsigned levels;
    size_t stride; /* level = point / stride % levels; 0: the numbers of the points do not say it */
    GArray *number;  /* of double, rising; unless unit is REP_UNIT_WORD */
    GPtrArray *word; /* of const char *; only then */
};

/* help: what the key is, or NULL. named: its values are names even where they look like numbers. */
void rep_axis_read(struct rep_axis *a, const struct rep_sheet *s, int column, const char *help,
                   bool named);
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

/* ---- gnuplot: rep_axis_script.c ---- */

/* rep_axis_format() for a tic: three digits, and without what the label says. */
char *rep_axis_tic(const struct rep_axis *a, double at, char to[REP_LEVEL_BYTES]);
/* `set xlabel`, or ylabel: words and key, in lines; below that of x a gap before the legend. */
void rep_axis_label(GString *out, const struct rep_axis *a, char which);
/* As x axis: scale, range, tics that do not touch, label. Returns the pixels that turned names take
 * below it. */
unsigned rep_axis_script(GString *out, const struct rep_axis *a);
/* As one side of a map, 'x' or 'y': a cell of width 1 for each level, from 1 on; tics, label.
 * Returns likewise. */
unsigned rep_axis_cells(GString *out, const struct rep_axis *a, char which);
/* An expression for the place of the current row on the axis. */
void rep_axis_using(GString *out, const struct rep_axis *a);
