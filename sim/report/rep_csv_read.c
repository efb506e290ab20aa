/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_csv_read.c - see rep_csv_read.h
 *
 * libcsv pushes fields and we are asked for rows: what a block of the file holds is kept as texts
 * with zero bytes between them, and given out row by row.
 */
#include "rep_csv_read.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <csv.h>

#define BLOCK_BYTES 65536

struct rep_csv_reader {
    FILE *file;
    struct csv_parser parser;
    GString *text;  /* fields of whole and begun rows, each with its zero byte */
    GArray *rows;   /* unsigned: how many fields each whole row has */
    unsigned begun; /* fields of the row that is not whole yet */
    unsigned next;  /* row to give out */
    size_t at;      /* and where its text begins */
    GPtrArray *fields;
    unsigned long given;
    bool ended;
};

struct rep_csv_reader *rep_csv_reader_create(FILE *file)
{
    struct rep_csv_reader *r = g_new0(struct rep_csv_reader, 1);

    r->file = file;
    r->text = g_string_new(NULL);
    r->rows = g_array_new(FALSE, FALSE, sizeof(unsigned));
    r->fields = g_ptr_array_new();
    csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL);
    return r;
}

void rep_csv_reader_destroy(struct rep_csv_reader *r)
{
    if (!r)
        return;
    csv_free(&r->parser);
    g_string_free(r->text, TRUE);
    g_array_unref(r->rows);
    g_ptr_array_unref(r->fields);
    g_free(r);
}

static void on_field(void *data, size_t bytes, void *context)
{
    struct rep_csv_reader *r = context;

    g_string_append_len(r->text, data, (gssize)strnlen(data, bytes));
    g_string_append_c(r->text, '\0');
    r->begun++;
}

static void on_row(int end, void *context)
{
    struct rep_csv_reader *r = context;

    (void)end;
    g_array_append_val(r->rows, r->begun);
    r->begun = 0;
}

/* Reads on until there is a row or nothing more. False: *ret_why. */
static bool read_block(struct rep_csv_reader *r, char **ret_why)
{
    g_autofree char *block = g_malloc(BLOCK_BYTES);
    size_t got;

    g_string_erase(r->text, 0, (gssize)r->at);
    g_array_set_size(r->rows, 0);
    r->at = r->next = 0;
    while (!r->ended && !r->rows->len) {
        got = fread(block, 1, BLOCK_BYTES, r->file);
        if (!got && ferror(r->file)) {
            *ret_why = g_strdup_printf("cannot be read: %s", g_strerror(errno));
            return false;
        }
        r->ended = !got;
        if (got ? csv_parse(&r->parser, block, got, on_field, on_row, r) != got
                : csv_fini(&r->parser, on_field, on_row, r) != 0) {
            *ret_why = g_strdup_printf("row %lu: %s", r->given + r->rows->len + 1,
                                       csv_strerror(csv_error(&r->parser)));
            return false;
        }
    }
    return true;
}

const char *const *rep_csv_next(struct rep_csv_reader *r, unsigned *ret_count, char **ret_why)
{
    unsigned count;

    *ret_why = NULL;
    if (r->next == r->rows->len && !read_block(r, ret_why))
        return NULL;
    if (r->next == r->rows->len)
        return NULL;
    count = g_array_index(r->rows, unsigned, r->next++);
    g_ptr_array_set_size(r->fields, 0);
    for (unsigned i = 0; i < count; i++) {
        g_ptr_array_add(r->fields, r->text->str + r->at);
        r->at += strlen(r->text->str + r->at) + 1;
    }
    r->given++;
    *ret_count = count;
    return (const char *const *)r->fields->pdata;
}

unsigned long rep_csv_row(const struct rep_csv_reader *r)
{
    return r->given;
}
