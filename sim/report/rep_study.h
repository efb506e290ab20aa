/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_study.h - the CSV of a run or a sweep as a grid: axes x modes, and where the gain crosses 1
 *
 * Knows:    rep_sheet, rep_axis. Axes are the columns before "point"; a run has none.
 * Limits:   REP_AXES_MAX axes; the grid is at most 16 times as large as the file is long.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "rep_axis.h"
#include "rep_result.h"
#include "rep_sheet.h"

#define REP_AXES_MAX 6
#define REP_NO_ROW   SIZE_MAX

struct rep_study {
    struct rep_sheet *sheet;
    char *csv; /* the file, without its directory: for scripts beside it */
    unsigned axes, modes;
    struct rep_axis axis[REP_AXES_MAX];
    const char *mode[REP_MODES];
    size_t points;                 /* of the grid; the last axis is the quickest */
    size_t *row;                   /* [mode * points + point], or REP_NO_ROW */
    const char *outcome;           /* the first that is not a good one, or NULL */
    size_t outcome_row;            /* where that is */
    const struct rep_study *whole; /* of which this is a part, or NULL */
};

/* What a key is, or NULL. *ret_named: its values are names, though they may look like numbers. */
typedef const char *rep_key_fn(const char *key, bool *ret_named);

struct rep_study *rep_study_read(const char *path, rep_key_fn *help, GError **error);
void rep_study_free(struct rep_study *s); /* NULL is fine */
/* Index of a mode, or -1. */
int rep_study_mode(const struct rep_study *s, const char *mode);
/* Level of an axis at a point, and the point that differs by having another one. */
unsigned rep_study_level(const struct rep_study *s, size_t point, unsigned axis);
size_t rep_study_point(const struct rep_study *s, size_t point, unsigned axis, unsigned level);
/* NAN when there is none. */
double rep_study_value(const struct rep_study *s, unsigned mode, size_t point, const char *column);
/* What stands between prefix and suffix in names of columns, in their order: of "task_", "_per_s"
 * the kinds of tasks. Of char *; free with g_ptr_array_unref(). */
GPtrArray *rep_study_names(const struct rep_study *s, const char *prefix, const char *suffix);
#define REP_SERVICES_MAX 6 /* kinds of tasks that serve which get a picture and a table */
/* "disk.read = 80 us, tasks.worker.count = 4": levels of all axes but one (or -1). "" if none. */
char *rep_study_where(const struct rep_study *s, size_t point, int without);

/* Some `most` points of a study that has more, as CSV: some levels of each axis, first and last
 * among them, and only the columns that are drawn. NULL: it has not more. */
GString *rep_study_thin(const struct rep_study *s, size_t most);

/*
 * Break-even: where the gain crosses 1 along an axis, between the last point whose whole 95 %
 * interval lies on one side of 1 and the first whose interval lies on the other. The estimate is
 * the crossing of the means by a straight line between neighbours. The interval holds the crossings
 * of both ends of the gain's intervals, each by straight lines in x and in log x. Between points
 * far apart the curve is not known: where neighbours between those two differ by more than a factor
 * of REP_FINE_STEP, or one of them is at 0, the interval is all that lies between the two.
 */
#define REP_FINE_STEP 1.25 /* assumed: a gain is nearly straight over so short a way */

struct rep_crossing {
    double at, low, high;
    bool rises;  /* beyond it the gain is above 1 */
    bool coarse; /* low .. high is from point to point */
};
/* x rises; ci: half widths, NAN: none. log: x > 0, lines in log x count, too. Returns how many, at
 * most `max`. */
unsigned rep_crossings(const double *x, const double *gain, const double *ci, unsigned n, bool log,
                       struct rep_crossing *ret, unsigned max);

#define REP_GAIN "gain_ratio"
#define REP_P99  "_request_p99_ratio" /* behind task_KIND */

struct rep_break_even {
    unsigned mode;
    const char *column; /* of the ratio to mode off: REP_GAIN, or task_KIND REP_P99 */
    size_t point;       /* levels of the other axes: a point of that line */
    unsigned crossings;
    struct rep_crossing crossing[4];
    unsigned above, below, unclear; /* points of the line by where their intervals lie */
};
/* Along the first axis, for each mode but off and each line: the requests' p99 first, where there
 * are any, then the gain; mode apf first. NULL: no axis with two levels, or no ratio. Of struct
 * rep_break_even. */
GArray *rep_break_evens(const struct rep_study *s);
/* "APF gains from 2.1 us (95 %: 2.0 us .. 2.3 us) on", "APF begins to gain between 1 us and 3 us
 * (by straight lines 2.1 us); refine there", and of whole numbers "APF gains at 2; loses at 1 and
 * at 4"; of requests "APF lowers the p99 of web at every point; with / without:
 * 0.41 to 0.95".
 */
char *rep_break_even_text(const struct rep_study *s, const struct rep_break_even *b);
/* All of them as lines of text, each said once for all levels of the other axes where it holds:
 * "tasks.worker.count = 2 .. 5, 8: APF gains at every point". Empty when there are none. Free with
 * g_ptr_array_unref(). */
GPtrArray *rep_break_even_lines(const struct rep_study *s);
/* The same for a terminal. */
void rep_break_evens_print(GString *out, const struct rep_study *s);
