/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_others.h - when somebody else ran on a host CPU of ours, by sched_switch
 *
 * On a shared machine a step between two trace points takes what it takes, or a time slice of some
 * other program longer. Which of the two it was need not be guessed from its length: the
 * scheduler's trace point says who ran. "Others" are all but idle, the run's own threads, and
 * kernel workers, one of which is APF's.
 */
#pragma once

#include "cal_trace.h"

struct cal_span {
    uint64_t from, to; /* TSC */
};

struct cal_others {
    bool known;            /* the trace point was there; else nobody is ever seen */
    uint64_t since;        /* what was before is unknown: the buffer overflowed; 0: all is known */
    struct cal_span *span; /* in order, apart from each other */
    size_t count, room;
};

#define CAL_OWN_MAX 8u

/* events: of cal_trace_read(). own: thread ids, 0 ends them. */
void cal_others_make(struct cal_others *o, const struct cal_events *events, unsigned cpu,
                     const int own[CAL_OWN_MAX]);
void cal_others_free(struct cal_others *o);
/* How long others ran there between the two, in ticks; 0 if that is not known. */
uint64_t cal_others_time(const struct cal_others *o, uint64_t from, uint64_t to);
/* Nobody else ran there between the two. */
bool cal_others_quiet(const struct cal_others *o, uint64_t from, uint64_t to);
