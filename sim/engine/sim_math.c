/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_math.c - logarithm, exponential, root, normal quantile without libm
 */
#include "sim_math.h"

#include <stdint.h>
#include <string.h>

#include "sim_poison.h"
#include "sim_poison_alloc.h"

/* ln 2 in two parts: the first ends in 32 zero bits, so that k * LN2_HIGH is exact. */
#define LN2_HIGH 0x1.62e42fee00000p-1
#define LN2_LOW  0x1.a39ef35793c76p-33
#define LOG2_E   0x1.71547652b82fep+0

#define FRACTION_BITS 52
#define EXPONENT_BIAS 1023
#define ONE_BITS      ((uint64_t)EXPONENT_BIAS << FRACTION_BITS)
#define FRACTION_MASK (((uint64_t)1 << FRACTION_BITS) - 1)
#define SQRT2_BITS    0x3ff6a09e667f3bcdu

static uint64_t to_bits(double x)
{
    uint64_t u;

    memcpy(&u, &x, sizeof u);
    return u;
}

static double from_bits(uint64_t u)
{
    double x;

    memcpy(&x, &u, sizeof x);
    return x;
}

/* c[0] + x c[1] + x^2 c[2] ... */
static double horner(const double *c, int n, double x)
{
    double y = c[n - 1];

    while (--n > 0)
        y = y * x + c[n - 1];
    return y;
}

/* ln x for x <= 0, infinite or not a number. */
static double log_special(double x)
{
    if (x > 0)
        return x;
    return x < 0 || x != x ? from_bits(0x7ff8000000000000u) : -from_bits(0x7ff0000000000000u);
}

/*
 * x = 2^k (1 + f), 1 + f in [sqrt(1/2), sqrt 2). With s = f / (2 + f), ln(1 + f) = 2 artanh s
 * = f - (f^2/2 - s (f^2/2 + r)), r = 2 s^2/3 + 2 s^4/5 + ...: the large part f is exact.
 */
double sim_log(double x)
{
    static const double series[] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11, 2.0 / 13,
                                    2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21, 2.0 / 23};
    uint64_t u = to_bits(x), fraction;
    double f, s, z, half, r, k;
    int exponent = 0;

    if (!(x > 0) || u >= 0x7ff0000000000000u)
        return log_special(x);
    if (u < (uint64_t)1 << FRACTION_BITS) { /* subnormal */
        u = to_bits(x * 0x1p54);
        exponent = -54;
    }
    exponent += (int)(u >> FRACTION_BITS) - EXPONENT_BIAS;
    fraction = (u & FRACTION_MASK) | ONE_BITS;
    if (fraction >= SQRT2_BITS) {
        fraction -= (uint64_t)1 << FRACTION_BITS;
        exponent++;
    }
    f = from_bits(fraction) - 1.0;
    s = f / (2.0 + f);
    z = s * s;
    half = 0.5 * f * f;
    r = z * horner(series, 11, z);
    k = exponent;
    return k * LN2_HIGH - ((half - (s * (half + r) + k * LN2_LOW)) - f);
}

/* 2^k for any k that a result can need; in two factors where one would be no normal number. */
static double scale(double y, int k)
{
    int first = k / 2;

    return y * from_bits((uint64_t)(first + EXPONENT_BIAS) << FRACTION_BITS) *
           from_bits((uint64_t)(k - first + EXPONENT_BIAS) << FRACTION_BITS);
}

/* x = k ln 2 + r, |r| <= ln(2) / 2; then the Taylor series, its first two terms apart. */
double sim_exp(double x)
{
    static const double series[] = {1.0 / 2,        1.0 / 6,         1.0 / 24,
                                    1.0 / 120,      1.0 / 720,       1.0 / 5040,
                                    1.0 / 40320,    1.0 / 362880,    1.0 / 3628800,
                                    1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};
    double k, high, low, r, tail;

    if (x != x)
        return x;
    if (x > 709.782712893384)
        return from_bits(0x7ff0000000000000u);
    if (x < -745.2)
        return 0.0;
    k = (double)(int)(x * LOG2_E + (x < 0 ? -0.5 : 0.5));
    high = x - k * LN2_HIGH;
    low = k * LN2_LOW;
    r = high - low;
    tail = ((high - r) - low) + r * r * horner(series, 12, r);
    return scale(1.0 + (r + tail), (int)k);
}

/* Heron's rule from a guess with the exponent halved (within 6 %): four rounds reach the last bit.
 */
double sim_sqrt(double x)
{
    double y = from_bits((to_bits(x) >> 1) + (ONE_BITS >> 1));
    int i;

    for (i = 0; i < 5; i++)
        y = 0.5 * (y + x / y);
    return y;
}

/* M. J. Wichura, "The percentage points of the normal distribution", Applied Statistics 37 (1988).
 */
double sim_normal_upper(double p)
{
    static const double a[] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                               1.9715909503065514427e3, 1.3731693765509461125e4,
                               4.5921953931549871457e4, 6.7265770927008700853e4,
                               3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double b[] = {1.0,
                               4.2313330701600911252e1,
                               6.8718700749205790830e2,
                               5.3941960214247511077e3,
                               2.1213794301586595867e4,
                               3.9307895800092710610e4,
                               2.8729085735721942674e4,
                               5.2264952788528545610e3};
    static const double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                               5.76949722146069140550e0,  3.64784832476320460504e0,
                               1.27045825245236838258e0,  2.41780725177450611770e-1,
                               2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[] = {1.0,
                               2.05319162663775882187e0,
                               1.67638483018380384940e0,
                               6.89767334985100004550e-1,
                               1.48103976427480074590e-1,
                               1.51986665636164571966e-2,
                               5.47593808499534494600e-4,
                               1.05075007164441684324e-9};
    static const double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                               1.78482653991729133580e0,  2.96560571828504891230e-1,
                               2.65321895265761230930e-2, 1.24266094738807843860e-3,
                               2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[] = {1.0,
                               5.99832206555887937690e-1,
                               1.36929880922735805310e-1,
                               1.48753612908506148525e-2,
                               7.86869131145613259100e-4,
                               1.84631831751005468180e-5,
                               1.42151175831644588870e-7,
                               2.04426310338993978564e-15};
    double q = 0.5 - p, r;

    if (q <= 0.425) {
        r = 0.180625 - q * q;
        return q * horner(a, 8, r) / horner(b, 8, r);
    }
    r = sim_sqrt(-sim_log(p));
    if (r <= 5.0)
        return horner(c, 8, r - 1.6) / horner(d, 8, r - 1.6);
    return horner(e, 8, r - 5.0) / horner(f, 8, r - 5.0);
}
