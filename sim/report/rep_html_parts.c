/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_html_parts.c - tables of what a run consists of: guests, kinds of tasks, requests
 */
#include <math.h>

#include "rep_format.h"
#include "rep_html_table.h"
#include "rep_html_text.h"

static double value(const struct rep_study *s, unsigned m, const char *prefix, const char *name,
                    const char *suffix)
{
    g_autofree char *column = g_strconcat(prefix, name, suffix, NULL);

    return rep_study_value(s, m, 0, column);
}

/* Each name once, beside a row for each mode. */
static void rows_by_mode(GString *out, const struct rep_study *s, const GPtrArray *names,
                         void (*row)(GString *out, const struct rep_study *s, unsigned m,
                                     const char *name))
{
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);

        g_string_append(out, i ? "</tbody><tbody>\n" : "");
        for (unsigned m = 0; m < s->modes; m++) {
            g_string_append(out, "<tr>");
            if (!m)
                rep_html_high_cell(out, s->modes, "l", name);
            row(out, s, m, name);
            g_string_append(out, "</tr>\n");
        }
    }
}

static void guest_row(GString *out, const struct rep_study *s, unsigned m, const char *guest)
{
    double work = value(s, m, "guest_", guest, "_work_per_s");
    char text[REP_NUMBER_BYTES];

    rep_html_cell(out, s->mode[m], true);
    rep_html_gain(out, value(s, m, "guest_", guest, "_gain_ratio"),
                  value(s, m, "guest_", guest, "_gain_ratio_ci95"));
    rep_html_mean(out, 100 * value(s, m, "guest_", guest, "_utilization_share"),
                  100 * value(s, m, "guest_", guest, "_utilization_ci95"), 2, false);
    rep_html_cell(out, isfinite(work) ? rep_format_rate(text, work) : "", false);
}

static void guests(GString *out, const struct rep_study *s)
{
    static const char *const heads[] = {"guest", "mode", "gain", "user time %", "work/s", NULL};
    g_autoptr(GPtrArray) all = rep_study_names(s, "guest_", "_gain_ratio");
    struct rep_html_table t = rep_html_open(
        out, "Each guest", "Gain: its work over its work in mode off; mean and 95 % interval.");

    rep_html_heads(out, heads, 2);
    rep_html_body(out, &t);
    rows_by_mode(out, s, all, guest_row);
    rep_html_close(out, &t);
}

static void rate_cell(GString *out, double rate, double half)
{
    char text[REP_NUMBER_BYTES];

    g_string_append(out, "<td>");
    if (isfinite(rate))
        g_string_append(out, rep_format_rate(text, rate));
    if (isfinite(rate) && isfinite(half))
        rep_html_half(out, half, rate < 1000 ? 2 : 0);
    g_string_append(out, "</td>");
}

static void tasks(GString *out, const struct rep_study *s)
{
    g_autoptr(GPtrArray) all = rep_study_names(s, "task_", "_per_s");
    struct rep_html_table t = rep_html_open(out, "Rate of each task",
                                            "Turns of its loop a second; mean and 95 % "
                                            "interval. Which of them is the work: the "
                                            "report below.");

    rep_html_cell_of_head(out, "task", true);
    for (unsigned m = 0; m < s->modes; m++)
        rep_html_cell_of_head(out, s->mode[m], false);
    rep_html_body(out, &t);
    for (guint i = 0; i < all->len; i++) {
        const char *name = g_ptr_array_index(all, i);

        g_string_append(out, "<tr>");
        rep_html_cell(out, name, true);
        for (unsigned m = 0; m < s->modes; m++)
            rate_cell(out, value(s, m, "task_", name, "_per_s"),
                      value(s, m, "task_", name, "_per_s_ci95"));
        g_string_append(out, "</tr>\n");
    }
    rep_html_close(out, &t);
}

static void request_row(GString *out, const struct rep_study *s, unsigned m, const char *name)
{
    static const char *const figure[] = {"mean", "p50", "p90", "p99", "p999", "max"};
    double dropped = value(s, m, "task_", name, "_dropped_count");
    char text[REP_NUMBER_BYTES];

    rep_html_cell(out, s->mode[m], true);
    for (unsigned f = 0; f < G_N_ELEMENTS(figure); f++) {
        g_autofree char *suffix = g_strdup_printf("_request_%s_ns", figure[f]);
        double ns = value(s, m, "task_", name, suffix);

        rep_html_cell(out, isfinite(ns) ? rep_format_ns(text, ns) : "", false);
    }
    rep_html_cell(out, isfinite(dropped) ? rep_format_count(text, (guint64)dropped) : "", false);
    rep_html_mean(out, 100 * value(s, m, "task_", name, "_within_objective_share"), NAN, 3, false);
}

static void requests(GString *out, const struct rep_study *s)
{
    static const char *const heads[] = {"served by", "mode", "mean",    "p50",       "p90", "p99",
                                        "p99.9",     "max",  "dropped", "in time %", NULL};
    g_autoptr(GPtrArray) all = rep_study_names(s, "task_", "_request_mean_ns");
    struct rep_html_table t =
        rep_html_open(out, "Requests",
                      "Time from arrival to the end of the turn that served it. In time: share "
                      "within the objective, if there is one; a dropped request is late.");

    rep_html_heads(out, heads, 2);
    rep_html_body(out, &t);
    rows_by_mode(out, s, all, request_row);
    rep_html_close(out, &t);
}

void rep_html_parts(GString *out, const struct rep_study *s)
{
    requests(out, s);
    guests(out, s);
    tasks(out, s);
}
