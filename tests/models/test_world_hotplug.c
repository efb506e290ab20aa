/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_world_hotplug.c - a guest CPU goes offline and comes back; what became of pages in flight
 */
#include <criterion/criterion.h>
#include <string.h>

#include "apf_bugs.h"
#include "scenario.h"

/* Two vCPUs; CPU 1 is told to go at `first`, stays away for 50 us and online for the rest. Its one
 * task misses page 3, which comes 100 us after the device was asked. */
static struct params *one_miss(sim_ns first)
{
    struct params *p = scenario();
    struct task_params *t = scenario_task(p);

    p->guest.vcpus = 2;
    p->guest.hotplug = (struct hotplug_params){
        .count = 1, .vcpu = 1, .first = first, .offline = 50 * SIM_US, .online = SIM_MS};
    scenario_region(p, BACKING_SWAP, 16, 0);
    t->vcpu = 1;
    scenario_touch(t, 3, 1);
    return p;
}

/* Behind the miss it computes and misses page 9: by then CPU 1 is back. */
static struct params *two_misses(sim_ns first)
{
    struct params *p = one_miss(first);

    scenario_compute(&p->task[0], 300 * SIM_US);
    scenario_touch(&p->task[0], 9, 1);
    return p;
}

static const struct scenario_result *told(const struct params *p, enum run_mode mode, sim_ns from)
{
    return scenario_run(
        p, &(struct scenario_options){.mode = mode, .seed = 1, .from = from, .may_break = true}, 0);
}

static void expect_end(const struct scenario_result *r, enum sim_outcome outcome, const char *text)
{
    cr_assert_eq(r->outcome, outcome, "%s: %s", sim_outcome_name[r->outcome], r->end_text);
    cr_assert_str_eq(r->end_text, text);
}

/* ---- pages in flight ---- */

/* G-2, K-20: EN := 0 waits for the worker; no ready; the wake-all sends the task to CPU 0. */
Test(world_hotplug, a_page_in_flight_is_awaited_inside_the_exit_that_turns_apf_off)
{
    const struct scenario_result *r = told(one_miss(20 * SIM_US), MODE_APF, 9000);

    scenario_story(r, "9300 vcpu1: task0 misses page 3\n"
                      "9300 disk: asked to read 1\n"
                      "9300 vcpu1: not_present 0x1001\n"
                      "9300 vcpu1: #PF\n"
                      "9300 worker: starts 0x1001\n"
                      "9700 task0: sleeps on 0x1001\n"
                      "9700 cpu1: task0 -> idle\n"
                      "20000 vcpu1: woken after 7800\n"
                      "26000 vcpu1: interrupt 0xfd\n"
                      "109300 disk: read done, took 100000\n"
                      "109300 page 3 in\n"
                      "112300 worker: completed 0x1001\n"
                      "112300 vcpu1: apf off\n"
                      "112300 task0: woken by 0xffffffff\n"
                      "112300 vcpu0: woken after 104700\n"
                      "112300 cpu1: offline, slot 0\n"
                      "118300 vcpu0: interrupt 0xfd\n"
                      "118300 cpu0: idle -> task0\n"
                      "121000 vcpu0: task0 misses page 3\n"
                      "121030 task0: access was delivered\n"
                      "121040 task0: ends\n"
                      "121040 cpu0: task0 -> idle\n");
    expect_end(r, SIM_ALL_DONE, "");
    /* From the exit of EN := 0 to the end of the worker; 50 us less the exit of HLT. */
    cr_expect_eq(r->ledger[LEDGER_FLUSH_BLOCKED], 112300 - 31500);
    cr_expect_eq(r->ledger[LEDGER_OFFLINE], 50000 - 1000);
}

/* The ready comes while the CPU still has interrupts on: it is handled, and nothing is left. */
Test(world_hotplug, a_ready_before_interrupts_are_off_is_handled)
{
    const struct scenario_result *r = told(one_miss(108 * SIM_US), MODE_APF, 112000);

    scenario_story(r, "112300 worker: completed 0x1001\n"
                      "114500 vcpu1: ready 0x1001\n"
                      "114500 vcpu1: interrupt 0xfd\n"
                      "117000 vcpu1: ready interrupt\n"
                      "117600 task0: woken by 0x1001\n"
                      "117600 vcpu0: woken after 110000\n"
                      "118600 vcpu1: ack\n"
                      "122600 vcpu1: apf off\n"
                      "122600 cpu1: offline, slot 0\n"
                      "123600 vcpu0: interrupt 0xfd\n"
                      "123600 cpu0: idle -> task0\n"
                      "125100 task0: access was delivered\n"
                      "125110 task0: ends\n"
                      "125110 cpu0: task0 -> idle\n");
    expect_end(r, SIM_ALL_DONE, "");
}

/* ---- HOLE-1: the ready comes between interrupts off and EN := 0 ---- */

#define WINDOW (102 * SIM_US)

#define LEFT_BEHIND                                                                                \
    "vCPU 1: INV-8: a busy slot has its interrupt or its handler; it holds 0x1001 since "          \
    "0.000113 s, before APF was enabled again (HOLE-1)"

Test(world_hotplug, a_ready_inside_the_window_stays_in_the_slot_and_tasks_are_stuck)
{
    const struct scenario_result *r = told(two_misses(WINDOW), MODE_APF, 100000);

    scenario_story(r, "102000 vcpu1: woken after 89800\n"
                      "108000 vcpu1: interrupt 0xfd\n"
                      "109300 disk: read done, took 100000\n"
                      "109300 page 3 in\n"
                      "112300 worker: completed 0x1001\n"
                      "113000 vcpu1: ready 0x1001\n"
                      "114000 vcpu1: apf off\n"
                      "114000 task0: woken by 0xffffffff\n"
                      "114000 vcpu0: woken after 106400\n"
                      "115000 vcpu1: ready interrupt\n"
                      "115600 cpu1: offline, slot 0x1001\n"
                      "120000 vcpu0: interrupt 0xfd\n"
                      "120000 cpu0: idle -> task0\n"
                      "121500 task0: access was delivered\n"
                      "165600 vcpu1: woken after 49000\n"
                      "175600 vcpu1: apf enabled\n"
                      "175600 cpu1: online\n"
                      "176600 vcpu0: interrupt 0xfd\n"
                      "176600 cpu0: task0 -> idle\n"
                      "176600 vcpu1: interrupt 0xfd\n"
                      "176600 cpu1: idle -> task0\n"
                      "425210 vcpu1: task0 misses page 9\n"
                      "425210 disk: asked to read 1\n"
                      "425210 vcpu1: not_present 0x2001\n"
                      "425210 vcpu1: #PF\n"
                      "425210 worker: starts 0x2001\n"
                      "425610 task0: sleeps on 0x2001\n"
                      "425610 cpu1: task0 -> idle\n");
    expect_end(r, SIM_STUCK_TASKS, LEFT_BEHIND "; asleep: task 0 () on 0x2001 since 0.000425 s");
}

Test(world_hotplug, with_the_slot_zeroed_before_enabling_all_goes_on)
{
    struct params *p = two_misses(WINDOW);
    const struct scenario_result *r;

    p->fixes = apf_fix_bit(APF_FIX_1);
    r = told(p, MODE_APF, 165600);
    scenario_story(r, "165600 vcpu1: woken after 49000\n"
                      "175600 vcpu1: apf enabled\n"
                      "175600 vcpu1: ready 0xffffffff\n"
                      "175600 cpu1: online\n"
                      "176600 vcpu0: interrupt 0xfd\n"
                      "176600 cpu0: task0 -> idle\n"
                      "176600 vcpu1: interrupt 0xfd\n"
                      "176600 cpu1: idle -> task0\n"
                      "179100 vcpu1: ready interrupt\n"
                      "180700 vcpu1: ack\n"
                      "427810 vcpu1: task0 misses page 9\n"
                      "427810 disk: asked to read 1\n"
                      "427810 vcpu1: not_present 0x2001\n"
                      "427810 vcpu1: #PF\n"
                      "427810 worker: starts 0x2001\n"
                      "428210 task0: sleeps on 0x2001\n"
                      "428210 cpu1: task0 -> idle\n"
                      "527810 disk: read done, took 100000\n"
                      "527810 page 9 in\n"
                      "530810 vcpu1: woken after 100100\n"
                      "530810 worker: completed 0x2001\n"
                      "537310 vcpu1: ready 0x2001\n"
                      "537310 vcpu1: ready interrupt\n"
                      "537910 task0: woken by 0x2001\n"
                      "538910 vcpu1: ack\n"
                      "538910 cpu1: idle -> task0\n"
                      "540410 task0: access was delivered\n"
                      "540420 task0: ends\n"
                      "540420 cpu1: task0 -> idle\n");
    expect_end(r, SIM_ALL_DONE, "");
}

/* By userfaultfd: hosts up to 6.1 read a swapped page at once. */
Test(world_hotplug, every_host_and_guest_kernel_has_the_hole)
{
    for (int kernel = APF_KERNEL_5_10; kernel < APF_KERNELS; kernel++) {
        struct params *p = two_misses(WINDOW);

        p->region[0].backing = BACKING_USERFAULTFD;
        p->monitor.latency.a = 100 * SIM_US;
        p->host.kernel = p->guest.kernel = (enum apf_kernel)kernel;
        cr_assert_eq(told(p, MODE_APF, 0)->outcome, SIM_STUCK_TASKS, "%s",
                     apf_kernel_name((enum apf_kernel)kernel));
    }
}

Test(world_hotplug, a_guest_that_is_not_told_has_no_slot_to_leave_busy)
{
    expect_end(told(two_misses(WINDOW), MODE_HALT, 0), SIM_ALL_DONE, "");
    expect_end(told(two_misses(WINDOW), MODE_OFF, 0), SIM_ALL_DONE, "");
}

/* A CPU with something else to run never idles: found when APF is turned off again, or at the end.
 */
Test(world_hotplug, the_next_offline_finds_it_on_a_busy_cpu)
{
    struct params *p = two_misses(107500); /* no wake-up before the interrupt */
    struct task_params *t = scenario_task(p);
    const struct scenario_result *r;

    t->vcpu = 1;
    t->iterations = 0;
    scenario_compute(t, SIM_US);
    scenario_step(t, STEP_YIELD);
    p->guest.hotplug.count = 2;
    r = told(p, MODE_APF, 0);
    cr_assert_eq(r->outcome, SIM_STUCK_TASKS, "%s", r->end_text);
    cr_assert_lt(r->now, 2 * SIM_MS);
    p->guest.hotplug.count = 1;
    r = told(p, MODE_APF, 0);
    cr_assert_eq(r->outcome, SIM_STUCK_TASKS, "%s", r->end_text);
    cr_assert_eq(r->now, p->duration);
    p->fixes = apf_fix_bit(APF_FIX_1);
    cr_assert_eq(told(p, MODE_APF, 0)->outcome, SIM_HORIZON);
}

/* Nobody sleeps on a token of that vCPU: the invariant is broken all the same. */
Test(world_hotplug, a_stale_slot_without_sleepers_is_a_broken_invariant)
{
    struct params *p = one_miss(WINDOW);
    struct task_params *t = scenario_task(p);

    t->iterations = 0;
    scenario_compute(t, SIM_US);
    expect_end(told(p, MODE_APF, 0), SIM_BROKEN, LEFT_BEHIND);
}

/* ---- tasks, timers, kernel mode ---- */

Test(world_hotplug, a_nap_and_a_late_start_end_on_another_cpu)
{
    struct params *p = one_miss(20 * SIM_US);
    const struct scenario_result *r;
    struct task_params *t;

    p->task[0].steps = 0; /* naps from before the CPU goes until after it is gone */
    scenario_step(&p->task[0], STEP_SLEEP)->time =
        (struct sim_dist){.kind = SIM_DIST_CONSTANT, .a = 60 * SIM_US};
    scenario_compute(&p->task[0], SIM_US);
    t = scenario_task(p);
    t->vcpu = 1;
    t->start = 65 * SIM_US;
    scenario_compute(t, SIM_US);
    p->guest.hotplug.offline = SIM_MS;
    r = told(p, MODE_OFF, 10000);
    cr_assert_not_null(strstr(r->text, "cpu0: idle -> task0"), "%s", r->text);
    cr_assert_not_null(strstr(r->text, "cpu0: task0 -> task1"), "%s", r->text);
    cr_assert_not_null(strstr(r->text, "75500 task1: ends"), "%s", r->text);
    expect_end(r, SIM_ALL_DONE, "");
}

/* A request comes every 31 us for a task of the CPU that goes: none is lost on the way. */
Test(world_hotplug, requests_for_a_task_of_the_cpu_are_served_elsewhere)
{
    uint64_t served[2];

    for (uint32_t count = 0; count < 2; count++) {
        struct params *p = one_miss(20 * SIM_US);
        struct task_params *t = &p->task[0];

        p->guest.hotplug.count = count * 1000;
        p->guest.hotplug.online = 100 * SIM_US;
        t->steps = 0;
        t->iterations = 0;
        t->arrivals.process = ARRIVALS_CONSTANT;
        t->arrivals.interval = 31 * SIM_US;
        t->arrivals.queue = 1000;
        scenario_compute(t, SIM_US);
        served[count] = scenario_mode(p, MODE_OFF)->iterations[0];
    }
    cr_assert_gt(served[0], 10 * SIM_MS / (31 * SIM_US) - 2);
    cr_assert_geq(served[1] + 3, served[0], "%lu of %lu", (unsigned long)served[1],
                  (unsigned long)served[0]);
}

/* The kernel does not preempt itself: the access comes first, halted or not. */
Test(world_hotplug, an_access_in_the_kernel_is_finished_first)
{
    struct params *p = one_miss(20 * SIM_US);
    const struct scenario_result *r;
    const char *access, *offline;

    p->task[0].step[0].kernel_ppm = PPM;
    scenario_compute(&p->task[0], 300 * SIM_US);
    r = told(p, MODE_APF, 0);
    access = strstr(r->text, "task0: access was halted");
    offline = strstr(r->text, "cpu1: offline");
    cr_assert_not_null(access, "%s", r->text);
    cr_assert_not_null(offline, "%s", r->text);
    cr_assert_lt(access, offline);
    expect_end(r, SIM_ALL_DONE, "");
}

/* ---- whatever the machine: nothing is lost, and it is the same run again ---- */

#define VARIANTS 128 /* vCPUs, scheduler, balance, HLT, shared host CPUs */

static struct params *crowd(uint32_t variant)
{
    struct params *p = scenario();
    struct task_params *t = scenario_task(p);

    p->duration = 50 * SIM_MS;
    p->guest.vcpus = 2 + variant % 2;
    p->guest.scheduler = (enum guest_scheduler)(variant / 2 % GUEST_SCHED_AUTO);
    p->guest.balance = (enum guest_balance)(variant / 8 % 4);
    p->host.hlt_in_guest = variant / 32 % 2;
    p->host.cpus = variant / 64 * 2;
    p->guest.sched_base_slice = p->guest.sched_rr_slice = 20 * SIM_US;
    p->guest.sched_delay_dequeue = p->guest.sched_eevdf_preemption = true;
    p->guest.hz = 1000;
    p->guest.hotplug = (struct hotplug_params){.count = 1000000,
                                               .vcpu = p->guest.vcpus - 1,
                                               .first = 1,
                                               .offline = variant & 1 ? 1 : 70 * SIM_US,
                                               .online = 200 * SIM_US};
    p->fixes = apf_fix_bit(APF_FIX_1);
    p->disk.channels = 4;
    scenario_region(p, BACKING_SWAP, 256, 0);
    t->count = 6;
    t->vcpu = (int)p->guest.hotplug.vcpu;
    t->iterations = 20;
    scenario_compute(t, 7 * SIM_US);
    scenario_touch(t, 0, 1)->pattern = PATTERN_UNIFORM;
    t = scenario_task(p);
    t->count = 6;
    t->vcpu = -1;
    t->iterations = 20;
    scenario_compute(t, 3 * SIM_US);
    scenario_step(t, STEP_SLEEP)->time =
        (struct sim_dist){.kind = SIM_DIST_CONSTANT, .a = 11 * SIM_US};
    scenario_touch(t, 0, 1)->pattern = PATTERN_UNIFORM;
    scenario_step(t, STEP_YIELD);
    return p;
}

Test(world_hotplug, all_tasks_do_all_their_work_whatever_the_machine)
{
    for (uint32_t variant = 0; variant < VARIANTS; variant++)
        for (unsigned mode = 0; mode < MODES; mode++) {
            const struct params *p = crowd(variant);
            const struct scenario_result *r = scenario_mode(p, (enum run_mode)mode), *again;
            struct scenario_options o = {.mode = (enum run_mode)mode, .seed = 1, .silent = true};

            cr_assert_eq(r->outcome, SIM_ALL_DONE, "variant %u, mode %u: %s %s", variant, mode,
                         sim_outcome_name[r->outcome], r->end_text);
            for (unsigned task = 0; task < 12; task++)
                cr_assert_eq(r->iterations[task], 20, "variant %u, mode %u, task %u", variant, mode,
                             task);
            cr_assert_not_null(strstr(r->text, "online"), "variant %u, mode %u", variant, mode);
            again = scenario_run(p, &o, 1);
            cr_assert_eq(r->hash, again->hash, "variant %u, mode %u", variant, mode);
        }
}

/* ---- switches that the machine carries ---- */

/* Of two tasks on one vCPU, the first misses in user mode, the second in the kernel. */
static struct params *switched(uint64_t bugs, uint64_t fixes)
{
    struct params *p = scenario();

    p->bugs = bugs;
    p->fixes = fixes;
    p->disk.channels = 2;
    scenario_region(p, BACKING_SWAP, 16, 0);
    scenario_touch(scenario_task(p), 3, 1);
    scenario_touch(scenario_task(p), 9, 1)->kernel_ppm = PPM;
    return p;
}

Test(world_hotplug, an_old_bug_that_is_put_back_is_found)
{
    static const struct {
        enum apf_bug bug;
        const char *found;
    } rows[] = {
        {APF_BUG_16, "INV-6"},
        {APF_BUG_19, "INV-29"},
        {APF_BUG_23, "INV-1"},
        {APF_BUG_34, "INV-17"},
    };

    expect_end(told(switched(0, 0), MODE_APF, 0), SIM_ALL_DONE, "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct scenario_result *r = told(switched(apf_bug_bit(rows[i].bug), 0), MODE_APF, 0);

        cr_assert_eq(r->outcome, SIM_BROKEN, "%s: %s", rows[i].found, r->end_text);
        cr_assert_not_null(strstr(r->end_text, rows[i].found), "%s", r->end_text);
    }
}

/* BUG-13: HLT does not exit, and the guest cannot be told. */
Test(world_hotplug, an_artificial_halt_where_hlt_does_not_exit_is_found)
{
    struct params *p = switched(0, 0);

    p->host.hlt_in_guest = true;
    expect_end(told(p, MODE_APF, 0), SIM_ALL_DONE, "");
    p->bugs = apf_bug_bit(APF_BUG_13);
    cr_assert_not_null(strstr(told(p, MODE_APF, 0)->end_text, "INV-25"));
}

/* HOLE-15: what was not announced need not wait for the slot. */
Test(world_hotplug, the_remedy_of_hole_15_lets_the_unannounced_pass)
{
    const struct scenario_result *today = scenario_mode(switched(0, 0), MODE_APF);
    struct scenario_options o = {.mode = MODE_APF, .seed = 1};
    const struct scenario_result *fixed = scenario_run(switched(0, apf_fix_bit(APF_FIX_15)), &o, 1);

    expect_end(fixed, SIM_ALL_DONE, "");
    cr_assert_neq(today->hash, fixed->hash);
}
