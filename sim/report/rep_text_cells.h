/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_text_cells.h - cells and rows that several sections of the report share
 */
#pragma once

#include "rep_format.h"
#include "rep_summary.h"

/* A figure of a mode, or - when no run of it counts. */
void rep_cell_of(struct rep_table *t, const struct rep_mode_summary *m, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* The ratio and its interval: two cells; 1 or - and one cell when there is none. */
void rep_cell_gain(struct rep_table *t, const struct rep_mode_summary *m,
                   const struct rep_mean *gain);
/* "x 1.041", with ~ when that is no clear change; blank when there is none. */
void rep_cell_change(struct rep_table *t, const struct rep_mean *ratio);
/* Columns of a table with one for each mode, between a name and a remark: for rep_table_new(). */
const char *rep_ledger_align(uint32_t modes);
/* The row of their names. */
void rep_header_of_modes(struct rep_table *t, const struct rep_summary *s, const char *first,
                         const char *last);
