/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_runq.c - who runs where
 *
 * fifo:  queues are in the order of arrival, a task runs until it blocks. cfs: guest_cfs.c.
 * balance none:    a task stays on the CPU it started on.
 * balance newidle: a woken task goes to its last CPU, or to an idle one when that is busy; a CPU
 *                  that runs out of tasks pulls one from the longest queue. Linux' two habits that
 *                  matter at this scale (select_idle_sibling, newidle_balance), without domains.
 * balance ideal:   no CPU is idle while a task waits. fifo: one queue for all CPUs. cfs: as
 * newidle, idle CPUs taken in the order of their numbers. Pinned tasks never move.
 */
#include "guest_kernel.h"
#include "sim_assert.h"

static bool is_fifo(const struct guest_sched *g)
{
    return g->gp->scheduler == GUEST_SCHED_FIFO;
}

/* The one queue of fifo and ideal takes all tasks that may run anywhere. */
static bool is_global(const struct guest_sched *g, const struct guest_task *t)
{
    return is_fifo(g) && g->gp->balance == BALANCE_IDEAL && !t->pinned;
}

static struct cfs_entity *curr_entity(struct guest_cpu *c)
{
    return c->curr == GUEST_NO_TASK ? NULL : &c->g->task[c->curr].se;
}

static struct cfs_entity *first_entity(struct guest_cpu *c)
{
    return c->rq.queue.count ? &c->g->task[c->rq.queue.item[0].task].se : NULL;
}

static void update(struct guest_cpu *c)
{
    if (!is_fifo(c->g))
        cfs_update(&c->rq, curr_entity(c), sim_now(c->g->sim), first_entity(c));
}

/* ---- idle CPUs ---- */

static void free_cpu_update(struct guest_cpu *c)
{
    uint64_t *word = &c->g->free_cpu[c->number / 64], bit = (uint64_t)1 << c->number % 64;

    *word = c->idle && !c->need_resched ? *word | bit : *word & ~bit;
}

static bool is_free(const struct guest_cpu *c)
{
    return c->idle && !c->need_resched;
}

/* resched_curr(): an interrupt only when it is another CPU that has not been told yet. */
static void resched(struct guest_cpu *c, const struct guest_cpu *by)
{
    if (c->need_resched)
        return;
    c->need_resched = true;
    free_cpu_update(c);
    if (c != by)
        c->g->port.send_ipi(c->g->port.ctx, c->number, VECTOR_RESCHEDULE);
}

static struct guest_cpu *lowest_free(struct guest_sched *g)
{
    for (uint32_t i = 0; i * 64 < g->cpus; i++)
        if (g->free_cpu[i])
            return &g->cpu[i * 64 + (uint32_t)__builtin_ctzll(g->free_cpu[i])];
    return NULL;
}

/* Where a woken task goes. An idle CPU that does the waking takes it before another is disturbed.
 */
static struct guest_cpu *select_cpu(struct guest_sched *g, const struct guest_task *t,
                                    struct guest_cpu *by)
{
    struct guest_cpu *own = &g->cpu[t->cpu], *idle;

    if (t->pinned || g->gp->balance == BALANCE_NONE)
        return own;
    if (g->gp->balance == BALANCE_NEWIDLE && is_free(own))
        return own;
    if (by && is_free(by))
        return by;
    idle = lowest_free(g);
    return idle ? idle : own;
}

/* ---- queues ---- */

static void enqueue(struct guest_sched *g, struct guest_cpu *c, uint32_t task)
{
    struct guest_task *t = &g->task[task];

    t->state = GUEST_TASK_QUEUED;
    t->cpu = c->number;
    if (is_global(g, t)) {
        task_queue_push(&g->global, ++g->arrivals, task);
        return;
    }
    if (is_fifo(g))
        t->se.vruntime = ++g->arrivals;
    cfs_enqueue(&c->rq, &t->se, task);
    if (!t->pinned) {
        c->movable++;
        g->movable++;
    }
}

static uint32_t dequeue(struct guest_sched *g, struct guest_cpu *c, uint32_t at)
{
    uint32_t task = c->rq.queue.item[at].task;

    cfs_dequeue(&c->rq, &g->task[task].se, at);
    if (!g->task[task].pinned) {
        c->movable--;
        g->movable--;
    }
    return task;
}

/* A task has come to c's queue: does it interrupt what runs there? */
static void check_preempt(struct guest_cpu *c, uint32_t task, const struct guest_cpu *by)
{
    if (c->idle) {
        resched(c, by);
        return;
    }
    if (is_fifo(c->g) || c->curr == GUEST_NO_TASK || !c->rq.tune->wakeup_preemption)
        return;
    update(c);
    if (cfs_preempt(&c->rq, curr_entity(c), &c->g->task[task].se) == 1)
        resched(c, by);
}

void guest_task_start(struct guest_sched *g, struct guest_cpu *by, uint32_t task, bool late)
{
    struct guest_task *t = &g->task[task];
    struct guest_cpu *c = late ? select_cpu(g, t, by) : &g->cpu[t->cpu];

    if (late && !is_fifo(g)) {
        update(c);
        cfs_place(&c->rq, &t->se, curr_entity(c), true);
    }
    if (late)
        sim_note(g->sim, NOTE_TASK_WAKE, task, c->number, REASON_OTHER, 0);
    enqueue(g, c, task);
    if (late)
        check_preempt(c, task, by);
}

void guest_task_wake(struct guest_sched *g, struct guest_cpu *by, uint32_t task,
                     enum guest_reason reason, sim_ns due)
{
    struct guest_task *t = &g->task[task];
    struct guest_cpu *c = select_cpu(g, t, by);

    t->woken = true;
    t->woken_at = due;
    sim_note(g->sim, NOTE_TASK_WAKE, task, c->number, reason, 0);
    if (!is_fifo(g)) {
        update(c);
        if (c->number != t->cpu)
            cfs_migrate(&t->se, &g->cpu[t->cpu].rq, &c->rq);
        cfs_place(&c->rq, &t->se, curr_entity(c), false);
    }
    enqueue(g, c, task);
    check_preempt(c, task, by);
}

void guest_curr_block(struct guest_cpu *c, enum guest_task_state state)
{
    SIM_ASSERT(c->curr != GUEST_NO_TASK);
    update(c);
    c->g->task[c->curr].state = state;
    guest_task_say(c->g, c->curr);
    c->curr = GUEST_NO_TASK;
    c->yields = false;
}

void guest_curr_tick(struct guest_cpu *c)
{
    if (is_fifo(c->g) || c->curr == GUEST_NO_TASK)
        return;
    update(c);
    if (cfs_tick(&c->rq, curr_entity(c), first_entity(c)))
        resched(c, c);
}

/* ---- picking ---- */

/* The longest queue that has a task to give; a CPU that is about to run its only one keeps it. */
static struct guest_cpu *longest_queue(struct guest_sched *g, const struct guest_cpu *to)
{
    struct guest_cpu *best = NULL;

    for (uint32_t i = 0; i < g->cpus; i++) {
        struct guest_cpu *c = &g->cpu[i];

        if (c == to || !c->movable || c->rq.queue.count <= (c->curr == GUEST_NO_TASK))
            continue;
        if (!best || c->rq.queue.count > best->rq.queue.count)
            best = c;
    }
    return best;
}

static uint32_t first_movable(const struct guest_sched *g, const struct task_queue *q)
{
    uint32_t best = q->count;

    for (uint32_t i = 0; i < q->count; i++)
        if (!g->task[q->item[i].task].pinned &&
            (best == q->count || task_queue_before(&q->item[i], &q->item[best])))
            best = i;
    return best;
}

static uint32_t pull(struct guest_cpu *c)
{
    struct guest_sched *g = c->g;
    struct guest_cpu *from = NULL;
    uint32_t task;

    if (g->gp->balance != BALANCE_NONE && g->movable)
        from = longest_queue(g, c);
    if (!from)
        return GUEST_NO_TASK;
    update(from);
    task = dequeue(g, from, first_movable(g, &from->rq.queue));
    if (!is_fifo(g))
        cfs_migrate(&g->task[task].se, &from->rq, &c->rq);
    return task;
}

/* fifo and ideal: whoever came first, to this CPU alone or to all. */
static uint32_t pick_first(struct guest_cpu *c)
{
    struct task_queue *own = &c->rq.queue, *all = &c->g->global;

    if (all->count && (!own->count || task_queue_before(&all->item[0], &own->item[0])))
        return task_queue_remove(all, 0);
    return own->count ? dequeue(c->g, c, 0) : GUEST_NO_TASK;
}

/* yield_task_fair() and the skip buddy of pick_next_entity(): the next one runs unless that would
 * be unfair by more than a granularity. */
static bool keeps_after_yield(struct guest_cpu *c)
{
    struct cfs_entity *first = first_entity(c), *curr = curr_entity(c);

    return !first || cfs_preempt(&c->rq, first, curr) == 1;
}

/* The current task is runnable: it goes back to the queue, or (true) keeps the CPU. */
static bool put_curr(struct guest_cpu *c)
{
    bool yields = c->yields;

    c->yields = false;
    update(c);
    if (is_fifo(c->g) && !yields)
        return true;
    if (!is_fifo(c->g) && yields && keeps_after_yield(c))
        return true;
    if (!is_fifo(c->g) && !yields && !c->rq.queue.count)
        return true;
    return false;
}

/* Who is next, when the current one (if any) does not keep the CPU. */
static uint32_t pick_next(struct guest_cpu *c, bool skip)
{
    uint32_t prev = c->curr, next;

    if (prev == GUEST_NO_TASK || is_fifo(c->g) || !skip) {
        if (prev != GUEST_NO_TASK)
            enqueue(c->g, c, prev);
        c->curr = GUEST_NO_TASK;
        next = pick_first(c);
        return next == GUEST_NO_TASK ? pull(c) : next;
    }
    next = dequeue(c->g, c, 0);
    enqueue(c->g, c, prev);
    return next;
}

static void become(struct guest_cpu *c, uint32_t next)
{
    c->curr = next;
    c->idle = next == GUEST_NO_TASK;
    free_cpu_update(c);
    if (next == GUEST_NO_TASK)
        return;
    c->g->task[next].state = GUEST_TASK_RUNNING;
    c->g->task[next].cpu = c->number;
    update(c);
}

bool guest_schedule(struct guest_cpu *c)
{
    struct guest_sched *g = c->g;
    uint32_t prev = c->curr, next;
    bool skip = c->yields;

    c->need_resched = false;
    if (prev != GUEST_NO_TASK && put_curr(c))
        return false;
    next = pick_next(c, skip);
    if (next != GUEST_NO_TASK && next != prev)
        cfs_pick(&g->task[next].se, sim_now(g->sim));
    become(c, next);
    if (next == c->last)
        return false;
    if (prev != GUEST_NO_TASK)
        guest_task_say(g, prev);
    sim_note(g->sim, NOTE_TASK_SWITCH, c->number, c->last, next, 0);
    c->last = next;
    return true;
}

void guest_task_say(struct guest_sched *g, uint32_t task)
{
    struct guest_task *t = &g->task[task];

    if (t->ran_unsaid)
        sim_note(g->sim, NOTE_TASK_RAN, task, t->ran_unsaid, t->cpu, 0);
    if (t->prog.turns > t->turns_said)
        sim_note(g->sim, NOTE_TASK_ITERATION, task, t->prog.turns - t->turns_said, 0, 0);
    t->ran_unsaid = 0;
    t->turns_said = t->prog.turns;
}
