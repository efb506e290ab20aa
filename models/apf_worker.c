/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_worker.c - see apf_worker.h. Source of the order: async_pf_execute(), virt/kvm/async_pf.c.
 */
#include "apf_worker.h"

#include "apf_step.h"
#include "backing.h"
#include "host_cpu.h"
#include "kworker.h"
#include "sim_words.h"
#include "thread.h"

static void worker_step(struct vcpu *v, uint8_t item, enum apf_host_in_kind kind)
{
    struct apf_host_in in = {.kind = kind, .item = item};
    struct apf_host_out out;

    if (kind == APF_IN_WORK_APPEND) /* BUG-34: it presents, too; the others ask for no context */
        vcpu_context(v, &in.ctx);
    apf_step(v, &in, &out);
}

static void begin(struct vcpu *v, uint8_t item)
{
    struct worker *k = &v->worker[item];

    k->began = true;
    if (!k->user) {
        sim_note(v->w->sim, NOTE_WORK_START, v->id, k->token, GFN_BASE + (uint64_t)k->page, 0);
        worker_step(v, item, APF_IN_WORK_RUN);
    }
    /* The worker's GUP is always for writing. */
    if (backing_wait(v->w, k->page, true, kworker_waiter(v, item)))
        kworker_page_came(v, item);
}

/* The VMM's ioctl, in a thread of its own. */
static void user_ready(struct vcpu *v, struct worker *k)
{
    struct apf_host_in in = {.kind = APF_IN_USER_READY, .value = k->token};
    struct apf_host_out out;

    vcpu_context(v, &in.ctx);
    k->active = false;
    apf_step(v, &in, &out);
}

/* Append, kick, completed, wake: in this order, K-15. */
static void through(struct vcpu *v, uint8_t item)
{
    struct world *w = v->w;
    struct worker *k = &v->worker[item];

    backing_worker_through(w, k->page);
    k->completed = sim_now(w->sim);
    sim_note(w->sim, NOTE_LATENCY, LATENCY_PAGE_IN, k->completed - k->since, v->id, ~0u);
    if (k->user) {
        user_ready(v, k);
        return;
    }
    worker_step(v, item, APF_IN_WORK_APPEND);
    worker_step(v, item, APF_IN_WORK_KICK);
    k->active = false;
    worker_step(v, item, APF_IN_WORK_RETURN);
    if (k->awaited) {
        k->awaited = false;
        vcpu_flushed(v);
    }
}

void apf_worker_through(struct world *w, uint32_t waiter)
{
    uint32_t index = waiter - w->vcpus;

    through(&w->vcpu[index / APF_ITEMS], (uint8_t)(index % APF_ITEMS));
    host_cpus_sleep(w->cpus, waiter);
}

void apf_worker_event(void *ctx, const struct sim_event *ev)
{
    struct world *w = ctx;
    uint32_t index = (uint32_t)ev->arg;
    struct vcpu *v = &w->vcpu[index / APF_ITEMS];
    uint8_t item = (uint8_t)(index % APF_ITEMS);

    if (!v->worker[item].active || v->worker[item].token != (uint32_t)(ev->arg >> 32))
        return; /* cancelled before it began */
    if (ev->kind == KWORKER_BEGIN)
        begin(v, item);
    else
        through(v, item);
}
