/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_world_protocols.c - one miss under each protocol, told whole; who waits where
 *
 * The stories differ in what docs/protocol-rules.md, J says, and in nothing else.
 */
#include <criterion/criterion.h>

#include "scenario.h"

/* One vCPU; its task misses page 3. */
static struct params *one_miss(enum apf_protocol protocol, enum backing backing)
{
    struct params *p = scenario();

    p->protocol = protocol;
    p->cost.sdei = 800;
    p->cost.user_exit = 5000;
    p->cost.user_ready = 700;
    scenario_region(p, backing, 16, 0);
    scenario_touch(scenario_task(p), 3, 1);
    return p;
}

static const struct scenario_result *told(const struct params *p, enum run_mode mode, sim_ns from)
{
    return scenario_run(p, &(struct scenario_options){.mode = mode, .seed = 1, .from = from}, 0);
}

/* The yardstick: handler 400, switch; prefault 500 and exit 1000 behind the wake-up; ACK 1000. */
Test(world_protocols, x86)
{
    const struct scenario_result *r = told(one_miss(APF_X86, BACKING_SWAP), MODE_APF, 9000);

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
                      "118800 vcpu0: ready 0x1000\n"
                      "118800 vcpu0: ready interrupt\n"
                      "119400 task0: woken by 0x1000\n"
                      "120400 vcpu0: ack\n"
                      "120400 cpu0: idle -> task0\n"
                      "121900 task0: access was delivered\n"
                      "121910 task0: ends\n"
                      "121910 cpu0: task0 -> idle\n");
}

/* cost.sdei and the exit of SDEI_EVENT_COMPLETE come on top; a token may be 0. */
Test(world_protocols, arm64_tells_by_an_sdei_event)
{
    const struct scenario_result *r = told(one_miss(APF_ARM64_SDEI, BACKING_SWAP), MODE_APF, 9000);

    scenario_story(r, "9300 vcpu0: task0 misses page 3\n"
                      "9300 disk: asked to read 1\n"
                      "9300 vcpu0: not_present 0\n"
                      "9300 vcpu0: #PF\n"
                      "9300 worker: starts 0\n"
                      "10500 task0: sleeps on 0\n"
                      "11500 cpu0: task0 -> idle\n"
                      "109300 disk: read done, took 100000\n"
                      "109300 page 3 in\n"
                      "112300 vcpu0: woken after 98300\n"
                      "112300 worker: completed 0\n"
                      "118800 vcpu0: ready 0\n"
                      "118800 vcpu0: ready interrupt\n"
                      "119400 task0: woken by 0\n"
                      "120400 vcpu0: ack\n"
                      "120400 cpu0: idle -> task0\n"
                      "121900 task0: access was delivered\n"
                      "121910 task0: ends\n"
                      "121910 cpu0: task0 -> idle\n");
}

/* No prefault, no ACK; the page is there when the task tries again, so that it exits once more. */
Test(world_protocols, s390_is_told_by_the_worker)
{
    const struct scenario_result *r = told(one_miss(APF_S390, BACKING_SWAP), MODE_APF, 5000);

    scenario_story(r, "5700 vcpu0: task0 misses page 3\n"
                      "5700 disk: asked to read 1\n"
                      "5700 vcpu0: not_present 0x1\n"
                      "5700 vcpu0: #PF\n"
                      "5700 worker: starts 0x1\n"
                      "6100 task0: sleeps on 0x1\n"
                      "6100 cpu0: task0 -> idle\n"
                      "105700 disk: read done, took 100000\n"
                      "105700 page 3 in\n"
                      "108700 vcpu0: ready 0x1\n"
                      "108700 vcpu0: woken after 100100\n"
                      "108700 worker: completed 0x1\n"
                      "114700 vcpu0: interrupt 0x2603\n"
                      "115300 task0: woken by 0x1\n"
                      "115300 cpu0: idle -> task0\n"
                      "118000 vcpu0: task0 misses page 3\n"
                      "118030 task0: access was delivered\n"
                      "118040 task0: ends\n"
                      "118040 cpu0: task0 -> idle\n");
}

/* An idle vCPU takes DONE first, whoever faulted: it wakes the task of the other. */
Test(world_protocols, s390_done_goes_to_whom_is_idle)
{
    struct params *p = one_miss(APF_S390, BACKING_SWAP);
    struct task_params *busy = scenario_task(p);
    const struct scenario_result *r;

    p->guest.vcpus = 2;
    p->task[0].vcpu = 1;
    busy->vcpu = 1;
    scenario_compute(busy, SIM_MS);
    r = told(p, MODE_APF, 100000);
    scenario_story(r, "105700 disk: read done, took 100000\n"
                      "105700 page 3 in\n"
                      "108700 vcpu1: ready 0x1\n"
                      "108700 vcpu0: woken after 104700\n"
                      "108700 worker: completed 0x1\n"
                      "114700 vcpu0: interrupt 0x2603\n"
                      "115300 task0: woken by 0x1\n"
                      "1007600 task1: ends\n"
                      "1007600 cpu1: task1 -> task0\n"
                      "1010300 vcpu1: task0 misses page 3\n"
                      "1010330 task0: access was delivered\n"
                      "1010340 task0: ends\n"
                      "1010340 cpu1: task0 -> idle\n");
}

/* The vCPU's way to the VMM and back is 5000; meanwhile the VMM asks for the page. */
Test(world_protocols, the_vmm_brings_a_page_while_the_vcpu_runs)
{
    const struct scenario_result *r =
        told(one_miss(APF_ASYNC_PF_USER, BACKING_USERFAULTFD), MODE_APF, 9000);

    scenario_story(r, "9300 vcpu0: task0 misses page 3\n"
                      "9300 vcpu0: not_present 0x1000\n"
                      "14300 monitor: hears of page 3\n"
                      "14300 monitor: asked to read 1\n"
                      "14300 vcpu0: #PF\n"
                      "14700 task0: sleeps on 0x1000\n"
                      "14700 cpu0: task0 -> idle\n"
                      "64300 monitor: read done, took 50000\n"
                      "64300 page 3 in\n"
                      "65000 vcpu0: woken after 47800\n"
                      "65000 worker: completed 0x1000\n"
                      "71500 vcpu0: ready 0x1000\n"
                      "71500 vcpu0: ready interrupt\n"
                      "72100 task0: woken by 0x1000\n"
                      "73100 vcpu0: ack\n"
                      "73100 cpu0: idle -> task0\n"
                      "74600 task0: access was delivered\n"
                      "74610 task0: ends\n"
                      "74610 cpu0: task0 -> idle\n");
}

/* Not told, the thread is with the VMM until the page has come: nothing is halted for the VMM. */
Test(world_protocols, the_vmm_is_waited_for_when_the_guest_is_not_told)
{
    const struct scenario_result *r =
        told(one_miss(APF_ASYNC_PF_USER, BACKING_USERFAULTFD), MODE_HALT, 0);

    scenario_expect(r, OUTCOME_SYNC, 1);
    scenario_expect_why(r, APF_WHY_PV_OFF, 1);
    r = told(one_miss(APF_X86, BACKING_USERFAULTFD), MODE_HALT, 0);
    scenario_expect(r, OUTCOME_HALTED, 1);
}

/* Only pages of the VMM are another matter: swap has a worker under that protocol, too. */
Test(world_protocols, swap_is_as_ever_under_async_pf_user)
{
    uint64_t hash = told(one_miss(APF_X86, BACKING_SWAP), MODE_APF, 0)->hash;

    cr_expect_eq(told(one_miss(APF_ASYNC_PF_USER, BACKING_SWAP), MODE_APF, 0)->hash, hash);
}

Test(world_protocols, arm64_and_s390_halt_nobody)
{
    static const enum apf_protocol protocol[] = {APF_ARM64_SDEI, APF_S390};

    for (unsigned i = 0; i < 2; i++) {
        struct params *p = one_miss(protocol[i], BACKING_SWAP);

        p->task[0].step[0].kernel_ppm = PPM;
        scenario_expect_why(told(p, MODE_APF, 0), APF_WHY_CPL0, 1);
        scenario_expect(told(p, MODE_APF, 0), OUTCOME_SYNC, 1);
        scenario_expect(told(p, MODE_HALT, 0), OUTCOME_SYNC, 1);
    }
}

/* Many tasks, little memory: each run ends as it should, and nobody is left asleep. */
Test(world_protocols, nobody_is_left_asleep)
{
    for (unsigned protocol = 0; protocol < APF_PROTOCOLS; protocol++) {
        struct params *p = scenario();
        struct task_params *t = scenario_task(p);
        const struct scenario_result *r;

        p->protocol = (enum apf_protocol)protocol;
        p->guest.vcpus = 2;
        p->duration = SIM_SEC;
        p->host.memory_limit = 12 * PAGE_BYTES;
        scenario_region(p, protocol == APF_ASYNC_PF_USER ? BACKING_USERFAULTFD : BACKING_SWAP, 64,
                        0);
        t->vcpu = -1;
        t->count = 7;
        t->iterations = 200;
        scenario_touch(t, 0, 3)->pattern = PATTERN_UNIFORM;
        scenario_compute(t, 5 * SIM_US);
        r = told(p, MODE_APF, 0);
        cr_expect_eq(r->outcome, SIM_ALL_DONE, "%s", apf_protocol_rules[protocol].name);
        cr_expect_geq(r->outcomes[OUTCOME_DELIVERED], 100);
    }
}
