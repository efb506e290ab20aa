/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_math.c - our own functions against libm's in long double; and the table of logarithms */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "sim_log_table.h"
#include "sim_math.h"
#include "sim_random.h"
#include "sim_variate.h"

static double ulps(double got, long double want)
{
    double w = (double)want;

    return (double)(fabsl(got - want) / (nextafter(fabs(w), INFINITY) - fabs(w)));
}

static double unit(struct sim_rng *r)
{
    return ((double)(sim_rng_u64(r) >> 11) + 0.5) * 0x1p-53;
}

static double worst_log(struct sim_rng *r, double scale_bits)
{
    double worst = 0, x, e;
    int i;

    for (i = 0; i < 200000; i++) {
        x = exp2((unit(r) - 0.5) * scale_bits);
        e = ulps(sim_log(x), logl(x));
        worst = e > worst ? e : worst;
    }
    return worst;
}

Test(math, log_is_within_2_ulp)
{
    struct sim_rng r;

    sim_rng_init(&r, 1, SIM_STREAM_PATTERN, 0);
    cr_assert(worst_log(&r, 2040) < 2);
    cr_assert(worst_log(&r, 4) < 2);
    cr_assert(worst_log(&r, 0.01) < 2);
    cr_assert(worst_log(&r, 1e-9) < 2);
    cr_assert(ulps(sim_log(DBL_MIN / 1e9), logl(DBL_MIN / 1e9)) < 2);
    cr_assert(ulps(sim_log(DBL_MAX), logl(DBL_MAX)) < 2);
    cr_assert(sim_log(1.0) == 0.0);
    cr_assert(sim_log(0.0) == -INFINITY);
    cr_assert(sim_log(INFINITY) == INFINITY);
    cr_assert(isnan(sim_log(-1.0)) && isnan(sim_log(NAN)));
}

static double worst_exp(struct sim_rng *r, double range)
{
    double worst = 0, x, e;
    int i;

    for (i = 0; i < 200000; i++) {
        x = (2 * unit(r) - 1) * range;
        e = ulps(sim_exp(x), expl(x));
        worst = e > worst ? e : worst;
    }
    return worst;
}

Test(math, exp_is_within_2_ulp)
{
    struct sim_rng r;

    sim_rng_init(&r, 2, SIM_STREAM_PATTERN, 0);
    cr_assert(worst_exp(&r, 708) < 2);
    cr_assert(worst_exp(&r, 20) < 2);
    cr_assert(worst_exp(&r, 1) < 2);
    cr_assert(worst_exp(&r, 1e-6) < 2);
    cr_assert(sim_exp(0.0) == 1.0);
    cr_assert(sim_exp(710.0) == INFINITY);
    cr_assert(sim_exp(-746.0) == 0.0);
    cr_assert(fabs(sim_exp(-740.0) - exp(-740.0)) <= 2 * DBL_TRUE_MIN);
    cr_assert(ulps(sim_exp(709.78), expl(709.78L + (709.78 - 709.78L))) < 2);
    cr_assert(isnan(sim_exp(NAN)));
}

Test(math, sqrt_is_within_1_ulp)
{
    struct sim_rng r;
    double x;
    int i;

    sim_rng_init(&r, 3, SIM_STREAM_PATTERN, 0);
    for (i = 0; i < 200000; i++) {
        x = exp2((unit(&r) - 0.5) * 200);
        cr_assert(ulps(sim_sqrt(x), sqrtl(x)) <= 1.0);
    }
}

/* The upper tail at z must be p again. d ln(tail) = -z dz for large z. */
Test(math, normal_quantile_inverts_the_tail_probability)
{
    struct sim_rng r;
    long double z, p;
    int i;

    sim_rng_init(&r, 4, SIM_STREAM_PATTERN, 0);
    for (i = 0; i < 100000; i++) {
        double exponent = i % 2 ? unit(&r) : unit(&r) * 64;

        p = (double)exp2(-1 - exponent);
        z = sim_normal_upper((double)p);
        cr_assert(fabsl(erfcl(z / sqrtl(2)) / 2 / p - 1) < 1e-14L * (2 + z * z), "p %Lg", p);
    }
    cr_assert(sim_normal_upper(0.5) == 0);
    cr_assert(fabs(sim_normal_upper(0.01) - SIM_NORMAL_P99) < 1e-15);
}

Test(math, the_table_holds_logarithms_of_its_reciprocals)
{
    int i;

    for (i = 0; i < 128; i++) {
        double inverse = sim_log_table[i].inverse;

        cr_assert(inverse == (double)(1 / (1 + (i + 0.5L) / 128)));
        cr_assert(ulps(sim_log_table[i].ln, -logl(inverse)) <= 0.51);
    }
}
