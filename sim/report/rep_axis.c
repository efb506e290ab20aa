/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_axis.c - see rep_axis.h
 */
#include "rep_axis.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "rep_format.h"
#include "sim_math.h"

#define LOG_FROM  20.0 /* greatest / least from which on a scale is logarithmic */
#define LABEL_MAX 72   /* characters of help beside the key */
#define ASIDE     3    /* so few words before a colon say when a key counts, not what it is */

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

static unsigned words_in(const char *text, size_t bytes)
{
    unsigned words = 1;

    for (size_t i = 0; i < bytes; i++)
        words += text[i] == ' ';
    return words;
}

/* The clause of a help that says what the key is, when it is short; NULL: there is none. */
static char *words_of(const char *help)
{
    size_t aside = help ? strcspn(help, ":;(") : 0, bytes = 0;

    if (!help)
        return NULL;
    if (help[aside] == ':' && words_in(help, aside) <= ASIDE)
        help += aside + strspn(help + aside, ": ");
    while (help[bytes] && !strchr(";,:(", help[bytes]) && strncmp(help + bytes, ". ", 2) != 0)
        bytes++;
    while (bytes && help[bytes - 1] == ' ')
        bytes--;
    return bytes && bytes <= LABEL_MAX ? g_strndup(help, bytes) : NULL;
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Does a logarithmic scale spread them better than a linear one? */
static bool log_spreads(const struct rep_axis *a)
{
    double lo = rep_axis_at(a, 0), hi = rep_axis_at(a, a->levels - 1), line = 0, log = 0;

    if (lo <= 0 || hi / lo < LOG_FROM)
        return false;
    for (unsigned i = 1; i < a->levels; i++) {
        double x = rep_axis_at(a, i - 1), y = rep_axis_at(a, i);

        line = fmax(line, (y - x) / (hi - lo));
        log = fmax(log, sim_log(y / x) / sim_log(hi / lo));
    }
    return a->levels < 3 || log < line;
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
    a->log = log_spreads(a);
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

void rep_axis_read(struct rep_axis *a, const struct rep_sheet *s, int column, const char *help,
                   bool named)
{
    bool numbers = !named;

    *a = (struct rep_axis){.column = rep_sheet_name(s, column)};
    a->key = rep_axis_key(a->column);
    a->words = words_of(help);
    a->label = a->words ? g_strdup_printf("%s (%s)", a->words, a->key) : g_strdup(a->key);
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
    g_free(a->words);
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

/* As much of a word as there is room for, in whole letters. */
static char *cut(char to[REP_LEVEL_BYTES], const char *word)
{
    const char *end;

    g_strlcpy(to, word, REP_LEVEL_BYTES);
    if (!g_utf8_validate(to, -1, &end))
        to[end - to] = 0;
    return to;
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
        return cut(to, g_ptr_array_index(a->word, (guint)at));
    case REP_UNIT_NONE:
        g_snprintf(number, sizeof number, at == floor(at) ? "%.15g" : "%.4g", at);
        break;
    }
    g_strlcpy(to, number, REP_LEVEL_BYTES);
    return to;
}
