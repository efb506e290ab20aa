/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_text_host.c - what guests get from each other, and what their work costs the host
 */
#include "rep_text_host.h"

#include "rep_format.h"
#include "rep_text_cells.h"

/* ---- guests ---- */

static void guest_row(struct rep_table *t, const struct rep_summary *s, uint32_t guest,
                      uint32_t mode)
{
    const struct rep_mode_summary *m = &s->mode[mode];
    const struct rep_guest_summary *g = &m->guest[guest];
    const struct rep_guest *set = &s->set->guest[guest];
    double time = (double)m->total->wall * set->vcpus;
    uint64_t delivered, io = rep_guest_io(m->total, s->set, guest, &delivered);
    char a[REP_NUMBER_BYTES];

    rep_table_cell(t, "%s", mode ? "" : set->name);
    rep_table_cell(t, "%s", m->key);
    rep_cell_of(t, m, "%s", rep_format_percent(a, g->utilization.mean));
    rep_cell_of(
        t, m, "%s",
        rep_format_percent(
            a, time > 0 ? (double)rep_guest_ledger(m->total, set, LEDGER_STOLEN) / time : 0));
    rep_cell_of(t, m, "%s", rep_format_rate(a, g->work_per_s.mean));
    rep_cell_gain(t, m, &g->gain);
    if (!g->gain.n)
        rep_table_cell(t, " ");
    rep_cell_of(t, m, "%s", rep_format_count(a, io));
    rep_cell_of(t, m, "%s", rep_format_percent(a, io ? (double)delivered / (double)io : 0));
    rep_table_row(t);
}

void rep_text_guests(GString *out, const struct rep_summary *s, const struct rep_text_options *o)
{
    struct rep_table *t;

    if (s->set->guests < 2)
        return;
    rep_heading(out, o->colour, "BY GUEST",
                "stolen: its vCPUs wait for a host CPU; gain of its own work against off");
    t = rep_table_new("llrrrrlrr");
    for (const char *const *h =
             (const char *const[]){"guest", "mode", "user time %", "stolen %", "work/s", "gain", "",
                                   "needed I/O", "delivered %", NULL};
         *h; h++)
        rep_table_cell(t, "%s", *h);
    rep_table_row(t);
    for (uint32_t g = 0; g < s->set->guests; g++)
        for (uint32_t i = 0; i < s->modes; i++)
            guest_row(t, s, g, i);
    rep_table_print(t, out);
}

/* ---- host ---- */

static void host_gain_table(GString *out, const struct rep_summary *s)
{
    struct rep_table *t = rep_table_new("lrlrlrl");
    char a[REP_NUMBER_BYTES];

    for (const char *const *h =
             (const char *const[]){"mode", "used %", "", "work/CPU-s", "", "gain", NULL};
         *h; h++)
        rep_table_cell(t, "%s", *h);
    rep_table_row(t);
    for (uint32_t i = 0; i < s->modes; i++) {
        const struct rep_mode_summary *m = &s->mode[i];

        rep_table_cell(t, "%s", m->key);
        rep_cell_of(t, m, "%s", rep_format_percent(a, m->host_utilization.mean));
        rep_table_cell(t, "%s", rep_format_ci(a, &m->host_utilization, 100, 2));
        rep_cell_of(t, m, "%s", rep_format_rate(a, m->host_work.mean));
        rep_table_cell(t, "%s",
                       rep_format_ci(a, &m->host_work, 1, m->host_work.mean < 1000 ? 2 : 0));
        rep_cell_gain(t, m, &m->host_gain);
        rep_table_row(t);
    }
    rep_table_print(t, out);
}

/* Shared host CPUs: what the guests' work costs them, and where their time goes. */
void rep_text_host(GString *out, const struct rep_summary *s, const struct rep_text_options *o)
{
    struct rep_table *t;

    if (!s->set->host_cpus)
        return;
    rep_heading(out, o->colour, "WHAT THE WORK COSTS THE HOST",
                "work for each second of host CPU that is used; gain against off");
    host_gain_table(out, s);
    rep_heading(out, o->colour, "WHERE THE TIME OF THE HOST'S CPUs WENT",
                "% of wall time, mean over CPUs; they sum to it exactly");
    t = rep_table_new(rep_ledger_align(s->modes));
    rep_header_of_modes(t, s, "class", "");
    for (unsigned c = 0; c < HOST_CLASS_COUNT; c++) {
        rep_table_cell(t, "%s", host_key[c]);
        for (uint32_t i = 0; i < s->modes; i++)
            rep_cell_of(t, &s->mode[i], "%.3f",
                        100 * rep_host_share(&s->mode[i], (enum host_class)c));
        rep_table_cell(t, "%s", host_help[c]);
        rep_table_row(t);
    }
    rep_table_print(t, out);
}
