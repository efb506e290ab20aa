/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_task.c - tasks of the guests: who may run where, who wakes, who sleeps on a token
 */
#include "check_world.h"

bool task_cpu_is_away(const struct world_vcpu *c)
{
    return c->gpc >= G_OFF_STEAL && c->gpc <= G_ON_ENABLED;
}

static bool may_run_on(const struct check_machine *m, const struct world *w, unsigned t, unsigned v)
{
    return (m->p.flags & CHECK_ROAM) || w->t[t].cpu == v || task_cpu_is_away(&w->v[w->t[t].cpu]);
}

static bool are_alike(const struct check_params *p, unsigned t, unsigned u)
{
    const unsigned kinds[] = {p->kernel_tasks, p->l2_tasks, p->rcu_tasks, p->atomic_tasks,
                              p->idle_tasks};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (world_has(kinds[i], u) != world_has(kinds[i], t)) {
            return false;
        }
    }
    return true;
}

/* Tasks that have not run yet and are of one kind are alike: the first stands for them. */
static bool stands_for_its_kind(const struct check_machine *m, const struct world *w, unsigned t)
{
    for (unsigned u = 0; u < t; u++) {
        if (w->t[u].state == TASK_FRESH && !(m->p.flags & CHECK_SHARED) && are_alike(&m->p, t, u) &&
            ((m->p.flags & CHECK_ROAM) || w->t[u].cpu == w->t[t].cpu)) {
            return false;
        }
    }
    return true;
}

bool task_can_pick(const struct check_machine *m, const struct world *w, unsigned t, unsigned v)
{
    return (w->t[t].state == TASK_READY ||
            (w->t[t].state == TASK_FRESH && stands_for_its_kind(m, w, t))) &&
           may_run_on(m, w, t, v);
}

/* Runnable; an idle CPU that may take it gets a reschedule interrupt. */
static void make_ready(struct check_machine *m, unsigned v, unsigned t)
{
    m->w.t[t].state = TASK_READY;
    for (unsigned u = 0; u < m->p.vcpus; u++) {
        struct world_vcpu *c = &m->w.v[u];
        if (u != v && c->mp_halted && c->task == CHECK_NO_TASK && may_run_on(m, &m->w, t, u)) {
            c->timer = true;
            world_wake_vcpu(m, u);
        }
    }
}

void task_wake_all(struct check_machine *m, unsigned v)
{
    for (uint32_t i = 0; i < m->gout.wakes; i++) {
        RULE(m, WAKE);
        SAY(m, GUEST, v, "task %u wakes", m->gout.wake[i]);
        if (!m->old || m->w.t[m->gout.wake[i]].state == TASK_SLEEPS) {
            make_ready(m, v, m->gout.wake[i]); /* who waits with its CPU runs already */
        }
    }
}

void task_put_current(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    unsigned t = c->task;

    c->task = CHECK_NO_TASK;
    if (t != CHECK_NO_TASK) {
        make_ready(m, v, t);
    }
}

void task_waits(struct check_machine *m, unsigned v, uint32_t token, bool l1)
{
    struct world_vcpu *c = &m->w.v[v];
    struct world_task *t = &m->w.t[c->task];
    struct apf_guest_in in = {.kind = APF_GIN_WAIT,
                              .value = token,
                              .task = c->task,
                              .cpl = 3,
                              .if_flag = true,
                              .l1 = l1,
                              .exit_cpu = t->exit_cpu};

    if (l1) {
        RULE(m, L1_SLEEP);
    }
    world_guest(m, v, &in);
    task_wake_all(m, v); /* with the remedy of HOLE-14 */
    if (m->gout.verdict == APF_GUEST_SLEEP) {
        RULE(m, SLEEP);
        SAY(m, GUEST, v, "task %u sleeps on token %#x", c->task, token);
        t->state = TASK_SLEEPS;
        c->task = CHECK_NO_TASK;
    } else {
        RULE(m, NO_SLEEP);
        SAY(m, GUEST, v, "token %#x is there already: task %u goes on", token, c->task);
    }
}
