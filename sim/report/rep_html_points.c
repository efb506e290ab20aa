/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_html_points.c - the figures of a study's points: a row for each point and mode
 */
#include <math.h>

#include "rep_format.h"
#include "rep_html_table.h"
#include "rep_html_text.h"

#define ROWS_MAX 200 /* of a sweep; beyond, the CSV is the better table */

/* The cells of a row behind its mode; kind: of tasks, or NULL. */
typedef void row_cells(GString *out, const struct rep_study *s, unsigned m, size_t p,
                       const char *kind);

static void heads(GString *out, const struct rep_study *s, const char *const *head)
{
    for (unsigned i = 0; i < s->axes; i++)
        rep_html_cell_of_head(out, s->axis[i].key, true);
    rep_html_heads(out, head, 1);
}

static void gain_cells(GString *out, const struct rep_study *s, unsigned m, size_t p,
                       const char *kind)
{
    char number[REP_NUMBER_BYTES];
    double work = rep_study_value(s, m, p, "work_per_s");

    (void)kind;
    rep_html_gain(out, rep_study_value(s, m, p, "gain_ratio"),
                  rep_study_value(s, m, p, "gain_ratio_ci95"));
    rep_html_mean(out, 100 * rep_study_value(s, m, p, "utilization_share"),
                  100 * rep_study_value(s, m, p, "utilization_ci95"), 2, false);
    rep_html_cell(out, isfinite(work) ? rep_format_rate(number, work) : "", false);
}

static double of_requests(const struct rep_study *s, unsigned m, size_t p, const char *kind,
                          const char *figure)
{
    g_autofree char *column = g_strdup_printf("task_%s_request_%s", kind, figure);

    return rep_study_value(s, m, p, column);
}

/* "1.10 ms &plusmn; 41.0 us" */
static void time_cell(GString *out, double ns, double ci)
{
    char text[REP_NUMBER_BYTES];

    g_string_append(out, "<td>");
    if (isfinite(ns))
        g_string_append(out, rep_format_ns(text, ns));
    if (isfinite(ns) && isfinite(ci))
        g_string_append_printf(out, " &plusmn; %s", rep_format_ns(text, ci));
    g_string_append(out, "</td>");
}

static void request_cells(GString *out, const struct rep_study *s, unsigned m, size_t p,
                          const char *kind)
{
    time_cell(out, of_requests(s, m, p, kind, "p50_ns"), of_requests(s, m, p, kind, "p50_ns_ci95"));
    time_cell(out, of_requests(s, m, p, kind, "p99_ns"), of_requests(s, m, p, kind, "p99_ns_ci95"));
    rep_html_gain(out, of_requests(s, m, p, kind, "p99_ratio"),
                  of_requests(s, m, p, kind, "p99_ratio_ci95"));
}

/* A point: its levels once, beside a row for each mode. */
static void point_rows(GString *out, const struct rep_study *s, size_t p, row_cells *cells,
                       const char *kind)
{
    unsigned rows = 0, first = 0;

    for (unsigned m = s->modes; m-- > 0;)
        if (s->row[m * s->points + p] != REP_NO_ROW) {
            rows++;
            first = m;
        }
    for (unsigned m = 0; m < s->modes; m++) {
        if (s->row[m * s->points + p] == REP_NO_ROW)
            continue;
        g_string_append(out, "<tr>");
        for (unsigned i = 0; i < s->axes && m == first; i++) {
            const struct rep_axis *a = &s->axis[i];
            char text[REP_LEVEL_BYTES];

            rep_html_high_cell(out, rows, "l",
                               rep_axis_format(a, rep_axis_at(a, rep_study_level(s, p, i)), text));
        }
        rep_html_cell(out, s->mode[m], true);
        cells(out, s, m, p, kind);
        g_string_append(out, "</tr>\n");
    }
}

static void all_rows(GString *out, const struct rep_study *s, struct rep_html_table *t,
                     row_cells *cells, const char *kind)
{
    rep_html_body(out, t);
    for (size_t p = 0; p < s->points; p++) {
        g_string_append(out, p && out->len > t->body ? "</tbody><tbody>\n" : "");
        point_rows(out, s, p, cells, kind);
    }
    rep_html_close(out, t);
}

static bool too_many(const struct rep_study *s)
{
    return s->points * s->modes > ROWS_MAX;
}

static void gains(GString *out, const struct rep_study *s)
{
    static const char *const head[] = {"mode", "gain", "user time %", "work/s", NULL};
    double replicas = rep_study_value(s, 0, 0, "replicas");
    struct rep_html_table t;

    if (too_many(s) && rep_html_matrix(out, s))
        return;
    if (too_many(s)) {
        g_string_append_printf(out,
                               "<h2>Gain and user time</h2>\n<p>%zu points in %u mode%s are too "
                               "many for a table: %s has them.</p>\n",
                               s->points, s->modes, s->modes == 1 ? "" : "s", s->csv);
        return;
    }
    t = rep_html_open(out, "Gain and user time",
                      replicas < 2
                          ? "Gain: work with APF over work in mode off. One replica: no "
                            "intervals."
                          : "Gain: work with APF over work in mode off, replica by replica; "
                            "mean and 95 % interval. Grey: no clear difference.");
    heads(out, s, head);
    all_rows(out, s, &t, gain_cells, NULL);
}

/* Of a service the latencies are the answer: its rate is given. */
static void requests(GString *out, const struct rep_study *s, const char *kind)
{
    static const char *const head[] = {"mode", "p50", "p99", "p99 against off", NULL};
    g_autoptr(GString) title = g_string_new("How long requests of ");
    struct rep_html_table t;

    rep_html_text(title, kind, -1);
    g_string_append(title, " took");
    t = rep_html_open(
        out, title->str,
        "From arrival to answer, with 95 % intervals; p99: 99 % of the requests took no "
        "longer. Against off: p99 over that in mode off, replica by replica; below 1 "
        "is sooner. Grey: no clear difference.");
    heads(out, s, head);
    all_rows(out, s, &t, request_cells, kind);
}

void rep_html_points(GString *out, const struct rep_study *s)
{
    g_autoptr(GPtrArray) kinds = rep_study_names(s, "task_", "_request_p99_ns");

    for (guint i = 0; s->axes && !too_many(s) && i < kinds->len && i < REP_SERVICES_MAX; i++)
        requests(out, s, g_ptr_array_index(kinds, i));
    gains(out, s);
}
