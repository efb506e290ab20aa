/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_cpu.h - host CPUs that vCPU threads and APF workers share
 *
 * Knows:    engine, params.h, cfs.h. Not what a thread is: it meets them through host_cpu_ops.
 * Model:    a thread needs a CPU or sleeps. Woken it goes to its last CPU if that is idle, else to
 *           any idle one, else to one whose thread only polls, else it waits, and pre-empts the
 *           thread on its last CPU by the wake-up rule (wakeup_preempt_entity). All CPUs take from
 *           one queue in the order of vruntime: what Linux' load balancing aims at, without its
 *           domains and intervals. Bound threads (workers of a per-CPU pool) wait for their CPU
 *           alone.
 *           While somebody waits, CPUs look at each host tick whether their thread has had its
 *           slice (check_preempt_tick), with host.hz = 0 every min_granularity. When nobody waits
 *           there is no event at all.
 * Promise:  no CPU is idle, or polls longer than until its next event, while a thread waits that
 *           may run there, but for one that a bound worker has pushed aside: Linux does not move it
 *           for so short a time, either. The books of each CPU sum to the clock (HOST_CLASSES).
 * Leaves out: the cost of the host's own switch beyond the exit, caches, NUMA, SMT, priorities: all
 *           threads are nice 0; no cgroups; kswapd and whatever else the host runs.
 */
#pragma once

#include "params.h"
#include "sim.h"
#include "sim_words.h"

struct host_cpus;

enum host_off {
    HOST_OFF,    /* the thread has left its CPU and wants it back */
    HOST_LATER,  /* it is in the middle of something: it calls host_cpus_leave() when it can */
    HOST_ASLEEP, /* it only polled: it has called host_cpus_sleep() */
};

/* What a thread is told, always in an event or step of somebody else: it may post, not run. */
struct host_cpu_ops {
    void (*on)(void *ctx, uint32_t thread); /* it has a CPU from now on */
    enum host_off (*off)(void *ctx, uint32_t thread);
    void (*alarm)(void *ctx, uint32_t thread); /* the time of host_cpus_alarm() has come */
};

/* p->host.cpus CPUs (>= 1), all idle; `threads` threads asleep, of which those from first_worker on
 * are booked as workers, the others book for themselves. Takes an actor of `sim` a CPU. NULL: no
 * memory. */
struct host_cpus *host_cpus_create(struct sim *sim, const struct params *p, uint32_t threads,
                                   uint32_t first_worker, const struct host_cpu_ops *ops,
                                   void *ctx);
void host_cpus_destroy(struct host_cpus *h); /* NULL is fine */

/* The thread wants a CPU: ops->on() is called now or later. */
void host_cpus_wake(struct host_cpus *h, uint32_t thread);
/* The thread, which has a CPU, gives it up and wants none. */
void host_cpus_sleep(struct host_cpus *h, uint32_t thread);
/* It gives it up because it was told HOST_LATER, and wants it back. */
void host_cpus_leave(struct host_cpus *h, uint32_t thread);
/* ops->alarm() at `when`, if the thread still has its CPU then; SIM_NEVER: no alarm. polls: it only
 * waits for that, and makes way for whoever comes. */
void host_cpus_alarm(struct host_cpus *h, uint32_t thread, sim_ns when, bool polls);
/* When the alarm is due, or SIM_NEVER. */
sim_ns host_cpus_alarm_at(const struct host_cpus *h, uint32_t thread);
/* Some thread waits that could run on this one's CPU. */
bool host_cpus_wanted(const struct host_cpus *h, uint32_t thread);
/* A sleeping thread becomes another one (a worker takes another item): it was last where `as` is or
 * was; bound: it runs there only. */
void host_cpus_adopt(struct host_cpus *h, uint32_t thread, uint32_t as, bool bound);

/* The thread has used its CPU for the last ns: NOTE_HOST_SEGMENT. */
void host_cpus_book(struct host_cpus *h, uint32_t thread, enum host_class class, sim_ns ns);
/* Books what is idle or a worker's up to now. When the threads have booked theirs, too, every CPU's
 * books sum to the clock: asserted. */
void host_cpus_split(struct host_cpus *h);
/* First broken property, or NULL. */
const char *host_cpus_broken(const struct host_cpus *h);
