/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_text_service.c - requests and service levels
 */
#include "rep_text_service.h"

#include "rep_format.h"

char *rep_objective_text(char *to, const struct rep_kind *kind)
{
    char limit[REP_NUMBER_BYTES];

    g_snprintf(to, REP_NUMBER_BYTES, "p%.6g < %.24s", kind->objective_ppm / 1e4,
               rep_format_span(limit, kind->objective_ns));
    return to;
}

static void header(struct rep_table *t, const char *const *name)
{
    for (; *name; name++)
        rep_table_cell(t, "%s", *name);
    rep_table_row(t);
}

static void request_row(struct rep_table *t, const char *name, const struct rep_mode_summary *m,
                        const struct rep_task_result *task)
{
    static const uint32_t quantile[] = {500000, 900000, 990000, 999000};
    double wall = (double)m->total->wall / 1e9;
    char a[REP_NUMBER_BYTES];

    rep_table_cell(t, "%s", name);
    rep_table_cell(t, "%s", m->key);
    rep_table_cell(t, "%s", rep_format_rate(a, wall > 0 ? (double)task->arrived / wall : 0));
    rep_table_cell(t, "%s", rep_format_count(a, task->dropped));
    rep_table_cell(t, "%s", rep_format_ns(a, sim_hist_mean(&task->request)));
    for (unsigned q = 0; q < G_N_ELEMENTS(quantile); q++)
        rep_table_cell(t, "%s",
                       rep_format_ns(a, (double)sim_hist_percentile(&task->request, quantile[q])));
    rep_table_cell(t, "%s", rep_format_ns(a, (double)task->request.greatest));
    rep_table_row(t);
}

static void section_requests(GString *out, const struct rep_summary *s,
                             const struct rep_text_options *o)
{
    struct rep_table *t = rep_table_new("llrrrrrrrr");

    rep_heading(out, o->colour, "REQUESTS", "from arrival to the end of the turn that served it");
    header(t, (const char *const[]){"served by", "mode", "come/s", "dropped", "mean", "p50", "p90",
                                    "p99", "p99.9", "max", NULL});
    for (uint32_t k = 0; k < s->set->kinds; k++)
        for (uint32_t i = 0; s->set->kind[k].serves && i < s->modes; i++)
            if (s->mode[i].total->runs)
                request_row(t, s->set->kind[k].name, &s->mode[i], &s->mode[i].total->task[k]);
    rep_table_print(t, out);
}

static void section_objectives(GString *out, const struct rep_summary *s,
                               const struct rep_text_options *o)
{
    struct rep_table *t = rep_table_new("lllrl");
    char a[REP_NUMBER_BYTES];
    bool any = false;

    header(t, (const char *const[]){"served by", "objective", "mode", "within %", "", NULL});
    for (uint32_t k = 0; k < s->set->kinds; k++) {
        const struct rep_kind *kind = &s->set->kind[k];

        for (uint32_t i = 0; kind->objective_ns && i < s->modes; i++) {
            const struct rep_task_result *task = &s->mode[i].total->task[k];

            if (!s->mode[i].total->runs)
                continue;
            any = true;
            rep_table_cell(t, "%s", kind->name);
            rep_table_cell(t, "%s", rep_objective_text(a, kind));
            rep_table_cell(t, "%s", s->mode[i].key);
            rep_table_cell(t, "%.3f", 100 * rep_within(task));
            rep_table_cell(t, "%s", rep_objective_met(kind, task) ? "met" : "MISSED");
            rep_table_row(t);
        }
    }
    if (any)
        rep_heading(out, o->colour, "SERVICE LEVELS", "share in time; a dropped request is late");
    rep_table_print(t, any ? out : NULL);
}

void rep_text_service(GString *out, const struct rep_summary *s, const struct rep_text_options *o)
{
    bool any = false;

    for (uint32_t k = 0; k < s->set->kinds; k++)
        any |= s->set->kind[k].serves;
    if (!any)
        return;
    section_requests(out, s, o);
    section_objectives(out, s, o);
}
