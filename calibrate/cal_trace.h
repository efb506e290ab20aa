/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_trace.h - KVM's trace points, in a tracefs instance of our own
 *
 * Needs tracefs, never more; a measurement works without it. The instance is called after the
 * process that made it, so that a later start knows which ones are orphans.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cal_event_kind {
    CAL_EV_TRY,         /* a = gva, b = gfn */
    CAL_EV_REPEATED,    /* a = gva, b = gfn */
    CAL_EV_NOT_PRESENT, /* a = token, b = gva */
    CAL_EV_READY,       /* a = token, b = gva */
    CAL_EV_COMPLETED,   /* a = gva, b = host address */
    CAL_EV_ACCEPT,      /* a = vector */
    CAL_EV_INJECT,      /* an exception */
    CAL_EV_SWITCH,      /* a = who comes, b = 1: it is a worker of the kernel; pid: who goes */
    CAL_EV_OTHER,
};

struct cal_event {
    uint64_t tsc, a, b;
    uint32_t kind, pid, cpu;
};

struct cal_events {
    struct cal_event *event;
    size_t count, room;
    bool lost; /* the kernel's buffer overflowed */
};

struct cal_trace {
    char dir[128]; /* empty: not tracing */
};

/* Where tracefs is mounted, or NULL. */
const char *cal_trace_root(void);
/*
 * If it is mounted nowhere, and with the right to (CAP_SYS_ADMIN): mounts it in a mount namespace
 * of this process and those that it makes from then on, with which the mount goes. No error if not.
 */
void cal_trace_mount(void);
bool cal_trace_mounted(void); /* by cal_trace_mount() */
/* False: no tracing here, t->dir is empty. */
bool cal_trace_open(struct cal_trace *t);
/* Besides, what says more of a guest that is not ours: MSRs and EOIs; with a buffer of 16 MiB. */
bool cal_trace_widen(struct cal_trace *t);
void cal_trace_begin(struct cal_trace *t);
/* Stops, and reads what was recorded since cal_trace_begin(). free() ret->event. */
bool cal_trace_read(struct cal_trace *t, struct cal_events *ret);
/*
 * Stops, and copies the text: lines of these threads, and pages that have come to memory from
 * `base` on. NULL: it cannot be read. free() it.
 */
char *cal_trace_text(struct cal_trace *t, const int *tids, unsigned count, uint64_t base,
                     uint64_t bytes);
void cal_trace_close(struct cal_trace *t);
/* Removes the instance of that process. 0 = of every process that is gone. Returns how many. */
unsigned cal_trace_sweep(int pid);
/* That process has an instance. */
bool cal_trace_has(int pid);
/* One line of ftrace text with the clock x86-tsc; false: it is no event that is known here. */
bool cal_trace_parse(const char *line, struct cal_event *ret);
