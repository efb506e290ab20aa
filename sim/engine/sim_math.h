/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_math.h - logarithm, exponential, square root, normal quantile from + - * / alone
 *
 * Promise: the same bits on every compiler and CPU (built with -ffp-contract=off).
 */
#pragma once

/* x > 0 and normal; within 1 ulp. */
double sim_sqrt(double x);

/* z with P(Z < -z) = p, 0 < p <= 0.5: relative error below 1e-14. Wichura 1988, AS 241 (PPND16). */
double sim_normal_upper(double p);

/* 99th percentile of the standard normal. */
#define SIM_NORMAL_P99 2.3263478740408411009

/* Portable natural logarithm and exponential, within 2 ulp: the only ones that models may use. */
double sim_log(double x);
double sim_exp(double x);
