/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_rules_idle.c - runs that ended too early, tasks that never ran, and nothing to be read in
 */
#include "rep_rules.h"

#include <string.h>

/* Its runs ended well before the measurement began. */
static bool is_unmeasured(const struct rep_mode_summary *m)
{
    return m->total->runs && !m->total->wall;
}

bool rep_rule_ended_early(const struct rep_facts *f)
{
    char warmup[REP_NUMBER_BYTES];

    for (uint32_t i = 0; i < f->s->modes; i++)
        if (is_unmeasured(&f->s->mode[i]))
            return rep_say(f,
                           "In mode %s every run ended within the %s of warm-up, so nothing was "
                           "measured: set warmup=0s, or let the tasks make more turns.",
                           f->s->mode[i].key, rep_format_span(warmup, f->set->warmup));
    return false;
}

/* No CPU time, no turn, no access in any run of that mode, though its tasks had not ended. */
static bool is_idle(const struct rep_mode_summary *m, uint32_t kind)
{
    const struct rep_task_result *t = &m->total->task[kind];
    uint64_t accesses = 0;

    for (unsigned o = 0; o < OUTCOME_COUNT; o++)
        accesses += t->outcome_count[o];
    return m->total->runs && m->total->wall && !t->cpu_ns && !t->iterations && !t->ended &&
           !accesses;
}

/* "modes off and apf" of those in which it was idle; false: in none. */
static bool idle_modes(const struct rep_facts *f, uint32_t kind, GString *to)
{
    uint32_t count = 0, said = 0;

    for (uint32_t i = 0; i < f->s->modes; i++)
        count += is_idle(&f->s->mode[i], kind);
    if (!count)
        return false;
    g_string_assign(to, count == 1 ? "mode " : "modes ");
    for (uint32_t i = 0; i < f->s->modes; i++) {
        if (!is_idle(&f->s->mode[i], kind))
            continue;
        g_string_append_printf(to, "%s%s",
                               !said              ? ""
                               : said + 1 < count ? ", "
                                                  : " and ",
                               f->s->mode[i].key);
        said++;
    }
    return true;
}

static const char *why_idle(const struct rep_setting *set, const struct rep_kind *kind)
{
    if (kind->all_early)
        return "All times in its arrivals.file lie within the warm-up: later ones, or a shorter "
               "warm-up, would give it work.";
    if (set->scheduler && !strcmp(set->scheduler, "fifo"))
        return "The guest's scheduler, fifo, lets a task run until it sleeps, yields, faults or "
               "ends: guest.scheduler=eevdf or cfs shares the CPU.";
    if (kind->unclocked)
        return "guest.hz = 0: nobody is pre-empted by the clock, so that a task runs until it "
               "sleeps, yields, faults or ends.";
    return "See when it starts, what it waits for, and who runs instead.";
}

bool rep_rule_never_ran(const struct rep_facts *f)
{
    g_autoptr(GString) modes = g_string_new(NULL);

    for (uint32_t k = 0; k < f->set->kinds; k++) {
        if (!f->set->kind[k].tasks || !idle_modes(f, k, modes))
            continue;
        return rep_say(f,
                       "Task '%s' never ran: it got no CPU time in the measured time of %s%s. %s",
                       f->set->kind[k].name, modes->str,
                       f->set->kind[k].touches ? ", and touched nothing" : "",
                       why_idle(f->set, &f->set->kind[k]));
    }
    return false;
}

static bool toucher_was_idle(const struct rep_facts *f)
{
    for (uint32_t k = 0; k < f->set->kinds; k++)
        if (f->set->kind[k].touches && is_idle(f->any, k))
            return true;
    return false;
}

/* With a limit, and nothing under way. */
static bool say_nothing_missing(const struct rep_facts *f)
{
    char limit[REP_NUMBER_BYTES], touched[REP_NUMBER_BYTES], huge[REP_NUMBER_BYTES];

    rep_format_bytes(limit, f->set->host_limit);
    if (f->any->total->disk[REP_DISK_PAGING].requests[1])
        return rep_say(f,
                       "No access waited for a read: more is touched than fits into %s "
                       "(host.memory.limit), and pages are written out, but none was needed again.",
                       limit);
    if (f->set->touched > f->set->host_limit &&
        f->set->touched - f->set->touched_huge <= f->set->host_limit)
        return rep_say(f,
                       "No access needed I/O: of the %s that the tasks may touch, %s are hugetlb, "
                       "which is never paged out and does not count against host.memory.limit; the "
                       "rest fits into %s. There is nothing to make asynchronous.",
                       rep_format_bytes(touched, f->set->touched),
                       rep_format_bytes(huge, f->set->touched_huge), limit);
    if (f->set->touched > f->set->host_limit)
        return rep_say(f,
                       "No access needed I/O: the tasks may touch %s, more than %s "
                       "(host.memory.limit), but every page that they touched in the measured time "
                       "was in memory. A longer duration would tell more.",
                       rep_format_bytes(touched, f->set->touched), limit);
    return rep_say(
        f,
        "No access needed I/O: what the tasks touch fits into %s (host.memory.limit), so "
        "the host never had to wait, and there is nothing to make asynchronous.",
        limit);
}

bool rep_rule_no_io(const struct rep_facts *f)
{
    if (!f->any || f->io_any || is_unmeasured(f->any) ||
        toucher_was_idle(f)) /* rep_rule_never_ran() has spoken */
        return false;
    if (f->any->total->flow.most)
        return rep_say(
            f, "The measured time is too short: accesses wait for a page, and none was complete "
               "within it. Raise duration.");
    if (!f->set->host_limit)
        return rep_say(
            f, "No access needed I/O: no host.memory.limit, so nothing is ever paged out, and "
               "nothing had to be read in: the host never had to wait, and there is nothing to "
               "make asynchronous.");
    return say_nothing_missing(f);
}
