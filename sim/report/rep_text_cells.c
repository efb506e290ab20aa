/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_text_cells.c - cells and rows that several sections of the report share
 */
#include "rep_text_cells.h"

#include <stdarg.h>

void rep_cell_of(struct rep_table *t, const struct rep_mode_summary *m, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    rep_table_cell(t, "%s", m->total->runs ? text : "-");
}

void rep_cell_gain(struct rep_table *t, const struct rep_mode_summary *m,
                   const struct rep_mean *gain)
{
    char ci[REP_NUMBER_BYTES];

    if (gain->n) {
        rep_table_cell(t, "%.3f", gain->mean);
        rep_table_cell(t, "%s", rep_format_ci(ci, gain, 1, 3));
    } else {
        rep_table_cell(t, m->key[0] == 'o' && m->total->runs ? "1" : "-");
    }
}

/* The interval of the ratio includes 1. */
static bool is_unclear(const struct rep_mean *ratio)
{
    return rep_mean_has_interval(ratio) && ratio->mean - ratio->ci95 <= 1 &&
           ratio->mean + ratio->ci95 >= 1;
}

void rep_cell_change(struct rep_table *t, const struct rep_mean *ratio)
{
    if (ratio->n)
        rep_table_cell(t, "x %.3f%s", ratio->mean, is_unclear(ratio) ? " ~" : "");
    else
        rep_table_cell(t, " ");
}

const char *rep_ledger_align(uint32_t modes)
{
    return modes == 1 ? "lrl" : modes == 2 ? "lrrl" : "lrrrl";
}

void rep_header_of_modes(struct rep_table *t, const struct rep_summary *s, const char *first,
                         const char *last)
{
    rep_table_cell(t, "%s", first);
    for (uint32_t i = 0; i < s->modes; i++)
        rep_table_cell(t, "%s", s->mode[i].key);
    rep_table_cell(t, "%s", last);
    rep_table_row(t);
}
