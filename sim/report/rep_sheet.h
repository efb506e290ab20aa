/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_sheet.h - a CSV of results read back, column by column
 *
 * Knows:    libcsv, GLib. Not what a column means.
 * Promise:  a file that is no such table is refused with "path:line: error: what"; an empty or
 *           unreadable number is NAN.
 * Cost:     8 bytes a cell of the columns that are wanted, 16 of those kept as text.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define REP_SHEET_ERROR rep_sheet_error_quark()
GQuark rep_sheet_error_quark(void);

struct rep_column {
    char *name;
    GArray *number;  /* of double; NULL: the column was not wanted */
    GPtrArray *text; /* of const char *; NULL: only numbers are kept */
};

struct rep_sheet {
    char *path;
    GArray *column; /* of struct rep_column */
    size_t rows;
    GStringChunk *words;
};

enum rep_keep { REP_KEEP_NOT, REP_KEEP_NUMBER, REP_KEEP_TEXT };
/* Asked once a column, in their order; REP_KEEP_TEXT keeps the number, too. */
typedef enum rep_keep rep_keep_fn(void *context, const char *name);

struct rep_sheet *rep_sheet_read(const char *path, rep_keep_fn *keep, void *context,
                                 GError **error);
void rep_sheet_free(struct rep_sheet *s); /* NULL is fine */
/* Index of a column that was kept, or -1. */
int rep_sheet_find(const struct rep_sheet *s, const char *name);
const char *rep_sheet_name(const struct rep_sheet *s, int column);
double rep_sheet_number(const struct rep_sheet *s, int column, size_t row);
const char *rep_sheet_text(const struct rep_sheet *s, int column, size_t row);
