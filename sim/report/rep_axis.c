/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_axis.c - see rep_axis.h
 */
#include "rep_axis.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "rep_format.h"
#include "rep_gnuplot.h"
#include "sim_math.h"

#define LOG_FROM     20.0 /* greatest / least from which on a scale is logarithmic */
#define LEVEL_TICS   8    /* so few levels are the tics, if they lie apart */
#define TIC_DISTANCE 0.13 /* of the axis */
#define LABEL_MAX    56   /* characters of help beside the key */

static const struct {
    const char *suffix;
    enum rep_unit unit;
} units[] = {{"_ns", REP_UNIT_NS},
             {"_bytes", REP_UNIT_BYTES},
             {"_share", REP_UNIT_SHARE},
             {"_per_s", REP_UNIT_PER_S}};

char *rep_axis_key(const char *column)
{
    size_t bytes = strlen(column);
    char *key;

    for (unsigned i = 0; i < G_N_ELEMENTS(units); i++)
        if (g_str_has_suffix(column, units[i].suffix))
            bytes = strlen(column) - strlen(units[i].suffix);
    key = g_strndup(column, bytes);
    for (char *c = key; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?'; /* it will stand in a comment of a script: a line of its own would be run */
    return key;
}

static enum rep_unit unit_of(const char *column)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(units); i++)
        if (g_str_has_suffix(column, units[i].suffix))
            return units[i].unit;
    return REP_UNIT_NONE;
}

/* Help up to its first clause when that is short: "time to read one page (disk.read)". */
static char *label_of(const char *key, const char *help)
{
    g_autofree char *clause = help ? g_strndup(help, strcspn(help, ";,:")) : NULL;

    if (!clause || !*clause || strlen(clause) > LABEL_MAX)
        return g_strdup(key);
    return g_strdup_printf("%s (%s)", clause, key);
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void read_numbers(struct rep_axis *a, const struct rep_sheet *s, int column)
{
    g_autoptr(GArray) all = g_array_sized_new(FALSE, FALSE, sizeof(double), (guint)s->rows);

    for (size_t row = 0; row < s->rows; row++) {
        double x = rep_sheet_number(s, column, row);

        g_array_append_val(all, x);
    }
    g_array_sort(all, by_number);
    a->number = g_array_new(FALSE, FALSE, sizeof(double));
    for (guint i = 0; i < all->len; i++)
        if (!i || by_number(&g_array_index(all, double, i), &g_array_index(all, double, i - 1)))
            g_array_append_val(a->number, g_array_index(all, double, i));
    a->levels = a->number->len;
    double least = rep_axis_at(a, 0), greatest = rep_axis_at(a, a->levels - 1);

    a->log = least > 0 && greatest / least >= LOG_FROM;
}

static int word_find(const struct rep_axis *a, const char *word)
{
    for (guint i = 0; i < a->word->len; i++)
        if (!strcmp(g_ptr_array_index(a->word, i), word))
            return (int)i;
    return -1;
}

static void read_words(struct rep_axis *a, const struct rep_sheet *s, int column)
{
    a->unit = REP_UNIT_WORD;
    a->word = g_ptr_array_new();
    for (size_t row = 0; row < s->rows; row++) {
        const char *word = rep_sheet_text(s, column, row);

        if (word_find(a, word) < 0)
            g_ptr_array_add(a->word, (void *)(uintptr_t)word);
    }
    a->levels = a->word->len;
}

void rep_axis_read(struct rep_axis *a, const struct rep_sheet *s, int column, const char *help)
{
    bool numbers = true;

    *a = (struct rep_axis){.column = rep_sheet_name(s, column)};
    a->key = rep_axis_key(a->column);
    a->label = label_of(a->key, help);
    a->unit = unit_of(a->column);
    for (size_t row = 0; row < s->rows && numbers; row++)
        numbers = isfinite(rep_sheet_number(s, column, row));
    if (numbers)
        read_numbers(a, s, column);
    else
        read_words(a, s, column);
}

void rep_axis_clear(struct rep_axis *a)
{
    g_free(a->key);
    g_free(a->label);
    if (a->number)
        g_array_unref(a->number);
    if (a->word)
        g_ptr_array_unref(a->word);
}

unsigned rep_axis_level_of(const struct rep_axis *a, const struct rep_sheet *s, int column,
                           size_t row)
{
    guint found = 0;
    double x;

    if (a->unit == REP_UNIT_WORD)
        return (unsigned)word_find(a, rep_sheet_text(s, column, row));
    x = rep_sheet_number(s, column, row);
    if (!g_array_binary_search(a->number, &x, by_number, &found))
        g_error("a level that was read has gone");
    return found;
}

bool rep_axis_discrete(const struct rep_axis *a)
{
    for (unsigned i = 0; i < a->levels && a->unit == REP_UNIT_NONE; i++)
        if (rep_axis_at(a, i) != floor(rep_axis_at(a, i)))
            return false;
    return a->unit == REP_UNIT_NONE || a->unit == REP_UNIT_WORD;
}

double rep_axis_at(const struct rep_axis *a, unsigned level)
{
    return a->unit == REP_UNIT_WORD ? level : g_array_index(a->number, double, level);
}

double rep_axis_share(const struct rep_axis *a, double at)
{
    double lo = rep_axis_at(a, 0), hi = rep_axis_at(a, a->levels - 1);

    if (a->levels < 2)
        return 0.5;
    return a->log ? sim_log(at / lo) / sim_log(hi / lo) : (at - lo) / (hi - lo);
}

char *rep_axis_format(const struct rep_axis *a, double at, char to[REP_LEVEL_BYTES])
{
    char number[REP_NUMBER_BYTES];

    switch (a->unit) {
    case REP_UNIT_NS:
        if (at < 1e18 && at == (double)(uint64_t)at &&
            strlen(rep_format_span(number, (uint64_t)at)) <= 8)
            break;
        rep_format_ns(number, at);
        break;
    case REP_UNIT_BYTES:
        rep_format_bytes(number, at > 0 ? (uint64_t)(at + 0.5) : 0);
        break;
    case REP_UNIT_SHARE:
        g_snprintf(number, sizeof number, "%.4g %%", at * 100);
        break;
    case REP_UNIT_PER_S:
        g_snprintf(number, sizeof number, "%.6g /s", at);
        break;
    case REP_UNIT_WORD:
        g_strlcpy(to, g_ptr_array_index(a->word, (guint)at), REP_LEVEL_BYTES);
        return to;
    case REP_UNIT_NONE:
        g_snprintf(number, sizeof number, at == floor(at) ? "%.15g" : "%.4g", at);
        break;
    }
    g_strlcpy(to, number, REP_LEVEL_BYTES);
    return to;
}

/* ---- gnuplot ---- */

static void tic(GString *out, const struct rep_axis *a, double at, const char *between)
{
    char text[REP_LEVEL_BYTES];

    g_string_append(out, between);
    rep_gp_tic(out, rep_axis_format(a, at, text));
    g_string_append_c(out, ' ');
    rep_gp_number(out, at);
}

static bool levels_lie_apart(const struct rep_axis *a)
{
    if (a->unit == REP_UNIT_WORD)
        return true;
    for (unsigned i = 1; i < a->levels; i++)
        if (rep_axis_share(a, rep_axis_at(a, i)) - rep_axis_share(a, rep_axis_at(a, i - 1)) <
            TIC_DISTANCE)
            return false;
    return a->levels <= LEVEL_TICS;
}

/* Tics of a logarithmic scale: powers of the base, each, every second, ...; of ten with 2 and 5
 * times it between them while there are few. */
static void log_tics(GString *out, const struct rep_axis *a)
{
    static const double few[] = {1, 2, 5};
    double base = a->unit == REP_UNIT_BYTES ? 2 : 10, lo = rep_axis_at(a, 0) * (1 - 1e-9);
    double hi = rep_axis_at(a, a->levels - 1) * (1 + 1e-9), power = 1;
    unsigned fit = (unsigned)(sim_log(hi / lo) / sim_log(base)) + 1, every = (fit + 7) / 8;
    unsigned parts = base > 9 && fit <= 2 ? G_N_ELEMENTS(few) : 1;
    const char *between = "";

    while (power > lo)
        power /= base;
    while (power * base <= lo)
        power *= base;
    for (unsigned i = 0; i <= fit * parts + parts; i++) {
        double at = power * few[i % parts];

        if (at >= lo && at <= hi && i / parts % every == 0) {
            tic(out, a, at, between);
            between = ", ";
        }
        power *= i % parts + 1 == parts ? base : 1;
    }
}

/* Of a linear one: steps of 1, 2 or 5 times a power of ten; of bytes, of two. */
static void linear_tics(GString *out, const struct rep_axis *a)
{
    static const double factor[] = {2, 2.5, 2};
    bool bytes = a->unit == REP_UNIT_BYTES;
    double lo = rep_axis_at(a, 0), hi = rep_axis_at(a, a->levels - 1), step = bytes ? 1 : 1e-6;
    const char *between = "";

    for (unsigned i = 0; (hi - lo) / step > 7; i++)
        step *= bytes ? 2 : factor[i % G_N_ELEMENTS(factor)];
    const long first = (long)ceil(lo / step - 1e-9), last = (long)floor(hi / step + 1e-9);

    for (long n = first; n <= last; n++) {
        tic(out, a, (double)n * step, between);
        between = ", ";
    }
}

static void range(GString *out, const struct rep_axis *a, char which)
{
    double lo = rep_axis_at(a, 0), hi = rep_axis_at(a, a->levels - 1);
    double pad = a->levels < 2 ? 1 : 0.04 * (a->log ? sim_log(hi / lo) : hi - lo);

    if (a->unit == REP_UNIT_WORD)
        pad = 0.5;
    g_string_append_printf(out, "set %crange [", which);
    rep_gp_number(out, a->log ? lo / sim_exp(pad) : lo - pad);
    g_string_append(out, ":");
    rep_gp_number(out, a->log ? hi * sim_exp(pad) : hi + pad);
    g_string_append(out, "]\n");
}

void rep_axis_script(GString *out, const struct rep_axis *a, char which)
{
    if (a->log)
        g_string_append_printf(out, "set logscale %c\n", which);
    range(out, a, which);
    g_string_append_printf(out, "set %ctics (", which);
    if (levels_lie_apart(a))
        for (unsigned i = 0; i < a->levels; i++)
            tic(out, a, rep_axis_at(a, i), i ? ", " : "");
    else if (a->log)
        log_tics(out, a);
    else
        linear_tics(out, a);
    g_string_append_printf(out, ")\nset %clabel ", which);
    rep_gp_quote(out, a->label);
    g_string_append(out, which == 'x' ? ".\"\\n \"\n" : "\n"); /* a gap before the legend */
}

void rep_axis_using(GString *out, const struct rep_axis *a)
{
    g_autoptr(GString) name = g_string_new(NULL);

    rep_gp_quote(name, a->column);
    if (a->unit != REP_UNIT_WORD) {
        g_string_append_printf(out, "column(%s)", name->str);
        return;
    }
    for (unsigned i = 0; i < a->levels; i++) {
        g_string_append_printf(out, "stringcolumn(%s) eq ", name->str);
        rep_gp_quote(out, g_ptr_array_index(a->word, i));
        g_string_append_printf(out, " ? %u : ", i);
    }
    g_string_append(out, "NaN");
}
