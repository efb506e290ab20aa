/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_apf.c - the scheduler's side of the guest half: who sleeps, who wakes, which MSRs are
 * written
 *
 * Everything about the protocol itself is in apf/; here its verdicts become tasks and notes.
 */
#include "guest_kernel.h"
#include "sim_assert.h"

void guest_stop(struct guest_cpu *c, enum sim_outcome outcome, const char *why)
{
    c->g->dead = true;
    sim_stop(c->g->sim, outcome, why);
}

void guest_apf(struct guest_cpu *c, const struct apf_guest_in *in, struct apf_guest_out *out)
{
    apf_guest_step(&c->g->apf, &c->apf, c->area, in, out);
    if (out->verdict == APF_GUEST_PANIC) /* first: the kernel's own words */
        guest_stop(c, SIM_GUEST_PANIC, out->panic);
    if (out->broken)
        guest_stop(c, SIM_BROKEN, out->broken);
    c->acts = c->act = 0;
    for (uint32_t i = 0; i < out->count; i++) {
        c->wrmsr[c->acts].msr = out->act[i].kind == APF_GDO_EOI ? GUEST_MSR_EOI : out->act[i].msr;
        c->wrmsr[c->acts++].value = out->act[i].kind == APF_GDO_EOI ? 0 : out->act[i].value;
    }
}

void guest_apf_simple(struct guest_cpu *c, enum apf_guest_in_kind kind)
{
    struct apf_guest_out out;

    guest_apf(c, &(struct apf_guest_in){.kind = kind, .task = APF_NO_TASK}, &out);
}

void guest_apf_woke(struct guest_cpu *c, uint32_t task, uint32_t token)
{
    struct guest_sched *g = c->g;
    struct guest_cpu *slept = &g->cpu[g->task[task].cpu];

    SIM_ASSERT(task < g->tasks);
    SIM_ASSERT(g->task[task].state == GUEST_TASK_WAITING);
    slept->waiting--;
    g->waiting--;
    sim_note(g->sim, NOTE_APF_WAKE, guest_vcpu(c), task, token, 0);
    guest_task_wake(g, c, task, REASON_APF, sim_now(g->sim));
}

void guest_apf_wake(struct guest_cpu *c)
{
    struct apf_guest_out out;

    do {
        uint32_t token = c->area->token;

        guest_apf(c, &(struct apf_guest_in){.kind = APF_GIN_WAKE, .task = APF_NO_TASK}, &out);
        for (uint32_t i = 0; i < out.wakes; i++)
            guest_apf_woke(c, out.wake[i], token);
        if (out.verdict == APF_GUEST_DUMMY)
            sim_note(c->g->sim, NOTE_APF_EARLY, guest_vcpu(c), token, 0, 0);
    } while (out.more && !c->g->dead);
}

void guest_apf_disabled(struct guest_cpu *c)
{
    struct apf_guest_out out;

    do {
        guest_apf(c, &(struct apf_guest_in){.kind = APF_GIN_DISABLED, .task = APF_NO_TASK}, &out);
        for (uint32_t i = 0; i < out.wakes; i++)
            guest_apf_woke(c, out.wake[i], APF_TOKEN_WAKE_ALL);
    } while (out.more && !c->g->dead);
}

/* The #PF handler sleeps on c->token, unless its ready has overtaken it. */
void guest_apf_wait(struct guest_cpu *c)
{
    uint32_t task = c->curr;
    struct apf_guest_out out;

    guest_apf(c,
              &(struct apf_guest_in){.kind = APF_GIN_WAIT,
                                     .value = c->token,
                                     .task = task,
                                     .l1 = guest_task_nested(c->g, task),
                                     .exit_cpu = c->g->task[task].l1_cpu},
              &out);
    if (out.verdict == APF_GUEST_NO_SLEEP)
        sim_note(c->g->sim, NOTE_APF_EARLY, guest_vcpu(c), c->token, 1, 0);
    if (out.verdict != APF_GUEST_SLEEP)
        return;
    c->waiting++;
    c->g->waiting++;
    c->g->task[task].token = c->token;
    c->g->task[task].waits_since = sim_now(c->g->sim);
    sim_note(c->g->sim, NOTE_APF_WAIT, guest_vcpu(c), task, c->token, 0);
    sim_note(c->g->sim, NOTE_TASK_SLEEP, task, guest_vcpu(c), REASON_APF, 0);
    guest_curr_block(c, GUEST_TASK_WAITING);
}
