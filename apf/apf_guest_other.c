/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_guest_other.c - the guest half of arm64's proposal and of s390's pfault
 *
 * Sleepers are kept as x86 keeps them. What s390 has as task->thread.pfault_wait is here: 1, a
 * sleeper of that token; -1, a dummy, which DONE leaves when it comes before INIT; 0, neither.
 *
 * Sources:  kvm_async_pf_sdei_handler(), kvm_async_pf_irq_handler() of the arm64 series;
 *           pfault_interrupt(), pfault_cpu_dead() of arch/s390/mm/pfault.c.
 */
#include "apf_guest_priv.h"

/* The not-present: an SDEI event, whose token is in the pair, or INIT, which carries it. */
void apf_guest_event(const struct apf_guest *g, const struct apf_guest_cpu *cpu,
                     struct apf_area *area, const struct apf_guest_in *in,
                     struct apf_guest_out *out)
{
    out->token = (uint32_t)in->value;
    if (!g->key || !cpu->enabled) {
        return;
    }
    if (apf_guest_protocol_of(g)->shared_pair) {
        if (area->flags != APF_REASON_NOT_PRESENT) {
            return; /* "bogus notification": warned of */
        }
        out->token = area->token;
        area->token = 0;
        area->flags = 0;
    }
    out->verdict = APF_GUEST_NOT_PRESENT;
}

/* kvm_async_pf_irq_handler(): the PPI */
void apf_guest_pair_wake(struct apf_guest *g, struct apf_guest_cpu *cpu,
                         const struct apf_area *area, struct apf_guest_out *out)
{
    if (area->flags == APF_REASON_READY) {
        apf_guest_wake(g, cpu, area->token, out);
    }
}

/* pfault_interrupt() with PF_COMPLETE, on whichever CPU took it */
void apf_guest_done(struct apf_guest *g, struct apf_guest_cpu *cpu, const struct apf_guest_in *in,
                    struct apf_guest_out *out)
{
    uint32_t token = (uint32_t)in->value, *link = apf_node_link(g, token);

    out->token = token;
    if (*link == APF_NO_NODE) {
        if (in->running) {
            apf_guest_add_dummy(g, cpu, token, out);
        }
        return; /* a task that sleeps for something else: left over from before a cancel */
    }
    if (g->node[*link].task != APF_NO_TASK) {
        apf_node_wake(g, link, out);
        out->verdict = APF_GUEST_WOKE;
    }
}
