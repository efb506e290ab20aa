/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_csv_read.h - the rows of a CSV file, one at a time
 *
 * Knows:    libcsv, which takes RFC 4180 alone: a stray quote is an error.
 * Promise:  memory for a few rows, however long the file is.
 */
#pragma once

#include <stdio.h>

#include <glib.h>

struct rep_csv_reader;

/* `file` is lent. The first row is the header. */
struct rep_csv_reader *rep_csv_reader_create(FILE *file);
void rep_csv_reader_destroy(struct rep_csv_reader *r); /* takes NULL */
/* The fields of the next row, good until the next call; NULL: there is none, or *ret_why says what
 * is wrong; g_free() that. */
const char *const *rep_csv_next(struct rep_csv_reader *r, unsigned *ret_count, char **ret_why);
/* Rows that were given out, for messages: the header is row 1. */
unsigned long rep_csv_row(const struct rep_csv_reader *r);
