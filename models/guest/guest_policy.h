/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_policy.h - what differs between the guest's scheduling policies, one table each
 *
 * Knows:    guest_kernel.h. Each function works on one CPU's own queue (guest_cpu.queue) and its
 *           current task; who runs where is guest_runq.c and guest_balance.c.
 *   guest_policy_fair.c   cfs and eevdf, over the arithmetic of cfs.c and guest_eevdf.c
 *   guest_policy_order.c  fifo and rr: in the order of arrival
 */
#pragma once

#include "guest_kernel.h"

enum guest_arrival {
    ARRIVAL_BOOT, /* before anything runs */
    ARRIVAL_NEW,
    ARRIVAL_WOKEN,
};

/* What choose() says, beside a position in the queue. */
#define CHOOSE_KEEP    0xffffffffu /* the current task goes on, or there is nobody */
#define CHOOSE_REQUEUE 0xfffffffeu /* the current task goes back; the first of the queue runs */

struct guest_policy {
    void (*init)(struct guest_cpu *c); /* sets c->queue */
    /* The current task pays for its time up to now. True: it must give way. */
    bool (*charge)(struct guest_cpu *c);
    void (*insert)(struct guest_cpu *c, uint32_t task);
    void (*take)(struct guest_cpu *c, uint32_t at);
    /* Before a task is inserted that was not in this queue; not for the current one. */
    void (*place)(struct guest_cpu *c, uint32_t task, enum guest_arrival how);
    /* The task at that position of from's queue leaves it and gets its place on `to`. */
    void (*pass)(struct guest_cpu *from, struct guest_cpu *to, uint32_t at);
    void (*sleep)(struct guest_cpu *c); /* the current task goes to sleep, and does not linger */
    /* A sleeper of `from` is woken on `to`; before place(). */
    void (*rehome)(struct guest_cpu *from, struct guest_cpu *to, uint32_t task);
    /* True: the current task, which goes to sleep, stays in the queue (and was put there). */
    bool (*linger)(struct guest_cpu *c);
    /* Such a task, at that position, leaves the queue after all. */
    void (*expel)(struct guest_cpu *c, uint32_t at);
    /* Such a task is woken: it is runnable again, where it is. */
    void (*unlinger)(struct guest_cpu *c, uint32_t task);
    /* Shall the task, which is in the queue, take the CPU from the current one? */
    bool (*preempts)(struct guest_cpu *c, uint32_t task);
    bool (*tick)(struct guest_cpu *c); /* the same question at a tick, behind charge() */
    uint32_t (*choose)(struct guest_cpu *c, bool yields);
    void (*start)(struct guest_cpu *c, uint32_t task); /* it is about to run */
};

extern const struct guest_policy guest_policy_cfs, guest_policy_eevdf, guest_policy_fifo,
    guest_policy_rr;

static inline struct cfs_entity *guest_curr_entity(struct guest_cpu *c)
{
    return c->curr == GUEST_NO_TASK ? NULL : &c->g->task[c->curr].se;
}
static inline struct cfs_entity *guest_entity(struct guest_cpu *c, uint32_t task)
{
    return &c->g->task[task].se;
}
/* Position of a task in c's queue; it must be there. */
uint32_t guest_queue_find(const struct guest_cpu *c, uint32_t task);
