/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_rules_faults.c - what stands in the way: devices, no spare work, the kernel's conditions
 */
#include "rep_rules.h"

#include <string.h>

/* So busy that it can do hardly more; with a queue to each channel a little less is enough: the
 * rest is the beginning, before the queue has formed. */
#define SATURATED        0.98
#define SATURATED_QUEUED 0.9

static bool is_saturated(const struct rep_facts *f, unsigned disk)
{
    double busy;

    if (!f->on || !f->io_on)
        return false;
    busy = f->on->disk_utilization[disk].mean;
    return busy > SATURATED || (busy > SATURATED_QUEUED &&
                                f->on->disk_queue[disk].mean >= (double)f->set->channels[disk]);
}

bool rep_rule_disk_saturated(const struct rep_facts *f)
{
    double busy;

    if (!is_saturated(f, REP_DISK_PAGING))
        return false;
    busy = 100 * f->on->disk_utilization[REP_DISK_PAGING].mean;
    if (rep_gains(f->on))
        return rep_say(
            f,
            "The disk (%s) is %.1f %% busy with APF: tasks that fault cannot go faster than "
            "it does. The gain is the time that the others no longer lose; for more, a faster "
            "device, more channels (disk.channels) or more memory (host.memory.limit).",
            f->set->device, busy);
    return rep_say(
        f,
        "%s the disk (%s) is saturated: %.1f %% busy, so no mode can gain. Only a faster "
        "device, more channels (disk.channels) or more memory (host.memory.limit) would help.",
        f->on->total->outcome_count[OUTCOME_DELIVERED] ? "APF fires but" : "APF apart,",
        f->set->device, busy);
}

static bool say_link_saturated(const struct rep_facts *f)
{
    return rep_say(f,
                   "The userfaultfd monitor's link is saturated: at %s a second "
                   "(monitor.bandwidth) it is %.1f %% busy, and %.1f more pages wait for it on "
                   "average: the pages come no sooner, whatever the mode. %sOnly more bandwidth, "
                   "or fewer pages to send, would help.",
                   f->set->monitor_bandwidth ? f->set->monitor_bandwidth : "its rate",
                   100 * f->on->disk_utilization[REP_DISK_LINK].mean,
                   f->on->disk_queue[REP_DISK_LINK].mean,
                   rep_gains(f->on) ? "The gain is the time that others no longer lose. " : "");
}

bool rep_rule_monitor_saturated(const struct rep_facts *f)
{
    if (is_saturated(f, REP_DISK_LINK))
        return say_link_saturated(f);
    if (!is_saturated(f, REP_DISK_MONITOR))
        return false;
    return rep_say(f,
                   "The userfaultfd monitor is saturated: it answers %" G_GUINT32_FORMAT
                   " fault%s at a time (monitor.parallelism), is %.1f %% busy, and %.1f more wait "
                   "for it on average: the pages come no sooner, whatever the mode. %sOnly more of "
                   "its threads, a shorter monitor.latency or more memory (host.memory.limit) "
                   "would help.",
                   f->set->channels[REP_DISK_MONITOR],
                   f->set->channels[REP_DISK_MONITOR] == 1 ? "" : "s",
                   100 * f->on->disk_utilization[REP_DISK_MONITOR].mean,
                   f->on->disk_queue[REP_DISK_MONITOR].mean,
                   rep_gains(f->on) ? "The gain is the time that others no longer lose. " : "");
}

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
    if (!rep_gains(f->apf) && (is_saturated(f, REP_DISK_PAGING) ||
                               is_saturated(f, REP_DISK_MONITOR) || is_saturated(f, REP_DISK_LINK)))
        return false; /* more tasks would only wait there, too */
    return rep_say(
        f,
        "With APF the vCPUs are idle for %.1f %% of the time while tasks wait for pages: the "
        "guest has nothing else to run. APF turns waiting into work only where other tasks "
        "are ready: more tasks on each vCPU, or fewer vCPUs.",
        100 * idle);
}

#define KERNEL_NOTABLE 0.05

bool rep_rule_kernel_mode(const struct rep_facts *f)
{
    double share = rep_why_share(f, "cpl0");

    if (share < KERNEL_NOTABLE)
        return false;
    return rep_say(
        f,
        "%.1f %% of the faults that needed I/O came from guest kernel mode, where Linux does "
        "not let the host deliver (no SEND_ALWAYS): the vCPU %s instead. Pages that only user mode "
        "touches, or that the kernel finds resident, would be delivered.",
        100 * share, f->set->protocol ? "waits" : "halts");
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
