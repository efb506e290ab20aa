/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_memory.h - frames: who reclaims, when, and where a dirty page goes
 *
 * Knows:    machine.h, page_cache.h, disk.h.
 * Model:    cgroup: the thread that allocates reclaims what it needs, nobody else does. global:
 *           an allocation that leaves less than the low watermark wakes kswapd, which reclaims
 *           batches of 32 until more than the high one is free; the thread that allocates reclaims
 *           only when less than the minimum would be left. kswapd has a host CPU of its own.
 * Leaves out: zones and nodes, order > 0, watermark boost, OOM: when nothing can be reclaimed, the
 *           limit is exceeded for the moment. A batch is free at its begin, its time comes after.
 */
#pragma once

#include "machine.h"

/* Once, when everything else has been made; before any page is taken. */
void host_memory_init(struct world *w);
/* Frames for `frames` pages; `keep` is not taken. Returns the time of the thread that asks. */
sim_ns host_memory_make_room(struct world *w, uint32_t keep, uint32_t frames);
/* Largest number of writes that kswapd and zswap's shrinker may have queued. */
uint32_t host_memory_writes_max(const struct world *w);
