/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_host_inv.c - the invariants of the host half, one function each
 *
 * Two tables. State invariants look at a whole vCPU: apf_host_broken() walks them all (about 1 us
 * with 64 items). Step invariants look at what one step changed: apf_host_step() asks those that
 * concern its input, each O(1) but for the few that follow a cleared queue.
 *
 * A function returns true when the invariant holds. What cannot be said here, and why:
 *   INV-4        tokens across vCPUs: needs all vCPUs. INV-37 gives it for vCPU ids below 4096.
 *   INV-5, 27, 29, 31, 39   tie a host event to what the guest does later: history of both.
 *   INV-8, 24, 40   whether the guest's handler is running or an ACK is due is guest state; the
 *                step forms are here (slot and interrupt go together; the ACK clears the filter),
 *                and apf_slot_broken() for a caller that knows it.
 *   INV-16, 36   what L2 or a program sees: the caller injects. Here: the mark on the #PF, the MMU.
 *   INV-19       address space references are not modelled; here: no worker waits for itself.
 *   INV-22, 26, 33, 35   liveness, or what the caller's vCPU thread and GUP do.
 *   INV-30, 32   guest: apf_guest_inv.c.
 */
#include "apf_host_list.h"
#include "apf_host_state.h"

static bool is_real_live(const struct apf_item *item)
{
    return !item->wakeup_all && item->state >= APF_ITEM_QUEUED && item->state <= APF_ITEM_DEQUEUED;
}

/* ---- state ---- */

/* Token 0 harms only where a slot reads 0 when it is free. */
static bool tokens_are_not_zero(const struct apf_host *h)
{
    for (unsigned i = 0; i < APF_ITEMS && !apf_rules(h)->ready_by_pf; i++) {
        if (is_real_live(&h->item[i]) && h->item[i].token == 0) {
            return false;
        }
    }
    return true;
}

static bool tokens_are_not_wake_all(const struct apf_host *h)
{
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        if (is_real_live(&h->item[i]) && h->item[i].token == APF_TOKEN_WAKE_ALL) {
            return false;
        }
    }
    return true;
}

static bool tokens_differ_pairwise(const struct apf_host *h)
{
    for (unsigned i = h->queue_head; i != APF_NO_ITEM; i = h->item[i].qnext) {
        for (unsigned k = h->item[i].qnext; k != APF_NO_ITEM; k = h->item[k].qnext) {
            if (h->item[i].token == h->item[k].token) {
                return false;
            }
        }
    }
    return true;
}

/*
 * The queue is in order of allocation, so the distance of each id from the oldest one rises: that
 * proves them distinct in one pass. Only where it does not (vCPU ids above 12 bits, an item older
 * than 2^20 ids) are all pairs compared.
 */
static bool tokens_are_distinct(const struct apf_host *h)
{
    unsigned i = h->queue_head;
    uint32_t last = 0;

    if (i == APF_NO_ITEM) {
        return true;
    }
    uint32_t oldest = h->item[i].token;
    for (i = h->item[i].qnext; i != APF_NO_ITEM; i = h->item[i].qnext) {
        uint32_t distance = h->item[i].token - oldest;
        if (distance <= last) {
            return tokens_differ_pairwise(h);
        }
        last = distance;
    }
    return true;
}

static bool queued_is_within_the_limit(const struct apf_host *h)
{
    uint32_t real = 0, wake_all = 0;

    for (unsigned i = 0; i < APF_ITEMS; i++) {
        real += is_real_live(&h->item[i]);
        wake_all += h->item[i].state != APF_ITEM_FREE && h->item[i].wakeup_all;
    }
    /* There is room for no more than the limit and one. */
    return real <= APF_LIMIT && h->queued == real + wake_all;
}

static bool queue_is_what_is_in_flight(const struct apf_host *h)
{
    unsigned listed = 0, live = 0, tail = APF_NO_ITEM;

    for (unsigned i = h->queue_head; i != APF_NO_ITEM; i = h->item[i].qnext) {
        if (i >= APF_ITEMS || listed == APF_ITEMS || !is_real_live(&h->item[i])) {
            return false;
        }
        tail = i;
        listed++;
    }
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        live += is_real_live(&h->item[i]);
    }
    return listed == live && h->queue_tail == tail;
}

static bool done_is_what_is_finished(const struct apf_host *h)
{
    unsigned listed = 0, done = 0, dequeued = 0, tail = APF_NO_ITEM;

    for (unsigned i = h->done_head; i != APF_NO_ITEM; i = h->item[i].next) {
        if (i >= APF_ITEMS || listed == APF_ITEMS || h->item[i].state != APF_ITEM_DONE) {
            return false;
        }
        tail = i;
        listed++;
    }
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        done += h->item[i].state == APF_ITEM_DONE;
        dequeued += h->item[i].state == APF_ITEM_DEQUEUED;
    }
    return listed == done && h->done_tail == tail && dequeued == (h->dequeued != APF_NO_ITEM) &&
           (!dequeued || h->item[h->dequeued].state == APF_ITEM_DEQUEUED);
}

static bool hash_is_what_is_in_flight(const struct apf_host *h)
{
    unsigned listed = 0, filled = 0;

    for (unsigned i = h->queue_head; i != APF_NO_ITEM && listed <= APF_ITEMS;
         i = h->item[i].qnext) {
        if (i == h->hook_item) {
            continue; /* K-13 adds it (BUG-32) */
        }
        if (!apf_host_in_flight(h, h->item[i].gfn)) {
            return false;
        }
        listed++;
    }
    for (unsigned s = 0; s < APF_GFN_SLOTS; s++) {
        filled += h->gfns[s] != APF_NO_GFN;
    }
    /* Each listed gfn is there and there are no more: no duplicates either way. */
    return listed == filled;
}

static bool items_outlive_their_workers(const struct apf_host *h)
{
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        const struct apf_item *item = &h->item[i];
        if (item->state >= APF_ITEM_CANCELLED && item->worker_returned) {
            return false; /* it waits for nothing, so it is lost */
        }
        if (item->state == APF_ITEM_FREE && (item->token || item->notify)) {
            return false;
        }
    }
    return true;
}

static bool enabled_means_an_area(const struct apf_host *h)
{
    return !apf_pv_on(h) || h->area_valid;
}

/* Only for ids of 12 bits is the vCPU to be read from a token (A.5). */
static bool tokens_name_this_vcpu(const struct apf_host *h)
{
    for (unsigned i = h->queue_head; h->vcpu_id < 4096 && i != APF_NO_ITEM; i = h->item[i].qnext) {
        if ((h->item[i].token & 4095) != h->vcpu_id) {
            return false;
        }
    }
    return true;
}

/* The lists come first: the others walk them. */
#define STATE_INVARIANTS(X)                                                                        \
    X(queue_is_what_is_in_flight, "INV-11", "the queue is exactly the real items in flight")       \
    X(done_is_what_is_finished, "INV-11", "done is exactly the finished items, each once")         \
    X(tokens_are_not_zero, "INV-1", "no token is 0")                                               \
    X(tokens_are_not_wake_all, "INV-2", "no ordinary token is the wake-all token")                 \
    X(tokens_are_distinct, "INV-3", "tokens in flight on one vCPU are distinct")                   \
    X(queued_is_within_the_limit, "INV-10", "queued counts real and wake-all items, in the limit") \
    X(hash_is_what_is_in_flight, "INV-12", "the gfn hash holds the gfns in flight, each once")     \
    X(items_outlive_their_workers, "INV-18", "an item is freed when its worker has returned")      \
    X(enabled_means_an_area, "INV-20", "APF enabled means that the area is set up")                \
    X(tokens_name_this_vcpu, "INV-37", "a token names the vCPU that raised it")

#define STATE_ROW(fn, id, text) {{id, id ": " text}, fn},
static const struct {
    struct apf_invariant what;
    bool (*holds)(const struct apf_host *h);
} state_invariants[] = {STATE_INVARIANTS(STATE_ROW)};

/* ---- step ---- */

static bool slot_written(const struct apf_step_change *c)
{
    return c->area->token != c->area_before.token;
}

static bool a_new_token_is_not_zero(const struct apf_step_change *c)
{
    return c->out->item == APF_NO_ITEM || c->out->token != 0 || apf_rules(c->h)->ready_by_pf;
}

static bool only_the_announced_get_ready(const struct apf_step_change *c)
{
    return !(slot_written(c) || apf_did(c, APF_DO_QUEUE_PF)) || c->announced || c->wake_all;
}

static bool a_lapic_takes_the_interrupt(const struct apf_step_change *c)
{
    return !apf_did(c, APF_DO_SET_IRQ) || c->h->lapic_in_kernel;
}

static bool a_worker_begins_behind_the_hook(const struct apf_step_change *c)
{
    return c->hook_before == APF_NO_ITEM || c->in->item != c->hook_before;
}

/* L1 has opted in, and gets it as a VM-exit; an ordinary #PF of L2 is no such thing. */
static bool l2_never_sees_it(const struct apf_step_change *c)
{
    const struct apf_action *told = apf_first(c, APF_DO_QUEUE_PF),
                            *real = apf_first(c, APF_DO_REAL_PF);

    return (!told || told->vmexit == c->in->ctx.guest_mode) && (!real || !real->vmexit);
}

static bool the_prefault_uses_the_mmu_of_its_fault(const struct apf_step_change *c)
{
    const struct apf_action *map = apf_first(c, APF_DO_PREFAULT);

    return !map || c->h->item[map->item].l2 == c->in->ctx.guest_mode;
}

static bool a_worker_does_not_wait_for_itself(const struct apf_step_change *c)
{
    const struct apf_action *wait = apf_first(c, APF_DO_WAIT_WORK);

    return !wait || wait->item != c->in->item;
}

static bool gate_of_en_is_open(const struct apf_host *h)
{
    return !h->enforce_cpuid || (h->cpuid & APF_CPUID_ASYNC_PF);
}

static bool zero_is_always_accepted(const struct apf_step_change *c)
{
    return c->in->msr != APF_MSR_EN || c->in->value != 0 || !gate_of_en_is_open(c->h) ||
           !apf_did(c, APF_DO_GP);
}

static bool ack_comes_with_the_interrupt(const struct apf_step_change *c)
{
    bool there = !c->h->enforce_cpuid || (c->h->cpuid & APF_CPUID_ASYNC_PF_INT);

    return c->in->msr != APF_MSR_ACK || apf_rules(c->h)->ready_by_pf ||
           there == !apf_did(c, APF_DO_GP);
}

static bool only_a_free_slot_is_written(const struct apf_step_change *c)
{
    return !slot_written(c) || c->area_before.token == 0;
}

static bool slot_and_interrupt_go_together(const struct apf_step_change *c)
{
    return !slot_written(c) || apf_did(c, APF_DO_SET_IRQ);
}

static bool one_interrupt_for_one_slot(const struct apf_step_change *c)
{
    return !apf_did(c, APF_DO_SET_IRQ) || c->area_before.token == 0;
}

static bool queued_stays_in_the_limit(const struct apf_step_change *c)
{
    return c->h->queued <= APF_LIMIT + 1;
}

static bool an_item_in_flight_is_hashed(const struct apf_step_change *c)
{
    bool made = c->out->verdict == APF_VERDICT_DELIVERED || c->out->verdict == APF_VERDICT_HALT;

    return !made || apf_host_in_flight(c->h, c->in->gfn);
}

static bool a_presented_item_is_not_hashed(const struct apf_step_change *c)
{
    const struct apf_action *ready = apf_first(c, APF_DO_TRACE);

    return !ready || c->wake_all || !apf_host_in_flight(c->h, ready->gfn);
}

/* Asked of the context alone, not of can_do() and can_deliver(), which decided it. */
static bool a_guest_that_is_told_can_take_it(const struct apf_step_change *c)
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

static bool paging_is_on(const struct apf_step_change *c)
{
    const struct apf_host_ctx *x = &c->in->ctx;

    return c->in->kind == APF_IN_PRESENT || x->guest_mode || x->paging ||
           !apf_did(c, APF_DO_QUEUE_PF);
}

static bool flags_and_pf_go_together(const struct apf_step_change *c)
{
    const struct apf_action *told = apf_first(c, APF_DO_QUEUE_PF);

    if (!told) {
        return c->area->flags == c->area_before.flags;
    }
    return c->area->flags == told->value && c->area_before.flags == 0;
}

static bool workers_touch_nothing_but_done(const struct apf_step_change *c)
{
    return c->h->queued == c->queued_before && c->area->flags == c->area_before.flags &&
           !slot_written(c) && (c->h->done_head == c->done_before || c->done_before == APF_NO_ITEM);
}

static bool nothing_is_freed_under_a_worker(const struct apf_step_change *c)
{
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        if (c->h->item[i].unflushed) {
            return false;
        }
    }
    return true;
}

static bool the_area_is_left_alone_when_off(const struct apf_step_change *c)
{
    return (c->pv_before && apf_pv_on(c->h)) ||
           (!slot_written(c) && c->area->flags == c->area_before.flags);
}

/* An item that may leave `done` leaves it in this step, or the caller is told to go on. */
static bool the_free_slot_is_used(const struct apf_step_change *c)
{
    const struct apf_area *area = c->in->area_faults ? NULL : c->area;

    return c->out->more || c->h->hook_item != APF_NO_ITEM || c->h->dequeued != APF_NO_ITEM ||
           (c->in->kind == APF_IN_WRMSR &&
            (c->in->msr != APF_MSR_ACK || !(c->in->value & 1) || apf_did(c, APF_DO_GP))) ||
           !apf_host_may_present(c->h, area, &c->in->ctx);
}

static bool an_append_to_empty_is_announced(const struct apf_step_change *c)
{
    return c->done_before != APF_NO_ITEM || c->h->done_head == APF_NO_ITEM ||
           apf_rules(c->h)->ready_by_pf || (c->h->requests & APF_REQ_READY);
}

static bool a_halt_can_end(const struct apf_step_change *c)
{
    bool halts = c->out->verdict == APF_VERDICT_HALT || c->out->verdict == APF_VERDICT_REPEATED;

    /* HLT that does not exit: only a guest that could be told may be halted, by a bad area. */
    bool seen = c->out->verdict != APF_VERDICT_HALT || !c->in->ctx.hlt_in_guest ||
                c->out->why == APF_WHY_AREA;
    return !halts || (c->in->ctx.irq_allowed && seen && (c->h->requests & APF_REQ_HALT) &&
                      (c->in->kind != APF_IN_FAULT || apf_host_in_flight(c->h, c->in->gfn)));
}

static bool a_ready_ends_the_halt(const struct apf_step_change *c)
{
    return !apf_did(c, APF_DO_RUNNABLE) || !c->h->halted;
}

static bool a_cleared_queue_is_empty(const struct apf_step_change *c)
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

static bool the_vector_is_valid(const struct apf_step_change *c)
{
    const struct apf_action *irq = apf_first(c, APF_DO_SET_IRQ);

    return !irq || irq->value >= 16;
}

static bool a_token_names_this_vcpu(const struct apf_step_change *c)
{
    uint32_t token = c->area->token;

    return !slot_written(c) || c->wake_all || c->h->vcpu_id >= 4096 ||
           (token & 4095) == c->h->vcpu_id;
}

static bool enabled_has_an_area(const struct apf_step_change *c)
{
    return enabled_means_an_area(c->h);
}

static bool the_kick_filter_follows_ready_and_ack(const struct apf_step_change *c)
{
    if (c->in->kind == APF_IN_PRESENT) {
        return !apf_did(c, APF_DO_SET_IRQ) || c->h->pageready_pending;
    }
    return c->in->msr != APF_MSR_ACK || !(c->in->value & 1) || apf_did(c, APF_DO_GP) ||
           !c->h->pageready_pending;
}

/* A row that means nothing under another protocol is not asked there. */
static bool is_asked(const struct apf_host *h, const char *text)
{
    return h->protocol == APF_X86 || apf_protocol_asks((enum apf_protocol)h->protocol, text);
}

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

#define STEP_ROW(fn, kinds, id, text) {id, id ": " text},
static const struct apf_invariant step_invariants[] = {STEP_INVARIANTS(STEP_ROW)};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/*
 * The rows of the table that name `kind`, one after the other. `kind` is a constant wherever this
 * is called from: what is left of it is only what that input can break, and inline.
 */
__attribute__((always_inline)) static inline const char *
first_broken(const struct apf_step_change *c, uint32_t kind)
{
#define STEP_ASK(fn, kinds, id, text)                                                              \
    if (((kinds)&kind) && !fn(c) && is_asked(c->h, id ": ")) {                                     \
        return id ": " text;                                                                       \
    }
    STEP_INVARIANTS(STEP_ASK)
#undef STEP_ASK
    return NULL;
}

static const char *any_broken(const struct apf_step_change *c)
{
    switch (c->in->kind) {
#define STEP_CASE(kind)                                                                            \
    case APF_IN_##kind:                                                                            \
        return first_broken(c, ON(kind))
        STEP_CASE(FAULT);
        STEP_CASE(WORK_RUN);
        STEP_CASE(WORK_APPEND);
        STEP_CASE(WORK_KICK);
        STEP_CASE(WORK_RETURN);
        STEP_CASE(REQ_HALT);
        STEP_CASE(REQ_READY);
        STEP_CASE(CHECK);
        STEP_CASE(PRESENT);
        STEP_CASE(UNHALT);
        STEP_CASE(WRMSR);
        STEP_CASE(LAPIC_ENABLED);
        STEP_CASE(PAGING);
        STEP_CASE(RESET);
        STEP_CASE(DESTROY);
        STEP_CASE(WORK_PEEK);
        STEP_CASE(NOT_PRESENT);
        STEP_CASE(FIXUP_PF);
        STEP_CASE(USER_READY);
        STEP_CASE(EVENT_TAKEN);
#undef STEP_CASE
    case APF_IN_KINDS:
        break;
    }
    return NULL;
}

const char *apf_host_step_broken(const struct apf_step_change *c)
{
    const char *broken = any_broken(c);

    return broken || c->h->protocol == APF_X86 ? broken : apf_host_other_broken(c);
}

const char *apf_slot_broken(const struct apf_host *h, const struct apf_area *area, bool under_way)
{
    bool stale = apf_pv_on(h) && !apf_rules(h)->ready_by_pf && area->token && !under_way &&
                 is_asked(h, "INV-8: ");

    return stale ? "INV-8: a busy slot has its interrupt or its handler" : NULL;
}

const char *apf_host_broken(const struct apf_host *h, const struct apf_area *area)
{
    /* Of the area, the host may only say what it wrote (INV-7, 14, 21): the steps watch that. */
    (void)area;
    for (size_t i = 0; i < COUNT(state_invariants); i++) {
        if (!state_invariants[i].holds(h) && is_asked(h, state_invariants[i].what.text)) {
            return state_invariants[i].what.text;
        }
    }
    return NULL;
}

const struct apf_invariant *apf_host_invariant(unsigned i)
{
    if (i < COUNT(state_invariants)) {
        return &state_invariants[i].what;
    }
    i -= (unsigned)COUNT(state_invariants);
    return i < COUNT(step_invariants) ? &step_invariants[i] : NULL;
}
