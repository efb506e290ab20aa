/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_judge.h - was the protocol kept in a capture, and who broke it
 *
 * Knows:    capture.h, apf.
 * How:      each vCPU thread has a host half of its own (apf_host_step()), which is given what the
 *           trace points say: faults, workers that end, MSR writes. Its answer is compared with
 *           what the capture says next. What a capture does not show (the guest's zero in the slot,
 *           CPL, a VMM's KVM_SET_MSRS) is concluded from what follows, or not judged.
 * Strict:   nothing may be missing. Tolerant: whatever a lost event could excuse is no finding.
 */
#pragma once

#include "apf.h"
#include "capture.h"

enum cap_verdict {
    CAP_HOST,    /* KVM broke a rule of its own */
    CAP_GUEST,   /* the guest or the VMM did */
    CAP_CAPTURE, /* the capture contradicts itself, whoever did what */
    CAP_VERDICTS
};
extern const char *const cap_verdict_name[CAP_VERDICTS];

struct cap_finding {
    enum cap_verdict verdict;
    const char *rule; /* "K-13", "G-6", "INV-7" */
    uint32_t event;   /* where it shows */
    char *text;
};

/* What could not be judged, once for each reason. */
struct cap_unjudged {
    const char *why;
    uint64_t count;
    uint32_t event; /* the first */
};

/* One asynchronous fault (work item). Events by index, 0: not seen. */
struct cap_item {
    uint64_t gva, gfn;
    uint32_t token, thread;
    uint32_t begin, not_present, completed, ready, ack; /* begin: its try */
    uint32_t next_open; /* another item of this gva that waits for `completed`, 0 = none; + 1 */
    bool announced, cancelled;
    bool unsure; /* its `completed` may be that of another vCPU's item of this gva */
    bool pv_off; /* EN did not say that the guest wants to be told */
};

enum cap_mode { CAP_MODE_AUTO, CAP_MODE_STRICT, CAP_MODE_TOLERANT };

struct cap_judgement {
    bool strict;
    unsigned vcpus;
    GArray *findings; /* struct cap_finding, in the order of events */
    GArray *unjudged; /* struct cap_unjudged */
    GArray *items;    /* struct cap_item, in the order of their not_present */
    uint64_t tries, repeated, refused, wake_alls, acks;
    unsigned in_flight_max; /* on one vCPU */
};

void cap_judge(const struct capture *c, enum apf_kernel kernel, enum cap_mode mode,
               struct cap_judgement *ret);
void cap_judgement_free(struct cap_judgement *j);
