/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_out.h - a run's trace while it runs: ftrace text, Chrome's JSON, trace.dat
 *
 * Knows:    libc, trace_event.h.
 * Promise:  looks and never touches: a run that is traced and one that is not are the same run.
 *           The memory it takes depends on the machine (vCPUs, tasks, channels), not on the run's
 *           length. The same run gives the same bytes.
 * Window:   events from `from` on and before `to`, and what reaches into it is cut at its borders.
 * Cap:      the first event by which the output would be longer than `cap` bytes is left out, and
 *           all later ones. What ends the file (open spans, brackets) comes on top.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "trace_event.h"

enum trace_format { TRACE_TEXT, TRACE_JSON, TRACE_DAT, TRACE_FORMATS };
extern const char *const trace_suffix[TRACE_FORMATS]; /* "txt", "json", "dat" */

enum { TRACE_DISKS = 4, TRACE_NAME_BYTES = 64 };

/* The machine. Names are asked for when they are needed. */
struct trace_shape {
    uint32_t vcpus, tasks;
    uint32_t channels[TRACE_DISKS]; /* 0: there is no such device */
    const char *disk[TRACE_DISKS];
    void (*vcpu_name)(const void *self, uint32_t vcpu, char ret[TRACE_NAME_BYTES]);
    void (*task_name)(const void *self, uint32_t task, char ret[TRACE_NAME_BYTES]);
    /* Who pids are, for trace.dat. NULL: as trace_record_of() makes them. */
    uint32_t threads;
    void (*thread)(const void *self, uint32_t i, uint32_t *ret_pid, char ret[TRACE_NAME_BYTES]);
    const void *self;
};

struct trace_plan {
    enum trace_format format;
    int fd;    /* stays the caller's */
    int spool; /* TRACE_DAT: an empty file of nobody's, for reading and writing; else -1 */
    sim_ns from, to;
    uint64_t cap; /* bytes; UINT64_MAX: no end */
    bool ticks;   /* TRACE_DAT of a capture: times are ticks of the clock x86-tsc */
};

/* What became of it. */
struct trace_told {
    uint64_t events, seen; /* written; told by the run */
    bool cut;              /* by the cap, at this time */
    sim_ns cut_at;
    int error; /* errno of writing, or 0 */
};

struct trace_out;

/* The head is written. NULL: no memory. The shape is copied; its `self` is not asked later. */
struct trace_out *trace_out_create(const struct trace_plan *plan, const struct trace_shape *shape);
struct sim_observer *trace_out_observer(struct trace_out *t);
/* An event that no run has told; r->cpu: below shape->vcpus. told: of a not_present, the guest. */
void trace_out_record(struct trace_out *t, const struct trace_record *r, bool told);
/* The run is over: what is open is closed, all is written; t is freed. */
void trace_out_finish(struct trace_out *t, struct trace_told *ret);
