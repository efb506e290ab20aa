/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_init.c - a machine's first state
 */
#include "check_world.h"

#include <stdlib.h>
#include <string.h>

static uint32_t cpuid_of(const struct check_params *p)
{
    uint32_t bits = APF_CPUID_ASYNC_PF | APF_CPUID_ASYNC_PF_INT;

    if (p->flags & CHECK_HALF_CPUID) {
        bits &= ~APF_CPUID_ASYNC_PF;
    }
    return p->flags & CHECK_NO_VMEXIT ? bits : bits | APF_CPUID_ASYNC_PF_VMEXIT;
}

static void vcpu_init(struct check_machine *m, unsigned v)
{
    const struct check_params *p = &m->p;
    struct world_vcpu *c = &m->w.v[v];

    memset(c, 0, sizeof *c);
    apf_host_init(&c->h, p->host, world_vcpu_id(p, v), cpuid_of(p), !(p->flags & CHECK_USER_LAPIC));
    c->h.id = p->token_id;
    c->h.bugs = p->bugs;
    c->h.fixes = p->fixes;
    c->gc.cpu = v;
    c->pc = T_GUEST;
    c->gpc = G_RUN;
    c->task = CHECK_NO_TASK;
    c->iflag = c->lapic = true;
    c->paging = !(p->flags & CHECK_NO_PAGING);
    if (p->flags & CHECK_BOOT) {
        c->gpc = G_ON_INT;
        c->iflag = c->lapic = false;
        c->dead_lapic = true;
    }
}

/* The guest has enabled APF long ago: the wake-all of that time is handled. */
static void vcpu_enabled(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];

    for (c->gpc = G_ON_INT; c->gpc != G_RUN;) {
        guest_move(m, M_SCRIPT, v, 0);
    }
    c->h.requests = 0;
    for (unsigned i = c->h.done_head; i != APF_NO_ITEM; i = c->h.done_head) {
        c->h.done_head = c->h.item[i].next;
        memset(&c->h.item[i], 0, sizeof c->h.item[i]);
        c->h.item[i].next = c->h.item[i].qnext = APF_NO_ITEM;
        c->work[i] = 0;
    }
    c->h.done_tail = APF_NO_ITEM;
    c->h.queued = 0;
    if (m->p.flags & CHECK_HALF_CPUID) {
        m->blank.v[v].h.enforce_cpuid = c->h.enforce_cpuid = true;
    }
    c->pc = T_GUEST;
}

bool world_init(struct check_machine *m)
{
    const struct check_params *p = &m->p;

    if (p->vcpus < 1 || p->vcpus > CHECK_VCPUS || p->tasks > CHECK_TASKS ||
        p->faults > CHECK_FAULTS) {
        return false;
    }
    memset(&m->w, 0, sizeof m->w);
    m->old = apf_host_rules[p->host].ready_by_pf;
    apf_guest_init(&m->w.g, p->guest, cpuid_of(p), false);
    m->w.g.preempt &= !(p->flags & CHECK_NO_PREEMPT);
    m->w.g.bugs = p->bugs;
    m->w.g.fixes = p->fixes;
    if (apf_fix_on(p->fixes, APF_FIX_3)) {
        m->w.g.fixes |= apf_fix_bit(APF_FIX_1); /* takes the old token away */
    }
    for (unsigned v = 0; v < p->vcpus; v++) {
        vcpu_init(m, v);
    }
    for (unsigned t = 0; t < CHECK_TASKS; t++) {
        m->w.t[t].state = t < p->tasks && p->faults ? TASK_FRESH : TASK_DONE;
        m->w.t[t].cpu = (uint8_t)(t % (p->vcpus ? p->vcpus : 1));
    }
    memcpy(m->w.budget, p->budget, sizeof m->w.budget);
    m->blank = m->w;
    for (unsigned v = 0; v < p->vcpus && !(p->flags & CHECK_BOOT); v++) {
        vcpu_enabled(m, v);
    }
    m->rules = 0;
    m->broken = NULL;
    m->first = m->w;
    return true;
}
