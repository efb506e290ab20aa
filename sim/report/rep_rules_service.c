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

/* Who faults is late in any mode; it is the others that need not wait. */
static const char *why_quicker(const struct rep_facts *f, bool quicker, char *to, size_t bytes)
{
    double off = rep_share(f->off, LEDGER_SYNC_BLOCKED),
           apf = rep_share(f->apf, LEDGER_SYNC_BLOCKED);

    to[0] = '\0';
    if (quicker && off > apf + REP_NOTABLE)
        g_snprintf(to, bytes,
                   " In mode off a vCPU stands still for %.1f %% of its time in waits for a page, "
                   "and so do all requests that would be served there.",
                   100 * off);
    return to;
}

bool rep_rule_requests(const struct rep_facts *f)
{
    char a[REP_NUMBER_BYTES], b[REP_NUMBER_BYTES], why[REP_VERDICT_BYTES / 2];

    for (uint32_t k = 0; f->off && f->apf && k < f->set->kinds; k++) {
        const struct sim_hist *off = &f->off->total->task[k].request,
                              *apf = &f->apf->total->task[k].request;
        double before = (double)sim_hist_percentile(off, 990000),
               after = (double)sim_hist_percentile(apf, 990000);

        if (!off->count || !apf->count || before <= 0 ||
            (after < before * (1 + REP_NOTABLE_PART) && after > before * (1 - REP_NOTABLE_PART)))
            continue;
        return rep_say(f,
                       "One request in a hundred of '%s' takes longer than %s with APF, without it "
                       "longer than %s (%.2fx).%s",
                       f->set->kind[k].name, rep_format_ns(a, after), rep_format_ns(b, before),
                       after / before, why_quicker(f, after < before, why, sizeof why));
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

/* So much more than the standing still of vCPUs explains. */
#define BEYOND 2.0

/* A stall that is charged to the holder of a lock is everybody's who wants it. */
static void add_why_more(const struct rep_facts *f, double off, double apf, GString *to)
{
    double user = f->off->utilization.mean, still = rep_share(f->off, LEDGER_SYNC_BLOCKED);

    if (rep_loses(f->apf) && apf > off * (1 + REP_NOTABLE_PART))
        g_string_append(to,
                        " That is why APF loses: a holder that is told gives its vCPU away and, "
                        "when its page has come, waits for its turn with the lock in hand.");
    if (!rep_gains(f->apf) || apf >= off * (1 - REP_NOTABLE_PART) || user <= 0 ||
        f->apf->gain.mean - 1 < BEYOND * still / user)
        return;
    g_string_append_printf(
        to,
        " That is why %.1f %% of standing still cost so much: it is charged to the holder, which "
        "must make way for others the sooner, with the lock in hand, and whoever wants the lock "
        "waits with it.",
        100 * still);
}

bool rep_rule_locks(const struct rep_facts *f)
{
    g_autoptr(GString) more = g_string_new(NULL);
    const struct sim_hist *wait[2], *hold[2];
    const struct rep_mode_summary *mode[2] = {f->off, f->apf};
    char w[2][REP_NUMBER_BYTES], h[2][REP_NUMBER_BYTES];

    if (!f->off || !f->apf || !f->io_apf)
        return false;
    for (unsigned m = 0; m < 2; m++) {
        wait[m] = &mode[m]->total->latency[LATENCY_LOCK_WAIT];
        hold[m] = &mode[m]->total->latency[LATENCY_LOCK_HOLD];
        if (!wait[m]->count)
            return false;
        rep_format_ns(w[m], sim_hist_mean(wait[m]));
        rep_format_ns(h[m], sim_hist_mean(hold[m]));
    }
    if (hold[0]->count && hold[1]->count)
        add_why_more(f, sim_hist_mean(hold[0]), sim_hist_mean(hold[1]), more);
    return rep_say(f,
                   "Tasks wait for locks: %s on average in mode off, %s with APF; they are held "
                   "for %s and %s. A holder that faults keeps its lock until the page has come, in "
                   "either; APF frees the vCPU, not the lock.%s",
                   w[0], w[1], h[0], h[1], more->str);
}
