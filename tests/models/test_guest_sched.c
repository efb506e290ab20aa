/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_guest_sched.c - the guest kernel on a machine without costs
 */
#include <criterion/criterion.h>
#include <string.h>

#include "fake_machine.h"
#include "sim_variate.h"

static struct params p;
static struct fake f;

static struct task_params *spinner(void)
{
    struct task_params *t = fake_task(&p);

    fake_timed(t, STEP_COMPUTE, SIM_US);
    return t;
}

/* Touches and does nothing else. */
static struct task_params *faulter(void)
{
    struct task_params *t = fake_task(&p);

    fake_step(t, STEP_TOUCH)->pattern = PATTERN_CYCLIC;
    return t;
}

static double share(uint32_t task, sim_ns of)
{
    return (double)f.ran[task] / (double)of;
}

static void near(double value, double expected, double within)
{
    cr_assert(value > expected - within && value < expected + within, "%f, expected %f +- %f",
              value, expected, within);
}

static void run(bool apf, sim_ns until)
{
    fake_start(&f, &p, apf, NULL);
    fake_run(&f, until);
}

static enum fake_miss stalls(struct fake *m, uint32_t cpu, const struct guest_insn *insn,
                             sim_ns *ns)
{
    (void)m;
    (void)cpu;
    (void)insn;
    *ns = 12 * SIM_MS;
    return FAKE_STALL;
}

static enum fake_miss halts(struct fake *m, uint32_t cpu, const struct guest_insn *insn, sim_ns *ns)
{
    stalls(m, cpu, insn, ns);
    return FAKE_HALT;
}

static enum fake_miss is_async(struct fake *m, uint32_t cpu, const struct guest_insn *insn,
                               sim_ns *ns)
{
    stalls(m, cpu, insn, ns);
    return FAKE_ASYNC;
}

/* ---- fair shares ---- */

Test(guest_sched, two_equal_spinners_share_a_cpu_equally)
{
    fake_params(&p);
    p.guest.hz = 250;
    spinner()->count = 2;
    run(false, 10 * SIM_SEC);
    near(share(0, 10 * SIM_SEC), 0.5, 0.001);
    near(share(1, 10 * SIM_SEC), 0.5, 0.001);
    cr_assert(f.switches > 1000, "%lu", (unsigned long)f.switches);
    fake_finish(&f);
}

Test(guest_sched, nice_levels_share_by_their_weights)
{
    fake_params(&p);
    p.guest.hz = 250;
    spinner();
    spinner()->nice = 5;
    run(false, 60 * SIM_SEC);
    near(share(0, 60 * SIM_SEC), 1024.0 / (1024 + 335), 0.003);
    near(share(1, 60 * SIM_SEC), 335.0 / (1024 + 335), 0.003);
    fake_finish(&f);
}

Test(guest_sched, a_bulk_spinner_counts_every_turn)
{
    fake_params(&p);
    p.guest.hz = 1000;
    spinner()->count = 3;
    run(false, 3 * SIM_SEC);
    for (uint32_t t = 0; t < 3; t++)
        cr_assert_eq(f.turns[t], f.ran[t] / SIM_US);
    cr_assert_eq(f.ran[0] + f.ran[1] + f.ran[2], 3 * SIM_SEC);
    fake_finish(&f);
}

/* ---- stalls ---- */

Test(guest_sched, a_stall_is_charged_to_the_task_that_faults)
{
    fake_params(&p);
    p.guest.hz = 250;
    spinner();
    faulter();
    fake_start(&f, &p, false, NULL);
    f.miss = stalls;
    fake_run(&f, 30 * SIM_SEC);
    near(share(0, 30 * SIM_SEC), 0.5, 0.005);
    cr_assert(f.misses > 1200, "%lu", (unsigned long)f.misses);
    fake_finish(&f);
}

Test(guest_sched, a_stall_that_serves_interrupts_is_charged_too)
{
    fake_params(&p);
    p.guest.hz = 250;
    spinner();
    faulter();
    fake_start(&f, &p, false, NULL);
    f.miss = halts;
    fake_run(&f, 30 * SIM_SEC);
    near(share(0, 30 * SIM_SEC), 0.5, 0.005);
    fake_finish(&f);
}

Test(guest_sched, told_of_the_fault_the_spinner_has_the_whole_cpu)
{
    fake_params(&p);
    p.guest.hz = 250;
    spinner();
    faulter();
    fake_start(&f, &p, true, NULL);
    f.miss = is_async;
    fake_run(&f, 30 * SIM_SEC);
    cr_assert_eq(f.ran[0], 30 * SIM_SEC);
    near((double)f.misses, 2500, 5);
    cr_assert_eq(f.wake_to_run_max, 0);
    fake_finish(&f);
}

Test(guest_sched, a_kernel_access_is_not_preempted)
{
    fake_params(&p);
    p.guest.hz = 1000;
    spinner();
    faulter()->step[0].kernel_ppm = PPM;
    fake_start(&f, &p, false, NULL);
    f.miss = halts;
    fake_run(&f, 10 * SIM_SEC);
    near(share(0, 10 * SIM_SEC), 0.5, 0.005);
    /* One miss and the spinner's turn, in whole ticks: never is a miss spread over two turns. */
    cr_assert(f.switches <= 2 * f.misses + 2, "%lu %lu", (unsigned long)f.switches,
              (unsigned long)f.misses);
    fake_finish(&f);
    p.task[1].step[0].kernel_ppm = 0;
    fake_start(&f, &p, false, NULL);
    f.miss = halts;
    fake_run(&f, 10 * SIM_SEC);
    cr_assert(f.switches > 2 * f.misses + 2);
    fake_finish(&f);
}

/* ---- the list of what the guest does ---- */

static void story(const char *expected)
{
    cr_assert_str_eq(f.log, expected, "got:\n%s\nexpected:\n%s", f.log, expected);
}

Test(guest_sched, a_fault_is_handled_in_the_order_of_the_protocol)
{
    fake_params(&p);
    p.cost.not_present = 500;
    p.cost.ready = 600;
    p.cost.context_switch = 1500;
    faulter();
    spinner()->iterations = 100000;
    fake_start(&f, &p, true, NULL);
    f.miss = is_async;
    f.logging = true;
    fake_run(&f, 12 * SIM_MS + 10 * SIM_US);
    story("wrmsr 80f 1ff\n"
          "wrmsr 832 400ec\n"
          "wrmsr 4b564d06 f3\n"
          "wrmsr 4b564d02 10000d\n"
          "run guest_switch 1500 cpl 0 if 0\n"
          "irq f3\n"
          "wrmsr 80b 0\n"
          "run guest_apf 600 cpl 0 if 0\n"
          "wrmsr 4b564d07 1\n"
          "miss 0\n"
          "run guest_apf 500 cpl 0 if 0\n"
          "run guest_switch 1500 cpl 0 if 0\n"
          "run user 100000000 cpl 3 if 1\n"
          "irq f3\n"
          "wrmsr 80b 0\n"
          "run guest_apf 600 cpl 0 if 0\n"
          "wrmsr 4b564d07 1\n"
          "run guest_switch 1500 cpl 0 if 0\n"
          "miss 1\n"
          "run guest_apf 500 cpl 0 if 0\n"
          "run guest_switch 1500 cpl 0 if 0\n"
          "run user 88002000 cpl 3 if 1\n");
    cr_assert_eq(f.wake_to_run_max, 600 * 0 + 1500);
    fake_finish(&f);
}

Test(guest_sched, a_guest_that_is_not_offered_apf_does_not_ask_for_it)
{
    fake_params(&p);
    p.guest.hz = 100;
    faulter()->iterations = 1;
    fake_start(&f, &p, false, NULL);
    f.logging = true;
    f.miss = stalls;
    fake_run(&f, SIM_SEC);
    story("wrmsr 80f 1ff\n"
          "wrmsr 832 400ec\n"
          "wrmsr 6e0 989680\n"
          "miss 0\n"
          "irq ec\n"
          "wrmsr 80b 0\n"
          "wrmsr 6e0 1312d00\n"
          "wrmsr 6e0 0\n");
    cr_assert_eq(f.cpu[0].state, FAKE_STOPPED);
    fake_finish(&f);
}

Test(guest_sched, no_kvmapf_and_send_always_are_kept)
{
    fake_params(&p);
    spinner();
    p.guest.apf = false;
    fake_start(&f, &p, true, NULL);
    f.logging = true;
    fake_run(&f, SIM_US);
    cr_assert_null(strstr(f.log, "4b564d"));
    fake_finish(&f);
    p.guest.apf = true;
    p.guest.send_always = true;
    fake_start(&f, &p, true, NULL);
    f.logging = true;
    fake_run(&f, SIM_US);
    cr_assert_not_null(strstr(f.log, "wrmsr 4b564d02 10000f\n"));
    fake_finish(&f);
}

Test(guest_sched, idle_says_whether_a_task_waits_for_a_page)
{
    struct task_params *t;

    fake_params(&p);
    t = faulter();
    fake_timed(t, STEP_SLEEP, SIM_MS);
    fake_start(&f, &p, true, NULL);
    f.miss = is_async;
    f.logging = true;
    fake_run(&f, 14 * SIM_MS);
    cr_assert_not_null(strstr(f.log, "miss 0\nhlt waiting\nirq f3\n"));
    cr_assert_not_null(strstr(f.log, "wrmsr 6e0 c65d40\nhlt\nirq ec\nwrmsr 80b 0\nmiss 1\n"));
    fake_finish(&f);
}

Test(guest_sched, told_of_a_fault_in_the_kernel_it_panics_in_its_own_words)
{
    fake_params(&p);
    faulter()->step[0].kernel_ppm = PPM;
    fake_start(&f, &p, true, NULL);
    f.miss = is_async;
    fake_run(&f, SIM_SEC);
    cr_assert_eq(sim_stopped(f.sim), SIM_GUEST_PANIC);
    cr_assert_not_null(strstr(sim_stop_text(f.sim), "kernel mode"), "%s", sim_stop_text(f.sim));
    guest_sched_destroy(f.g);
    sim_destroy(f.sim);
}

Test(guest_sched, an_access_with_interrupts_off_holds_back_the_tick_and_the_other_task)
{
    fake_params(&p);
    p.guest.hz = 1000;
    spinner();
    faulter()->step[0].irq_off_ppm = PPM;
    fake_start(&f, &p, false, NULL);
    f.miss = halts;
    fake_run(&f, 10 * SIM_SEC);
    near(share(0, 10 * SIM_SEC), 0.5, 0.005);
    cr_assert(f.switches <= 2 * f.misses + 2);
    /* Twelve ticks of a stall are one: fewer than one a millisecond of the other half. */
    cr_assert_lt(f.cpu[0].ticks_written, 6000);
    fake_finish(&f);
}

/* Stalls of time that others had: the faulter has hardly run, and comes before the spinner. */
Test(guest_sched, stolen_time_is_nobodys)
{
    static const enum guest_scheduler fair[] = {GUEST_SCHED_CFS, GUEST_SCHED_EEVDF};

    for (int i = 0; i < 2; i++) {
        fake_params(&p);
        p.guest.hz = 1000;
        p.guest.scheduler = fair[i];
        p.guest.steal_time = true;
        spinner();
        faulter();
        fake_start(&f, &p, false, NULL);
        f.miss = stalls; /* without steal time the spinner has half, see above */
        fake_run(&f, 10 * SIM_SEC);
        cr_assert_lt(share(0, 10 * SIM_SEC), 0.25, "%f", share(0, 10 * SIM_SEC));
        fake_finish(&f);
    }
}

/* ---- timers and ticks ---- */

Test(guest_sched, a_sleeper_that_wakes_preempts_a_hog)
{
    struct task_params *t;

    fake_params(&p);
    p.guest.hz = 100;
    spinner();
    t = fake_task(&p);
    fake_timed(t, STEP_COMPUTE, 100 * SIM_US);
    fake_timed(t, STEP_SLEEP, 30 * SIM_MS + 1);
    run(false, 10 * SIM_SEC);
    cr_assert_eq(f.wake_to_run_max, 0);
    near((double)f.turns[1], 331, 1.5);
    fake_finish(&f);

    p.guest.cfs.wakeup_preemption = false;
    run(false, 10 * SIM_SEC);
    cr_assert(f.wake_to_run_max > 5 * SIM_MS && f.wake_to_run_max <= 10 * SIM_MS);
    fake_finish(&f);
}

Test(guest_sched, an_idle_cpu_has_no_tick_unless_it_is_told_to)
{
    struct task_params *t;

    fake_params(&p);
    p.guest.hz = 1000;
    t = fake_task(&p);
    fake_timed(t, STEP_COMPUTE, 500 * SIM_US);
    fake_timed(t, STEP_SLEEP, 99 * SIM_MS + 500 * SIM_US);
    run(false, 10 * SIM_SEC);
    cr_assert(f.cpu[0].ticks_written <= 202, "%u", f.cpu[0].ticks_written);
    near((double)f.cpu[0].idle, 0.995 * 10e9, 1e8);
    fake_finish(&f);
    p.guest.tickless = false;
    run(false, 10 * SIM_SEC);
    cr_assert(f.cpu[0].ticks_written >= 10000);
    cr_assert_eq(f.turns[0], 100);
    fake_finish(&f);
}

Test(guest_sched, without_hz_there_is_no_timer_at_all)
{
    fake_params(&p);
    spinner()->count = 2;
    run(false, SIM_SEC);
    cr_assert_eq(f.cpu[0].ticks_written, 0);
    cr_assert_eq(f.ran[0], SIM_SEC);
    fake_finish(&f);
}

Test(guest_sched, ticks_missed_in_a_stall_are_one_tick)
{
    struct task_params *t;

    fake_params(&p);
    p.guest.hz = 1000;
    p.cost.tick = 10;
    t = faulter();
    t->iterations = 1;
    fake_timed(t, STEP_COMPUTE, 500 * SIM_US);
    fake_start(&f, &p, false, NULL);
    f.logging = true;
    f.miss = stalls;
    fake_run(&f, SIM_SEC);
    cr_assert_not_null(strstr(f.log,
                              "miss 0\nirq ec\nwrmsr 80b 0\nrun guest_tick 10 cpl 0 if 0\n"
                              "wrmsr 6e0 c65d40\nrun user 500000 cpl 3 if 1\nwrmsr 6e0 0\n"));
    fake_finish(&f);
}

Test(guest_sched, a_task_can_start_late)
{
    fake_params(&p);
    p.guest.hz = 250;
    spinner();
    spinner()->start = SIM_SEC;
    run(false, 2 * SIM_SEC);
    near(share(0, SIM_SEC), 1.5, 0.01);
    near(share(1, SIM_SEC), 0.5, 0.01);
    fake_finish(&f);
}

/* ---- fifo, yield, exit ---- */

Test(guest_sched, fifo_runs_a_task_until_it_blocks_in_the_order_of_arrival)
{
    struct task_params *t;

    fake_params(&p);
    p.guest.scheduler = GUEST_SCHED_FIFO;
    p.guest.hz = 1000;
    t = spinner();
    t->count = 3;
    t->iterations = 5000;
    spinner();
    run(false, 20 * SIM_MS);
    for (uint32_t i = 0; i < 3; i++)
        cr_assert_eq(f.exited_at[i], (i + 1) * 5 * SIM_MS);
    cr_assert_eq(f.ran[3], 5 * SIM_MS);
    fake_finish(&f);
}

static void yielders_alternate(enum guest_scheduler s)
{
    struct task_params *t;

    fake_params(&p);
    p.guest.scheduler = s;
    t = fake_task(&p);
    t->count = 2;
    fake_timed(t, STEP_COMPUTE, 10 * SIM_US);
    fake_step(t, STEP_YIELD);
    run(false, SIM_SEC);
    near((double)f.turns[0], 50000, 2);
    near((double)f.turns[1], 50000, 2);
    near((double)f.switches, 100000, 3);
    fake_finish(&f);
}

Test(guest_sched, tasks_that_yield_take_turns)
{
    yielders_alternate(GUEST_SCHED_CFS);
    yielders_alternate(GUEST_SCHED_FIFO);
}

Test(guest_sched, when_all_tasks_have_ended_the_cpus_stop)
{
    fake_params(&p);
    p.guest.vcpus = 2;
    p.guest.hz = 250;
    p.guest.tickless = false;
    spinner()->iterations = 1000;
    spinner()->iterations = 3000;
    fake_start(&f, &p, true, NULL);
    fake_run(&f, 2 * SIM_MS);
    cr_assert_not(guest_sched_all_done(f.g));
    fake_run(&f, SIM_SEC);
    cr_assert(guest_sched_all_done(f.g));
    cr_assert_eq(f.exits, 2);
    cr_assert_eq(f.exited_at[0], SIM_MS);
    cr_assert_eq(f.exited_at[1], 3 * SIM_MS);
    cr_assert_eq(f.turns[0] + f.turns[1], 4000);
    cr_assert_eq(f.cpu[0].state, FAKE_STOPPED);
    cr_assert_eq(f.cpu[1].state, FAKE_STOPPED);
    fake_finish(&f);
}

Test(guest_sched, a_loop_that_takes_no_time_ends_the_run)
{
    fake_params(&p);
    fake_timed(fake_task(&p), STEP_COMPUTE, 0);
    run(false, SIM_SEC);
    cr_assert_eq(sim_stopped(f.sim), SIM_NO_PROGRESS);
    fake_finish(&f);
}

/* ---- several CPUs ---- */

Test(guest_sched, tasks_are_placed_as_they_ask)
{
    struct task_params *t;

    fake_params(&p);
    p.guest.vcpus = 4;
    p.guest.hz = 250;
    t = spinner();
    t->per_vcpu = true;
    t->count = 2;
    spinner()->vcpu = 2;
    run(false, 12 * SIM_SEC);
    cr_assert_eq(guest_sched_tasks(f.g), 9);
    cr_assert_eq(guest_sched_kind(f.g, 7), 0);
    cr_assert_eq(guest_sched_kind(f.g, 8), 1);
    for (uint32_t i = 0; i < 8; i++)
        near(share(i, 12 * SIM_SEC), i / 2 == 2 ? 1 / 3.0 : 0.5, 0.002);
    near(share(8, 12 * SIM_SEC), 1 / 3.0, 0.002);
    fake_finish(&f);
}

Test(guest_sched, an_idle_cpu_pulls_unless_balance_is_none)
{
    struct task_params *t;

    fake_params(&p);
    p.guest.vcpus = 2;
    p.guest.hz = 250;
    p.guest.balance = BALANCE_NEWIDLE;
    t = spinner();
    t->iterations = 1000;
    spinner()->iterations = 100000; /* starts on CPU 1 */
    spinner()->iterations = 100000; /* starts on CPU 0, behind the first */
    spinner()->iterations = 100000; /* starts on CPU 1; CPU 0 pulls it or the other */
    run(false, SIM_SEC);
    cr_assert_eq(f.exits, 4);
    cr_assert_eq(f.cpu[0].user + f.cpu[1].user, 301 * SIM_MS);
    /* 301 ms of work on two CPUs, neither idle before the other. */
    for (uint32_t i = 1; i < 4; i++)
        cr_assert_leq(f.exited_at[i], 152 * SIM_MS);
    fake_finish(&f);

    p.guest.balance = BALANCE_NONE;
    run(false, SIM_SEC);
    cr_assert_eq(f.cpu[0].user, 101 * SIM_MS);
    cr_assert_eq(f.cpu[1].user, 200 * SIM_MS);
    fake_finish(&f);
}

Test(guest_sched, a_woken_task_finds_the_idle_cpu)
{
    struct task_params *t;

    fake_params(&p);
    p.guest.vcpus = 2;
    p.guest.hz = 250;
    p.guest.balance = BALANCE_NEWIDLE;
    spinner()->vcpu = 0;
    t = fake_task(&p); /* starts on CPU 1 */
    fake_timed(t, STEP_COMPUTE, SIM_MS);
    fake_timed(t, STEP_SLEEP, SIM_MS);
    t = fake_task(&p); /* starts on CPU 0, where the spinner is */
    fake_timed(t, STEP_COMPUTE, SIM_MS);
    fake_timed(t, STEP_SLEEP, 9 * SIM_MS);
    run(false, 4 * SIM_SEC);
    cr_assert(f.ran[0] > 3990 * SIM_MS, "%lu", (unsigned long)f.ran[0]);
    fake_finish(&f);
}

/* ---- exact models: no CPU is idle while a task waits ---- */

static struct sim_rng page_rng;
static struct sim_variate page_time;

static enum fake_miss drawn(struct fake *m, uint32_t cpu, const struct guest_insn *insn, sim_ns *ns)
{
    (void)m;
    (void)cpu;
    (void)insn;
    *ns = sim_variate_draw(&page_time, &page_rng);
    return FAKE_ASYNC;
}

/* n tasks that compute for z and then wait for a page that takes s, on m CPUs. Returns the CPUs'
 * utilisation. */
static double closed_queue(uint32_t m, uint32_t n, sim_ns z, sim_ns s, enum sim_dist_kind dist,
                           enum guest_scheduler scheduler, sim_ns until)
{
    struct sim_dist page = {.kind = dist, .a = s};
    struct task_params *t;
    sim_ns user = 0;

    fake_params(&p);
    p.guest.vcpus = m;
    p.guest.scheduler = scheduler;
    p.guest.balance = BALANCE_IDEAL;
    t = fake_task(&p);
    t->count = n;
    fake_timed(t, STEP_COMPUTE, z);
    t->step[0].time.kind = dist;
    fake_step(t, STEP_TOUCH);
    sim_rng_init(&page_rng, 3, SIM_STREAM_DISK, 0);
    sim_variate_init(&page_time, &page);
    fake_start(&f, &p, true, NULL);
    f.miss = drawn;
    fake_run(&f, until);
    fake_finish(&f);
    for (uint32_t i = 0; i < m; i++)
        user += f.cpu[i].user;
    return (double)user / (double)until / m;
}

Test(guest_sched, deterministic_times_reach_the_bound_exactly)
{
    /* U = min(1, N Z / (m (Z + S))) up to the first turn. */
    for (uint32_t n = 1; n <= 12; n++) {
        double bound = n < 10 ? n / 10.0 : 1;

        near(closed_queue(2, n, SIM_MS, 4 * SIM_MS, SIM_DIST_CONSTANT, GUEST_SCHED_FIFO,
                          10 * SIM_SEC),
             bound, 0.001);
        near(closed_queue(2, n, SIM_MS, 4 * SIM_MS, SIM_DIST_CONSTANT, GUEST_SCHED_CFS,
                          10 * SIM_SEC),
             bound, 0.001);
    }
}

Test(guest_sched, one_cpu_is_the_repairman_of_the_machine_repair_model)
{
    /* U = 1 - 1 / sum_n N!/(N-n)! (Z/S)^n, Z/S = 1/4. */
    near(closed_queue(1, 2, SIM_US, 4 * SIM_US, SIM_DIST_EXPONENTIAL, GUEST_SCHED_FIFO,
                      200 * SIM_MS),
         0.384615, 0.006);
    near(closed_queue(1, 4, SIM_US, 4 * SIM_US, SIM_DIST_EXPONENTIAL, GUEST_SCHED_FIFO,
                      200 * SIM_MS),
         0.689320, 0.006);
    near(closed_queue(1, 8, SIM_US, 4 * SIM_US, SIM_DIST_EXPONENTIAL, GUEST_SCHED_FIFO,
                      200 * SIM_MS),
         0.969580, 0.003);
}

Test(guest_sched, several_cpus_lose_no_capacity)
{
    /* p(n waiting) ~ r^n / n! x 1 / prod_{j <= N-n} min(j, m), r = S/Z = 4; N = 6, m = 3:
     * E[min(N - n, m)] / m. */
    double weight[7], sum = 0, busy = 0, a = 1;

    for (int n = 0; n <= 6; n++) {
        double b = 1;

        for (int j = 1; j <= 6 - n; j++)
            b *= j < 3 ? j : 3;
        weight[n] = a / b;
        a *= 4.0 / (n + 1);
        sum += weight[n];
        busy += weight[n] * (6 - n < 3 ? 6 - n : 3);
    }
    near(closed_queue(3, 6, SIM_US, 4 * SIM_US, SIM_DIST_EXPONENTIAL, GUEST_SCHED_FIFO,
                      200 * SIM_MS),
         busy / sum / 3, 0.004);
}

Test(guest_sched, pinned_tasks_stay_and_the_others_fill_the_gaps)
{
    /* CPU 0 has two pinned spinners and is the longest queue, yet has nothing to give; the two
     * others run anywhere. fake_run() asserts that no CPU is idle while one of them is queued. */
    static const enum guest_scheduler scheduler[] = {GUEST_SCHED_CFS, GUEST_SCHED_FIFO};

    for (unsigned i = 0; i < 2; i++) {
        struct task_params *t;

        fake_params(&p);
        p.guest.vcpus = 3;
        p.guest.hz = 250;
        p.guest.scheduler = scheduler[i];
        p.guest.balance = BALANCE_IDEAL;
        t = spinner();
        t->count = 2;
        t->vcpu = 0;
        t = fake_task(&p);
        t->count = 4;
        fake_timed(t, STEP_COMPUTE, 3 * SIM_MS);
        fake_timed(t, STEP_SLEEP, SIM_MS);
        run(false, 4 * SIM_SEC);
        cr_assert_eq(f.ran[0] + f.ran[1], i ? f.cpu[0].user : 4 * SIM_SEC);
        near(share(2, 4 * SIM_SEC) + share(3, 4 * SIM_SEC) + share(4, 4 * SIM_SEC) +
                 share(5, 4 * SIM_SEC),
             2, 0.01);
        fake_finish(&f);
    }
}

Test(guest_sched, a_story_is_the_same_twice)
{
    static char first[sizeof f.log];

    for (int i = 0; i < 2; i++) {
        fake_params(&p);
        p.guest.vcpus = 2;
        p.guest.hz = 250;
        p.guest.balance = BALANCE_NEWIDLE;
        spinner()->count = 3;
        faulter()->count = 5;
        fake_start(&f, &p, true, NULL);
        f.miss = is_async;
        f.logging = true;
        fake_run(&f, SIM_SEC);
        if (i)
            cr_assert_str_eq(first, f.log);
        memcpy(first, f.log, sizeof first);
        fake_finish(&f);
    }
}
