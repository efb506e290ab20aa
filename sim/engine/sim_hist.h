/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_hist.h - counts of values in log-linear cells: percentiles within 0.4 %
 *
 * Knows:    nothing: a value is an integer (mostly ns).
 * Promise:  count, sum, least and greatest are exact. A percentile is the middle of its cell: exact
 *           below 256, else within 1/256 of the true order statistic. Plain data: copy with `=`.
 * Limits:   values from 2^43 (2.4 hours in ns) on share the last cell.
 * Cost:     38 KiB each; adding is one shift and one increment.
 */
#pragma once

#include <stdint.h>

#include "sim_random.h"

#define SIM_HIST_BITS     7  /* 128 cells an octave */
#define SIM_HIST_MAX_BITS 43 /* octaves up to 2^43 */
#define SIM_HIST_CELLS    ((SIM_HIST_MAX_BITS - SIM_HIST_BITS + 1) << SIM_HIST_BITS)

struct sim_hist {
    uint64_t count, least, greatest;
    uint64_t sum_low, sum_high; /* 128 bits */
    uint64_t cell[SIM_HIST_CELLS];
};

void sim_hist_clear(struct sim_hist *h);
void sim_hist_merge(struct sim_hist *into, const struct sim_hist *from);

/* The least value that at least ppm / 1e6 of all values do not exceed; 0 when empty. ppm <= 1e6. */
uint64_t sim_hist_percentile(const struct sim_hist *h, uint32_t ppm);
double sim_hist_mean(const struct sim_hist *h); /* 0 when empty */

/* Of a value. */
static inline uint32_t sim_hist_cell(uint64_t value)
{
    uint32_t shift;

    if (value >> SIM_HIST_MAX_BITS)
        return SIM_HIST_CELLS - 1;
    if (value < (uint64_t)2 << SIM_HIST_BITS)
        return (uint32_t)value;
    shift = (uint32_t)(63 - __builtin_clzll(value)) - SIM_HIST_BITS;
    return (shift << SIM_HIST_BITS) + (uint32_t)(value >> shift);
}

static inline void sim_hist_add_sum(struct sim_hist *h, sim_u128 more)
{
    sim_u128 sum = ((sim_u128)h->sum_high << 64 | h->sum_low) + more;

    h->sum_low = (uint64_t)sum;
    h->sum_high = (uint64_t)(sum >> 64);
}

static inline void sim_hist_add_n(struct sim_hist *h, uint64_t value, uint64_t n)
{
    if (n == 0)
        return;
    h->count += n;
    h->least = value < h->least ? value : h->least;
    h->greatest = value > h->greatest ? value : h->greatest;
    h->cell[sim_hist_cell(value)] += n;
    sim_hist_add_sum(h, (sim_u128)value * n);
}

/* As sim_hist_add_n() of one: most values are no new extreme, and the sum rarely carries. */
static inline void sim_hist_add(struct sim_hist *h, uint64_t value)
{
    h->count++;
    if (value < h->least)
        h->least = value;
    if (value > h->greatest)
        h->greatest = value;
    h->cell[sim_hist_cell(value)]++;
    h->sum_high += __builtin_add_overflow(h->sum_low, value, &h->sum_low);
}
