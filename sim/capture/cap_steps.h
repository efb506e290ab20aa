/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_steps.h - how long the steps of asynchronous faults took in a capture
 *
 * Knows:    cap_judge.h.
 * Units:    those of the capture's clock: ns where capture.ns says so, else ticks.
 * Rule:     a step is counted where both of its events were seen for sure, and nowhere else.
 */
#pragma once

#include "cap_judge.h"

#define CAP_STEPS_X(X)                                                                             \
    X(page_fault_to_try)                                                                           \
    X(try_to_not_present)                                                                          \
    X(not_present_to_inject)                                                                       \
    X(not_present_to_completed)                                                                    \
    X(completed_to_ready)        /* the vCPU runs, or nothing says that it halts */                \
    X(completed_to_ready_halted) /* it blocked, and polling did not find the page first */         \
    X(ready_to_accept)                                                                             \
    X(accept_to_ack)                                                                               \
    X(ready_to_ack)                                                                                \
    X(msr_to_ack) /* from a vCPU's MSR exit before it, nothing traced between */                   \
    X(msr_to_eoi)                                                                                  \
    X(msr_to_rdmsr)                                                                                \
    X(msr_to_msr) /* of the pair of MSRs that comes closest, by median, of those that come */      \
                  /* CAP_PAIR_MIN times and more */
#define CAP_STEP_ENUM(name) CAP_STEP_##name,
enum cap_step { CAP_STEPS_X(CAP_STEP_ENUM) CAP_STEPS };
#undef CAP_STEP_ENUM

#define CAP_PAIR_MIN 10u

struct cap_pair { /* of msr_to_msr */
    uint64_t from, to;
    bool from_write, to_write;
};

struct cap_steps {
    GArray *of[CAP_STEPS]; /* uint64_t */
    struct cap_pair pair;
    guint threads;         /* vCPUs with a cycle */
    uint64_t cycles;       /* not_present and ready seen, and whatever stood between */
    uint64_t told, halted; /* of these; the rest: nothing in the capture says which */
    uint64_t acked;        /* of these, with their ACK */
    uint64_t no_completed; /* of these, without `completed` */
    uint64_t shared;  /* of these: two waited for one gva, and whose `completed` is not known */
    uint64_t early;   /* of these: ready stands in front of `completed` */
    uint64_t queued;  /* of these: another ready was in the slot when it completed */
    uint64_t cut;     /* no ready: in flight at the end */
    uint64_t dropped; /* events were lost meanwhile, or EN written */
};

/* The judgement is cap_judge()'s of this capture, which has times. */
void cap_steps(const struct capture *c, const struct cap_judgement *j, struct cap_steps *ret);
void cap_steps_free(struct cap_steps *s);
