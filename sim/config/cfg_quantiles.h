/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_quantiles.h - quantiles that keep a mean
 *
 * Promise:  the mean becomes what it must be, to 1 ns; percentiles stay as far as the mean allows,
 *           and move by a third at most.
 */
#pragma once

#include <stdbool.h>

#include "sim_variate.h"

/* Makes a list of quantiles of points that are rising in share, and moves them so that the mean is
 * `mean` ns. False: they contradict it. */
bool cfg_quantiles_fit(struct sim_dist *d, double mean);
