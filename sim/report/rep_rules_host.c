/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_rules_host.c - APF on a host whose CPUs are shared, and between guests
 */
#include "rep_rules.h"

#include <string.h>

/* From so much use on, a vCPU that does not wait takes its CPU from another. */
#define SATURATED 0.97
/* Without APF, less is time in which the host had nothing to do. */
#define IDLE_BEFORE 0.9
/* Less is not told from a change of what the tasks do. */
#define OWN_NOTABLE 0.001
/* From so much less work for a second of CPU on it is said what polls take of it. */
#define POLLS_NOTABLE 0.05
/* Copies that need so many times as many pages as another have not forgotten the start ... */
#define UNLIKE 1.2
/* ... where the fewest are this many, in all replicas: chance alone is some per cent then. */
#define UNLIKE_LEAST 1000

bool rep_host_is_saturated(const struct rep_facts *f)
{
    return f->set->host_cpus && f->apf && f->off && f->apf->host_gain.n && f->io_apf &&
           f->apf->host_utilization.mean >= SATURATED;
}

/* Of the CPU time that is used, what is not the guests' user mode. */
static double used_beside_user(const struct rep_mode_summary *m)
{
    double idle = rep_host_share(m, HOST_IDLE), used = 1 - idle;

    return used > 0 ? (used - rep_host_share(m, HOST_GUEST_USER)) / used : 0;
}

/* Where it went, as far as the books say; nothing when nothing is less. */
static void add_what_is_less(const struct rep_facts *f, GString *to)
{
    double off = used_beside_user(f->off), own = used_beside_user(f->apf) - off;

    if (!rep_is_below(&f->apf->host_gain, REP_NOTABLE))
        return;
    if (own >= OWN_NOTABLE)
        g_string_append_printf(to,
                               " APF itself took %.1f %% of the time used: handlers, switches, "
                               "exits and workers, beyond those of mode off.",
                               100 * own);
    if (f->set->kinds > 1 && f->apf->host_gain.mean < (1 - off - own) / (1 - off) - REP_NOTABLE)
        g_string_append_printf(to,
                               " %s is time that moved between kinds of tasks, whose "
                               "turns are of unlike length or are not counted.",
                               own >= OWN_NOTABLE ? "The rest of what is less" : "What is less");
}

bool rep_rule_host_saturated(const struct rep_facts *f)
{
    g_autoptr(GString) less = g_string_new(NULL);
    char ci[REP_NUMBER_BYTES];

    if (!rep_host_is_saturated(f))
        return false;
    add_what_is_less(f, less);
    return rep_say(f,
                   "The host's CPUs are %.1f %% busy with APF (%.1f %% without): %s. Per second of "
                   "CPU the host has %.3f (%s) of the work of mode off done.%s",
                   100 * f->apf->host_utilization.mean, 100 * f->off->host_utilization.mean,
                   f->off->host_utilization.mean < IDLE_BEFORE
                       ? "time in which vCPUs waited was idle, and now is used"
                       : "time that a vCPU does not wait in is time that another does not get",
                   f->apf->host_gain.mean, rep_interval(ci, &f->apf->host_gain), less->str);
}

/* A vCPU that idles while its tasks wait for pages polls before it sleeps. */
bool rep_rule_host_polls(const struct rep_facts *f)
{
    char ci[REP_NUMBER_BYTES];

    if (!f->set->host_cpus || !f->apf || !f->off || !f->io_apf || rep_host_is_saturated(f) ||
        !rep_is_below(&f->apf->host_gain, POLLS_NOTABLE))
        return false;
    double polls = rep_host_share(f->apf, HOST_POLL) - rep_host_share(f->off, HOST_POLL);

    if (polls < (f->apf->host_utilization.mean - f->off->host_utilization.mean) / 2 ||
        polls < POLLS_NOTABLE)
        return false;
    return rep_say(
        f,
        "The host's CPUs are %.1f %% busy with APF, %.1f %% without, and %.1f %% is polls "
        "for the wake-up of vCPUs that idle while their tasks wait for pages "
        "(host.halt_poll). A poll gives way to who wants the CPU: it takes power, no "
        "work. Per second of CPU used the host has %.3f (%s) of the work of mode off "
        "done.",
        100 * f->apf->host_utilization.mean, 100 * f->off->host_utilization.mean,
        100 * rep_host_share(f->apf, HOST_POLL), f->apf->host_gain.mean,
        rep_interval(ci, &f->apf->host_gain));
}

/* Are both copies of one guest: "vm.0" and "vm.2"? */
static bool are_copies(const struct rep_guest *a, const struct rep_guest *b)
{
    const char *end = strrchr(a->name, '.');

    return end && strrchr(b->name, '.') && end - a->name == strrchr(b->name, '.') - b->name &&
           !strncmp(a->name, b->name, (size_t)(end - a->name) + 1);
}

bool rep_rule_copies_unlike(const struct rep_facts *f)
{
    const struct rep_setting *set = f->set;

    for (uint32_t a = 0; f->off && set->host_limit && a < set->guests; a++)
        for (uint32_t b = 0; b < set->guests; b++) {
            uint64_t delivered, more = rep_guest_io(f->off->total, set, a, &delivered),
                                less = rep_guest_io(f->off->total, set, b, &delivered);
            char n[REP_NUMBER_BYTES], m[REP_NUMBER_BYTES];

            if (less >= UNLIKE_LEAST && (double)more >= UNLIKE * (double)less &&
                are_copies(&set->guest[a], &set->guest[b]))
                return rep_say(
                    f,
                    "'%s' and '%s' are copies, yet without APF %s accesses of one and "
                    "%s of the other needed I/O: the run has not forgotten how it began, "
                    "with the first copy's pages the oldest. Their gains differ by that, "
                    "too; a longer warmup makes them alike.",
                    set->guest[a].name, set->guest[b].name, rep_format_count(n, more),
                    rep_format_count(m, less));
        }
    return false;
}

#define GUESTS_SAID 4 /* the table has them all */

/* "'web' (1.28x), 'db' (1.27x)": those that gain or lose, and whether there are any. */
static bool list_guests(const struct rep_facts *f, bool up, GString *to)
{
    unsigned count = 0;

    for (uint32_t g = 0; g < f->set->guests; g++) {
        const struct rep_mean *gain = &f->apf->guest[g].gain;

        if (!(up ? rep_is_above : rep_is_below)(gain, REP_NOTABLE_PART))
            continue;
        if (count++ < GUESTS_SAID)
            g_string_append_printf(to, "%s'%s' (%.2fx)", count > 1 ? ", " : "",
                                   f->set->guest[g].name, gain->mean);
    }
    if (count > GUESTS_SAID)
        g_string_append_printf(to, " and %u more", count - GUESTS_SAID);
    return count;
}

/* Those that are in neither list: "; 'db' (1.04x) within 5 %". */
static void list_between(const struct rep_facts *f, GString *to)
{
    unsigned count = 0;

    for (uint32_t g = 0; g < f->set->guests && count < GUESTS_SAID; g++) {
        const struct rep_mean *gain = &f->apf->guest[g].gain;

        if (gain->n && gain->mean > 1 - REP_NOTABLE_PART && gain->mean < 1 + REP_NOTABLE_PART)
            g_string_append_printf(to, "%s'%s' (%.3fx)",
                                   count++ ? ", " : "; within 5 %: ", f->set->guest[g].name,
                                   gain->mean);
    }
}

bool rep_rule_guests_differ(const struct rep_facts *f)
{
    g_autoptr(GString) up = g_string_new(NULL), down = g_string_new(NULL);
    g_autoptr(GString) between = g_string_new(NULL);

    if (f->set->guests < 2 || !f->apf || !f->off || !list_guests(f, true, up) ||
        !list_guests(f, false, down))
        return false;
    list_between(f, between);
    return rep_say(f,
                   "Guests do not gain alike. With APF more work is done by %s, less by %s%s. They "
                   "share the host's CPUs, memory limit and disk: a guest that waits less has more "
                   "of them, and its neighbour less.",
                   up->str, down->str, between->str);
}
