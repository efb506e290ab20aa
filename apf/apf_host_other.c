/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_host_other.c - the host half of the protocols that are not x86's: apf_protocol.c says which
 *
 * arm64-sdei: one pair of words carries both kinds of event, so the next of either kind waits until
 * the guest has zeroed it. A guest that cannot be told is not halted: the thread waits.
 * s390: INIT is an interrupt of this CPU. The worker itself sends DONE, as a floating interrupt;
 * the thread takes items off `done` only to free them.
 * async-pf-user: the VMM has the item instead of a worker, and gives it back by an ioctl.
 *
 * Limits:  arm64's priorities of SDEI events are not modelled, s390's 64 bit tokens have 32.
 */
#include "apf_host_list.h"

/* ---- may the guest be told? ---- */

static bool pair_is_free(const struct apf_area *area)
{
    return area->flags == 0 && area->token == 0;
}

/* What is left to test for arm64: kvm_arch_async_not_present_allowed() of the series. */
static enum apf_why pair_may_tell(const struct apf_host *h, const struct apf_area *area,
                                  const struct apf_host_in *in)
{
    if (in->area_faults || !h->area_valid) {
        return APF_WHY_AREA;
    }
    return pair_is_free(area) && !h->event_pending ? APF_WHY_NONE : APF_WHY_OUTSTANDING;
}

/* And for s390: kvm_arch_setup_async_pf(). The token is read from the guest's memory. */
static enum apf_why pfault_may_tell(const struct apf_host_in *in)
{
    if (!in->ctx.irq_allowed) {
        return APF_WHY_IRQ_OFF;
    }
    if (in->ctx.irq_pending) {
        return APF_WHY_IRQ_PENDING;
    }
    return in->area_faults ? APF_WHY_AREA : APF_WHY_NONE;
}

/* Without an artificial halt, "may it start" and "may the guest be told" are one question. */
enum apf_why apf_host_may_tell(const struct apf_host *h, const struct apf_area *area,
                               const struct apf_host_in *in)
{
    const struct apf_host_ctx *ctx = &in->ctx;

    if (!h->lapic_in_kernel) {
        return APF_WHY_NO_LAPIC;
    }
    if (!apf_pv_on(h)) {
        return APF_WHY_PV_OFF;
    }
    if (ctx->guest_mode) {
        return APF_WHY_L2;
    }
    if (ctx->cpl == 0 && !h->send_always) {
        return APF_WHY_CPL0;
    }
    if (ctx->event_reinject) {
        return APF_WHY_REINJECT;
    }
    if (ctx->exception_pending) {
        return APF_WHY_EXCEPTION;
    }
    return apf_protocol_of(h)->shared_pair ? pair_may_tell(h, area, in) : pfault_may_tell(in);
}

/* ---- arm64 ---- */

void apf_host_say_pair(struct apf_host *h, struct apf_area *area, uint32_t reason, uint32_t token)
{
    area->token = token;
    area->flags = reason;
    if (reason == APF_REASON_NOT_PRESENT) {
        h->event_pending = true;
        h->event_token = token;
    }
}

static bool is_the_event(const struct apf_host *h, const struct apf_item *item)
{
    return h->event_pending && !item->wakeup_all && item->token == h->event_token;
}

/* kvm_arch_can_dequeue_async_page_present() of the series. area NULL: no access. */
bool apf_host_pair_may_present(const struct apf_host *h, const struct apf_area *area)
{
    if (!apf_host_has_done(h)) {
        return false;
    }
    if (!apf_pv_on(h)) {
        return true;
    }
    if (h->pageready_pending || !area || !h->area_valid) {
        return false;
    }
    if (is_the_event(h, &h->item[h->done_head]) && area->flags == APF_REASON_NOT_PRESENT &&
        area->token == h->event_token) {
        return true;
    }
    return pair_is_free(area) && !h->event_pending;
}

/* kvm_sdei_cancel() in kvm_arch_async_page_present(): the page has come before the event. */
bool apf_host_pair_cancel(struct apf_host *h, struct apf_area *area, const struct apf_item *item,
                          struct apf_host_out *out)
{
    if (!apf_protocol_of(h)->cancels || !is_the_event(h, item)) {
        return false;
    }
    h->event_pending = false;
    area->flags = 0;
    area->token = 0;
    apf_do(out, APF_DO_CANCEL_PF)->token = item->token;
    return true;
}

/* ---- s390 ---- */

/* kvm_arch_async_page_present() by the worker, before the item goes to `done`. */
void apf_host_worker_tells(struct apf_host *h, unsigned i, struct apf_host_out *out)
{
    const struct apf_item *item = &h->item[i];

    apf_do_trace(out, APF_TRACE_READY, item->token, item->gva, item->gfn);
    apf_do_item(out, APF_DO_FLOAT_IRQ, h, i);
}

/* ---- async-pf-user ---- */

static unsigned with_vmm(const struct apf_host *h, uint64_t token)
{
    for (unsigned i = h->queue_head; i != APF_NO_ITEM; i = h->item[i].qnext) {
        const struct apf_item *item = &h->item[i];
        if (item->user && item->state == APF_ITEM_RUNNING && item->token == token) {
            return i;
        }
    }
    return APF_NO_ITEM;
}

/* KVM_ASYNC_PF_USER_READY: what a worker does behind its GUP, in the VMM's thread. */
void apf_host_user_ready(struct apf_host *h, const struct apf_host_in *in, struct apf_host_out *out)
{
    unsigned i = with_vmm(h, in->value);

    if (i == APF_NO_ITEM) {
        return;
    }
    out->item = (uint8_t)i;
    out->token = h->item[i].token;
    if (apf_done_append(h, i)) {
        h->requests |= APF_REQ_READY;
        if (!h->pageready_pending) {
            apf_do_item(out, APF_DO_KICK, h, i);
        }
    }
    apf_do_trace(out, APF_TRACE_COMPLETED, h->item[i].token, h->item[i].gva, h->item[i].gfn);
    apf_do_item(out, APF_DO_WAKE, h, i);
}

/* ---- their invariants ---- */

/* ARM64: the words change from free to one event that is on its way, or back with its withdrawal */
static bool one_event_at_a_time(const struct apf_step_change *c)
{
    const struct apf_action *told = apf_first(c, APF_DO_QUEUE_PF),
                            *irq = apf_first(c, APF_DO_SET_IRQ);
    bool same = c->area->flags == c->area_before.flags && c->area->token == c->area_before.token;

    if (apf_did(c, APF_DO_CANCEL_PF)) {
        return pair_is_free(c->area) && !told && !irq && !c->h->event_pending;
    }
    if (told || irq) {
        return pair_is_free(&c->area_before) && !(told && irq) &&
               c->area->token == (told ? told->token : irq->token) &&
               c->area->flags == (told ? APF_REASON_NOT_PRESENT : APF_REASON_READY);
    }
    return same;
}

/* Both: asked of the context alone, not of apf_host_may_tell(), which decided it. */
static bool it_can_take_what_it_is_told(const struct apf_step_change *c)
{
    const struct apf_host_ctx *x = &c->in->ctx;
    bool user = x->cpl != 0 || (c->h->msr_en & APF_EN_SEND_ALWAYS);

    return !apf_did(c, APF_DO_QUEUE_PF) ||
           (c->pv_before && user && !x->guest_mode && !x->event_reinject && !x->exception_pending);
}

static bool nobody_is_halted(const struct apf_step_change *c)
{
    return !c->h->halted && !(c->h->requests & APF_REQ_HALT) && c->out->verdict != APF_VERDICT_HALT;
}

/* S390: DONE comes from the worker, once, with the token of its INIT. */
static bool the_worker_says_done(const struct apf_step_change *c)
{
    const struct apf_action *done = apf_first(c, APF_DO_FLOAT_IRQ);
    bool appends = c->in->kind == APF_IN_WORK_APPEND && c->in->item < APF_ITEMS &&
                   c->h->item[c->in->item].state == APF_ITEM_DONE;

    if (!done) {
        return true;
    }
    return appends && done->token == c->h->item[c->in->item].token &&
           c->h->item[c->in->item].notpresent_injected;
}

static bool init_finds_the_cpu_open(const struct apf_step_change *c)
{
    return !apf_did(c, APF_DO_QUEUE_PF) || (c->in->ctx.irq_allowed && !c->in->ctx.irq_pending);
}

/* USER: the VMM is given what the guest has been told of, and by the same name. */
static bool the_vmm_gets_what_is_told(const struct apf_step_change *c)
{
    const struct apf_action *given = apf_first(c, APF_DO_USER_EXIT),
                            *told = apf_first(c, APF_DO_QUEUE_PF);

    return !given || (told && told->token == given->token && !apf_did(c, APF_DO_SCHEDULE_WORK));
}

#define IN(protocol) (1u << APF_##protocol)
static const struct {
    unsigned protocols;
    bool (*holds)(const struct apf_step_change *c);
    const char *text;
} other_invariants[] = {
    {IN(ARM64_SDEI), one_event_at_a_time,
     "ARM64-1: the shared pair says one event that is under way"},
    {IN(ARM64_SDEI) | IN(S390), it_can_take_what_it_is_told,
     "OTHER-1: an event is for an enabled guest in user mode with no other event before it"},
    {IN(ARM64_SDEI) | IN(S390), nobody_is_halted, "OTHER-2: no vCPU is halted for a page"},
    {IN(S390), the_worker_says_done, "S390-1: the worker says DONE, once, for what it fetched"},
    {IN(S390), init_finds_the_cpu_open, "S390-2: INIT finds interrupts open and none pending"},
    {IN(ASYNC_PF_USER), the_vmm_gets_what_is_told,
     "USER-1: the VMM is given what the guest was told of"},
};

const char *apf_host_other_broken(const struct apf_step_change *c)
{
    for (size_t i = 0; i < sizeof other_invariants / sizeof other_invariants[0]; i++) {
        if ((other_invariants[i].protocols >> c->h->protocol & 1) &&
            !other_invariants[i].holds(c)) {
            return other_invariants[i].text;
        }
    }
    return NULL;
}
