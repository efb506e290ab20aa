/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_format.h - numbers for people, and aligned tables
 *
 * Knows:    GString. Locale independent: points, thin grouping by blanks, no colours.
 * Limits:   a number text fits REP_NUMBER_BYTES. A table has at most REP_COLUMNS columns; a cell
 *           that does not fit REP_CELL_BYTES is a bug of ours and ends the program.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "rep_stats.h"

#define REP_NUMBER_BYTES 48
#define REP_WIDTH        100

/* Each writes into `to` (REP_NUMBER_BYTES) and returns it. */
char *rep_format_ns(char *to, double ns);         /* 12.4 ms: three digits and a unit */
char *rep_format_span(char *to, uint64_t ns);     /* exact: 60 s, 1.5 ms */
char *rep_format_count(char *to, uint64_t n);     /* 1 234 567 */
char *rep_format_rate(char *to, double per_s);    /* 1 999 200, 80.1, 0.0123 */
char *rep_format_percent(char *to, double share); /* 49.98 */
char *rep_format_bytes(char *to, uint64_t bytes); /* 512 MiB */
/* "+- 0.02" of the mean's interval in units of `scale`, "+- <0.01" when its digits would all be 0,
 * or "-" when there is none. */
char *rep_format_ci(char *to, const struct rep_mean *m, double scale, int decimals);

#define REP_COLUMNS    12
#define REP_CELL_BYTES 192
struct rep_table;

/* align: one letter a column, 'l' or 'r'. */
struct rep_table *rep_table_new(const char *align);
/* Next cell of the current row. */
void rep_table_cell(struct rep_table *t, const char *format, ...) G_GNUC_PRINTF(2, 3);
void rep_table_row(struct rep_table *t); /* ends the row; missing cells are empty */
/* Appends it to `out` (unless NULL), indented by two, columns two apart; frees it. A
 * last column of text ('l') is wrapped at REP_WIDTH. */
void rep_table_print(struct rep_table *t, GString *out);
/* Appends text wrapped at REP_WIDTH; first line after `lead`, the others indented as wide. */
void rep_wrap(GString *out, const char *lead, const char *text);

/* A blank line and a title, with a remark in brackets unless NULL. */
void rep_heading(GString *out, bool colour, const char *title, const char *remark);
