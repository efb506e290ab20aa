/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_lock.c - locks between tasks
 *
 * A mutex that a blocked task sleeps for. Who gives it back hands it to the one that has waited
 * longest and wakes it: nobody overtakes. (A futex or a kernel mutex lets a running task take the
 * lock before the woken one gets there; with hand-off the waits do not hang on such races.) Taking
 * and giving a lock cost no time of their own: assumed; waking and switching cost what they do.
 *
 * A holder that faults holds on: while its page comes, with or without APF, everybody waits.
 */
#include <stdlib.h>

#include "guest_kernel.h"
#include "sim_assert.h"

bool guest_locks_create(struct guest_sched *g)
{
    g->lock = calloc(g->p->locks + 1, sizeof *g->lock);
    for (uint32_t i = 0; g->lock && i < g->p->locks; i++) {
        g->lock[i].owner = GUEST_NO_TASK;
        if (!task_queue_init(&g->lock[i].waiters, g->tasks))
            return false;
    }
    return g->lock;
}

void guest_locks_destroy(struct guest_sched *g)
{
    for (uint32_t i = 0; g->lock && i < g->p->locks; i++)
        task_queue_finish(&g->lock[i].waiters);
    free(g->lock);
}

static void becomes_owner(struct guest_sched *g, struct guest_lock *l, uint32_t task)
{
    l->owner = task;
    l->taken = sim_now(g->sim);
    guest_task_done(g, task, 0);
}

bool guest_lock_take(struct guest_cpu *c, uint32_t lock)
{
    struct guest_lock *l = &c->g->lock[lock];
    uint32_t task = c->curr;

    SIM_ASSERT(l->owner != task);
    if (l->owner == GUEST_NO_TASK) {
        becomes_owner(c->g, l, task);
        return true;
    }
    c->g->task[task].lock_since = sim_now(c->g->sim);
    task_queue_push(&l->waiters, ++l->asked, task);
    sim_note(c->g->sim, NOTE_TASK_SLEEP, task, guest_vcpu(c), REASON_OTHER, 0);
    guest_curr_block(c, GUEST_TASK_BLOCKED);
    return false;
}

void guest_lock_give(struct guest_cpu *c, uint32_t lock)
{
    struct guest_sched *g = c->g;
    struct guest_lock *l = &g->lock[lock];
    sim_ns now = sim_now(g->sim);
    uint32_t next;

    SIM_ASSERT(l->owner == c->curr);
    sim_note(g->sim, NOTE_LATENCY, LATENCY_LOCK_HOLD, now - l->taken, guest_vcpu(c), c->curr);
    guest_task_done(g, c->curr, 0);
    l->owner = GUEST_NO_TASK;
    if (!l->waiters.count)
        return;
    next = task_queue_remove(&l->waiters, 0);
    sim_note(g->sim, NOTE_LATENCY, LATENCY_LOCK_WAIT, now - g->task[next].lock_since, guest_vcpu(c),
             next);
    becomes_owner(g, l, next);
    guest_task_wake(g, c, next, REASON_OTHER, now);
}
