/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_stats.h - means with 95 % intervals (Student's t), and paired ratios
 *
 * Knows:    arithmetic only; of libm only sqrt(), which IEEE 754 rounds exactly.
 * Promise:  sums go in the order of the array, so the same values give the same bits everywhere.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rep_mean {
    uint32_t n; /* values; 0: mean is 0 and means nothing */
    double mean;
    double ci95; /* half width of the 95 % interval; 0 and meaningless when n < 2 */
};

static inline bool rep_mean_has_interval(const struct rep_mean *m)
{
    return m->n >= 2;
}

/* 97.5 % quantile of Student's t with df >= 1 degrees of freedom. */
double rep_t975(uint32_t df);
struct rep_mean rep_mean_of(const double *x, uint32_t n);
/* Mean of x[i] / base[i]: pairs that share a seed. Pairs with base[i] <= 0 are left out. */
struct rep_mean rep_paired_ratio(const double *x, const double *base, uint32_t n);
