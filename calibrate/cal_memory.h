/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_memory.h - the guest memory under test: pages that the host must fetch first
 *
 * Two backings. userfaultfd: a monitor thread answers each missing page after a delay, so many at
 * once as `parallelism` says. file: an unlinked file in a directory, evicted from the page cache
 * and checked with mincore(). Nothing of either outlives the process.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "cal_error.h"

#define CAL_PAGE 4096u

enum cal_backing { CAL_BACK_UFFD, CAL_BACK_FILE, CAL_BACK_PRESENT, CAL_BACK_ZERO };

/* What the monitor did for one page; TSC. 0: nothing. */
struct cal_answer {
    uint64_t asked, copy, copied;
};

struct cal_memory {
    enum cal_backing backing;
    uint8_t *base;
    uint64_t pages;
    int fd; /* userfaultfd or file */
    /* monitor */
    pthread_t thread;
    bool threaded;
    int stop[2];
    uint64_t delay_ns;
    unsigned parallelism; /* pages that are on their way at once */
    unsigned batch;       /* wait for so many, then answer them all; 0: no */
    struct cal_answer *answer; /* one a page */
    uint64_t tsc_khz;
};

struct cal_memory_order {
    enum cal_backing backing;
    const char *folder; /* CAL_BACK_FILE */
    uint64_t pages;
    uint64_t delay_ns;
    unsigned parallelism, batch;
    uint64_t tsc_khz;
};

bool cal_memory_make(struct cal_memory *m, const struct cal_memory_order *order,
                     struct cal_error *error);
void cal_memory_free(struct cal_memory *m);
/*
 * Takes all pages away again and checks that they are gone. Only while no guest runs. The monitor's
 * answers are forgotten.
 */
bool cal_memory_evict(struct cal_memory *m, struct cal_error *error);

static inline uint64_t cal_tsc(void)
{
    return __builtin_ia32_rdtsc();
}
