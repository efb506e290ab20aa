/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_rules_faults.c - what stands in the way: no spare work, the kernel's conditions, backings
 */
#include "rep_rules.h"

#include <string.h>

/* From this share of idle-while-waiting on, spare work would have found a place. */
#define IDLE_NOTABLE 0.25
/* Nobody who gains this much asks what is missing. */
#define GAIN_ENOUGH 1.1

bool rep_rule_nothing_else(const struct rep_facts *f)
{
    double idle;

    if (!f->apf || !f->io_apf)
        return false;
    idle = rep_share(f->apf, LEDGER_IDLE_WAITING);
    if (idle < IDLE_NOTABLE || (rep_has_gain(f->apf) && f->apf->gain.mean > GAIN_ENOUGH))
        return false;
    if (!rep_gains(f->apf) &&
        (rep_is_saturated(f, REP_DISK_PAGING) || rep_is_saturated(f, REP_DISK_MONITOR) ||
         rep_is_saturated(f, REP_DISK_LINK)))
        return false; /* more tasks would only wait there, too */
    return rep_say(
        f,
        "With APF the vCPUs are idle for %.1f %% of the time while tasks wait for pages: the "
        "guest has nothing else to run. APF turns waiting into work only where other tasks "
        "are ready: more tasks on each vCPU, or fewer vCPUs.",
        100 * idle);
}

/* Reclaim in the vCPU thread, and how many times what an exit takes without APF it must be. */
#define EXITS_NOTABLE 0.25
#define EXITS_TIMES   4

static double exit_ns(const struct rep_mode_summary *m)
{
    return (double)rep_ledger_sum(m->total, LEDGER_EXIT) / (double)MAX(rep_io_count(m->total), 1);
}

/* With APF more is asked for than the device can write away: who needs a frame waits for one. */
bool rep_rule_reclaim_waits(const struct rep_facts *f)
{
    char apf[REP_NUMBER_BYTES], off[REP_NUMBER_BYTES];

    if (!f->apf || !f->off || !f->io_apf || rep_share(f->apf, LEDGER_EXIT) < EXITS_NOTABLE ||
        !f->apf->total->memory[REP_MEMORY_DIRECT] ||
        !f->apf->total->disk[REP_DISK_PAGING].requests[1] ||
        exit_ns(f->apf) < EXITS_TIMES * exit_ns(f->off))
        return false;
    return rep_say(f,
                   "With APF the vCPUs are in exits for %.1f %% of their time, %s for each fault "
                   "that needed I/O instead of %s: reclaim in the vCPU thread waits until dirty "
                   "pages are written, as more tasks fault at once than the device keeps up with. "
                   "That wait is not asynchronous: fewer of them, a faster device or more memory "
                   "(host.memory.limit) would help.",
                   100 * rep_share(f->apf, LEDGER_EXIT), rep_format_ns(apf, exit_ns(f->apf)),
                   rep_format_ns(off, exit_ns(f->off)));
}

#define KERNEL_NOTABLE 0.05

/* What becomes of who is not told. */
static const char *otherwise(const struct rep_facts *f)
{
    return f->set->halts ? "the vCPU halts" : "the vCPU's thread waits";
}

bool rep_rule_kernel_mode(const struct rep_facts *f)
{
    double share = rep_why_share(f, "cpl0");

    if (share < KERNEL_NOTABLE)
        return false;
    return rep_say(
        f,
        "%.1f %% of the faults that needed I/O came from guest kernel mode, which is not told "
        "(%s): %s instead. Pages that only user mode touches, or that the kernel finds resident, "
        "would be delivered.",
        100 * share, f->set->why_text[rep_why_find(f->set, "cpl0")], otherwise(f));
}

bool rep_rule_repeated(const struct rep_facts *f)
{
    uint32_t w = rep_why_find(f->set, "repeated");
    double share = f->apf && w && f->io_on ? rep_why_share(f, "repeated") : 0;

    if (share < KERNEL_NOTABLE)
        return false;
    return rep_say(f,
                   "%.1f %% of the faults that needed I/O were of a page that another task of the "
                   "same vCPU had asked for already: KVM tells the guest once of each page in "
                   "flight, and for the second %s. Tasks in lockstep do that, as two that play "
                   "one trace in one region: give each a region of its own.",
                   100 * share, otherwise(f));
}

/* The rule that speaks of a reason, by the reason's key; the rest is rep_rule_undelivered()'s. */
static bool is_spoken_of(const struct rep_facts *f, const char *key)
{
    static const struct {
        const char *key, *rule;
    } spoken[] = {
        {"cpl0", "kernel-mode"},  {"irq_off", "irq-off"},      {"queue_full", "queue-full"},
        {"pv_off", "guest-off"},  {"inline_swap", "old-swap"}, {"inline_", "backing"},
        {"repeated", "repeated"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(spoken); i++)
        for (uint32_t v = 0; g_str_has_prefix(key, spoken[i].key) && v < f->s->verdicts; v++)
            if (!strcmp(f->s->verdict_id[v], spoken[i].rule))
                return true;
    return false;
}

#define REASON_NOTABLE 0.01
#define REASONS_SAID   4 /* the table has them all */

/* So that no share of the faults stays without a word. */
bool rep_rule_undelivered(const struct rep_facts *f)
{
    g_autoptr(GString) all = g_string_new(NULL);
    bool others = false;
    unsigned said = 0;

    for (uint32_t w = 1; f->apf && f->io_apf && w < f->set->whys; w++) {
        double share = (double)f->apf->total->why_count[w] / (double)f->io_apf;

        if (share < REASON_NOTABLE)
            continue;
        if (is_spoken_of(f, f->set->why_key[w]))
            others = true;
        else if (said < REASONS_SAID)
            g_string_append_printf(all, "%s%.1f %% (%s)", said++ ? ", " : "", 100 * share,
                                   f->set->why_text[w]);
    }
    return said && rep_say(f, "%s that needed I/O and were not delivered: %s.",
                           others ? "Other faults" : "Faults", all->str);
}

bool rep_rule_irq_off(const struct rep_facts *f)
{
    double share = rep_why_share(f, "irq_off");

    if (share < KERNEL_NOTABLE)
        return false;
    return rep_say(
        f,
        "%.1f %% of the faults that needed I/O came while the guest had interrupts off: they "
        "block the vCPU thread, APF or not.",
        100 * share);
}

bool rep_rule_queue_full(const struct rep_facts *f)
{
    double share = rep_why_share(f, "queue_full");

    if (share < 0.001)
        return false;
    return rep_say(
        f,
        "%.1f %% of the faults that needed I/O met the kernel's limit of work items per vCPU "
        "(at most %" G_GUINT64_FORMAT " were in flight on one vCPU) and were taken "
        "synchronously: more vCPUs, or fewer faulting tasks on each.",
        100 * share, f->on->total->apf_most);
}

bool rep_rule_guest_off(const struct rep_facts *f)
{
    double share = rep_why_share(f, "pv_off");

    if (!f->apf || share < 0.5) /* in mode halt it is so by definition */
        return false;
    if (f->set->protocol)
        return rep_say(f,
                       "The guest has not enabled APF (guest.apf): for %.1f %% of the faults that "
                       "needed I/O %s.",
                       100 * share, otherwise(f));
    return rep_say(
        f,
        "The guest (kernel %s) has not enabled APF: %.1f %% of the faults that needed I/O "
        "could only halt the vCPU. Check guest.apf (no-kvmapf on its command line) and that "
        "its kernel is 5.10 or later.",
        f->set->guest_kernel, 100 * share);
}

bool rep_rule_old_swap(const struct rep_facts *f)
{
    double share = rep_why_share(f, "inline_swap");

    if (share < 0.5)
        return false;
    return rep_say(
        f,
        "Host kernel %s reads a swap fault with a read-ahead window of 1 synchronously, "
        "whatever NOWAIT says: %.1f %% of the faults that needed I/O. Random swap faults make "
        "no APF there; kernel 6.12 reads them asynchronously.",
        f->set->host_kernel, 100 * share);
}

static bool is_inline(const char *key)
{
    return g_str_has_prefix(key, "inline_") && strcmp(key, "inline_swap") != 0;
}

/* A pool before a device: it is the device's faults that gain. */
static bool say_gain_of_others(const struct rep_facts *f, double share, uint32_t leading)
{
    char ns[REP_NUMBER_BYTES];

    return rep_say(f,
                   "%.1f %% of the faults whose page was not in place were served in the vCPU "
                   "thread at once (%s): these are never asynchronous, and APF cannot help there. "
                   "The gain comes from the other %.1f %%, for each of which a vCPU stands still "
                   "for %s without APF.",
                   100 * share, f->set->why_text[leading], 100 * (1 - share),
                   rep_format_ns(ns, rep_wait_mean(f->off)));
}

bool rep_rule_backing(const struct rep_facts *f)
{
    uint64_t sum = 0, most = 0;
    uint32_t leading = 0;

    if (!f->on || !f->io_on)
        return false;
    for (uint32_t w = 1; w < f->set->whys; w++) {
        uint64_t n = is_inline(f->set->why_key[w]) ? f->on->total->why_count[w] : 0;

        sum += n;
        leading = n > most ? w : leading;
        most = MAX(most, n);
    }
    if (sum * 2 <= f->io_on)
        return false;
    if (rep_gains(f->on) && f->off && (double)(f->io_on - sum) >= REASON_NOTABLE * (double)f->io_on)
        return say_gain_of_others(f, (double)sum / (double)f->io_on, leading);
    return rep_say(
        f,
        "This backing is hardly ever asynchronous: %.1f %% of the faults whose page was not in "
        "place were served in the vCPU thread at once (%s). APF cannot help there; swap on a disk, "
        "files "
        "with read-around or userfaultfd can wait.",
        100.0 * (double)sum / (double)f->io_on, f->set->why_text[leading]);
}

bool rep_rule_read_around(const struct rep_facts *f)
{
    uint64_t cheap;

    if (!f->on || !f->io_on || !f->set->reads_files)
        return false;
    cheap =
        f->on->total->outcome_count[OUTCOME_MINOR] + f->on->total->outcome_count[OUTCOME_RESIDENT];
    if (cheap < 3 * f->io_on)
        return false;
    return rep_say(
        f,
        "Read-around makes APF rare: one read brings a window of pages, so of %.1f faults only "
        "one needed I/O; the others found their page in memory.",
        1.0 + (double)cheap / (double)f->io_on);
}
