/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_writer.h - inside sim/trace: what a format of trace_out.h is made of
 *
 * Knows:    trace_out.h, trace_sink.h.
 */
#pragma once

#include "trace_out.h"
#include "trace_sink.h"

/* What all formats share. */
struct trace_writer {
    struct trace_sink sink;
    struct trace_plan plan;
    struct trace_told told;
    sim_ns now; /* of the last note */
    uint32_t vcpus;
    void *self; /* the format's own */
};

struct trace_writer_ops {
    /* Sets w->self and writes the head. False: no memory. */
    bool (*begin)(struct trace_writer *w, const struct trace_shape *shape);
    /* An event of the window, before the cut. */
    void (*record)(struct trace_writer *w, const struct trace_record *r);
    /* Every note of `kinds`, outside of the window and after the cut, too; NULL: none. */
    void (*note)(struct trace_writer *w, const struct sim_note *n);
    uint64_t kinds;
    /* Closes what is open, and frees w->self. */
    void (*end)(struct trace_writer *w);
};

/* Whether `more` bytes after `so_far` are within the cap; if not, the trace is cut here. */
static inline bool trace_writer_fits(struct trace_writer *w, uint64_t so_far, size_t more)
{
    if (w->told.cut)
        return false;
    if (so_far + more <= w->plan.cap)
        return true;
    w->told.cut = true;
    w->told.cut_at = w->now;
    return false;
}

extern const struct trace_writer_ops trace_text_ops, trace_json_ops, trace_dat_ops;
