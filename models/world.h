/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world.h - one run: host, devices, vCPUs and a guest, wired together
 *
 * Knows:    all models.
 * Promise:  a run is a pure function of (params, traces, mode, seed).
 */
#pragma once

#include "guest.h"
#include "sim.h"

struct world;
struct vcpu;

/* A run of the guest kernel of params. NULL when memory is short. p and t must outlive it. */
struct world *world_create(const struct params *p, const struct page_traces *t, enum run_mode mode,
                           uint64_t seed);
/* The same machine with a guest of the caller's own. */
struct world *world_create_bare(const struct params *p, enum run_mode mode, uint64_t seed,
                                uint32_t tasks, const struct guest_ops *ops, void *guest);
void world_destroy(struct world *w); /* NULL is fine */
struct sim *world_sim(struct world *w);
/* Warm-up, NOTE_MEASURE_BEGIN, duration, NOTE_MEASURE_END. */
enum sim_outcome world_run(struct world *w);
uint32_t world_tasks(const struct world *w);
uint32_t world_task_kind(const struct world *w, uint32_t task);
/* High-water marks of what was sized at start: reads under way and their bound. */
uint32_t world_io_high_water(const struct world *w, uint32_t *ret_bound);
/* The whole state of all vCPUs, pages and the guest: first broken property, or NULL. */
const char *world_broken(struct world *w);
