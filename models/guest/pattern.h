/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pattern.h - which page a touch step touches next
 *
 * Knows:    params.h, random streams. No time, no notes.
 * A pattern is what all tasks of a kind share (its place in the region, the zipf table, the page
 * trace); a cursor is one task's own position in it and its random streams.
 * Touches of a plain pattern are drawn PATTERN_AHEAD at a time.
 * Promise:  the n-th touch of (task, step) is a pure function of (seed, task, step, n): retries and
 *           scheduling do not shift it.
 * Zipf:     page k of the span (from 0) has weight (k + 1)^-s. Weights come from sim_log and
 *           sim_exp; the table (Walker 1977, Vose 1991: alias method) and the draws are integer.
 * Trace:    each touch plays the next record and starts again after the last; a step of 0 `pages`
 *           plays the whole trace. A record's own write bit counts, not the step's write share.
 */
#pragma once

#include "params.h"
#include "sim_random.h"

struct pattern_alias {
    uint32_t keep;  /* share of this column that stays, in 2^-32 */
    uint32_t other; /* who gets the rest */
};
struct touch_pattern {
    enum pattern kind;
    uint32_t first; /* page number in the host's table */
    uint32_t span;  /* pages */
    uint32_t stride;
    uint32_t write_ppm, kernel_ppm, irq_off_ppm;
    uint32_t touches; /* in one step */
    bool plain;       /* a touch is a page and whether it writes: no gap, always in user mode */
    struct pattern_alias *alias;
    const struct page_trace *trace;
};
#define PATTERN_AHEAD       32
#define PATTERN_AHEAD_WRITE (1u << 31)
struct pattern_cursor {
    uint64_t at; /* next index: place in the span, or trace record */
    struct sim_rng page, write;
    uint32_t given, drawn;         /* plain: touches in ahead[] that were given out, and all */
    uint32_t ahead[PATTERN_AHEAD]; /* page | PATTERN_AHEAD_WRITE */
};
struct pattern_touch {
    uint32_t page;
    bool write;
    bool kernel;  /* at CPL 0 */
    bool irq_off; /* at CPL 0 with IF = 0 */
    sim_ns gap;   /* user time before it: traces */
};

/* False when memory is short. `trace` is for PATTERN_TRACE and must outlive the pattern. */
bool pattern_init(struct touch_pattern *pt, const struct params *p, const struct step_params *step,
                  const struct page_trace *trace);
void pattern_finish(struct touch_pattern *pt);
/* Task number `task`, its step `step`; it is the nth of `of` tasks of its kind. */
void pattern_start(const struct touch_pattern *pt, struct pattern_cursor *c, uint64_t seed,
                   uint32_t task, uint32_t step, uint32_t nth, uint32_t of);
void pattern_next(const struct touch_pattern *pt, struct pattern_cursor *c,
                  struct pattern_touch *out);

/* Plain patterns: the touch given last and those behind it that are drawn already. */
static inline uint32_t pattern_ahead(const struct pattern_cursor *c, const uint32_t **ret_touch)
{
    *ret_touch = &c->ahead[c->given - 1];
    return c->drawn - c->given + 1;
}
/* As if pattern_next() had given n more of them. */
static inline void pattern_skip(struct pattern_cursor *c, uint32_t n)
{
    c->given += n;
}
