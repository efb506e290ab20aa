/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_policy_order.c - fifo and rr: tasks run in the order in which they came
 *
 * fifo: a task runs until it blocks or yields. rr: or until a tick finds that it has run for
 * guest.rr.slice while others wait (task_tick_rt, kernel/sched/rt.c). Nobody is preempted by a
 * wake-up: all have one priority. Keys of the queue are numbers of arrival.
 */
#include "guest_policy.h"

static void order_init(struct guest_cpu *c)
{
    c->queue = &c->cfs.queue;
    c->cfs.tune = &c->g->tune;
}

static bool fifo_charge(struct guest_cpu *c)
{
    (void)c;
    return false;
}

static bool rr_charge(struct guest_cpu *c)
{
    struct cfs_entity *se = guest_curr_entity(c);

    if (se) {
        se->ran += sim_now(c->g->sim) - se->exec_start;
        se->exec_start = sim_now(c->g->sim);
    }
    return false;
}

static void order_insert(struct guest_cpu *c, uint32_t task)
{
    struct cfs_entity *se = guest_entity(c, task);

    se->vruntime = ++c->g->arrivals;
    cfs_enqueue(&c->cfs, se, task);
}

static void order_take(struct guest_cpu *c, uint32_t at)
{
    cfs_dequeue(&c->cfs, guest_entity(c, c->queue->item[at].task), at);
}

static void order_place(struct guest_cpu *c, uint32_t task, enum guest_arrival how)
{
    (void)c;
    (void)task;
    (void)how;
}

static void order_pass(struct guest_cpu *from, struct guest_cpu *to, uint32_t at)
{
    (void)to;
    order_take(from, at);
}

static void order_sleep(struct guest_cpu *c)
{
    (void)c;
}

static void order_rehome(struct guest_cpu *from, struct guest_cpu *to, uint32_t task)
{
    (void)from;
    (void)to;
    (void)task;
}

static bool order_linger(struct guest_cpu *c)
{
    (void)c;
    return false;
}

static bool order_preempts(struct guest_cpu *c, uint32_t task)
{
    (void)c;
    (void)task;
    return false;
}

static bool fifo_tick(struct guest_cpu *c)
{
    (void)c;
    return false;
}

static bool rr_expired(struct guest_cpu *c)
{
    const struct cfs_entity *se = guest_curr_entity(c);

    return se && c->queue->count && se->ran - se->ran_then >= c->g->gp->sched_rr_slice;
}

static uint32_t fifo_choose(struct guest_cpu *c, bool yields)
{
    return c->curr != GUEST_NO_TASK && !yields ? CHOOSE_KEEP : CHOOSE_REQUEUE;
}

static uint32_t rr_choose(struct guest_cpu *c, bool yields)
{
    return fifo_choose(c, yields || rr_expired(c));
}

static void order_start(struct guest_cpu *c, uint32_t task)
{
    cfs_pick(guest_entity(c, task), sim_now(c->g->sim));
}

const struct guest_policy guest_policy_fifo = {
    .init = order_init,
    .charge = fifo_charge,
    .insert = order_insert,
    .take = order_take,
    .place = order_place,
    .pass = order_pass,
    .sleep = order_sleep,
    .rehome = order_rehome,
    .linger = order_linger,
    .expel = NULL, /* nobody lingers */
    .unlinger = NULL,
    .preempts = order_preempts,
    .tick = fifo_tick,
    .choose = fifo_choose,
    .start = order_start,
};

const struct guest_policy guest_policy_rr = {
    .init = order_init,
    .charge = rr_charge,
    .insert = order_insert,
    .take = order_take,
    .place = order_place,
    .pass = order_pass,
    .sleep = order_sleep,
    .rehome = order_rehome,
    .linger = order_linger,
    .expel = NULL,
    .unlinger = NULL,
    .preempts = order_preempts,
    .tick = rr_expired,
    .choose = rr_choose,
    .start = order_start,
};
