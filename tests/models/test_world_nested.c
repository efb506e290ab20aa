/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_world_nested.c - the guest as L1: a page that its L2 misses, told whole
 */
#include <criterion/criterion.h>

#include "scenario.h"

/* Task 0 is L2's vCPU, and misses page 3; task 1 is a thread of L1 that computes for 50 us. */
static struct params *l2_misses(void)
{
    struct params *p = scenario();
    struct task_params *l1;

    p->guest.nested_apf = true;
    p->cost.nested_exit = 2000;
    p->cost.nested_entry = 4000;
    scenario_region(p, BACKING_SWAP, 16, 0);
    scenario_touch(scenario_task(p), 3, 1);
    p->task[0].nested = true;
    l1 = scenario_task(p);
    scenario_compute(l1, 50 * SIM_US);
    return p;
}

static const struct scenario_result *told(const struct params *p, sim_ns from)
{
    return scenario_run(p, &(struct scenario_options){.mode = MODE_APF, .seed = 1, .from = from},
                        0);
}

/*
 * Entering L2 is an exit and 4000; the not-present is a VM-exit to L1 (2000), whose KVM takes 400
 * until the thread waits. L1's other thread runs. Ready finds L1 idle, so that the page is not
 * mapped for L2, whose MMU is another: it exits once more.
 */
Test(world_nested, the_whole_l2_vcpu_sleeps_and_l1_runs_another_thread)
{
    scenario_story(told(l2_misses(), 9000), "12500 vcpu0: ready interrupt\n"
                                            "14100 vcpu0: ack\n"
                                            "20300 vcpu0: task0 misses page 3\n"
                                            "20300 disk: asked to read 1\n"
                                            "20300 vcpu0: not_present 0x1000\n"
                                            "20300 worker: starts 0x1000\n"
                                            "22300 vcpu0: #PF\n"
                                            "22700 task0: sleeps on 0x1000\n"
                                            "22700 cpu0: task0 -> task1\n"
                                            "74200 task1: ends\n"
                                            "74200 cpu0: task1 -> idle\n"
                                            "120300 disk: read done, took 100000\n"
                                            "120300 page 3 in\n"
                                            "123300 vcpu0: woken after 46600\n"
                                            "123300 worker: completed 0x1000\n"
                                            "129300 vcpu0: ready 0x1000\n"
                                            "129300 vcpu0: ready interrupt\n"
                                            "129900 task0: woken by 0x1000\n"
                                            "130900 vcpu0: ack\n"
                                            "130900 cpu0: idle -> task0\n"
                                            "138600 vcpu0: task0 misses page 3\n"
                                            "138630 task0: access was delivered\n"
                                            "138640 task0: ends\n"
                                            "138640 cpu0: task0 -> idle\n");
}

/* Without the opt-in L1 is not told: its vCPU is halted, and its other thread waits, too. */
Test(world_nested, without_the_opt_in_the_vcpu_of_l1_is_halted)
{
    struct params *p = l2_misses();

    p->guest.nested_apf = false;
    scenario_story(told(p, 9000), "12500 vcpu0: ready interrupt\n"
                                  "14100 vcpu0: ack\n"
                                  "20300 vcpu0: task0 misses page 3\n"
                                  "20300 disk: asked to read 1\n"
                                  "20300 vcpu0: not_present 0x1000, not told\n"
                                  "20300 worker: starts 0x1000\n"
                                  "120300 disk: read done, took 100000\n"
                                  "120300 page 3 in\n"
                                  "123300 vcpu0: woken after 103000\n"
                                  "123300 worker: completed 0x1000\n"
                                  "129800 vcpu0: ready 0x1000\n"
                                  "129800 task0: access was halted (l2)\n"
                                  "129810 task0: ends\n"
                                  "129810 cpu0: task0 -> task1\n"
                                  "184310 task1: ends\n"
                                  "184310 cpu0: task1 -> idle\n");
}

/* K-11.2 looks at the CPL of L2. */
Test(world_nested, l2_in_kernel_mode_does_not_qualify)
{
    struct params *p = l2_misses();

    p->task[0].step[0].kernel_ppm = PPM;
    scenario_expect_why(told(p, 0), APF_WHY_CPL0, 1);
    p->task[0].step[0].kernel_ppm = 0;
    p->task[0].step[0].irq_off_ppm = PPM;
    scenario_expect_why(told(p, 0), APF_WHY_CPL0, 1);
    p->guest.send_always = true;
    scenario_expect(told(p, 0), OUTCOME_DELIVERED, 1);
}

/* It is a VM-exit, so L2's interrupts may be off; a thread of L1 with them off waits in the host.
 */
Test(world_nested, interrupts_off_in_l2_do_not_matter)
{
    struct params *p = l2_misses();

    p->task[0].step[0].irq_off_ppm = PPM;
    scenario_expect(told(p, 0), OUTCOME_HALTED, 1);
    p->task[0].nested = false;
    scenario_expect_why(told(p, 0), APF_WHY_IRQ_OFF, 1);
}

/* A fault of L1's own threads is as ever, opt-in or not. */
Test(world_nested, l1s_own_faults_are_delivered_to_it)
{
    struct params *p = l2_misses();

    p->guest.nested_apf = false;
    p->task[0].nested = false;
    p->task[1].nested = true;
    scenario_expect(told(p, 0), OUTCOME_DELIVERED, 1);
}

/* A tick that comes while L2 runs leaves it and comes back: exit, 2000, handler; exit, 4000. */
Test(world_nested, an_interrupt_for_l1_leaves_l2)
{
    struct params *p = scenario();

    p->cost.nested_exit = 2000;
    p->cost.nested_entry = 4000;
    p->guest.hz = 1000;
    scenario_compute(scenario_task(p), 1500 * SIM_US);
    p->task[0].nested = true;
    scenario_story(told(p, 900000), "1003000 vcpu0: interrupt 0xec\n"
                                    "1529150 task0: ends\n"
                                    "1529150 cpu0: task0 -> idle\n");
}

/* Many of both, ticks in between, little memory: all end, and everybody's time is accounted for. */
Test(world_nested, nobody_is_left_asleep)
{
    for (unsigned opt_in = 0; opt_in < 2; opt_in++) {
        struct params *p = scenario();
        const struct scenario_result *r;

        p->guest.nested_apf = opt_in;
        p->guest.vcpus = 2;
        p->guest.hz = 1000;
        p->cost.nested_exit = p->cost.nested_entry = 1500;
        p->duration = SIM_SEC;
        p->host.memory_limit = 12 * PAGE_BYTES;
        scenario_region(p, BACKING_SWAP, 64, 0);
        for (unsigned kind = 0; kind < 2; kind++) {
            struct task_params *t = scenario_task(p);

            t->nested = kind;
            t->vcpu = -1;
            t->count = 4;
            t->iterations = 150;
            scenario_touch(t, 0, 3)->pattern = PATTERN_UNIFORM;
            t->step[0].kernel_ppm = 100000;
            t->step[0].irq_off_ppm = 100000;
            scenario_compute(t, 5 * SIM_US);
        }
        r = told(p, 0);
        cr_expect_eq(r->outcome, SIM_ALL_DONE);
        cr_expect_geq(r->outcomes[OUTCOME_DELIVERED], 100);
        cr_expect_eq(r->whys[APF_WHY_L2] > 0, !opt_in);
    }
}
