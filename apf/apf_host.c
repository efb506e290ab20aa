/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_host.c - one vCPU of KVM: faults, workers, completions
 *
 * Sources:  virt/kvm/async_pf.c, arch/x86/kvm/x86.c, arch/x86/kvm/mmu/mmu.c. Function names of the
 *           kernel stand above the code that follows them.
 */
#include "apf_host.h"
#include "apf_host_list.h"

void apf_host_init(struct apf_host *h, enum apf_kernel kernel, uint32_t vcpu_id, uint32_t cpuid,
                   bool lapic_in_kernel)
{
    memset(h, 0, sizeof *h);
    h->kernel = (uint8_t)kernel;
    h->vcpu_id = vcpu_id;
    h->cpuid = cpuid;
    h->lapic_in_kernel = lapic_in_kernel;
    h->queue_head = h->queue_tail = APF_NO_ITEM;
    h->done_head = h->done_tail = APF_NO_ITEM;
    h->dequeued = APF_NO_ITEM;
    apf_gfn_reset(h);
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        apf_item_free(h, i);
    }
}

/* ---- predicates ---- */

/* kvm_pv_async_pf_enabled(): one bit of the two alone counts as off. */
bool apf_host_pv_enabled(const struct apf_host *h)
{
    const uint64_t both = APF_EN_ENABLED | APF_EN_DELIVERY_AS_INT;

    return (h->msr_en & both) == both;
}

/* kvm_can_deliver_async_pf(), K-11 */
enum apf_why apf_host_can_deliver(const struct apf_host *h, const struct apf_host_ctx *ctx)
{
    if (!apf_host_pv_enabled(h)) {
        return APF_WHY_PV_OFF;
    }
    if (!h->send_always) {
        /* The CPL of a protected guest cannot be read, so it might be 0. */
        if (ctx->protected_state) {
            return APF_WHY_PROTECTED;
        }
        if (ctx->cpl == 0) {
            return APF_WHY_CPL0;
        }
    }
    /* L2: the #PF is a VM-exit to L1, if L1 has opted in. L1's own paging is on then. */
    if (ctx->guest_mode) {
        return h->as_pf_vmexit ? APF_WHY_NONE : APF_WHY_L2;
    }
    if (apf_rules(h)->deliver_tests_paging && !ctx->paging) {
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
    if (ctx->exception_pending) {
        return APF_WHY_EXCEPTION;
    }
    /* KVM does not see this guest's HLT, so it could not know when an artificial halt may end. */
    if (ctx->hlt_in_guest && apf_host_can_deliver(h, ctx) != APF_WHY_NONE) {
        return APF_WHY_HLT_IN_GUEST;
    }
    /* kvm_arch_interrupt_allowed(): only an interrupt ends an artificial halt early. */
    if (!ctx->irq_allowed) {
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
    if (!apf_host_pv_enabled(h)) {
        return true;
    }
    if (apf_rules(h)->dequeue_tests_lapic && !lapic_enabled) {
        return false;
    }
    /* apf_pageready_slot_free(): a slot that cannot be read counts as busy. */
    return area && h->area_valid && area->token == 0;
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

/* ---- the fault: K-3, K-12, K-13 ---- */

/* alloc_apf_token(), A.5. Id 0 is skipped since 5.17: it made token 0 on vCPU 0 (BUG-23). */
static uint32_t token_alloc(struct apf_host *h)
{
    if (apf_rules(h)->token_nonzero && (h->id << 12) == 0) {
        h->id = 1;
    }
    return (h->id++ << 12) | h->vcpu_id;
}

/* kvm_setup_async_pf(): the guards, in order. The id is spent by now. */
static enum apf_why setup_refused(const struct apf_host *h, const struct apf_host_in *in)
{
    if (h->queued >= APF_LIMIT) {
        return APF_WHY_QUEUE_FULL;
    }
    if (in->hva_error || in->gfn == APF_NO_GFN) {
        return APF_WHY_HVA;
    }
    if (in->no_memory || apf_item_alloc(h) == APF_NO_ITEM) {
        return APF_WHY_NO_MEMORY;
    }
    return APF_WHY_NONE;
}

/* kvm_arch_async_page_not_present(), K-13. The trace fires whether the guest is told or not. */
static bool not_present(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                        uint32_t token, struct apf_host_out *out)
{
    apf_do_trace(out, APF_TRACE_NOT_PRESENT, token, in->gva, in->gfn);
    apf_gfn_add(h, in->gfn);

    out->why = apf_host_can_deliver(h, &in->ctx);
    if (out->why == APF_WHY_NONE && (in->area_faults || !h->area_valid)) {
        out->why = APF_WHY_AREA;
    }
    if (out->why != APF_WHY_NONE) {
        h->requests |= APF_REQ_HALT;
        return false;
    }
    area->flags = APF_REASON_NOT_PRESENT;
    struct apf_action *a = apf_do(out, APF_DO_QUEUE_PF);
    a->token = token;
    a->gva = in->gva;
    a->gfn = in->gfn;
    return true;
}

/* kvm_arch_setup_async_pf() and kvm_setup_async_pf(), K-12 */
static void setup(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                  struct apf_host_out *out)
{
    uint32_t token = token_alloc(h);

    out->why = setup_refused(h, in);
    if (out->why != APF_WHY_NONE) {
        out->verdict = APF_VERDICT_SYNC;
        return;
    }
    unsigned i = apf_item_alloc(h);
    struct apf_item *item = &h->item[i];
    item->state = APF_ITEM_QUEUED;
    item->gfn = in->gfn;
    item->gva = in->gva;
    item->token = token;
    apf_queue_append(h, i);
    h->queued++;
    item->notpresent_injected = not_present(h, area, in, token, out);
    out->verdict = item->notpresent_injected ? APF_VERDICT_DELIVERED : APF_VERDICT_HALT;
    out->token = token;
    out->item = (uint8_t)i;
    /* Last since 5.8: the worker must not finish before the item is marked (7863e346e108). */
    apf_do_item(out, APF_DO_SCHEDULE_WORK, h, i);
}

/* __kvm_faultin_pfn() behind a NOWAIT attempt that needs I/O, K-3 */
static void on_fault(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                     struct apf_host_out *out)
{
    out->verdict = APF_VERDICT_SYNC;
    if (in->prefault) {
        out->why = APF_WHY_PREFAULT;
        return;
    }
    out->why = apf_host_can_do(h, &in->ctx);
    if (out->why != APF_WHY_NONE) {
        return;
    }
    apf_do_trace(out, APF_TRACE_TRY, 0, in->gva, in->gfn);
    /* kvm_find_async_pf_gfn(): tested before delivery, so no page has two tokens of one vCPU. */
    if (apf_host_in_flight(h, in->gfn)) {
        apf_do_trace(out, APF_TRACE_REPEATED, 0, in->gva, in->gfn);
        h->requests |= APF_REQ_HALT;
        out->verdict = APF_VERDICT_REPEATED;
        out->why = APF_WHY_REPEATED;
        return;
    }
    setup(h, area, in, out);
}

/* ---- the worker: K-15, K-16 ---- */

static struct apf_item *item_in(struct apf_host *h, const struct apf_host_in *in)
{
    return in->item < APF_ITEMS ? &h->item[in->item] : NULL;
}

static void on_work_run(struct apf_host *h, const struct apf_host_in *in)
{
    struct apf_item *item = item_in(h, in);

    if (item && item->state == APF_ITEM_QUEUED) {
        item->state = APF_ITEM_RUNNING;
    }
}

/*
 * async_pf_execute(): append, and for the first also the request. The worker of a cancelled item
 * appends nothing here: kvm_clear_async_pf_completion_queue() waits for it and drains `done`
 * before the vCPU does anything else, so neither the entry nor its request can have an effect.
 */
static void on_work_append(struct apf_host *h, const struct apf_host_in *in)
{
    struct apf_item *item = item_in(h, in);

    if (!item || item->state != APF_ITEM_RUNNING) {
        return;
    }
    if (apf_done_append(h, in->item)) {
        item->notify = true;
        h->requests |= APF_REQ_READY;
    }
}

/* kvm_arch_async_page_present_queued() behind the request: the ACK will exit anyway. */
static void on_work_kick(struct apf_host *h, const struct apf_host_in *in, struct apf_host_out *out)
{
    struct apf_item *item = item_in(h, in);

    if (!item || !item->notify) {
        return;
    }
    item->notify = false;
    if (!h->pageready_pending) {
        apf_do_item(out, APF_DO_KICK, h, in->item);
    }
}

/* The end of async_pf_execute(): trace, then __kvm_vcpu_wake_up(). */
static void on_work_return(struct apf_host *h, const struct apf_host_in *in,
                           struct apf_host_out *out)
{
    struct apf_item *item = item_in(h, in);

    if (!item || item->worker_returned || item->state < APF_ITEM_DONE) {
        return;
    }
    apf_do_trace(out, APF_TRACE_COMPLETED, item->token, item->gva, item->gfn);
    apf_do_item(out, APF_DO_WAKE, h, in->item);
    item->worker_returned = true;
    item->notify = false;
    if (item->state == APF_ITEM_CANCELLED || item->state == APF_ITEM_PRESENTED) {
        apf_item_free(h, in->item);
    }
}

/* ---- completion: K-17, K-18 ---- */

/* One turn of kvm_check_async_pf_completion(), up to the prefault. */
static void on_check(struct apf_host *h, const struct apf_area *area, const struct apf_host_in *in,
                     struct apf_host_out *out)
{
    /* One at a time: the vCPU thread cannot be in the loop twice. */
    if (h->dequeued != APF_NO_ITEM ||
        !apf_host_can_dequeue(h, in->area_faults ? NULL : area, in->ctx.lapic_enabled)) {
        return;
    }
    unsigned i = apf_done_take(h);
    h->item[i].state = APF_ITEM_DEQUEUED;
    h->dequeued = (uint8_t)i;
    out->item = (uint8_t)i;
    out->token = h->item[i].token;
    /* kvm_arch_async_page_ready() does nothing for a wake-all. */
    if (!h->item[i].wakeup_all) {
        apf_do_item(out, APF_DO_PREFAULT, h, i);
    }
}

/* kvm_arch_async_page_present() */
static void page_present(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                         const struct apf_item *item, struct apf_host_out *out)
{
    if (!item->wakeup_all) {
        apf_gfn_del(h, item->gfn);
    }
    apf_do_trace(out, APF_TRACE_READY, item->token, item->gva, item->gfn);
    /* apf_put_user_ready(): when the write fails the ready is lost. */
    if ((item->wakeup_all || item->notpresent_injected) && apf_host_pv_enabled(h) &&
        h->area_valid && !in->area_faults) {
        area->token = item->token;
        h->pageready_pending = true;
        struct apf_action *a = apf_do(out, APF_DO_SET_IRQ);
        a->value = h->vec;
        a->token = item->token;
    }
    h->halted = false;
    apf_do(out, APF_DO_RUNNABLE);
}

/* kvm_flush_and_free_async_pf_work(). Before 6.9 nobody waited here (BUG-25). */
static void item_put(struct apf_host *h, unsigned i, struct apf_host_out *out)
{
    if (h->item[i].worker_returned) {
        apf_item_free(h, i);
        return;
    }
    h->item[i].state = APF_ITEM_PRESENTED;
    if (apf_rules(h)->flush_on_free) {
        apf_do_item(out, APF_DO_WAIT_WORK, h, i);
    } else {
        h->item[i].unflushed = true;
    }
}

/* The rest of the turn, behind the prefault. */
static void present(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                    struct apf_host_out *out)
{
    unsigned i = h->dequeued;

    out->item = (uint8_t)i;
    out->token = h->item[i].token;
    page_present(h, area, in, &h->item[i], out);
    apf_queue_remove(h, i);
    h->queued--;
    h->dequeued = APF_NO_ITEM;
    item_put(h, i, out);
}

static void on_present(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                       struct apf_host_out *out)
{
    if (h->dequeued != APF_NO_ITEM) {
        present(h, area, in, out);
    }
    out->more = apf_host_can_dequeue(h, in->area_faults ? NULL : area, in->ctx.lapic_enabled);
}

/* ---- requests ---- */

/* vcpu_enter_guest(), K-30: the pass is aborted, later requests stay set. */
static void on_req_halt(struct apf_host *h)
{
    if (h->requests & APF_REQ_HALT) {
        h->requests &= ~APF_REQ_HALT;
        h->halted = true;
    }
}

static void on_req_ready(struct apf_host *h, const struct apf_area *area,
                         const struct apf_host_in *in, struct apf_host_out *out)
{
    /* A busy slot consumes the request without effect: the ACK drives the queue again (K-35). */
    h->requests &= ~APF_REQ_READY;
    on_check(h, area, in, out);
}

/* apic_set_spiv(), __kvm_apic_set_base(): both came with the test in K-18 (2f15d027c05f). */
static void on_lapic_enabled(struct apf_host *h)
{
    if (apf_rules(h)->dequeue_tests_lapic) {
        h->requests |= APF_REQ_READY;
    }
}

static void dispatch(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                     struct apf_host_out *out)
{
    switch (in->kind) {
    case APF_IN_FAULT:
        on_fault(h, area, in, out);
        break;
    case APF_IN_WORK_RUN:
        on_work_run(h, in);
        break;
    case APF_IN_WORK_APPEND:
        on_work_append(h, in);
        break;
    case APF_IN_WORK_KICK:
        on_work_kick(h, in, out);
        break;
    case APF_IN_WORK_RETURN:
        on_work_return(h, in, out);
        break;
    case APF_IN_REQ_HALT:
        on_req_halt(h);
        break;
    case APF_IN_REQ_READY:
        on_req_ready(h, area, in, out);
        break;
    case APF_IN_CHECK:
        on_check(h, area, in, out);
        break;
    case APF_IN_PRESENT:
        on_present(h, area, in, out);
        break;
    case APF_IN_UNHALT:
        h->halted = false; /* vcpu_block(), K-32 */
        break;
    case APF_IN_WRMSR:
        apf_host_wrmsr(h, area, in, out);
        break;
    case APF_IN_LAPIC_ENABLED:
        on_lapic_enabled(h);
        break;
    case APF_IN_PAGING:
        apf_host_paging(h, in->ctx.paging, out);
        break;
    case APF_IN_RESET:
        apf_host_reset(h, out);
        break;
    case APF_IN_DESTROY:
        apf_host_clear(h, out);
        break;
    case APF_IN_KINDS:
        break;
    }
}

void apf_host_step(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                   struct apf_host_out *out)
{
    struct apf_step_change c = {
        .area_before = *area,
        .queued_before = h->queued,
        .done_before = h->done_head,
        .pv_before = apf_host_pv_enabled(h),
        .h = h,
        .area = area,
        .in = in,
        .out = out,
    };

    if (h->dequeued != APF_NO_ITEM) {
        c.announced = h->item[h->dequeued].notpresent_injected;
        c.wake_all = h->item[h->dequeued].wakeup_all;
    }
    out->count = 0;
    out->verdict = APF_VERDICT_NONE;
    out->why = APF_WHY_NONE;
    out->token = 0;
    out->item = APF_NO_ITEM;
    out->more = false;
    dispatch(h, area, in, out);
    out->broken = apf_host_step_broken(&c);
}
