/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_monitor.h - the thread that answers userfaultfd: when, how many at once, and what it recorded
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "cal_error.h"

#define CAL_PAGE 4096u

/* What the monitor did for one page; TSC. 0: nothing. */
struct cal_answer {
    uint64_t asked, copy, copied;
};

struct cal_monitor {
    int fd; /* userfaultfd; lent, as is base */
    uint8_t *base;
    uint64_t pages;
    const uint8_t *source; /* page by page what they hold; NULL: GUEST_MAGIC and the page */
    uint64_t delay_ns;
    unsigned parallelism;      /* pages that are on their way at once */
    unsigned batch;            /* wait for so many, then answer them all; 0: no */
    struct cal_answer *answer; /* one a page; owned */
    /* its own */
    pthread_t thread;
    bool threaded;
    int stop[2];
    /* of its thread; set before the first answer */
    int tid;
    bool prompt; /* others do not keep it from its CPU */
};

/* The members above the thread are set. */
bool cal_monitor_start(struct cal_monitor *m, struct cal_error *error);
/* Also when it was not started. */
void cal_monitor_stop(struct cal_monitor *m);

#define CAL_MONITOR_CPU                                                                            \
    0u /* of the host, if it has several: where no pinned vCPU is but the last */

static inline uint64_t cal_tsc(void)
{
    return __builtin_ia32_rdtsc();
}
