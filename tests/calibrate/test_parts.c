/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_parts.c - what of a measurement needs no KVM: quantiles, ftrace lines, rules by release */
#include <criterion/criterion.h>

#include "cal_check.h"
#include "cal_measure.h"
#include "cal_others.h"
#include "cal_stats.h"
#include "cal_trace.h"

Test(parts, quantiles_are_of_the_samples_themselves)
{
    struct cal_samples s = {0};

    cr_expect_eq(cal_quantile(&s, 0.5), 0, "none");
    for (unsigned i = 100; i > 0; i--)
        cal_samples_add(&s, i);
    cr_expect_eq(cal_quantile(&s, 0), 1);
    cr_expect_eq(cal_quantile(&s, 0.1), 11);
    cr_expect_eq(cal_quantile(&s, 0.5), 51);
    cr_expect_eq(cal_quantile(&s, 1), 100);
    cal_samples_add(&s, 0.5);
    cr_expect_eq(cal_quantile(&s, 0), 0.5, "sorted again");
    cal_samples_free(&s);
}

static double cost(const struct cal_result *r, const char *key)
{
    const struct cal_cost *c = cal_cost_of(r, key);

    cr_assert(c, "%s", key);
    return c->ns;
}

/* What the model spends on a way is what was measured on it: cal_costs.c says which. */
Test(parts, costs_add_up_to_the_ways_that_were_measured)
{
    static struct cal_result r;
    static const struct {
        enum cal_stage stage;
        double ns;
    } seen[] = {{CAL_ST_ready_ack, 2},
                {CAL_ST_touch_to_try, 8},
                {CAL_ST_try_to_not_present, 1},
                {CAL_ST_touch_to_handler, 37},
                {CAL_ST_handler_to_left, 40},
                {CAL_ST_left_to_other, 31},
                {CAL_ST_tick, 77},
                {CAL_ST_tick_switch, 97},
                {CAL_ST_ready_to_accept, 1},
                {CAL_ST_accept_to_handler, 4},
                {CAL_ST_ready_to_resumed, 100}};
    double exit, context_switch;

    for (unsigned i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
        cal_samples_add(&r.stage[seen[i].stage], seen[i].ns);
    cal_costs(&r);
    exit = cost(&r, "cost.exit");
    context_switch = cost(&r, "cost.context_switch");
    cr_expect_eq(2 * exit + cost(&r, "cost.tick"), 77, "a timer interrupt, and the next deadline");
    cr_expect_eq(2 * exit + cost(&r, "cost.tick") + context_switch, 97, "that ends a turn");
    cr_expect_eq(exit + cost(&r, "cost.fault") + cost(&r, "cost.not_present") + context_switch,
                 37 + 40 + 31, "touch to the other task");
    cr_expect_eq(cost(&r, "cost.ready") + exit + context_switch, 1 + 4 + 100,
                 "ready to the woken task");
    for (unsigned i = 0; i < CAL_STAGES; i++)
        cal_samples_free(&r.stage[i]);
}

Test(parts, the_centre_is_where_half_of_the_samples_lie_together)
{
    struct cal_samples s = {0};

    cr_expect_eq(cal_centre(&s), 0, "none");
    for (unsigned i = 0; i < 60; i++)
        cal_samples_add(&s, 100 + i % 3);
    cr_expect_leq(cal_centre(&s), 101);
    cr_expect_geq(cal_centre(&s), 100);
    for (unsigned i = 0; i < 50; i++)
        cal_samples_add(&s, 1000 * (i + 1)); /* somebody came between */
    cr_expect_leq(cal_centre(&s), 102);
    cr_expect_geq(cal_centre(&s), 100);
    cal_samples_free(&s);
}

Test(parts, with_too_few_quiet_samples_all_count_and_that_is_said)
{
    struct cal_samples s = {0};

    for (unsigned i = 0; i < CAL_QUIET_MIN; i++) {
        cal_samples_add(&s, 10);
        cal_samples_leave(&s, 1000);
        cal_samples_leave(&s, 1000);
    }
    cal_samples_settle(&s);
    cr_expect(s.count == CAL_QUIET_MIN && s.outs == 2 * CAL_QUIET_MIN && !s.disturbed);
    cr_expect_eq(cal_quantile(&s, 0.9), 10);
    s.count--;
    cal_samples_settle(&s);
    cr_expect(s.count == 3 * CAL_QUIET_MIN - 1 && s.outs == 0 && s.disturbed);
    cr_expect_eq(cal_quantile(&s, 0.9), 1000);
    cal_samples_free(&s);
}

/* CPU 1: our thread 7; a stranger from 100 to 200; idle; a kernel worker; a stranger from 500 on.
 */
Test(parts, who_else_ran_is_known_from_the_scheduler)
{
    static struct cal_event event[] = {
        {10, 7, 0, CAL_EV_SWITCH, 99, 1},  {100, 55, 0, CAL_EV_SWITCH, 7, 1},
        {150, 55, 0, CAL_EV_SWITCH, 7, 0}, {170, 0, 0, CAL_EV_READY, 7, 1},
        {200, 0, 0, CAL_EV_SWITCH, 55, 1}, {300, 66, 1, CAL_EV_SWITCH, 0, 1},
        {400, 7, 0, CAL_EV_SWITCH, 66, 1}, {500, 55, 0, CAL_EV_SWITCH, 7, 1},
    };
    struct cal_events all = {.event = event, .count = 8};
    const int own[CAL_OWN_MAX] = {7};
    struct cal_others o;

    cal_others_make(&o, &all, 1, own);
    cr_expect(o.known);
    cr_expect_not(cal_others_quiet(&o, 5, 20), "99 ran when recording began");
    cr_expect(cal_others_quiet(&o, 10, 100));
    cr_expect_not(cal_others_quiet(&o, 10, 101));
    cr_expect_not(cal_others_quiet(&o, 120, 130));
    cr_expect_not(cal_others_quiet(&o, 199, 250));
    cr_expect(cal_others_quiet(&o, 200, 500), "idle, and APF's worker");
    cr_expect_not(cal_others_quiet(&o, 600, 700), "the last one goes on");
    cr_expect_eq(cal_others_time(&o, 5, 650), 5 + 100 + 150, "99, 55 twice; no idle, no worker");
    cr_expect_eq(cal_others_time(&o, 120, 180), 60);
    cr_expect_eq(cal_others_time(&o, 200, 500), 0);
    cal_others_free(&o);
    all.lost = true;
    cal_others_make(&o, &all, 1, own);
    cr_expect_not(cal_others_quiet(&o, 0, 5), "what was before is lost");
    cal_others_free(&o);
    all.count = 0;
    cal_others_make(&o, &all, 1, own);
    cr_expect(!o.known && cal_others_quiet(&o, 1, 1000), "nobody is ever seen");
    cal_others_free(&o);
}

Test(parts, ftrace_lines_are_read_whatever_the_task_is_called)
{
    struct cal_event e;

    cr_assert(cal_trace_parse("   a [0x] b-77    [001] .N... 4162334312409: "
                              "kvm_async_pf_not_present: token 0x1000 gva 0x40000000",
                              &e));
    cr_expect_eq(e.kind, CAL_EV_NOT_PRESENT);
    cr_expect_eq(e.pid, 77);
    cr_expect_eq(e.tsc, 4162334312409u);
    cr_expect_eq(e.a, 0x1000);
    cr_expect_eq(e.b, 0x40000000);
    cr_assert(cal_trace_parse(" kworker/1:2-4706  [001] ..... 41: kvm_async_pf_completed: "
                              "gva 0x40000000 address 0x7fbf79200000",
                              &e));
    cr_expect_eq(e.kind, CAL_EV_COMPLETED);
    cr_expect_eq(e.b, 0x7fbf79200000u);
    cr_assert(cal_trace_parse("   sim-7  [001] d..2. 77: sched_switch: prev_comm=sim prev_pid=7 "
                              "prev_prio=120 prev_state=R+ ==> next_comm=kworker/1:2 next_pid=66 "
                              "next_prio=120",
                              &e));
    cr_expect(e.kind == CAL_EV_SWITCH && e.cpu == 1 && e.pid == 7 && e.a == 66 && e.b == 1);
    cr_assert(cal_trace_parse(" x-1 [000] ..... 5: kvm_apic_accept_irq: apicid 3 vec 236 "
                              "(Fixed|edge)",
                              &e));
    cr_expect_eq(e.a, 236);
    cr_expect_eq(e.b, 3);
}

Test(parts, other_lines_are_no_events)
{
    struct cal_event e;

    cr_expect_not(cal_trace_parse("# tracer: nop", &e));
    cr_expect_not(cal_trace_parse("", &e));
    cr_expect_not(cal_trace_parse(" x-1 [000] ..... 5: kvm_msr: msr_read 1b = 0x1", &e));
    cr_expect_not(cal_trace_parse(" x-1 [000] ..... : kvm_async_pf_ready: token 0x1", &e));
    cr_expect_not(cal_trace_parse(" x-1 [000] 5.25: kvm_async_pf_readyx: token 0x1", &e));
}

Test(parts, rules_are_those_of_the_newest_row_not_above_the_release)
{
    cr_expect_eq(cal_check_kernel("6.18.44-x"), APF_KERNEL_6_12);
    cr_expect_eq(cal_check_kernel("6.12.1"), APF_KERNEL_6_12);
    cr_expect_eq(cal_check_kernel("6.11.9"), APF_KERNEL_6_1);
    cr_expect_eq(cal_check_kernel("5.16.0"), APF_KERNEL_5_13);
    cr_expect_eq(cal_check_kernel("no number"), APF_KERNEL_5_8);
}

/* ---- a log against the protocol ---- */

static struct guest_rec rec[16];
static struct cal_touch touch[4];
static struct cal_log story;

/* Enabled, woken, one cycle of one task: then a test spoils it. */
static void tell(void)
{
    static const struct guest_rec good[] = {
        {1, GUEST_L_START, 0, 0xc009, 0},
        {2, GUEST_L_READY, 1, APF_TOKEN_WAKE_ALL, GUEST_NOBODY},
        {3, GUEST_L_ACK, 1, APF_TOKEN_WAKE_ALL, 1},
        {10, GUEST_L_TOUCH, 0, 5, 90},
        {20, GUEST_L_NOT_PRESENT, 0, 0x1000, 1},
        {50, GUEST_L_READY, 1, 0x1000, 0},
        {60, GUEST_L_ACK, 1, 0x1000, 1},
    };

    memcpy(rec, good, sizeof(good));
    touch[0] = (struct cal_touch){
        .page = 5, .before = 10, .after = 100, .token = 0x1000, .class = CAL_ASYNC};
    story = (struct cal_log){.rec = rec, .count = 7, .touch = touch, .touches = 1};
}

static const char *verdict(void)
{
    static struct cal_check check;

    check = (struct cal_check){.kernel = APF_KERNEL_6_12};
    return cal_check_log(&check, &story, 0, 0) ? "" : check.broken;
}

/* A touch of 40 that waited without a word; class: what the log says of it. */
static const char *unannounced(bool file, bool irq_off, enum cal_class class, unsigned waits)
{
    static struct cal_check check;

    check = (struct cal_check){.kernel = APF_KERNEL_6_12, .file = file};
    tell();
    rec[0].a = irq_off || class == CAL_WAITED ? 0xc009 : 0; /* EN */
    story.count = irq_off || class == CAL_WAITED ? 4 : 1;
    if (story.count == 1)
        rec[0].code = GUEST_L_START,
        rec[story.count++] = (struct guest_rec){10, GUEST_L_TOUCH, 0, 5, 90};
    touch[0].token = 0;
    touch[0].class = class;
    for (unsigned i = 0; i < waits && !check.broken[0]; i++)
        cal_check_log(&check, &story, 0, irq_off);
    return check.broken;
}

Test(parts, a_wait_without_a_word_is_judged_by_what_the_host_could_know)
{
    cr_expect_str_eq(unannounced(false, false, CAL_WAITED, 1),
                     "page 5 of task 0 was not announced, where the protocol does");
    cr_expect_str_eq(unannounced(true, false, CAL_WAITED, 1), "", "a file may be read at once");
    cr_expect_str_eq(unannounced(false, true, CAL_SYNC, 40), "");
    cr_expect_str_eq(unannounced(false, true, CAL_HALT, 40),
                     "interrupts were served in 11 waits that are synchronous by the protocol");
    cr_expect_str_eq(unannounced(false, false, CAL_HALT, 40), "");
    cr_expect_str_eq(unannounced(false, false, CAL_SYNC, 19), "", "a busy host hides some");
    cr_expect_str_eq(unannounced(false, false, CAL_SYNC, 40),
                     "no interrupt was served in any of 20 waits that are halted by the protocol");
}

Test(parts, a_good_cycle_agrees_with_the_protocol)
{
    tell();
    cr_expect_str_eq(verdict(), "");
}

Test(parts, a_wrong_token_is_found)
{
    tell();
    rec[4].a = 0x3000;
    cr_expect_str_eq(verdict(), "token 0x3000, where the protocol says 0x1000");
    tell();
    rec[5].a = 0x3000;
    cr_expect_str_eq(verdict(), "ready with token 0x3000, which is not in flight (1 are)");
}

Test(parts, a_wrong_order_is_found)
{
    tell();
    story.count = 6;
    rec[2].code = GUEST_L_IRQ; /* no ACK of the wake-all */
    cr_expect_str_eq(verdict(), "ready with token 0x1000 before the ACK of the last");
}

Test(parts, a_touch_that_should_have_been_announced_is_found)
{
    tell();
    story.count = 4;
    touch[0].token = 0;
    touch[0].class = CAL_WAITED;
    cr_expect_str_eq(verdict(), "page 5 of task 0 was not announced, where the protocol does");
}

/* Behind a good cycle: the next page comes while the guest goes off and on, by its own log. */
static void tell_off_and_on(bool zeroed)
{
    static const struct guest_rec off[] = {
        {110, GUEST_L_NOT_PRESENT, 0, 0x2000, 1},
        {120, GUEST_L_SLOT, 2, 0x2000, 0},
        {121, GUEST_L_MSR, 0, 0, 0},
        {122, GUEST_L_STRAY, 2, 0x2000, 0},
        {123, GUEST_L_SLOT, 2, 0, 0},
        {124, GUEST_L_MSR, 0, 0xc009, 0},
        {125, GUEST_L_READY, 1, 0xffffffff, 0},
    };

    tell();
    memcpy(rec + 7, off, sizeof(off));
    if (!zeroed)
        rec[11] = (struct guest_rec){0};
    story.count = 14;
}

Test(parts, a_slot_left_full_over_off_and_on_gets_no_wake_all)
{
    tell_off_and_on(true);
    cr_expect_str_eq(verdict(), "");
    tell_off_and_on(false);
    cr_expect_str_eq(verdict(), "ready with token 0xffffffff, where the slot has 0x2000");
    story.count = 13;
    cr_expect_str_eq(verdict(), "");
}

Test(parts, an_interrupt_while_off_finds_the_slot_as_it_was)
{
    tell_off_and_on(true);
    rec[10].a = 0;
    cr_expect_str_eq(verdict(), "an interrupt finds token 0, where the slot has 0x2000");
}
