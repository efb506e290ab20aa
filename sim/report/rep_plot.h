/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_plot.h - the pictures of a study, as gnuplot scripts
 *
 * Knows:    rep_study, rep_gnuplot. Each maker returns NULL when there is nothing to be seen: no
 *           axis, one mode, no value.
 * Promise:  same CSV, same scripts.
 */
#pragma once

#include "rep_gnuplot.h"
#include "rep_study.h"

#define REP_RESULT_CSV    "result.csv" /* of a run */
#define REP_SWEEP_CSV     "sweep.csv"
#define REP_LATENCIES_CSV "latencies.csv"
#define REP_PICTURES_CSV  "pictures.csv" /* a part of a large sweep, for its pictures */

/* Gain against the first axis: a curve a mode, or, with a second axis, a curve for each of its
 * levels (some of them when they are many); break-evens marked. */
struct rep_plot *rep_plot_gain(const struct rep_study *s);
/* Of several guests each one's gain. */
struct rep_plot *rep_plot_guests(const struct rep_study *s);
/* Of kinds of tasks that serve, each one's p99 and p50 of requests, likewise. Appends to `plots`.
 */
void rep_plot_requests(GPtrArray *plots, const struct rep_study *s);
/* User time against the first axis, likewise. */
struct rep_plot *rep_plot_utilization(const struct rep_study *s);
/* Gain over two axes as colours. */
struct rep_plot *rep_plot_heat(const struct rep_study *s);
/* Where the vCPUs' time went: stacked bars for each mode, at some levels of the first axis. */
struct rep_plot *rep_plot_ledger(const struct rep_study *s);
/* Distributions of one run's latencies, from its latencies.csv. Appends to `plots`. False: *error.
 */
bool rep_plot_latencies(GPtrArray *plots, const char *path, GError **error);

/* All of them that apply to a study. Free with g_ptr_array_unref(). */
GPtrArray *rep_plots(const struct rep_study *s);

/* An empty list of plots, which frees them. */
GPtrArray *rep_plot_list(void);

/* ---- for the makers ---- */

struct rep_plot *rep_plot_new(const char *name, char *caption); /* caption: taken over */
/* At most `max` levels of n, first and last among them. Returns how many. */
unsigned rep_plot_spread(unsigned n, unsigned max, unsigned *ret);
/* When an axis has more levels than `max`, from a new line "6 of 20 values of KEY are drawn ...".
 */
void rep_plot_some(GString *to, const struct rep_study *s, unsigned axis, unsigned max);
/* The point in the middle of all axes from `from` on, at level 0 of those before. */
size_t rep_plot_middle(const struct rep_study *s, unsigned from);
/* A condition that holds for rows of a mode at the levels that `point` has on axes from..to-1. */
void rep_plot_where(GString *out, const struct rep_study *s, unsigned mode, size_t point,
                    unsigned from, unsigned to);
