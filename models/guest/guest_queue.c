/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_queue.c - a CPU's queue as scheduler and balancing see it: who comes in, what is claimed
 */
#include "guest_policy.h"

void guest_free_cpu_update(struct guest_cpu *c)
{
    uint64_t *word = &c->g->free_cpu[c->number / 64], bit = (uint64_t)1 << c->number % 64;

    *word = c->idle && !c->need_resched ? *word | bit : *word & ~bit;
}

struct guest_cpu *guest_cpu_fallback(struct guest_sched *g)
{
    uint32_t i = 0;

    while (!guest_cpu_is_online(&g->cpu[i]))
        i++; /* the boot CPU never goes */
    return &g->cpu[i];
}

bool guest_is_global(const struct guest_sched *g, const struct guest_task *t)
{
    return (g->policy == &guest_policy_fifo || g->policy == &guest_policy_rr) &&
           g->gp->balance == BALANCE_IDEAL && !t->pinned;
}

void guest_resched(struct guest_cpu *c, const struct guest_cpu *by)
{
    if (c->need_resched)
        return;
    c->need_resched = true;
    guest_free_cpu_update(c);
    if (c != by)
        c->g->port.send_ipi(c->g->port.ctx, c->number, VECTOR_RESCHEDULE);
}

void guest_charge(struct guest_cpu *c, const struct guest_cpu *by)
{
    if (c->g->policy->charge(c))
        guest_resched(c, by);
}

void guest_count_movable(struct guest_cpu *c, uint32_t task, int by)
{
    if (!c->g->task[task].pinned) {
        c->movable += (uint32_t)by;
        c->g->movable += (uint32_t)by;
    }
}

void guest_enqueue(struct guest_sched *g, struct guest_cpu *c, uint32_t task)
{
    struct guest_task *t = &g->task[task];

    t->state = GUEST_TASK_QUEUED;
    t->cpu = c->number;
    if (guest_is_global(g, t)) {
        task_queue_push(&g->global, ++g->arrivals, task);
        return;
    }
    g->policy->insert(c, task);
    guest_count_movable(c, task, 1);
}
