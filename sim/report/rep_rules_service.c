/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_rules_service.c - what becomes of requests and of locks
 */
#include "rep_rules.h"
#include "rep_text_service.h"

bool rep_work_is_given(const struct rep_facts *f)
{
    for (uint32_t k = 0; k < f->set->kinds; k++)
        if (f->set->kind[k].measured && !f->set->kind[k].open)
            return false;
    return true;
}

#define OBJECTIVES_SAID 3 /* of kinds; the table has them all */

static void say_objective(const struct rep_facts *f, uint32_t k, GString *to)
{
    const struct rep_kind *kind = &f->set->kind[k];
    char text[REP_NUMBER_BYTES];

    g_string_append_printf(to, "%s'%s' (%s):", to->len ? "; " : "Service level of ", kind->name,
                           rep_objective_text(text, kind));
    for (uint32_t i = 0, said = 0; i < f->s->modes; i++) {
        const struct rep_task_result *t = &f->s->mode[i].total->task[k];

        if (!f->s->mode[i].total->runs)
            continue;
        g_string_append_printf(to, "%s %s in mode %s (%.2f %% in time)", said++ ? "," : "",
                               rep_objective_met(kind, t) ? "met" : "missed", f->s->mode[i].key,
                               100 * rep_within(t));
    }
}

bool rep_rule_objective(const struct rep_facts *f)
{
    g_autoptr(GString) all = g_string_new(NULL);
    unsigned said = 0;

    for (uint32_t k = 0; f->any && k < f->set->kinds && said < OBJECTIVES_SAID; k++) {
        if (!f->set->kind[k].objective_ns)
            continue;
        say_objective(f, k, all);
        said++;
    }
    return said && rep_say(f, "%s.", all->str);
}

bool rep_rule_requests(const struct rep_facts *f)
{
    char a[REP_NUMBER_BYTES], b[REP_NUMBER_BYTES];

    for (uint32_t k = 0; f->off && f->apf && k < f->set->kinds; k++) {
        const struct sim_hist *off = &f->off->total->task[k].request,
                              *apf = &f->apf->total->task[k].request;
        double before = (double)sim_hist_percentile(off, 990000),
               after = (double)sim_hist_percentile(apf, 990000);

        if (!off->count || !apf->count || before <= 0 ||
            (after < before * (1 + REP_NOTABLE_PART) && after > before * (1 - REP_NOTABLE_PART)))
            continue;
        return rep_say(f,
                       "One request in a hundred of '%s' takes longer than %s with APF, %s than %s "
                       "without it (%.2fx).",
                       f->set->kind[k].name, rep_format_ns(a, after),
                       after < before ? "rather" : "more", rep_format_ns(b, before),
                       after / before);
    }
    return false;
}

bool rep_rule_dropped(const struct rep_facts *f)
{
    for (uint32_t i = 0; i < f->s->modes; i++)
        for (uint32_t k = 0; k < f->set->kinds; k++) {
            const struct rep_task_result *t = &f->s->mode[i].total->task[k];

            if (t->dropped)
                return rep_say(f,
                               "In mode %s %.2f %% of the requests for '%s' found its queue full "
                               "and were dropped: they come faster than they are served.",
                               f->s->mode[i].key, 100.0 * (double)t->dropped / (double)t->arrived,
                               f->set->kind[k].name);
        }
    return false;
}

bool rep_rule_locks(const struct rep_facts *f)
{
    const struct sim_hist *off, *apf;
    char a[REP_NUMBER_BYTES], b[REP_NUMBER_BYTES];

    if (!f->off || !f->apf || !f->io_apf)
        return false;
    off = &f->off->total->latency[LATENCY_LOCK_WAIT];
    apf = &f->apf->total->latency[LATENCY_LOCK_WAIT];
    if (!off->count || !apf->count)
        return false;
    return rep_say(f,
                   "Tasks wait for locks: %s on average in mode off, %s with APF. A holder that "
                   "faults keeps its lock until the page has come, in either; APF frees the "
                   "vCPU, not the lock.",
                   rep_format_ns(a, sim_hist_mean(off)), rep_format_ns(b, sim_hist_mean(apf)));
}
