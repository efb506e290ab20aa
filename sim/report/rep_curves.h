/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_curves.h - figures with intervals against the first axis: what such pictures share
 *
 * Knows:    rep_plot. A curve is a figure of one mode along the first axis, at fixed levels of the
 *           others; a family has one for each level of the second axis.
 */
#pragma once

#include "rep_plot.h"

#define REP_CURVES_MAX 24
/* The legend of a family's dashed curves, behind the others. */
#define REP_CURVES_WITHOUT                                                                         \
    ", \\\n  NaN with linespoints pointtype 4 pointsize 0.5 linewidth 2 dashtype (6,4) linecolor " \
    "'#666666' title 'without APF'"
#define REP_FAMILY_MAX 6 /* levels that are drawn */

struct rep_curve {
    unsigned mode;
    size_t point; /* its levels of the other axes */
    unsigned number, of;
    const char *column, *interval;
    const char *name; /* in the legend; NULL: the mode, or the level */
    bool dashed;
};

struct rep_curves {
    const struct rep_study *s;
    GString *out;
    const char *column, *interval;
    double scale;
    bool family; /* curves are levels of the second axis */
    unsigned curves;
    struct rep_curve curve[REP_CURVES_MAX];
};

/* Mode apf is there, and a second axis with levels. */
bool rep_curves_has_family(const struct rep_study *s);
/* p->column of a mode: one curve, or a family. */
void rep_curves_add(struct rep_curves *p, unsigned mode);
/* What is said below the title, each from a new line: `first` unless NULL, at which levels of the
 * other axes it is, how many of a family are left out, `last` unless NULL. Then everything up to
 * the plot command but for the y axis. */
void rep_curves_begin(struct rep_curves *p, const struct rep_plot *plot, const char *title,
                      const char *first, const char *last);
/* Widens *lo .. *hi by all values and their intervals. */
void rep_curves_range(const struct rep_curves *p, double *lo, double *hi);
/* The y axis of a ratio to mode off, around 1. */
void rep_curves_gain_scale(const struct rep_curves *p, const char *label);
/* A line through a curve's points with their intervals, behind another element of the plot command.
 * named: it is in the legend. */
void rep_curves_draw(struct rep_curves *p, const struct rep_curve *c, bool named);
