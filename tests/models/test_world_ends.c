/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_world_ends.c - a run that cannot go on ends, with a name and a reason; none hangs
 */
#include <criterion/criterion.h>
#include <string.h>

#include "scenario.h"

static void expect_end(const struct scenario_result *r, enum sim_outcome outcome, const char *text)
{
    cr_assert_eq(r->outcome, outcome, "%s: %s", sim_outcome_name[r->outcome], r->end_text);
    cr_assert_str_eq(r->end_text, text);
}

static struct params *spinner(sim_ns turn, uint64_t turns)
{
    struct params *p = scenario();
    struct task_params *t = scenario_task(p);

    scenario_compute(t, turn);
    t->iterations = turns;
    return p;
}

#define STANDS_STILL                                                                               \
    "a vCPU takes steps for ever and no time passes: give the loop a compute step, "               \
    "or cost.touch or cost.exit a value"

/* Two exits, a switch, 20 turns, a switch to idle. */
Test(world_ends, when_all_tasks_have_ended_all_is_done, .timeout = 20)
{
    const struct scenario_result *r = scenario_mode(spinner(1000, 20), MODE_OFF);

    expect_end(r, SIM_ALL_DONE, "");
    cr_assert_eq(r->now, 2000 + 1500 + 20000 + 1500);
    cr_assert_eq(r->iterations[0], 20);
    cr_assert_eq(r->ran[0], 20000);
}

Test(world_ends, all_may_be_done_in_the_warm_up, .timeout = 20)
{
    struct params *p = spinner(1000, 20);
    const struct scenario_result *r;

    p->warmup = SIM_MS;
    r = scenario_mode(p, MODE_APF);
    expect_end(r, SIM_ALL_DONE, "");
    cr_assert_eq(r->measured_ledger, 0);
}

Test(world_ends, a_run_without_end_stops_at_its_horizon, .timeout = 20)
{
    struct params *p = spinner(1000, 0);
    const struct scenario_result *r = scenario_mode(p, MODE_APF);

    expect_end(r, SIM_HORIZON, "");
    cr_assert_eq(r->now, p->duration);
}

Test(world_ends, a_run_of_one_nanosecond_is_a_run, .timeout = 20)
{
    struct params *p = spinner(1000, 0);

    p->duration = 1;
    expect_end(scenario_mode(p, MODE_APF), SIM_HORIZON, "");
}

/* ---- no progress ---- */

Test(world_ends, a_loop_without_time_makes_no_progress, .timeout = 20)
{
    expect_end(scenario_mode(spinner(0, 0), MODE_APF), SIM_NO_PROGRESS,
               "a task's loop takes no time: give it a compute or a sleep step");
}

Test(world_ends, touches_that_cost_nothing_make_no_progress, .timeout = 20)
{
    struct params *p = scenario();
    struct task_params *t = scenario_task(p);

    scenario_region(p, BACKING_SWAP, 8, 8);
    scenario_touch(t, 3, 1);
    t->iterations = 0;
    p->cost.touch = 0;
    expect_end(scenario_mode(p, MODE_OFF), SIM_NO_PROGRESS, STANDS_STILL);
}

Test(world_ends, tasks_that_only_yield_to_each_other_make_no_progress, .timeout = 20)
{
    struct params *p = scenario();
    struct task_params *t = scenario_task(p);

    t->count = 2;
    t->iterations = 0;
    p->cost.context_switch = 0;
    scenario_step(t, STEP_YIELD);
    cr_assert_eq(scenario_mode(p, MODE_OFF)->outcome, SIM_NO_PROGRESS);
}

/* Two vCPUs take the only frame from each other, and neither ever gets to its touch. */
Test(world_ends, a_frame_that_two_vcpus_steal_for_nothing_makes_no_progress, .timeout = 20)
{
    struct scenario_options o = {.mode = MODE_APF, .seed = 1, .silent = true};
    struct params *p = scenario();
    struct task_params *t;

    memset(&p->cost, 0, sizeof p->cost);
    p->disk.read.a = p->disk.write.a = p->disk.per_page = 0;
    scenario_region(p, BACKING_SWAP, 8, 0);
    p->host.memory_limit = PAGE_BYTES;
    p->walk_every = 0;
    p->guest.vcpus = 2;
    for (int vcpu = 0; vcpu < 2; vcpu++) {
        t = scenario_task(p);
        t->vcpu = vcpu;
        scenario_touch(t, 3 + vcpu, 1);
        t->iterations = 0;
    }
    cr_assert_eq(scenario_run(p, &o, 0)->outcome, SIM_NO_PROGRESS);
    o.mode = MODE_OFF;
    cr_assert_eq(scenario_run(p, &o, 0)->outcome, SIM_NO_PROGRESS);
}

/* ---- the guest's own end ---- */

static const struct scenario_result *panics(enum apf_kernel kernel)
{
    struct params *p = scenario();

    scenario_region(p, BACKING_SWAP, 8, 0);
    p->guest.kernel = kernel;
    p->guest.send_always = true;
    scenario_touch(scenario_task(p), 3, 1)->kernel_ppm = PPM;
    return scenario_run(
        p, &(struct scenario_options){.mode = MODE_APF, .seed = 1, .may_break = true}, 0);
}

/* Linux since 5.8 cannot take an event in kernel mode; it would have to ask for one. */
Test(world_ends, a_guest_that_asks_for_events_in_kernel_mode_panics, .timeout = 20)
{
    for (int kernel = APF_KERNEL_5_10; kernel < APF_KERNELS; kernel++)
        expect_end(panics((enum apf_kernel)kernel), SIM_GUEST_PANIC,
                   "Host injected async #PF in kernel mode");
}

Test(world_ends, without_asking_it_does_not_panic, .timeout = 20)
{
    struct params *p = scenario();

    scenario_region(p, BACKING_SWAP, 8, 0);
    scenario_touch(scenario_task(p), 3, 1)->kernel_ppm = PPM;
    expect_end(scenario_mode(p, MODE_APF), SIM_ALL_DONE, "");
}

/* ---- deadlock: a guest of our own that halts and has armed nothing ---- */

static void halts(void *guest, uint32_t cpu, struct guest_insn *insn)
{
    (void)guest;
    (void)cpu;
    *insn = (struct guest_insn){.op = GUEST_HLT, .if_flag = true, .task = ~0u};
}

static void stops(void *guest, uint32_t cpu, struct guest_insn *insn)
{
    (void)guest;
    (void)cpu;
    *insn = (struct guest_insn){.op = GUEST_STOP, .task = ~0u};
}

static void retired(void *guest, uint32_t cpu, sim_ns ran, uint64_t value)
{
    (void)guest;
    (void)cpu;
    (void)ran;
    (void)value;
}

static void expect_deadlock(void (*next)(void *, uint32_t, struct guest_insn *), bool in_guest)
{
    const struct guest_ops ops = {.next = next, .retire = retired};
    struct params *p = scenario();
    struct world *w;

    p->host.hlt_in_guest = in_guest;
    w = world_create_bare(p, MODE_OFF, 1, 1, &ops, NULL);
    cr_assert_not_null(w);
    cr_assert_eq(world_run(w), SIM_DEADLOCK);
    cr_assert_str_eq(sim_stop_text(world_sim(w)), "tasks wait and nothing will ever wake them");
    cr_assert_null(world_broken(w));
    world_destroy(w);
}

Test(world_ends, a_machine_that_nothing_will_wake_is_a_deadlock, .timeout = 20)
{
    expect_deadlock(halts, false);
    expect_deadlock(halts, true);
    expect_deadlock(stops, false);
}

Test(world_ends, a_guest_without_tasks_is_done_at_once, .timeout = 20)
{
    expect_end(scenario_mode(scenario(), MODE_APF), SIM_ALL_DONE, "");
}
