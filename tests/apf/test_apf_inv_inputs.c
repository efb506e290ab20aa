/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_apf_inv_inputs.c - behind which inputs each row of the step invariants is asked
 *
 * A step of the two halves asks only what its input can break. So the same harm is done under each
 * input in turn: it is found behind those that are written here, and behind no other. The walk that
 * is laid out for one input (apf_host_step() has it) and the one over the whole table agree.
 */
#include "apf_guest_inv_step.h"
#include "apf_host_inv_step.h"
/* Their parameters have the names of its state. */
#include "test_apf_inv_made.h"

/* ---- host ---- */

#define HOST(kind)  (1u << APF_IN_##kind)
#define EVERY_INPUT ((1u << APF_IN_KINDS) - 1)
#define A_WORKER                                                                                   \
    (HOST(WORK_RUN) | HOST(WORK_PEEK) | HOST(WORK_APPEND) | HOST(WORK_KICK) | HOST(WORK_RETURN))
#define A_FAULT  (HOST(FAULT) | HOST(NOT_PRESENT))
#define A_LOOP   (HOST(REQ_READY) | HOST(CHECK) | HOST(PRESENT))
#define A_CLEAR  (HOST(WRMSR) | HOST(PAGING) | HOST(RESET) | HOST(DESTROY))
#define AN_EVENT (A_FAULT | HOST(PRESENT))

static void nothing(void)
{
    nothing_changes(APF_IN_CHECK);
}
static void guest_is_told(void)
{
    told();
    area.flags = APF_REASON_NOT_PRESENT;
}
static void slot_over_a_token(void)
{
    nothing();
    change.announced = true;
    change.area_before.token = 0x4001;
    area.token = TOKEN;
}
static void flags_without_pf(void)
{
    nothing();
    area.flags = APF_REASON_NOT_PRESENT;
}
static void queued_over_the_limit(void)
{
    nothing();
    h.queued = APF_LIMIT + 2;
    change.queued_before = h.queued;
}
static void told_while_l2_runs(void)
{
    guest_is_told();
    in.ctx.guest_mode = true;
}
static void told_with_interrupts_off(void)
{
    guest_is_told();
    in.ctx.irq_allowed = false;
}
static void told_without_paging(void)
{
    guest_is_told();
    in.ctx.paging = false;
}
static void told_and_then_off(void)
{
    guest_is_told();
    h.msr_en = 0;
}
static void worker_before_hook(void)
{
    nothing();
    change.hook_before = in.item;
}
static void prefault_for_l2(void)
{
    nothing();
    h.dequeued = 0;
    h.item[0].l2 = true;
    act(APF_DO_PREFAULT)->item = 0;
}
static void waits_for_itself(void)
{
    nothing();
    act(APF_DO_WAIT_WORK)->item = in.item;
}
static void queued_has_changed(void)
{
    nothing();
    h.queued = 1;
    h.msr_en = 0;
    change.pv_before = false;
}
static void freed_under_a_worker(void)
{
    nothing();
    h.msr_en = 0;
    h.item[2].unflushed = true;
}
static void zero_refused(void)
{
    nothing();
    in.msr = APF_MSR_EN;
    act(APF_DO_GP);
}
static void ack_refused(void)
{
    nothing();
    in.msr = APF_MSR_ACK;
    act(APF_DO_GP);
}
static void enabled_without_area(void)
{
    nothing();
    h.area_valid = false;
}
static void left_on_done(void)
{
    nothing();
    in.msr = APF_MSR_ACK;
    in.value = 1;
    h.done_head = 0;
    h.requests = APF_REQ_READY;
}
static void halted_with_interrupts_off(void)
{
    nothing();
    out.verdict = APF_VERDICT_REPEATED;
    h.requests = APF_REQ_HALT;
    apf_gfn_add(&h, GFN);
    in.ctx.irq_allowed = false;
}
static void runnable_and_halted(void)
{
    nothing();
    h.halted = true;
    act(APF_DO_RUNNABLE);
}
static void cleared_but_queued(void)
{
    nothing();
    h.msr_en = 0; /* PV was on */
    h.queue_head = 0;
}
static void appended_unannounced(void)
{
    nothing();
    h.done_head = 0;
    h.requests = APF_REQ_HALT;
}
static void filter_behind_the_ack(void)
{
    nothing();
    in.msr = APF_MSR_ACK;
    in.value = 1;
    h.pageready_pending = true;
}

static const struct {
    void (*harm)(void);
    unsigned found; /* behind these inputs */
    const char *text;
} host_rows[] = {
    {slot_over_a_token, EVERY_INPUT, "INV-7: the slot is written when it reads 0"},
    {flags_without_pf, EVERY_INPUT, "INV-14: a nonzero flags word and one #PF go together"},
    {queued_over_the_limit, HOST(FAULT) | HOST(WRMSR) | HOST(PRESENT),
     "INV-10: queued stays within the limit and one"},
    {told_while_l2_runs, AN_EVENT | HOST(FIXUP_PF),
     "INV-16: an async #PF while L2 runs goes to L1"},
    {told_with_interrupts_off, AN_EVENT, "INV-13: a #PF is queued when it may be"},
    {told_without_paging, A_FAULT, "INV-13: paging is on when a #PF is queued"},
    {worker_before_hook, A_WORKER, "INV-15: a worker begins behind the not-present hook"},
    {prefault_for_l2, A_LOOP, "INV-36: a prefault maps with the MMU of its fault"},
    {waits_for_itself, HOST(WORK_RETURN), "INV-19: a worker does not wait for itself"},
    {queued_has_changed, A_WORKER | HOST(USER_READY), "INV-17: a worker only appends to done"},
    {freed_under_a_worker, HOST(DESTROY),
     "INV-18: no worker still runs when its vCPU is destroyed"},
    {zero_refused, HOST(WRMSR), "ABI: EN := 0 is accepted"},
    {ack_refused, HOST(WRMSR), "INV-24: the ACK MSR is there with interrupt delivery"},
    {enabled_without_area, HOST(WRMSR), AREA},
    {told_and_then_off, AN_EVENT | A_CLEAR, "INV-21: no write to the area when off"},
    {left_on_done, A_LOOP | HOST(WRMSR), "INV-23: an item that may leave done leaves"},
    {halted_with_interrupts_off, A_FAULT,
     "INV-25: a halt has an item in flight and interrupts open"},
    {runnable_and_halted, HOST(PRESENT), "INV-25: a completed item ends the halt"},
    {cleared_but_queued, A_CLEAR, "INV-28: off or reset leaves nothing in flight"},
    {appended_unannounced, HOST(WORK_APPEND) | HOST(USER_READY) | HOST(WRMSR),
     "INV-38: who appends to an empty done raises the request"},
    {filter_behind_the_ack, HOST(WRMSR),
     "INV-40: the kick filter is set by ready and cleared by the ACK"},
};

static bool is(const char *got, const char *text)
{
    return got && !strcmp(got, text);
}

Test(apf_invariants, each_row_of_the_host_is_asked_behind_the_inputs_that_can_break_it)
{
    for (size_t i = 0; i < CASES(host_rows); i++) {
        for (unsigned kind = 0; kind < APF_IN_KINDS; kind++) {
            host_rows[i].harm();
            in.kind = (enum apf_host_in_kind)kind;
            const char *got = apf_host_step_broken(&change);
            cr_expect_eq(is(got, host_rows[i].text), host_rows[i].found >> kind & 1,
                         "row %zu, input %u: %s", i, kind, got ? got : "nothing");
            const char *laid_out = apf_x86_broken(&change, (enum apf_host_in_kind)kind);
            cr_expect(got ? is(laid_out, got) : !laid_out, "row %zu, input %u: %s, but %s", i, kind,
                      got ? got : "nothing", laid_out ? laid_out : "nothing");
        }
    }
}

/* ---- guest ---- */

#define GUEST(kind) (1u << APF_GIN_##kind)
#define EVERY_GIN   ((1u << APF_GIN_KINDS) - 1)

static struct apf_guest g;
static struct apf_guest_cpu cpu;
static struct apf_guest_in gin;
static struct apf_guest_out gout;
static struct apf_guest_change gchange;

/* An enabled CPU in user mode; EOI and DISABLE do what they must. */
static void guest_idles(void)
{
    apf_guest_init(&g, APF_KERNEL_TIP, CPUID_ALL, false);
    memset(&area, 0, sizeof area);
    memset(&gout, 0, sizeof gout);
    gout.verdict = APF_GUEST_NOTHING;
    gout.count = 1;
    cpu = (struct apf_guest_cpu){.enabled = true};
    gin = (struct apf_guest_in){.cpl = 3, .if_flag = true};
    gchange =
        (struct apf_guest_change){.g = &g, .cpu = &cpu, .area = &area, .in = &gin, .out = &gout};
}
static void a_sleeper_was_there(void)
{
    guest_idles();
    gchange.was_there = true;
}
static void a_token_is_written(void)
{
    guest_idles();
    area.token = TOKEN;
}
static void a_real_fault_is_taken_for_none(void)
{
    guest_idles();
    gin.truth = APF_PF_REAL;
}
static void the_guest_panics(void)
{
    guest_idles();
    gout.verdict = APF_GUEST_PANIC;
}
static void the_flags_were_0(void)
{
    guest_idles();
    gout.verdict = APF_GUEST_NOT_PRESENT;
}
static void nothing_is_said(void)
{
    guest_idles();
    gout.count = 0;
}
static void an_old_kernel_sleeps_in_an_rcu_reader(void)
{
    guest_idles();
    apf_guest_init(&g, APF_KERNEL_4_14, CPUID_ALL, false);
    gout.verdict = APF_GUEST_SLEEP;
    gin.cpl = 0;
    gin.rcu_reader = true;
}
static void nobody_watches(void)
{
    guest_idles();
    gout.unwatched = true;
}
static void sleeps_under_the_lock(void)
{
    guest_idles();
    gout.sleeps_locked = true;
}

static const struct {
    void (*harm)(void);
    unsigned found;
    const char *text;
} guest_rows[] = {
    {a_sleeper_was_there, GUEST(WAIT), "INV-3: a wait finds no sleeper on its token"},
    {a_token_is_written, EVERY_GIN, "INV-7: the guest writes only zero to the area"},
    {a_real_fault_is_taken_for_none, GUEST(PF) | GUEST(L1_PF),
     "INV-14: a #PF is taken for what it is"},
    {the_guest_panics, EVERY_GIN, "INV-13: a not-present comes to user mode with interrupts on"},
    {the_flags_were_0, GUEST(PF), "INV-14: the flags announce one #PF and are zeroed by it"},
    {nothing_is_said, GUEST(DISABLE), "INV-21: a CPU that goes tells the host"},
    {nothing_is_said, GUEST(EOI), "INV-29: the ready interrupt is ended at the LAPIC"},
    {an_old_kernel_sleeps_in_an_rcu_reader, GUEST(PF) | GUEST(WAIT),
     "INV-32: a task sleeps in user context with interrupts on"},
    {nobody_watches, EVERY_GIN, "INV-32: RCU watches a CPU that takes locks or schedules"},
    {sleeps_under_the_lock, EVERY_GIN, "INV-32: nothing sleeps under a raw lock"},
};

Test(apf_invariants, each_row_of_the_guest_is_asked_behind_the_inputs_that_can_break_it)
{
    for (size_t i = 0; i < CASES(guest_rows); i++) {
        for (unsigned kind = 0; kind < APF_GIN_KINDS; kind++) {
            guest_rows[i].harm();
            gin.kind = (enum apf_guest_in_kind)kind;
            const char *got = apf_guest_step_broken(&gchange);
            cr_expect_eq(is(got, guest_rows[i].text), guest_rows[i].found >> kind & 1,
                         "row %zu, input %u: %s", i, kind, got ? got : "nothing");
            cr_expect_eq(apf_guest_holds(&gchange, (enum apf_guest_in_kind)kind), !got,
                         "row %zu, input %u", i, kind);
        }
    }
}
