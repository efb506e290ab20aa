/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_html_table.h - tables of a page: a heading, a note on units, rows; for rep_html_*.c
 */
#pragma once

#include "rep_html.h"

struct rep_html_table {
    gsize begin, body; /* where it and its rows begin in the text */
};

/* title, note: HTML. */
struct rep_html_table rep_html_open(GString *out, const char *title, const char *note);
/* Heads, the first `left` of them of columns of words; a column may be broken at its points. */
void rep_html_heads(GString *out, const char *const *heads, unsigned left);
void rep_html_cell_of_head(GString *out, const char *text, bool left);
/* After the heads. */
void rep_html_body(GString *out, struct rep_html_table *t);
/* Ends it, or takes all of it away again when it has no row. */
void rep_html_close(GString *out, const struct rep_html_table *t);

void rep_html_cell(GString *out, const char *text, bool left);
/* A cell for `rows` rows; class "l": on the left, "t": text that goes on in a next line. */
void rep_html_high_cell(GString *out, unsigned rows, const char *class, const char *text);
/* "1.995 &plusmn; 0.003"; ci NAN: the mean alone; both NAN: nothing. unclear: grey. */
void rep_html_mean(GString *out, double x, double ci, int decimals, bool unclear);
/* The interval of a gain holds 1. */
bool rep_html_unclear(double gain, double ci);
/* Grey when it is unclear. */
void rep_html_gain(GString *out, double gain, double ci);
