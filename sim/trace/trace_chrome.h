/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_chrome.h - inside sim/trace: one event of Chrome's trace format at a time
 *
 * Knows:    trace_writer.h.
 * Source:   "Trace Event Format" of the Chromium project: phases, required fields, microseconds.
 * Form:     an object with traceEvents; processes are kinds of tracks: vCPUs, tasks, workers,
 *           devices. Each event is on a line of its own.
 */
#pragma once

#include "trace_writer.h"

enum chrome_pid { CHROME_VCPUS = 1, CHROME_TASKS, CHROME_WORKERS, CHROME_DEVICES, CHROME_PIDS };

/* One argument. Numbers of base 16 are strings with 0x: JSON's numbers are doubles to a viewer. */
struct chrome_arg {
    const char *name;
    enum { CHROME_NONE, CHROME_DEC, CHROME_HEX, CHROME_TEXT } form;
    uint64_t value;
    const char *text; /* clean: chrome_clean() */
};
enum { CHROME_ARGS = 4 };

struct chrome_event {
    char phase;
    enum chrome_pid pid;
    uint32_t tid;
    sim_ns when, until; /* until: of B, whose E is written with it */
    uint64_t id;        /* of b and e */
    const char *name, *category;
    const char *colour;                 /* one of the names that Chrome has; NULL: it chooses */
    struct chrome_arg arg[CHROME_ARGS]; /* ends with CHROME_NONE */
};

void chrome_open(struct trace_writer *w);
void chrome_close(struct trace_writer *w);
/* False: it would be beyond the cap, and the trace is cut; `anyway`: then, too. */
bool chrome_put(struct trace_writer *w, const struct chrome_event *e, bool anyway);
/* Names a track, or with tid UINT32_MAX a process. */
void chrome_name(struct trace_writer *w, enum chrome_pid pid, uint32_t tid, const char *name);
/* In place: what JSON would have to escape, or UTF-8 to encode, becomes '_'. */
void chrome_clean(char *text);
