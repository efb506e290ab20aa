/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_csv.h - small CSV files of numbers that users bring: a header with units, then rows
 *
 * Knows:    cfg_error.h, cfg_value.h.
 * Form:     UTF-8, with or without a byte order mark; cells parted by commas, without quotes;
 * blanks around a cell, empty lines and lines that begin with # are passed over. The header names
 * the columns; a column of times has its unit in its name: time_us, latency_ns (ns, us, ms or s).
 * Limits:   1 GiB, 8 columns.
 */
#pragma once

#include <glib.h>

#include "cfg_error.h"
#include "sim_time.h"

#define CFG_CSV_COLUMNS 8

struct cfg_csv {
    char *path;
    char *text, *next; /* what is left */
    struct cfg_place at;
    unsigned columns, cells;
    char *header[CFG_CSV_COLUMNS], *cell[CFG_CSV_COLUMNS];
    unsigned column[CFG_CSV_COLUMNS]; /* where each cell begins, from 1 */
};

/* Reads the file and its header. False: *error is set, nothing is to be closed. */
bool cfg_csv_open(struct cfg_csv *csv, const char *path, GError **error);
void cfg_csv_close(struct cfg_csv *csv);
/* The next row: 1 with cell[], 0 at the end, -1 with *error. */
int cfg_csv_next(struct cfg_csv *csv, GError **error);
/* The column of that name, or -1. */
int cfg_csv_find(const struct cfg_csv *csv, const char *name);
/* The column whose name is `name` and a unit behind a _, which goes to *ret_unit; -1: none. */
int cfg_csv_find_time(const struct cfg_csv *csv, const char *name, const char **ret_unit);
/* "path:line:column: error: ..." for a cell; returns false. */
bool cfg_csv_fail(const struct cfg_csv *csv, int cell, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* A cell as a time in the unit of its column, or as a count. */
bool cfg_csv_time(const struct cfg_csv *csv, int cell, const char *unit, sim_ns *ret,
                  GError **error);
bool cfg_csv_count(const struct cfg_csv *csv, int cell, uint64_t *ret, GError **error);
