/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_crossing.h - a ratio to mode off along the first axis: between the two files that judge it
 */
#pragma once

#include "rep_study.h"

/* The points that have a value; in the order of the axis. */
struct rep_line {
    const double *x, *ratio, *ci;
    unsigned n;
    bool log;
};

/* room: 3 numbers a level. */
struct rep_line rep_line_of(const struct rep_study *s, const struct rep_break_even *b,
                            double *room);
/* -1, 0 or 1: the interval of point i lies below, about or above 1. */
int rep_line_side(const struct rep_line *l, unsigned i);
