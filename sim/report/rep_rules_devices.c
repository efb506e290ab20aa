/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_rules_devices.c - a device that is busy all the time, and whether anybody waits for it
 */
#include "rep_rules.h"

/* So busy that it can do hardly more; with a queue to each channel a little less is enough: the
 * rest is the beginning, before the queue has formed. */
#define SATURATED        0.98
#define SATURATED_QUEUED 0.9

static bool is_full(const struct rep_facts *f, unsigned disk, double busy)
{
    return busy > SATURATED || (busy > SATURATED_QUEUED &&
                                f->on->disk_queue[disk].mean >= (double)f->set->channels[disk]);
}

/* Requests that a fault waits for: what the monitor sends before it is asked goes over the link. */
static uint64_t asked_for(const struct rep_facts *f, unsigned disk)
{
    uint64_t all = f->on->total->disk[disk].requests[0] + f->on->total->disk[disk].requests[1];
    uint64_t sent = disk == REP_DISK_LINK ? f->on->total->memory[REP_MEMORY_PREFETCHED] : 0;

    return all - MIN(all, sent);
}

static double asked_share(const struct rep_facts *f, unsigned disk)
{
    const uint64_t *requests = f->on->total->disk[disk].requests;
    uint64_t all = requests[0] + requests[1];

    return all ? (double)asked_for(f, disk) / (double)all : 1;
}

bool rep_is_saturated(const struct rep_facts *f, unsigned disk)
{
    return f->on && f->io_on &&
           is_full(f, disk, f->on->disk_utilization[disk].mean * asked_share(f, disk));
}

/* The work is done by those that fault. */
static bool work_faults(const struct rep_facts *f)
{
    for (uint32_t k = 0; k < f->set->kinds; k++)
        if (f->set->kind[k].measured && f->set->kind[k].touches)
            return true;
    return false;
}

#define HELPS                                                                                      \
    "a faster device, more channels (disk.channels) or more memory (host.memory.limit) would "     \
    "help."

bool rep_rule_disk_saturated(const struct rep_facts *f)
{
    double busy;

    if (!rep_is_saturated(f, REP_DISK_PAGING))
        return false;
    busy = 100 * f->on->disk_utilization[REP_DISK_PAGING].mean;
    if (rep_gains(f->on))
        return rep_say(
            f,
            "The disk (%s) is %.1f %% busy with APF: tasks that fault cannot go faster than "
            "it does. The gain is the time that the others no longer lose; for more, a faster "
            "device, more channels (disk.channels) or more memory (host.memory.limit).",
            f->set->device, busy);
    if (f->on->total->outcome_count[OUTCOME_DELIVERED] && work_faults(f))
        return rep_say(f,
                       "APF fires but the disk (%s) is saturated: %.1f %% busy, so no mode can "
                       "gain. Only " HELPS,
                       f->set->device, busy);
    return rep_say(f,
                   "The disk (%s) is %.1f %% busy: tasks that fault go no faster than it does, in "
                   "any mode. For them only " HELPS,
                   f->set->device, busy);
}

/* What the gain is in spite of the queue. */
static const char *gain_is(const struct rep_facts *f)
{
    return rep_gains(f->on) ? "The gain is the time that others no longer lose. " : "";
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
                   f->on->disk_queue[REP_DISK_LINK].mean, gain_is(f));
}

bool rep_rule_monitor_saturated(const struct rep_facts *f)
{
    if (rep_is_saturated(f, REP_DISK_LINK))
        return say_link_saturated(f);
    if (!rep_is_saturated(f, REP_DISK_MONITOR))
        return false;
    return rep_say(
        f,
        "The userfaultfd monitor is saturated: it answers %" G_GUINT32_FORMAT
        " fault%s at a time (monitor.parallelism), is %.1f %% busy, and %.1f more wait "
        "for it on average: the pages come no sooner, whatever the mode. %sOnly more of "
        "its threads%s a shorter monitor.latency%s would help.",
        f->set->channels[REP_DISK_MONITOR], f->set->channels[REP_DISK_MONITOR] == 1 ? "" : "s",
        100 * f->on->disk_utilization[REP_DISK_MONITOR].mean,
        f->on->disk_queue[REP_DISK_MONITOR].mean, gain_is(f), f->set->host_limit ? "," : " or",
        f->set->host_limit ? " or more memory (host.memory.limit)" : "");
}

/* From this share of a page-in on, waiting for the link is what more of it would shorten. */
#define WAIT_NOTABLE 0.25

/* Full of pages that nobody has asked for yet: those that are asked for need not wait long. */
bool rep_rule_link_background(const struct rep_facts *f)
{
    char wait[REP_NUMBER_BYTES], all[REP_NUMBER_BYTES];
    double busy, share, wait_ns, page_in_ns;

    if (!f->on || !f->io_on || rep_is_saturated(f, REP_DISK_LINK))
        return false;
    busy = f->on->disk_utilization[REP_DISK_LINK].mean;
    share = asked_share(f, REP_DISK_LINK);
    page_in_ns = sim_hist_mean(&f->on->total->latency[LATENCY_PAGE_IN]);
    if (!is_full(f, REP_DISK_LINK, busy) || !asked_for(f, REP_DISK_LINK) || page_in_ns <= 0)
        return false;
    /* at most: those that nobody asked for wait, too */
    wait_ns =
        (double)f->on->total->disk[REP_DISK_LINK].waiting_ns / (double)asked_for(f, REP_DISK_LINK);
    rep_format_ns(wait, wait_ns);
    rep_format_ns(all, page_in_ns);
    return rep_say(f,
                   "The userfaultfd monitor's link is %.1f %% busy, but %.1f %% of its pages are "
                   "ones that nobody has asked for yet, sent while it would be idle: a page that "
                   "is asked for waits for the link for less than %s on average, of %s until it "
                   "has come. More bandwidth (monitor.bandwidth) would bring all pages over "
                   "sooner, %s.",
                   100 * busy, 100 * (1 - share), wait, all,
                   wait_ns < WAIT_NOTABLE * page_in_ns ? "but hardly those" : "and those, too");
}
