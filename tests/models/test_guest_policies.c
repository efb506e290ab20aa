/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_guest_policies.c - eevdf, rr and load balancing: shares, lags, order, evenness
 *
 * The oracle of eevdf is its own theory (Stoica and Abdel-Wahab 1995): an ideal processor that
 * serves all at once by weight. No entity may be further from it than a slice and a tick.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "fake_machine.h"
#include "guest_eevdf.h"
#include "sim_random.h"

static struct params p;
static struct fake f;

static void near(double value, double expected, double within)
{
    cr_assert(value > expected - within && value < expected + within, "%f, expected %f +- %f",
              value, expected, within);
}

static struct task_params *spinner(void)
{
    struct task_params *t = fake_task(&p);

    fake_timed(t, STEP_COMPUTE, SIM_US);
    return t;
}

static void eevdf_params(uint32_t hz)
{
    fake_params(&p);
    p.guest.scheduler = GUEST_SCHED_EEVDF;
    p.guest.hz = hz;
    p.guest.sched_base_slice = 700 * SIM_US;
    p.guest.sched_delay_dequeue = p.guest.sched_eevdf_preemption = true;
}

static void run(sim_ns until)
{
    fake_start(&f, &p, false, NULL);
    fake_run(&f, until);
}

/* ---- eevdf on a machine ---- */

Test(guest_policies, eevdf_shares_by_weight)
{
    static const int32_t nice[] = {0, 0, 5, -3};
    static const double weight[] = {1024, 1024, 335, 1991};

    eevdf_params(1000);
    for (unsigned i = 0; i < 4; i++)
        spinner()->nice = nice[i];
    run(30 * SIM_SEC);
    for (unsigned i = 0; i < 4; i++)
        near((double)f.ran[i] / (30.0 * SIM_SEC), weight[i] / (2 * 1024 + 335 + 1991), 0.002);
    fake_finish(&f);
}

Test(guest_policies, eevdf_charges_a_stall_to_the_task_that_faults)
{
    struct task_params *t;

    eevdf_params(250);
    spinner();
    t = fake_task(&p);
    fake_timed(t, STEP_COMPUTE, 20 * SIM_MS);
    run(20 * SIM_SEC);
    near((double)f.ran[0] / (20.0 * SIM_SEC), 0.5, 0.005);
    fake_finish(&f);
}

/* RUN_TO_PARITY: who was picked keeps the CPU for a slice; ticks of 1 ms end it. */
Test(guest_policies, eevdf_switches_once_a_slice_at_a_tick)
{
    eevdf_params(1000);
    spinner()->count = 2;
    run(10 * SIM_SEC);
    cr_assert_gt(f.switches, 9000, "%lu", (unsigned long)f.switches);
    cr_assert_lt(f.switches, 10100, "%lu", (unsigned long)f.switches);
    fake_finish(&f);
}

/* A task that sleeps most of the time is owed the CPU: it never waits for longer than the slice of
 * the hog and the tick that ends it. */
Test(guest_policies, eevdf_lets_a_sleeper_in_within_a_slice_and_a_tick)
{
    struct task_params *t;

    eevdf_params(1000);
    spinner();
    t = fake_task(&p);
    fake_timed(t, STEP_COMPUTE, 10 * SIM_US);
    fake_timed(t, STEP_SLEEP, 3 * SIM_MS + 7 * SIM_US);
    run(10 * SIM_SEC);
    cr_assert_gt(f.turns[1], 2400, "%lu", (unsigned long)f.turns[1]);
    cr_assert_leq(f.wake_to_run_max, 1700 * SIM_US);
    fake_finish(&f);
}

/* DELAY_DEQUEUE: a task that has had too much cannot sleep its debt away. Two tasks, one that never
 * sleeps and one that naps for an instant behind each burst of 5 ms, share equally. */
Test(guest_policies, eevdf_keeps_the_debt_of_a_short_sleeper)
{
    struct task_params *t;
    double share[2]; /* without, with DELAY_DEQUEUE */

    for (unsigned delay = 0; delay < 2; delay++) {
        eevdf_params(1000);
        p.guest.sched_delay_dequeue = delay;
        spinner();
        t = fake_task(&p);
        fake_timed(t, STEP_COMPUTE, 5 * SIM_MS);
        fake_timed(t, STEP_SLEEP, 10 * SIM_US);
        run(20 * SIM_SEC);
        share[delay] = (double)f.ran[1] / (20.0 * SIM_SEC);
        fake_finish(&f);
    }
    near(share[1], 0.5, 0.01);
    cr_assert_leq(share[0], share[1] + 0.01);
}

Test(guest_policies, eevdf_yield_lets_the_other_run)
{
    struct task_params *t;

    eevdf_params(1000);
    for (unsigned i = 0; i < 2; i++) {
        t = fake_task(&p);
        fake_timed(t, STEP_COMPUTE, 100 * SIM_US);
        fake_step(t, STEP_YIELD);
    }
    run(SIM_SEC);
    near((double)f.turns[0] / 5000, 1, 0.02);
    near((double)f.turns[1] / 5000, 1, 0.02);
    cr_assert_gt(f.switches, 9000, "%lu", (unsigned long)f.switches);
    fake_finish(&f);
}

Test(guest_policies, what_a_kernel_has_is_what_auto_takes)
{
    struct guest_params gp = {.scheduler = GUEST_SCHED_AUTO, .kernel = APF_KERNEL_6_1};

    cr_assert_eq(guest_scheduler_of(&gp), GUEST_SCHED_CFS);
    gp.kernel = APF_KERNEL_6_12;
    cr_assert_eq(guest_scheduler_of(&gp), GUEST_SCHED_EEVDF);
    gp.kernel = APF_KERNEL_TIP;
    cr_assert_eq(guest_scheduler_of(&gp), GUEST_SCHED_EEVDF);
    gp.scheduler = GUEST_SCHED_RR;
    cr_assert_eq(guest_scheduler_of(&gp), GUEST_SCHED_RR);
}

/* ---- eevdf's arithmetic ---- */

#define ENTITIES 12u

__extension__ typedef __int128 wide;

static struct cfs_entity entity[ENTITIES];

static struct cfs_entity *nth(void *ctx, uint32_t task)
{
    (void)ctx;
    return &entity[task];
}

/* Earliest deadline among those whose vruntime is not right of the average, by long division. */
static uint32_t best_by_definition(const struct eevdf_rq *rq)
{
    wide sum = 0, load = 0;
    uint32_t best = EEVDF_CURR;

    for (uint32_t i = 0; i < rq->queue.count; i++) {
        const struct cfs_entity *se = &entity[rq->queue.item[i].task];

        sum += (wide)se->vruntime * se->weight;
        load += se->weight;
    }
    for (uint32_t i = 0; i < rq->queue.count; i++) {
        const struct cfs_entity *se = &entity[rq->queue.item[i].task];

        if (se->vruntime * load <= sum &&
            (best == EEVDF_CURR || task_queue_before(&rq->queue.item[i], &rq->queue.item[best])))
            best = i;
    }
    return best;
}

Test(guest_policies, eevdf_picks_by_definition_and_stays_near_the_ideal)
{
    const struct eevdf_tunables tune = {.base_slice = 700 * SIM_US, .tick = SIM_MS};
    struct eevdf_rq rq = {.tune = &tune, .entity = nth};
    double ideal[ENTITIES] = {0}, total = 0;
    struct sim_rng r;
    sim_ns now = 0;

    sim_rng_init(&r, 11, SIM_STREAM_START, 0);
    cr_assert(task_queue_init(&rq.queue, ENTITIES));
    for (uint32_t i = 0; i < ENTITIES; i++) {
        entity[i] = (struct cfs_entity){.weight = cfs_weight((int32_t)sim_rng_below(&r, 20) - 10)};
        total += entity[i].weight;
        eevdf_place(&rq, &entity[i], NULL, true);
        eevdf_enqueue(&rq, &entity[i], i);
    }
    for (unsigned n = 0; n < 20000; n++) {
        uint32_t at = eevdf_best(&rq, NULL), task;

        cr_assert_eq(at, best_by_definition(&rq));
        task = rq.queue.item[at].task;
        eevdf_dequeue(&rq, &entity[task], at);
        eevdf_pick(&entity[task], now);
        do { /* ticks, until the slice is over */
            sim_ns step = 1 + sim_rng_below(&r, SIM_MS);

            now += step;
            for (uint32_t i = 0; i < ENTITIES; i++)
                ideal[i] += (double)step * entity[i].weight / total;
        } while (!eevdf_update(&rq, &entity[task], now));
        eevdf_enqueue(&rq, &entity[task], task);
        for (uint32_t i = 0; i < ENTITIES; i++)
            near((double)entity[i].ran, ideal[i], 1.7 * SIM_MS + 1);
    }
    task_queue_finish(&rq.queue);
}

Test(guest_policies, eevdf_gives_back_the_lag_with_which_a_task_left)
{
    const struct eevdf_tunables tune = {.base_slice = 700 * SIM_US, .tick = SIM_MS};
    struct eevdf_rq rq = {.tune = &tune, .entity = nth};

    cr_assert(task_queue_init(&rq.queue, ENTITIES));
    for (uint32_t i = 0; i < 3; i++) {
        entity[i] = (struct cfs_entity){.weight = i == 2 ? 335 : 1024};
        eevdf_place(&rq, &entity[i], NULL, false);
        entity[i].vruntime = (int64_t)i * 300000;
        eevdf_enqueue(&rq, &entity[i], i);
    }
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t at = 0;
        int64_t lag;

        while (rq.queue.item[at].task != i)
            at++;
        eevdf_leave(&rq, &entity[i], NULL, true);
        lag = entity[i].vlag;
        eevdf_dequeue(&rq, &entity[i], at);
        eevdf_place(&rq, &entity[i], NULL, false);
        eevdf_enqueue(&rq, &entity[i], i);
        near((double)(eevdf_average(&rq, NULL) - entity[i].vruntime), (double)lag, 3);
    }
    task_queue_finish(&rq.queue);
}

/* ---- rr ---- */

Test(guest_policies, rr_runs_each_for_its_slice_in_the_order_of_arrival)
{
    fake_params(&p);
    p.guest.scheduler = GUEST_SCHED_RR;
    p.guest.hz = 1000;
    p.guest.sched_rr_slice = 20 * SIM_MS;
    spinner()->count = 3;
    run(660 * SIM_MS);
    for (unsigned i = 0; i < 3; i++)
        near((double)f.ran[i], 220.0 * SIM_MS, 1.5 * SIM_MS);
    cr_assert_geq(f.switches, 31);
    cr_assert_leq(f.switches, 34);
    fake_finish(&f);
}

Test(guest_policies, rr_leaves_a_lone_task_alone)
{
    fake_params(&p);
    p.guest.scheduler = GUEST_SCHED_RR;
    p.guest.hz = 1000;
    p.guest.sched_rr_slice = 20 * SIM_MS;
    spinner();
    run(SIM_SEC);
    cr_assert_leq(f.switches, 1);
    fake_finish(&f);
}

/* ---- load balancing ---- */

/* Six tasks of which an accident of numbering (start order modulo CPUs) put four on one CPU. */
static double least_share(enum guest_balance balance, enum guest_scheduler scheduler)
{
    double least = 1;

    eevdf_params(250);
    p.guest.scheduler = scheduler;
    p.guest.vcpus = 2;
    p.guest.balance = balance;
    spinner()->vcpu = 0;
    for (unsigned i = 0; i < 3; i++) {
        spinner()->iterations = i == 1 ? 1000 : 0; /* the one on CPU 1 ends after 1 ms */
    }
    run(20 * SIM_SEC);
    for (unsigned i = 0; i < 4; i++)
        if (i != 2)
            least = (double)f.ran[i] / (20.0 * SIM_SEC) < least
                        ? (double)f.ran[i] / (20.0 * SIM_SEC)
                        : least;
    fake_finish(&f);
    return least;
}

Test(guest_policies, load_balancing_leaves_nobody_behind)
{
    static const enum guest_scheduler scheduler[] = {GUEST_SCHED_CFS, GUEST_SCHED_EEVDF};

    for (unsigned i = 0; i < 2; i++) {
        double newidle = least_share(BALANCE_NEWIDLE, scheduler[i]);
        double load = least_share(BALANCE_LOAD, scheduler[i]);

        cr_expect_geq(load, newidle - 0.01);
        cr_expect_gt(load, 0.45, "%f", load);
    }
}

/* ---- the end ---- */

Test(guest_policies, the_run_ends_with_the_last_task_that_ends_it)
{
    struct task_params *t;

    fake_params(&p);
    p.guest.hz = 250;
    spinner();
    t = fake_task(&p);
    fake_timed(t, STEP_COMPUTE, SIM_MS);
    t->count = 2;
    t->iterations = 10;
    t->ends_run = true;
    run(10 * SIM_SEC);
    cr_assert_eq(sim_stopped(f.sim), SIM_ALL_DONE);
    near((double)sim_now(f.sim), 30.0 * SIM_MS, 4.0 * SIM_MS);
    cr_assert_eq(f.turns[1], 10);
    cr_assert_eq(f.turns[2], 10);
    guest_sched_destroy(f.g);
    sim_destroy(f.sim);
}
