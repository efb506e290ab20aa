/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_crossing_lines.c - break-even points as lines for people: what holds for many is said once
 */
#include <string.h>

#include "rep_format.h"
#include "rep_study.h"

#define LINES_MAX 40 /* on a terminal */
#define PLACES    4  /* places that are listed in full when there are several axes besides */

/* Lines of a study of which the same is said. */
struct group {
    char *text;
    unsigned mode;
    GArray *point; /* of size_t */
};

static void group_clear(void *group)
{
    struct group *g = group;

    g_free(g->text);
    g_array_unref(g->point);
}

static void add(GArray *groups, const struct rep_study *s, const struct rep_break_even *b)
{
    struct group new = {.text = rep_break_even_text(s, b), .mode = b->mode};

    for (guint i = 0; i < groups->len; i++) {
        struct group *g = &g_array_index(groups, struct group, i);

        if (g->mode == b->mode && !strcmp(g->text, new.text)) {
            g_array_append_val(g->point, b->point);
            g_free(new.text);
            return;
        }
    }
    new.point = g_array_new(FALSE, FALSE, sizeof(size_t));
    g_array_append_val(new.point, b->point);
    g_array_append_val(groups, new);
}

static GArray *groups_of(const struct rep_study *s, const GArray *all)
{
    GArray *groups = g_array_new(FALSE, FALSE, sizeof(struct group));

    g_array_set_clear_func(groups, group_clear);
    for (guint i = 0; i < all->len; i++)
        add(groups, s, &g_array_index(all, struct rep_break_even, i));
    return groups;
}

/* Axes besides the first that have more than one level; the last of them. */
static unsigned others(const struct rep_study *s, unsigned *ret_last)
{
    unsigned n = 0;

    for (unsigned i = 1; i < s->axes; i++)
        if (s->axis[i].levels > 1) {
            *ret_last = i;
            n++;
        }
    return n;
}

/* "any tasks.worker.count, disk.channels" */
static void say_any(GString *out, const struct rep_study *s)
{
    const char *before = "any ";

    for (unsigned i = 1; i < s->axes; i++)
        if (s->axis[i].levels > 1) {
            g_string_append_printf(out, "%s%s", before, s->axis[i].key);
            before = ", ";
        }
}

/* "tasks.worker.count = 1, 3 .. 16": three or more neighbours as a range, unless they are words. */
static void say_levels(GString *out, const struct rep_study *s, unsigned axis, const GArray *point)
{
    const struct rep_axis *a = &s->axis[axis];
    char text[REP_LEVEL_BYTES];

    g_string_append_printf(out, "%s = ", a->key);
    for (guint i = 0, end; i < point->len; i = end) {
        unsigned first = rep_study_level(s, g_array_index(point, size_t, i), axis);

        for (end = i + 1;
             end < point->len && a->unit != REP_UNIT_WORD &&
             rep_study_level(s, g_array_index(point, size_t, end), axis) == first + (end - i);)
            end++;
        if (end - i < 3)
            end = i + 1;
        g_string_append_printf(out, "%s%s", i ? ", " : "",
                               rep_axis_format(a, rep_axis_at(a, first), text));
        if (end - i > 1)
            g_string_append_printf(out, " .. %s",
                                   rep_axis_format(a, rep_axis_at(a, first + (end - i) - 1), text));
    }
}

static void say_places(GString *out, const struct rep_study *s, const GArray *point)
{
    for (guint i = 0; i < point->len && i < PLACES; i++) {
        g_autofree char *where = rep_study_where(s, g_array_index(point, size_t, i), 0);

        g_string_append_printf(out, "%s%s", i ? "; " : "", where);
    }
    if (point->len > PLACES)
        g_string_append_printf(out, "; and %u more", point->len - PLACES);
}

static char *line_of(const struct rep_study *s, const struct group *g)
{
    GString *out = g_string_new(NULL);
    unsigned last = 0, axes = others(s, &last);

    if (axes && g->point->len > 1 && g->point->len == s->points / s->axis[0].levels)
        say_any(out, s);
    else if (axes == 1)
        say_levels(out, s, last, g->point);
    else if (axes)
        say_places(out, s, g->point);
    g_string_append_printf(out, "%s%s", out->len ? ": " : "", g->text);
    return g_string_free(out, FALSE);
}

GPtrArray *rep_break_even_lines(const struct rep_study *s)
{
    g_autoptr(GArray) all = rep_break_evens(s), groups = NULL;
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

    if (!all)
        return lines;
    groups = groups_of(s, all);
    for (guint i = 0; i < groups->len; i++)
        g_ptr_array_add(lines, line_of(s, &g_array_index(groups, struct group, i)));
    return lines;
}

void rep_break_evens_print(GString *out, const struct rep_study *s)
{
    g_autoptr(GPtrArray) lines = rep_break_even_lines(s), requests = NULL;
    g_autofree char *remark = NULL;

    if (!lines->len)
        return;
    requests = rep_study_names(s, "task_", REP_P99);
    remark = g_strdup_printf("along %s; 1 = no APF%s", s->axis[0].key,
                             requests->len ? "; p99: 99 % of the requests took no longer" : "");
    rep_heading(out, false, "BREAK-EVEN", remark);
    for (guint i = 0; i < lines->len && i < LINES_MAX; i++)
        g_string_append_printf(out, "  %s\n", (const char *)g_ptr_array_index(lines, i));
    if (lines->len > LINES_MAX)
        g_string_append_printf(out, "  and %u more: the page of sim report has them all\n",
                               lines->len - LINES_MAX);
}
