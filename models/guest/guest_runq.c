/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_runq.c - run queues: tasks come, are woken, block, are preempted; who is next
 *
 * What a policy decides is asked of guest_policy.h; which CPU a task runs on, of guest_balance.c.
 */
#include "guest_policy.h"
#include "sim_assert.h"

/* ---- queues ---- */

static uint32_t dequeue(struct guest_cpu *c, uint32_t at)
{
    uint32_t task = c->queue->item[at].task;

    c->g->policy->take(c, at);
    guest_count_movable(c, task, -1);
    return task;
}

/* A task has come to c's queue: does it interrupt what runs there? */
static void check_preempt(struct guest_cpu *c, uint32_t task, const struct guest_cpu *by)
{
    if (c->idle) {
        guest_resched(c, by);
        return;
    }
    if (c->curr == GUEST_NO_TASK || guest_is_global(c->g, &c->g->task[task]))
        return;
    guest_charge(c, by);
    if (c->g->policy->preempts(c, task))
        guest_resched(c, by);
}

void guest_task_start(struct guest_sched *g, struct guest_cpu *by, uint32_t task, bool late)
{
    struct guest_task *t = &g->task[task];
    struct guest_cpu *c = late ? guest_select_cpu(g, t, by) : &g->cpu[t->cpu];

    if (late) {
        guest_charge(c, by);
        sim_note(g->sim, NOTE_TASK_WAKE, task, guest_vcpu(c), REASON_OTHER, 0);
    }
    g->policy->place(c, task, late ? ARRIVAL_NEW : ARRIVAL_BOOT);
    guest_enqueue(g, c, task);
    if (late)
        check_preempt(c, task, by);
}

/* A sleeper that has not left its queue yet. */
static void wake_lingering(struct guest_sched *g, struct guest_cpu *c, uint32_t task)
{
    g->policy->unlinger(c, task);
    c->lingering--;
    g->task[task].state = GUEST_TASK_QUEUED;
    guest_count_movable(c, task, 1);
}

void guest_task_wake(struct guest_sched *g, struct guest_cpu *by, uint32_t task,
                     enum guest_reason reason, sim_ns due)
{
    struct guest_task *t = &g->task[task];
    struct guest_cpu *c = t->se.delayed ? &g->cpu[t->cpu] : guest_select_cpu(g, t, by);

    t->woken = true;
    t->woken_at = due;
    sim_note(g->sim, NOTE_TASK_WAKE, task, guest_vcpu(c), reason, 0);
    guest_charge(c, by);
    if (t->se.delayed) {
        wake_lingering(g, c, task);
    } else {
        if (c->number != t->cpu)
            g->policy->rehome(&g->cpu[t->cpu], c, task);
        g->policy->place(c, task, ARRIVAL_WOKEN);
        guest_enqueue(g, c, task);
    }
    check_preempt(c, task, by);
}

void guest_curr_block(struct guest_cpu *c, enum guest_task_state state)
{
    SIM_ASSERT(c->curr != GUEST_NO_TASK);
    c->g->policy->charge(c);
    c->g->task[c->curr].state = state;
    if (state != GUEST_TASK_ENDED && c->g->policy->linger(c))
        c->lingering++;
    else
        c->g->policy->sleep(c);
    guest_task_say(c->g, c->curr);
    c->curr = GUEST_NO_TASK;
    c->yields = false;
}

void guest_curr_tick(struct guest_cpu *c)
{
    if (c->curr == GUEST_NO_TASK)
        return;
    guest_charge(c, c);
    if (c->g->policy->tick(c))
        guest_resched(c, c);
    guest_balance_tick(c);
}

/* ---- hot-plug ---- */

static void expel(struct guest_cpu *c, uint32_t at)
{
    c->g->policy->expel(c, at);
    c->lingering--;
}

/* The task at that position of from's queue moves to `to`, to which it is pinned or not. */
static void move(struct guest_cpu *from, struct guest_cpu *to, uint32_t at, bool pinned)
{
    uint32_t task = from->queue->item[at].task;

    from->g->policy->pass(from, to, at);
    guest_count_movable(from, task, -1);
    from->g->task[task].pinned = pinned;
    guest_enqueue(from->g, to, task);
    check_preempt(to, task, from);
}

/* The current task goes back to the queue. */
static void put_back(struct guest_cpu *c)
{
    uint32_t task = c->curr;

    c->curr = GUEST_NO_TASK;
    guest_enqueue(c->g, c, task);
}

/* The current task is pinned to a CPU that has come online meanwhile: it goes there. */
static void send_home(struct guest_cpu *c)
{
    uint32_t task = c->curr;

    if (task == GUEST_NO_TASK || !c->g->task[task].pinned || c->g->task[task].home == c->number)
        return;
    put_back(c);
    guest_charge(&c->g->cpu[c->g->task[task].home], c);
    move(c, &c->g->cpu[c->g->task[task].home], guest_queue_find(c, task), true);
}

/* Both CPUs are brought up to date before the first task moves: no task may change the place that
 * a later one gets. */
void guest_tasks_leave(struct guest_cpu *c)
{
    struct guest_sched *g = c->g;
    struct guest_cpu *to = guest_cpu_fallback(g);
    uint32_t curr = c->curr;

    g->policy->charge(c);
    guest_charge(to, c);
    c->need_resched = c->idle = c->yields = false;
    guest_free_cpu_update(c);
    if (curr != GUEST_NO_TASK) {
        guest_task_say(g, curr);
        put_back(c);
    }
    while (c->queue->count)
        if (g->task[c->queue->item[0].task].se.delayed)
            expel(c, 0);
        else
            move(c, to, 0, false);
    if (g->global.count) { /* c may have been the one that was told of it */
        uint32_t first = g->global.item[0].task;

        check_preempt(guest_select_cpu(g, &g->task[first], c), first, c);
    }
    for (uint32_t i = 0; i < g->tasks; i++) /* those who sleep, or run elsewhere */
        if (g->task[i].home == c->number)
            g->task[i].pinned = false;
}

/* It waits in a queue, and is pinned to c from now on. */
static void requeue(struct guest_cpu *c, uint32_t task)
{
    struct guest_sched *g = c->g;
    struct guest_cpu *from = &g->cpu[g->task[task].cpu];
    uint32_t at = 0;

    if (!guest_is_global(g, &g->task[task])) {
        guest_charge(from, c);
        move(from, c, guest_queue_find(from, task), true);
        return;
    }
    while (g->global.item[at].task != task)
        at++;
    task_queue_remove(&g->global, at);
    g->task[task].pinned = true;
    guest_enqueue(g, c, task);
}

/* c is about to choose who runs: it need not be told. */
void guest_tasks_return(struct guest_cpu *c)
{
    struct guest_sched *g = c->g;

    for (uint32_t i = 0; i < g->tasks; i++) {
        struct guest_task *t = &g->task[i];

        if (t->home != c->number)
            continue;
        if (t->se.delayed)
            expel(&g->cpu[t->cpu], guest_queue_find(&g->cpu[t->cpu], i));
        else if (t->state == GUEST_TASK_QUEUED)
            requeue(c, i);
        else if (t->state == GUEST_TASK_RUNNING)
            guest_resched(&g->cpu[t->cpu], c);
        t->pinned = true; /* whoever sleeps comes when he wakes */
    }
}

/* ---- picking ---- */

/* Whoever came first, to this CPU alone or to all. */
static uint32_t pick_first(struct guest_cpu *c)
{
    struct task_queue *own = c->queue, *all = &c->g->global;

    if (all->count && (!own->count || task_queue_before(&all->item[0], &own->item[0])))
        return task_queue_remove(all, 0);
    return own->count ? dequeue(c, 0) : GUEST_NO_TASK;
}

/* Who is next, when the current one (if any) does not keep the CPU. */
static uint32_t pick_next(struct guest_cpu *c, uint32_t choice)
{
    uint32_t prev = c->curr, next = GUEST_NO_TASK;

    c->curr = GUEST_NO_TASK;
    if (choice == CHOOSE_REQUEUE) {
        if (prev != GUEST_NO_TASK)
            guest_enqueue(c->g, c, prev);
        next = pick_first(c);
    } else if (choice != CHOOSE_KEEP) {
        next = dequeue(c, choice);
        if (prev != GUEST_NO_TASK)
            guest_enqueue(c->g, c, prev);
    }
    return next == GUEST_NO_TASK ? guest_pull(c) : next;
}

static void become(struct guest_cpu *c, uint32_t next)
{
    c->curr = next;
    c->idle = next == GUEST_NO_TASK;
    guest_free_cpu_update(c);
    if (next == GUEST_NO_TASK)
        return;
    c->g->task[next].state = GUEST_TASK_RUNNING;
    c->g->task[next].cpu = c->number;
    c->g->policy->charge(c);
}

bool guest_schedule(struct guest_cpu *c)
{
    struct guest_sched *g = c->g;
    uint32_t prev = c->curr, next, choice;
    bool yields = c->yields;

    c->need_resched = c->yields = false;
    if (prev != GUEST_NO_TASK)
        g->policy->charge(c);
    send_home(c);
    choice = g->policy->choose(c, yields);
    if (c->curr != GUEST_NO_TASK && choice == CHOOSE_KEEP)
        return false;
    next = pick_next(c, choice);
    if (next != GUEST_NO_TASK && next != prev)
        g->policy->start(c, next);
    become(c, next);
    if (next == c->last)
        return false;
    if (prev != GUEST_NO_TASK)
        guest_task_say(g, prev);
    sim_note(g->sim, NOTE_TASK_SWITCH, guest_vcpu(c), c->last, next, 0);
    c->last = next;
    return true;
}

void guest_task_say(struct guest_sched *g, uint32_t task)
{
    struct guest_task *t = &g->task[task];

    if (t->ran_unsaid)
        sim_note(g->sim, NOTE_TASK_RAN, task, t->ran_unsaid, g->first_vcpu + t->cpu, 0);
    if (t->prog.turns > t->turns_said)
        sim_note(g->sim, NOTE_TASK_ITERATION, task, t->prog.turns - t->turns_said, 0, 0);
    t->ran_unsaid = 0;
    t->turns_said = t->prog.turns;
}
