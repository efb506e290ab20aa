/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_variate.h - distributions of times, drawn without libm
 *
 * Promise:  a draw is a pure function of one 64-bit word and the prepared tables; same bits on
 *           every compiler and CPU (no libm at draw or at prepare time: logarithms and the normal
 *           quantile come from our own arithmetic, built with -ffp-contract=off).
 * Accuracy: mean and variance of what is drawn agree with the distribution's to 0.1 %.
 *           (lognormal: mean to 0.1 %, variance to 1 % for sigma <= 1.3)
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim_math.h"
#include "sim_random.h"
#include "sim_time.h"

enum sim_dist_kind {
    SIM_DIST_CONSTANT,
    SIM_DIST_UNIFORM,     /* a..b, both included */
    SIM_DIST_EXPONENTIAL, /* mean a */
    SIM_DIST_LOGNORMAL,   /* median a, 99th percentile b */
    SIM_DIST_QUANTILES,   /* points (share in 1e-6, ns), straight lines between; see q */
    SIM_DIST_KINDS
};
#define SIM_DIST_POINTS 32

/* What the user wrote: plain data, compared and hashed. */
struct sim_dist {
    enum sim_dist_kind kind;
    uint32_t points;
    sim_ns a, b;
    struct {
        uint32_t ppm; /* 0 .. 1000000, rising; first 0, last 1000000 */
        uint32_t pad;
        sim_ns ns;
    } q[SIM_DIST_POINTS];
};

/* Prepared for drawing. */
struct sim_variate {
    struct sim_dist dist;
    double mu_ns, sigma; /* lognormal: median and sigma of ln; exponential: mu_ns is the mean */
};

/* NULL when valid, else what is wrong, as a sentence for the user. */
const char *sim_dist_check(const struct sim_dist *d);
/* Mean in ns, by formula. */
double sim_dist_mean(const struct sim_dist *d);

void sim_variate_init(struct sim_variate *v, const struct sim_dist *d);
/* Takes one word of the stream, whatever the distribution. */
sim_ns sim_variate_draw(const struct sim_variate *v, struct sim_rng *r);
/* The draw that `word` makes: the quantile at (word + 1/2) / 2^64, rising with word. */
sim_ns sim_variate_at(const struct sim_variate *v, uint64_t word);
/* ppm < 1000000. */
sim_ns sim_variate_quantile(const struct sim_variate *v, uint32_t ppm);
