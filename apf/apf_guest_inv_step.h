/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_guest_inv_step.h - inside apf/: what each input may do to a guest, asked behind every step
 *
 * Knows:    apf_guest_priv.h.
 * Promise:  a function returns true when the invariant holds. What cannot be said here:
 *           apf_guest_inv.c.
 * Cost:     inline, as apf_host_inv_step.h.
 */
#pragma once

#include "apf_guest_priv.h"
#include "apf_guest_state.h"

#define INVARIANT __attribute__((always_inline)) static inline

INVARIANT bool no_sleeper_is_taken_for_a_dummy(const struct apf_guest_change *c)
{
    return !c->was_there || c->out->wakes == 1;
}

INVARIANT bool sleeps_where_it_may(const struct apf_guest_change *c)
{
    const struct apf_guest_in *in = c->in;

    if (apf_guest_rules_of(c->g)->ready_by_pf) {
        bool kernel = c->g->preempt && !in->preempt_disabled && !in->rcu_reader && !in->idle;
        return c->out->verdict != APF_GUEST_SLEEP || in->cpl != 0 || in->l1 || kernel;
    }
    return in->kind != APF_GIN_PF || c->out->verdict != APF_GUEST_NOT_PRESENT ||
           (in->cpl != 0 && in->if_flag);
}

INVARIANT bool rcu_watches(const struct apf_guest_change *c)
{
    return !c->out->unwatched;
}

INVARIANT bool no_allocation_sleeps_under_a_raw_lock(const struct apf_guest_change *c)
{
    return !c->out->sleeps_locked;
}

INVARIANT bool a_fault_is_taken_for_what_it_is(const struct apf_guest_change *c)
{
    bool asked = c->in->kind == APF_GIN_PF || c->in->kind == APF_GIN_L1_PF;
    bool ordinary = c->out->verdict == APF_GUEST_ORDINARY_PF;

    return !asked || c->in->truth == APF_PF_UNKNOWN || ordinary == (c->in->truth == APF_PF_REAL);
}

INVARIANT bool the_ready_interrupt_ends(const struct apf_guest_change *c)
{
    return c->in->kind != APF_GIN_EOI || c->out->count == 1 ||
           apf_guest_rules_of(c->g)->ready_by_pf;
}

INVARIANT bool a_cpu_that_goes_says_so(const struct apf_guest_change *c)
{
    return c->in->kind != APF_GIN_DISABLE || !c->cpu->enabled || c->out->count == 1;
}

INVARIANT bool flags_are_read_once(const struct apf_guest_change *c)
{
    return c->in->kind != APF_GIN_PF || c->out->verdict != APF_GUEST_NOT_PRESENT ||
           (c->area_before.flags != 0 && c->area->flags == 0);
}

INVARIANT bool only_zero_is_written(const struct apf_guest_change *c)
{
    return (c->area->token == c->area_before.token || c->area->token == 0) &&
           (c->area->flags == c->area_before.flags || c->area->flags == 0);
}

INVARIANT bool the_host_does_not_panic_us(const struct apf_guest_change *c)
{
    return c->out->verdict != APF_GUEST_PANIC;
}

/* X(kind): every input. */
#define APF_GUEST_INPUTS(X)                                                                        \
    X(ENABLE)                                                                                      \
    X(ENABLED)                                                                                     \
    X(DISABLE)                                                                                     \
    X(DISABLED)                                                                                    \
    X(PF)                                                                                          \
    X(WAIT)                                                                                        \
    X(EOI)                                                                                         \
    X(WAKE)                                                                                        \
    X(ZERO)                                                                                        \
    X(ACK)                                                                                         \
    X(L1_EXIT)                                                                                     \
    X(L1_PF)                                                                                       \
    X(DUMMY)                                                                                       \
    X(COMPLETE)                                                                                    \
    X(DONE)

#define GUEST_ON(kind)   (1u << APF_GIN_##kind)
#define GUEST_ALL_INPUTS ((1u << APF_GIN_KINDS) - 1)

/* X(function, inputs that can break it, text) */
#define GUEST_STEP_INVARIANTS(X)                                                                   \
    X(no_sleeper_is_taken_for_a_dummy, GUEST_ON(WAIT),                                             \
      "INV-3: a wait finds no sleeper on its token")                                               \
    X(only_zero_is_written, GUEST_ALL_INPUTS, "INV-7: the guest writes only zero to the area")     \
    X(a_fault_is_taken_for_what_it_is, GUEST_ON(PF) | GUEST_ON(L1_PF),                             \
      "INV-14: a #PF is taken for what it is")                                                     \
    X(the_host_does_not_panic_us, GUEST_ALL_INPUTS,                                                \
      "INV-13: a not-present comes to user mode with interrupts on")                               \
    X(flags_are_read_once, GUEST_ON(PF),                                                           \
      "INV-14: the flags announce one #PF and are zeroed by it")                                   \
    X(a_cpu_that_goes_says_so, GUEST_ON(DISABLE), "INV-21: a CPU that goes tells the host")        \
    X(the_ready_interrupt_ends, GUEST_ON(EOI),                                                     \
      "INV-29: the ready interrupt is ended at the LAPIC")                                         \
    X(sleeps_where_it_may, GUEST_ON(PF) | GUEST_ON(WAIT),                                          \
      "INV-32: a task sleeps in user context with interrupts on")                                  \
    X(rcu_watches, GUEST_ALL_INPUTS, "INV-32: RCU watches a CPU that takes locks or schedules")    \
    X(no_allocation_sleeps_under_a_raw_lock, GUEST_ALL_INPUTS,                                     \
      "INV-32: nothing sleeps under a raw lock")

/* As apf_x86_broken() of the host, for any protocol: which one is broken, and whether that counts,
 * apf_guest_step_broken() says. */
INVARIANT bool apf_guest_holds(const struct apf_guest_change *c, enum apf_guest_in_kind kind)
{
#define STEP_HOLDS(fn, kinds, text) (!((kinds) >> kind & 1) || fn(c)) &&
    return GUEST_STEP_INVARIANTS(STEP_HOLDS) true;
#undef STEP_HOLDS
}
