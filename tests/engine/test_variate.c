/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_variate.c - distributions: moments by quadrature, shapes by chi-square, bits by checksum
 *
 * A draw is the quantile function at a word. So moments need no luck: they are integrals over all
 * words, in octaves towards both tails, and agree with the formulas to many digits.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "sim_variate.h"

static const struct sim_dist constant = {.kind = SIM_DIST_CONSTANT, .a = 12345};
static const struct sim_dist uniform = {.kind = SIM_DIST_UNIFORM, .a = 1000, .b = 1000999};
static const struct sim_dist exponential = {.kind = SIM_DIST_EXPONENTIAL, .a = 1000000};
static const struct sim_dist lognormal = {
    .kind = SIM_DIST_LOGNORMAL, .a = 1000000, .b = 19130000}; /* squared cv 4 */
static const struct sim_dist quantiles = {.kind = SIM_DIST_QUANTILES,
                                          .points = 5,
                                          .q = {{0, 0, 50000},
                                                {500000, 0, 80000},
                                                {900000, 0, 80000},
                                                {990000, 0, 400000},
                                                {1000000, 0, 9000000}}};

/* Sums over 2^-k shares: an octave's words are [0, size) from its end of the range. */
static void moments(const struct sim_variate *v, double *ret_mean, double *ret_variance)
{
    enum { POINTS = 2048, OCTAVES = 48 };
    double mean = 0, square = 0, weight, x, y;
    uint64_t size, word, j;
    int k;

    for (k = 1; k <= OCTAVES; k++) {
        size = (uint64_t)1 << (63 - k);
        weight = ldexp(1.0 / POINTS, -k - 1);
        for (j = 0; j < POINTS; j++) {
            word = size + j * (size / POINTS) + size / POINTS / 2;
            x = (double)sim_variate_at(v, word);
            y = (double)sim_variate_at(v, ~word);
            mean += weight * (x + y);
            square += weight * (x * x + y * y);
        }
    }
    *ret_mean = mean;
    *ret_variance = square - mean * mean;
}

static void check_moments(const struct sim_dist *d, double mean, double variance)
{
    struct sim_variate v;
    double m, s;

    sim_variate_init(&v, d);
    moments(&v, &m, &s);
    cr_assert(fabs(m / mean - 1) < 1e-5, "mean %.10g, wanted %.10g", m, mean);
    cr_assert(fabs(sim_dist_mean(d) / mean - 1) < 1e-12);
    cr_assert(fabs(s - variance) <= 1e-4 * variance + 1e-6 * mean, "variance %.10g, wanted %.10g",
              s, variance);
}

static void check_lognormal_moments(double median, double p99)
{
    struct sim_dist d = {.kind = SIM_DIST_LOGNORMAL, .a = (sim_ns)median, .b = (sim_ns)p99};
    double sigma = log(p99 / median) / 2.3263478740408408, square = exp(sigma * sigma);

    check_moments(&d, median * sqrt(square), median * median * square * (square - 1));
}

Test(variate, means_and_variances_are_those_of_the_formulas)
{
    struct sim_dist narrow = {.kind = SIM_DIST_UNIFORM, .a = 5, .b = 6};

    check_moments(&constant, 12345, 0);
    check_moments(&uniform, 500999.5, 1e6 * 1e6 / 12);
    check_moments(&narrow, 5.5, 0.25);
    check_moments(&exponential, 1e6, 1e12);
    check_lognormal_moments(1e6, 19.13e6);
    check_lognormal_moments(1e6, 1.001e6);
    check_lognormal_moments(8e4, 2e5);
}

/* Rounding to whole ns: the promise holds from means of 7 ns on. */
Test(variate, short_exponentials_keep_their_mean)
{
    struct sim_dist d = {.kind = SIM_DIST_EXPONENTIAL, .a = 7};
    struct sim_variate v;
    double m, s;

    sim_variate_init(&v, &d);
    moments(&v, &m, &s);
    cr_assert(fabs(m / 7 - 1) < 1e-3, "mean %g", m);
    d.a = 0;
    sim_variate_init(&v, &d);
    cr_assert_eq(sim_variate_at(&v, UINT64_MAX), 0);
}

/* Each piece from x to y with share w: mean w (x+y)/2, square w (x^2 + xy + y^2)/3. */
Test(variate, quantile_lists_have_the_moments_of_straight_lines)
{
    double mean = 0, square = 0, w, x, y;
    uint32_t i;

    for (i = 1; i < quantiles.points; i++) {
        w = (quantiles.q[i].ppm - quantiles.q[i - 1].ppm) * 1e-6;
        x = (double)quantiles.q[i - 1].ns;
        y = (double)quantiles.q[i].ns;
        mean += w * (x + y) / 2;
        square += w * (x * x + x * y + y * y) / 3;
    }
    check_moments(&quantiles, mean, square - mean * mean);
}

Test(variate, quantiles_are_where_the_user_put_them)
{
    struct sim_variate v;
    uint32_t i;

    sim_variate_init(&v, &lognormal);
    cr_assert(llabs((long long)sim_variate_quantile(&v, 500000) - 1000000) <= 1);
    cr_assert(llabs((long long)sim_variate_quantile(&v, 990000) - 19130000) <= 1);
    sim_variate_init(&v, &quantiles);
    for (i = 0; i + 1 < quantiles.points; i++)
        cr_assert(llabs((long long)(sim_variate_quantile(&v, quantiles.q[i].ppm) -
                                    quantiles.q[i].ns)) <= 1);
    cr_assert_eq(sim_variate_at(&v, UINT64_MAX), 9000000);
    sim_variate_init(&v, &uniform);
    cr_assert_eq(sim_variate_at(&v, 0), 1000);
    cr_assert_eq(sim_variate_at(&v, UINT64_MAX), 1000999);
    sim_variate_init(&v, &exponential);
    cr_assert(llabs((long long)sim_variate_quantile(&v, 500000) - 693147) <= 1);
    cr_assert_eq(sim_variate_at(&v, 0), 0);
    cr_assert_eq(sim_variate_at(&v, UINT64_MAX), 44361420, "64 ln 2 means: the tail is not cut");
}

Test(variate, draws_rise_with_the_word)
{
    const struct sim_dist *all[] = {&constant, &uniform, &exponential, &lognormal, &quantiles};
    struct sim_variate v;
    sim_ns last, x;
    size_t i;
    uint64_t w;

    for (i = 0; i < 5; i++) {
        sim_variate_init(&v, all[i]);
        last = 0;
        for (w = 0; w < 100000; w++, last = x) {
            x = sim_variate_at(&v, w * (UINT64_MAX / 100000));
            cr_assert(x >= last);
        }
    }
}

static double cdf(const struct sim_dist *d, double x)
{
    uint32_t i = 0;

    switch (d->kind) {
    case SIM_DIST_UNIFORM:
        return (x - (double)d->a + 0.5) / (double)(d->b - d->a + 1);
    case SIM_DIST_EXPONENTIAL:
        return -expm1(-x / (double)d->a);
    case SIM_DIST_LOGNORMAL:
        return erfc(-log(x / (double)d->a) / (log((double)d->b / (double)d->a) / 2.32634787404084) /
                    sqrt(2)) /
               2;
    case SIM_DIST_QUANTILES:
        while ((double)d->q[i + 1].ns < x)
            i++;
        return 1e-6 * (d->q[i].ppm + (d->q[i + 1].ppm - d->q[i].ppm) * (x - (double)d->q[i].ns) /
                                         (double)(d->q[i + 1].ns - d->q[i].ns));
    case SIM_DIST_CONSTANT:
    case SIM_DIST_KINDS:
        break;
    }
    return 0;
}

/* 500 equal cells: chi-square with 499 degrees of freedom exceeds 620 once in 5000. */
Test(variate, a_million_draws_have_the_shape_of_their_distribution)
{
    struct sim_dist lines = {
        .kind = SIM_DIST_QUANTILES,
        .points = 4,
        .q = {
            {0, 0, 1000000}, {300000, 0, 2000000}, {900000, 0, 80000000}, {1000000, 0, 900000000}}};
    const struct sim_dist *all[] = {&uniform, &exponential, &lognormal, &lines};
    size_t i;

    for (i = 0; i < 4; i++) {
        double count[500] = {0}, chi = 0;
        struct sim_variate v;
        struct sim_rng r;
        int k;

        sim_variate_init(&v, all[i]);
        sim_rng_init(&r, 3, SIM_STREAM_DISK, i);
        for (k = 0; k < 1000000; k++) {
            int cell = (int)(500 * cdf(all[i], (double)sim_variate_draw(&v, &r)));

            cr_assert(cell >= 0 && cell <= 500);
            count[cell < 500 ? cell : 499]++;
        }
        for (k = 0; k < 500; k++)
            chi += (count[k] - 2000) * (count[k] - 2000) / 2000;
        cr_assert(chi < 620, "distribution %zu: chi-square %g", i, chi);
    }
}

/* One word a draw; and the same draws from every compiler, option and CPU. */
Test(variate, draws_are_the_same_bits_everywhere)
{
    static const uint64_t want[] = {0x55abea12413ab080u, 0x58a44173332ecb64u, 0x8cbe26e89a9fead3u,
                                    0x65732ba775895a31u, 0xbafad99b614ad395u};
    const struct sim_dist *all[] = {&constant, &uniform, &exponential, &lognormal, &quantiles};
    size_t i;
    int k;

    for (i = 0; i < 5; i++) {
        struct sim_rng r, words;
        struct sim_variate v;
        uint64_t sum = 0;

        sim_variate_init(&v, all[i]);
        sim_rng_init(&r, 1, SIM_STREAM_DISK, 0);
        words = r;
        for (k = 0; k < 200000; k++) {
            sum = (sum ^ sim_variate_draw(&v, &r)) * 0x9e3779b97f4a7c15u;
            sim_rng_u64(&words);
        }
        cr_assert_eq(memcmp(&r, &words, sizeof r), 0);
        cr_expect_eq(sum, want[i], "%zu: golden 0x%lxu", i, (unsigned long)sum);
    }
}

Test(variate, what_is_wrong_is_said_in_a_sentence)
{
    struct {
        struct sim_dist d;
        const char *want;
    } rows[] = {
        {{.kind = SIM_DIST_CONSTANT, .a = 0}, NULL},
        {{.kind = SIM_DIST_EXPONENTIAL, .a = 2000000000000000}, "times must not exceed"},
        {{.kind = SIM_DIST_UNIFORM, .a = 5, .b = 4}, "the upper end must not be below"},
        {{.kind = SIM_DIST_UNIFORM, .a = 5, .b = 5}, NULL},
        {{.kind = SIM_DIST_LOGNORMAL, .a = 5, .b = 5}, "p99 must be above p50"},
        {{.kind = SIM_DIST_LOGNORMAL, .a = 0, .b = 5}, "the median must be above 0"},
        {{.kind = SIM_DIST_LOGNORMAL, .a = 5, .b = 50000}, "p99 must not exceed 1000 times"},
        {{.kind = SIM_DIST_LOGNORMAL, .a = 5, .b = 5000}, NULL},
        {{.kind = SIM_DIST_QUANTILES, .points = 1}, "a list of quantiles has 2 to 32"},
        {{.kind = SIM_DIST_QUANTILES, .points = 33}, "a list of quantiles has 2 to 32"},
        {{.kind = SIM_DIST_QUANTILES, .points = 2, .q = {{1, 0, 0}, {1000000, 0, 9}}},
         "the first quantile must be at 0"},
        {{.kind = SIM_DIST_QUANTILES, .points = 2, .q = {{0, 0, 0}, {990000, 0, 9}}},
         "the first quantile must be at 0"},
        {{.kind = SIM_DIST_QUANTILES, .points = 3, .q = {{0, 0, 0}, {0, 0, 1}, {1000000, 0, 9}}},
         "the shares of quantiles must rise"},
        {{.kind = SIM_DIST_QUANTILES, .points = 2, .q = {{0, 0, 10}, {1000000, 0, 9}}},
         "the times of quantiles must not fall"},
        {{.kind = SIM_DIST_KINDS}, "no such distribution"},
    };
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got = sim_dist_check(&rows[i].d);

        if (rows[i].want)
            cr_assert(got && !strncmp(got, rows[i].want, strlen(rows[i].want)), "row %zu: %s", i,
                      got ? got : "(valid)");
        else
            cr_assert_null(got, "row %zu: %s", i, got);
    }
}

Test(variate, the_widest_distribution_does_not_overflow)
{
    struct sim_dist d = {.kind = SIM_DIST_LOGNORMAL, .a = 1000000000000, .b = 1000000000000000};
    struct sim_variate v;

    sim_variate_init(&v, &d);
    cr_assert_eq(sim_variate_at(&v, UINT64_MAX), INT64_MAX);
    cr_assert_eq(sim_variate_at(&v, 0), 2);
    cr_assert(sim_variate_quantile(&v, 999999) < INT64_MAX);
}
