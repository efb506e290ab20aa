/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_plot_ledger.c - where the vCPUs' time went, as stacked bars
 */
#include "rep_plot.h"

#include <math.h>
#include <string.h>

#define FONT        11    /* of tics, when there are many bars */
#define GROUPS_MAX  4     /* levels of the first axis */
#define LEAST_SHARE 0.003 /* a class that is nowhere larger is left to "the rest" */

/* Okabe and Ito's colours, greys, and one of P. Tol's; what sees the guest wait is warm or dark. */
static const char *const class_colour[LEDGER_COUNT] = {
    [LEDGER_USER] = "#009E73",          [LEDGER_GUEST_APF] = "#CC79A7",
    [LEDGER_GUEST_SWITCH] = "#F0E442",  [LEDGER_GUEST_TICK] = "#999999",
    [LEDGER_GUEST_KERNEL] = "#0072B2",  [LEDGER_EXIT] = "#56B4E9",
    [LEDGER_WORKER] = "#882255",        [LEDGER_SYNC_BLOCKED] = "#D55E00",
    [LEDGER_APF_HALTED] = "#E69F00",    [LEDGER_IDLE_WAITING] = "#555555",
    [LEDGER_IDLE] = "#DDDDDD",          [LEDGER_STOLEN] = "#000000",
    [LEDGER_FLUSH_BLOCKED] = "#AA4499", [LEDGER_OFFLINE] = "#F5F5F5"};

struct bars {
    const struct rep_study *s;
    bool there[LEDGER_COUNT]; /* has a column */
    unsigned groups;
    size_t point[GROUPS_MAX];
    bool shown[LEDGER_COUNT];
    bool any;  /* some class is */
    bool rest; /* some class is not */
};

static double share(const struct rep_study *s, unsigned mode, size_t point, unsigned class)
{
    double sum = 0, one = 0;

    for (unsigned c = 0; c < LEDGER_COUNT; c++) {
        g_autofree char *column = g_strdup_printf("ledger_%s_ns", ledger_key[c]);
        double x = rep_study_value(s, mode, point, column);

        sum += isfinite(x) ? x : 0;
        if (c == class)
            one = isfinite(x) ? x : 0;
    }
    return sum > 0 ? one / sum : 0;
}

static void choose(struct bars *b)
{
    const struct rep_study *s = b->s;
    unsigned level[GROUPS_MAX] = {0};
    size_t middle = rep_plot_middle(s, 1);

    b->groups = s->axes ? rep_plot_spread(s->axis[0].levels, GROUPS_MAX, level) : 1;
    for (unsigned g = 0; g < b->groups; g++)
        b->point[g] = s->axes ? rep_study_point(s, middle, 0, level[g]) : 0;
    for (unsigned c = 0; c < LEDGER_COUNT; c++) {
        g_autofree char *column = g_strdup_printf("ledger_%s_ns", ledger_key[c]);
        double most = 0;

        b->there[c] = rep_sheet_find(s->sheet, column) >= 0;
        for (unsigned g = 0; g < b->groups; g++)
            for (unsigned m = 0; m < s->modes; m++)
                most = fmax(most, share(s, m, b->point[g], c));
        b->shown[c] = most >= LEAST_SHARE;
        b->any |= b->shown[c];
        b->rest |= most > 0 && !b->shown[c];
    }
}

/* at(row): where the row's bar stands, or NaN. */
static void places(GString *out, const struct bars *b)
{
    const struct rep_study *s = b->s;

    g_string_append(out, "at(row) = ");
    for (unsigned g = 0; g < b->groups; g++) {
        for (unsigned m = 0; m < s->modes; m++) {
            rep_plot_where(out, s, m, b->point[g], 0, s->axes);
            g_string_append_printf(out, " ? %u : \\\n  ", g * (s->modes + 1) + m + 1);
        }
    }
    g_string_append(out, "NaN\n");
}

/* A tic of a bar, or with an empty second line of a group; "halt\n80 us" where both stand. */
static void tic(GString *out, const char *mode, const char *level, double at)
{
    g_string_append(out, at > 1 ? ", " : "");
    rep_gp_tic(out, mode);
    if (*level) {
        g_string_append(out, ".\"\\n\".");
        rep_gp_tic(out, level);
    }
    g_string_append_printf(out, " %g", at);
}

/* The level of a group's bars, as much as there is room for below them. */
static void level_text(const struct bars *b, unsigned group, char to[REP_LEVEL_BYTES])
{
    const struct rep_axis *a = &b->s->axis[0];
    char full[REP_LEVEL_BYTES];

    rep_axis_tic(a, rep_axis_at(a, rep_study_level(b->s, b->point[group], 0)), full);
    g_autofree char *fitting = rep_gp_fitting(full, REP_GP_ROOM / b->groups, FONT);

    g_strlcpy(to, fitting, REP_LEVEL_BYTES);
}

static void tics(GString *out, const struct bars *b)
{
    const struct rep_study *s = b->s;
    bool grouped = s->axes && s->axis[0].levels > 1;

    g_string_append(out, "set xtics (");
    for (unsigned g = 0; g < b->groups; g++) {
        unsigned first = g * (s->modes + 1) + 1;
        char level[REP_LEVEL_BYTES] = "";

        if (grouped)
            level_text(b, g, level);
        for (unsigned m = 0; m < s->modes; m++)
            tic(out, s->mode[m], 2 * m + 1 == s->modes ? level : "", first + m);
        if (s->modes % 2 == 0 && grouped)
            tic(out, "", level, first + (s->modes - 1) / 2.0);
    }
    g_string_append_printf(out, ") scale 0 font ',%d'\nset xrange [0.4:%u.6]\n",
                           b->groups > 2 ? FONT : 13, b->groups * (s->modes + 1) - 1);
    if (grouped) {
        rep_axis_label(out, &s->axis[0], 'x');
        g_string_append(out, "set xlabel offset 0,-0.5\n");
    }
}

static void class_sum(GString *out, const struct bars *b, bool all)
{
    const char *plus = "";

    for (unsigned c = 0; c < LEDGER_COUNT; c++)
        if (b->there[c] && (all || !b->shown[c])) {
            g_string_append_printf(out, "%scolumn('ledger_%s_ns')", plus, ledger_key[c]);
            plus = " + ";
        }
}

static void bar(GString *out, const char *csv, const char *from, const char *to, const char *colour,
                const char *title)
{
    g_string_append_printf(out,
                           "%s'%s' using (at(0)):(0):(at(0)-0.42):(at(0)+0.42):"
                           "(100*(%s)/total(0)):(100*(%s)/total(0)) with boxxyerror "
                           "fillcolor '%s' title ",
                           *from == '0' && !from[1] ? "plot " : ", \\\n  ", csv, from, to, colour);
    rep_gp_quote(out, title);
}

static void stack(GString *out, const struct bars *b)
{
    g_autoptr(GString) below = g_string_new("0");

    g_string_append(out, "total(row) = ");
    class_sum(out, b, true);
    g_string_append_c(out, '\n');
    for (unsigned c = 0; c < LEDGER_COUNT; c++) {
        g_autofree char *from = g_strdup(below->str);

        if (!b->shown[c])
            continue;
        g_string_append_printf(below, "+column('ledger_%s_ns')", ledger_key[c]);
        bar(out, b->s->csv, from, below->str, class_colour[c], ledger_help[c]);
    }
    if (b->rest)
        bar(out, b->s->csv, below->str, "total(0)", "#D9CCEE", "the rest");
    g_string_append_c(out, '\n');
}

struct rep_plot *rep_plot_ledger(const struct rep_study *s)
{
    struct bars b = {.s = s};
    struct rep_plot *plot;
    g_autofree char *where = rep_study_where(s, rep_plot_middle(s, 1), 0);
    g_autoptr(GString) below = g_string_new(NULL);

    if (*where)
        g_string_append_printf(below, "at %s", where);
    if (s->axes)
        rep_plot_some(below, s, 0, GROUPS_MAX);
    choose(&b);
    if (!b.any)
        return NULL;
    plot = rep_plot_new("ledger", g_strdup("Where the time of the vCPUs went"));
    rep_gp_begin(plot->script, plot->name, plot->caption, s->csv, 560);
    rep_gp_title(plot->script, plot->caption, below->len ? below->str : NULL);
    g_string_append(plot->script, "set style fill solid 1.0 border linecolor '#ffffff'\n"
                                  "set yrange [0:100]\nset ylabel '% of vCPU time'\n"
                                  "unset grid\nset grid y linecolor '#dddddd' linetype 1\n"
                                  "set key bmargin center horizontal Left reverse maxcols 2 "
                                  "font ',10' samplen 1\n");
    tics(plot->script, &b);
    places(plot->script, &b);
    stack(plot->script, &b);
    rep_gp_end(plot->script, plot->name);
    return plot;
}
