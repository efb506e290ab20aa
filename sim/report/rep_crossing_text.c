/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_crossing_text.c - what is said of break-even points
 */
#include <math.h>
#include <string.h>

#include "rep_crossing.h"
#include "rep_summary.h"

#define RUNS_SAID 2 /* of points side by side */

/* What a mode does to a figure when its ratio to mode off is above 1, and below. */
struct verbs {
    const char *begin[2]; /* begins to ...; [0]: below */
    const char *does[2];
};

static const struct verbs of_gain = {{"lose", "gain"}, {"loses", "gains"}};
static const struct verbs of_p99 = {{"lower", "raise"}, {"lowers", "raises"}};

static bool is_gain(const struct rep_break_even *b)
{
    return !strcmp(b->column, REP_GAIN);
}

static const struct verbs *verbs_of(const struct rep_break_even *b)
{
    return is_gain(b) ? &of_gain : &of_p99;
}

static const char *mode_words(const char *mode)
{
    return strcmp(mode, "halt") ? "APF" : "halting alone";
}

/* Requests have columns: what makes no difference to the work may make one to them. */
static bool is_service(const struct rep_study *s)
{
    g_autoptr(GPtrArray) kinds = rep_study_names(s, "task_", REP_P99);

    return kinds->len;
}

/* "", or " the p99 of web"; g_free() it. */
static char *object_of(const struct rep_break_even *b)
{
    const char *name = b->column + strlen("task_");

    if (is_gain(b))
        return g_strdup("");
    return g_strdup_printf(" the p99 of %.*s", (int)(strlen(name) - strlen(REP_P99)), name);
}

static void say_crossing(GString *out, const struct rep_axis *a, const struct rep_crossing *c,
                         const struct verbs *verbs, const char *object)
{
    char at[REP_LEVEL_BYTES], low[REP_LEVEL_BYTES], high[REP_LEVEL_BYTES];

    rep_axis_format(a, c->at, at);
    rep_axis_format(a, c->low, low);
    rep_axis_format(a, c->high, high);
    g_string_append(out, out->len ? ", and" : "");
    if (c->coarse)
        g_string_append_printf(
            out, " begins to %s%s between %s and %s (by straight lines %s); refine there",
            verbs->begin[c->rises], object, low, high, at);
    else
        g_string_append_printf(out, " %s%s from %s (95 %%: %s .. %s) on", verbs->does[c->rises],
                               object, at, low, high);
}

/* "loses at 1 and at 4": the points on one side; three or more neighbours as "5 .. 16". */
static void say_levels(GString *out, const struct rep_line *l, const struct rep_axis *a, int which,
                       const char *what)
{
    const char *between = out->len ? "; " : " ";
    char first[REP_LEVEL_BYTES], last[REP_LEVEL_BYTES];

    for (unsigned i = 0, end; i < l->n; i = end) {
        for (end = i + 1; end < l->n && rep_line_side(l, end) == rep_line_side(l, i);)
            end++;
        if (rep_line_side(l, i) != which)
            continue;
        if (end - i < 3)
            end = i + 1;
        g_string_append_printf(out, "%s%s at %s", between, what,
                               rep_axis_format(a, l->x[i], first));
        if (end - i > 1)
            g_string_append_printf(out, " .. %s", rep_axis_format(a, l->x[end - 1], last));
        between = " ";
        what = "and";
    }
}

/* Levels with nothing between them are named. */
static void say_sides(GString *out, const struct rep_study *s, const struct rep_break_even *b,
                      const char *object)
{
    g_autofree double *room = g_new(double, 3 * (size_t)s->axis[0].levels);
    const struct rep_line line = rep_line_of(s, b, room);
    const struct verbs *verbs = verbs_of(b);
    g_autofree char *above = g_strconcat(verbs->does[1], object, NULL);
    g_autofree char *below = g_strconcat(verbs->does[0], object, NULL);

    say_levels(out, &line, &s->axis[0], 1, above);
    say_levels(out, &line, &s->axis[0], -1, below);
    say_levels(out, &line, &s->axis[0], 0, "makes no clear difference");
}

/* Clear at some points only, all on one side: where, unless that is a long list. */
static void say_some(GString *out, const struct rep_study *s, const struct rep_break_even *b,
                     const char *object)
{
    g_autofree double *room = g_new(double, 3 * (size_t)s->axis[0].levels);
    const struct rep_line line = rep_line_of(s, b, room);
    const char *verb = verbs_of(b)->does[b->above > 0];
    g_autofree char *does = g_strconcat(verb, object, NULL);
    unsigned runs = 0;

    for (unsigned i = 0; i < line.n; i++)
        runs += rep_line_side(&line, i) && (!i || !rep_line_side(&line, i - 1));
    if (runs > RUNS_SAID) {
        g_string_append_printf(out, " %s at every point where the difference is clear", does);
        return;
    }
    say_levels(out, &line, &s->axis[0], b->above ? 1 : -1, does);
    g_string_append(out, "; makes no clear difference elsewhere");
}

struct extent {
    double lo, hi;
};

static struct extent extent_of(const struct rep_study *s, const struct rep_break_even *b)
{
    g_autofree double *room = g_new(double, 3 * (size_t)s->axis[0].levels);
    const struct rep_line line = rep_line_of(s, b, room);
    struct extent e = {INFINITY, -INFINITY};

    for (unsigned i = 0; i < line.n; i++) {
        e.lo = fmin(e.lo, line.ratio[i]);
        e.hi = fmax(e.hi, line.ratio[i]);
    }
    return e;
}

/* The same everywhere, as far as it can be told. */
static void say_all(GString *out, const struct rep_study *s, const struct rep_break_even *b,
                    const char *object)
{
    const struct extent e = extent_of(s, b);
    double notable = is_gain(b) ? REP_NOTABLE : REP_NOTABLE_PART;

    if (!b->above && !b->below)
        g_string_append_printf(out, " makes no clear difference%s%s anywhere",
                               !is_gain(b)     ? " to"
                               : is_service(s) ? " to the work"
                                               : "",
                               object);
    else if (e.lo > 1 - notable && e.hi < 1 + notable)
        g_string_append_printf(out, " changes%s by less than %.0f %% at every point",
                               is_gain(b) ? " the work" : object, 100 * notable);
    else if (!b->unclear)
        g_string_append_printf(out, " %s%s at every point", verbs_of(b)->does[b->above > 0],
                               object);
    else
        say_some(out, s, b, object);
}

char *rep_break_even_text(const struct rep_study *s, const struct rep_break_even *b)
{
    g_autoptr(GString) what = g_string_new(NULL);
    g_autofree char *object = object_of(b);
    const struct extent e = extent_of(s, b);

    if (!b->crossings)
        say_all(what, s, b, object);
    else if (rep_axis_discrete(&s->axis[0]))
        say_sides(what, s, b, object);
    else
        for (unsigned i = 0; i < b->crossings; i++)
            say_crossing(what, &s->axis[0], &b->crossing[i], verbs_of(b), object);
    if (!is_gain(b)) /* how much, which no heading says */
        g_string_append_printf(what, "; with / without: %.3g to %.3g", e.lo, e.hi);
    return g_strconcat(mode_words(s->mode[b->mode]), what->str, NULL);
}
