/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_host_inv_step.h - inside apf/: what each input may do to a vCPU, asked behind every step
 *
 * Knows:    apf_host_list.h.
 * Promise:  a function returns true when the invariant holds; each is O(1) but for the few that
 *           follow a cleared queue. What cannot be said here: apf_host_inv.c.
 * Cost:     inline, so that of the whole table a step has only what its input can break, and of
 *           struct apf_step_change only what that looks at.
 */
#pragma once

#include "apf_host_list.h"
#include "apf_host_state.h"

#define INVARIANT __attribute__((always_inline)) static inline

INVARIANT bool enabled_means_an_area(const struct apf_host *h)
{
    return !apf_pv_on(h) || h->area_valid;
}

INVARIANT bool slot_written(const struct apf_step_change *c)
{
    return c->area->token != c->area_before.token;
}

INVARIANT bool a_new_token_is_not_zero(const struct apf_step_change *c)
{
    return c->out->item == APF_NO_ITEM || c->out->token != 0 || apf_rules(c->h)->ready_by_pf;
}

INVARIANT bool only_the_announced_get_ready(const struct apf_step_change *c)
{
    return !(slot_written(c) || apf_did(c, APF_DO_QUEUE_PF)) || c->announced || c->wake_all;
}

INVARIANT bool a_lapic_takes_the_interrupt(const struct apf_step_change *c)
{
    return !apf_did(c, APF_DO_SET_IRQ) || c->h->lapic_in_kernel;
}

INVARIANT bool a_worker_begins_behind_the_hook(const struct apf_step_change *c)
{
    return c->hook_before == APF_NO_ITEM || c->in->item != c->hook_before;
}

/* L1 has opted in, and gets it as a VM-exit; an ordinary #PF of L2 is no such thing. */
INVARIANT bool l2_never_sees_it(const struct apf_step_change *c)
{
    const struct apf_action *told = apf_first(c, APF_DO_QUEUE_PF),
                            *real = apf_first(c, APF_DO_REAL_PF);

    return (!told || told->vmexit == c->in->ctx.guest_mode) && (!real || !real->vmexit);
}

INVARIANT bool the_prefault_uses_the_mmu_of_its_fault(const struct apf_step_change *c)
{
    const struct apf_action *map = apf_first(c, APF_DO_PREFAULT);

    return !map || c->h->item[map->item].l2 == c->in->ctx.guest_mode;
}

INVARIANT bool a_worker_does_not_wait_for_itself(const struct apf_step_change *c)
{
    const struct apf_action *wait = apf_first(c, APF_DO_WAIT_WORK);

    return !wait || wait->item != c->in->item;
}

INVARIANT bool gate_of_en_is_open(const struct apf_host *h)
{
    return !h->enforce_cpuid || (h->cpuid & APF_CPUID_ASYNC_PF);
}

INVARIANT bool zero_is_always_accepted(const struct apf_step_change *c)
{
    return c->in->msr != APF_MSR_EN || c->in->value != 0 || !gate_of_en_is_open(c->h) ||
           !apf_did(c, APF_DO_GP);
}

INVARIANT bool ack_comes_with_the_interrupt(const struct apf_step_change *c)
{
    bool there = !c->h->enforce_cpuid || (c->h->cpuid & APF_CPUID_ASYNC_PF_INT);

    return c->in->msr != APF_MSR_ACK || apf_rules(c->h)->ready_by_pf ||
           there == !apf_did(c, APF_DO_GP);
}

INVARIANT bool only_a_free_slot_is_written(const struct apf_step_change *c)
{
    return !slot_written(c) || c->area_before.token == 0;
}

INVARIANT bool slot_and_interrupt_go_together(const struct apf_step_change *c)
{
    return !slot_written(c) || apf_did(c, APF_DO_SET_IRQ);
}

INVARIANT bool one_interrupt_for_one_slot(const struct apf_step_change *c)
{
    return !apf_did(c, APF_DO_SET_IRQ) || c->area_before.token == 0;
}

INVARIANT bool queued_stays_in_the_limit(const struct apf_step_change *c)
{
    return c->h->queued <= APF_LIMIT + 1;
}

INVARIANT bool an_item_in_flight_is_hashed(const struct apf_step_change *c)
{
    bool made = c->out->verdict == APF_VERDICT_DELIVERED || c->out->verdict == APF_VERDICT_HALT;

    return !made || apf_host_in_flight(c->h, c->in->gfn);
}

INVARIANT bool a_presented_item_is_not_hashed(const struct apf_step_change *c)
{
    const struct apf_action *ready = apf_first(c, APF_DO_TRACE);

    return !ready || c->wake_all || !apf_host_in_flight(c->h, ready->gfn);
}

/* Asked of the context alone, not of can_do() and can_deliver(), which decided it. */
INVARIANT bool a_guest_that_is_told_can_take_it(const struct apf_step_change *c)
{
    const struct apf_host_ctx *x = &c->in->ctx;

    if (!apf_did(c, APF_DO_QUEUE_PF)) {
        return true;
    }
    /* A ready #PF (4.14) ends a wait: no matter where. */
    bool user = c->in->kind == APF_IN_PRESENT || (c->h->msr_en & APF_EN_SEND_ALWAYS) ||
                (x->cpl != 0 && !(x->protected_state && apf_rules(c->h)->deliver_tests_protected));
    return c->pv_before && user && x->irq_allowed && !x->event_reinject && !x->exception_pending &&
           !x->nested_run_pending;
}

INVARIANT bool paging_is_on(const struct apf_step_change *c)
{
    const struct apf_host_ctx *x = &c->in->ctx;

    return c->in->kind == APF_IN_PRESENT || x->guest_mode || x->paging ||
           !apf_did(c, APF_DO_QUEUE_PF);
}

INVARIANT bool flags_and_pf_go_together(const struct apf_step_change *c)
{
    const struct apf_action *told = apf_first(c, APF_DO_QUEUE_PF);

    if (!told) {
        return c->area->flags == c->area_before.flags;
    }
    return c->area->flags == told->value && c->area_before.flags == 0;
}

INVARIANT bool workers_touch_nothing_but_done(const struct apf_step_change *c)
{
    return c->h->queued == c->queued_before && c->area->flags == c->area_before.flags &&
           !slot_written(c) && (c->h->done_head == c->done_before || c->done_before == APF_NO_ITEM);
}

INVARIANT bool nothing_is_freed_under_a_worker(const struct apf_step_change *c)
{
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        if (c->h->item[i].unflushed) {
            return false;
        }
    }
    return true;
}

INVARIANT bool the_area_is_left_alone_when_off(const struct apf_step_change *c)
{
    return (c->pv_before && apf_pv_on(c->h)) ||
           (!slot_written(c) && c->area->flags == c->area_before.flags);
}

/* An item that may leave `done` leaves it in this step, or the caller is told to go on. */
INVARIANT bool the_free_slot_is_used(const struct apf_step_change *c)
{
    const struct apf_area *area = c->in->area_faults ? NULL : c->area;

    return c->out->more || c->h->hook_item != APF_NO_ITEM || c->h->dequeued != APF_NO_ITEM ||
           (c->in->kind == APF_IN_WRMSR &&
            (c->in->msr != APF_MSR_ACK || !(c->in->value & 1) || apf_did(c, APF_DO_GP))) ||
           !apf_host_may_present(c->h, area, &c->in->ctx);
}

INVARIANT bool an_append_to_empty_is_announced(const struct apf_step_change *c)
{
    return c->done_before != APF_NO_ITEM || c->h->done_head == APF_NO_ITEM ||
           apf_rules(c->h)->ready_by_pf || (c->h->requests & APF_REQ_READY);
}

INVARIANT bool a_halt_can_end(const struct apf_step_change *c)
{
    bool halts = c->out->verdict == APF_VERDICT_HALT || c->out->verdict == APF_VERDICT_REPEATED;

    /* HLT that does not exit: only a guest that could be told may be halted, by a bad area. */
    bool seen = c->out->verdict != APF_VERDICT_HALT || !c->in->ctx.hlt_in_guest ||
                c->out->why == APF_WHY_AREA;
    return !halts || (c->in->ctx.irq_allowed && seen && (c->h->requests & APF_REQ_HALT) &&
                      (c->in->kind != APF_IN_FAULT || apf_host_in_flight(c->h, c->in->gfn)));
}

INVARIANT bool a_ready_ends_the_halt(const struct apf_step_change *c)
{
    return !apf_did(c, APF_DO_RUNNABLE) || !c->h->halted;
}

INVARIANT bool a_cleared_queue_is_empty(const struct apf_step_change *c)
{
    bool cleared = c->in->kind == APF_IN_RESET || c->in->kind == APF_IN_DESTROY ||
                   (c->pv_before && !apf_pv_on(c->h));

    /* The last worker clears (BUG-5); the vCPU thread is inside a fault (BUG-32). */
    if (c->h->destroying || c->hook_before != APF_NO_ITEM) {
        return true;
    }
    bool empty = true;

    for (unsigned s = 0; cleared && s < APF_GFN_SLOTS; s++) {
        empty = empty && c->h->gfns[s] == APF_NO_GFN;
    }
    return !cleared || (empty && c->h->queued == 0 && c->h->queue_head == APF_NO_ITEM &&
                        c->h->done_head == APF_NO_ITEM && c->h->dequeued == APF_NO_ITEM);
}

INVARIANT bool the_vector_is_valid(const struct apf_step_change *c)
{
    const struct apf_action *irq = apf_first(c, APF_DO_SET_IRQ);

    return !irq || irq->value >= 16;
}

INVARIANT bool a_token_names_this_vcpu(const struct apf_step_change *c)
{
    uint32_t token = c->area->token;

    return !slot_written(c) || c->wake_all || c->h->vcpu_id >= 4096 ||
           (token & 4095) == c->h->vcpu_id;
}

INVARIANT bool enabled_has_an_area(const struct apf_step_change *c)
{
    return enabled_means_an_area(c->h);
}

INVARIANT bool the_kick_filter_follows_ready_and_ack(const struct apf_step_change *c)
{
    if (c->in->kind == APF_IN_PRESENT) {
        return !apf_did(c, APF_DO_SET_IRQ) || c->h->pageready_pending;
    }
    return c->in->msr != APF_MSR_ACK || !(c->in->value & 1) || apf_did(c, APF_DO_GP) ||
           !c->h->pageready_pending;
}

/* X(kind): every input. */
#define APF_INPUTS(X)                                                                              \
    X(FAULT)                                                                                       \
    X(WORK_RUN)                                                                                    \
    X(WORK_APPEND)                                                                                 \
    X(WORK_KICK)                                                                                   \
    X(WORK_RETURN)                                                                                 \
    X(REQ_HALT)                                                                                    \
    X(REQ_READY)                                                                                   \
    X(CHECK)                                                                                       \
    X(PRESENT)                                                                                     \
    X(UNHALT)                                                                                      \
    X(WRMSR)                                                                                       \
    X(LAPIC_ENABLED)                                                                               \
    X(PAGING)                                                                                      \
    X(RESET)                                                                                       \
    X(DESTROY)                                                                                     \
    X(WORK_PEEK)                                                                                   \
    X(NOT_PRESENT)                                                                                 \
    X(FIXUP_PF)                                                                                    \
    X(USER_READY)                                                                                  \
    X(EVENT_TAKEN)

#define ON(kind) (1u << APF_IN_##kind)
#define FROM_WORKER                                                                                \
    (ON(WORK_RUN) | ON(WORK_PEEK) | ON(WORK_APPEND) | ON(WORK_KICK) | ON(WORK_RETURN))
#define ASKS       (ON(FAULT) | ON(NOT_PRESENT))
#define CLEARS     (ON(WRMSR) | ON(PAGING) | ON(RESET) | ON(DESTROY))
#define LOOPS      (ON(REQ_READY) | ON(CHECK) | ON(PRESENT))
#define TELLS      (ASKS | ON(PRESENT))
#define ALL_INPUTS ((1u << APF_IN_KINDS) - 1)

/* X(function, inputs that can break it, label, text) */
#define STEP_INVARIANTS(X)                                                                         \
    X(a_new_token_is_not_zero, ON(FAULT), "INV-1", "a new token is not 0")                         \
    X(only_the_announced_get_ready, ON(PRESENT), "INV-6", "no ready for an unannounced item")      \
    X(only_a_free_slot_is_written, ALL_INPUTS, "INV-7", "the slot is written when it reads 0")     \
    X(a_lapic_takes_the_interrupt, ON(PRESENT), "INV-8", "an interrupt is raised in a LAPIC")      \
    X(slot_and_interrupt_go_together, ON(PRESENT), "INV-8", "a written slot has its interrupt")    \
    X(one_interrupt_for_one_slot, ON(PRESENT), "INV-9", "one interrupt between slot and ACK")      \
    X(queued_stays_in_the_limit, ON(FAULT) | ON(WRMSR) | ON(PRESENT), "INV-10",                    \
      "queued stays within the limit and one")                                                     \
    X(an_item_in_flight_is_hashed, ON(FAULT), "INV-12", "a new item is in the gfn hash")           \
    X(a_presented_item_is_not_hashed, ON(PRESENT), "INV-12", "a ready item left the gfn hash")     \
    X(l2_never_sees_it, TELLS | ON(FIXUP_PF), "INV-16", "an async #PF while L2 runs goes to L1")   \
    X(flags_and_pf_go_together, ALL_INPUTS, "INV-14",                                              \
      "a nonzero flags word and one #PF go together")                                              \
    X(a_guest_that_is_told_can_take_it, TELLS, "INV-13", "a #PF is queued when it may be")         \
    X(paging_is_on, TELLS, "INV-13", "paging is on when a #PF is queued")                          \
    X(a_worker_begins_behind_the_hook, FROM_WORKER, "INV-15",                                      \
      "a worker begins behind the not-present hook")                                               \
    X(the_prefault_uses_the_mmu_of_its_fault, LOOPS, "INV-36",                                     \
      "a prefault maps with the MMU of its fault")                                                 \
    X(a_worker_does_not_wait_for_itself, ON(WORK_RETURN), "INV-19",                                \
      "a worker does not wait for itself")                                                         \
    X(workers_touch_nothing_but_done, FROM_WORKER | ON(USER_READY), "INV-17",                      \
      "a worker only appends to done")                                                             \
    X(nothing_is_freed_under_a_worker, ON(DESTROY), "INV-18",                                      \
      "no worker still runs when its vCPU is destroyed")                                           \
    X(zero_is_always_accepted, ON(WRMSR), "ABI", "EN := 0 is accepted")                            \
    X(ack_comes_with_the_interrupt, ON(WRMSR), "INV-24",                                           \
      "the ACK MSR is there with interrupt delivery")                                              \
    X(enabled_has_an_area, ON(WRMSR), "INV-20", "APF enabled means that the area is set up")       \
    X(the_area_is_left_alone_when_off, TELLS | CLEARS, "INV-21", "no write to the area when off")  \
    X(the_free_slot_is_used, LOOPS | ON(WRMSR), "INV-23", "an item that may leave done leaves")    \
    X(a_halt_can_end, ASKS, "INV-25", "a halt has an item in flight and interrupts open")          \
    X(a_ready_ends_the_halt, ON(PRESENT), "INV-25", "a completed item ends the halt")              \
    X(a_cleared_queue_is_empty, CLEARS, "INV-28", "off or reset leaves nothing in flight")         \
    X(the_vector_is_valid, ON(PRESENT), "INV-34", "the vector raised is set and at least 16")      \
    X(a_token_names_this_vcpu, ON(PRESENT), "INV-37", "ready is raised where not-present was")     \
    X(an_append_to_empty_is_announced, ON(WORK_APPEND) | ON(USER_READY) | ON(WRMSR), "INV-38",     \
      "who appends to an empty done raises the request")                                           \
    X(the_kick_filter_follows_ready_and_ack, ON(PRESENT) | ON(WRMSR), "INV-40",                    \
      "the kick filter is set by ready and cleared by the ACK")

/*
 * The rows of the table that name `kind`, a constant, one after the other, under x86, where all are
 * asked. What is left of it is only what that input can break.
 */
__attribute__((always_inline)) static inline const char *
apf_x86_broken(const struct apf_step_change *c, enum apf_host_in_kind kind)
{
#define STEP_ASK(fn, kinds, id, text)                                                              \
    if (((kinds) >> kind & 1) && !fn(c)) {                                                         \
        return id ": " text;                                                                       \
    }
    STEP_INVARIANTS(STEP_ASK)
#undef STEP_ASK
    return NULL;
}
