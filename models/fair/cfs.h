/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfs.h - the arithmetic of Linux' completely fair scheduler, one run queue: guest tasks
 *         on a vCPU, or vCPU threads and APF workers on the host's CPUs
 *
 * Knows:    task_queue.h, params.h. The caller brings the time.
 * Sources:  kernel/sched/fair.c as of 2.6.3x to 6.5, without groups: update_curr,
 *           update_min_vruntime, place_entity, sched_slice, check_preempt_tick,
 *           wakeup_preempt_entity, yield_task_fair (skip buddy), get_update_sysctl_factor
 *           (SCHED_TUNABLESCALING_LOG).
 * Charge:   an entity pays for all time between being switched in and now, whatever the machine did
 *           in it: a guest cannot see that its host stood still. Steal time the caller takes off.
 * Leaves out: other buddies, bandwidth, autogroups, load tracking; vruntimes are exact quotients
 *           where the kernel multiplies by a rounded inverse.
 * Order:    (vruntime, task number); the kernel's tree puts equals behind.
 */
#pragma once

#include "params.h"
#include "task_queue.h"

#define CFS_NICE_0 1024u

struct cfs_tunables { /* scaled by CPUs, ns */
    int64_t latency, min_granularity, wakeup_granularity;
    int64_t sleeper_credit;
    bool wakeup_preemption;
};
/* A task as a fair scheduler sees it: of both, though cfs needs the first part only. */
struct cfs_entity {
    int64_t vruntime;
    uint32_t weight;
    bool delayed;         /* asleep, yet in its queue until it is picked */
    bool relative;        /* it moves between queues: keeps how far its deadline is */
    sim_ns exec_start;    /* charged up to here */
    sim_ns ran, ran_then; /* all its time, and that when it was last picked */
    int64_t deadline;
    int64_t vlag; /* not in a queue: its lag; running: the deadline with which it was picked */
};
struct cfs_rq {
    const struct cfs_tunables *tune;
    struct task_queue queue; /* those that wait; the running one is not in it */
    uint64_t load;           /* weight of those in the queue */
    int64_t min_vruntime;
};

/* cpus: of the guest, or of the host. */
void cfs_tunables_init(struct cfs_tunables *tune, const struct sched_params *p, uint32_t cpus);
/* get_update_sysctl_factor(): 1 + ilog2(CPUs), CPUs beyond 8 do not count; 1 without scaling. */
uint32_t cfs_scale_factor(const struct sched_params *p, uint32_t cpus);
/* Time as the vruntime of an entity of that weight counts it. */
static inline int64_t cfs_in_vruntime(int64_t ns, uint32_t weight)
{
    return weight == CFS_NICE_0 ? ns : ns * (int64_t)CFS_NICE_0 / (int64_t)weight;
}
uint32_t cfs_weight(int32_t nice); /* -20 .. 19 */

/* Charges curr up to now and moves min_vruntime; curr NULL: nobody runs. */
void cfs_update(struct cfs_rq *rq, struct cfs_entity *curr, sim_ns now,
                const struct cfs_entity *first);
/* Starts curr's run. */
void cfs_pick(struct cfs_entity *se, sim_ns now);
void cfs_enqueue(struct cfs_rq *rq, const struct cfs_entity *se, uint32_t task);
/* Takes out item `at` of the queue, which is `se`. */
void cfs_dequeue(struct cfs_rq *rq, const struct cfs_entity *se, uint32_t at);
/* place_entity(): where a sleeper or (initial) a new task comes in. curr as cfs_update(). */
void cfs_place(const struct cfs_rq *rq, struct cfs_entity *se, const struct cfs_entity *curr,
               bool initial);
/* The entity moves between queues: its lead or lag goes with it. */
void cfs_migrate(struct cfs_entity *se, const struct cfs_rq *from, const struct cfs_rq *to);
/* check_preempt_tick(): must curr, which has been charged, go? */
bool cfs_tick(const struct cfs_rq *rq, const struct cfs_entity *curr,
              const struct cfs_entity *first);
/* wakeup_preempt_entity(): 1 se shall preempt curr, 0 not by a granularity, -1 curr is behind. */
int cfs_preempt(const struct cfs_rq *rq, const struct cfs_entity *curr,
                const struct cfs_entity *se);
