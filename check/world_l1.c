/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_l1.c - the guest as L1: VM-exits of L2 by #PF
 *
 * The wait of an L1 vCPU thread is a task's, like any other: world_guest.c.
 */
#include "check_world.h"

/* vmx_handle_exit_irqoff(), kvm_handle_page_fault(); the wait comes later, interrupts are on. */
void l1_exit(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_guest_in in = {.kind = APF_GIN_L1_EXIT, .task = c->task};

    RULE(m, L1_EXIT);
    world_guest(m, v, &in);
    in.kind = APF_GIN_L1_PF;
    in.flags = m->gout.flags;
    in.value = c->cr2;
    in.truth = APF_PF_ASYNC;
    world_guest(m, v, &in);
    c->gpc = G_RUN;
    c->iflag = true;
    if (m->gout.verdict == APF_GUEST_NOT_PRESENT && apf_l1_takes_exit(in.flags)) {
        RULE(m, L1_TAKES);
        m->w.t[c->task].waits = m->gout.token;
        m->w.t[c->task].exit_cpu = (uint8_t)v;
        SAY(m, GUEST, v, "L1: VM-exit of L2, host_apf_flags 1, token %#x; interrupts on",
            m->gout.token);
    } else if (m->gout.verdict != APF_GUEST_PANIC) {
        BROKEN(m, "INV-14: an async VM-exit finds its flags set");
        m->fatal = true;
    }
    c->cr2 = 0;
}

/* An ordinary #PF of L2 whose error code L0 corrects: L2's own handler takes it. */
void l1_fixup(struct check_machine *m, unsigned v)
{
    struct apf_host_in in = {.kind = APF_IN_FIXUP_PF, .gva = 0xdead000, .ctx = world_ctx(m, v)};

    SAY(m, GUEST, v, "L2 of task %u faults for itself", m->w.v[v].task);
    world_host(m, v, &in);
    vcpu_exit(m, v);
}
