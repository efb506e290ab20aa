/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_sheet.c - see rep_sheet.h
 */
#include "rep_sheet.h"

#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

G_DEFINE_QUARK(rep - sheet - error - quark, rep_sheet_error)

struct reader {
    struct rep_sheet *sheet;
    rep_keep_fn *keep;
    void *context;
    size_t line; /* of the record that is being read, from 1 */
    guint cell;
    char *wrong; /* first thing that was */
};

static struct rep_column *column_at(const struct rep_sheet *s, guint i)
{
    return &g_array_index(s->column, struct rep_column, i);
}

static void add_column(struct reader *r, const char *name)
{
    enum rep_keep keep = r->keep(r->context, name);
    struct rep_column c = {.name = g_strdup(name)};

    if (keep != REP_KEEP_NOT)
        c.number = g_array_new(FALSE, FALSE, sizeof(double));
    if (keep == REP_KEEP_TEXT)
        c.text = g_ptr_array_new();
    g_array_append_val(r->sheet->column, c);
}

static double number_of(const char *text)
{
    char *end;
    double x = g_ascii_strtod(text, &end);

    return end == text || *end ? NAN : x;
}

static void on_cell(void *data, size_t bytes, void *context)
{
    struct reader *r = context;
    const char *text = data ? data : "";
    struct rep_column *c;

    if (strlen(text) != bytes && !r->wrong)
        r->wrong = g_strdup("a zero byte");
    if (r->line == 1) {
        add_column(r, text);
        return;
    }
    if (r->cell >= r->sheet->column->len) {
        r->cell++;
        return;
    }
    c = column_at(r->sheet, r->cell++);
    if (c->number) {
        double x = number_of(text);

        g_array_append_val(c->number, x);
    }
    if (c->text)
        g_ptr_array_add(c->text, g_string_chunk_insert_const(r->sheet->words, text));
}

static void on_row(int end, void *context)
{
    struct reader *r = context;
    guint columns = r->sheet->column->len;

    (void)end;
    if (r->line > 1) {
        if (r->cell != columns && !r->wrong)
            r->wrong = g_strdup_printf("%u cells, the header has %u", r->cell, columns);
        r->sheet->rows++;
    }
    r->cell = 0;
    if (!r->wrong)
        r->line++;
}

static char *what_is_wrong(struct csv_parser *csv)
{
    int error = csv_error(csv);

    return g_strdup(error == CSV_EPARSE ? "a quote where none may stand, or none where one must"
                                        : csv_strerror(error));
}

static bool parse(FILE *file, struct csv_parser *csv, struct reader *r)
{
    static char buffer[1 << 16];
    size_t bytes;

    while ((bytes = fread(buffer, 1, sizeof buffer, file)) && !r->wrong)
        if (csv_parse(csv, buffer, bytes, on_cell, on_row, r) != bytes)
            r->wrong = what_is_wrong(csv);
    if (!r->wrong && ferror(file))
        r->wrong = g_strdup(g_strerror(errno));
    if (!r->wrong && csv_fini(csv, on_cell, on_row, r) != 0)
        r->wrong = what_is_wrong(csv);
    if (!r->wrong && !r->sheet->rows)
        r->wrong = g_strdup("no rows: a header and at least one row are needed");
    return !r->wrong;
}

struct rep_sheet *rep_sheet_read(const char *path, rep_keep_fn *keep, void *context, GError **error)
{
    struct reader r = {.keep = keep, .context = context, .line = 1};
    struct csv_parser csv;
    FILE *file = fopen(path, "re");

    if (!file) {
        g_set_error(error, REP_SHEET_ERROR, 0, "%s: error: %s", path, g_strerror(errno));
        return NULL;
    }
    r.sheet = g_new0(struct rep_sheet, 1);
    r.sheet->path = g_strdup(path);
    r.sheet->column = g_array_new(FALSE, FALSE, sizeof(struct rep_column));
    r.sheet->words = g_string_chunk_new(4096);
    if (csv_init(&csv, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0)
        g_error("csv_init() refuses its options");
    if (!parse(file, &csv, &r)) {
        g_set_error(error, REP_SHEET_ERROR, 0, "%s:%zu: error: %s", path, r.line, r.wrong);
        g_free(r.wrong);
        g_clear_pointer(&r.sheet, rep_sheet_free);
    }
    csv_free(&csv);
    fclose(file);
    return r.sheet;
}

void rep_sheet_free(struct rep_sheet *s)
{
    if (!s)
        return;
    for (guint i = 0; i < s->column->len; i++) {
        struct rep_column *c = column_at(s, i);

        g_free(c->name);
        if (c->number)
            g_array_unref(c->number);
        if (c->text)
            g_ptr_array_unref(c->text);
    }
    g_array_unref(s->column);
    g_string_chunk_free(s->words);
    g_free(s->path);
    g_free(s);
}

int rep_sheet_find(const struct rep_sheet *s, const char *name)
{
    for (guint i = 0; i < s->column->len; i++)
        if (column_at(s, i)->number && !strcmp(column_at(s, i)->name, name))
            return (int)i;
    return -1;
}

const char *rep_sheet_name(const struct rep_sheet *s, int column)
{
    return column_at(s, (guint)column)->name;
}

double rep_sheet_number(const struct rep_sheet *s, int column, size_t row)
{
    return g_array_index(column_at(s, (guint)column)->number, double, row);
}

const char *rep_sheet_text(const struct rep_sheet *s, int column, size_t row)
{
    return g_ptr_array_index(column_at(s, (guint)column)->text, row);
}
