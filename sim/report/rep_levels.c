/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_levels.c - see rep_levels.h
 */
#include "rep_levels.h"

#include "rep_format.h"

static const char *const level_name[] = {"L1", "L2"};

bool rep_has_levels(const struct rep_setting *set)
{
    for (uint32_t k = 0; k < set->kinds; k++)
        if (set->kind[k].nested)
            return true;
    return false;
}

struct rep_level rep_level_of(const struct rep_result *r, const struct rep_setting *set,
                              bool nested)
{
    struct rep_level level = {0};

    for (uint32_t k = 0; k < set->kinds; k++) {
        if (set->kind[k].nested != nested)
            continue;
        level.cpu_ns += r->task[k].cpu_ns;
        for (unsigned o = 0; o < OUTCOME_COUNT; o++) {
            level.outcome_count[o] += r->task[k].outcome_count[o];
            if (rep_needs_io((enum outcome)o))
                level.needed_io += r->task[k].outcome_count[o];
        }
    }
    return level;
}

static void level_row(struct rep_table *t, const struct rep_summary *s,
                      const struct rep_mode_summary *m, bool nested)
{
    struct rep_level level = rep_level_of(m->total, s->set, nested);
    double wall = (double)m->total->wall * m->total->vcpus;
    char text[REP_NUMBER_BYTES];

    rep_table_cell(t, "%s", level_name[nested]);
    rep_table_cell(t, "%s", m->key);
    rep_table_cell(t, "%s", rep_format_percent(text, wall > 0 ? (double)level.cpu_ns / wall : 0));
    rep_table_cell(t, "%s", rep_format_count(text, level.needed_io));
    rep_table_cell(t, "%s", rep_format_count(text, level.outcome_count[OUTCOME_DELIVERED]));
    rep_table_cell(t, "%s", rep_format_count(text, level.outcome_count[OUTCOME_HALTED]));
    rep_table_cell(t, "%s", rep_format_count(text, level.outcome_count[OUTCOME_SYNC]));
    rep_table_row(t);
}

void rep_text_levels(GString *out, const struct rep_summary *s, const struct rep_text_options *o)
{
    static const char *const head[] = {"level",     "mode",   "user time %", "needed I/O",
                                       "delivered", "halted", "sync"};
    struct rep_table *t;

    if (!rep_has_levels(s->set))
        return;
    rep_heading(out, o->colour, "BY LEVEL",
                "L1: the guest's own threads, L2: its guest's vCPUs; accesses: sum over replicas");
    t = rep_table_new("llrrrrr");
    for (unsigned i = 0; i < G_N_ELEMENTS(head); i++)
        rep_table_cell(t, "%s", head[i]);
    rep_table_row(t);
    for (unsigned nested = 0; nested < 2; nested++)
        for (uint32_t i = 0; i < s->modes; i++)
            level_row(t, s, &s->mode[i], nested);
    rep_table_print(t, out);
}
