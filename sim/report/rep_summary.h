/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_summary.h - all runs of one command, brought together: means, gains, totals, verdict
 *
 * Knows:    results and statistics. Text, JSON and CSV are written from this and nothing else.
 * Promise:  only runs that ended well count; what did not is said in `outcome` and `text`. Gains
 * pair the replicas of two modes that share a seed.
 */
#pragma once

#include "rep_result.h"
#include "rep_stats.h"

#define REP_VERDICTS_MAX  40
#define REP_VERDICT_BYTES 800

/*
 * One rule for all ratios to mode off: a difference is named when the 95 % interval leaves out 1
 * and the mean is off by this much: for the work as a whole, and for a part of it (a guest, a kind
 * of tasks, a 99th percentile). Of one run of each there is no interval. docs/words.md says so,
 * too.
 */
#define REP_NOTABLE      0.01
#define REP_NOTABLE_PART 0.05

struct rep_task_summary {
    struct rep_mean rate;              /* iterations per second, all tasks of the kind together */
    struct rep_mean change;            /* paired ratio of the rate to mode off; n = 0: unknown */
    struct rep_mean completion_s;      /* over the runs in which all tasks of the kind ended */
    struct rep_mean completion_change; /* its paired ratio to mode off; n = 0: unknown */
    /* Percentiles of the requests' latencies in ns, of each replica's own; n = 0: a replica
     * answered none. The ratio is paired, to mode off. */
    struct rep_mean request_p50, request_p99, request_p99_ratio;
};

/* One of several guests; figures as of struct rep_mode_summary. */
struct rep_guest_summary {
    struct rep_mean utilization, work_per_s, gain;
};

struct rep_mode_summary {
    const char *key;
    uint32_t failed;             /* replicas that did not end well */
    struct rep_mean utilization; /* user time / (vCPUs x wall) */
    struct rep_mean work_per_s;  /* iterations of the measured tasks */
    struct rep_mean gain;        /* paired ratio of work to mode off; n = 0: unknown */
    /* With shared host CPUs: time that is not idle / (CPUs x wall); work per second of that time,
     * and its paired ratio to mode off: the gain for the host. */
    struct rep_mean host_utilization, host_work, host_gain;
    struct rep_mean remote_s; /* when all memory behind userfaultfd had come; of the runs it did */
    struct rep_mean fault_rate;  /* accesses that needed I/O and were completed, per second */
    struct rep_mean outstanding; /* time-weighted mean of accesses that wait for a page */
    struct rep_mean disk_utilization[REP_DISKS], disk_queue[REP_DISKS];
    struct rep_task_summary task[REP_KINDS_MAX];
    struct rep_guest_summary guest[REP_GUESTS_MAX];
    struct rep_result *total; /* sum over the runs that ended well */
};

struct rep_summary {
    const struct rep_setting *set;
    uint32_t modes;
    struct rep_mode_summary mode[REP_MODES];
    enum sim_outcome outcome;       /* of the first run that failed, in order (mode, replica) */
    uint32_t bad_mode, bad_replica; /* that run; only if the outcome is not good */
    char text[REP_TEXT_BYTES + 64];
    uint32_t verdicts;
    const char *verdict_id[REP_VERDICTS_MAX];
    char verdict[REP_VERDICTS_MAX][REP_VERDICT_BYTES];
};

/* result[mode * replicas + replica]. `set` is lent. The verdicts are rep_verdict_fill()'s. */
struct rep_summary *rep_summary_create(const struct rep_setting *set,
                                       struct rep_result *const *result);
void rep_summary_destroy(struct rep_summary *s); /* NULL is fine */
/* The mode with that key, or NULL: "off", "halt", "apf". */
const struct rep_mode_summary *rep_summary_mode(const struct rep_summary *s, const char *key);
/* Share of all vCPUs' wall time in a ledger class, 0 .. 1. */
double rep_share(const struct rep_mode_summary *m, enum ledger_class c);
/* The same of all host CPUs' time. */
double rep_host_share(const struct rep_mode_summary *m, enum host_class c);
/* Mean latency in ns over all good runs; 0 when there was none. */
double rep_latency_mean(const struct rep_mode_summary *m, enum latency l);
/* What a vCPU thread waits for one page in ns: the mean synchronous wait, else the mean fault,
 * which in mode off also holds the time in which the guest ran somebody else. */
double rep_wait_mean(const struct rep_mode_summary *m);

/* Little's law on the totals: outstanding x time = sum of latencies, with what was under way at the
 * edges counted for its part inside: exact in ns. */
struct rep_little {
    double outstanding;     /* time-weighted mean, measured */
    double rate, latency_s; /* completions per second, their mean latency */
    bool holds;
    bool judged; /* most of the time waited is of waits that ended; or none did wait */
    uint64_t waits, unfinished; /* that ended, or were under way at the end; of these, the latter */
};
struct rep_little rep_little_of(const struct rep_mode_summary *m);
