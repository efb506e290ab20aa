/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_compare.h - are two sets of actor streams the same, and where do they part
 *
 * Knows:    libc, trace_streams.h.
 */
#pragma once

#include "trace_streams.h"

enum trace_agreement {
    TRACE_SAME,        /* line for line */
    TRACE_SAME_EVENTS, /* all compared events (trace_kind_info); other lines differ */
    TRACE_DIFFERENT,
};

struct trace_difference {
    enum trace_actor actor;
    size_t at[2]; /* line of either stream; == count: that one has ended */
};

/* ret: the first difference among compared events, or among all lines if the events agree. */
enum trace_agreement trace_compare(const struct trace_streams *a, const struct trace_streams *b,
                                   struct trace_difference *ret);
/* Shows it, with what stands around it on both sides. */
void trace_difference_print(const struct trace_difference *d, const struct trace_streams *a,
                            const char *a_name, const struct trace_streams *b, const char *b_name,
                            FILE *out);
