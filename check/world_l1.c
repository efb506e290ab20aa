/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_l1.c - the guest as a hypervisor: VM-exits of its L2 by an async #PF, and what can go wrong
 *
 * Sources: handle_exception_irqoff(), kvm_handle_page_fault(), nested_vmx_run().
 */
#include "check_world.h"

/* kvm_handle_page_fault(): the thread's wait for L2's page */
void l1_waits(struct check_machine *m, unsigned v)
{
    struct world_task *t = &m->w.t[m->w.v[v].task];
    uint32_t token = t->waits;

    t->waits = 0;
    task_waits(m, v, token, true);
}

/* L2's kernel takes the token for an address. L1 has not seen its flags, which stay 1. */
void l1_l2_pf(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];

    SAY(m, GUEST, v, "L2: #PF at %#x, where nothing of it is: SIGSEGV in L2", c->cr2);
    BROKEN(m, "INV-16: an async #PF is never taken by L2");
    c->gpc = G_RUN;
    c->iflag = true;
    c->cr2 = 0;
}

/*
 * vmx_handle_exit_irqoff(), kvm_handle_page_fault(); the wait comes later, interrupts are on. The
 * remedy of HOLE-16: it comes here, while they are off.
 */
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
    if (apf_fix_on(m->p.fixes, APF_FIX_16) && m->w.t[c->task].waits) {
        l1_waits(m, v);
    }
}

/* In L1: its KVM touches the VMM's memory, say. Nothing of APF, unless flags are left over. */
void l1_kernel_pf(struct check_machine *m, unsigned v)
{
    struct apf_guest_in in = {
        .kind = APF_GIN_PF, .value = 0x7ffe0000000, .if_flag = true, .truth = APF_PF_REAL};

    m->w.budget[CHECK_KERNEL_PF]--;
    SAY(m, GUEST, v, "the kernel takes an ordinary page fault");
    world_guest(m, v, &in);
}

/* nested_vmx_run(): L2 runs from the next entry on. */
void l1_launch(struct check_machine *m, unsigned v)
{
    m->w.budget[CHECK_LAUNCH]--;
    SAY(m, GUEST, v, "L1 resumes L2: L0 emulates that, entry is pending");
    m->w.v[v].launch = true;
    vcpu_exit(m, v);
}

/* An ordinary #PF of L2 whose error code L0 corrects: L2's own handler takes it. */
void l1_fixup(struct check_machine *m, unsigned v)
{
    struct apf_host_in in = {.kind = APF_IN_FIXUP_PF, .gva = 0xdead000, .ctx = world_ctx(m, v)};

    SAY(m, GUEST, v, "L2 of task %u faults for itself", m->w.v[v].task);
    world_host(m, v, &in);
    vcpu_exit(m, v);
}
