/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_stats.h - samples of one stage and their quantiles
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nanoseconds. Never more than CAL_SAMPLES_MAX are kept; the first ones win. */
#define CAL_SAMPLES_MAX 20000u
struct cal_samples {
    double *ns;
    size_t count, room;
    bool sorted;
    double *out; /* left out, as others came between: cal_samples_leave() */
    size_t outs, out_room;
    bool disturbed; /* they had to be taken after all */
};

void cal_samples_add(struct cal_samples *s, double ns);
/* A sample that counts only if there are too few others. */
void cal_samples_leave(struct cal_samples *s, double ns);
/* With fewer than CAL_QUIET_MIN samples, takes those that were left out, too, and says so. */
#define CAL_QUIET_MIN 10u
void cal_samples_settle(struct cal_samples *s);
void cal_samples_free(struct cal_samples *s);
/* Nearest rank; 0 if there are none. Sorts. */
double cal_quantile(struct cal_samples *s, double q);
/*
 * Median of the half of the samples that lie closest together. On a quiet host that is the median;
 * on a busy one it is still what the step takes when nobody comes between, unless that happens to
 * half of the samples.
 */
double cal_centre(struct cal_samples *s);
