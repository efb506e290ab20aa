/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_tree.c - a tree of counts as text
 */
#include "rep_tree.h"

#include <string.h>

#include "rep_format.h"

#define WIDTH 100 /* columns of a line of text */

void rep_tree_sum(struct rep_tree_row *row, size_t rows)
{
    for (size_t i = rows; i-- > 0;) {
        if (!row[i].is_sum)
            continue;
        memset(row[i].count, 0, sizeof row[i].count);
        for (size_t k = i + 1; k < rows && row[k].depth > row[i].depth; k++)
            for (unsigned m = 0; row[k].depth == row[i].depth + 1 && m < REP_MODES; m++)
                row[i].count[m] += row[k].count[m];
    }
}

static bool is_empty(const struct rep_tree_row *row)
{
    uint64_t all = 0;

    for (unsigned m = 0; m < REP_MODES; m++)
        all |= row->count[m];
    return all == 0;
}

static void print_counts(GString *out, const struct rep_tree_row *row, unsigned n)
{
    char a[REP_NUMBER_BYTES];

    for (unsigned m = 0; m < n; m++)
        g_string_append_printf(out, " %13s", rep_format_count(a, row->count[m]));
}

static void print_head(GString *out, const char *const *columns, unsigned n)
{
    g_string_append_c(out, ' ');
    for (unsigned m = 0; m < n; m++)
        g_string_append_printf(out, " %13s", columns[m]);
    g_string_append_c(out, '\n');
}

/* Words that wrap behind `indent` columns. */
static void print_words(GString *out, const char *text, unsigned indent)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    size_t at = indent;

    for (char **w = words; *w; w++) {
        if (w != words && at + 1 + strlen(*w) > WIDTH) {
            g_string_append_printf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (w != words) {
            g_string_append_c(out, ' ');
            at++;
        }
        g_string_append(out, *w);
        at += strlen(*w);
    }
    g_string_append_c(out, '\n');
}

static void print_changes(GString *out, const struct rep_tree_row *row, size_t rows)
{
    bool any = false;

    for (size_t i = 0; i < rows; i++) {
        if (!row[i].change || is_empty(&row[i]))
            continue;
        g_string_append(out, any ? "" : "\nWHAT YOU COULD CHANGE\n");
        any = true;
        g_string_append(out, "  - ");
        print_words(out, row[i].text, 4);
        g_string_append(out, "    ");
        print_words(out, row[i].change, 4);
    }
}

void rep_tree_print(GString *out, const struct rep_tree_row *row, size_t rows,
                    const char *const *columns, unsigned n)
{
    print_head(out, columns, n);
    for (size_t i = 0; i < rows; i++) {
        if (i && is_empty(&row[i]))
            continue;
        g_string_append_c(out, ' ');
        print_counts(out, &row[i], n);
        g_string_append_printf(out, "  %*s", (int)row[i].depth * 2, "");
        print_words(out, row[i].text, 3 + 14 * n + 2 * row[i].depth);
    }
    print_changes(out, row, rows);
}
