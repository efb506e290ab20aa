/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_case.h - corners of the protocol on the real KVM of this machine, each a guest's script
 *
 * Every run is compared with apf's host half, step by step (cal_check.h); besides, the guest's own
 * log must have as many records of each kind as the row of the case says, and so must the trace
 * points, where they are readable. Time plays no part but for who comes first: pages come late
 * enough.
 */
#pragma once

#include "cal_run.h"

/* A number that a log must have: exactly so many, or at least, or any. */
struct cal_want {
    enum { CAL_WANT_ANY, CAL_WANT, CAL_WANT_MIN } how;
    unsigned n;
};

/* What is counted in one run. name, what it counts */
#define CAL_COUNTS_X(X)                                                                            \
    X(announced, "not-present messages")                                                           \
    X(before, "of these, before the first page was ready")                                         \
    X(ready, "ready messages, wake-all included")                                                  \
    X(wake_all, "wake-alls")                                                                       \
    X(stray, "ready interrupts while APF was off")                                                 \
    X(async, "touches that ended by message, ready and ACK")                                       \
    X(halt, "touches without a word, interrupts served")                                           \
    X(sync, "touches without a word, no interrupt served")                                         \
    X(waited, "touches that waited otherwise")                                                     \
    X(hung, "1: the guest did not come to its end")                                                \
    X(t_try, "kvm_try_async_get_page")                                                             \
    X(t_not_present, "kvm_async_pf_not_present")                                                   \
    X(t_repeated, "kvm_async_pf_repeated_fault")                                                   \
    X(t_completed, "kvm_async_pf_completed")                                                       \
    X(t_ready, "kvm_async_pf_ready")

#define CAL_COUNT_ENUM(name, text) CAL_N_##name,
enum cal_count { CAL_COUNTS_X(CAL_COUNT_ENUM) CAL_COUNTS };
#undef CAL_COUNT_ENUM
extern const char *const cal_count_name[CAL_COUNTS];
#define CAL_N_TRACED CAL_N_t_try /* from here on trace points */

struct cal_case {
    const char *name, *text;
    /* The script: `touchers` tasks read `pages` pages each. */
    unsigned vcpus, touchers, pages, delay_ms;
    unsigned batch;  /* no page comes before so many are asked for */
    bool same_page;  /* all read the same one */
    bool spinner;    /* beside them on each vCPU */
    bool apf_off;    /* the guest does not enable APF */
    bool irq_off;    /* touchers run with IF = 0 */
    bool no_ack;     /* the ready handler leaves ACK out */
    bool ticks;      /* a timer of 1 ms */
    bool reset;      /* the VMM resets the machine while the first page is awaited */
    bool enables;    /* the second task writes EN again, the others come after it: */
    uint32_t enable; /* enum guest_enable */
    /* Runs until so many are counted in all of them, at most `rounds`; rounds 0: one run. */
    unsigned rounds, until;
    enum cal_count until_count;
    unsigned ends_ms; /* it is to hang: so long is waited. 0: it is to end */
    struct cal_want want[CAL_COUNTS];
};
extern const struct cal_case cal_cases[];
extern const unsigned cal_case_count;

struct cal_case_result {
    unsigned count[CAL_COUNTS]; /* of the last run */
    bool traced;                /* trace points were counted, too */
    uint64_t cycles;            /* that agree with the protocol */
    char wrong[CAL_TEXT_MAX];   /* the first difference; empty: good */
};

/* NULL: no case is called so. */
const struct cal_case *cal_case_find(const char *name);
/* trace: open or closed. False: it could not be run (*error); what differs is in ret->wrong. */
bool cal_case_run(struct cal_case_result *ret, const struct cal_case *c, struct cal_trace *trace,
                  struct cal_error *error);
