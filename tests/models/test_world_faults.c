/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_world_faults.c - faults that are not simply delivered, and why
 */
#include <criterion/criterion.h>

#include "scenario.h"

#define BOOTED 8101

static const struct scenario_result *run(const struct params *p, sim_ns from, sim_ns until)
{
    return scenario_run(
        p, &(struct scenario_options){.mode = MODE_APF, .seed = 1, .from = from, .until = until},
        0);
}

static struct params *swapped(uint32_t pages)
{
    struct params *p = scenario();

    scenario_region(p, BACKING_SWAP, pages, 0);
    return p;
}

/* The second has nobody to run in its place: the vCPU halts, and one ready serves both. */
Test(world_faults, a_second_task_on_the_page_is_a_repeated_fault)
{
    struct params *p = swapped(8);
    const struct scenario_result *r;

    scenario_touch(scenario_task(p), 3, 1);
    scenario_touch(scenario_task(p), 3, 1);
    r = run(p, BOOTED, 0);
    scenario_story(r, "9300 vcpu0: task0 misses page 3\n"
                      "9300 disk: asked to read 1\n"
                      "9300 vcpu0: not_present 0x1000\n"
                      "9300 vcpu0: #PF\n"
                      "9300 worker: starts 0x1000\n"
                      "9700 task0: sleeps on 0x1000\n"
                      "9700 cpu0: task0 -> task1\n"
                      "12400 vcpu0: task1 misses page 3, in flight\n"
                      "109300 disk: read done, took 100000\n"
                      "109300 page 3 in\n"
                      "112300 vcpu0: woken after 99900\n"
                      "112300 worker: completed 0x1000\n"
                      "118800 vcpu0: ready 0x1000\n"
                      "118800 vcpu0: ready interrupt\n"
                      "119400 task0: woken by 0x1000\n"
                      "120400 vcpu0: ack\n"
                      "120400 task1: access was halted (repeated)\n"
                      "120410 task1: ends\n"
                      "120410 cpu0: task1 -> task0\n"
                      "121910 task0: access was delivered\n"
                      "121920 task0: ends\n"
                      "121920 cpu0: task0 -> idle\n");
    scenario_expect(r, OUTCOME_DELIVERED, 1);
    scenario_expect(r, OUTCOME_HALTED, 1);
    scenario_expect_why(r, APF_WHY_REPEATED, 1);
    cr_assert_eq(r->read_count, 1);
}

/* Each vCPU has its own queue and token; one read serves both. The second ready finds the page
 * mapped: no prefault. */
Test(world_faults, two_vcpus_wait_for_one_read_with_a_token_each)
{
    struct params *p = swapped(8);
    struct task_params *t;
    const struct scenario_result *r;

    p->guest.vcpus = 2;
    scenario_touch(scenario_task(p), 3, 1);
    t = scenario_task(p);
    t->vcpu = 1;
    scenario_touch(t, 3, 1);
    r = run(p, BOOTED, 0);
    scenario_story(r, "9300 vcpu0: task0 misses page 3\n"
                      "9300 disk: asked to read 1\n"
                      "9300 vcpu0: not_present 0x1000\n"
                      "9300 vcpu0: #PF\n"
                      "9300 worker: starts 0x1000\n"
                      "9300 vcpu1: task1 misses page 3\n"
                      "9300 vcpu1: not_present 0x1001\n"
                      "9300 vcpu1: #PF\n"
                      "9300 worker: starts 0x1001\n"
                      "9700 task0: sleeps on 0x1000\n"
                      "9700 cpu0: task0 -> idle\n"
                      "9700 task1: sleeps on 0x1001\n"
                      "9700 cpu1: task1 -> idle\n"
                      "109300 disk: read done, took 100000\n"
                      "109300 page 3 in\n"
                      "112300 vcpu0: woken after 100100\n"
                      "112300 worker: completed 0x1000\n"
                      "112300 vcpu1: woken after 100100\n"
                      "112300 worker: completed 0x1001\n"
                      "118300 vcpu1: ready 0x1001\n"
                      "118300 vcpu1: ready interrupt\n"
                      "118800 vcpu0: ready 0x1000\n"
                      "118800 vcpu0: ready interrupt\n"
                      "118900 task1: woken by 0x1001\n"
                      "119400 task0: woken by 0x1000\n"
                      "119900 vcpu1: ack\n"
                      "119900 cpu1: idle -> task1\n"
                      "120400 vcpu0: ack\n"
                      "120400 cpu0: idle -> task0\n"
                      "121400 task1: access was delivered\n"
                      "121410 task1: ends\n"
                      "121410 cpu1: task1 -> idle\n"
                      "121900 task0: access was delivered\n"
                      "121910 task0: ends\n"
                      "121910 cpu0: task0 -> idle\n");
    scenario_expect(r, OUTCOME_DELIVERED, 2);
    cr_assert_eq(r->read_count, 1);
}

/* Linux does not ask for events at CPL 0: the host halts the vCPU, task 1 waits. */
Test(world_faults, an_access_in_the_guests_kernel_halts)
{
    struct params *p = swapped(8);
    const struct scenario_result *r;

    scenario_touch(scenario_task(p), 3, 1)->kernel_ppm = PPM;
    scenario_compute(scenario_task(p), 1000);
    r = run(p, BOOTED, 0);
    scenario_story(r, "9300 vcpu0: task0 misses page 3\n"
                      "9300 disk: asked to read 1\n"
                      "9300 vcpu0: not_present 0x1000, not told\n"
                      "9300 worker: starts 0x1000\n"
                      "109300 disk: read done, took 100000\n"
                      "109300 page 3 in\n"
                      "112300 vcpu0: woken after 103000\n"
                      "112300 worker: completed 0x1000\n"
                      "118800 vcpu0: ready 0x1000\n"
                      "118800 task0: access was halted (cpl0)\n"
                      "118810 task0: ends\n"
                      "118810 cpu0: task0 -> task1\n"
                      "121310 task1: ends\n"
                      "121310 cpu0: task1 -> idle\n");
    scenario_expect(r, OUTCOME_HALTED, 1);
    scenario_expect_why(r, APF_WHY_CPL0, 1);
}

/* With IF = 0 not even a halt could end early: synchronous. Even the wake-all of the guest's own
 * start waits behind it, and comes in when the access ends and IF opens. */
Test(world_faults, an_access_with_interrupts_off_is_synchronous)
{
    struct params *p = swapped(8);
    const struct scenario_result *r;

    scenario_touch(scenario_task(p), 3, 1)->irq_off_ppm = PPM;
    r = run(p, 4001, 0);
    scenario_story(r, "6700 vcpu0: task0 misses page 3\n"
                      "6700 disk: asked to read 1\n"
                      "106700 disk: read done, took 100000\n"
                      "106700 page 3 in\n"
                      "108700 task0: access was sync (irq_off)\n"
                      "109710 vcpu0: ready interrupt\n"
                      "111310 vcpu0: ack\n"
                      "111310 task0: ends\n"
                      "111310 cpu0: task0 -> idle\n");
    scenario_expect(r, OUTCOME_SYNC, 1);
    scenario_expect_why(r, APF_WHY_IRQ_OFF, 1);
}

/*
 * Each of 65 tasks misses its own page, 3100 ns apart, before the first of them has come: 64 are in
 * flight, the last has to wait in the vCPU's thread. Its read is the 65th of the queue.
 */
Test(world_faults, the_65th_fault_finds_the_queue_full)
{
    struct params *p = swapped(65);
    struct task_params *t = scenario_task(p);
    const struct scenario_result *r;

    p->disk.read.a = SIM_MS;
    p->duration = 100 * SIM_MS;
    t->count = 65;
    scenario_touch(t, 0, 1)->pattern = PATTERN_SEQUENTIAL;
    r = run(p, 204000, 1010000);
    scenario_story(r, "204600 vcpu0: task63 misses page 63\n"
                      "204600 disk: asked to read 1\n"
                      "204600 vcpu0: not_present 0x40000\n"
                      "204600 vcpu0: #PF\n"
                      "204600 worker: starts 0x40000\n"
                      "205000 task63: sleeps on 0x40000\n"
                      "205000 cpu0: task63 -> task64\n"
                      "207700 vcpu0: task64 misses page 64\n"
                      "207700 disk: asked to read 1\n"
                      "1009300 disk: read done, took 1000000\n"
                      "1009300 page 0 in\n");
    scenario_expect(r, OUTCOME_DELIVERED, 64);
    scenario_expect(r, OUTCOME_SYNC, 1);
    scenario_expect_why(r, APF_WHY_QUEUE_FULL, 1);
    cr_assert_eq(r->outcome, SIM_ALL_DONE);
    cr_assert_eq(r->ledger[LEDGER_SYNC_BLOCKED], 65 * SIM_MS - 64 * 3100);
}

/*
 * One frame in all. Page 3 has come, its vCPU is still waking up, when the other vCPU's miss takes
 * the frame: the prefault finds nothing, and waits in the vCPU thread behind the other's read.
 */
Test(world_faults, a_page_that_is_gone_before_its_ready_is_read_again)
{
    struct params *p = swapped(8);
    struct task_params *t;
    const struct scenario_result *r;

    p->host.memory_limit = PAGE_BYTES;
    p->guest.vcpus = 2;
    scenario_touch(scenario_task(p), 3, 1);
    t = scenario_task(p);
    t->vcpu = 1;
    scenario_compute(t, 103700);
    scenario_touch(t, 5, 1);
    r = run(p, BOOTED, 0);
    scenario_story(r, "9300 vcpu0: task0 misses page 3\n"
                      "9300 disk: asked to read 1\n"
                      "9300 vcpu0: not_present 0x1000\n"
                      "9300 vcpu0: #PF\n"
                      "9300 worker: starts 0x1000\n"
                      "9700 task0: sleeps on 0x1000\n"
                      "9700 cpu0: task0 -> idle\n"
                      "109300 disk: read done, took 100000\n"
                      "109300 page 3 in\n"
                      "112300 vcpu0: woken after 100100\n"
                      "112300 worker: completed 0x1000\n"
                      "113000 vcpu1: task1 misses page 5\n"
                      "113000 page 3 out\n"
                      "113000 disk: asked to read 1\n"
                      "113000 vcpu1: not_present 0x1001\n"
                      "113000 worker: starts 0x1001\n"
                      "113007 vcpu1: #PF\n"
                      "113407 task1: sleeps on 0x1001\n"
                      "113407 cpu1: task1 -> idle\n"
                      "118300 disk: asked to read 1\n"
                      "213000 disk: read done, took 100000\n"
                      "213000 page 5 in\n"
                      "216000 vcpu1: woken after 100093\n"
                      "216000 worker: completed 0x1001\n"
                      "222500 vcpu1: ready 0x1001\n"
                      "222500 vcpu1: ready interrupt\n"
                      "223100 task1: woken by 0x1001\n"
                      "224100 vcpu1: ack\n"
                      "224100 cpu1: idle -> task1\n"
                      "225600 task1: access was delivered\n"
                      "225610 task1: ends\n"
                      "225610 cpu1: task1 -> idle\n"
                      "313000 disk: read done, took 100000\n"
                      "313000 page 3 in\n"
                      "315000 vcpu0: ready 0x1000\n"
                      "315000 vcpu0: ready interrupt\n"
                      "315600 task0: woken by 0x1000\n"
                      "316600 vcpu0: ack\n"
                      "316600 cpu0: idle -> task0\n"
                      "318100 task0: access was sync_prefault (prefault)\n"
                      "318110 task0: ends\n"
                      "318110 cpu0: task0 -> idle\n");
    scenario_expect(r, OUTCOME_SYNC_PREFAULT, 1);
    scenario_expect_why(r, APF_WHY_PREFAULT, 1);
    scenario_expect(r, OUTCOME_DELIVERED, 1);
    cr_assert_eq(r->read_count, 3);
}
