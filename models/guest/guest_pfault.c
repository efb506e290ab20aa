/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_pfault.c - s390: the interrupt DONE, on whichever CPU took it
 *
 * The token is the number of a task and one, as the guest itself chose it. There is no EOI and no
 * acknowledge: the interrupt carries all that it has to say.
 */
#include "guest_kernel.h"
#include "sim_assert.h"

void guest_pfault(struct guest_cpu *c, uint32_t token)
{
    if (c->pc == AT_DEAD)
        return;
    c->token = token;
    c->left = c->g->p->cost.ready;
    c->pc = AT_PFAULT;
}

bool guest_pfault_emit(struct guest_cpu *c, struct guest_insn *insn)
{
    *insn = (struct guest_insn){
        .op = GUEST_RUN, .ns = c->left, .ledger = LEDGER_GUEST_APF, .task = c->last};
    return true;
}

void guest_pfault_done(struct guest_cpu *c, sim_ns ran)
{
    const struct guest_task *t = &c->g->task[c->token - 1];
    struct apf_guest_out out;

    (void)ran;
    SIM_ASSERT(c->token && c->token <= c->g->tasks);
    guest_apf(c,
              &(struct apf_guest_in){.kind = APF_GIN_DONE,
                                     .value = c->token,
                                     .running = t->state == GUEST_TASK_QUEUED ||
                                                t->state == GUEST_TASK_RUNNING},
              &out);
    for (uint32_t i = 0; i < out.wakes; i++)
        guest_apf_woke(c, out.wake[i], c->token);
    c->pc = AT_LEAVE;
}
