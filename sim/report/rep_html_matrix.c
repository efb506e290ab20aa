/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_html_matrix.c - the gains of a sweep over two axes that is too long for a row a point
 */
#include <math.h>

#include "rep_html_table.h"
#include "rep_html_text.h"

#define COLUMNS_MAX 20 /* so many gains stand side by side on 60 rem */
#define LINES_MAX   100

/* The two axes that have more than one level. False: there are more, or fewer, or too long ones. */
static bool find_axes(const struct rep_study *s, unsigned axis[2])
{
    unsigned n = 0;

    for (unsigned i = 0; i < s->axes; i++) {
        if (s->axis[i].levels < 2)
            continue;
        if (n == 2)
            return false;
        axis[n++] = i;
    }
    return n == 2 && s->axis[axis[0]].levels <= LINES_MAX && s->axis[axis[1]].levels <= COLUMNS_MAX;
}

static void line(GString *out, const struct rep_study *s, const unsigned axis[2], unsigned level,
                 unsigned mode)
{
    const struct rep_axis *a = &s->axis[axis[0]];
    char text[REP_LEVEL_BYTES];

    g_string_append(out, "<tr>");
    rep_html_cell(out, rep_axis_format(a, rep_axis_at(a, level), text), true);
    for (unsigned k = 0; k < s->axis[axis[1]].levels; k++) {
        size_t point = rep_study_point(s, rep_study_point(s, 0, axis[0], level), axis[1], k);
        double gain = rep_study_value(s, mode, point, "gain_ratio");
        double ci = rep_study_value(s, mode, point, "gain_ratio_ci95");

        rep_html_mean(out, gain, NAN, 2, rep_html_unclear(gain, ci));
    }
    g_string_append(out, "</tr>\n");
}

bool rep_html_matrix(GString *out, const struct rep_study *s)
{
    int apf = rep_study_mode(s, "apf");
    unsigned axis[2], mode = apf >= 0 ? (unsigned)apf : s->modes - 1;
    struct rep_html_table t;
    g_autofree char *note = NULL;

    if (!find_axes(s, axis))
        return false;
    note = g_strdup_printf("Gain in mode %s, mean over replicas; grey: no clear difference. %s has "
                           "intervals, user time, and the other modes.",
                           apf >= 0 ? "apf" : "that is the last", s->csv);
    t = rep_html_open(out, "Gain", note);
    rep_html_cell_of_head(out, s->axis[axis[0]].key, true);
    for (unsigned k = 0; k < s->axis[axis[1]].levels; k++) {
        const struct rep_axis *a = &s->axis[axis[1]];
        char text[REP_LEVEL_BYTES], *level = rep_axis_format(a, rep_axis_at(a, k), text);
        g_autofree char *head = k ? g_strdup(level) : g_strdup_printf("%s = %s", a->key, level);

        rep_html_cell_of_head(out, head, false);
    }
    rep_html_body(out, &t);
    for (unsigned i = 0; i < s->axis[axis[0]].levels; i++)
        line(out, s, axis, i, mode);
    rep_html_close(out, &t);
    return true;
}
