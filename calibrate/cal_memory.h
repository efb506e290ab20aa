/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_memory.h - the guest memory under test: pages that the host must fetch first
 *
 * Two backings. userfaultfd: a monitor thread answers each missing page after a delay, so many at
 * once as `parallelism` says. file: an unlinked file in a directory, evicted from the page cache
 * and checked with mincore(). Nothing of either outlives the process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cal_error.h"
#include "cal_monitor.h"

enum cal_backing { CAL_BACK_UFFD, CAL_BACK_FILE, CAL_BACK_PRESENT, CAL_BACK_ZERO };

struct cal_memory {
    enum cal_backing backing;
    uint8_t *base;
    uint64_t pages;
    int fd;                     /* userfaultfd or file */
    struct cal_monitor monitor; /* CAL_BACK_UFFD; .answer is NULL for others */
};

struct cal_memory_order {
    enum cal_backing backing;
    const char *folder; /* CAL_BACK_FILE */
    uint64_t pages;
    uint64_t delay_ns;
    unsigned parallelism, batch;
};

bool cal_memory_make(struct cal_memory *m, const struct cal_memory_order *order,
                     struct cal_error *error);
void cal_memory_free(struct cal_memory *m);
/*
 * Takes all pages away again and checks that they are gone. Only while no guest runs. The monitor's
 * answers are forgotten.
 */
bool cal_memory_evict(struct cal_memory *m, struct cal_error *error);
