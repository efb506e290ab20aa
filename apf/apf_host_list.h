/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_host_list.h - inside apf/: the item pool, the two lists, the gfn hash, the action list
 *
 * Knows:    apf_host_state.h.
 * Promise:  every function is bounded by APF_ITEMS or APF_GFN_SLOTS, also on a damaged state.
 */
#pragma once

#include "apf_host_state.h"

#include <string.h>

static inline const struct apf_host_rules *apf_rules(const struct apf_host *h)
{
    return &apf_host_rules[h->kernel < APF_KERNEL_ROWS ? h->kernel : APF_KERNEL_TIP];
}

static inline const struct apf_protocol_rules *apf_protocol_of(const struct apf_host *h)
{
    return &apf_protocol_rules[h->protocol < APF_PROTOCOLS ? h->protocol : APF_X86];
}

/* A rule that came with the fix of a bug: it holds unless the bug is put back. */
#define APF_RULE(h, rule, bug) (apf_rules(h)->rule && !apf_bug_on((h)->bugs, APF_BUG_##bug))

static inline bool apf_bug(const struct apf_host *h, enum apf_bug bug)
{
    return apf_bug_on(h->bugs, bug);
}

static inline bool apf_fix(const struct apf_host *h, enum apf_fix fix)
{
    return apf_fix_on(h->fixes, fix);
}

/* kvm_pv_async_pf_enabled(): one bit of the two alone counts as off; 4.14 has but the one. */
static inline bool apf_pv_on(const struct apf_host *h)
{
    const uint64_t both = APF_EN_ENABLED | APF_EN_DELIVERY_AS_INT;

    return (h->msr_en & both) == both ||
           ((h->msr_en & APF_EN_ENABLED) && apf_rules(h)->ready_by_pf);
}

/* ---- the pool ---- */

/* A free item is all zero but for its links, so that equal states have equal bytes. */
static inline void apf_item_free(struct apf_host *h, unsigned i)
{
    memset(&h->item[i], 0, sizeof h->item[i]);
    h->item[i].next = APF_NO_ITEM;
    h->item[i].qnext = APF_NO_ITEM;
}

static inline unsigned apf_item_alloc(const struct apf_host *h)
{
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        if (h->item[i].state == APF_ITEM_FREE) {
            return i;
        }
    }
    return APF_NO_ITEM;
}

/* ---- done: finished items, taken from the head ---- */

/* Whether the list was empty: then the caller owes the notification (K-16). */
static inline bool apf_done_append(struct apf_host *h, unsigned i)
{
    bool first = h->done_head == APF_NO_ITEM;

    h->item[i].state = APF_ITEM_DONE;
    h->item[i].next = APF_NO_ITEM;
    if (first) {
        h->done_head = (uint8_t)i;
    } else {
        h->item[h->done_tail].next = (uint8_t)i;
    }
    h->done_tail = (uint8_t)i;
    return first;
}

static inline unsigned apf_done_take(struct apf_host *h)
{
    unsigned i = h->done_head;

    h->done_head = h->item[i].next;
    if (h->done_head == APF_NO_ITEM) {
        h->done_tail = APF_NO_ITEM;
    }
    h->item[i].next = APF_NO_ITEM;
    return i;
}

/* ---- queue: real items in the order of their set-up ---- */

static inline void apf_queue_append(struct apf_host *h, unsigned i)
{
    h->item[i].qnext = APF_NO_ITEM;
    if (h->queue_head == APF_NO_ITEM) {
        h->queue_head = (uint8_t)i;
    } else {
        h->item[h->queue_tail].qnext = (uint8_t)i;
    }
    h->queue_tail = (uint8_t)i;
}

/* Removing what is not there does nothing, as list_del() of a wake-all's own list head does. */
static inline void apf_queue_remove(struct apf_host *h, unsigned i)
{
    unsigned before = APF_NO_ITEM, at = h->queue_head;

    while (at != APF_NO_ITEM && at != i) {
        before = at;
        at = h->item[at].qnext;
    }
    if (at == APF_NO_ITEM) {
        return;
    }
    if (before == APF_NO_ITEM) {
        h->queue_head = h->item[i].qnext;
    } else {
        h->item[before].qnext = h->item[i].qnext;
    }
    if (h->queue_tail == i) {
        h->queue_tail = (uint8_t)before;
    }
    h->item[i].qnext = APF_NO_ITEM;
}

/* ---- gfn hash: open addressing, linear probing, no tombstones (A.6) ---- */

static inline uint32_t apf_gfn_next(uint32_t slot)
{
    return (slot + 1) & (APF_GFN_SLOTS - 1);
}

/* kvm_async_pf_gfn_slot(): the slot of gfn, or of the hole where it would be, or any after 64. */
static inline uint32_t apf_gfn_find(const struct apf_host *h, uint64_t gfn)
{
    uint32_t slot = apf_gfn_hash(gfn);

    for (uint32_t n = 0; n < APF_GFN_SLOTS; n++) {
        if (h->gfns[slot] == gfn || h->gfns[slot] == APF_NO_GFN) {
            break;
        }
        slot = apf_gfn_next(slot);
    }
    return slot;
}

/* kvm_add_async_pf_gfn(). False: no hole, which the limit on items excludes. */
static inline bool apf_gfn_add(struct apf_host *h, uint64_t gfn)
{
    uint32_t slot = apf_gfn_hash(gfn);

    for (uint32_t n = 0; n < APF_GFN_SLOTS; n++) {
        if (h->gfns[slot] == APF_NO_GFN) {
            h->gfns[slot] = gfn;
            return true;
        }
        slot = apf_gfn_next(slot);
    }
    return false;
}

/*
 * kvm_del_async_pf_gfn(): entries behind the hole that the hole would cut off from their home slot
 * move into it, so that a look-up may stop at the first empty slot.
 */
static inline void apf_gfn_del(struct apf_host *h, uint64_t gfn)
{
    uint32_t hole = apf_gfn_find(h, gfn), at = hole;

    if (h->gfns[hole] != gfn) {
        return;
    }
    h->gfns[hole] = APF_NO_GFN;
    for (uint32_t n = 1; n < APF_GFN_SLOTS; n++) {
        at = apf_gfn_next(at);
        if (h->gfns[at] == APF_NO_GFN) {
            return;
        }
        uint32_t from_home = (at - apf_gfn_hash(h->gfns[at])) & (APF_GFN_SLOTS - 1);
        if (from_home >= ((at - hole) & (APF_GFN_SLOTS - 1))) {
            h->gfns[hole] = h->gfns[at];
            h->gfns[at] = APF_NO_GFN;
            hole = at;
        }
    }
}

/* kvm_async_pf_hash_reset() */
static inline void apf_gfn_reset(struct apf_host *h)
{
    memset(h->gfns, 0xff, sizeof h->gfns);
}

/* ---- actions ---- */

static inline struct apf_action *apf_do(struct apf_host_out *out, enum apf_action_kind kind)
{
    /* The last place is overwritten rather than overrun; APF_HOST_ACTIONS makes it unreachable. */
    uint32_t at = out->count < APF_HOST_ACTIONS ? out->count++ : APF_HOST_ACTIONS - 1;
    struct apf_action *a = &out->act[at];

    memset(a, 0, sizeof *a);
    a->kind = (uint8_t)kind;
    a->item = APF_NO_ITEM;
    out->did |= 1u << kind;
    return a;
}

static inline void apf_do_item(struct apf_host_out *out, enum apf_action_kind kind,
                               const struct apf_host *h, unsigned i)
{
    struct apf_action *a = apf_do(out, kind);

    a->item = (uint8_t)i;
    a->gfn = h->item[i].gfn;
    a->gva = h->item[i].gva;
    a->token = h->item[i].token;
}

static inline void apf_do_trace(struct apf_host_out *out, enum apf_trace trace, uint32_t token,
                                uint64_t gva, uint64_t gfn)
{
    struct apf_action *a = apf_do(out, APF_DO_TRACE);

    a->trace = (uint8_t)trace;
    a->token = token;
    a->gva = gva;
    a->gfn = gfn;
}

/* ---- apf_host_fault.c ---- */
void apf_host_fault(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                    struct apf_host_out *out);
void apf_host_not_present(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                          struct apf_host_out *out);
void apf_host_fixup_pf(const struct apf_host *h, const struct apf_host_in *in,
                       struct apf_host_out *out);

/* ---- apf_host_old.c ---- */
void apf_host_old_ready(const struct apf_host *h, struct apf_area *area,
                        const struct apf_host_in *in, const struct apf_item *item,
                        struct apf_host_out *out);

/* ---- apf_host_other.c: protocols other than x86 ---- */
enum apf_why apf_host_may_tell(const struct apf_host *h, const struct apf_area *area,
                               const struct apf_host_in *in);
void apf_host_say_pair(struct apf_host *h, struct apf_area *area, uint32_t reason, uint32_t token);
bool apf_host_pair_may_present(const struct apf_host *h, const struct apf_area *area);
bool apf_host_pair_cancel(struct apf_host *h, struct apf_area *area, const struct apf_item *item,
                          struct apf_host_out *out);
void apf_host_worker_tells(struct apf_host *h, unsigned i, struct apf_host_out *out);
void apf_host_user_ready(struct apf_host *h, const struct apf_host_in *in,
                         struct apf_host_out *out);
/* `done` holds what must wait: the request that looks at it stays. */
static inline void apf_keep_request(struct apf_host *h, bool more)
{
    if (apf_protocol_of(h)->keeps_request && h->done_head != APF_NO_ITEM && !more) {
        h->requests |= APF_REQ_READY;
    }
}

/* ---- apf_host_msr.c ---- */
void apf_host_wrmsr(struct apf_host *h, const struct apf_area *area, const struct apf_host_in *in,
                    struct apf_host_out *out);
void apf_host_clear(struct apf_host *h, struct apf_host_out *out);
void apf_host_destroy(struct apf_host *h, struct apf_host_out *out);
void apf_host_last_put(struct apf_host *h, unsigned i, struct apf_host_out *out);
void apf_host_reset(struct apf_host *h, struct apf_host_out *out);
void apf_host_paging(struct apf_host *h, bool paging, struct apf_host_out *out);

/* ---- apf_host_inv_step.h: what a step did to the state, for the O(1) invariants ---- */
struct apf_step_change {
    struct apf_area area_before;
    uint32_t queued_before;
    uint8_t done_before;
    bool announced; /* this and wake_all: of the item that PRESENT took */
    bool pv_before;
    uint8_t hook_before;
    bool wake_all;
    const struct apf_host *h;
    const struct apf_area *area;
    const struct apf_host_in *in;
    const struct apf_host_out *out;
};
/* What it broke; apf_host_step() has this inline. */
const char *apf_host_step_broken(const struct apf_step_change *c);
/* Is there an action of that kind? */
static inline bool apf_did(const struct apf_step_change *c, enum apf_action_kind kind)
{
    return c->out->did >> kind & 1;
}
/* The first one, or NULL. */
static inline const struct apf_action *apf_first(const struct apf_step_change *c,
                                                 enum apf_action_kind kind)
{
    for (uint32_t i = 0; apf_did(c, kind) && i < c->out->count; i++) {
        if (c->out->act[i].kind == kind) {
            return &c->out->act[i];
        }
    }
    return NULL;
}
/* What another protocol promises instead of what it has no use for; apf_host_other.c. */
const char *apf_host_other_broken(const struct apf_step_change *c);
