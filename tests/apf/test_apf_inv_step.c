/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_apf_inv_step.c - what a step of the host must not change is found by name */
#include "test_apf_inv_made.h"

static void ready_is_sent(void)
{
    nothing_changes(APF_IN_PRESENT);
    area.token = TOKEN;
    h.pageready_pending = true;
    change.announced = true;
    act(APF_DO_TRACE);
    act(APF_DO_SET_IRQ)->value = APF_VECTOR_LINUX;
    act(APF_DO_RUNNABLE);
}

static void guest_is_told(void)
{
    told();
    area.flags = APF_REASON_NOT_PRESENT;
}

static void vcpu_is_halted(void)
{
    nothing_changes(APF_IN_FAULT);
    out.verdict = APF_VERDICT_HALT;
    out.token = TOKEN;
    h.requests = APF_REQ_HALT;
    apf_gfn_add(&h, GFN);
}

static void worker_appends(void)
{
    nothing_changes(APF_IN_WORK_APPEND);
    h.done_head = 0;
    h.requests = APF_REQ_READY;
}

static void msr_is_written(uint32_t msr, uint64_t value)
{
    nothing_changes(APF_IN_WRMSR);
    in.msr = msr;
    in.value = value;
}

static void new_token_0(void)
{
    guest_is_told();
    out.token = 0;
}
static void unannounced_ready(void)
{
    ready_is_sent();
    change.announced = false;
}
static void busy_slot_overwritten(void)
{
    ready_is_sent();
    change.area_before.token = 0x4001;
}
static void no_lapic(void)
{
    ready_is_sent();
    h.lapic_in_kernel = false;
}
static void slot_without_interrupt(void)
{
    ready_is_sent();
    out.act[1].kind = APF_DO_TRACE;
    out.did &= ~(1u << APF_DO_SET_IRQ);
}
static void second_interrupt(void)
{
    ready_is_sent();
    change.area_before.token = TOKEN;
}
static void queued_over_the_limit(void)
{
    nothing_changes(APF_IN_WRMSR);
    in.msr = APF_MSR_INT;
    h.queued = APF_LIMIT + 2;
}
static void delivered_not_hashed(void)
{
    guest_is_told();
    apf_gfn_reset(&h);
}
static void halted_not_hashed(void)
{
    vcpu_is_halted();
    apf_gfn_reset(&h);
}
static void presented_still_hashed(void)
{
    ready_is_sent();
    apf_gfn_add(&h, GFN);
}
static void told_to_l2(void)
{
    guest_is_told();
    in.ctx.guest_mode = true;
}
static void vmexit_without_l2(void)
{
    guest_is_told();
    out.act[0].vmexit = true;
}
static void real_pf_marked(void)
{
    nothing_changes(APF_IN_FIXUP_PF);
    act(APF_DO_REAL_PF)->vmexit = true;
}
static void flags_without_pf(void)
{
    nothing_changes(APF_IN_CHECK);
    area.flags = APF_REASON_NOT_PRESENT;
}
static void pf_without_flags(void)
{
    guest_is_told();
    area.flags = 0;
}
static void pf_over_flags(void)
{
    guest_is_told();
    change.area_before.flags = APF_REASON_NOT_PRESENT;
}
static void told_while_off(void)
{
    guest_is_told();
    change.pv_before = false;
}
static void told_in_kernel_mode(void)
{
    guest_is_told();
    in.ctx.cpl = 0;
}
static void told_though_protected(void)
{
    guest_is_told();
    in.ctx.protected_state = true;
}
static void told_with_interrupts_off(void)
{
    guest_is_told();
    in.ctx.irq_allowed = false;
}
static void told_over_an_event(void)
{
    guest_is_told();
    in.ctx.event_reinject = true;
}
static void told_over_an_exception(void)
{
    guest_is_told();
    in.ctx.exception_pending = true;
}
static void told_before_an_entry(void)
{
    guest_is_told();
    in.ctx.nested_run_pending = true;
}
static void told_without_paging(void)
{
    guest_is_told();
    in.ctx.paging = false;
}
static void worker_before_hook(void)
{
    nothing_changes(APF_IN_WORK_RUN);
    change.hook_before = in.item;
}
static void prefault_for_l2(void)
{
    nothing_changes(APF_IN_CHECK);
    h.dequeued = 0;
    h.item[0].l2 = true;
    act(APF_DO_PREFAULT)->item = 0;
}
static void waits_for_itself(void)
{
    nothing_changes(APF_IN_WORK_RETURN);
    act(APF_DO_WAIT_WORK)->item = in.item;
}
static void worker_changes_queued(void)
{
    worker_appends();
    h.queued = 1;
}
static void worker_writes_the_slot(void)
{
    worker_appends();
    area.token = TOKEN;
}
static void worker_moves_the_head(void)
{
    worker_appends();
    change.done_before = 1;
}
static void freed_under_a_worker(void)
{
    nothing_changes(APF_IN_DESTROY);
    h.msr_en = 0;
    h.item[2].unflushed = true;
}
static void zero_refused(void)
{
    msr_is_written(APF_MSR_EN, 0);
    act(APF_DO_GP);
}
static void ack_refused(void)
{
    msr_is_written(APF_MSR_ACK, 1);
    act(APF_DO_GP);
}
static void ack_accepted(void)
{
    msr_is_written(APF_MSR_ACK, 1);
    h.enforce_cpuid = true;
    h.cpuid = APF_CPUID_ASYNC_PF;
}
static void enabled_without_area(void)
{
    msr_is_written(APF_MSR_EN, APF_EN_ENABLED | APF_EN_DELIVERY_AS_INT);
    h.area_valid = false;
}
static void slot_written_when_off(void)
{
    nothing_changes(APF_IN_RESET);
    h.msr_en = 0;
    area.token = TOKEN;
}
static void slot_written_when_it_was_off(void)
{
    ready_is_sent();
    change.pv_before = false;
}
static void left_on_done(void)
{
    nothing_changes(APF_IN_CHECK);
    h.done_head = 0;
}
static void left_on_done_by_the_ack(void)
{
    msr_is_written(APF_MSR_ACK, 1);
    h.done_head = 0;
    h.requests = APF_REQ_READY;
}
static void halted_with_interrupts_off(void)
{
    vcpu_is_halted();
    in.ctx.irq_allowed = false;
}
static void halted_without_request(void)
{
    vcpu_is_halted();
    h.requests = APF_REQ_READY;
}
static void halted_unseen(void)
{
    vcpu_is_halted();
    in.ctx.hlt_in_guest = true;
}
static void repeated_but_not_in_flight(void)
{
    vcpu_is_halted();
    out.verdict = APF_VERDICT_REPEATED;
    apf_gfn_reset(&h);
}
static void still_halted(void)
{
    ready_is_sent();
    h.halted = true;
}
static void cleared_but_hashed(void)
{
    nothing_changes(APF_IN_RESET);
    h.msr_en = 0;
    apf_gfn_add(&h, GFN);
}
static void cleared_but_queued(void)
{
    nothing_changes(APF_IN_RESET);
    h.msr_en = 0;
    h.queued = 1;
}
static void cleared_but_listed(void)
{
    nothing_changes(APF_IN_RESET);
    h.msr_en = 0;
    h.queue_head = 0;
}
static void cleared_but_done(void)
{
    nothing_changes(APF_IN_DESTROY);
    h.msr_en = 0;
    h.done_head = 0;
}
static void cleared_but_dequeued(void)
{
    nothing_changes(APF_IN_PAGING);
    h.msr_en = 0; /* PV was on */
    h.dequeued = 0;
}
static void vector_15(void)
{
    ready_is_sent();
    out.act[1].value = 15;
}
static void token_of_another(void)
{
    ready_is_sent();
    area.token = TOKEN + 1;
}
static void appended_unannounced(void)
{
    worker_appends();
    h.requests = APF_REQ_HALT;
}
static void the_vmm_appends(void) /* KVM_ASYNC_PF_USER_READY */
{
    worker_appends();
    in.kind = APF_IN_USER_READY;
}
static void the_vmm_appends_unannounced(void)
{
    the_vmm_appends();
    h.requests = 0;
}
static void ready_without_filter(void)
{
    ready_is_sent();
    h.pageready_pending = false;
}
static void filter_behind_the_ack(void)
{
    msr_is_written(APF_MSR_ACK, 1);
    h.pageready_pending = true;
}

#define GOES_TO_L1 "INV-16: an async #PF while L2 runs goes to L1"
#define TOGETHER   "INV-14: a nonzero flags word and one #PF go together"
#define MAY_BE     "INV-13: a #PF is queued when it may be"
#define HASHED     "INV-12: a new item is in the gfn hash"
#define ONLY_DONE  "INV-17: a worker only appends to done"
#define ACK_MSR    "INV-24: the ACK MSR is there with interrupt delivery"
#define OFF        "INV-21: no write to the area when off"
#define LEAVES     "INV-23: an item that may leave done leaves"
#define CAN_END    "INV-25: a halt has an item in flight and interrupts open"
#define EMPTY      "INV-28: off or reset leaves nothing in flight"
#define APPENDS    "INV-38: who appends to an empty done raises the request"
#define FILTER     "INV-40: the kick filter is set by ready and cleared by the ACK"
static const struct test_case host_steps[] = {
    {new_token_0, "INV-1: a new token is not 0"},
    {unannounced_ready, "INV-6: no ready for an unannounced item"},
    {busy_slot_overwritten, "INV-7: the slot is written when it reads 0"},
    {no_lapic, "INV-8: an interrupt is raised in a LAPIC"},
    {slot_without_interrupt, "INV-8: a written slot has its interrupt"},
    {second_interrupt, "INV-9: one interrupt between slot and ACK"},
    {queued_over_the_limit, "INV-10: queued stays within the limit and one"},
    {delivered_not_hashed, HASHED},
    {halted_not_hashed, HASHED},
    {presented_still_hashed, "INV-12: a ready item left the gfn hash"},
    {told_to_l2, GOES_TO_L1},
    {vmexit_without_l2, GOES_TO_L1},
    {real_pf_marked, GOES_TO_L1},
    {flags_without_pf, TOGETHER},
    {pf_without_flags, TOGETHER},
    {pf_over_flags, TOGETHER},
    {told_while_off, MAY_BE},
    {told_in_kernel_mode, MAY_BE},
    {told_though_protected, MAY_BE},
    {told_with_interrupts_off, MAY_BE},
    {told_over_an_event, MAY_BE},
    {told_over_an_exception, MAY_BE},
    {told_before_an_entry, MAY_BE},
    {told_without_paging, "INV-13: paging is on when a #PF is queued"},
    {worker_before_hook, "INV-15: a worker begins behind the not-present hook"},
    {prefault_for_l2, "INV-36: a prefault maps with the MMU of its fault"},
    {waits_for_itself, "INV-19: a worker does not wait for itself"},
    {worker_changes_queued, ONLY_DONE},
    {worker_writes_the_slot, ONLY_DONE},
    {worker_moves_the_head, ONLY_DONE},
    {freed_under_a_worker, "INV-18: no worker still runs when its vCPU is destroyed"},
    {zero_refused, "ABI: EN := 0 is accepted"},
    {ack_refused, ACK_MSR},
    {ack_accepted, ACK_MSR},
    {enabled_without_area, AREA},
    {slot_written_when_off, OFF},
    {slot_written_when_it_was_off, OFF},
    {left_on_done, LEAVES},
    {left_on_done_by_the_ack, LEAVES},
    {halted_with_interrupts_off, CAN_END},
    {halted_without_request, CAN_END},
    {halted_unseen, CAN_END},
    {repeated_but_not_in_flight, CAN_END},
    {still_halted, "INV-25: a completed item ends the halt"},
    {cleared_but_hashed, EMPTY},
    {cleared_but_queued, EMPTY},
    {cleared_but_listed, EMPTY},
    {cleared_but_done, EMPTY},
    {cleared_but_dequeued, EMPTY},
    {vector_15, "INV-34: the vector raised is set and at least 16"},
    {token_of_another, "INV-37: ready is raised where not-present was"},
    {appended_unannounced, APPENDS},
    {the_vmm_appends_unannounced, APPENDS},
    {ready_without_filter, FILTER},
    {filter_behind_the_ack, FILTER},
};

Test(apf_invariants, each_step_of_the_host_is_found_by_name)
{
    static void (*const sound[])(void) = {ready_is_sent, guest_is_told, vcpu_is_halted,
                                          worker_appends, the_vmm_appends};

    for (size_t i = 0; i < CASES(sound); i++) {
        sound[i]();
        const char *broken = apf_host_step_broken(&change);
        cr_assert_null(broken, "%zu: %s", i, broken);
    }
    for (size_t i = 0; i < CASES(host_steps); i++) {
        host_steps[i].corrupt();
        expect_text(apf_host_step_broken(&change), &host_steps[i], i);
    }
}

Test(apf_invariants, a_busy_slot_that_nobody_reads_is_found)
{
    nothing_changes(APF_IN_CHECK);
    cr_expect_null(apf_slot_broken(&h, &area, false));
    area.token = TOKEN;
    cr_expect_null(apf_slot_broken(&h, &area, true));
    cr_expect_str_eq(apf_slot_broken(&h, &area, false),
                     "INV-8: a busy slot has its interrupt or its handler");
}

/* A text that stands in both lists has a case in both. */
Test(apf_invariants, no_row_of_the_host_is_without_a_case)
{
    for (unsigned i = 0; apf_host_invariant(i); i++) {
        const char *text = apf_host_invariant(i)->text;
        unsigned rows = 0;
        for (unsigned k = 0; apf_host_invariant(k); k++) {
            rows += !strcmp(apf_host_invariant(k)->text, text);
        }
        cr_expect_eq(host_states_have(text) + has_case(host_steps, CASES(host_steps), text), rows,
                     "%s", text);
    }
}
