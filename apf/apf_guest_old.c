/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_guest_old.c - Linux before 5.8 as a guest: both events by #PF (kernel row "4.14")
 *
 * The word that is `flags` today was called `reason`: 1 not-present, 2 ready, token in CR2 for
 * both. A not-present may hit kernel code (EN bit 1): where that may not be preempted, the CPU
 * waits in a halt loop instead of scheduling. Sleepers, dummies and wake-all are apf_guest.c's.
 *
 * Sources:  do_async_page_fault(), kvm_async_pf_task_wait(), apf_task_wake_one() of 4.14 to 5.7.
 * Limits:   preempt_disabled and rcu_reader are the interrupted context's: the count that the
 *           #PF handler itself holds is not in them.
 */
#include "apf_guest_priv.h"

/* kvm_read_and_reset_pf_reason() is the first that the handler does. */
void apf_guest_old_pf(struct apf_guest *g, struct apf_guest_cpu *cpu, struct apf_area *area,
                      const struct apf_guest_in *in, struct apf_guest_out *out)
{
    uint32_t reason = 0;

    if (g->key && cpu->enabled) {
        reason = area->flags;
        area->flags = 0;
    }
    apf_guest_old_flags(g, cpu, reason, in, out);
}

/* do_async_page_fault() behind that, and kvm_handle_page_fault() of an L1 */
void apf_guest_old_flags(struct apf_guest *g, struct apf_guest_cpu *cpu, uint32_t reason,
                         const struct apf_guest_in *in, struct apf_guest_out *out)
{
    if (reason == APF_REASON_NOT_PRESENT) {
        out->verdict = APF_GUEST_NOT_PRESENT;
        out->token = (uint32_t)in->value;
    } else if (reason == APF_REASON_READY) {
        apf_guest_wake(g, cpu, (uint32_t)in->value, out);
        /* rcu_irq_enter() around the wake-up */
        out->unwatched = in->idle && apf_bug_on(g->bugs, APF_BUG_1);
    } else {
        out->verdict = APF_GUEST_ORDINARY_PF;
    }
}

/* Must the CPU halt, as the interrupted code must not be scheduled away? An L1 thread never. */
bool apf_guest_old_halts(const struct apf_guest *g, const struct apf_guest_in *in)
{
    if (in->cpl != 0 || in->l1) {
        return false;
    }
    if (in->idle) {
        return true;
    }
    /* Without CONFIG_PREEMPT no count says which kernel code may be preempted: none. */
    if (!g->preempt) {
        return !apf_bug_on(g->bugs, APF_BUG_9);
    }
    return in->preempt_disabled || (in->rcu_reader && !apf_bug_on(g->bugs, APF_BUG_8));
}
