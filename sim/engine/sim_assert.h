/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_assert.h - our own bugs: on in every build, with seed, time and the command that replays them
 *
 * A failed assertion prints file:line, the condition, and the context that sim_crash_context() was
 * given for this thread (run, mode, replica, seed, simulated time, replay command); then aborts.
 */
#pragma once

#include <stdint.h>

/* Tells how far a run has come: sim_where() of sim.h, or another engine's. */
typedef void (*sim_crash_where)(const void *run, uint64_t *ret_now, uint64_t *ret_event);

/* What a failed assertion of this thread prints. `run` and `replay` must outlive the run; where =
 * NULL clears. */
void sim_crash_context(sim_crash_where where, const void *run, uint64_t seed, const char *replay);

_Noreturn void sim_assert_failed(const char *file, int line, const char *what);

#define SIM_ASSERT(cond)                                                                           \
    ((__builtin_expect(!!(cond), 1)) ? (void)0 : sim_assert_failed(__FILE__, __LINE__, #cond))
