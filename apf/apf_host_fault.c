/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_host_fault.c - the fault: K-3, K-12, K-13
 *
 * Sources:  virt/kvm/async_pf.c, arch/x86/kvm/x86.c, arch/x86/kvm/mmu/mmu.c. Function names of the
 *           kernel stand above the code that follows them.
 */
#include "apf_host_list.h"

/* alloc_apf_token(), A.5. Id 0 is skipped since 5.17: it made token 0 on vCPU 0 (BUG-23). */
static uint32_t token_alloc(struct apf_host *h)
{
    bool nonzero = APF_RULE(h, token_nonzero, 23) && apf_protocol_of(h)->token_nonzero;

    if (nonzero && (h->id << 12) == 0) {
        h->id = 1;
    }
    uint32_t token = (h->id++ << 12) | h->vcpu_id;
    /* HOLE-9: nothing keeps the last id of vCPU 4095 from being the wake-all token. */
    return token == APF_TOKEN_WAKE_ALL && apf_fix(h, APF_FIX_9) ? token_alloc(h) : token;
}

/* kvm_setup_async_pf(): the guards, in order. The id is spent by now. free: an item, or none. */
static enum apf_why setup_refused(const struct apf_host *h, const struct apf_host_in *in,
                                  unsigned free)
{
    if (h->queued >= APF_LIMIT) {
        return APF_WHY_QUEUE_FULL;
    }
    if (in->hva_error || in->gfn == APF_NO_GFN) {
        return APF_WHY_HVA;
    }
    if (in->no_memory || free == APF_NO_ITEM) {
        return APF_WHY_NO_MEMORY;
    }
    return APF_WHY_NONE;
}

/* kvm_arch_async_page_not_present(), K-13. The trace fires whether the guest is told or not. */
static inline bool not_present(struct apf_host *h, struct apf_area *area,
                               const struct apf_host_in *in, uint32_t token,
                               struct apf_host_out *out)
{
    const struct apf_protocol_rules *protocol = apf_protocol_of(h);

    apf_do_trace(out, APF_TRACE_NOT_PRESENT, token, in->gva, in->gfn);
    if (protocol->gfn_hash) {
        apf_gfn_add(h, in->gfn);
    }
    out->why = protocol->halts ? apf_host_can_deliver(h, &in->ctx) : APF_WHY_NONE;
    if (out->why == APF_WHY_NONE && protocol->uses_area && (in->area_faults || !h->area_valid)) {
        out->why = APF_WHY_AREA;
    }
    if (out->why != APF_WHY_NONE) {
        h->requests |= APF_REQ_HALT;
        return false;
    }
    if (protocol->shared_pair) {
        apf_host_say_pair(h, area, APF_REASON_NOT_PRESENT, token);
    } else if (protocol->uses_area) {
        area->flags = APF_REASON_NOT_PRESENT;
    }
    struct apf_action *a = apf_do(out, APF_DO_QUEUE_PF);
    a->token = token;
    a->value = APF_REASON_NOT_PRESENT;
    /* Forced, whatever L1 intercepts (adfe20fb4878); L1 has opted in, or L2 gets the #PF itself. */
    a->vmexit = in->ctx.guest_mode && h->as_pf_vmexit &&
                (in->ctx.l1_intercepts_pf || !apf_bug(h, APF_BUG_7));
    a->gva = in->gva;
    a->gfn = in->gfn;
    return true;
}

/* K-13 for an item that is set up: now, or behind its work (BUG-32). */
static inline void announce(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                            unsigned i, struct apf_host_out *out)
{
    struct apf_item *item = &h->item[i];

    item->notpresent_injected = not_present(h, area, in, item->token, out);
    out->verdict = item->notpresent_injected ? APF_VERDICT_DELIVERED : APF_VERDICT_HALT;
    out->token = item->token;
    out->item = (uint8_t)i;
}

void apf_host_not_present(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                          struct apf_host_out *out)
{
    struct apf_host_in hook = *in;
    unsigned i = h->hook_item;

    if (i != APF_NO_ITEM) {
        h->hook_item = APF_NO_ITEM;
        hook.gfn = h->item[i].gfn;
        hook.gva = h->item[i].gva;
        announce(h, area, &hook, i, out);
    }
}

/* kvm_arch_setup_async_pf() and kvm_setup_async_pf(), K-12 */
static inline void setup(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                         struct apf_host_out *out)
{
    const struct apf_protocol_rules *protocol = apf_protocol_of(h);
    uint32_t token = protocol->guest_token ? in->guest_token : token_alloc(h);
    bool user = in->user_fault && protocol->user_exits;

    unsigned i = apf_item_alloc(h);

    out->why = setup_refused(h, in, i);
    if (out->why != APF_WHY_NONE) {
        out->verdict = APF_VERDICT_SYNC;
        return;
    }
    struct apf_item *item = &h->item[i];
    item->state = user ? APF_ITEM_RUNNING : APF_ITEM_QUEUED;
    item->user = item->worker_returned = user;
    item->gfn = in->gfn;
    item->gva = in->gva;
    item->token = token;
    item->l2 = in->ctx.guest_mode;
    apf_queue_append(h, i);
    h->queued++;
    /* First since 5.8: the worker must not finish before the item is marked (7863e346e108). */
    if (APF_RULE(h, hook_first, 32)) {
        announce(h, area, in, i, out);
    } else {
        h->hook_item = out->item = (uint8_t)i;
        out->token = token;
        out->more = true;
        out->verdict = APF_VERDICT_NONE;
    }
    apf_do_item(out, user ? APF_DO_USER_EXIT : APF_DO_SCHEDULE_WORK, h, i);
}

/* May an APF start? Where nobody is halted, and for what only the VMM can bring, it must be told.
 */
static enum apf_why may_start(const struct apf_host *h, const struct apf_area *area,
                              const struct apf_host_in *in)
{
    const struct apf_protocol_rules *protocol = apf_protocol_of(h);

    if (!protocol->halts) {
        return apf_host_may_tell(h, area, in);
    }
    enum apf_why why = apf_host_can_do(h, &in->ctx);
    if (why == APF_WHY_NONE && in->user_fault && protocol->user_exits) {
        why = apf_host_can_deliver(h, &in->ctx);
        return why == APF_WHY_NONE && (in->area_faults || !h->area_valid) ? APF_WHY_AREA : why;
    }
    return why;
}

/* __kvm_faultin_pfn() behind a NOWAIT attempt that needs I/O, K-3 */
void apf_host_fault(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                    struct apf_host_out *out)
{
    out->verdict = APF_VERDICT_SYNC;
    if (in->prefault) {
        out->why = APF_WHY_PREFAULT;
        return;
    }
    out->why = may_start(h, area, in);
    if (out->why != APF_WHY_NONE) {
        return;
    }
    apf_do_trace(out, APF_TRACE_TRY, 0, in->gva, in->gfn);
    /* kvm_find_async_pf_gfn(): tested before delivery, so no page has two tokens of one vCPU. */
    if (apf_host_in_flight(h, in->gfn)) {
        apf_do_trace(out, APF_TRACE_REPEATED, 0, in->gva, in->gfn);
        /* arm64 tries again at once, as often as it takes. */
        h->requests |= apf_protocol_of(h)->halts ? APF_REQ_HALT : 0;
        out->verdict = APF_VERDICT_REPEATED;
        out->why = APF_WHY_REPEATED;
        return;
    }
    /* Nothing remembers that a page cannot come, so its fault begins anew for ever (HOLE-12). */
    if (apf_fix(h, APF_FIX_12) && in->gfn == h->error_gfn) {
        h->error_gfn = APF_NO_GFN;
        out->why = APF_WHY_HVA;
        return;
    }
    setup(h, area, in, out);
}

/* An ordinary #PF: the mark "async" is cleared with the rest of its record (2bc685e63332). */
void apf_host_fixup_pf(const struct apf_host *h, const struct apf_host_in *in,
                       struct apf_host_out *out)
{
    struct apf_action *a = apf_do(out, APF_DO_REAL_PF);

    a->gva = in->gva;
    a->vmexit = in->ctx.guest_mode && apf_bug(h, APF_BUG_31);
}
