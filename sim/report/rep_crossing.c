/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_crossing.c - break-even points
 */
#include <math.h>
#include <string.h>

#include "rep_crossing.h"
#include "sim_math.h"

static double half(const struct rep_line *l, unsigned i)
{
    return isfinite(l->ci[i]) ? l->ci[i] : 0;
}

int rep_line_side(const struct rep_line *l, unsigned i)
{
    if (l->ratio[i] - half(l, i) > 1)
        return 1;
    return l->ratio[i] + half(l, i) < 1 ? -1 : 0;
}

static void widen(struct rep_crossing *c, double at)
{
    c->low = fmin(c->low, at);
    c->high = fmax(c->high, at);
}

/*
 * Every crossing of 1 between points a and b by gain + k x its half width. Returns the middle one
 * of those by straight lines in x: with one crossing, that one.
 */
static double follow(const struct rep_line *l, unsigned a, unsigned b, double k,
                     struct rep_crossing *ret)
{
    double first = NAN, last = NAN;

    for (unsigned i = a; i < b; i++) {
        double y0 = l->ratio[i] + k * half(l, i) - 1, y1 = l->ratio[i + 1] + k * half(l, i + 1) - 1;
        double share, at;

        if ((y0 < 0) == (y1 < 0))
            continue;
        share = y0 / (y0 - y1);
        at = l->x[i] + share * (l->x[i + 1] - l->x[i]);
        widen(ret, at);
        if (l->log)
            widen(ret, l->x[i] * sim_exp(share * sim_log(l->x[i + 1] / l->x[i])));
        first = isfinite(first) ? first : at;
        last = at;
    }
    return (first + last) / 2;
}

/* Is what lies between two of the points from a to b a guess? */
static bool is_coarse(const struct rep_line *l, unsigned a, unsigned b)
{
    for (unsigned i = a; i < b; i++)
        if (l->x[i] <= 0 || l->x[i + 1] > REP_FINE_STEP * l->x[i])
            return true;
    return false;
}

static struct rep_crossing between(const struct rep_line *l, unsigned a, unsigned b)
{
    struct rep_crossing c = {.low = INFINITY, .high = -INFINITY, .rises = rep_line_side(l, b) > 0};

    follow(l, a, b, 1, &c);
    follow(l, a, b, -1, &c);
    c.at = follow(l, a, b, 0, &c);
    c.coarse = is_coarse(l, a, b);
    if (c.coarse) {
        c.low = l->x[a];
        c.high = l->x[b];
    }
    return c;
}

unsigned rep_crossings(const double *x, const double *gain, const double *ci, unsigned n, bool log,
                       struct rep_crossing *ret, unsigned max)
{
    const struct rep_line line = {x, gain, ci, n, log};
    unsigned found = 0, clear = n;

    for (unsigned i = 0; i < n && found < max; i++) {
        if (!rep_line_side(&line, i))
            continue;
        if (clear < n && rep_line_side(&line, clear) != rep_line_side(&line, i))
            ret[found++] = between(&line, clear, i);
        clear = i;
    }
    return found;
}

struct rep_line rep_line_of(const struct rep_study *s, const struct rep_break_even *b, double *room)
{
    g_autofree char *interval = g_strconcat(b->column, "_ci95", NULL);
    unsigned levels = s->axis[0].levels, n = 0;
    double *x = room, *ratio = x + levels, *ci = ratio + levels;

    for (unsigned i = 0; i < levels; i++) {
        size_t point = rep_study_point(s, b->point, 0, i);

        x[n] = rep_axis_at(&s->axis[0], i);
        ratio[n] = rep_study_value(s, b->mode, point, b->column);
        ci[n] = rep_study_value(s, b->mode, point, interval);
        n += isfinite(ratio[n]);
    }
    return (struct rep_line){x, ratio, ci, n, s->axis[0].log};
}

static void judge(const struct rep_study *s, struct rep_break_even *b)
{
    g_autofree double *room = g_new(double, 3 * (size_t)s->axis[0].levels);
    const struct rep_line line = rep_line_of(s, b, room);

    for (unsigned i = 0; i < line.n; i++) {
        b->above += rep_line_side(&line, i) > 0;
        b->below += rep_line_side(&line, i) < 0;
        b->unclear += !rep_line_side(&line, i);
    }
    b->crossings = rep_crossings(line.x, line.ratio, line.ci, line.n, line.log, b->crossing,
                                 G_N_ELEMENTS(b->crossing));
}

static void add_mode(GArray *to, const struct rep_study *s, unsigned mode, const char *column)
{
    for (size_t p = 0; p < s->points / s->axis[0].levels; p++) {
        struct rep_break_even b = {.mode = mode, .point = p, .column = column};

        judge(s, &b);
        if (b.above + b.below + b.unclear)
            g_array_append_val(to, b);
    }
}

/* APF is the question: it comes first. */
static void add_modes(GArray *to, const struct rep_study *s, const char *column)
{
    int apf = rep_study_mode(s, "apf");

    if (apf >= 0)
        add_mode(to, s, (unsigned)apf, column);
    for (unsigned m = 0; m < s->modes; m++)
        if ((int)m != apf)
            add_mode(to, s, m, column);
}

GArray *rep_break_evens(const struct rep_study *s)
{
    GArray *all;

    if (!s->axes || s->axis[0].levels < 2)
        return NULL;
    all = g_array_new(FALSE, FALSE, sizeof(struct rep_break_even));
    for (guint i = 0; i < s->sheet->column->len; i++) {
        const char *name = rep_sheet_name(s->sheet, (int)i);

        if (g_str_has_prefix(name, "task_") && g_str_has_suffix(name, REP_P99))
            add_modes(all, s, name);
    }
    add_modes(all, s, REP_GAIN);
    if (!all->len)
        g_clear_pointer(&all, g_array_unref);
    return all;
}
