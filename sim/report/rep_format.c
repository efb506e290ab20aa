/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_format.c - see the header
 */
#include "rep_format.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char *rep_format_ns(char *to, double ns)
{
    static const struct {
        double factor;
        const char *unit;
    } units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
    unsigned u = 0;

    while (u < 3 && ns < 0.9995 * units[u].factor)
        u++;
    double x = ns / units[u].factor;
    int decimals = u == 3 ? 0 : x < 9.995 ? 2 : x < 99.95 ? 1 : 0;

    snprintf(to, REP_NUMBER_BYTES, "%.*f %s", decimals, x, units[u].unit);
    return to;
}

char *rep_format_span(char *to, uint64_t ns)
{
    static const struct {
        uint64_t factor;
        const char *unit;
    } units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}, {1, "ns"}};
    unsigned u = 0;

    while (u < 3 && ns < units[u].factor)
        u++;
    snprintf(to, REP_NUMBER_BYTES, "%.15g %s", (double)ns / (double)units[u].factor,
             ns ? units[u].unit : "s");
    return to;
}

char *rep_format_count(char *to, uint64_t n)
{
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, n), out = 0;

    for (size_t i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            to[out++] = ' ';
        to[out++] = digits[i];
    }
    to[out] = 0;
    return to;
}

char *rep_format_rate(char *to, double per_s)
{
    if (per_s >= 999.5)
        return rep_format_count(to, (uint64_t)(per_s + 0.5));
    snprintf(to, REP_NUMBER_BYTES, "%.*f",
             per_s == 0    ? 0
             : per_s < 1   ? 4
             : per_s < 100 ? 2
                           : 1,
             per_s);
    return to;
}

char *rep_format_percent(char *to, double share)
{
    snprintf(to, REP_NUMBER_BYTES, "%.2f", share * 100);
    return to;
}

char *rep_format_bytes(char *to, uint64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
    unsigned u = 0;
    double x = (double)bytes;

    while (u < 5 && x >= 1024) {
        x /= 1024;
        u++;
    }
    snprintf(to, REP_NUMBER_BYTES, x == (double)(uint64_t)x ? "%.0f %s" : "%.2f %s", x, units[u]);
    return to;
}

char *rep_format_ci(char *to, const struct rep_mean *m, double scale, int decimals)
{
    if (!rep_mean_has_interval(m)) {
        snprintf(to, REP_NUMBER_BYTES, "-");
        return to;
    }
    snprintf(to, REP_NUMBER_BYTES, "+- %.*f", decimals, m->ci95 * scale);
    if (strspn(to, "+- 0.") != strlen(to))
        return to;
    snprintf(to, REP_NUMBER_BYTES, "+- <%.*f", decimals, 1.0);
    if (decimals > 0) { /* 1.000 to 0.001 */
        to[4] = '0';
        to[strlen(to) - 1] = '1';
    }
    return to;
}

struct rep_table {
    char align[REP_COLUMNS + 1];
    unsigned columns, next;
    GPtrArray *rows; /* of char[columns][REP_CELL_BYTES] */
    char (*row)[REP_CELL_BYTES];
};

struct rep_table *rep_table_new(const char *align)
{
    struct rep_table *t = g_new0(struct rep_table, 1);

    g_assert(strlen(align) <= REP_COLUMNS);
    g_strlcpy(t->align, align, sizeof t->align);
    t->columns = (unsigned)strlen(align);
    t->rows = g_ptr_array_new_with_free_func(g_free);
    t->row = g_malloc0_n(t->columns, REP_CELL_BYTES);
    return t;
}

void rep_table_cell(struct rep_table *t, const char *format, ...)
{
    va_list args;
    int bytes;

    g_assert(t->next < t->columns);
    va_start(args, format);
    bytes = g_vsnprintf(t->row[t->next++], REP_CELL_BYTES, format, args);
    va_end(args);
    g_assert(bytes >= 0 && bytes < REP_CELL_BYTES);
}

void rep_table_row(struct rep_table *t)
{
    g_ptr_array_add(t->rows, t->row);
    t->row = g_malloc0_n(t->columns, REP_CELL_BYTES);
    t->next = 0;
}

/* From `column` on; what does not fit goes on below, beneath its own beginning. */
static void put_wrapped(GString *out, const char *text, size_t column)
{
    size_t at = column;

    for (const char *word = text; *word;) {
        size_t bytes = strcspn(word, " ");

        if (at > column && at + 1 + bytes > REP_WIDTH) {
            g_string_append_printf(out, "\n%*s", (int)column, "");
            at = column;
        } else if (at > column) {
            g_string_append_c(out, ' ');
            at++;
        }
        g_string_append_len(out, word, (gssize)bytes);
        at += bytes;
        word += bytes;
        word += strspn(word, " ");
    }
}

static void print_row(const struct rep_table *t, const char (*row)[REP_CELL_BYTES],
                      const size_t *width, GString *out)
{
    size_t column = 0;

    for (unsigned c = 0; c < t->columns; c++) {
        int pad = (int)width[c];

        if (t->align[c] == 'l' && c + 1 == t->columns) {
            g_string_append(out, "  ");
            put_wrapped(out, row[c], column + 2);
        } else {
            g_string_append_printf(out, t->align[c] == 'l' ? "  %-*s" : "  %*s", pad, row[c]);
        }
        column += width[c] + 2;
    }
    while (out->len && out->str[out->len - 1] == ' ')
        g_string_truncate(out, out->len - 1);
    g_string_append_c(out, '\n');
}

void rep_table_print(struct rep_table *t, GString *out)
{
    size_t width[REP_COLUMNS] = {0};

    for (unsigned r = 0; r < t->rows->len; r++) {
        const char(*row)[REP_CELL_BYTES] = g_ptr_array_index(t->rows, r);

        for (unsigned c = 0; c < t->columns; c++)
            width[c] = MAX(width[c], strlen(row[c]));
    }
    for (unsigned r = 0; out && r < t->rows->len; r++)
        print_row(t, g_ptr_array_index(t->rows, r), width, out);
    g_ptr_array_free(t->rows, TRUE);
    g_free(t->row);
    g_free(t);
}

void rep_wrap(GString *out, const char *lead, const char *text)
{
    g_string_append(out, lead);
    put_wrapped(out, text, strlen(lead));
    g_string_append_c(out, '\n');
}

void rep_heading(GString *out, bool colour, const char *title, const char *remark)
{
    g_string_append_printf(out, "\n%s%s%s", colour ? "\033[1m" : "", title,
                           colour ? "\033[0m" : "");
    if (remark)
        g_string_append_printf(out, "  (%s)", remark);
    g_string_append_c(out, '\n');
}
