/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_rules.h - what the rules of the verdict share. For rep_verdict.c and rep_rules_*.c only.
 *
 * Knows:    rep_summary. A rule looks at the facts and writes its sentence with rep_say(), or says
 *           that it does not hold. Thresholds stand beside the rule they belong to.
 * Limits:   a sentence that does not fit REP_VERDICT_BYTES is a bug of ours and ends the program.
 */
#pragma once

#include <glib.h>

#include "rep_format.h"
#include "rep_summary.h"

/* What the rules look at, found once. NULL: that mode was not run, or no run of it ended well. */
struct rep_facts {
    const struct rep_setting *set;
    const struct rep_summary *s;
    const struct rep_mode_summary *off, *halt, *apf;
    const struct rep_mode_summary *any; /* the first that counts of apf, off, halt */
    const struct rep_mode_summary *on;  /* where the host tries APF: apf, else halt */
    uint64_t io_any, io_apf, io_on;     /* accesses that needed I/O */
    char *to;                           /* the sentence, REP_VERDICT_BYTES */
};
typedef bool (*rep_rule)(const struct rep_facts *f);

/* Writes the sentence; always true, so that a rule can `return rep_say(...)`. */
bool rep_say(const struct rep_facts *f, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Of the accesses of mode `on` that needed I/O, the share with that reason, which must exist. */
double rep_why_share(const struct rep_facts *f, const char *key);
bool rep_has_gain(const struct rep_mode_summary *m); /* NULL: no */
double rep_gain_low(const struct rep_mode_summary *m);
double rep_gain_high(const struct rep_mode_summary *m);
/* The rule above; n = 0: no. */
bool rep_is_above(const struct rep_mean *ratio, double notable);
bool rep_is_below(const struct rep_mean *ratio, double notable);
/* The same of the work as a whole. NULL: no. */
bool rep_gains(const struct rep_mode_summary *m);
bool rep_loses(const struct rep_mode_summary *m);
/* Neither, and the interval is so wide that a difference worth naming may hide in it. */
bool rep_is_vague(const struct rep_mode_summary *m);
/* Of mode apf, the faults that were decompressed in memory: no device was waited for. */
uint64_t rep_decompressed(const struct rep_facts *f);
/* "+- 0.008" of a ratio, or that there is none, into `to` (REP_NUMBER_BYTES), which it returns. */
char *rep_interval(char *to, const struct rep_mean *m);

/* rep_rules_gain.c */
/* Halting in the host alone gains as much as telling the guest. */
bool rep_halt_is_enough(const struct rep_facts *f);
bool rep_rule_gain(const struct rep_facts *f);
bool rep_rule_overhead(const struct rep_facts *f);
bool rep_rule_loss(const struct rep_facts *f);
bool rep_rule_no_difference(const struct rep_facts *f);
bool rep_rule_others_cost(const struct rep_facts *f);
bool rep_rule_others_gain(const struct rep_facts *f);
/* rep_rules_host.c */
bool rep_host_is_saturated(const struct rep_facts *f);
bool rep_rule_host_saturated(const struct rep_facts *f);
bool rep_rule_host_polls(const struct rep_facts *f);
bool rep_rule_copies_unlike(const struct rep_facts *f);
bool rep_rule_guests_differ(const struct rep_facts *f);
/* rep_rules_idle.c */
bool rep_rule_ended_early(const struct rep_facts *f);
bool rep_rule_never_ran(const struct rep_facts *f);
bool rep_rule_no_io(const struct rep_facts *f);
/* rep_rules_devices.c */
/* So busy with what faults wait for that these wait for one another. */
bool rep_is_saturated(const struct rep_facts *f, unsigned disk);
bool rep_rule_disk_saturated(const struct rep_facts *f);
bool rep_rule_monitor_saturated(const struct rep_facts *f);
bool rep_rule_link_background(const struct rep_facts *f);
/* rep_rules_faults.c */
bool rep_rule_nothing_else(const struct rep_facts *f);
bool rep_rule_kernel_mode(const struct rep_facts *f);
bool rep_rule_reclaim_waits(const struct rep_facts *f);
bool rep_rule_repeated(const struct rep_facts *f);
bool rep_rule_undelivered(const struct rep_facts *f);
bool rep_rule_irq_off(const struct rep_facts *f);
bool rep_rule_queue_full(const struct rep_facts *f);
bool rep_rule_guest_off(const struct rep_facts *f);
bool rep_rule_old_swap(const struct rep_facts *f);
bool rep_rule_backing(const struct rep_facts *f);
bool rep_rule_read_around(const struct rep_facts *f);
/* rep_rules_service.c */
bool rep_rule_objective(const struct rep_facts *f);
bool rep_rule_requests(const struct rep_facts *f);
bool rep_rule_dropped(const struct rep_facts *f);
bool rep_rule_locks(const struct rep_facts *f);
/* The work is requests that come of themselves: its rate says nothing about a mode. */
bool rep_work_is_given(const struct rep_facts *f);
/* rep_rules_hotplug.c */
bool rep_rule_stale_slot(const struct rep_facts *f);
bool rep_rule_hotplug(const struct rep_facts *f);
/* rep_rules_halt.c */
bool rep_rule_halt_wakes(const struct rep_facts *f);
bool rep_rule_halt(const struct rep_facts *f);
