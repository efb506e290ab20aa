/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_events.c - the guest's handlers of both events: not-present, and the ready interrupt
 *
 * Steps of a guest CPU as those of guest_cpu.c: AT_PF, AT_READY_EOI and AT_READY.
 */
#include "guest_kernel.h"

/* ---- #PF ---- */

void guest_pf_finish(struct guest_cpu *c, sim_ns ran)
{
    (void)ran;
    guest_apf_wait(c);
    if (apf_protocol_rules[c->g->p->protocol].shared_pair) /* the others have nothing to say */
        guest_apf_simple(c, APF_GIN_COMPLETE);
    c->pc = c->acts ? AT_READY_ACK : AT_LEAVE;
}

bool guest_pf_emit(struct guest_cpu *c, struct guest_insn *insn)
{
    *insn = (struct guest_insn){
        .op = GUEST_RUN, .ns = c->left, .ledger = LEDGER_GUEST_APF, .task = c->last};
    return true;
}

void guest_pf(struct guest_cpu *c, uint64_t cr2)
{
    const struct pattern_touch *touch = &c->g->task[c->curr].prog.touch;
    struct apf_guest_out out;

    guest_apf(c,
              &(struct apf_guest_in){.kind = APF_GIN_PF,
                                     .value = cr2,
                                     .task = c->curr,
                                     .cpl = touch->kernel ? 0 : 3,
                                     .if_flag = !touch->irq_off},
              &out);
    if (c->g->dead)
        return;
    if (out.verdict != APF_GUEST_NOT_PRESENT) {
        guest_stop(c, SIM_BROKEN, "guest: #PF, yet no page is said to be missing");
        return;
    }
    c->token = out.token;
    c->pc = AT_PF;
    c->left = c->g->p->cost.not_present;
    if (c->g->p->protocol == APF_ARM64_SDEI)
        c->left += c->g->p->cost.sdei;
    if (!c->left)
        guest_pf_finish(c, 0);
}

/* ---- ready ---- */

void guest_ready_finish(struct guest_cpu *c, sim_ns ran)
{
    (void)ran;
    guest_apf_wake(c);
    guest_apf_simple(c, APF_GIN_ZERO);
    guest_apf_simple(c, APF_GIN_ACK);
    c->pc = c->acts ? AT_READY_ACK : AT_LEAVE;
}

void guest_ready_eoi_done(struct guest_cpu *c, sim_ns ran)
{
    (void)ran;
    c->pc = AT_READY;
    c->left = c->g->p->cost.ready;
    if (!c->left)
        guest_ready_finish(c, 0);
}
