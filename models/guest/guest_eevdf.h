/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_eevdf.h - the arithmetic of Linux' scheduler since 6.6: earliest eligible virtual deadline
 *
 * Knows:    cfs.h (entities, weights), task_queue.h, params.h. The caller brings the time.
 * Sources:  kernel/sched/fair.c as of 6.12.117, without groups: avg_vruntime, entity_lag,
 *           vruntime_eligible, update_deadline, place_entity, pick_eevdf, dequeue_entity,
 *           requeue_delayed_entity, check_preempt_wakeup_fair, yield_task_fair. Features as that
 *           kernel has them on: PLACE_LAG, PLACE_DEADLINE_INITIAL, PLACE_REL_DEADLINE,
 *           RUN_TO_PARITY, DELAY_DEQUEUE, DELAY_ZERO.
 * Words:    V: the queue's average vruntime, weighted. lag: V - vruntime; who has lag >= 0 is
 *           eligible. deadline: vruntime + slice / weight. delayed: has gone to sleep with negative
 *           lag and competes on, until it is picked (then it leaves) or woken (then it is back).
 * Charge:   as cfs.h: all time between being switched in and now.
 * Leaves out: slices of single tasks (PREEMPT_SHORT), buddies, load tracking; quotients are exact
 *           where the kernel multiplies by a rounded inverse.
 * Order:    (deadline, task number); the kernel's tree puts equals behind.
 * Cost:     picking is O(1) when the earliest deadline is eligible, else O(tasks of the queue).
 */
#pragma once

#include "cfs.h"

struct eevdf_tunables {
    int64_t base_slice; /* ns, scaled by CPUs */
    int64_t tick;       /* ns; the least bound of a lag */
    bool wakeup_preemption, delay_dequeue;
};
struct eevdf_rq {
    const struct eevdf_tunables *tune;
    struct task_queue queue; /* those that wait, by deadline; the running one is not in it */
    /* Entity of a task number; must not change while the task is in the queue. */
    struct cfs_entity *(*entity)(void *ctx, uint32_t task);
    void *ctx;
    int64_t zero; /* near V; sum: of (vruntime - zero) x weight, load: of weight, over the queue */
    int64_t sum, load;
};

void eevdf_tunables_init(struct eevdf_tunables *tune, const struct guest_params *gp);

/* In all of these curr is the running entity, NULL: nobody runs. */

/* Charges curr up to now. True: it has used up its slice and must give way to those who wait. */
bool eevdf_update(struct eevdf_rq *rq, struct cfs_entity *curr, sim_ns now);
/* V, rounded towards the left, so that an entity at V is eligible. */
int64_t eevdf_average(struct eevdf_rq *rq, const struct cfs_entity *curr);
bool eevdf_eligible(const struct eevdf_rq *rq, const struct cfs_entity *curr,
                    const struct cfs_entity *se);
/* Starts curr's run: it is protected until its deadline moves. */
void eevdf_pick(struct cfs_entity *se, sim_ns now);
void eevdf_enqueue(struct eevdf_rq *rq, const struct cfs_entity *se, uint32_t task);
void eevdf_dequeue(struct eevdf_rq *rq, const struct cfs_entity *se, uint32_t at);
/* The entity is about to leave the queue (it is curr, or still in it): notes its lag; unless it
 * sleeps, eevdf_place() keeps how far its deadline is. */
void eevdf_leave(struct eevdf_rq *rq, struct cfs_entity *se, const struct cfs_entity *curr,
                 bool sleeps);
/* place_entity(): where an entity comes in that is not in the queue. */
void eevdf_place(struct eevdf_rq *rq, struct cfs_entity *se, const struct cfs_entity *curr,
                 bool initial);
#define EEVDF_CURR UINT32_MAX
/* Who is next: a position in the queue, or EEVDF_CURR (also when the queue is empty). */
uint32_t eevdf_best(const struct eevdf_rq *rq, const struct cfs_entity *curr);
/* sched_yield() by curr. */
void eevdf_yield(struct eevdf_rq *rq, struct cfs_entity *curr);
