/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_axis_script.c - an axis in gnuplot's words
 *
 * Tics are the levels themselves while these are round and lie apart, else round numbers between
 * them; of names every one. Texts never touch: their widths are known (rep_gp_width()).
 */
#include "rep_axis.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "rep_format.h"
#include "rep_gnuplot.h"
#include "sim_math.h"

/* Pixels. */
#define SPAN_X  460 /* from the first level to the last */
#define CELLS_X 440 /* all cells of a map; a colour box stands beside them */
#define CELLS_Y 300
#define APART   12  /* between two texts in a line */
#define LINE    17  /* from line to line */
#define LONGEST 260 /* of a name that is turned */
#define LEFT    170 /* of one beside the y axis */
#define LEVELS  12  /* so many are tics themselves */
#define TURNED  28  /* from name to name: from there on 30 degrees do, else 90 */
#define SMALL   11  /* a smaller font */
#define ROOM_Y  370 /* for a text along the y axis; beyond two lines it would touch the tics */

struct mark {
    double at, px;
    char text[REP_LEVEL_BYTES];
};

static double round_to_3(double x)
{
    double part = 1;

    while (fabs(x) >= 1000 * part)
        part *= 10;
    return floor(x / part + 0.5) * part;
}

char *rep_axis_tic(const struct rep_axis *a, double at, char to[REP_LEVEL_BYTES])
{
    static const char *const unit[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
    unsigned u = 0;

    if (a->unit == REP_UNIT_WORD)
        return rep_axis_format(a, at, to);
    if (a->unit == REP_UNIT_NS && at >= 0 && at < 1e18)
        return rep_format_span(to, (uint64_t)round_to_3(at));
    if (a->unit == REP_UNIT_BYTES) {
        for (; u < 5 && at >= 1024; u++)
            at /= 1024;
        g_snprintf(to, REP_LEVEL_BYTES, at >= 100 ? "%.0f %s" : "%.3g %s", at, unit[u]);
    } else if (a->unit == REP_UNIT_SHARE)
        g_snprintf(to, REP_LEVEL_BYTES, "%.3g %%", at * 100);
    else if (at >= 10000 && at < 1e15)
        return rep_format_count(to, (uint64_t)at);
    else
        g_snprintf(to, REP_LEVEL_BYTES, at == floor(at) ? "%.15g" : "%.4g", at);
    return to;
}

static void add(GArray *marks, const struct rep_axis *a, double at, double px)
{
    struct mark m = {at, px, ""};

    rep_axis_tic(a, at, m.text);
    g_array_append_val(marks, m);
}

static bool apart(const struct mark *a, const struct mark *b, bool in_line)
{
    unsigned wide =
        in_line
            ? (rep_gp_width(a->text, REP_GP_FONT) + rep_gp_width(b->text, REP_GP_FONT)) / 2 + APART
            : LINE;

    return b->px - a->px >= wide && strcmp(a->text, b->text) != 0;
}

static bool all_apart(const GArray *marks, bool in_line)
{
    for (guint i = 1; i < marks->len; i++)
        if (!apart(&g_array_index(marks, struct mark, i - 1), &g_array_index(marks, struct mark, i),
                   in_line))
            return false;
    return true;
}

static void add_at(GArray *marks, const struct rep_axis *a, double at)
{
    add(marks, a, at, SPAN_X * rep_axis_share(a, at));
}

static void levels(GArray *marks, const struct rep_axis *a, unsigned every)
{
    g_array_set_size(marks, 0);
    for (unsigned i = 0; i < a->levels; i += every)
        add_at(marks, a, rep_axis_at(a, i));
}

static bool levels_are_round(const struct rep_axis *a)
{
    for (unsigned i = 0; i < a->levels; i++) {
        double at = rep_axis_at(a, i) * (a->unit == REP_UNIT_SHARE ? 1e5 : 1);

        if (a->unit != REP_UNIT_BYTES && fabs(round_to_3(at) - at) > 1e-9 * fabs(at) &&
            (a->unit != REP_UNIT_NONE || at == floor(at)))
            return false;
    }
    return a->levels <= LEVELS;
}

/* Of a logarithmic scale: powers of the base with `parts` multiples of each, or every `every`. */
static void powers(GArray *marks, const struct rep_axis *a, unsigned parts, unsigned every)
{
    static const double few[] = {1, 2, 5};
    double base = a->unit == REP_UNIT_BYTES ? 2 : 10, power = 1;
    double lo = rep_axis_at(a, 0) * (1 - 1e-9), hi = rep_axis_at(a, a->levels - 1) * (1 + 1e-9);
    int n = 0;

    g_array_set_size(marks, 0);
    while (power > lo) {
        power /= base;
        n--;
    }
    while (power <= hi) {
        for (unsigned i = 0; i < parts; i++)
            if (power * few[i] >= lo && power * few[i] <= hi && n % (int)every == 0)
                add_at(marks, a, power * few[i]);
        power *= base;
        n++;
    }
}

static bool log_marks(GArray *marks, const struct rep_axis *a)
{
    for (unsigned parts = a->unit == REP_UNIT_BYTES ? 1 : 3; parts; parts -= 2) {
        powers(marks, a, parts, 1);
        if (marks->len <= LEVELS && all_apart(marks, true))
            return marks->len > 2;
        if (parts == 1)
            break;
    }
    for (unsigned every = 2; every < 64 && !all_apart(marks, true); every++)
        powers(marks, a, 1, every);
    return marks->len > 2;
}

/* Of a linear one: steps of 1, 2 or 5 times a power of ten; of bytes, of two. */
static bool linear_marks(GArray *marks, const struct rep_axis *a)
{
    static const double factor[] = {2, 2.5, 2};
    bool bytes = a->unit == REP_UNIT_BYTES, whole = rep_axis_discrete(a);
    double lo = rep_axis_at(a, 0), hi = rep_axis_at(a, a->levels - 1);
    double step = bytes || whole ? 1 : 1e-6;

    for (unsigned i = 0;; i++) {
        if ((hi - lo) / step <= 8) {
            g_array_set_size(marks, 0);
            double first = ceil(lo / step - 1e-9);
            int count = (int)(floor(hi / step + 1e-9) - first) + 1; /* 0: none lies between */

            for (int n = 0; n < count; n++)
                add_at(marks, a, (first + n) * step + 0.0); /* no -0 */
            if (all_apart(marks, true))
                return marks->len > 2;
        }
        step *= bytes ? 2 : factor[i % G_N_ELEMENTS(factor)];
    }
}

static void choose_marks(GArray *marks, const struct rep_axis *a)
{
    levels(marks, a, 1);
    if (levels_are_round(a) && all_apart(marks, true))
        return;
    if (a->log ? log_marks(marks, a) : linear_marks(marks, a))
        return;
    levels(marks, a, 1);
    if (!all_apart(marks, true))
        levels(marks, a, MAX(a->levels - 1, 1));
}

/* "set xtics (...)"; the texts cut to `longest` pixels. */
static void tics(GString *out, const GArray *marks, char which, const char *how, unsigned longest)
{
    g_string_append_printf(out, "set %ctics %s(", which, how);
    for (guint i = 0; i < marks->len; i++) {
        const struct mark *m = &g_array_index(marks, struct mark, i);
        g_autofree char *text = rep_gp_fitting(m->text, longest, REP_GP_FONT);

        g_string_append(out, i ? ", " : "");
        rep_gp_tic(out, text);
        g_string_append_c(out, ' ');
        rep_gp_number(out, m->at);
    }
    g_string_append(out, ")\n");
}

static unsigned longest_of(const GArray *marks)
{
    unsigned longest = 0;

    for (guint i = 0; i < marks->len; i++)
        longest =
            MAX(longest, rep_gp_width(g_array_index(marks, struct mark, i).text, REP_GP_FONT));
    return MIN(longest, LONGEST);
}

/* Names on the x axis, `slot` pixels each: in a line when they fit, else turned, thinned if even so
 * they would touch. */
static unsigned name_tics(GString *out, GArray *marks, double slot)
{
    unsigned every = (unsigned)ceil((SMALL + 2) / slot);

    if (all_apart(marks, true)) {
        tics(out, marks, 'x', "", UINT_MAX);
        return 0;
    }
    if (slot >= TURNED) {
        tics(out, marks, 'x', "rotate by 30 right ", LONGEST);
        return longest_of(marks) / 2;
    }
    for (guint i = marks->len; i-- > 0;)
        if (i % every)
            g_array_remove_index(marks, i);
    tics(out, marks, 'x', "rotate by 90 right font ',11' ", LONGEST);
    return longest_of(marks) * SMALL / REP_GP_FONT;
}

/* x: in as many lines as it takes; y: cut to one. */
static void label_part(GString *out, const char *text, char which)
{
    g_autofree char *fitting = which == 'y' ? rep_gp_fitting(text, ROOM_Y, REP_GP_FONT) : NULL;

    rep_gp_lines(out, fitting ? fitting : text, which == 'x' ? REP_GP_ROOM : ROOM_Y);
}

void rep_axis_label(GString *out, const struct rep_axis *a, char which)
{
    unsigned room = which == 'x' ? REP_GP_ROOM : ROOM_Y;

    g_string_append_printf(out, "set %clabel ", which);
    if (a->words && rep_gp_width(a->label, REP_GP_FONT) > room) {
        label_part(out, a->words, which);
        g_string_append(out, ".\"\\n\".");
        label_part(out, a->key, which);
    } else
        label_part(out, a->label, which);
    g_string_append(out, which == 'x' ? ".\"\\n \" noenhanced\n" : " noenhanced\n"); /* a gap */
}

static void range(GString *out, const struct rep_axis *a)
{
    double lo = rep_axis_at(a, 0), hi = rep_axis_at(a, a->levels - 1);
    double pad = a->levels < 2 ? 1 : 0.04 * (a->log ? sim_log(hi / lo) : hi - lo);

    if (a->unit == REP_UNIT_WORD)
        pad = 0.5;
    g_string_append(out, "set xrange [");
    rep_gp_number(out, a->log ? lo / sim_exp(pad) : lo - pad);
    g_string_append(out, ":");
    rep_gp_number(out, a->log ? hi * sim_exp(pad) : hi + pad);
    g_string_append(out, "]\n");
}

unsigned rep_axis_script(GString *out, const struct rep_axis *a)
{
    unsigned height = 0;
    g_autoptr(GArray) marks = g_array_new(FALSE, FALSE, sizeof(struct mark));
    double slot = (double)SPAN_X / a->levels;

    if (a->log)
        g_string_append(out, "set logscale x\n");
    range(out, a);
    if (a->unit == REP_UNIT_WORD) {
        for (unsigned i = 0; i < a->levels; i++)
            add(marks, a, i, i * slot);
        height = name_tics(out, marks, slot);
    } else {
        choose_marks(marks, a);
        tics(out, marks, 'x', "", UINT_MAX);
    }
    rep_axis_label(out, a, 'x');
    return height;
}

/* Every level, or as many as there is room for, beginning with the first. */
static void cell_marks(GArray *marks, const struct rep_axis *a, char which)
{
    double slot = (which == 'x' ? CELLS_X : CELLS_Y) / (double)a->levels;

    for (unsigned every = 1; every <= a->levels; every++) {
        g_array_set_size(marks, 0);
        for (unsigned i = 0; i < a->levels; i += every) {
            add(marks, a, rep_axis_at(a, i), i * slot);
            g_array_index(marks, struct mark, marks->len - 1).at = i + 1;
        }
        if ((which == 'x' && a->unit == REP_UNIT_WORD) || all_apart(marks, which == 'x'))
            return;
    }
}

unsigned rep_axis_cells(GString *out, const struct rep_axis *a, char which)
{
    unsigned height = 0;
    g_autoptr(GArray) marks = g_array_new(FALSE, FALSE, sizeof(struct mark));

    g_string_append_printf(out, "set %crange [0.5:%u.5]\n", which, a->levels);
    cell_marks(marks, a, which);
    if (which == 'x' && a->unit == REP_UNIT_WORD)
        height = name_tics(out, marks, CELLS_X / (double)a->levels);
    else
        tics(out, marks, which, "", which == 'x' ? UINT_MAX : LEFT);
    rep_axis_label(out, a, which);
    return height;
}

/* gnuplot 5.4 ends a quoted text at its first comma: stringcolumn() cannot tell such names. */
static bool has_comma(const struct rep_axis *a)
{
    for (unsigned i = 0; i < a->levels; i++)
        if (strchr(g_ptr_array_index(a->word, i), ','))
            return true;
    return false;
}

void rep_axis_using(GString *out, const struct rep_axis *a)
{
    g_autoptr(GString) name = g_string_new(NULL);

    rep_gp_quote(name, a->column);
    if (a->unit != REP_UNIT_WORD) {
        g_string_append_printf(out, "column(%s)", name->str);
        return;
    }
    if (has_comma(a) && a->stride) {
        g_string_append_printf(out, "int(column('point')) / %zu %% %u", a->stride, a->levels);
        return;
    }
    for (unsigned i = 0; i < a->levels; i++) {
        g_string_append_printf(out, "stringcolumn(%s) eq ", name->str);
        rep_gp_quote(out, g_ptr_array_index(a->word, i));
        g_string_append_printf(out, " ? %u : ", i);
    }
    g_string_append(out, "NaN");
}
