/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_thin.c - a large study for pictures: some levels of each axis, the columns that are drawn
 *
 * gnuplot reads its table again for each curve; of a million rows that takes it many minutes, and a
 * picture has no room for them.
 */
#include <math.h>
#include <string.h>

#include "rep_number.h"
#include "rep_plot.h"

struct choice {
    unsigned count[REP_AXES_MAX];
    bool *taken[REP_AXES_MAX]; /* by level */
};

/* The longest axis loses half of its levels until the grid is small enough; two stay. */
static void shorten(struct choice *c, const struct rep_study *s, size_t points)
{
    for (;;) {
        unsigned longest = 0;
        size_t product = 1;

        for (unsigned i = 0; i < s->axes; i++) {
            product *= c->count[i];
            longest = c->count[i] > c->count[longest] ? i : longest;
        }
        if (product <= points || c->count[longest] <= 2)
            return;
        c->count[longest] = (c->count[longest] + 1) / 2;
    }
}

static void choose(struct choice *c, const struct rep_study *s, size_t points)
{
    for (unsigned i = 0; i < s->axes; i++)
        c->count[i] = s->axis[i].levels;
    shorten(c, s, points);
    for (unsigned i = 0; i < s->axes; i++) {
        g_autofree unsigned *level = g_new(unsigned, s->axis[i].levels);
        unsigned n = rep_plot_spread(s->axis[i].levels, c->count[i], level);

        c->taken[i] = g_new0(bool, s->axis[i].levels);
        for (unsigned k = 0; k < n; k++)
            c->taken[i][level[k]] = true;
    }
}

static bool is_taken(const struct choice *c, const struct rep_study *s, size_t point)
{
    for (unsigned i = 0; i < s->axes; i++)
        if (!c->taken[i][rep_study_level(s, point, i)])
            return false;
    return true;
}

static void text_cell(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (; *text; text++)
        g_string_append_printf(out, *text == '"' ? "\"%c" : "%c", *text);
    g_string_append_c(out, '"');
}

/* The names (row REP_NO_ROW) or the cells of the columns that were kept. */
static void line(GString *out, const struct rep_study *s, size_t row)
{
    const char *before = "";

    for (guint i = 0; i < s->sheet->column->len; i++) {
        const struct rep_column *c = &g_array_index(s->sheet->column, struct rep_column, i);
        double x;

        if (!c->number)
            continue;
        g_string_append(out, before);
        before = ",";
        if (row == REP_NO_ROW || c->text) {
            text_cell(out, row == REP_NO_ROW ? c->name : rep_sheet_text(s->sheet, (int)i, row));
            continue;
        }
        x = rep_sheet_number(s->sheet, (int)i, row);
        if (isfinite(x))
            rep_number(out, x);
    }
    g_string_append_c(out, '\n');
}

GString *rep_study_thin(const struct rep_study *s, size_t points)
{
    struct choice c = {{0}, {NULL}};
    GString *out;

    if (s->points <= points)
        return NULL;
    out = g_string_new(NULL);
    choose(&c, s, points);
    line(out, s, REP_NO_ROW);
    for (size_t p = 0; p < s->points; p++)
        for (unsigned m = 0; m < s->modes && is_taken(&c, s, p); m++)
            if (s->row[m * s->points + p] != REP_NO_ROW)
                line(out, s, s->row[m * s->points + p]);
    for (unsigned i = 0; i < s->axes; i++)
        g_free(c.taken[i]);
    return out;
}
