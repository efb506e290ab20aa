/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_plot_requests.c - of a service: how long its requests took, against the first axis
 */
#include <math.h>
#include <string.h>

#include "rep_curves.h"

#define LOG_FROM 8.0 /* greatest / least from which on the scale is logarithmic */

struct names {
    char *p50, *p50_ci, *p99, *p99_ci;
};

static struct names names_of(const char *kind)
{
    return (struct names){g_strdup_printf("task_%s_request_p50_ns", kind),
                          g_strdup_printf("task_%s_request_p50_ns_ci95", kind),
                          g_strdup_printf("task_%s_request_p99_ns", kind),
                          g_strdup_printf("task_%s_request_p99_ns_ci95", kind)};
}

static void names_clear(struct names *n)
{
    g_free(n->p50);
    g_free(n->p50_ci);
    g_free(n->p99);
    g_free(n->p99_ci);
}

/* One axis: p99 and p50 of each mode; texts go into `keep`. */
static void add_modes(struct rep_curves *p, const struct names *n, GPtrArray *keep)
{
    for (unsigned m = 0; m < p->s->modes; m++)
        for (unsigned half = 0; half < 2; half++) {
            char *name = g_strconcat(p->s->mode[m], half ? " p50" : " p99", NULL);

            g_ptr_array_add(keep, name);
            p->column = half ? n->p50 : n->p99;
            p->interval = half ? n->p50_ci : n->p99_ci;
            rep_curves_add(p, m);
            p->curve[p->curves - 1].name = name;
            p->curve[p->curves - 1].dashed = half;
        }
}

/* Two: p99 at the levels of the second, with APF and without. */
static void add_family(struct rep_curves *p, const struct names *n)
{
    int off = rep_study_mode(p->s, "off");

    p->column = n->p99;
    p->interval = n->p99_ci;
    rep_curves_add(p, (unsigned)rep_study_mode(p->s, "apf"));
    if (off >= 0)
        rep_curves_add(p, (unsigned)off);
    for (unsigned i = 0; i < p->curves; i++)
        p->curve[i].dashed = (int)p->curve[i].mode == off;
}

/* The scale of the times, and p->scale to its unit; false: there are none. */
static bool time_scale(struct rep_curves *p, GString *out)
{
    static const struct {
        double ns;
        const char *name;
    } unit[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
    double lo = INFINITY, hi = 0;
    unsigned u = 0;

    rep_curves_range(p, &lo, &hi);
    if (!(hi > 0))
        return false;
    while (u < 3 && hi < unit[u].ns)
        u++;
    p->scale = 1 / unit[u].ns;
    lo *= p->scale;
    hi *= p->scale;
    bool log = lo > 0 && hi / lo >= LOG_FROM;

    g_string_append(out, log ? "set logscale y\nset yrange [" : "set yrange [");
    rep_gp_number(out, log ? lo / 1.3 : 0);
    g_string_append_c(out, ':');
    rep_gp_number(out, log ? hi * 1.3 : hi * 1.06);
    g_string_append(out, "]\n");
    if (log)
        rep_gp_ratio_tics(out, "y", lo, hi);
    g_string_append_printf(out, "set format y '%%g'\nset ylabel 'time to the answer (%s)'\n",
                           unit[u].name);
    return true;
}

static void draw(struct rep_curves *p, const char *scale, const char *name)
{
    int off = rep_study_mode(p->s, "off");

    g_string_append(p->out, scale);
    g_string_append(p->out, "plot NaN notitle");
    for (unsigned i = 0; i < p->curves; i++)
        rep_curves_draw(p, &p->curve[i], !p->family || !p->curve[i].dashed);
    if (p->family && off >= 0)
        g_string_append(p->out, REP_CURVES_WITHOUT);
    g_string_append_c(p->out, '\n');
    rep_gp_end(p->out, name);
}

/* More kinds serve than are drawn; g_free() it. */
static char *left_out(bool family, unsigned kinds)
{
    g_autofree char *some = kinds > REP_SERVICES_MAX
                                ? g_strdup_printf("%d of %u kinds of tasks that serve are drawn",
                                                  REP_SERVICES_MAX, kinds)
                                : NULL;
    const char *modes = family ? "of modes apf and off; the CSV file has the rest" : NULL;

    return g_strjoin(some && modes ? "\n" : "", some ? some : "", modes ? modes : "", NULL);
}

static struct rep_plot *picture_of(const struct rep_study *s, const char *kind, unsigned kinds)
{
    struct names n = names_of(kind);
    g_autoptr(GPtrArray) keep = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) scale = g_string_new(NULL);
    g_autofree char *name = g_strdup_printf("requests_%s", kind);
    struct rep_curves p = {.s = s, .family = rep_curves_has_family(s)};
    struct rep_plot *plot = NULL;

    if (p.family)
        add_family(&p, &n);
    else
        add_modes(&p, &n, keep);
    if (time_scale(&p, scale)) {
        g_strcanon(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-.", '_'); /* of files */
        plot = rep_plot_new(name, g_strdup_printf("How long requests of %s took, against %s", kind,
                                                  s->axis[0].key));
        g_autofree char *title = g_strdup_printf("How long requests of %s took", kind);
        g_autofree char *more = left_out(p.family, kinds);

        p.out = plot->script;
        rep_curves_begin(&p, plot, title,
                         "with 95 % intervals; p99: 99 % of the requests took no longer",
                         *more ? more : NULL);
        draw(&p, scale->str, name);
    }
    names_clear(&n);
    return plot;
}

void rep_plot_requests(GPtrArray *plots, const struct rep_study *s)
{
    g_autoptr(GPtrArray) kinds = rep_study_names(s, "task_", "_request_p99_ns");

    if (!s->axes || s->axis[0].levels < 2)
        return;
    for (guint i = 0; i < kinds->len && i < REP_SERVICES_MAX; i++) {
        struct rep_plot *plot = picture_of(s, g_ptr_array_index(kinds, i), kinds->len);

        if (plot)
            g_ptr_array_add(plots, plot);
    }
}
