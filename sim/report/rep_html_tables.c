/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_html_tables.c - the figures of a study as tables
 */
#include <math.h>
#include <string.h>

#include "rep_format.h"
#include "rep_html.h"
#include "rep_html_text.h"

#define ROWS_MAX 200 /* of a sweep; beyond, the CSV is the better table */

static void open_table(GString *out, const char *title)
{
    g_string_append_printf(out, "<h2>%s</h2>\n<div class=\"wide\"><table>\n<tr>", title);
}

static void close_table(GString *out)
{
    g_string_append(out, "</table></div>\n");
}

static void head(GString *out, const char *text, bool left)
{
    g_string_append(out, left ? "<th class=\"l\">" : "<th>");
    rep_html_text(out, text, -1);
    g_string_append(out, "</th>");
}

static void cell(GString *out, const char *text, bool left)
{
    g_string_append(out, left ? "<td class=\"l\">" : "<td>");
    rep_html_text(out, text, -1);
    g_string_append(out, "</td>");
}

/* "1.995 ± 0.003"; without an interval the mean alone; nothing when there is none. */
static void mean(GString *out, double x, double ci, int decimals)
{
    char text[REP_NUMBER_BYTES] = "", half[REP_NUMBER_BYTES] = "";

    if (isfinite(x))
        g_snprintf(text, sizeof text, "%.*f", decimals, x);
    if (isfinite(x) && isfinite(ci))
        g_snprintf(half, sizeof half, "%.*f", decimals, ci);
    g_string_append_printf(out, "<td>%s%s%s</td>", text, *half ? " &plusmn; " : "", half);
}

static void gains_head(GString *out, const struct rep_study *s)
{
    for (unsigned i = 0; i < s->axes; i++)
        head(out, s->axis[i].key, true);
    head(out, "mode", true);
    head(out, "user time %", false);
    head(out, "work/s", false);
    head(out, "gain", false);
    g_string_append(out, "</tr>\n");
}

static void gains_row(GString *out, const struct rep_study *s, unsigned m, size_t p)
{
    char text[REP_LEVEL_BYTES], number[REP_NUMBER_BYTES];
    double work = rep_study_value(s, m, p, "work_per_s");

    if (s->row[m * s->points + p] == REP_NO_ROW)
        return;
    g_string_append(out, "<tr>");
    for (unsigned i = 0; i < s->axes; i++) {
        const struct rep_axis *a = &s->axis[i];

        cell(out, rep_axis_format(a, rep_axis_at(a, rep_study_level(s, p, i)), text), true);
    }
    cell(out, s->mode[m], true);
    mean(out, 100 * rep_study_value(s, m, p, "utilization_share"),
         100 * rep_study_value(s, m, p, "utilization_ci95"), 2);
    cell(out, isfinite(work) ? rep_format_rate(number, work) : "", false);
    mean(out, rep_study_value(s, m, p, "gain_ratio"), rep_study_value(s, m, p, "gain_ratio_ci95"),
         3);
    g_string_append(out, "</tr>\n");
}

static void gains(GString *out, const struct rep_study *s)
{
    if (s->points * s->modes > ROWS_MAX) {
        g_string_append_printf(out, "<h2>Figures</h2>\n<p>%zu points: see %s.</p>\n", s->points,
                               s->csv);
        return;
    }
    open_table(out, "Utilisation and gain (mean and 95 % interval)");
    gains_head(out, s);
    for (size_t p = 0; p < s->points; p++)
        for (unsigned m = 0; m < s->modes; m++)
            gains_row(out, s, m, p);
    close_table(out);
}

static void modes_head(GString *out, const struct rep_study *s, const char *first)
{
    head(out, first, true);
    for (unsigned m = 0; m < s->modes; m++)
        head(out, s->mode[m], false);
    head(out, "", true);
    g_string_append(out, "</tr>\n");
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
    cell(out, name, true);
    for (unsigned m = 0; m < n; m++) {
        char text[REP_NUMBER_BYTES];

        if (decimals)
            g_snprintf(text, sizeof text, "%.*f", decimals, x[m]);
        else
            rep_format_count(text, (guint64)x[m]);
        cell(out, text, false);
    }
    g_string_append(out, "<td class=\"t\">");
    rep_html_text(out, help, -1);
    g_string_append(out, "</td></tr>\n");
}

static void ledger(GString *out, const struct rep_study *s)
{
    double sum[REP_MODES] = {0}, x[LEDGER_COUNT][REP_MODES];

    for (unsigned c = 0; c < LEDGER_COUNT; c++)
        for (unsigned m = 0; m < s->modes; m++) {
            g_autofree char *column = g_strdup_printf("ledger_%s_ns", ledger_key[c]);

            x[c][m] = rep_study_value(s, m, 0, column);
            sum[m] += x[c][m];
        }
    open_table(out, "Where the time of the vCPUs went (%)");
    modes_head(out, s, "class");
    for (unsigned c = 0; c < LEDGER_COUNT; c++) {
        for (unsigned m = 0; m < s->modes; m++)
            x[c][m] = sum[m] > 0 ? 100 * x[c][m] / sum[m] : 0;
        modes_row(out, ledger_key[c], x[c], s->modes, 3, ledger_help[c]);
    }
    close_table(out);
}

static void outcomes(GString *out, const struct rep_study *s)
{
    open_table(out, "How each fault ended (accesses)");
    modes_head(out, s, "outcome");
    for (unsigned o = 0; o < OUTCOME_COUNT; o++) {
        g_autofree char *column = g_strdup_printf("faults_%s_count", outcome_key[o]);
        double x[REP_MODES];

        for (unsigned m = 0; m < s->modes; m++)
            x[m] = rep_study_value(s, m, 0, column);
        modes_row(out, outcome_key[o], x, s->modes, 0, outcome_help[o]);
    }
    close_table(out);
}

static void latency_row(GString *out, const struct rep_study *s, unsigned m, const char *latency)
{
    static const char *const figure[] = {"mean", "p50", "p90", "p99", "p999", "max"};
    g_autofree char *count = g_strdup_printf("%s_count", latency);
    char text[REP_NUMBER_BYTES];
    double n = rep_study_value(s, m, 0, count);

    if (!(n > 0))
        return;
    g_string_append(out, "<tr>");
    cell(out, latency, true);
    cell(out, s->mode[m], true);
    cell(out, rep_format_count(text, (guint64)n), false);
    for (unsigned f = 0; f < G_N_ELEMENTS(figure); f++) {
        g_autofree char *column = g_strdup_printf("%s_%s_ns", latency, figure[f]);

        cell(out, rep_format_ns(text, rep_study_value(s, m, 0, column)), false);
    }
    g_string_append(out, "</tr>\n");
}

static void latencies(GString *out, const struct rep_study *s)
{
    static const char *const heads[] = {"count", "mean", "p50", "p90", "p99", "p99.9", "max"};

    open_table(out, "Latencies (all replicas together)");
    head(out, "what", true);
    head(out, "mode", true);
    for (unsigned i = 0; i < G_N_ELEMENTS(heads); i++)
        head(out, heads[i], false);
    g_string_append(out, "</tr>\n");
    for (unsigned l = 0; l < LATENCY_COUNT; l++)
        for (unsigned m = 0; m < s->modes; m++)
            latency_row(out, s, m, latency_key[l]);
    close_table(out);
}

void rep_html_tables(GString *out, const struct rep_study *s)
{
    gains(out, s);
    if (s->axes)
        return;
    ledger(out, s);
    outcomes(out, s);
    latencies(out, s);
}
