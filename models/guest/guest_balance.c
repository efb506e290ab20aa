/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_balance.c - which CPU a task runs on
 *
 * balance none:    a task stays on the CPU it started on.
 * balance newidle: a woken task goes to its last CPU, or to an idle one when that is busy; a CPU
 *                  that runs out of tasks pulls one from the longest queue. Linux' two habits that
 *                  matter at this scale (select_idle_sibling, newidle_balance), without domains.
 * balance load:    the same, and a busy CPU looks for the longest queue every so often, and takes
 *                  half of what it has more (rebalance_domains, without domains, load averages and
 *                  cache hotness: tasks count, not weights).
 * balance ideal:   no CPU is idle while a task waits. fifo, rr: one queue for all CPUs. Others: as
 *                  newidle, idle CPUs taken in the order of their numbers.
 * Pinned tasks never move, unless their CPU goes offline (select_fallback_rq()); when it is back
 * they are pinned to it again: assumed, whoever pinned them does so again.
 */
#include "guest_policy.h"

#include "sim_assert.h"

/* ---- idle CPUs ---- */

static bool is_free(const struct guest_cpu *c)
{
    return c->idle && !c->need_resched;
}

static struct guest_cpu *lowest_free(struct guest_sched *g)
{
    for (uint32_t i = 0; i * 64 < g->cpus; i++)
        if (g->free_cpu[i])
            return &g->cpu[i * 64 + (uint32_t)__builtin_ctzll(g->free_cpu[i])];
    return NULL;
}

/* An idle CPU that does the waking takes the task before another is disturbed. */
struct guest_cpu *guest_select_cpu(struct guest_sched *g, const struct guest_task *t,
                                   struct guest_cpu *by)
{
    struct guest_cpu *own = &g->cpu[t->pinned ? t->home : t->cpu], *idle;

    if (!guest_cpu_is_online(own))
        own = guest_cpu_fallback(g);
    if (t->pinned || g->gp->balance == BALANCE_NONE)
        return own;
    if (g->gp->balance != BALANCE_IDEAL && is_free(own))
        return own;
    if (by && is_free(by))
        return by;
    idle = lowest_free(g);
    return idle ? idle : own;
}

/* ---- pulling ---- */

static uint32_t runnable(const struct guest_cpu *c)
{
    return c->queue->count - c->lingering + (c->curr != GUEST_NO_TASK);
}

/* The longest queue that has a task to give; a CPU that is about to run its only one keeps it. */
static struct guest_cpu *longest_queue(struct guest_sched *g, const struct guest_cpu *to)
{
    struct guest_cpu *best = NULL;

    for (uint32_t i = 0; i < g->cpus; i++) {
        struct guest_cpu *c = &g->cpu[i];
        uint32_t waiting = c->queue->count - c->lingering;

        if (c == to || !c->movable || waiting <= (c->curr == GUEST_NO_TASK))
            continue;
        if (!best || waiting > best->queue->count - best->lingering)
            best = c;
    }
    return best;
}

static uint32_t first_movable(const struct guest_sched *g, const struct task_queue *q)
{
    uint32_t best = q->count;

    for (uint32_t i = 0; i < q->count; i++)
        if (!g->task[q->item[i].task].pinned && !g->task[q->item[i].task].se.delayed &&
            (best == q->count || task_queue_before(&q->item[i], &q->item[best])))
            best = i;
    return best;
}

/* The task leaves `from` and is placed on `to`, in no queue yet. */
static uint32_t take_from(struct guest_cpu *from, struct guest_cpu *to)
{
    uint32_t at, task;

    guest_charge(from, to);
    at = first_movable(to->g, from->queue);
    task = from->queue->item[at].task;
    to->g->policy->pass(from, to, at);
    guest_count_movable(from, task, -1);
    return task;
}

uint32_t guest_pull(struct guest_cpu *c)
{
    struct guest_sched *g = c->g;
    struct guest_cpu *from = NULL;

    if (g->gp->balance != BALANCE_NONE && g->movable)
        from = longest_queue(g, c);
    return from ? take_from(from, c) : GUEST_NO_TASK;
}

/*
 * get_sd_balance_interval(): as many ms as the domain has CPUs, 16 times as long on a busy one
 * (busy_factor); kernel/sched/topology.c, sd_init().
 */
#define BALANCE_BUSY_FACTOR 16u

void guest_balance_tick(struct guest_cpu *c)
{
    struct guest_sched *g = c->g;
    sim_ns now = sim_now(g->sim), period = (sim_ns)g->cpus * BALANCE_BUSY_FACTOR * SIM_MS;
    struct guest_cpu *from;
    uint32_t more;

    if (g->gp->balance != BALANCE_LOAD || g->cpus == 1 || now < c->balance_at)
        return;
    c->balance_at = now + period;
    from = g->movable ? longest_queue(g, c) : NULL;
    if (!from || runnable(from) < runnable(c) + 2)
        return;
    guest_charge(c, c);
    for (more = (runnable(from) - runnable(c)) / 2; more && from->movable; more--)
        guest_enqueue(g, c, take_from(from, c));
}
