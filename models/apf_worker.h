/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_worker.h - the host's kworkers: one GUP for each work item
 *
 * Knows:    machine.h, apf_step.h, backing.h, kworker.h, thread.h.
 * Model:    the worker begins its GUP when the item is queued, waits for the page, and is through
 *           cost.worker after the page is there: append, kick, completed, wake, in this order.
 * Leaves out: limits on the number of kworkers; the CPU time of their reclaim; without shared host
 *           CPUs, all their CPU time on other CPUs.
 */
#pragma once

#include "machine.h"

/* Handler of world.worker_actor; ctx = struct world *. */
void apf_worker_event(void *ctx, const struct sim_event *ev);
/* A shared host CPU has done all the work of this worker; it sleeps again. */
void apf_worker_through(struct world *w, uint32_t waiter);
