/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_curves.c - see rep_curves.h
 */
#include "rep_curves.h"

#include <math.h>
#include <string.h>

#define LOG_FROM    5.0  /* greatest / least gain from which on the scale is logarithmic */
#define LEAST_RANGE 0.05 /* around a gain of 1: noise must look like noise */
#define BESIDE      0.14 /* of a name's place: from curve to curve */
#define BESIDE_ALL  0.6
#define HEIGHT      450
#define LINE        20 /* of the legend, and below the title */
#define LEGEND_ROOM 510
#define SAMPLE      52 /* of a line, and blanks around it */

bool rep_curves_has_family(const struct rep_study *s)
{
    return s->axes > 1 && s->axis[1].levels > 1 && rep_study_mode(s, "apf") >= 0;
}

void rep_curves_add(struct rep_curves *p, unsigned mode)
{
    size_t middle = rep_plot_middle(p->s, 1);
    unsigned level[REP_FAMILY_MAX], count = 1;

    if (p->family)
        count = rep_plot_spread(p->s->axis[1].levels, REP_FAMILY_MAX, level);
    for (unsigned i = 0; i < count && p->curves < REP_CURVES_MAX; i++)
        p->curve[p->curves++] = (struct rep_curve){
            .mode = mode,
            .point = p->family ? rep_study_point(p->s, middle, 1, level[i]) : middle,
            .number = i,
            .of = count,
            .column = p->column,
            .interval = p->interval};
}

static void colour(struct rep_curves *p, const struct rep_curve *c)
{
    g_string_append(p->out, " linecolor ");
    if (c->of > 1)
        rep_gp_viridis(p->out, c->number, c->of);
    else
        rep_gp_quote(p->out, rep_gp_mode_colour(p->s->mode[c->mode]));
}

/* How far beside its name's place a curve's points stand, so that they do not hide each other. */
static double beside(const struct rep_curves *p, const struct rep_curve *c)
{
    double step = fmin(BESIDE, BESIDE_ALL / p->curves);

    if (p->s->axis[0].unit != REP_UNIT_WORD)
        return 0;
    return step * ((double)(c - p->curve) - (p->curves - 1) / 2.0);
}

/* "stringcolumn('mode') eq 'apf' && ... ? x : NaN" */
static void using_x(struct rep_curves *p, const struct rep_curve *c)
{
    double aside = beside(p, c);

    g_string_append_printf(p->out, "'%s' using (", p->s->csv);
    rep_plot_where(p->out, p->s, c->mode, c->point, 1, p->s->axes);
    g_string_append(p->out, " ? (");
    rep_axis_using(p->out, &p->s->axis[0]);
    g_string_append_c(p->out, ')');
    if (fabs(aside) > 1e-9)
        g_string_append_printf(p->out, "%+.3f", aside);
    g_string_append(p->out, " : NaN):(");
    if (fabs(p->scale - 1) > 1e-12)
        g_string_append_printf(p->out, "%g*", p->scale);
    g_string_append(p->out, "column(");
    rep_gp_quote(p->out, c->column);
    g_string_append(p->out, "))");
}

/* g_free() it. */
static char *legend(const struct rep_curves *p, const struct rep_curve *c)
{
    const struct rep_axis *a = &p->s->axis[1];
    char text[REP_LEVEL_BYTES];

    if (p->family)
        rep_axis_format(a, rep_axis_at(a, rep_study_level(p->s, c->point, 1)), text);
    return rep_gp_fitting(p->family ? text
                          : c->name ? c->name
                                    : p->s->mode[c->mode],
                          LEGEND_ROOM - SAMPLE, REP_GP_FONT);
}

void rep_curves_draw(struct rep_curves *p, const struct rep_curve *c, bool named)
{
    const char *with = p->s->axis[0].unit == REP_UNIT_WORD ? "points" : "linespoints";
    unsigned type = c->dashed ? 4 : 7;
    g_autofree char *title = named ? legend(p, c) : g_strdup("");

    g_string_append(p->out, ", \\\n  ");
    using_x(p, c);
    g_string_append_printf(p->out, " smooth unique with %s pointtype %u pointsize 0.5 linewidth 2",
                           with, type);
    if (c->dashed)
        g_string_append(p->out, " dashtype (6,4)");
    colour(p, c);
    g_string_append(p->out, " title ");
    rep_gp_quote(p->out, title);
    g_string_append(p->out, ", \\\n  ");
    using_x(p, c);
    g_string_append_printf(p->out, ":(%g*column(", p->scale);
    rep_gp_quote(p->out, c->interval);
    g_string_append_printf(p->out, ")) with yerrorbars pointtype %u pointsize 0.5", type);
    colour(p, c);
    g_string_append(p->out, " notitle");
}

void rep_curves_range(const struct rep_curves *p, double *lo, double *hi)
{
    for (unsigned i = 0; i < p->curves; i++) {
        const struct rep_curve *c = &p->curve[i];

        for (unsigned l = 0; l < p->s->axis[0].levels; l++) {
            size_t point = rep_study_point(p->s, c->point, 0, l);
            double x = rep_study_value(p->s, c->mode, point, c->column);
            double ci = rep_study_value(p->s, c->mode, point, c->interval);

            ci = isfinite(ci) ? ci : 0;
            if (isfinite(x)) {
                *lo = fmin(*lo, x - ci > 0 ? x - ci : x);
                *hi = fmax(*hi, x + ci);
            }
        }
    }
}

void rep_curves_gain_scale(const struct rep_curves *p, const char *label)
{
    double lo = 1, hi = 1;

    rep_curves_range(p, &lo, &hi);
    double pad = (hi - lo) * 0.06;
    bool log = hi / lo >= LOG_FROM;

    lo = fmin(lo - pad, 1 - LEAST_RANGE);
    hi = fmax(hi + pad, 1 + LEAST_RANGE);
    g_string_append(p->out, log ? "set logscale y\nset yrange [" : "set yrange [");
    rep_gp_number(p->out, log ? (lo + pad) / 1.2 : lo);
    g_string_append(p->out, ":");
    rep_gp_number(p->out, log ? (hi - pad) * 1.2 : hi);
    g_string_append(p->out, "]\n");
    if (log)
        rep_gp_ratio_tics(p->out, "y", lo, hi);
    g_string_append_printf(p->out, "set format y '%%g'\nset ylabel '%s'\n", label);
}

/* ---- what stands around ---- */

static void say(GString *to, const char *line)
{
    g_string_append_printf(to, "%s%s", to->len ? "\n" : "", line);
}

/* Which levels the axes have that are not drawn, and how many of the second are. */
static void say_left_out(const struct rep_curves *p, GString *to)
{
    g_autoptr(GString) fixed = g_string_new(NULL);

    for (unsigned i = p->family ? 2 : 1; i < p->s->axes; i++) {
        const struct rep_axis *a = &p->s->axis[i];
        char text[REP_LEVEL_BYTES];

        if (a->levels > 1)
            g_string_append_printf(
                fixed, "%s%s = %s", fixed->len ? ", " : "at ", a->key,
                rep_axis_format(a, rep_axis_at(a, rep_study_level(p->s, p->curve[0].point, i)),
                                text));
    }
    if (fixed->len)
        say(to, fixed->str);
    if (p->family)
        rep_plot_some(to, p->s, 1, REP_FAMILY_MAX);
}

/* Rows that gnuplot makes of the legend: columns are as wide as the longest text. */
static unsigned legend_rows(const struct rep_curves *p)
{
    unsigned widest = 1, entries = p->curves + 2; /* no APF; break-even, or without APF */

    for (unsigned i = 0; i < p->curves; i++) {
        g_autofree char *text = legend(p, &p->curve[i]);

        widest = MAX(widest, rep_gp_width(text, REP_GP_FONT));
    }
    unsigned columns = MAX(LEGEND_ROOM / (widest + SAMPLE), 1);

    return (entries + columns - 1) / columns + (p->family ? 1 : 0);
}

void rep_curves_begin(struct rep_curves *p, const struct rep_plot *plot, const char *title,
                      const char *first, const char *last)
{
    g_autoptr(GString) below = g_string_new(first);
    g_autoptr(GString) heading = g_string_new(NULL);

    say_left_out(p, below);
    if (last)
        say(below, last);
    unsigned lines = rep_gp_title(heading, title, below->len ? below->str : NULL);

    unsigned turned = rep_axis_script(heading, &p->s->axis[0]);

    rep_gp_begin(p->out, plot->name, plot->caption, p->s->csv,
                 HEIGHT + LINE * (lines - 1 + legend_rows(p) - 1) + turned);
    g_string_append(p->out, heading->str);
    if (!p->family)
        return;
    g_string_append(p->out, "set key title ");
    rep_gp_lines(p->out, p->s->axis[1].label, REP_GP_ROOM);
    g_string_append_c(p->out, '\n');
}
