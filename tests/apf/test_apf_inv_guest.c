/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_apf_inv_guest.c - a corrupt state or step of the guest is found by name */
#include "test_apf_invariants.h"

static struct apf_area area;
static struct apf_guest g;
static struct apf_guest_cpu cpu;
static struct apf_guest_in gin;
static struct apf_guest_out gout;
static struct apf_guest_change gchange;

/* Two sleepers, a dummy, a free node. */
static void guest_with_nodes(void)
{
    apf_guest_init(&g, APF_KERNEL_TIP, CPUID_ALL, false);
    apf_node_add(&g, 0x1001, 0, 1, false);
    apf_node_add(&g, 0x2001, 0, 2, false);
    apf_node_add(&g, 0x3001, 0, APF_NO_TASK, false);
    apf_node_add(&g, 0x4001, 0, 3, false);
    apf_node_take(&g, apf_node_link(&g, 0x4001));
}

static void a_node_hangs_elsewhere(void)
{
    uint32_t *link = apf_node_link(&g, 0x1001);
    g.node[*link].token = 0x7001;
    cr_assert_neq(apf_token_hash(0x1001), apf_token_hash(0x7001));
}
static void a_node_was_never_taken(void)
{
    g.nodes_used = 1;
}
static void sleepers_are_miscounted(void)
{
    g.sleepers++;
    g.nodes_used++;
}
static void dummies_are_miscounted(void)
{
    g.dummies--;
    g.sleepers++;
}
static void two_nodes_for_one_token(void)
{
    apf_node_add(&g, 0x1001, 0, 4, false);
}
static void a_node_is_lost(void)
{
    g.nodes_used++;
}
static void the_free_list_is_lost(void)
{
    g.free_node = APF_NO_NODE;
}
static void the_free_list_is_a_ring(void)
{
    g.node[g.free_node].next = g.free_node;
}

static const struct test_case guest_states[] = {
    {a_node_hangs_elsewhere, "INV-30: each node is in the bucket of its token"},
    {a_node_was_never_taken, "INV-30: each node is in the bucket of its token"},
    {sleepers_are_miscounted, "INV-30: each node is in the bucket of its token"},
    {dummies_are_miscounted, "INV-30: each node is in the bucket of its token"},
    {two_nodes_for_one_token, "INV-30: one node for a token"},
    {a_node_is_lost, "INV-31: each node is a sleeper, a dummy or free"},
    {the_free_list_is_lost, "INV-31: each node is a sleeper, a dummy or free"},
    {the_free_list_is_a_ring, "INV-31: each node is a sleeper, a dummy or free"},
};

Test(apf_invariants, each_state_of_the_guest_is_found_by_name)
{
    for (size_t i = 0; i < CASES(guest_states); i++) {
        guest_with_nodes();
        const char *sound = apf_guest_broken(&g);
        cr_assert_null(sound, "%s", sound);
        guest_states[i].corrupt();
        expect_text(apf_guest_broken(&g), &guest_states[i], i);
    }
}

static void guest_does(enum apf_guest_in_kind kind, enum apf_guest_verdict verdict)
{
    apf_guest_init(&g, APF_KERNEL_TIP, CPUID_ALL, false);
    memset(&gchange, 0, sizeof gchange);
    memset(&gout, 0, sizeof gout);
    memset(&area, 0, sizeof area);
    cpu = (struct apf_guest_cpu){.enabled = true};
    gin = (struct apf_guest_in){.kind = kind, .cpl = 3, .if_flag = true};
    gout.verdict = verdict;
    gchange =
        (struct apf_guest_change){.g = &g, .cpu = &cpu, .area = &area, .in = &gin, .out = &gout};
}

static void guest_takes_it(void)
{
    guest_does(APF_GIN_PF, APF_GUEST_NOT_PRESENT);
    gin.truth = APF_PF_ASYNC;
    gchange.area_before.flags = APF_REASON_NOT_PRESENT;
}

static void sleeper_taken(void)
{
    guest_does(APF_GIN_WAIT, APF_GUEST_NO_SLEEP);
    gchange.was_there = true;
}
static void slot_set_by_the_guest(void)
{
    guest_does(APF_GIN_ZERO, APF_GUEST_NOTHING);
    area.token = TOKEN;
}
static void flags_set_by_the_guest(void)
{
    guest_does(APF_GIN_ZERO, APF_GUEST_NOTHING);
    area.flags = 1;
}
static void real_taken_for_async(void)
{
    guest_takes_it();
    gin.truth = APF_PF_REAL;
}
static void async_taken_for_real(void)
{
    guest_takes_it();
    gout.verdict = APF_GUEST_ORDINARY_PF;
}
static void guest_panics(void)
{
    guest_does(APF_GIN_PF, APF_GUEST_PANIC);
}
static void flags_were_0(void)
{
    guest_takes_it();
    gchange.area_before.flags = 0;
}
static void flags_stay(void)
{
    guest_takes_it();
    area.flags = APF_REASON_NOT_PRESENT;
}
static void cpu_goes_silently(void)
{
    guest_does(APF_GIN_DISABLE, APF_GUEST_NOTHING);
}
static void no_eoi(void)
{
    guest_does(APF_GIN_EOI, APF_GUEST_NOTHING);
}
static void sleeps_in_the_kernel(void)
{
    guest_takes_it();
    gin.cpl = 0;
}
static void sleeps_with_interrupts_off(void)
{
    guest_takes_it();
    gin.if_flag = false;
}
static void old_sleeps_in_the_kernel(void) /* where it may be preempted: all is well */
{
    guest_does(APF_GIN_WAIT, APF_GUEST_SLEEP);
    apf_guest_init(&g, APF_KERNEL_4_14, CPUID_ALL, false);
    gin.cpl = 0;
}
static void old_sleeps_in_an_rcu_reader(void)
{
    old_sleeps_in_the_kernel();
    gin.rcu_reader = true;
}
static void old_sleeps_with_preemption_off(void)
{
    old_sleeps_in_the_kernel();
    gin.preempt_disabled = true;
}
static void old_sleeps_in_the_idle_loop(void)
{
    old_sleeps_in_the_kernel();
    gin.idle = true;
}
static void old_sleeps_in_a_kernel_without_preemption(void)
{
    old_sleeps_in_the_kernel();
    g.preempt = false;
}
static void nobody_watches(void)
{
    guest_takes_it();
    gout.unwatched = true;
}
static void sleeps_under_the_lock(void)
{
    guest_does(APF_GIN_WAKE, APF_GUEST_DUMMY);
    gout.sleeps_locked = true;
}

#define SLEEPS "INV-32: a task sleeps in user context with interrupts on"
static const struct test_case guest_steps[] = {
    {sleeper_taken, "INV-3: a wait finds no sleeper on its token"},
    {slot_set_by_the_guest, "INV-7: the guest writes only zero to the area"},
    {flags_set_by_the_guest, "INV-7: the guest writes only zero to the area"},
    {real_taken_for_async, "INV-14: a #PF is taken for what it is"},
    {async_taken_for_real, "INV-14: a #PF is taken for what it is"},
    {guest_panics, "INV-13: a not-present comes to user mode with interrupts on"},
    {flags_were_0, "INV-14: the flags announce one #PF and are zeroed by it"},
    {flags_stay, "INV-14: the flags announce one #PF and are zeroed by it"},
    {cpu_goes_silently, "INV-21: a CPU that goes tells the host"},
    {no_eoi, "INV-29: the ready interrupt is ended at the LAPIC"},
    {sleeps_in_the_kernel, SLEEPS},
    {sleeps_with_interrupts_off, SLEEPS},
    {old_sleeps_in_an_rcu_reader, SLEEPS},
    {old_sleeps_with_preemption_off, SLEEPS},
    {old_sleeps_in_the_idle_loop, SLEEPS},
    {old_sleeps_in_a_kernel_without_preemption, SLEEPS},
    {nobody_watches, "INV-32: RCU watches a CPU that takes locks or schedules"},
    {sleeps_under_the_lock, "INV-32: nothing sleeps under a raw lock"},
};

Test(apf_invariants, each_step_of_the_guest_is_found_by_name)
{
    guest_takes_it();
    cr_assert_null(apf_guest_step_broken(&gchange));
    old_sleeps_in_the_kernel();
    cr_assert_null(apf_guest_step_broken(&gchange));
    for (size_t i = 0; i < CASES(guest_steps); i++) {
        guest_steps[i].corrupt();
        expect_text(apf_guest_step_broken(&gchange), &guest_steps[i], i);
    }
}

Test(apf_invariants, no_row_of_the_guest_is_without_a_case)
{
    unsigned rows = 0;

    for (; apf_guest_invariant(rows); rows++) {
        const char *text = apf_guest_invariant(rows);
        cr_expect(has_case(guest_states, CASES(guest_states), text) ||
                      has_case(guest_steps, CASES(guest_steps), text),
                  "%s", text);
    }
    cr_expect_geq(rows, 13);
}
