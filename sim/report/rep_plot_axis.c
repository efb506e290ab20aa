/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_plot_axis.c - gain and utilisation against an axis
 */
#include <string.h>

#include "rep_curves.h"

#define GAIN_LABEL "gain: work with / without APF"
#define NO_APF     "plot 1 with lines dashtype 3 linewidth 1.5 linecolor '#666666' title 'no APF'"

/* ---- gain ---- */

static bool is_drawn(const struct rep_curves *p, const struct rep_break_even *b)
{
    for (unsigned i = 0; i < p->curves; i++)
        if (p->curve[i].mode == b->mode && !strcmp(p->curve[i].column, b->column) &&
            b->point == rep_study_point(p->s, p->curve[i].point, 0, 0))
            return true;
    return false;
}

static void row_of(GString *rows, const struct rep_crossing *c)
{
    rep_gp_number(rows, c->at);
    g_string_append_c(rows, ',');
    rep_gp_number(rows, c->low);
    g_string_append_c(rows, ',');
    rep_gp_number(rows, c->high);
    g_string_append_c(rows, '\n');
}

/* "tasks.worker.count = 8: APF gains from 2 us on"; g_free() it. */
static char *sentence(const struct rep_study *s, const struct rep_break_even *b)
{
    g_autofree char *where = rep_study_where(s, b->point, 0);
    g_autofree char *text = rep_break_even_text(s, b);

    return g_strdup_printf("%s%s%s", where, *where ? ": " : "", text);
}

/* A data block of the crossings on the curves; false: there are none. *ret_one: what is said of the
 * only one. */
static bool crossings(struct rep_curves *p, char **ret_one)
{
    g_autoptr(GArray) all = rep_break_evens(p->s);
    g_autoptr(GString) rows = g_string_new(NULL);
    unsigned found = 0;

    if (rep_axis_discrete(&p->s->axis[0]))
        return false; /* nothing lies between the points */
    for (guint i = 0; all && i < all->len; i++) {
        const struct rep_break_even *b = &g_array_index(all, struct rep_break_even, i);

        for (unsigned k = 0; k < b->crossings && is_drawn(p, b); k++) {
            g_free(*ret_one);
            *ret_one = found++ ? NULL : sentence(p->s, b);
            row_of(rows, &b->crossing[k]);
        }
    }
    if (found)
        g_string_append_printf(p->out, "$break_even << EOD\nat,low,high\n%sEOD\n", rows->str);
    return found;
}

/* Of a family only mode apf is drawn. */
static const char *other_modes(const struct rep_curves *p)
{
    return p->family && rep_study_mode(p->s, "halt") >= 0
               ? "mode apf; of mode halt see the CSV file"
               : NULL;
}

static void draw_gain(struct rep_curves *p, struct rep_plot *plot)
{
    g_autoptr(GString) block = g_string_new(NULL);
    char *one = NULL;
    bool marks;

    p->out = block;
    marks = crossings(p, &one);
    p->out = plot->script;
    rep_curves_begin(p, plot, "What APF gains (mean, 95 % interval)", one, other_modes(p));
    g_free(one);
    rep_curves_gain_scale(p, GAIN_LABEL);
    g_string_append_printf(p->out, "%s" NO_APF, block->str);
    for (unsigned i = 0; i < p->curves; i++)
        rep_curves_draw(p, &p->curve[i], true);
    if (marks)
        g_string_append(p->out,
                        ", \\\n  $break_even using 1:(1):2:3 with xerrorbars pointtype 12 "
                        "pointsize 0.9 linewidth 1.5 linecolor '#000000' title 'break-even'");
    g_string_append_c(p->out, '\n');
    rep_gp_end(p->out, plot->name);
}

struct rep_plot *rep_plot_gain(const struct rep_study *s)
{
    struct rep_plot *plot;
    struct rep_curves p = {.s = s, .column = REP_GAIN, .interval = REP_GAIN "_ci95", .scale = 1};
    int apf = rep_study_mode(s, "apf");

    if (!s->axes || s->axis[0].levels < 2 || rep_study_mode(s, "off") < 0 || s->modes < 2)
        return NULL;
    p.family = rep_curves_has_family(s);
    for (unsigned m = 0; m < s->modes; m++)
        if (p.family ? (int)m == apf : strcmp(s->mode[m], "off") != 0)
            rep_curves_add(&p, m);
    plot = rep_plot_new("gain", g_strdup_printf("What APF gains, against %s", s->axis[0].key));
    draw_gain(&p, plot);
    return plot;
}

/* ---- guests ---- */

/* A curve for each guest that has a gain; texts go into `keep`. */
static void add_guests(struct rep_curves *p, unsigned mode, GPtrArray *keep)
{
    size_t middle = rep_plot_middle(p->s, 1);

    for (guint i = 0; i < p->s->sheet->column->len && p->curves < REP_CURVES_MAX; i++) {
        const char *column = rep_sheet_name(p->s->sheet, (int)i);
        size_t length = strlen(column);

        if (!g_str_has_prefix(column, "guest_") || !g_str_has_suffix(column, "_" REP_GAIN))
            continue;
        char *interval = g_strconcat(column, "_ci95", NULL);
        char *name =
            g_strndup(column + strlen("guest_"), length - strlen("guest_") - strlen("_" REP_GAIN));

        g_ptr_array_add(keep, interval);
        g_ptr_array_add(keep, name);
        p->curve[p->curves] = (struct rep_curve){.mode = mode,
                                                 .point = middle,
                                                 .number = p->curves,
                                                 .column = column,
                                                 .interval = interval,
                                                 .name = name};
        p->curves++;
    }
    for (unsigned i = 0; i < p->curves; i++)
        p->curve[i].of = p->curves;
}

struct rep_plot *rep_plot_guests(const struct rep_study *s)
{
    g_autoptr(GPtrArray) keep = g_ptr_array_new_with_free_func(g_free);
    struct rep_curves p = {.s = s, .scale = 1};
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
    rep_curves_begin(&p, plot, "What APF gains each guest (mean, 95 % interval)", NULL, NULL);
    rep_curves_gain_scale(&p, GAIN_LABEL);
    g_string_append(p.out, NO_APF);
    for (unsigned i = 0; i < p.curves; i++)
        rep_curves_draw(&p, &p.curve[i], true);
    g_string_append_c(p.out, '\n');
    rep_gp_end(p.out, plot->name);
    return plot;
}

/* ---- utilisation ---- */

struct rep_plot *rep_plot_utilization(const struct rep_study *s)
{
    struct rep_plot *plot;
    struct rep_curves p = {
        .s = s, .column = "utilization_share", .interval = "utilization_ci95", .scale = 100};
    int off = rep_study_mode(s, "off"), apf = rep_study_mode(s, "apf");

    if (!s->axes || s->axis[0].levels < 2)
        return NULL;
    p.family = rep_curves_has_family(s);
    for (unsigned m = 0; m < s->modes; m++)
        if (!p.family || (int)m == apf || (int)m == off)
            rep_curves_add(&p, m);
    plot =
        rep_plot_new("utilization", g_strdup_printf("What the guest gets of its vCPUs, against %s",
                                                    s->axis[0].key));
    p.out = plot->script;
    rep_curves_begin(&p, plot, "User time of the guest (mean, 95 % interval)", NULL,
                     rep_study_mode(s, "halt") >= 0 && p.family
                         ? "modes apf and off; of mode halt see the CSV file"
                         : NULL);
    g_string_append(p.out, "set yrange [0:102]\nset ytics 0,20,100\n"
                           "set ylabel 'user time, % of vCPU time'\nplot NaN notitle");
    for (unsigned i = 0; i < p.curves; i++) {
        p.curve[i].dashed = p.family && (int)p.curve[i].mode == off;
        rep_curves_draw(&p, &p.curve[i], !p.curve[i].dashed);
    }
    if (p.family && off >= 0)
        g_string_append(p.out, REP_CURVES_WITHOUT);
    g_string_append_c(p.out, '\n');
    rep_gp_end(p.out, plot->name);
    return plot;
}
