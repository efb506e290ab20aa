/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_world.c - one fault through the whole machine, told step by step
 *
 * Each time follows from the costs in scenario.h. The guest's boot takes four exits with APF (4000)
 * and two without; enabling APF raises a wake-all ready, which is handled before the first access.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "scenario.h"

#define BOOTED 8101 /* the wake-all of enabling is acknowledged at 8100 */

/* Task 0 misses page 3 of a swapped region; task 1 only computes. */
static struct params *one_fault(sim_ns compute)
{
    struct params *p = scenario();

    scenario_region(p, BACKING_SWAP, 8, 0);
    scenario_touch(scenario_task(p), 3, 1);
    if (compute)
        scenario_compute(scenario_task(p), compute);
    return p;
}

static const struct scenario_result *run(const struct params *p, enum run_mode mode, sim_ns from)
{
    return scenario_run(p, &(struct scenario_options){.mode = mode, .seed = 1, .from = from}, 0);
}

/*
 * Boot 4000; switch 1500; the interrupt waits for IF and costs an exit: 6500; ready 600, ACK exit:
 * 8100. Touch: exit + fault: 9300. Handler 400, switch 1500: task 1 computes from 11200 on, for
 * 101100 until the kick. Device 100000, worker 3000: 112300. Kick 1000, prefault 500: 113800. Ready
 * 600, ACK 1000: 115400. Task 1 has 98900 left: 214300. Switch 1500, touch 10.
 */
Test(world, a_delivered_fault_lets_the_other_task_run)
{
    const struct scenario_result *r = run(one_fault(200000), MODE_APF, 0);

    scenario_story(r, "4000 vcpu0: apf enabled\n"
                      "4000 vcpu0: ready 0xffffffff\n"
                      "4000 cpu0: idle -> task0\n"
                      "6500 vcpu0: ready interrupt\n"
                      "8100 vcpu0: ack\n"
                      "9300 vcpu0: task0 misses page 3\n"
                      "9300 disk: asked to read 1\n"
                      "9300 vcpu0: not_present 0x1000\n"
                      "9300 vcpu0: #PF\n"
                      "9300 worker: starts 0x1000\n"
                      "9700 task0: sleeps on 0x1000\n"
                      "9700 cpu0: task0 -> task1\n"
                      "109300 disk: read done, took 100000\n"
                      "109300 page 3 in\n"
                      "112300 worker: completed 0x1000\n"
                      "113800 vcpu0: ready 0x1000\n"
                      "113800 vcpu0: ready interrupt\n"
                      "114400 task0: woken by 0x1000\n"
                      "115400 vcpu0: ack\n"
                      "214300 task1: ends\n"
                      "214300 cpu0: task1 -> task0\n"
                      "215800 task0: access was delivered\n"
                      "215810 task0: ends\n"
                      "215810 cpu0: task0 -> idle\n");
    scenario_expect(r, OUTCOME_DELIVERED, 1);
    cr_assert_eq(r->ledger[LEDGER_USER], 200010);
    cr_assert_eq(r->ledger[LEDGER_GUEST_APF], 600 + 400 + 600);
    cr_assert_eq(r->ledger[LEDGER_GUEST_SWITCH], 4 * 1500);
    cr_assert_eq(r->ledger[LEDGER_SYNC_BLOCKED] + r->ledger[LEDGER_APF_HALTED], 0);
}

/* Two exits, switch, exit + fault: 4700. Device 100000; sync_fault 2000. Task 1 waits all the time.
 */
Test(world, in_mode_off_the_vcpu_waits)
{
    const struct scenario_result *r = run(one_fault(200000), MODE_OFF, 0);

    scenario_story(r, "2000 cpu0: idle -> task0\n"
                      "4700 vcpu0: task0 misses page 3\n"
                      "4700 disk: asked to read 1\n"
                      "104700 disk: read done, took 100000\n"
                      "104700 page 3 in\n"
                      "106700 task0: access was sync (mode_off)\n"
                      "106710 task0: ends\n"
                      "106710 cpu0: task0 -> task1\n"
                      "308210 task1: ends\n"
                      "308210 cpu0: task1 -> idle\n");
    scenario_expect_why(r, APF_WHY_MODE_OFF, 1);
    cr_assert_eq(r->ledger[LEDGER_SYNC_BLOCKED], 100000);
}

/* Worker 3000 after the device, then vcpu_wake 6000 and prefault 500: 114200. */
Test(world, in_mode_halt_the_vcpu_is_halted)
{
    const struct scenario_result *r = run(one_fault(200000), MODE_HALT, 0);

    scenario_story(r, "2000 cpu0: idle -> task0\n"
                      "4700 vcpu0: task0 misses page 3\n"
                      "4700 disk: asked to read 1\n"
                      "4700 vcpu0: not_present 0x1000, not told\n"
                      "4700 worker: starts 0x1000\n"
                      "104700 disk: read done, took 100000\n"
                      "104700 page 3 in\n"
                      "107700 vcpu0: woken after 103000\n"
                      "107700 worker: completed 0x1000\n"
                      "114200 vcpu0: ready 0x1000\n"
                      "114200 task0: access was halted (pv_off)\n"
                      "114210 task0: ends\n"
                      "114210 cpu0: task0 -> task1\n"
                      "315710 task1: ends\n"
                      "315710 cpu0: task1 -> idle\n");
    scenario_expect_why(r, APF_WHY_PV_OFF, 1);
    cr_assert_eq(r->ledger[LEDGER_APF_HALTED], 103000);
}

/*
 * A tick each 40 us wakes the halted vCPU (6000), takes its handler (50) and the touch faults again
 * (1200 and the exit that arms the timer): repeated, and halted again.
 */
Test(world, a_tick_breaks_the_halt_and_the_fault_is_repeated)
{
    struct params *p = one_fault(1000);
    const struct scenario_result *r;

    p->guest.hz = 25000;
    r = run(p, MODE_HALT, 0);
    scenario_story(r, "2000 cpu0: idle -> task0\n"
                      "5700 vcpu0: task0 misses page 3\n"
                      "5700 disk: asked to read 1\n"
                      "5700 vcpu0: not_present 0x1000, not told\n"
                      "5700 worker: starts 0x1000\n"
                      "40000 vcpu0: woken after 34300\n"
                      "46000 vcpu0: interrupt 0xec\n"
                      "48250 vcpu0: task0 misses page 3, in flight\n"
                      "80000 vcpu0: woken after 31750\n"
                      "86000 vcpu0: interrupt 0xec\n"
                      "88250 vcpu0: task0 misses page 3, in flight\n"
                      "105700 disk: read done, took 100000\n"
                      "105700 page 3 in\n"
                      "108700 vcpu0: woken after 20450\n"
                      "108700 worker: completed 0x1000\n"
                      "115200 vcpu0: ready 0x1000\n"
                      "115200 task0: access was halted (pv_off)\n"
                      "115210 task0: ends\n"
                      "115210 cpu0: task0 -> task1\n"
                      "117710 task1: ends\n"
                      "117710 cpu0: task1 -> idle\n"
                      "121210 vcpu0: interrupt 0xec\n");
    cr_assert_eq(r->attempts, 3);
    cr_assert_eq(r->repeated, 2);
    scenario_expect(r, OUTCOME_HALTED, 1);
    scenario_expect_why(r, APF_WHY_PV_OFF, 1);
}

/* The kick finds the vCPU in HLT: vcpu_wake 6000 in place of the kick's exit. */
Test(world, an_idle_vcpu_is_woken_for_the_ready)
{
    const struct scenario_result *r = run(one_fault(1000), MODE_APF, BOOTED);

    scenario_story(r, "9300 vcpu0: task0 misses page 3\n"
                      "9300 disk: asked to read 1\n"
                      "9300 vcpu0: not_present 0x1000\n"
                      "9300 vcpu0: #PF\n"
                      "9300 worker: starts 0x1000\n"
                      "9700 task0: sleeps on 0x1000\n"
                      "9700 cpu0: task0 -> task1\n"
                      "12200 task1: ends\n"
                      "12200 cpu0: task1 -> idle\n"
                      "109300 disk: read done, took 100000\n"
                      "109300 page 3 in\n"
                      "112300 vcpu0: woken after 97600\n"
                      "112300 worker: completed 0x1000\n"
                      "118800 vcpu0: ready 0x1000\n"
                      "118800 vcpu0: ready interrupt\n"
                      "119400 task0: woken by 0x1000\n"
                      "120400 vcpu0: ack\n"
                      "120400 cpu0: idle -> task0\n"
                      "121900 task0: access was delivered\n"
                      "121910 task0: ends\n"
                      "121910 cpu0: task0 -> idle\n");
    cr_assert_eq(r->ledger[LEDGER_IDLE_WAITING], 98600 - 1000);
}

Test(world, a_vcpu_that_still_polls_is_woken_free_of_charge)
{
    struct params *p = one_fault(1000);
    sim_ns slow = run(p, MODE_APF, BOOTED)->now, polled;

    p->host.halt_poll = 200 * SIM_US;
    polled = run(p, MODE_APF, BOOTED)->now;
    cr_assert_eq(slow - polled, 6000);
}

/* HLT does not exit: the kick costs an exit (1000), no vCPU is woken. */
Test(world, hlt_in_guest_delivers_all_the_same)
{
    struct params *p = one_fault(1000);
    const struct scenario_result *r;

    p->host.hlt_in_guest = true;
    r = run(p, MODE_APF, BOOTED);
    scenario_story(r, "9300 vcpu0: task0 misses page 3\n"
                      "9300 disk: asked to read 1\n"
                      "9300 vcpu0: not_present 0x1000\n"
                      "9300 vcpu0: #PF\n"
                      "9300 worker: starts 0x1000\n"
                      "9700 task0: sleeps on 0x1000\n"
                      "9700 cpu0: task0 -> task1\n"
                      "12200 task1: ends\n"
                      "12200 cpu0: task1 -> idle\n"
                      "109300 disk: read done, took 100000\n"
                      "109300 page 3 in\n"
                      "112300 worker: completed 0x1000\n"
                      "113800 vcpu0: ready 0x1000\n"
                      "113800 vcpu0: ready interrupt\n"
                      "114400 task0: woken by 0x1000\n"
                      "115400 vcpu0: ack\n"
                      "115400 cpu0: idle -> task0\n"
                      "116900 task0: access was delivered\n"
                      "116910 task0: ends\n"
                      "116910 cpu0: task0 -> idle\n");
    scenario_expect(r, OUTCOME_DELIVERED, 1);
}

Test(world, hlt_in_guest_forbids_the_halt)
{
    struct params *p = one_fault(1000);
    const struct scenario_result *r;

    p->host.hlt_in_guest = true;
    r = run(p, MODE_HALT, 0);
    scenario_expect(r, OUTCOME_SYNC, 1);
    scenario_expect_why(r, APF_WHY_HLT_IN_GUEST, 1);
}

/* The 3000 ns until it is through come out of task 1's time, and no others. */
Test(world, a_worker_on_the_same_cpu_takes_the_vcpus_time)
{
    struct params *p = one_fault(200000);
    const struct scenario_result *r;

    p->host.worker_cpu = WORKER_CPU_SAME;
    r = run(p, MODE_APF, 112300);
    scenario_story(r, "112300 worker: completed 0x1000\n"
                      "112800 vcpu0: ready 0x1000\n"
                      "112800 vcpu0: ready interrupt\n"
                      "113400 task0: woken by 0x1000\n"
                      "114400 vcpu0: ack\n"
                      "216300 task1: ends\n"
                      "216300 cpu0: task1 -> task0\n"
                      "217800 task0: access was delivered\n"
                      "217810 task0: ends\n"
                      "217810 cpu0: task0 -> idle\n");
    cr_assert_eq(r->ledger[LEDGER_WORKER], 3000);
}

/* Wherever the boundary falls, the story is the same, and the measurement sums to its length. */
Test(world, the_warm_up_may_end_in_the_middle_of_everything)
{
    static char whole[SCENARIO_TEXT];
    struct params *p = one_fault(200000);
    uint64_t user;

    strcpy(whole, run(p, MODE_APF, 0)->text);
    user = run(p, MODE_APF, 0)->ledger[LEDGER_USER];
    for (sim_ns at = 1; at < 218000; at += 1009) {
        const struct scenario_result *r;

        p->warmup = at;
        p->duration = 300000 - at;
        r = run(p, MODE_APF, 0);
        cr_assert_eq(r->measure_begin, at < 217310 ? at : r->measure_begin);
        cr_assert_eq(r->ledger[LEDGER_USER], user);
        scenario_story(r, whole);
    }
}

/* The boundary at the very instant of each event of the story. */
Test(world, the_warm_up_may_end_at_the_instant_of_an_event)
{
    static const sim_ns at[] = {4000,   6500,   8100,   9300,   9700,   11200,  109300,
                                112300, 113300, 113800, 114400, 115400, 214300, 215800};
    static char whole[SCENARIO_TEXT];
    struct params *p = one_fault(200000);

    strcpy(whole, run(p, MODE_APF, 0)->text);
    for (unsigned i = 0; i < sizeof at / sizeof at[0]; i++) {
        p->warmup = at[i];
        scenario_story(run(p, MODE_APF, 0), whole);
    }
}
