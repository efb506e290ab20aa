/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_read.h - trace.dat of versions 6 and 7: KVM's events in it, in the order of their times
 *
 * Knows:    libc, trace_event.h.
 * Promise:  no input makes it crash, loop or read outside of `data`; memory: a few bytes a CPU, of
 *           packed files a chunk of pages (some 40 KiB) a CPU and the names of processes.
 * Leaves out: events of other systems than kvm and unknown ones of it (counted), offsets between
 *           clocks. Events of all instances are read, as if they were of one. Files of big-endian
 *           and 32-bit machines are refused, and those whose packing was not built in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace_dat_error.h"
#include "trace_event.h"

enum { TRACE_DAT_CPUS_MAX = 8192 }; /* as many as Linux has on x86 at most */

struct trace_dat;

enum trace_dat_next { TRACE_DAT_EVENT, TRACE_DAT_LOST, TRACE_DAT_END, TRACE_DAT_ERROR };

bool trace_dat_is(const void *data, size_t bytes);
/* `data` must outlive it. NULL: *ret_error says why. */
struct trace_dat *trace_dat_open(const void *data, size_t bytes, struct trace_dat_error *ret_error);
void trace_dat_close(struct trace_dat *d); /* NULL is fine */

uint32_t trace_dat_cpus(const struct trace_dat *d);
/* Times are ns; false: ticks of a clock that counts. */
bool trace_dat_ns(const struct trace_dat *d);
/* How many events were lost, by the statistics; false: there are none. */
bool trace_dat_lost(const struct trace_dat *d, uint64_t *ret);
/* Who a pid is: up to `room` bytes; returns its end. "<...>": not in the file. */
char *trace_dat_comm(const struct trace_dat *d, uint32_t pid, char *to, size_t room);

/* TRACE_DAT_LOST: on CPU ret->cpu, events got lost before what comes next there. */
enum trace_dat_next trace_dat_next(struct trace_dat *d, struct trace_record *ret,
                                   struct trace_dat_error *ret_error);

/*
 * All of it as ftrace text, with `digits` of the second (6, as tracefs, or 9); *ret is to be
 * freed. Where events were lost stands a line as tracefs has it; behind them the counts, if the
 * file has them. False: *ret_error says why.
 */
bool trace_dat_text(const void *data, size_t bytes, unsigned digits, char **ret, size_t *ret_bytes,
                    struct trace_dat_error *ret_error);
