/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_sched.h - the guest kernel: run queues, scheduler, tick, timers, APF sleepers
 *
 * Knows:    engine, apf (guest half), guest.h, tasks.h, params.h. Never the host's models: it meets
 *           the machine only through guest_ops and guest_port.
 */
#pragma once

#include "guest.h"
#include "sim.h"

struct guest_sched;

/* Guest `number` of p: guest_of(). In notes and instructions its tasks, kinds and CPUs have their
 * numbers in the whole run; to guest_ops and guest_port its CPUs are numbered from 0. */
struct guest_sched *guest_sched_create(struct sim *sim, const struct params *p,
                                       const struct page_traces *traces, uint64_t seed,
                                       uint32_t number, const struct guest_port *port);
void guest_sched_destroy(struct guest_sched *g);
extern const struct guest_ops guest_sched_ops; /* ctx = struct guest_sched * */

/* First events of its own, at time 0. */
void guest_sched_start(struct guest_sched *g);
/* Closes the books at a measurement boundary: says TASK_RAN and TASK_ITERATION for what has been
 * done so far. The vCPU has cut its segment first. */
void guest_sched_flush(struct guest_sched *g);
/* All tasks have ended. */
bool guest_sched_all_done(const struct guest_sched *g);
/* In the whole run, those of other guests included. */
uint32_t guest_sched_tasks(const struct guest_sched *g);
/* Which entry of params.task the task comes from. */
uint32_t guest_sched_kind(const struct guest_sched *g, uint32_t task);
const char *guest_sched_broken(const struct guest_sched *g);
/* CPU `cpu` is in its ready handler: entered, and ACK not written yet. */
bool guest_sched_handles_ready(const struct guest_sched *g, uint32_t cpu);
/* Some task that is pinned to CPU `cpu` does not sleep on a token of its vCPU, and may yet. */
bool guest_sched_more_may_sleep(const struct guest_sched *g, uint32_t cpu);
/* The next task from `from` on that sleeps on a token of vCPU `cpu`, or guest_sched_tasks(). */
uint32_t guest_sched_sleeper(const struct guest_sched *g, uint32_t cpu, uint32_t from,
                             uint32_t *ret_token, sim_ns *ret_since);
