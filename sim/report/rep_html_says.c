/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_html_says.c - the answers of a study: verdicts of a run; extremes and break-evens of a sweep
 */
#include <math.h>
#include <string.h>

#include "rep_format.h"
#include "rep_html.h"
#include "rep_html_text.h"

/* One line of them, with the sign in place of "+-". */
static void verdict_line(GString *out, const char *text, size_t bytes)
{
    g_autofree char *line = g_strndup(text, bytes);
    g_auto(GStrv) part = g_strsplit(line, "+- ", -1);

    for (unsigned i = 0; part[i]; i++) {
        g_string_append(out, i ? "&plusmn; " : "");
        rep_html_text(out, part[i], -1);
    }
}

/* The points of VERDICT in report.txt: "  - text", going on with an indent. */
static bool verdicts(GString *out, const char *report)
{
    const char *at = report ? strstr(report, "\nVERDICT\n") : NULL;
    bool open = false;

    if (!at)
        return false;
    g_string_append(out, "<ul>\n");
    for (at += strlen("\nVERDICT\n"); *at && *at != '\n'; at += strcspn(at, "\n") + 1) {
        bool begins = g_str_has_prefix(at, "  - ");
        const char *text = at + (begins ? 4 : strspn(at, " "));

        if (begins)
            g_string_append(out, open ? "</li>\n<li>" : "<li>");
        else
            g_string_append_c(out, ' ');
        open |= begins;
        verdict_line(out, text, strcspn(text, "\n"));
        if (!strchr(at, '\n'))
            break;
    }
    g_string_append(out, open ? "</li>\n</ul>\n" : "</ul>\n");
    return true;
}

/* The gain at a point: "1.917 ± 0.059". */
static void gain_at(GString *out, const struct rep_study *s, unsigned mode, size_t point)
{
    double ci = rep_study_value(s, mode, point, "gain_ratio_ci95");

    g_string_append_printf(out, "<strong>%.3f</strong>",
                           rep_study_value(s, mode, point, "gain_ratio"));
    if (isfinite(ci))
        rep_html_half(out, ci, 3);
}

/* And where that is: " (disk.read = 100 us)". */
static void where(GString *out, const struct rep_study *s, size_t point)
{
    g_autofree char *text = rep_study_where(s, point, -1);

    g_string_append(out, " (");
    rep_html_text(out, text, -1);
    g_string_append_c(out, ')');
}

/* The points of the least and the greatest gain; false: there is none. */
static bool find_extremes(const struct rep_study *s, unsigned mode, size_t *least, size_t *most)
{
    *least = s->points;
    for (size_t p = 0; p < s->points; p++) {
        double gain = rep_study_value(s, mode, p, "gain_ratio");

        if (!isfinite(gain))
            continue;
        if (*least == s->points)
            *least = *most = p;
        if (gain < rep_study_value(s, mode, *least, "gain_ratio"))
            *least = p;
        if (gain > rep_study_value(s, mode, *most, "gain_ratio"))
            *most = p;
    }
    return *least < s->points;
}

/* Digits that differ only beyond those that are shown are no range. */
static bool reads_alike(const struct rep_study *s, unsigned mode, size_t a, size_t b)
{
    char x[REP_NUMBER_BYTES], y[REP_NUMBER_BYTES];

    g_snprintf(x, sizeof x, "%.3f", rep_study_value(s, mode, a, "gain_ratio"));
    g_snprintf(y, sizeof y, "%.3f", rep_study_value(s, mode, b, "gain_ratio"));
    return !strcmp(x, y);
}

static void extremes(GString *out, const struct rep_study *s, unsigned mode)
{
    size_t least, most = 0;

    if (!find_extremes(s, mode, &least, &most))
        return;
    g_string_append(out, "<li>Gain in mode ");
    rep_html_text(out, s->mode[mode], -1);
    bool alike = reads_alike(s, mode, least, most);

    if (alike && s->points > 1) {
        g_string_append_printf(out, ": <strong>%.3f</strong> at every point</li>\n",
                               rep_study_value(s, mode, least, "gain_ratio"));
        return;
    }
    g_string_append(out, alike ? ": " : ": from ");
    gain_at(out, s, mode, least);
    if (alike) {
        g_string_append(out, "</li>\n");
        return;
    }
    where(out, s, least);
    g_string_append(out, " to ");
    gain_at(out, s, mode, most);
    where(out, s, most);
    g_string_append(out, "</li>\n");
}

static void break_evens(GString *out, const struct rep_study *s)
{
    g_autoptr(GPtrArray) lines = rep_break_even_lines(s);

    if (!lines->len)
        return;
    g_string_append(out, "<p>Break-even along ");
    rep_html_text(out, s->axis[0].label, -1);
    g_string_append(out, ":</p>\n<ul>\n");
    for (guint i = 0; i < lines->len; i++) {
        g_string_append(out, "<li>");
        rep_html_text(out, g_ptr_array_index(lines, i), -1);
        g_string_append(out, "</li>\n");
    }
    g_string_append(out, "</ul>\n");
}

static bool of_sweep(GString *out, const struct rep_study *s)
{
    gsize before = out->len, list;

    g_string_append(out, "<ul>\n");
    list = out->len;
    for (unsigned m = s->modes; s->axes && m-- > 0;)
        extremes(out, s, m);
    if (out->len > list)
        g_string_append(out, "</ul>\n");
    else
        g_string_truncate(out, before);
    break_evens(out, s);
    return out->len > before;
}

/* "deadlock (first at point 3, mode apf); column outcome of sweep.csv has all" */
static void bad_end(GString *out, const struct rep_study *s)
{
    int point = rep_sheet_find(s->sheet, "point"), mode = rep_sheet_find(s->sheet, "mode");

    g_string_append(out, "<p class=\"bad\">A run ended badly: ");
    rep_html_text(out, s->outcome, -1);
    g_string_append(out, " (");
    if (s->axes && point >= 0)
        g_string_append_printf(out, "first at point %.0f, ",
                               rep_sheet_number(s->sheet, point, s->outcome_row));
    g_string_append(out, "mode ");
    rep_html_text(out, rep_sheet_text(s->sheet, mode, s->outcome_row), -1);
    g_string_append_printf(out, "); column outcome of %s has all</p>\n", s->csv);
}

void rep_html_says(GString *out, const struct rep_page *page)
{
    g_string_append(out, "<h2>What it says</h2>\n");
    if (page->study->outcome)
        bad_end(out, page->study);
    if (!verdicts(out, page->report) && !of_sweep(out, page->study))
        g_string_append(out,
                        rep_study_mode(page->study, "off") < 0
                            ? "<p>No gain is known: mode off, with which work is compared, was "
                              "not run.</p>\n"
                            : "<p>See the pictures and tables below.</p>\n");
}
