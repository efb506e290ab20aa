/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_ftrace.h - records as the text that a kernel's tracefs shows (/sys/kernel/tracing/trace)
 *
 * Knows:    libc, trace_event.h.
 * Sources:  kernel/trace/trace.c, trace_output.c: head and columns.
 * Form:     comm-pid, [cpu], flags, seconds.microseconds, event. A vCPU's thread is "CPU n/KVM" of
 *           pid 1001 + n on CPU n, as QEMU names it, a worker "kworker/n:1" of pid 100001 + n, who
 *           writes a mark "vmm" of pid 1000; pids are made up, and no flag is ever set. RIP is 0:
 *           there is no code.
 */
#pragma once

#include <stdio.h>

#include "trace_event.h"

enum { TRACE_LINE_BYTES = TRACE_TEXT_MAX + 96 }; /* the longest line of an event */

/*
 * "kvm_async_pf_ready: token 0x1000 gva 0x0", cut to `bytes`. False: no trace point of the kernel
 * is meant by this kind.
 */
bool trace_event_text(const struct sim_note *n, char *ret_text, size_t bytes);

/* The lines above the events. cpus: from 1. */
void trace_ftrace_head(FILE *out, uint64_t events, unsigned cpus);
/* The same where the number of events is not known yet: it stands behind them, in a comment. */
extern const char trace_ftrace_open[];
/* "# entries-in-buffer/entries-written: ...": events that are there, and that there were. */
char *trace_ftrace_entries(char *to, uint64_t here, uint64_t all, unsigned cpus);
/* A record's line, with its newline; returns its end. */
char *trace_ftrace_line(char *to, const struct trace_record *r);
/* The same of another thread, with 6 or 9 digits of the second, or with digits 0 ticks. */
char *trace_ftrace_line_of(char *to, const char *comm, size_t bytes, const struct trace_record *r,
                           unsigned digits);
/* Reads the column of flags back: ret->flags and ret->preempt; 0 if these are none. */
void trace_ftrace_flags(const char *text, size_t bytes, struct trace_record *ret);
/* One line. False: as above, nothing is written. */
bool trace_ftrace_event(FILE *out, const struct sim_note *n);
/* A line as writing to trace_marker makes it. */
void trace_ftrace_mark(FILE *out, sim_ns when, const char *text);
