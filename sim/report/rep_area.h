/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_area.h - the time integral of a number that changes in steps
 *
 * Knows:    sim_ns. area / time = time-weighted mean. The level is followed always, the area counts
 *           from the last rep_area_begin().
 */
#pragma once

#include "sim_time.h"

struct rep_area {
    uint64_t level, area;
    sim_ns since;
};

/* Brings the area up to `now` and sets the level from then on. */
static inline void rep_area_set(struct rep_area *a, sim_ns now, uint64_t level)
{
    a->area += a->level * (now - a->since);
    a->since = now;
    a->level = level;
}

static inline void rep_area_begin(struct rep_area *a, sim_ns now)
{
    a->area = 0;
    a->since = now;
}
