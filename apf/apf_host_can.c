/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_host_can.c - what the host may do now: start an APF, tell the guest, send a ready
 *
 * Sources:  arch/x86/kvm/x86.c. Function names of the kernel stand above the code that follows
 *           them. Nothing here changes the state.
 */
#include "apf_host_list.h"
#include "apf_host_state.h"

bool apf_host_pv_enabled(const struct apf_host *h)
{
    return apf_pv_on(h);
}

/* kvm_can_deliver_async_pf(), K-11 */
enum apf_why apf_host_can_deliver(const struct apf_host *h, const struct apf_host_ctx *ctx)
{
    if (!apf_pv_on(h)) {
        return APF_WHY_PV_OFF;
    }
    if (!h->send_always) {
        /* The CPL of a protected guest cannot be read, so it might be 0; until 6.15 what is read
         * all the same was taken for it. */
        if (ctx->protected_state && apf_rules(h)->deliver_tests_protected) {
            return APF_WHY_PROTECTED;
        }
        if (ctx->cpl == 0) {
            return APF_WHY_CPL0;
        }
    }
    /* L2: the #PF is a VM-exit to L1, if L1 has opted in. L1's own paging is on then. */
    if (ctx->guest_mode && !apf_bug(h, APF_BUG_6)) {
        return h->as_pf_vmexit ? APF_WHY_NONE : APF_WHY_L2;
    }
    if (APF_RULE(h, deliver_tests_paging, 24) && !ctx->paging) {
        return APF_WHY_PAGING_OFF;
    }
    return APF_WHY_NONE;
}

/* kvm_can_do_async_pf(), K-10 */
enum apf_why apf_host_can_do(const struct apf_host *h, const struct apf_host_ctx *ctx)
{
    if (!h->lapic_in_kernel) {
        return APF_WHY_NO_LAPIC;
    }
    /* kvm_event_needs_reinjection() */
    if (ctx->event_reinject) {
        return APF_WHY_REINJECT;
    }
    /* kvm_is_exception_pending() */
    if (ctx->exception_pending && !apf_bug(h, APF_BUG_11)) {
        return APF_WHY_EXCEPTION;
    }
    /* KVM does not see this guest's HLT, so it could not know when an artificial halt may end. */
    if (ctx->hlt_in_guest && apf_host_can_deliver(h, ctx) != APF_WHY_NONE &&
        !apf_bug(h, APF_BUG_13)) {
        return APF_WHY_HLT_IN_GUEST;
    }
    /* kvm_arch_interrupt_allowed(): only an interrupt ends an artificial halt early. */
    if (!ctx->irq_allowed) {
        return APF_WHY_IRQ_OFF;
    }
    /* vmx_interrupt_allowed() says -EBUSY then, which reads as true (HOLE-13). */
    if (ctx->nested_run_pending && apf_fix(h, APF_FIX_13)) {
        return APF_WHY_IRQ_OFF;
    }
    return APF_WHY_NONE;
}

/* kvm_arch_can_dequeue_async_page_present() behind the test of `done`, K-18. area NULL: no access
 */
bool apf_host_can_dequeue(const struct apf_host *h, const struct apf_area *area, bool lapic_enabled)
{
    if (!apf_host_has_done(h)) {
        return false;
    }
    if (!apf_pv_on(h)) {
        return true;
    }
    if (APF_RULE(h, dequeue_tests_lapic, 20) && !lapic_enabled) {
        return false;
    }
    /* An item that was not announced needs no slot, and waits for it all the same (HOLE-15). */
    if (apf_fix(h, APF_FIX_15) && !h->item[h->done_head].notpresent_injected &&
        !h->item[h->done_head].wakeup_all) {
        return true;
    }
    /* apf_pageready_slot_free(): a slot that cannot be read counts as busy. */
    return area && h->area_valid && area->token == 0;
}

/*
 * May a ready #PF be queued now? As for a not-present, and the reason word must be free: the guest
 * zeroes it when it has read it. Interrupts off hold it back, too, although a #PF ignores IF: the
 * handler of a #PF must have read CR2 before another one comes.
 */
static bool old_may_present(const struct apf_host *h, const struct apf_area *area,
                            const struct apf_host_ctx *ctx)
{
    struct apf_host_ctx seen = *ctx;

    if (!apf_host_has_done(h)) {
        return false;
    }
    if (!apf_pv_on(h)) {
        return true;
    }
    if (ctx->guest_mode && !h->as_pf_vmexit) {
        return false;
    }
    seen.exception_pending &= !apf_bug(h, APF_BUG_10);
    seen.irq_allowed |= apf_bug(h, APF_BUG_15);
    bool blind = apf_bug(h, APF_BUG_10) || apf_bug(h, APF_BUG_15);
    return apf_host_can_do(h, &seen) == APF_WHY_NONE && area && h->area_valid &&
           (area->flags == 0 || blind);
}

bool apf_host_may_present_done(const struct apf_host *h, const struct apf_area *area,
                               const struct apf_host_ctx *ctx)
{
    const struct apf_protocol_rules *protocol = apf_protocol_of(h);

    if (protocol->shared_pair) {
        return apf_host_pair_may_present(h, area);
    }
    if (protocol->worker_tells) {
        return apf_host_has_done(h);
    }
    return apf_rules(h)->ready_by_pf ? old_may_present(h, area, ctx)
                                     : apf_host_can_dequeue(h, area, ctx->lapic_enabled);
}

bool apf_host_in_flight(const struct apf_host *h, uint64_t gfn)
{
    return gfn != APF_NO_GFN && h->gfns[apf_gfn_find(h, gfn)] == gfn;
}

uint32_t apf_host_real_items(const struct apf_host *h)
{
    uint32_t n = 0;

    for (unsigned i = h->queue_head; i != APF_NO_ITEM && n < APF_ITEMS; i = h->item[i].qnext) {
        n++;
    }
    return n;
}
