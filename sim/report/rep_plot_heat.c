/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_plot_heat.c - the gain over two axes: a cell a point
 */
#include "rep_plot.h"

#include <math.h>
#include <string.h>

#include "sim_math.h"

#define HEIGHT      461
#define LINE        19 /* below the title */
#define LABELS_MAX  10 /* so many columns of cells have room for figures */
#define ROWS_MAX    14
#define LEAST_RANGE 0.1 /* of the colours: noise must look like noise */
#define LOG_FROM    5.0 /* greatest / least gain from which on the colours are logarithmic */
#define LIGHT_SHARE 0.6 /* of the palette: from there on black letters are read better */

/* An array of the levels, and a function for the number of a row's level, from 1. */
static void index_function(GString *out, const struct rep_axis *a, char which)
{
    if (a->unit == REP_UNIT_WORD) {
        g_string_append_printf(out, "%ci(row) = 1 + (", which);
        rep_axis_using(out, a);
        g_string_append(out, ")\n");
        return;
    }
    g_string_append_printf(out, "array %cs = [", which);
    for (unsigned i = 0; i < a->levels; i++) {
        g_string_append(out, i ? ", " : "");
        rep_gp_number(out, rep_axis_at(a, i));
    }
    g_string_append_printf(out, "]\n%ci(row) = sum [i=1:|%cs|] (%cs[i] <= (", which, which, which);
    rep_axis_using(out, a);
    g_string_append(out, "))\n");
}

struct shade {
    double lo, hi;
    bool log, widened;
};

static struct shade shades(const struct rep_study *s, unsigned mode)
{
    struct shade c = {INFINITY, -INFINITY, false, false};

    for (size_t p = 0; p < s->points; p++) {
        double x = rep_study_value(s, mode, p, "gain_ratio");

        if (isfinite(x)) {
            c.lo = fmin(c.lo, x);
            c.hi = fmax(c.hi, x);
        }
    }
    c.log = c.lo > 0 && c.hi / c.lo >= LOG_FROM;
    c.widened = c.lo <= c.hi && c.hi - c.lo < LEAST_RANGE;
    if (c.widened) {
        double middle = (c.lo + c.hi) / 2;

        c.lo = middle - LEAST_RANGE / 2;
        c.hi = middle + LEAST_RANGE / 2;
    }
    return c;
}

/* Edges between cells that lose and cells that gain: x, from y to y + 1. */
static bool edges(GString *out, const struct rep_study *s, unsigned mode)
{
    g_autoptr(GArray) all = rep_break_evens(s);
    size_t middle = rep_plot_middle(s, 2);
    g_autoptr(GString) rows = g_string_new(NULL);

    for (guint i = 0; all && i < all->len; i++) {
        const struct rep_break_even *b = &g_array_index(all, struct rep_break_even, i);
        unsigned y = rep_study_level(s, b->point, 1);

        if (b->mode != mode || strcmp(b->column, REP_GAIN) != 0 ||
            b->point != rep_study_point(s, middle, 1, y))
            continue;
        for (unsigned k = 0; k < b->crossings; k++) {
            unsigned x = 0;

            while (rep_axis_at(&s->axis[0], x) < b->crossing[k].at)
                x++;
            g_string_append_printf(rows, "%u.5,%u.5\n", x, y);
        }
    }
    if (rows->len)
        g_string_append_printf(out, "$break_even << EOD\nx,y\n%sEOD\n", rows->str);
    return rows->len;
}

static void figures(GString *out, const char *csv, const char *where, const struct shade *c)
{
    double light = c->log ? c->lo * sim_exp(LIGHT_SHARE * sim_log(c->hi / c->lo))
                          : c->lo + LIGHT_SHARE * (c->hi - c->lo);

    for (unsigned dark = 0; dark < 2; dark++) {
        g_string_append_printf(out, ", \\\n  '%s' using (%s && column('gain_ratio') %s ", csv,
                               where, dark ? "<" : ">=");
        rep_gp_number(out, light);
        g_string_append_printf(out,
                               " ? xi(0) : NaN):(yi(0)):(sprintf(column('gain_ratio') < 9.995 ? "
                               "'%%.2f' : '%%.3g', column('gain_ratio'))) with labels "
                               "textcolor '%s' font ',12' notitle",
                               dark ? "#ffffff" : "#000000");
    }
}

static void cells(GString *out, const struct rep_study *s, const char *where, const struct shade *c,
                  bool marks)
{
    g_string_append_printf(out,
                           "plot '%s' using (%s ? xi(0) : NaN):(yi(0)):(xi(0)-0.5):(xi(0)+0.5):"
                           "(yi(0)-0.5):(yi(0)+0.5):(column('gain_ratio')) with boxxyerror "
                           "fillcolor palette notitle",
                           s->csv, where);
    if (s->axis[0].levels <= LABELS_MAX && s->axis[1].levels <= ROWS_MAX)
        figures(out, s->csv, where, c);
    if (marks)
        g_string_append(out,
                        ", \\\n  $break_even using 1:2:(0):(1) with vectors nohead linewidth 7 "
                        "linecolor '#ffffff' notitle, \\\n"
                        "  $break_even using 1:2:(0):(1) with vectors nohead linewidth 4 "
                        "linecolor '#D55E00' title 'break-even'");
    g_string_append_c(out, '\n');
}

static void colours(GString *out, const struct shade *c)
{
    rep_gp_palette(out);
    if (c->log) {
        g_string_append(out, "set logscale cb\n");
        rep_gp_ratio_tics(out, "cb", c->lo, c->hi);
    }
    if (c->widened)
        g_string_append_printf(out, "set cbrange [%.3f:%.3f]\n", c->lo, c->hi);
}

/* At which levels the other axes are. */
static void left_out(GString *to, const struct rep_study *s)
{
    size_t middle = rep_plot_middle(s, 2);

    for (unsigned i = 2; i < s->axes; i++) {
        const struct rep_axis *a = &s->axis[i];
        char text[REP_LEVEL_BYTES];

        if (a->levels > 1)
            g_string_append_printf(
                to, "%s%s = %s", to->len ? ", " : "at ", a->key,
                rep_axis_format(a, rep_axis_at(a, rep_study_level(s, middle, i)), text));
    }
}

struct rep_plot *rep_plot_heat(const struct rep_study *s)
{
    int apf = rep_study_mode(s, "apf");
    g_autoptr(GString) where = g_string_new(NULL), below = g_string_new(NULL);
    g_autoptr(GString) head = g_string_new(NULL);
    struct rep_plot *plot;
    struct shade c;

    if (apf < 0 || s->axes < 2 || s->axis[0].levels < 2 || s->axis[1].levels < 2)
        return NULL;
    c = shades(s, (unsigned)apf);
    if (c.lo > c.hi)
        return NULL;
    plot = rep_plot_new(
        "heat", g_strdup_printf("What APF gains over %s and %s", s->axis[0].key, s->axis[1].key));
    left_out(below, s);
    unsigned lines = rep_gp_title(head, "What APF gains: work with APF / work without",
                                  below->len ? below->str : NULL);
    unsigned turned = rep_axis_cells(head, &s->axis[0], 'x');

    rep_axis_cells(head, &s->axis[1], 'y');
    rep_gp_begin(plot->script, plot->name, plot->caption, s->csv, HEIGHT + LINE * lines + turned);
    g_string_append(plot->script, head->str);
    index_function(plot->script, &s->axis[0], 'x');
    index_function(plot->script, &s->axis[1], 'y');
    g_string_append(plot->script, "unset grid\nset style fill solid 1.0 noborder\n"
                                  "set cblabel 'gain' offset 1.5,0\nset format cb '%g'\n");
    colours(plot->script, &c);
    rep_plot_where(where, s, (unsigned)apf, rep_plot_middle(s, 2), 2, s->axes);
    bool marks = edges(plot->script, s, (unsigned)apf);

    cells(plot->script, s, where->str, &c, marks);
    rep_gp_end(plot->script, plot->name);
    return plot;
}
