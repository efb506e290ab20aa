/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_crossing.c - break-even points, and what is said of them
 */
#include <math.h>
#include <string.h>

#include "rep_format.h"
#include "rep_study.h"
#include "sim_math.h"

struct line {
    const double *x, *gain, *ci;
    unsigned n;
    bool log;
};

static double half(const struct line *l, unsigned i)
{
    return isfinite(l->ci[i]) ? l->ci[i] : 0;
}

/* -1, 0 or 1: the interval lies below, about or above 1. */
static int side(const struct line *l, unsigned i)
{
    if (l->gain[i] - half(l, i) > 1)
        return 1;
    return l->gain[i] + half(l, i) < 1 ? -1 : 0;
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
static double follow(const struct line *l, unsigned a, unsigned b, double k,
                     struct rep_crossing *ret)
{
    double first = NAN, last = NAN;

    for (unsigned i = a; i < b; i++) {
        double y0 = l->gain[i] + k * half(l, i) - 1, y1 = l->gain[i + 1] + k * half(l, i + 1) - 1;
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
static bool is_coarse(const struct line *l, unsigned a, unsigned b)
{
    for (unsigned i = a; i < b; i++)
        if (l->x[i] <= 0 || l->x[i + 1] > REP_FINE_STEP * l->x[i])
            return true;
    return false;
}

static struct rep_crossing between(const struct line *l, unsigned a, unsigned b)
{
    struct rep_crossing c = {.low = INFINITY, .high = -INFINITY, .rises = side(l, b) > 0};

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
    const struct line line = {x, gain, ci, n, log};
    unsigned found = 0, clear = n;

    for (unsigned i = 0; i < n && found < max; i++) {
        if (!side(&line, i))
            continue;
        if (clear < n && side(&line, clear) != side(&line, i))
            ret[found++] = between(&line, clear, i);
        clear = i;
    }
    return found;
}

/* The points that have a gain; room: 3 numbers a level. */
static struct line line_of(const struct rep_study *s, const struct rep_break_even *b, double *room)
{
    unsigned levels = s->axis[0].levels, n = 0;
    double *x = room, *gain = x + levels, *ci = gain + levels;

    for (unsigned i = 0; i < levels; i++) {
        size_t point = rep_study_point(s, b->point, 0, i);

        x[n] = rep_axis_at(&s->axis[0], i);
        gain[n] = rep_study_value(s, b->mode, point, "gain_ratio");
        ci[n] = rep_study_value(s, b->mode, point, "gain_ratio_ci95");
        n += isfinite(gain[n]);
    }
    return (struct line){x, gain, ci, n, s->axis[0].log};
}

static void judge(const struct rep_study *s, struct rep_break_even *b)
{
    g_autofree double *room = g_new(double, 3 * (size_t)s->axis[0].levels);
    const struct line line = line_of(s, b, room);

    for (unsigned i = 0; i < line.n; i++) {
        b->above += side(&line, i) > 0;
        b->below += side(&line, i) < 0;
        b->unclear += !side(&line, i);
    }
    b->crossings = rep_crossings(line.x, line.gain, line.ci, line.n, line.log, b->crossing,
                                 G_N_ELEMENTS(b->crossing));
}

GArray *rep_break_evens(const struct rep_study *s)
{
    GArray *all;

    if (!s->axes || s->axis[0].levels < 2)
        return NULL;
    all = g_array_new(FALSE, FALSE, sizeof(struct rep_break_even));
    for (unsigned m = 0; m < s->modes; m++) {
        for (size_t p = 0; p < s->points / s->axis[0].levels; p++) {
            struct rep_break_even b = {.mode = m, .point = p};

            judge(s, &b);
            if (b.above + b.below + b.unclear)
                g_array_append_val(all, b);
        }
    }
    if (!all->len)
        g_clear_pointer(&all, g_array_unref);
    return all;
}

static const char *mode_words(const char *mode)
{
    return strcmp(mode, "halt") ? "APF" : "halting alone";
}

static void say_crossing(GString *out, const struct rep_axis *a, const struct rep_crossing *c)
{
    char at[REP_LEVEL_BYTES], low[REP_LEVEL_BYTES], high[REP_LEVEL_BYTES];

    rep_axis_format(a, c->at, at);
    rep_axis_format(a, c->low, low);
    rep_axis_format(a, c->high, high);
    g_string_append(out, out->len ? ", and" : "");
    if (c->coarse)
        g_string_append_printf(
            out, " begins to %s between %s and %s (by straight lines %s); refine there",
            c->rises ? "gain" : "lose", low, high, at);
    else
        g_string_append_printf(out, " %s from %s (95 %%: %s .. %s) on",
                               c->rises ? "gains" : "loses", at, low, high);
}

/* "loses at 1 and at 4": the points on one side; three or more neighbours as "5 .. 16". */
static void say_levels(GString *out, const struct line *l, const struct rep_axis *a, int which,
                       const char *what)
{
    const char *between = out->len ? ";" : "";
    char first[REP_LEVEL_BYTES], last[REP_LEVEL_BYTES];

    for (unsigned i = 0, end; i < l->n; i = end) {
        for (end = i + 1; end < l->n && side(l, end) == side(l, i);)
            end++;
        if (side(l, i) != which)
            continue;
        if (end - i < 3)
            end = i + 1;
        g_string_append_printf(out, "%s %s at %s", between, what,
                               rep_axis_format(a, l->x[i], first));
        if (end - i > 1)
            g_string_append_printf(out, " .. %s", rep_axis_format(a, l->x[end - 1], last));
        between = "";
        what = "and";
    }
}

static void say_sides(GString *out, const struct rep_study *s, const struct rep_break_even *b)
{
    g_autofree double *room = g_new(double, 3 * (size_t)s->axis[0].levels);
    const struct line line = line_of(s, b, room);

    say_levels(out, &line, &s->axis[0], 1, "gains");
    say_levels(out, &line, &s->axis[0], -1, "loses");
    say_levels(out, &line, &s->axis[0], 0, "makes no clear difference");
}

char *rep_break_even_text(const struct rep_study *s, const struct rep_break_even *b)
{
    g_autoptr(GString) what = g_string_new(NULL);

    if (b->crossings && rep_axis_discrete(&s->axis[0]))
        say_sides(what, s, b);
    else
        for (unsigned i = 0; i < b->crossings; i++)
            say_crossing(what, &s->axis[0], &b->crossing[i]);
    if (b->crossings)
        return g_strconcat(mode_words(s->mode[b->mode]), what->str, NULL);
    if (!b->above && !b->below)
        g_string_append(what, " makes no clear difference anywhere");
    else
        g_string_append_printf(what, " %s at every point%s", b->above ? "gains" : "loses",
                               b->unclear ? " where the difference is clear" : "");
    return g_strconcat(mode_words(s->mode[b->mode]), what->str, NULL);
}
