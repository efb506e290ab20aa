/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_l1.c - the guest as a hypervisor: a page of its L2 is missing in the host
 *
 * A task with `nested` is a vCPU thread of L1; its loop is what that vCPU of L2 does. The host's
 * not-present comes as a #PF VM-exit. KVM in L1 reads the flags at once, opens interrupts, and lets
 * the whole thread wait: L2 sees nothing, L1 schedules others.
 *
 * Sources:  handle_exception_irqoff(), kvm_handle_page_fault(), arch/x86/kvm/vmx.
 * Leaves out: preemption of L1's kernel between exit and wait (HOLE-4), as everywhere in this guest
 *           (guest_cpu.c); an interrupt in that stretch is taken.
 */
#include "guest_kernel.h"

/* G-10 */
void guest_l1_exit(struct guest_cpu *c, uint32_t token)
{
    struct guest_task *t = &c->g->task[c->curr];
    struct apf_guest_out out;

    guest_apf(c, &(struct apf_guest_in){.kind = APF_GIN_L1_EXIT, .task = c->curr}, &out);
    if (c->g->dead)
        return;
    if (!apf_l1_takes_exit(out.flags)) {
        guest_stop(c, SIM_BROKEN, "L1: an async #PF VM-exit, yet its flags are not set");
        return;
    }
    t->l1_flags = out.flags;
    t->l1_token = token;
    t->l1_cpu = c->number;
    t->l1_left = c->g->p->cost.not_present;
    c->pc = AT_L1;
}

bool guest_l1_emit(struct guest_cpu *c, struct guest_insn *insn)
{
    *insn = (struct guest_insn){.op = GUEST_RUN,
                                .ns = c->g->task[c->curr].l1_left,
                                .if_flag = true,
                                .ledger = LEDGER_GUEST_APF,
                                .task = c->curr};
    return true;
}

/* G-12 */
void guest_l1_done(struct guest_cpu *c, sim_ns ran)
{
    struct guest_task *t = &c->g->task[c->curr];
    struct apf_guest_in in = {.kind = APF_GIN_L1_PF,
                              .value = t->l1_token,
                              .task = c->curr,
                              .flags = t->l1_flags,
                              .truth = APF_PF_ASYNC};
    struct apf_guest_out out;

    (void)ran;
    t->l1_flags = 0;
    guest_apf(c, &in, &out);
    c->pc = AT_LEAVE;
    if (out.verdict == APF_GUEST_NOT_PRESENT) {
        c->token = out.token;
        guest_apf_wait(c);
    }
}
