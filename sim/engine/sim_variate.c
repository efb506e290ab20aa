/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_variate.c - every draw is the quantile function at one random word
 *
 * word w stands for the probability u = (w + 1/2) / 2^64. Doubles compute, and are rounded to whole
 * nanoseconds once. No draw is clipped but at TIME_MAX (beyond 292 years). Rounding keeps the mean
 * of an exponential within 0.1 % from 7 ns on.
 */
#include "sim_variate.h"

#include <stddef.h>
#include <string.h>

#include "sim_assert.h"
#include "sim_log_table.h"
#include "sim_math.h"

#include "sim_poison.h"
#include "sim_poison_alloc.h"

#define LN2        0x1.62e42fefa39efp-1
#define TIME_MAX   ((double)INT64_MAX)
#define PARAM_MAX  ((sim_ns)1000000000000000) /* 11 days: keeps sums of draws in 64 bits */
#define SPREAD_MAX 1000                       /* p99 / median; sigma 2.97 */
#define PPM        1000000u

static const char *check_quantiles(const struct sim_dist *d)
{
    uint32_t i;

    if (d->points < 2 || d->points > SIM_DIST_POINTS)
        return "a list of quantiles has 2 to 32 points";
    if (d->q[0].ppm != 0 || d->q[d->points - 1].ppm != PPM)
        return "the first quantile must be at 0 and the last at 1";
    for (i = 1; i < d->points; i++) {
        if (d->q[i].ppm <= d->q[i - 1].ppm)
            return "the shares of quantiles must rise";
        if (d->q[i].ns < d->q[i - 1].ns)
            return "the times of quantiles must not fall";
    }
    if (d->q[d->points - 1].ns > PARAM_MAX)
        return "times must not exceed 1e15 ns (11 days)";
    return NULL;
}

static const char *check_lognormal(const struct sim_dist *d)
{
    if (d->a == 0)
        return "the median must be above 0";
    if (d->b <= d->a)
        return "p99 must be above p50";
    if (d->b / SPREAD_MAX > d->a)
        return "p99 must not exceed 1000 times p50";
    return NULL;
}

const char *sim_dist_check(const struct sim_dist *d)
{
    if (d->kind == SIM_DIST_QUANTILES)
        return check_quantiles(d);
    if (d->a > PARAM_MAX || d->b > PARAM_MAX)
        return "times must not exceed 1e15 ns (11 days)";
    switch (d->kind) {
    case SIM_DIST_UNIFORM:
        return d->b < d->a ? "the upper end must not be below the lower one" : NULL;
    case SIM_DIST_LOGNORMAL:
        return check_lognormal(d);
    case SIM_DIST_CONSTANT:
    case SIM_DIST_EXPONENTIAL:
    case SIM_DIST_QUANTILES:
        return NULL;
    case SIM_DIST_KINDS:
        break;
    }
    return "no such distribution";
}

static double sigma_of(const struct sim_dist *d)
{
    return sim_log((double)d->b / (double)d->a) / SIM_NORMAL_P99;
}

static double mean_of_quantiles(const struct sim_dist *d)
{
    double sum = 0;
    uint32_t i;

    for (i = 1; i < d->points; i++)
        sum += (double)(d->q[i].ppm - d->q[i - 1].ppm) * (double)(d->q[i].ns + d->q[i - 1].ns);
    return sum / (2.0 * PPM);
}

double sim_dist_mean(const struct sim_dist *d)
{
    double sigma;

    switch (d->kind) {
    case SIM_DIST_UNIFORM:
        return ((double)d->a + (double)d->b) / 2;
    case SIM_DIST_LOGNORMAL:
        sigma = sigma_of(d);
        return (double)d->a * sim_exp(sigma * sigma / 2);
    case SIM_DIST_QUANTILES:
        return mean_of_quantiles(d);
    case SIM_DIST_CONSTANT:
    case SIM_DIST_EXPONENTIAL:
    case SIM_DIST_KINDS:
        break;
    }
    return (double)d->a;
}

void sim_variate_init(struct sim_variate *v, const struct sim_dist *d)
{
    SIM_ASSERT(!sim_dist_check(d));
    *v = (struct sim_variate){.dist = *d, .mu_ns = (double)d->a};
    if (d->kind == SIM_DIST_LOGNORMAL)
        v->sigma = sigma_of(d);
}

static sim_ns round_ns(double ns)
{
    return ns >= TIME_MAX ? INT64_MAX : (sim_ns)(int64_t)(ns + 0.5);
}

/*
 * -ln u = (zeros + 1) ln 2 - ln m for u = 2^-(zeros+1) m, m in [1, 2): exact in the tail, down to
 * u = 2^-64. ln m from a table and five terms of a series (|r| < 2^-8: error below 1e-15).
 */
static inline double minus_log(uint64_t word)
{
    int zeros = __builtin_clzll(word | 1);
    uint64_t bits = word << zeros << 1, fraction = bits >> 12 | (uint64_t)1023 << 52;
    unsigned cell = (unsigned)(bits >> 57);
    double m, r, r2, ln;

    memcpy(&m, &fraction, sizeof m);
    r = m * sim_log_table[cell].inverse - 1.0;
    r2 = r * r;
    ln = sim_log_table[cell].ln + (r - r2 * ((0.5 - r * (1.0 / 3)) + r2 * (0.25 - r * 0.2)));
    return (double)(zeros + 1) * LN2 - ln;
}

static sim_ns at_exponential(const struct sim_variate *v, uint64_t word)
{
    double e = minus_log(~word);

    return (sim_ns)(int64_t)(v->mu_ns * (e > 0 ? e : 0) + 0.5);
}

/* The lesser tail's probability is exact in both halves: no 1 - u that would lose the far tail. */
static sim_ns at_lognormal(const struct sim_variate *v, uint64_t word)
{
    bool upper = word >> 63;
    uint64_t tail = (upper ? ~word : word) & INT64_MAX;
    double p = ((double)(int64_t)tail + 0.5) * 0x1p-64;
    double z = sim_normal_upper(p < 0.5 ? p : 0.5);

    return round_ns(v->mu_ns * sim_exp(v->sigma * (upper ? z : -z)));
}

static sim_ns at_quantiles(const struct sim_variate *v, uint64_t word)
{
    sim_u128 x = (sim_u128)word * PPM;
    uint32_t ppm = (uint32_t)(x >> 64), i = 0;
    double share, span;

    while (v->dist.q[i + 1].ppm <= ppm)
        i++;
    share = (double)(ppm - v->dist.q[i].ppm) + (double)(int64_t)((uint64_t)x >> 1) * 0x1p-63;
    span = (double)(v->dist.q[i + 1].ns - v->dist.q[i].ns);
    return v->dist.q[i].ns +
           round_ns(span * share / (double)(v->dist.q[i + 1].ppm - v->dist.q[i].ppm));
}

sim_ns sim_variate_at(const struct sim_variate *v, uint64_t word)
{
    switch (v->dist.kind) {
    case SIM_DIST_UNIFORM:
        return v->dist.a + (sim_ns)((sim_u128)word * (v->dist.b - v->dist.a + 1) >> 64);
    case SIM_DIST_EXPONENTIAL:
        return at_exponential(v, word);
    case SIM_DIST_LOGNORMAL:
        return at_lognormal(v, word);
    case SIM_DIST_QUANTILES:
        return at_quantiles(v, word);
    case SIM_DIST_CONSTANT:
    case SIM_DIST_KINDS:
        break;
    }
    return v->dist.a;
}

/* A constant takes its word, too: a changed distribution does not shift the draws after it. */
sim_ns sim_variate_draw(const struct sim_variate *v, struct sim_rng *r)
{
    return sim_variate_at(v, sim_rng_u64(r));
}

sim_ns sim_variate_quantile(const struct sim_variate *v, uint32_t ppm)
{
    SIM_ASSERT(ppm < PPM);
    return sim_variate_at(v, (uint64_t)(((sim_u128)ppm << 64) / PPM));
}
