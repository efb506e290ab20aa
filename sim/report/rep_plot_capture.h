/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_plot_capture.h - pictures of a capture of real KVM: latencies, and tokens in flight over time
 *
 * Knows:    rep_plot. Not captures: it is given numbers.
 * Promise:  each CSV has at most REP_CAPTURE_ROWS rows for a curve, whatever the capture's length.
 */
#pragma once

#include "rep_plot.h"

#define REP_CAPTURE_ROWS      1000u
#define REP_CAPTURE_LATENCIES "capture_latencies"
#define REP_CAPTURE_IN_FLIGHT "capture_in_flight"

/* One latency; values rising. */
struct rep_capture_span {
    const char *key, *text;
    const uint64_t *value;
    size_t count;
};

/* At `when`, since the capture's first event, a token begins to be (1) or is no more (-1) in
 * flight. */
struct rep_capture_change {
    uint64_t when;
    int by;
};

/* latency,share,value: the share of which took no longer. */
void rep_capture_latencies_csv(GString *out, const struct rep_capture_span *span, size_t spans);
/* since,in_flight; with more changes than rows a row says the most of a stretch. Rising. */
void rep_capture_in_flight_csv(GString *out, const struct rep_capture_change *change, size_t n);

/* Both pictures, as far as there is anything above 0; `length`: of the capture. ns: the unit of all
 * times, or else ticks of some clock. */
void rep_plot_capture(GPtrArray *plots, const struct rep_capture_span *span, size_t spans,
                      uint64_t length, bool ns);
