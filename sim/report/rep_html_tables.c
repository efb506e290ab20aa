/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_html_tables.c - the figures of a study as tables
 *
 * Of a sweep tables of all points; of a run its sections, as the text report has them. Rows that
 * are 0 in every mode are left out, tables without rows too.
 */
#include <math.h>
#include <string.h>

#include "rep_format.h"
#include "rep_html_table.h"
#include "rep_html_text.h"

static void modes_head(GString *out, const struct rep_study *s, const char *first)
{
    rep_html_cell_of_head(out, first, true);
    for (unsigned m = 0; m < s->modes; m++)
        rep_html_cell_of_head(out, s->mode[m], false);
    rep_html_cell_of_head(out, "", true);
}

/* One row of a table with a column a mode; nothing when all are 0. */
static void modes_row(GString *out, const char *name, const double *x, unsigned n, int decimals,
                      const char *help)
{
    double most = 0;

    for (unsigned m = 0; m < n; m++)
        most = fmax(most, x[m]);
    if (most <= 0)
        return;
    g_string_append(out, "<tr>");
    rep_html_cell(out, name, true);
    for (unsigned m = 0; m < n; m++) {
        char text[REP_NUMBER_BYTES];

        *text = 0;
        if (decimals && isfinite(x[m]))
            g_snprintf(text, sizeof text, "%.*f", decimals, x[m]);
        else if (isfinite(x[m]))
            rep_format_count(text, (guint64)x[m]);
        rep_html_cell(out, text, false);
    }
    g_string_append(out, "<td class=\"t\">");
    rep_html_text(out, help ? help : "", -1);
    g_string_append(out, "</td></tr>\n");
}

static void ledger(GString *out, const struct rep_study *s)
{
    double sum[REP_MODES] = {0}, x[LEDGER_COUNT][REP_MODES];
    struct rep_html_table t =
        rep_html_open(out, "Where the time of the vCPUs went",
                      "% of wall time, mean over vCPUs; the classes sum to it exactly.");

    for (unsigned c = 0; c < LEDGER_COUNT; c++)
        for (unsigned m = 0; m < s->modes; m++) {
            g_autofree char *column = g_strdup_printf("ledger_%s_ns", ledger_key[c]);

            x[c][m] = rep_study_value(s, m, 0, column);
            sum[m] += isfinite(x[c][m]) ? x[c][m] : 0;
        }
    modes_head(out, s, "class");
    rep_html_body(out, &t);
    for (unsigned c = 0; c < LEDGER_COUNT; c++) {
        for (unsigned m = 0; m < s->modes; m++)
            x[c][m] = sum[m] > 0 ? 100 * x[c][m] / sum[m] : 0;
        modes_row(out, ledger_key[c], x[c], s->modes, 3, ledger_help[c]);
    }
    rep_html_close(out, &t);
}

static void counts_row(GString *out, const struct rep_study *s, const char *prefix, const char *key,
                       const char *help)
{
    g_autofree char *column = g_strconcat(prefix, key, "_count", NULL);
    double x[REP_MODES];

    for (unsigned m = 0; m < s->modes; m++)
        x[m] = rep_study_value(s, m, 0, column);
    modes_row(out, key, x, s->modes, 0, help);
}

static void outcomes(GString *out, const struct rep_study *s)
{
    struct rep_html_table t =
        rep_html_open(out, "How each fault ended", "Number of accesses, sum over replicas.");

    modes_head(out, s, "outcome");
    rep_html_body(out, &t);
    for (unsigned o = 0; o < OUTCOME_COUNT; o++)
        counts_row(out, s, "faults_", outcome_key[o], outcome_help[o]);
    rep_html_close(out, &t);
}

static void reasons(GString *out, const struct rep_page *page)
{
    const struct rep_study *s = page->study;
    g_autoptr(GPtrArray) whys = rep_study_names(s, "why_", "_count");
    struct rep_html_table t =
        rep_html_open(out, "Why not asynchronously",
                      "Number of accesses that needed I/O and were not delivered, by the "
                      "kernel's condition; sum over replicas.");

    modes_head(out, s, "reason");
    rep_html_body(out, &t);
    for (guint i = 0; i < whys->len; i++) {
        const char *key = g_ptr_array_index(whys, i);

        counts_row(out, s, "why_", key, page->why_help ? page->why_help(key) : NULL);
    }
    rep_html_close(out, &t);
}

static bool happened(const struct rep_study *s, unsigned m, const char *latency)
{
    g_autofree char *count = g_strdup_printf("%s_count", latency);

    return rep_study_value(s, m, 0, count) > 0;
}

static void latency_row(GString *out, const struct rep_study *s, unsigned m, const char *latency)
{
    static const char *const figure[] = {"mean", "p50", "p90", "p99", "p999", "max"};
    g_autofree char *count = g_strdup_printf("%s_count", latency);
    char text[REP_NUMBER_BYTES];

    rep_html_cell(out, s->mode[m], true);
    rep_html_cell(out, rep_format_count(text, (guint64)rep_study_value(s, m, 0, count)), false);
    for (unsigned f = 0; f < G_N_ELEMENTS(figure); f++) {
        g_autofree char *column = g_strdup_printf("%s_%s_ns", latency, figure[f]);

        rep_html_cell(out, rep_format_ns(text, rep_study_value(s, m, 0, column)), false);
    }
}

/* What it is stands beside its first row, for all of them. */
static void latency_rows(GString *out, const struct rep_study *s, const char *latency,
                         const char *help)
{
    unsigned rows = 0, done = 0;

    for (unsigned m = 0; m < s->modes; m++)
        rows += happened(s, m, latency);
    if (rows && !g_str_has_suffix(out->str, "<tbody>\n"))
        g_string_append(out, "</tbody><tbody>\n");
    for (unsigned m = 0; m < s->modes; m++) {
        if (!happened(s, m, latency))
            continue;
        g_string_append(out, "<tr>");
        if (!done)
            rep_html_high_cell(out, rows, "l", latency);
        latency_row(out, s, m, latency);
        if (!done++)
            rep_html_high_cell(out, rows, "t", help);
        g_string_append(out, "</tr>\n");
    }
}

static void latencies(GString *out, const struct rep_study *s)
{
    static const char *const heads[] = {"what", "mode", "count", "mean", "p50",
                                        "p90",  "p99",  "p99.9", "max",  NULL};
    struct rep_html_table t =
        rep_html_open(out, "Latencies", "All replicas together; percentiles are within 0.4 %.");

    rep_html_heads(out, heads, 2);
    rep_html_cell_of_head(out, "", true);
    rep_html_body(out, &t);
    for (unsigned l = 0; l < LATENCY_COUNT; l++)
        latency_rows(out, s, latency_key[l], latency_help[l]);
    rep_html_close(out, &t);
}

void rep_html_tables(GString *out, const struct rep_page *page)
{
    const struct rep_study *s = page->study;

    rep_html_points(out, s);
    if (s->axes)
        return;
    rep_html_parts(out, s);
    ledger(out, s);
    outcomes(out, s);
    reasons(out, page);
    latencies(out, s);
}
