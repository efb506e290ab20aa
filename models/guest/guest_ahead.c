/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_ahead.c - run-ahead of user code: touches that follow one another without the scheduler
 *
 * Knows:    guest_kernel.h. What runs ahead, and when, is said in guest.h.
 */
#include "guest_kernel.h"

_Static_assert(GUEST_TOUCH_WRITE == PATTERN_AHEAD_WRITE, "patterns draw what the vCPU takes");

/* A touch in user mode follows such a one without a look at anything but the task. */
uint32_t guest_cpu_ahead(void *guest, uint32_t cpu, const uint32_t **ret_touch)
{
    struct guest_cpu *c = &((struct guest_sched *)guest)->cpu[cpu];

    if (c->pc != AT_USER || !c->user || c->g->dead)
        return 0;
    return task_ahead(&c->g->task[c->curr].prog, ret_touch);
}

void guest_cpu_ran_ahead(void *guest, uint32_t cpu, uint32_t n, sim_ns ran)
{
    struct guest_cpu *c = &((struct guest_sched *)guest)->cpu[cpu];
    struct guest_task *t = &c->g->task[c->curr];

    t->ran_unsaid += ran;
    task_ran_ahead(&t->prog, n);
}
