/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_json.h - inside sim/trace: the tracks of a run, and who follows which notes
 *
 * Knows:    trace_chrome.h.
 * A slice is written when it ends, an open one when the window ends or the trace is cut. State is
 * followed from the run's start on, so that a window finds what is open when it begins.
 */
#pragma once

#include "trace_chrome.h"

enum {
    JSON_FAULTS = 128, /* in flight on a vCPU: twice what KVM lets be queued */
    JSON_LANES = 128,  /* workers at the same time, likewise */
};

enum json_task_state {
    JSON_TASK_NONE,
    JSON_TASK_RUNNING,
    JSON_TASK_READY,
    JSON_TASK_TIMER,
    JSON_TASK_APF,
    JSON_TASK_OTHER
};

struct json_fault {
    uint64_t token, gva, gfn, id;
    bool live, shown, told; /* told: the guest, and not halted */
};

struct json_span { /* of a worker, or of a device's channel */
    sim_ns since;
    uint64_t token, gfn;
    bool live, named, write;
};

struct json_vcpu {
    sim_ns since, told;    /* of what it does: not written yet */
    uint64_t class, whose; /* enum ledger_class; a task */
    uint64_t gfn;          /* of the last try */
    int64_t task;          /* that the guest runs there, or -1 */
    struct json_fault fault[JSON_FAULTS];
    struct json_span lane[JSON_LANES];
};

struct json_task {
    sim_ns since;
    enum json_task_state state;
    uint64_t token;
    uint32_t vcpu;
    char name[TRACE_NAME_BYTES];
};

struct json_disk {
    uint32_t channels, first; /* first: its track */
    uint64_t waiting;
    struct json_span *channel;
    char name[TRACE_NAME_BYTES], queue[TRACE_NAME_BYTES + 8];
};

struct json {
    uint32_t vcpus, tasks;
    struct json_vcpu *vcpu;
    struct json_task *task;
    struct json_disk disk[TRACE_DISKS];
    uint64_t faults, in_flight, running, ready;
    sim_ns to;         /* end of the window, or of what fits */
    bool open, closed; /* the window has begun, has ended */
};

static inline bool json_is_open(const struct trace_writer *w)
{
    const struct json *j = w->self;

    return j->open && !j->closed;
}

/* The part of [since, until) that lies in the window. e: all but phase and times. */
void json_slice(struct trace_writer *w, struct chrome_event *e, sim_ns since, sim_ns until);
/* Two values at most; the second may be {0}. */
void json_counter(struct trace_writer *w, const char *name, struct chrome_arg a,
                  struct chrome_arg b);

typedef void json_handler(struct trace_writer *w, const struct sim_note *n);
json_handler json_task_switch, json_task_wake, json_task_sleep, json_task_exit, json_apf_wait;
json_handler json_segment, json_try, json_not_present, json_ready, json_msr;
json_handler json_work, json_completed;
json_handler json_in_flight, json_submit, json_start, json_done;

/* The counters as they stand; what is open when the window begins, and when it ends at `at`. */
void json_tasks_count(struct trace_writer *w);
void json_tasks_end(struct trace_writer *w, sim_ns at);
void json_faults_begin(struct trace_writer *w);
void json_faults_end(struct trace_writer *w, sim_ns at);
/* The run is over: what the vCPUs did last. */
void json_segments_end(struct trace_writer *w);
void json_disks_count(struct trace_writer *w);
void json_disks_end(struct trace_writer *w, sim_ns at);
