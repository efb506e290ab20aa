/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_plot.c - what the makers share
 */
#include "rep_plot.h"

#include <string.h>

static void plot_free(void *p)
{
    struct rep_plot *plot = p;

    g_free(plot->name);
    g_free(plot->caption);
    g_string_free(plot->script, TRUE);
    g_free(plot);
}

struct rep_plot *rep_plot_new(const char *name, char *caption)
{
    struct rep_plot *plot = g_new0(struct rep_plot, 1);

    plot->name = g_strdup(name);
    plot->caption = caption;
    plot->script = g_string_new(NULL);
    return plot;
}

unsigned rep_plot_spread(unsigned n, unsigned max, unsigned *ret)
{
    unsigned count = MIN(n, max);

    for (unsigned i = 0; i < count; i++)
        ret[i] = count < 2 ? 0 : (unsigned)((size_t)i * (n - 1) / (count - 1));
    return count;
}

void rep_plot_some(GString *to, const struct rep_study *s, unsigned axis, unsigned max)
{
    const struct rep_axis *a = &s->axis[axis];

    const struct rep_study *whole = s->whole ? s->whole : s;

    if (a->levels > max)
        g_string_append_printf(to, "%s%u of %u values of %s are drawn; %s has all",
                               to->len ? "\n" : "", max, whole->axis[axis].levels, a->key,
                               whole->csv);
}

size_t rep_plot_middle(const struct rep_study *s, unsigned from)
{
    size_t point = 0;

    for (unsigned i = from; i < s->axes; i++)
        point = rep_study_point(s, point, i, s->axis[i].levels / 2);
    return point;
}

void rep_plot_where(GString *out, const struct rep_study *s, unsigned mode, size_t point,
                    unsigned from, unsigned to)
{
    g_string_append(out, "stringcolumn('mode') eq ");
    rep_gp_quote(out, s->mode[mode]);
    for (unsigned i = from; i < to; i++) {
        const struct rep_axis *a = &s->axis[i];

        if (a->levels < 2)
            continue;
        g_string_append(out, " && (");
        rep_axis_using(out, a);
        g_string_append(out, ") == ");
        rep_gp_number(out, rep_axis_at(a, rep_study_level(s, point, i)));
    }
}

GPtrArray *rep_plot_list(void)
{
    return g_ptr_array_new_with_free_func(plot_free);
}
