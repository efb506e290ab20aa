/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_value.h - texts to exact values and back
 *
 * Knows:    config.h (for sim_dist, PAGE_BYTES, GLib). No key and no file.
 * Promise:  exact integers: a fraction is good only if the result is whole (1.5us is 1500 ns;
 *           0.5ns is refused), overflow is refused, and there is no octal, hexadecimal, exponent
 *           or sign. What cfg_format_* writes, cfg_parse_* reads back to the same value.
 * Errors:   a parser returns NULL when the text is good, else what is wrong and what would be
 *           right, to be freed.
 */
#pragma once

#include "config.h"

char *cfg_parse_count(const char *text, uint64_t *ret);
char *cfg_parse_signed(const char *text, int64_t *ret);
char *cfg_parse_bool(const char *text, bool *ret);
/* 12ms, 0.5us; a bare 0 needs no unit. */
char *cfg_parse_time(const char *text, sim_ns *ret);
/* 512MiB, 1.5GiB; whole pages of 4 KiB; a bare 0 needs no unit. */
char *cfg_parse_bytes(const char *text, uint64_t *ret);
/* 30% or 0.3, in 1e-6; at most 100%. */
char *cfg_parse_share(const char *text, uint32_t *ret);
/* 1.25, in 1e-3. */
char *cfg_parse_milli(const char *text, uint32_t *ret);
/* 12.4ms | constant(T) | uniform(A,B) | exponential(MEAN) | lognormal(p50=T,p99=T) |
 * quantiles(SHARE:T,...) */
char *cfg_parse_dist(const char *text, struct sim_dist *ret);
/* 1000/s, 0.5/s or none, in 1e-3. */
char *cfg_parse_rate(const char *text, uint32_t *ret);
/* p99 < 5ms, p99.9 < 20ms or none. */
char *cfg_parse_objective(const char *text, struct objective_params *ret);

char *cfg_format_rate(uint32_t milli);
char *cfg_format_objective(const struct objective_params *objective);
char *cfg_format_time(sim_ns ns);
char *cfg_format_bytes(uint64_t bytes);
char *cfg_format_share(uint32_t ppm);
char *cfg_format_milli(uint32_t milli);
char *cfg_format_dist(const struct sim_dist *dist);
