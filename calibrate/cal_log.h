/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_log.h - the guest's log: its records in order of time, and what became of each touch
 */
#pragma once

#include "cal_vm.h"

/* How a touch ended, by the guest's own log alone. */
enum cal_class {
    CAL_PROMPT, /* nobody had to fetch anything: shorter than the monitor's delay */
    CAL_ASYNC,  /* "not present" came, then ready with the same token, then the value */
    CAL_HALT,   /* no word, but interrupts were served meanwhile */
    CAL_SYNC,   /* no word, and no interrupt was served */
    CAL_WAITED, /* no word; no interrupt was due, so halt and sync look the same */
    CAL_CLASSES
};
extern const char *const cal_class_name[CAL_CLASSES];

struct cal_touch {
    uint64_t page, before, after; /* TSC */
    uint32_t task, token;
    enum cal_class class;
    /* async only; 0 = not in the log */
    uint64_t not_present, left, ready, ack, ack_done;
    uint64_t other; /* a spinner ran */
    bool idle;      /* the vCPU was idle when ready came */
};

struct cal_log {
    struct guest_rec *rec; /* by time */
    size_t count;
    struct cal_touch *touch; /* by `before` */
    size_t touches;
    uint64_t bad_data, fatal, wake_alls;
    uint32_t idle; /* number of the idle task: the last ones, one a vCPU */
    uint32_t lost; /* records beyond the log's end */
    uint64_t en, features;
};

/* Of one vCPU; stopped. wait_ticks: a touch shorter than this waited for nobody. */
bool cal_log_read(struct cal_log *log, struct cal_vm *vm, unsigned vcpu, uint64_t wait_ticks,
                  struct cal_error *error);
void cal_log_free(struct cal_log *log);
size_t cal_log_class_count(const struct cal_log *log, enum cal_class class);
