/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kworker.c - see kworker.h.
 */
#include "kworker.h"

#include "host_cpu.h"
#include "sim_assert.h"
#include "thread.h"

uint32_t kworker_waiter(const struct vcpu *v, uint8_t item)
{
    return v->w->vcpus + v->id * APF_ITEMS + item;
}

static void post(struct vcpu *v, uint8_t item, enum kworker_event kind, sim_ns when)
{
    uint64_t index = v->id * APF_ITEMS + item, arg = (uint64_t)v->worker[item].token << 32 | index;

    sim_post(v->w->sim, v->w->worker_actor, SIM_RANK_WORKER, when, kind, arg);
}

static void begin(struct vcpu *v, uint8_t item, uint32_t page, bool user)
{
    struct worker *k = &v->worker[item];

    SIM_ASSERT(!k->active);
    *k = (struct worker){.token = v->apf.item[item].token,
                         .page = page,
                         .task = v->insn.task,
                         .active = true,
                         .user = user,
                         .next = WAITER_NONE,
                         .since = sim_now(v->w->sim)};
    if (v->w->cpus && !user)
        host_cpus_adopt(v->w->cpus, kworker_waiter(v, item), v->id,
                        v->w->p->host.worker_cpu == WORKER_CPU_SAME);
    post(v, item, KWORKER_BEGIN, sim_now(v->w->sim) + (user ? v->w->p->cost.user_exit : 0));
}

void kworker_schedule(struct vcpu *v, uint8_t item, uint32_t page)
{
    begin(v, item, page, false);
}

void kworker_user(struct vcpu *v, uint8_t item, uint32_t page)
{
    begin(v, item, page, true);
}

void kworker_cancel(struct vcpu *v, uint8_t item)
{
    SIM_ASSERT(!v->worker[item].began);
    v->worker[item].active = false;
}

void kworker_page_came(struct vcpu *v, uint8_t item)
{
    struct worker *k = &v->worker[item];

    SIM_ASSERT(k->active);
    k->left = k->user ? v->w->p->cost.user_ready : v->w->p->cost.worker;
    if (v->w->cpus && !k->user)
        host_cpus_wake(v->w->cpus, kworker_waiter(v, item));
    else
        post(v, item, KWORKER_THROUGH, sim_now(v->w->sim) + k->left);
    /* It is woken on the vCPU's CPU, and runs there until it is through. */
    if (!v->w->cpus && !k->user && v->w->p->host.worker_cpu == WORKER_CPU_SAME)
        vcpu_worker_preempts(v, k->left);
}

void kworker_on_cpu(struct world *w, uint32_t waiter)
{
    host_cpus_alarm(w->cpus, waiter, sim_now(w->sim) + w->workers[waiter - w->vcpus].left, false);
}

enum host_off kworker_off_cpu(struct world *w, uint32_t waiter)
{
    w->workers[waiter - w->vcpus].left = host_cpus_alarm_at(w->cpus, waiter) - sim_now(w->sim);
    return HOST_OFF;
}
