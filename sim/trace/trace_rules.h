/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_rules.h - what holds in every set of actor streams, however its actors interleave
 *
 * Knows:    libc, trace_streams.h.
 * For recordings with many pages in flight on a busy host: which of two actors was first is then an
 * accident of the host's scheduler, and two recordings of real KVM differ, too. The rules and the
 * counts do not.
 */
#pragma once

#include "trace_streams.h"

#define TRACE_IN_FLIGHT_LIMIT 64 /* virt/kvm: ASYNC_PF_PER_VCPU */

struct trace_summary {
    size_t count[TRACE_KINDS];
    size_t in_flight_max; /* tokens given out and not ready yet */
    size_t refused;       /* try, and then nothing: the queue was full */
    size_t burned;        /* tokens spent without a not_present */
    size_t setups;        /* try without repeated_fault */
};

/*
 * Judges one set of streams. NULL, or the broken rule; *ret_actor and *ret_line say where.
 *  - tokens rise; a token is in flight from its not_present to its ready, or until EN is cleared;
 *  - at most 64 are in flight, and only then is a try refused;
 *  - a ready (but the wake-all) names a token in flight, and a task is woken by a token that an
 *    interrupt has just named;
 *  - a page is completed at most as often as it was not present;
 *  - a page is supplied after it was missed, and no page is missed twice.
 */
const char *trace_rules_broken(const struct trace_streams *s, struct trace_summary *ret,
                               enum trace_actor *ret_actor, size_t *ret_line);
/* What differs in counts that do not depend on interleaving, or NULL. */
const char *trace_summaries_differ(const struct trace_summary *a, const struct trace_summary *b);
