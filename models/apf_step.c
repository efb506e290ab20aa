/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_step.c - see apf_step.h.
 */
#include "apf_step.h"

#include <stdio.h>

#include "floating.h"
#include "kworker.h"
#include "thread.h"

__attribute__((cold, noinline)) static void broken(struct vcpu *v, const char *what)
{
    char text[160];

    /* The host kernel's own bug: the run goes on as that kernel did. */
    if (apf_host_known_bug(v->w->p->host.kernel, what)) {
        v->w->known_bugs++;
        return;
    }
    snprintf(text, sizeof text, "vCPU %u: %s", v->id, what);
    sim_stop(v->w->sim, SIM_BROKEN, text);
}

#define TRACE_NOTES                                                                                \
    (SIM_NOTE_BIT(NOTE_KVM_TRY_ASYNC) | SIM_NOTE_BIT(NOTE_KVM_REPEATED) |                          \
     SIM_NOTE_BIT(NOTE_KVM_NOT_PRESENT) | SIM_NOTE_BIT(NOTE_KVM_READY) |                           \
     SIM_NOTE_BIT(NOTE_KVM_COMPLETED))

static void trace_note(struct vcpu *v, const struct apf_action *a, const struct apf_host_out *out)
{
    struct sim *sim = v->w->sim;

    switch ((enum apf_trace)a->trace) {
    case APF_TRACE_TRY:
        sim_note(sim, NOTE_KVM_TRY_ASYNC, v->id, a->gva, a->gfn, 0);
        break;
    case APF_TRACE_REPEATED:
        sim_note(sim, NOTE_KVM_REPEATED, v->id, a->gva, a->gfn, 0);
        break;
    case APF_TRACE_NOT_PRESENT:
        sim_note(sim, NOTE_KVM_NOT_PRESENT, v->id, a->token, a->gva,
                 out->verdict == APF_VERDICT_DELIVERED);
        break;
    case APF_TRACE_READY:
        sim_note(sim, NOTE_KVM_READY, v->id, a->token, a->gva, 0);
        break;
    case APF_TRACE_COMPLETED:
        sim_note(sim, NOTE_KVM_COMPLETED, v->id, a->gva, HVA_BASE + a->gva, a->token);
        break;
    }
}

static void perform(struct vcpu *v, const struct apf_action *a)
{
    switch ((enum apf_action_kind)a->kind) {
    case APF_DO_TRACE: /* act()'s */
        break;
    case APF_DO_QUEUE_PF:
        v->pf_pending = true;
        v->pf_token = a->token;
        v->pf_vmexit = a->vmexit;
        break;
    case APF_DO_SCHEDULE_WORK:
        kworker_schedule(v, a->item, (uint32_t)(a->gfn - GFN_BASE));
        break;
    case APF_DO_SET_IRQ:
        vcpu_irq(v, (unsigned)a->value);
        break;
    case APF_DO_RUNNABLE:
        v->hlt = false;
        break;
    case APF_DO_KICK:
        vcpu_kick(v);
        break;
    case APF_DO_WAKE:
        vcpu_wake(v);
        break;
    case APF_DO_CANCEL_WORK:
        kworker_cancel(v, a->item);
        break;
    case APF_DO_WAIT_WORK:
        v->worker[a->item].awaited = true;
        v->flush_count++;
        break;
    case APF_DO_USER_EXIT:
        kworker_user(v, a->item, (uint32_t)(a->gfn - GFN_BASE));
        break;
    case APF_DO_CANCEL_PF:
        v->pf_pending = false;
        break;
    case APF_DO_FLOAT_IRQ:
        floating_post(v->vm, a->token);
        break;
    case APF_DO_PREFAULT: /* the caller's: it may take time */
    case APF_DO_GP:
    case APF_DO_REAL_PF: /* L2's own faults are not modelled */
        break;
    }
}

/* Now and then the state is walked as a whole. */
__attribute__((cold, noinline)) static void walk(struct vcpu *v)
{
    const char *what = apf_host_broken(&v->apf, &v->area);

    v->w->protocol_steps = 0;
    if (what)
        broken(v, what);
}

__attribute__((noinline)) static void act(struct vcpu *v, const struct apf_host_out *out)
{
    bool heard = sim_heard(v->w->sim, TRACE_NOTES);

    for (uint32_t i = 0; i < out->count; i++)
        if (out->act[i].kind != APF_DO_TRACE)
            perform(v, &out->act[i]);
        else if (heard)
            trace_note(v, &out->act[i], out);
}

__attribute__((noinline)) static void queued_note(struct vcpu *v)
{
    sim_note(v->w->sim, NOTE_APF_QUEUED, v->id, apf_host_real_items(&v->apf), 0, 0);
}

/* Every fault comes here eight times: what most steps have not stands apart. */
void apf_step(struct vcpu *v, const struct apf_host_in *in, struct apf_host_out *out)
{
    uint32_t queued = v->apf.queued, every = v->w->p->walk_every;

    apf_host_step(&v->apf, &v->area, in, out);
    if (out->count)
        act(v, out);
    if (queued != v->apf.queued)
        queued_note(v);
    if (out->broken)
        broken(v, out->broken);
    if (every && ++v->w->protocol_steps >= every)
        walk(v);
}
