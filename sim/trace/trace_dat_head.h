/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_head.h - inside sim/trace: all of a trace.dat but its pages
 *
 * Knows:    trace_sink.h, trace_event.h.
 */
#pragma once

#include "trace_event.h"
#include "trace_sink.h"

struct trace_dat_cpu {
    uint64_t pages, events;
};

struct trace_dat_comms { /* "PID COMM" in lines */
    char *text;
    size_t bytes;
};

/* The number of an event in the file; on a real machine the kernel gives them at boot. */
static inline int trace_dat_id(enum trace_event event)
{
    return 1000 + (int)event;
}

struct trace_dat_sums {
    const struct trace_dat_cpu *cpu;
    uint32_t cpus;
    uint64_t lost; /* events that were not kept */
    bool ticks;    /* of the clock x86-tsc */
};

/* Everything up to the first page, into an empty sink. */
void trace_dat_head(struct trace_sink *s, const struct trace_dat_sums *sums,
                    const struct trace_dat_comms *comms);
