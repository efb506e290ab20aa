/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_stats.c - the t table and two sums
 */
#include "rep_stats.h"

#include <math.h>
#include <stddef.h>

/* Quantiles for 1..30 degrees of freedom: numeric integration of the density, to 5 decimals. */
static const double t975[] = {
    12.70620, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.30600, 2.26216, 2.22814,
    2.20099,  2.17881, 2.16037, 2.14479, 2.13145, 2.11991, 2.10982, 2.10092, 2.09302, 2.08596,
    2.07961,  2.07387, 2.06866, 2.06390, 2.05954, 2.05553, 2.05183, 2.04841, 2.04523, 2.04227,
};
#define T_EXACT (sizeof t975 / sizeof t975[0])

/* Above 30: straight lines in 1/df between these; the error is below 1e-4. */
static const struct {
    uint32_t df;
    double t;
} t975_far[] = {{30, 2.04227}, {40, 2.02108}, {60, 2.00030}, {120, 1.97993}, {1000, 1.96234}};
#define T_FAR   (sizeof t975_far / sizeof t975_far[0])
#define T_LIMIT 1.95996 /* of the normal distribution */

double rep_t975(uint32_t df)
{
    if (df <= T_EXACT)
        return t975[df ? df - 1 : 0];
    for (size_t i = 1; i < T_FAR; i++) {
        if (df > t975_far[i].df)
            continue;
        double lo = 1.0 / t975_far[i].df, hi = 1.0 / t975_far[i - 1].df;
        double share = (1.0 / df - lo) / (hi - lo);

        return t975_far[i].t + share * (t975_far[i - 1].t - t975_far[i].t);
    }
    const size_t last = T_FAR - 1;
    const double far_df = t975_far[last].df, far_t = t975_far[last].t;

    return T_LIMIT + (far_t - T_LIMIT) * far_df / df;
}

struct rep_mean rep_mean_of(const double *x, uint32_t n)
{
    struct rep_mean m = {.n = n};
    double sum = 0, squares = 0;

    if (!n)
        return m;
    for (uint32_t i = 0; i < n; i++)
        sum += x[i];
    m.mean = sum / n;
    if (n < 2)
        return m;
    for (uint32_t i = 0; i < n; i++)
        squares += (x[i] - m.mean) * (x[i] - m.mean);
    m.ci95 = rep_t975(n - 1) * sqrt(squares / (n - 1) / n);
    return m;
}

/* Two passes over ratios that are computed anew: no memory, same bits. */
struct rep_mean rep_paired_ratio(const double *x, const double *base, uint32_t n)
{
    struct rep_mean m = {0};
    double sum = 0, squares = 0;

    for (uint32_t i = 0; i < n; i++) {
        if (base[i] <= 0)
            continue;
        sum += x[i] / base[i];
        m.n++;
    }
    if (!m.n)
        return m;
    m.mean = sum / m.n;
    if (m.n < 2)
        return m;
    for (uint32_t i = 0; i < n; i++)
        if (base[i] > 0)
            squares += (x[i] / base[i] - m.mean) * (x[i] / base[i] - m.mean);
    m.ci95 = rep_t975(m.n - 1) * sqrt(squares / (m.n - 1) / m.n);
    return m;
}
