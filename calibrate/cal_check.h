/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_check.h - what the real host did, step by step against apf's own host half
 *
 * Tokens, their order, and the outcome of every touch must be what apf_host_step() says for the
 * same faults in the same order. Time plays no part.
 */
#pragma once

#include "apf.h"
#include "cal_log.h"

struct cal_check {
    enum apf_kernel kernel; /* whose rules were used */
    /*
     * A page of a file may be read within the fault, or be there before the fault returns: then the
     * host does not ask for it asynchronously, and a wait without a word is no difference.
     */
    bool file;
    uint64_t cycles; /* complete, all as predicted */
    uint64_t others; /* touches that were not asynchronous, as predicted */
    /*
     * Of these: synchronous by the protocol, and yet interrupts were served; halted by the
     * protocol, and none was. The latter may be so on a busy host, where a thread that halts may
     * get its CPU too late: only if none of many halted was served one is it a difference.
     */
    uint64_t served, unserved, halts;
    char broken[CAL_TEXT_MAX]; /* the first difference; empty: none */
};

/* The newest row of rules that is not newer than `release`, such as "6.18.4". */
enum apf_kernel cal_check_kernel(const char *release);
/* Adds to *check. irq_off: a bit for each task that touches with IF = 0 (only the first 64). */
bool cal_check_log(struct cal_check *check, const struct cal_log *log, unsigned vcpu,
                   uint64_t irq_off);
