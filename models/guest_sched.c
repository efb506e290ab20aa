/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_sched.c - the guest as a whole: made, asked, unmade
 */
#include "guest_sched.h"

#include <stdlib.h>

#include "guest_policy.h"
#include "sim_assert.h"

/* own: its number among the guest's tasks. */
static uint32_t first_cpu(const struct guest_sched *g, const struct task_params *tp, uint32_t own,
                          uint32_t nth)
{
    if (tp->per_vcpu)
        return nth / tp->count;
    return tp->vcpu >= 0 ? (uint32_t)tp->vcpu : own % g->cpus;
}

static void task_create(struct guest_sched *g, uint32_t number, uint32_t own, uint32_t nth,
                        uint64_t seed, struct pattern_cursor *cursor)
{
    uint32_t kind = g->task[number].kind;
    const struct task_params *tp = &g->p->task[kind];
    struct guest_task *t = &g->task[number];

    t->cpu = first_cpu(g, tp, own, nth);
    SIM_ASSERT(t->cpu < g->cpus);
    t->pinned = tp->per_vcpu || tp->vcpu >= 0;
    t->home = t->pinned ? t->cpu : GUEST_NO_CPU;
    t->se.weight = cfs_weight(tp->nice);
    task_init(&t->prog, &g->kind[kind], cursor, seed, number, nth, kind_tasks(g->p, kind));
    if (tp->start)
        task_queue_push(&g->cpu[t->cpu].timers, (int64_t)tp->start, number);
    else
        guest_task_start(g, NULL, number, false);
}

static void tasks_create(struct guest_sched *g, uint64_t seed)
{
    struct pattern_cursor *cursor = g->cursor;
    uint32_t number = 0, own = 0;

    for (uint32_t kind = 0; kind < g->p->tasks; kind++) {
        uint32_t n = kind_tasks(g->p, kind);

        for (uint32_t nth = 0; nth < n; nth++, number++) {
            g->task[number].kind = kind;
            g->task[number].nested = g->p->task[kind].nested;
            if (!guest_owns(g, kind))
                continue;
            task_create(g, number, own++, nth, seed, cursor);
            cursor += g->kind[kind].cursors;
        }
    }
}

/* Tasks have their numbers in the whole run; those of other guests have ended here. */
static bool kinds_create(struct guest_sched *g, const struct page_traces *traces)
{
    size_t cursors = 0;

    g->kind = calloc(g->p->tasks + 1, sizeof *g->kind);
    for (uint32_t i = 0; g->kind && i < g->p->tasks; i++) {
        uint32_t n = kind_tasks(g->p, i);

        g->tasks += n;
        if (!guest_owns(g, i)) {
            g->ended += n;
            continue;
        }
        if (!task_kind_init(&g->kind[i], g->p, i, traces))
            return false;
        if (g->p->task[i].ends_run)
            g->enders += n;
        cursors += (size_t)n * g->kind[i].cursors;
    }
    g->cursor = calloc(cursors + 1, sizeof *g->cursor);
    g->task = calloc(g->tasks + 1, sizeof *g->task);
    return g->kind && g->cursor && g->task && task_queue_init(&g->global, g->tasks);
}

static bool cpus_create(struct guest_sched *g)
{
    g->cpus = g->gp->vcpus;
    g->cpu = calloc(g->cpus, sizeof *g->cpu);
    for (uint32_t i = 0; g->cpu && i < g->cpus; i++) {
        guest_cpu_init(&g->cpu[i], g, i);
        if (!task_queue_init(g->cpu[i].queue, g->tasks) ||
            !task_queue_init(&g->cpu[i].timers, g->tasks))
            return false;
    }
    return g->cpu;
}

static const struct guest_policy *policy_of(const struct guest_params *gp)
{
    switch (guest_scheduler_of(gp)) {
    case GUEST_SCHED_FIFO:
        return &guest_policy_fifo;
    case GUEST_SCHED_RR:
        return &guest_policy_rr;
    case GUEST_SCHED_EEVDF:
        return &guest_policy_eevdf;
    case GUEST_SCHED_CFS:
    case GUEST_SCHED_AUTO:
    case GUEST_SCHEDULERS:
        break;
    }
    return &guest_policy_cfs;
}

struct guest_sched *guest_sched_create(struct sim *sim, const struct params *p,
                                       const struct page_traces *traces, uint64_t seed,
                                       uint32_t number, const struct guest_port *port)
{
    const struct guest_params *gp = guest_of(p, number);
    struct guest_sched *g = calloc(1, sizeof *g);

    SIM_ASSERT(gp->vcpus >= 1 && gp->vcpus <= VCPUS_MAX);
    if (!g)
        return NULL;
    g->sim = sim;
    g->p = p;
    g->gp = gp;
    g->number = number;
    g->first_vcpu = guest_first_vcpu(p, number);
    g->port = *port;
    g->tick = gp->hz ? SIM_SEC / gp->hz : 0;
    g->policy = policy_of(gp);
    cfs_tunables_init(&g->tune, &gp->cfs, gp->vcpus);
    eevdf_tunables_init(&g->eevdf_tune, gp);
    apf_guest_init(&g->apf, gp->kernel, port->cpuid, !gp->apf);
    g->apf.protocol = (uint8_t)p->protocol;
    g->apf.bugs = p->bugs;
    g->apf.fixes = p->fixes;
    if (!kinds_create(g, traces) || !cpus_create(g) || !guest_locks_create(g) ||
        !guest_services_create(g, traces, seed)) {
        guest_sched_destroy(g);
        return NULL;
    }
    tasks_create(g, seed);
    guest_plug_create(g);
    return g;
}

void guest_sched_destroy(struct guest_sched *g)
{
    if (!g)
        return;
    for (uint32_t i = 0; g->cpu && i < g->cpus; i++) {
        if (g->cpu[i].queue)
            task_queue_finish(g->cpu[i].queue);
        task_queue_finish(&g->cpu[i].timers);
    }
    for (uint32_t i = 0; g->kind && i < g->p->tasks; i++)
        task_kind_finish(&g->kind[i]);
    task_queue_finish(&g->global);
    guest_locks_destroy(g);
    guest_services_destroy(g);
    free(g->cpu);
    free(g->kind);
    free(g->cursor);
    free(g->task);
    free(g);
}

void guest_sched_start(struct guest_sched *g)
{
    guest_plug_start(g);
}

void guest_sched_flush(struct guest_sched *g)
{
    for (uint32_t i = 0; i < g->tasks; i++)
        guest_task_say(g, i);
}

bool guest_sched_all_done(const struct guest_sched *g)
{
    return g->ended == g->tasks;
}

uint32_t guest_sched_tasks(const struct guest_sched *g)
{
    return g->tasks;
}

uint32_t guest_sched_kind(const struct guest_sched *g, uint32_t task)
{
    SIM_ASSERT(task < g->tasks);
    return g->task[task].kind;
}

const char *guest_sched_broken(const struct guest_sched *g)
{
    return apf_guest_broken(&g->apf);
}

bool guest_sched_handles_ready(const struct guest_sched *g, uint32_t cpu)
{
    enum guest_pc pc = g->cpu[cpu].pc;

    return pc == AT_READY_EOI || pc == AT_READY || pc == AT_READY_ACK;
}

/* A token names the vCPU that raised it: A.5, INV-37. */
static bool sleeps_on(const struct guest_task *t, uint32_t vcpu)
{
    return t->state == GUEST_TASK_WAITING && (t->token & 4095) == vcpu;
}

bool guest_sched_more_may_sleep(const struct guest_sched *g, uint32_t cpu)
{
    for (uint32_t i = 0; i < g->tasks; i++)
        if (g->task[i].home == cpu && g->task[i].state != GUEST_TASK_ENDED &&
            !sleeps_on(&g->task[i], cpu))
            return true;
    return false;
}

uint32_t guest_sched_sleeper(const struct guest_sched *g, uint32_t cpu, uint32_t from,
                             uint32_t *ret_token, sim_ns *ret_since)
{
    uint32_t task = from;

    while (task < g->tasks && !sleeps_on(&g->task[task], cpu))
        task++;
    if (task < g->tasks) {
        *ret_token = g->task[task].token;
        *ret_since = g->task[task].waits_since;
    }
    return task;
}

const struct guest_ops guest_sched_ops = {
    .next = guest_cpu_next,
    .retire = guest_cpu_retire,
    .cut = guest_cpu_cut,
    .exception = guest_cpu_exception,
    .interrupt = guest_cpu_interrupt,
    .ahead = guest_cpu_ahead,
    .ran_ahead = guest_cpu_ran_ahead,
};
