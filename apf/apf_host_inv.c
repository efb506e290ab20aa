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
#include "apf_host_inv_step.h"
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

#define STEP_ROW(fn, kinds, id, text) {id, id ": " text},
static const struct apf_invariant step_invariants[] = {STEP_INVARIANTS(STEP_ROW)};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* A row that means nothing under another protocol is not asked there. */
static bool is_asked(const struct apf_host *h, const char *text)
{
    return h->protocol == APF_X86 || apf_protocol_asks((enum apf_protocol)h->protocol, text);
}

const char *apf_host_step_broken(const struct apf_step_change *c)
{
#define STEP_ASK(fn, kinds, id, text)                                                              \
    if (((kinds) >> c->in->kind & 1) && !fn(c) && is_asked(c->h, id ": ")) {                       \
        return id ": " text;                                                                       \
    }
    STEP_INVARIANTS(STEP_ASK)
#undef STEP_ASK
    return c->h->protocol == APF_X86 ? NULL : apf_host_other_broken(c);
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
