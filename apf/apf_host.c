/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_host.c - one vCPU of KVM: workers, completions, and each input to its function
 *
 * Sources:  virt/kvm/async_pf.c, arch/x86/kvm/x86.c, arch/x86/kvm/mmu/mmu.c. Function names of the
 *           kernel stand above the code that follows them.
 */
#include "apf_host.h"
#include "apf_host_inv_step.h"
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
    h->hook_item = APF_NO_ITEM;
    h->error_gfn = APF_NO_GFN;
    apf_gfn_reset(h);
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        apf_item_free(h, i);
    }
}

/* ---- the worker: K-15, K-16 ---- */

static void worker_presents(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                            struct apf_host_out *out);

static inline struct apf_item *item_in(struct apf_host *h, const struct apf_host_in *in)
{
    return in->item < APF_ITEMS ? &h->item[in->item] : NULL;
}

static inline void on_work_run(struct apf_host *h, const struct apf_host_in *in)
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
static inline void on_work_append(struct apf_host *h, struct apf_area *area,
                                  const struct apf_host_in *in, struct apf_host_out *out)
{
    struct apf_item *item = item_in(h, in);

    if (!item || item->state != APF_ITEM_RUNNING || item->user) {
        return;
    }
    if (apf_protocol_of(h)->worker_tells) {
        apf_host_worker_tells(h, in->item, out);
        apf_done_append(h, in->item);
        return;
    }
    if (in->hva_error) {
        h->error_gfn = item->gfn; /* read with the remedy of HOLE-12 only */
    }
    if (apf_done_append(h, in->item) && !apf_rules(h)->ready_by_pf) {
        item->notify = true;
        h->requests |= APF_REQ_READY;
    }
    if (apf_bug(h, APF_BUG_34)) {
        worker_presents(h, area, in, out);
    }
}

/* A load that the missing barrier lets pass the append (68c35f89d016). */
static void on_work_peek(struct apf_host *h, const struct apf_host_in *in)
{
    struct apf_item *item = item_in(h, in);

    if (item && item->state == APF_ITEM_RUNNING && !APF_RULE(h, ack_has_barrier, 28)) {
        item->peeked = h->pageready_pending ? 2 : 1;
    }
}

/* kvm_arch_async_page_present_queued() behind the request: the ACK will exit anyway. */
static inline void on_work_kick(struct apf_host *h, const struct apf_host_in *in,
                                struct apf_host_out *out)
{
    struct apf_item *item = item_in(h, in);

    if (!item || !item->notify) {
        return;
    }
    item->notify = false;
    bool filtered = item->peeked ? item->peeked == 2 : h->pageready_pending;
    item->peeked = 0;
    if (!filtered) {
        apf_do_item(out, APF_DO_KICK, h, in->item);
    }
}

/* The end of async_pf_execute(): trace, then __kvm_vcpu_wake_up(). */
static inline void on_work_return(struct apf_host *h, const struct apf_host_in *in,
                                  struct apf_host_out *out)
{
    struct apf_item *item = item_in(h, in);

    if (!item || item->worker_returned || item->state < APF_ITEM_DONE) {
        return;
    }
    apf_do_trace(out, APF_TRACE_COMPLETED, item->token, item->gva, item->gfn);
    apf_do_item(out, APF_DO_WAKE, h, in->item);
    apf_host_last_put(h, in->item, out);
    item->worker_returned = true;
    item->notify = false;
    item->peeked = 0;
    if (item->state == APF_ITEM_CANCELLED || item->state == APF_ITEM_PRESENTED) {
        apf_item_free(h, in->item);
    }
}

/* ---- completion: K-17, K-18 ---- */

/* One turn of kvm_check_async_pf_completion(), up to the prefault. */
static inline void on_check(struct apf_host *h, const struct apf_area *area,
                            const struct apf_host_in *in, struct apf_host_out *out)
{
    /* One at a time: the vCPU thread cannot be in the loop twice. */
    if (h->dequeued != APF_NO_ITEM ||
        !apf_host_may_present(h, in->area_faults ? NULL : area, &in->ctx)) {
        return;
    }
    unsigned i = apf_done_take(h);
    h->item[i].state = APF_ITEM_DEQUEUED;
    h->dequeued = (uint8_t)i;
    out->item = (uint8_t)i;
    out->token = h->item[i].token;
    /* kvm_arch_async_page_ready(): nothing for a wake-all, or when the MMU is another one now. */
    if (!h->item[i].wakeup_all && apf_protocol_of(h)->prefaults &&
        (h->item[i].l2 == in->ctx.guest_mode || apf_bug(h, APF_BUG_4))) {
        apf_do_item(out, APF_DO_PREFAULT, h, i);
    }
}

static inline void send_ready(struct apf_host *h, struct apf_area *area,
                              const struct apf_host_in *in, const struct apf_item *item,
                              struct apf_host_out *out)
{
    if (apf_rules(h)->ready_by_pf) {
        apf_host_old_ready(h, area, in, item, out);
        return;
    }
    if (apf_protocol_of(h)->shared_pair) {
        apf_host_say_pair(h, area, APF_REASON_READY, item->token);
    } else {
        area->token = item->token;
    }
    h->pageready_pending = true;
    struct apf_action *a = apf_do(out, APF_DO_SET_IRQ);
    a->value = h->vec;
    a->token = item->token;
}

/* kvm_arch_async_page_present() */
static inline void page_present(struct apf_host *h, struct apf_area *area,
                                const struct apf_host_in *in, const struct apf_item *item,
                                struct apf_host_out *out)
{
    if (!item->wakeup_all) {
        apf_gfn_del(h, item->gfn);
    }
    apf_do_trace(out, APF_TRACE_READY, item->token, item->gva, item->gfn);
    bool wanted =
        item->wakeup_all || item->notpresent_injected || !APF_RULE(h, ready_announced, 16);
    wanted = wanted && !apf_host_pair_cancel(h, area, item, out);
    /* apf_put_user_ready(): when the write fails the ready is lost. */
    if (wanted && apf_pv_on(h) && h->area_valid && !in->area_faults) {
        send_ready(h, area, in, item, out);
    }
    h->halted = false;
    if (!apf_bug(h, APF_BUG_2)) {
        apf_do(out, APF_DO_RUNNABLE);
    }
}

/* kvm_flush_and_free_async_pf_work(). Before 6.9 nobody waited here (BUG-25). */
static inline void item_put(struct apf_host *h, unsigned i, struct apf_host_out *out)
{
    if (h->item[i].worker_returned) {
        apf_item_free(h, i);
        return;
    }
    h->item[i].state = APF_ITEM_PRESENTED;
    if (APF_RULE(h, flush_on_free, 25)) {
        apf_do_item(out, APF_DO_WAIT_WORK, h, i);
    } else {
        h->item[i].unflushed = true;
    }
}

/* The rest of the turn, behind the prefault. */
static inline void present(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                           struct apf_host_out *out)
{
    unsigned i = h->dequeued;

    out->item = (uint8_t)i;
    out->token = h->item[i].token;
    if (!apf_protocol_of(h)->worker_tells) {
        page_present(h, area, in, &h->item[i], out);
    }
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
    out->more = apf_host_may_present(h, in->area_faults ? NULL : area, &in->ctx);
    apf_keep_request(h, out->more);
}

/* CONFIG_KVM_ASYNC_PF_SYNC, which x86 does not set: kvm_async_page_present_sync() (BUG-34). */
static void worker_presents(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                            struct apf_host_out *out)
{
    on_check(h, area, in, out);
    on_present(h, area, in, out);
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

static inline void on_req_ready(struct apf_host *h, const struct apf_area *area,
                                const struct apf_host_in *in, struct apf_host_out *out)
{
    /* A busy slot consumes the request without effect: the ACK drives the queue again (K-35). */
    h->requests &= ~APF_REQ_READY;
    on_check(h, area, in, out);
    apf_keep_request(h, out->item != APF_NO_ITEM);
}

/* apic_set_spiv(), __kvm_apic_set_base(): both came with the test in K-18 (2f15d027c05f). */
static void on_lapic_enabled(struct apf_host *h)
{
    if (APF_RULE(h, dequeue_tests_lapic, 20)) {
        h->requests |= APF_REQ_READY;
    }
}

/* `kind` is a constant here and in carry_out(): each input is a stretch of code of its own. */
__attribute__((always_inline)) static inline void
dispatch(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
         struct apf_host_out *out, enum apf_host_in_kind kind)
{
    switch (kind) {
    case APF_IN_FAULT:
        apf_host_fault(h, area, in, out);
        break;
    case APF_IN_WORK_RUN:
        on_work_run(h, in);
        break;
    case APF_IN_WORK_APPEND:
        on_work_append(h, area, in, out);
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
        apf_host_destroy(h, out);
        break;
    case APF_IN_WORK_PEEK:
        on_work_peek(h, in);
        break;
    case APF_IN_NOT_PRESENT:
        apf_host_not_present(h, area, in, out);
        break;
    case APF_IN_FIXUP_PF:
        apf_host_fixup_pf(h, in, out);
        break;
    case APF_IN_USER_READY:
        apf_host_user_ready(h, in, out);
        break;
    case APF_IN_EVENT_TAKEN:
        h->event_pending = false;
        break;
    case APF_IN_KINDS:
        break;
    }
}

/* Between the two halves of a fault (BUG-32) the vCPU thread is inside that fault. */
static bool comes_during_hook(enum apf_host_in_kind kind)
{
    return (kind >= APF_IN_WORK_RUN && kind <= APF_IN_WORK_RETURN) || kind == APF_IN_WORK_PEEK ||
           kind == APF_IN_NOT_PRESENT;
}

static inline struct apf_step_change before(const struct apf_host *h, const struct apf_area *area,
                                            const struct apf_host_in *in,
                                            const struct apf_host_out *out)
{
    struct apf_step_change c = {
        .area_before = {area->flags, area->token},
        .queued_before = h->queued,
        .done_before = h->done_head,
        .pv_before = apf_pv_on(h),
        .hook_before = h->hook_item,
        .h = h,
        .area = area,
        .in = in,
        .out = out,
    };

    if (h->dequeued != APF_NO_ITEM) {
        c.announced = h->item[h->dequeued].notpresent_injected;
        c.wake_all = h->item[h->dequeued].wakeup_all;
    }
    return c;
}

__attribute__((always_inline)) static inline void
carry_out(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
          struct apf_host_out *out, enum apf_host_in_kind kind)
{
    out->count = 0;
    out->did = 0;
    out->verdict = APF_VERDICT_NONE;
    out->why = APF_WHY_NONE;
    out->token = 0;
    out->item = APF_NO_ITEM;
    out->more = false;
    if (h->hook_item == APF_NO_ITEM || comes_during_hook(kind)) {
        dispatch(h, area, in, out, kind);
    }
}

/* Another protocol than x86's has rows of its own, and leaves some out. */
__attribute__((cold, noinline)) static void step_other(struct apf_host *h, struct apf_area *area,
                                                       const struct apf_host_in *in,
                                                       struct apf_host_out *out)
{
    struct apf_step_change c = before(h, area, in, out);

    carry_out(h, area, in, out, in->kind);
    out->broken = apf_host_step_broken(&c);
}

/* Functions, so that an input saves no registers, and keeps nothing of the past, but what it needs.
 */
#define STEP(kind)                                                                                 \
    __attribute__((noinline)) static void step_##kind(struct apf_host *h, struct apf_area *area,   \
                                                      const struct apf_host_in *in,                \
                                                      struct apf_host_out *out)                    \
    {                                                                                              \
        struct apf_step_change c = before(h, area, in, out);                                       \
                                                                                                   \
        carry_out(h, area, in, out, APF_IN_##kind);                                                \
        out->broken = apf_x86_broken(&c, APF_IN_##kind);                                           \
    }
APF_INPUTS(STEP)
STEP(KINDS) /* no input: nothing comes of it */
#undef STEP

void apf_host_step(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                   struct apf_host_out *out)
{
    if (__builtin_expect(h->protocol != APF_X86, 0)) {
        step_other(h, area, in, out);
        return;
    }
    switch (in->kind) {
#define STEP_CASE(kind)                                                                            \
    case APF_IN_##kind:                                                                            \
        step_##kind(h, area, in, out);                                                             \
        break;
        APF_INPUTS(STEP_CASE)
        STEP_CASE(KINDS)
#undef STEP_CASE
    }
}
