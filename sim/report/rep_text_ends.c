/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_text_ends.c - when tasks had ended, and what the others had done by then; when all memory
 *                   had come
 */
#include "rep_text_ends.h"

#include "rep_format.h"
#include "rep_text_cells.h"

static bool completes(const struct rep_summary *s, uint32_t kind)
{
    for (uint32_t i = 0; i < s->modes; i++)
        if (s->mode[i].task[kind].completion_s.n)
            return true;
    return false;
}

static void completion_row(struct rep_table *t, const struct rep_summary *s, uint32_t kind,
                           const struct rep_mode_summary *m)
{
    const struct rep_task_summary *task = &m->task[kind];
    char ci[REP_NUMBER_BYTES];

    rep_table_cell(t, "%s", s->set->kind[kind].name);
    rep_table_cell(t, "%s", m->key);
    if (task->completion_s.n)
        rep_table_cell(t, "%.6f s", task->completion_s.mean);
    else
        rep_table_cell(t, "not ended");
    rep_table_cell(t, "%s", rep_format_ci(ci, &task->completion_s, 1, 6));
    rep_cell_change(t, &task->completion_change);
    rep_table_row(t);
}

static bool section_completion(GString *out, const struct rep_summary *s,
                               const struct rep_text_options *o)
{
    struct rep_table *t = rep_table_new("llrll");
    bool any = false;

    for (uint32_t k = 0; k < s->set->kinds; k++)
        for (uint32_t i = 0; i < s->modes && completes(s, k); i++) {
            completion_row(t, s, k, &s->mode[i]);
            any = true;
        }
    if (any)
        rep_heading(out, o->colour, "WHEN ALL OF A KIND HAD ENDED",
                    "from the start of the run; x: against off, ~: no clear change");
    rep_table_print(t, out);
    return any;
}

/* The end of a post-copy migration, or of a restore: there is nothing left to wait for. */
static void section_remote(GString *out, const struct rep_summary *s,
                           const struct rep_text_options *o)
{
    struct rep_table *t = rep_table_new("lrl");
    bool any = false;
    char ci[REP_NUMBER_BYTES];

    for (uint32_t i = 0; i < s->modes; i++)
        any = any || s->mode[i].remote_s.n;
    for (uint32_t i = 0; any && i < s->modes; i++) {
        const struct rep_mean *m = &s->mode[i].remote_s;

        rep_table_cell(t, "%s", s->mode[i].key);
        if (m->n)
            rep_table_cell(t, "%.6f s", m->mean);
        else
            rep_table_cell(t, "not all came");
        rep_table_cell(t, "%s", rep_format_ci(ci, m, 1, 6));
        rep_table_row(t);
    }
    if (any)
        rep_heading(out, o->colour, "WHEN ALL MEMORY BEHIND userfaultfd HAD COME",
                    "from the start of the run");
    rep_table_print(t, out);
}

static void turns_row(struct rep_table *t, const struct rep_summary *s, uint32_t kind)
{
    char a[REP_NUMBER_BYTES];

    rep_table_cell(t, "%s%s", s->set->kind[kind].name, s->set->kind[kind].measured ? " *" : "");
    for (uint32_t i = 0; i < s->modes; i++) {
        const struct rep_result *sum = s->mode[i].total;
        uint32_t runs = MAX(sum->runs, 1);

        rep_cell_of(t, &s->mode[i], "%s",
                    rep_format_count(a, (sum->task[kind].iterations + runs / 2) / runs));
    }
    rep_table_row(t);
}

/* The work of a run that a task's end has ended: a rate alone does not say it. */
static void section_turns(GString *out, const struct rep_summary *s,
                          const struct rep_text_options *o)
{
    struct rep_table *t = rep_table_new(rep_ledger_align(s->modes));
    bool any = false;

    for (uint32_t k = 0; k < s->set->kinds; k++) {
        if (completes(s, k))
            continue;
        if (!any) {
            rep_heading(out, o->colour, "TURNS OF THE OTHERS BY THEN",
                        "measured time of a run, mean over replicas; *: this is the work");
            rep_header_of_modes(t, s, "task", "");
        }
        any = true;
        turns_row(t, s, k);
    }
    rep_table_print(t, out);
}

void rep_text_ends(GString *out, const struct rep_summary *s, const struct rep_text_options *o)
{
    section_remote(out, s, o);
    if (section_completion(out, s, o) && s->outcome == SIM_ALL_DONE)
        section_turns(out, s, o);
}
