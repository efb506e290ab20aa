/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_apf_inv_other.c - what a step must not do under protocols other than x86 is found by name */
#include "test_apf_inv_made.h"

static void of_protocol(enum apf_protocol protocol, enum apf_host_in_kind kind)
{
    nothing_changes(kind);
    h.protocol = (uint8_t)protocol;
}

static void is_told(enum apf_protocol protocol)
{
    told();
    h.protocol = (uint8_t)protocol;
    if (protocol != APF_S390) {
        area.flags = APF_REASON_NOT_PRESENT;
    }
    if (protocol == APF_ARM64_SDEI) {
        area.token = TOKEN;
        h.event_pending = true;
    }
}

/* ---- sound ---- */

static void arm64_is_told(void)
{
    is_told(APF_ARM64_SDEI);
}
static void arm64_is_ready(void)
{
    of_protocol(APF_ARM64_SDEI, APF_IN_PRESENT);
    area = (struct apf_area){.flags = APF_REASON_READY, .token = TOKEN};
    h.pageready_pending = true;
    change.announced = true;
    act(APF_DO_TRACE);
    act(APF_DO_SET_IRQ)->value = APF_VECTOR_LINUX;
    act(APF_DO_RUNNABLE);
}
static void arm64_takes_it_back(void)
{
    of_protocol(APF_ARM64_SDEI, APF_IN_PRESENT);
    change.area_before = (struct apf_area){.flags = APF_REASON_NOT_PRESENT, .token = TOKEN};
    change.announced = true;
    act(APF_DO_TRACE);
    act(APF_DO_CANCEL_PF);
}
static void s390_is_told(void)
{
    is_told(APF_S390);
}
static void s390_says_done(void)
{
    of_protocol(APF_S390, APF_IN_WORK_APPEND);
    in.item = 1;
    h.done_head = h.done_tail = 1;
    h.item[1].state = APF_ITEM_DONE;
    h.item[1].token = TOKEN;
    h.item[1].notpresent_injected = true;
    act(APF_DO_TRACE);
    act(APF_DO_FLOAT_IRQ);
}
static void the_vmm_is_given_it(void)
{
    is_told(APF_ASYNC_PF_USER);
    act(APF_DO_USER_EXIT);
}

/* ---- broken ---- */

static void arm64_words_without_an_event(void)
{
    of_protocol(APF_ARM64_SDEI, APF_IN_CHECK);
    area.flags = APF_REASON_NOT_PRESENT;
}
static void arm64_token_without_an_event(void)
{
    of_protocol(APF_ARM64_SDEI, APF_IN_CHECK);
    area.token = TOKEN;
}
static void arm64_event_over_an_event(void)
{
    arm64_is_told();
    change.area_before.flags = APF_REASON_READY;
}
static void arm64_event_over_a_token(void)
{
    arm64_is_told();
    change.area_before.token = TOKEN;
}
static void arm64_both_events_at_once(void)
{
    arm64_is_told();
    act(APF_DO_SET_IRQ);
}
static void arm64_another_token(void)
{
    arm64_is_told();
    area.token++;
}
static void arm64_the_other_reason(void)
{
    arm64_is_ready();
    area.flags = APF_REASON_NOT_PRESENT;
}
static void arm64_taken_back_and_still_pending(void)
{
    arm64_takes_it_back();
    h.event_pending = true;
}
static void arm64_taken_back_and_still_there(void)
{
    arm64_takes_it_back();
    area.token = TOKEN;
}
static void arm64_taken_back_with_an_interrupt(void)
{
    arm64_takes_it_back();
    change.area_before.token = 0; /* a token of its own there */
    h.pageready_pending = true;
    act(APF_DO_SET_IRQ)->value = APF_VECTOR_LINUX;
}
static void s390_told_while_off(void)
{
    s390_is_told();
    change.pv_before = false;
}
static void s390_told_in_kernel_mode(void)
{
    s390_is_told();
    in.ctx.cpl = 0;
}
static void arm64_told_while_a_nested_guest_runs(void)
{
    arm64_is_told();
    in.ctx.guest_mode = out.act[0].vmexit = true;
}
static void arm64_told_over_another(void)
{
    arm64_is_told();
    in.ctx.event_reinject = true;
}
static void arm64_told_over_an_exception(void)
{
    arm64_is_told();
    in.ctx.exception_pending = true;
}
static void arm64_halted(void)
{
    of_protocol(APF_ARM64_SDEI, APF_IN_CHECK);
    h.halted = true;
}
static void arm64_is_to_halt(void)
{
    of_protocol(APF_ARM64_SDEI, APF_IN_CHECK);
    h.requests = APF_REQ_HALT;
}
static void arm64_verdict_halt(void)
{
    arm64_is_told();
    out.verdict = APF_VERDICT_HALT;
}
static void s390_halted(void)
{
    s390_is_told();
    h.halted = true;
}
static void s390_done_of_another(void)
{
    s390_says_done();
    h.item[1].token++;
}
static void s390_done_of_no_item(void) /* behind the last one */
{
    s390_says_done();
    in.item = APF_ITEMS;
}
static void s390_done_unannounced(void)
{
    s390_says_done();
    h.item[1].notpresent_injected = false;
}
static void s390_done_by_the_vcpu_thread(void)
{
    s390_says_done();
    in.kind = APF_IN_CHECK;
    out.more = true;
}
static void s390_told_with_interrupts_off(void)
{
    s390_is_told();
    in.ctx.irq_allowed = false;
}
static void s390_told_over_an_interrupt(void)
{
    s390_is_told();
    in.ctx.irq_pending = true;
}
static void the_vmm_is_given_another_token(void)
{
    the_vmm_is_given_it();
    out.act[1].token++;
}
static void the_vmm_and_a_worker_have_it(void)
{
    the_vmm_is_given_it();
    act(APF_DO_SCHEDULE_WORK);
}
static void the_guest_is_not_told(void)
{
    of_protocol(APF_ASYNC_PF_USER, APF_IN_FAULT);
    act(APF_DO_USER_EXIT);
}

#define PAIR  "ARM64-1: the shared pair says one event that is under way"
#define OPEN  "OTHER-1: an event is for an enabled guest in user mode with no other event before it"
#define HALTS "OTHER-2: no vCPU is halted for a page"
#define SAYS  "S390-1: the worker says DONE, once, for what it fetched"
#define INIT  "S390-2: INIT finds interrupts open and none pending"
#define GIVEN "USER-1: the VMM is given what the guest was told of"
static const struct test_case steps[] = {
    {arm64_words_without_an_event, PAIR},
    {arm64_token_without_an_event, PAIR},
    {arm64_event_over_an_event, PAIR},
    {arm64_event_over_a_token, PAIR},
    {arm64_both_events_at_once, PAIR},
    {arm64_another_token, PAIR},
    {arm64_the_other_reason, PAIR},
    {arm64_taken_back_and_still_pending, PAIR},
    {arm64_taken_back_and_still_there, PAIR},
    {arm64_taken_back_with_an_interrupt, PAIR},
    {s390_told_while_off, OPEN},
    {s390_told_in_kernel_mode, OPEN},
    {arm64_told_while_a_nested_guest_runs, OPEN},
    {arm64_told_over_another, OPEN},
    {arm64_told_over_an_exception, OPEN},
    {arm64_halted, HALTS},
    {arm64_is_to_halt, HALTS},
    {arm64_verdict_halt, HALTS},
    {s390_halted, HALTS},
    {s390_done_of_another, SAYS},
    {s390_done_of_no_item, SAYS},
    {s390_done_unannounced, SAYS},
    {s390_done_by_the_vcpu_thread, SAYS},
    {s390_told_with_interrupts_off, INIT},
    {s390_told_over_an_interrupt, INIT},
    {the_vmm_is_given_another_token, GIVEN},
    {the_vmm_and_a_worker_have_it, GIVEN},
    {the_guest_is_not_told, GIVEN},
};

Test(apf_invariants, each_step_of_another_protocol_is_found_by_name)
{
    static void (*const sound[])(void) = {arm64_is_told, arm64_is_ready, arm64_takes_it_back,
                                          s390_is_told,  s390_says_done, the_vmm_is_given_it};

    for (size_t i = 0; i < CASES(sound); i++) {
        sound[i]();
        const char *broken = apf_host_step_broken(&change);
        cr_expect_null(broken, "%zu: %s", i, broken);
    }
    for (size_t i = 0; i < CASES(steps); i++) {
        steps[i].corrupt();
        expect_text(apf_host_step_broken(&change), &steps[i], i);
    }
}

/* Kernel code may be told where the guest asked for that (SEND_ALWAYS). */
Test(apf_invariants, send_always_opens_the_kernel_of_another_protocol)
{
    s390_told_in_kernel_mode();
    h.msr_en |= APF_EN_SEND_ALWAYS;
    cr_expect_null(apf_host_step_broken(&change));
}
