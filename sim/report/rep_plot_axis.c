/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_plot_axis.c - gain and utilisation against an axis
 */
#include "rep_plot.h"

#include <math.h>
#include <string.h>

#define CURVES_MAX 6   /* of a family */
#define LOG_FROM   5.0 /* greatest / least gain from which on the scale is logarithmic */

struct curve {
    unsigned mode;
    size_t point; /* its levels of the other axes */
    unsigned number, of;
    const char *column, *interval;
    const char *name; /* of a guest, or NULL */
};

struct picture {
    const struct rep_study *s;
    GString *out;
    const char *column, *interval;
    double scale;
    bool family; /* curves are levels of the second axis */
    unsigned curves;
    struct curve curve[REP_MODES * CURVES_MAX];
};

static bool has_family(const struct rep_study *s)
{
    return s->axes > 1 && s->axis[1].levels > 1;
}

static void add_curves(struct picture *p, unsigned mode)
{
    size_t middle = rep_plot_middle(p->s, 1);
    unsigned level[CURVES_MAX], count = 1;

    if (p->family)
        count = rep_plot_spread(p->s->axis[1].levels, CURVES_MAX, level);
    for (unsigned i = 0; i < count; i++)
        p->curve[p->curves++] = (struct curve){
            mode,      p->family ? rep_study_point(p->s, middle, 1, level[i]) : middle,
            i,         count,
            p->column, p->interval};
}

static void colour(struct picture *p, const struct curve *c)
{
    g_string_append(p->out, " linecolor ");
    if (p->family || c->name)
        rep_gp_viridis(p->out, c->number, c->of);
    else
        rep_gp_quote(p->out, rep_gp_mode_colour(p->s->mode[c->mode]));
}

/* "stringcolumn('mode') eq 'apf' && ... ? x : NaN" */
static void using_x(struct picture *p, const struct curve *c)
{
    g_string_append_printf(p->out, "'%s' using (", p->s->csv);
    rep_plot_where(p->out, p->s, c->mode, c->point, 1, p->s->axes);
    g_string_append(p->out, " ? (");
    rep_axis_using(p->out, &p->s->axis[0]);
    g_string_append_printf(p->out, ") : NaN):(%g*column('%s'))", p->scale, c->column);
}

static void legend(struct picture *p, const struct curve *c)
{
    char text[REP_LEVEL_BYTES];
    const struct rep_axis *a = p->family ? &p->s->axis[1] : NULL;

    if (a)
        rep_gp_quote(p->out,
                     rep_axis_format(a, rep_axis_at(a, rep_study_level(p->s, c->point, 1)), text));
    else
        rep_gp_quote(p->out, c->name ? c->name : p->s->mode[c->mode]);
}

/* Lines through sorted points, then the intervals. */
static void draw(struct picture *p, const struct curve *c, bool dashed, bool named)
{
    const char *with = p->s->axis[0].unit == REP_UNIT_WORD ? "points" : "linespoints";
    unsigned type = dashed ? 4 : 7;

    g_string_append(p->out, ", \\\n  ");
    using_x(p, c);
    g_string_append_printf(p->out, " smooth unique with %s pointtype %u pointsize 0.6 linewidth 2",
                           with, type);
    if (dashed)
        g_string_append(p->out, " dashtype 2");
    colour(p, c);
    g_string_append(p->out, " title ");
    if (named)
        legend(p, c);
    else
        g_string_append(p->out, "''");
    g_string_append(p->out, ", \\\n  ");
    using_x(p, c);
    g_string_append_printf(p->out, ":(%g*column('%s')) with yerrorbars pointtype %u pointsize 0.6",
                           p->scale, c->interval, type);
    colour(p, c);
    g_string_append(p->out, " notitle");
}

static void value_range(const struct picture *p, double *lo, double *hi)
{
    for (unsigned i = 0; i < p->curves; i++) {
        for (unsigned l = 0; l < p->s->axis[0].levels; l++) {
            size_t point = rep_study_point(p->s, p->curve[i].point, 0, l);
            double x = rep_study_value(p->s, p->curve[i].mode, point, p->curve[i].column);
            double ci = rep_study_value(p->s, p->curve[i].mode, point, p->curve[i].interval);

            ci = isfinite(ci) ? ci : 0;
            if (isfinite(x)) {
                *lo = fmin(*lo, x - ci > 0 ? x - ci : x);
                *hi = fmax(*hi, x + ci);
            }
        }
    }
}

static void key_title(struct picture *p)
{
    if (!p->family)
        return;
    g_string_append(p->out, "set key title ");
    rep_gp_quote(p->out, p->s->axis[1].label);
    g_string_append_c(p->out, '\n');
}

/* Which levels the axes have that are not drawn; NULL: none are left out. g_free() it. */
static char *fixed(const struct picture *p)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (unsigned i = p->family ? 2 : 1; i < p->s->axes; i++) {
        const struct rep_axis *a = &p->s->axis[i];
        char text[REP_LEVEL_BYTES];

        if (a->levels > 1)
            g_string_append_printf(
                out, "%s%s = %s", out->len ? ", " : "at ", a->key,
                rep_axis_format(a, rep_axis_at(a, rep_study_level(p->s, p->curve[0].point, i)),
                                text));
    }
    return out->len ? g_strdup(out->str) : NULL;
}

static void begin(struct picture *p, const struct rep_plot *plot, const char *title,
                  const char *below)
{
    g_autofree char *left_out = fixed(p);

    rep_gp_begin(p->out, plot->name, plot->caption, p->s->csv, p->family ? 500 : 460);
    rep_gp_title(p->out, title, below ? below : left_out);
    rep_axis_script(p->out, &p->s->axis[0], 'x');
    key_title(p);
}

/* ---- gain ---- */

static bool is_drawn(const struct picture *p, const struct rep_break_even *b)
{
    for (unsigned i = 0; i < p->curves; i++)
        if (p->curve[i].mode == b->mode &&
            b->point == rep_study_point(p->s, p->curve[i].point, 0, 0))
            return true;
    return false;
}

/* A data block of the crossings on the curves; false: there are none. *ret_one: what is said of the
 * only one. */
static bool crossings(struct picture *p, char **ret_one)
{
    g_autoptr(GArray) all = rep_break_evens(p->s);
    g_autoptr(GString) rows = g_string_new(NULL);
    unsigned found = 0;

    if (rep_axis_discrete(&p->s->axis[0]))
        return false; /* nothing lies between the points */
    for (guint i = 0; all && i < all->len; i++) {
        const struct rep_break_even *b = &g_array_index(all, struct rep_break_even, i);

        for (unsigned k = 0; k < b->crossings && is_drawn(p, b); k++) {
            const double x[] = {b->crossing[k].at, b->crossing[k].low, b->crossing[k].high};

            g_free(*ret_one);
            *ret_one = found++ ? NULL : rep_break_even_text(p->s, b);
            for (unsigned n = 0; n < 3; n++) {
                rep_gp_number(rows, x[n]);
                g_string_append(rows, n < 2 ? "," : "\n");
            }
        }
    }
    if (found)
        g_string_append_printf(p->out, "$break_even << EOD\nat,low,high\n%sEOD\n", rows->str);
    return found;
}

static void gain_scale(struct picture *p)
{
    double lo = 1, hi = 1;

    value_range(p, &lo, &hi);
    double pad = (hi - lo) * 0.06 + 1e-3;

    g_string_append(p->out, hi / lo >= LOG_FROM ? "set logscale y\nset yrange [" : "set yrange [");
    rep_gp_number(p->out, hi / lo >= LOG_FROM ? lo / 1.2 : lo - pad);
    g_string_append(p->out, ":");
    rep_gp_number(p->out, hi / lo >= LOG_FROM ? hi * 1.2 : hi + pad);
    g_string_append(p->out, "]\n");
    if (hi / lo >= LOG_FROM)
        rep_gp_ratio_tics(p->out, "y");
    g_string_append(p->out, "set format y '%g'\n"
                            "set ylabel 'gain: work with / without APF'\n");
}

struct rep_plot *rep_plot_gain(const struct rep_study *s)
{
    struct rep_plot *plot;
    struct picture p = {.s = s, .column = "gain_ratio", .interval = "gain_ratio_ci95", .scale = 1};
    g_autofree char *one = NULL;
    int apf = rep_study_mode(s, "apf");

    if (!s->axes || s->axis[0].levels < 2 || rep_study_mode(s, "off") < 0 || s->modes < 2)
        return NULL;
    p.family = has_family(s) && apf >= 0;
    for (unsigned m = 0; m < s->modes; m++)
        if (p.family ? (int)m == apf : strcmp(s->mode[m], "off") != 0)
            add_curves(&p, m);
    plot = rep_plot_new("gain", g_strdup_printf("What APF gains, against %s", s->axis[0].key));
    p.out = g_string_new(NULL);
    bool marks = crossings(&p, &one);
    g_autofree char *block = g_string_free(p.out, FALSE);

    p.out = plot->script;
    begin(&p, plot, "What APF gains (mean, 95 % interval)", one);
    gain_scale(&p);
    g_string_append_printf(p.out,
                           "%splot 1 with lines dashtype 3 linewidth 1.5 linecolor '#666666' "
                           "title 'no APF'",
                           block);
    for (unsigned i = 0; i < p.curves; i++)
        draw(&p, &p.curve[i], false, true);
    if (marks)
        g_string_append(p.out, ", \\\n  $break_even using 1:(1):2:3 with xerrorbars pointtype 12 "
                               "pointsize 1.4 linewidth 2 linecolor '#D55E00' title 'break-even'");
    g_string_append_c(p.out, '\n');
    rep_gp_end(p.out, plot->name);
    return plot;
}

/* ---- guests ---- */

/* A curve for each guest that has a gain; texts go into `keep`. */
static void add_guests(struct picture *p, unsigned mode, GPtrArray *keep)
{
    size_t middle = rep_plot_middle(p->s, 1);

    for (guint i = 0; i < p->s->sheet->column->len && p->curves < G_N_ELEMENTS(p->curve); i++) {
        const char *column = rep_sheet_name(p->s->sheet, (int)i);
        size_t length = strlen(column);

        if (!g_str_has_prefix(column, "guest_") || !g_str_has_suffix(column, "_gain_ratio"))
            continue;
        char *interval = g_strconcat(column, "_ci95", NULL);
        char *name =
            g_strndup(column + strlen("guest_"), length - strlen("guest_") - strlen("_gain_ratio"));

        g_ptr_array_add(keep, interval);
        g_ptr_array_add(keep, name);
        p->curve[p->curves] = (struct curve){mode, middle, p->curves, 0, column, interval, name};
        p->curves++;
    }
    for (unsigned i = 0; i < p->curves; i++)
        p->curve[i].of = p->curves;
}

struct rep_plot *rep_plot_guests(const struct rep_study *s)
{
    g_autoptr(GPtrArray) keep = g_ptr_array_new_with_free_func(g_free);
    struct picture p = {.s = s, .scale = 1};
    int apf = rep_study_mode(s, "apf");
    struct rep_plot *plot;

    if (!s->axes || s->axis[0].levels < 2 || apf < 0)
        return NULL;
    add_guests(&p, (unsigned)apf, keep);
    if (p.curves < 2)
        return NULL;
    plot = rep_plot_new("guests",
                        g_strdup_printf("What APF gains each guest, against %s", s->axis[0].key));
    p.out = plot->script;
    begin(&p, plot, "What APF gains each guest (mean, 95 % interval)", NULL);
    gain_scale(&p);
    g_string_append(p.out, "plot 1 with lines dashtype 3 linewidth 1.5 linecolor '#666666' "
                           "title 'no APF'");
    for (unsigned i = 0; i < p.curves; i++)
        draw(&p, &p.curve[i], false, true);
    g_string_append_c(p.out, '\n');
    rep_gp_end(p.out, plot->name);
    return plot;
}

/* ---- utilisation ---- */

struct rep_plot *rep_plot_utilization(const struct rep_study *s)
{
    struct rep_plot *plot;
    struct picture p = {
        .s = s, .column = "utilization_share", .interval = "utilization_ci95", .scale = 100};
    int off = rep_study_mode(s, "off"), apf = rep_study_mode(s, "apf");

    if (!s->axes || s->axis[0].levels < 2)
        return NULL;
    p.family = has_family(s) && apf >= 0;
    for (unsigned m = 0; m < s->modes; m++)
        if (!p.family || (int)m == apf || (int)m == off)
            add_curves(&p, m);
    plot =
        rep_plot_new("utilization", g_strdup_printf("What the guest gets of its vCPUs, against %s",
                                                    s->axis[0].key));
    p.out = plot->script;
    begin(&p, plot, "User time of the guest (mean, 95 % interval)", NULL);
    g_string_append(p.out, "set yrange [0:100]\nset ylabel 'user time, % of vCPU time'\n"
                           "plot NaN notitle");
    for (unsigned i = 0; i < p.curves; i++) {
        bool dashed = p.family && (int)p.curve[i].mode == off;

        draw(&p, &p.curve[i], dashed, !dashed);
    }
    if (p.family && off >= 0)
        g_string_append(p.out, ", \\\n  NaN with linespoints pointtype 4 pointsize 0.6 linewidth 2 "
                               "dashtype 2 linecolor '#666666' title 'without APF'");
    g_string_append_c(p.out, '\n');
    rep_gp_end(p.out, plot->name);
    return plot;
}
