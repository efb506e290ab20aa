/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_world_properties.c - what holds of every run, on machines with everything in them at once
 *
 * scenario_run() itself checks after each run that ledgers, outcomes and invariants are whole.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "scenario.h"

static const enum run_mode modes[] = {MODE_OFF, MODE_HALT, MODE_APF};

static struct sim_dist exponential(sim_ns mean)
{
    return (struct sim_dist){.kind = SIM_DIST_EXPONENTIAL, .a = mean};
}

static void faulters(struct params *p, uint32_t region, enum pattern pattern)
{
    struct task_params *t = scenario_task(p);
    struct step_params *s;

    t->count = 2;
    t->per_vcpu = true;
    t->iterations = 0;
    scenario_step(t, STEP_COMPUTE)->time = exponential(20 * SIM_US);
    s = scenario_touch(t, 0, 2);
    s->region = region;
    s->pattern = pattern;
    s->write_ppm = 300000;
    s->kernel_ppm = 200000;
    s->irq_off_ppm = 50000;
}

/* 3 vCPUs, cfs with ticks, every backing, memory for a third, tasks that sleep and spin. */
static struct params *everything(void)
{
    struct params *p = scenario();
    struct task_params *t;

    p->guest.vcpus = 3;
    p->guest.hz = 1000;
    p->guest.scheduler = GUEST_SCHED_CFS;
    p->guest.balance = BALANCE_NEWIDLE;
    p->host.hz = 250;
    p->host.page_cluster = 3;
    p->host.read_around = 8;
    p->host.fault_around = 4;
    p->host.reclaim = RECLAIM_TWO_LIST;
    p->host.memory_limit = 200 * PAGE_BYTES;
    p->disk.read = exponential(100 * SIM_US);
    p->disk.channels = 4;
    p->warmup = 5 * SIM_MS;
    p->duration = 50 * SIM_MS;
    for (int backing = BACKING_ANON; backing < BACKINGS; backing++)
        faulters(p, scenario_region(p, (enum backing)backing, 120, 20), PATTERN_UNIFORM);
    t = scenario_task(p);
    t->vcpu = -1;
    t->count = 4;
    t->iterations = 0;
    scenario_step(t, STEP_SLEEP)->time = exponential(SIM_MS);
    scenario_compute(t, 30 * SIM_US);
    return p;
}

static struct scenario_options options(enum run_mode mode)
{
    return (struct scenario_options){.mode = mode, .seed = 7};
}

Test(world_properties, everything_at_once_holds_together_for_every_policy_and_kernel)
{
    struct params *p = everything();

    for (int policy = 0; policy < RECLAIMS; policy++)
        for (int kernel = 0; kernel < APF_KERNELS; kernel += 2)
            for (int m = 0; m < MODES; m++) {
                struct scenario_options o = options(modes[m]);

                p->host.reclaim = (enum reclaim_policy)policy;
                p->host.kernel = (enum apf_kernel)kernel;
                p->host.worker_cpu = kernel % 4 ? WORKER_CPU_SAME : WORKER_CPU_OTHER;
                o.may_break = kernel < APF_KERNEL_6_1; /* bugs that old kernels have */
                cr_assert_eq(scenario_run(p, &o, 0)->outcome, SIM_HORIZON);
            }
}

Test(world_properties, a_run_is_the_same_twice_and_unobserved)
{
    struct params *p = everything();

    for (int m = 0; m < MODES; m++) {
        struct scenario_options o = options(modes[m]);
        const struct scenario_result *a = scenario_run(p, &o, 0), *b = scenario_run(p, &o, 1), *c;

        o.silent = true;
        c = scenario_run(p, &o, 2);
        cr_assert_str_eq(a->text, b->text);
        cr_assert_eq(a->hash, b->hash);
        cr_assert_eq(a->hash, c->hash);
        cr_assert_eq(a->events, c->events);
    }
}

Test(world_properties, another_seed_is_another_run)
{
    struct params *p = everything();
    struct scenario_options a = options(MODE_APF), b = a;

    b.seed++;
    cr_assert_neq(scenario_run(p, &a, 0)->hash, scenario_run(p, &b, 1)->hash);
}

/* Two pages of a million are hardly ever the same: each touch of a task is a miss, in each mode. */
Test(world_properties, modes_face_the_same_draws)
{
    struct params *p = scenario();
    const struct scenario_result *r[MODES];
    uint32_t least = SCENARIO_TOUCHES;

    p->guest.vcpus = 2;
    p->guest.hz = 1000;
    p->guest.scheduler = GUEST_SCHED_CFS;
    p->host.memory_limit = 16 * PAGE_BYTES;
    p->duration = 50 * SIM_MS;
    scenario_region(p, BACKING_USERFAULTFD, 1u << 20, 0);
    faulters(p, 0, PATTERN_UNIFORM);
    for (int m = 0; m < MODES; m++) {
        struct scenario_options o = options(modes[m]);

        r[m] = scenario_run(p, &o, (unsigned)m);
    }
    for (uint32_t task = 0; task < 4; task++) {
        for (int m = 0; m < MODES; m++)
            least = r[m]->misses[task] < least ? r[m]->misses[task] : least;
        cr_assert_gt(least, 100, "%u", least);
        for (int m = 1; m < MODES; m++)
            cr_assert_eq(memcmp(r[0]->missed[task], r[m]->missed[task], least * sizeof(uint32_t)),
                         0);
    }
}

/* ---- memhog ---- */

static struct params *memhog(void)
{
    struct params *p = scenario();
    struct task_params *t;

    p->guest.vcpus = 4;
    p->guest.hz = 250;
    p->guest.scheduler = GUEST_SCHED_CFS;
    p->disk.read = p->disk.write = exponential(SIM_MS);
    p->host.memory_limit = 1024 * PAGE_BYTES;
    p->warmup = 100 * SIM_MS;
    p->duration = 2 * SIM_SEC;
    scenario_region(p, BACKING_SWAP, 2048, 1024);
    p->region[0].dirty = true;
    t = scenario_task(p);
    t->per_vcpu = true;
    t->iterations = 0;
    scenario_compute(t, SIM_US);
    t = scenario_task(p);
    t->per_vcpu = true;
    t->iterations = 0;
    scenario_touch(t, 0, 1)->pattern = PATTERN_UNIFORM;
    return p;
}

static double user_share(const struct scenario_result *r)
{
    return (double)r->measured_user / (double)r->measured_ledger;
}

/* Who goes first among equals is nobody's business: another order is another run, and the same
 * result within what the seed makes of it. */
Test(world_properties, the_order_of_ties_decides_nothing)
{
    struct params *p = memhog();

    for (int m = 0; m < MODES; m++) {
        struct scenario_options o = options(modes[m]);
        const struct scenario_result *plain = scenario_run(p, &o, 0);
        double share = user_share(plain);

        for (o.shuffle = 1; o.shuffle <= 5; o.shuffle++) {
            const struct scenario_result *r = scenario_run(p, &o, 1);
            double moved = user_share(r) - share;

            cr_assert(moved < 0.01 && moved > -0.01, "mode %d, shuffle %lu: %f, not %f", m,
                      (unsigned long)o.shuffle, user_share(r), share);
        }
    }
}

Test(world_properties, memhog_gains_about_twice)
{
    struct params *p = memhog();
    struct scenario_options off = options(MODE_OFF), apf = options(MODE_APF);
    double without = user_share(scenario_run(p, &off, 0));
    double with = user_share(scenario_run(p, &apf, 0));

    cr_assert(without > 0.47 && without < 0.53, "%f", without);
    cr_assert(with / without > 1.85 && with / without < 2.05, "%f", with / without);
}

/* ---- break-even in the saturated limit ---- */

/* Enough tasks and channels that a vCPU always has work; each computes Z and misses a new page. */
static struct params *saturated(sim_ns service, uint32_t kernel_ppm)
{
    struct params *p = scenario();
    struct task_params *t = scenario_task(p);
    struct step_params *s;

    p->disk.read.a = service;
    p->disk.channels = 64;
    p->warmup = 20 * SIM_MS;
    p->duration = SIM_SEC;
    p->cost.touch = 0;
    p->walk_every = 1024;
    scenario_region(p, BACKING_SWAP, 1u << 20, 0);
    t->count = 60;
    t->iterations = 0;
    scenario_compute(t, 100 * SIM_US);
    s = scenario_touch(t, 0, 1);
    s->pattern = PATTERN_SEQUENTIAL;
    s->kernel_ppm = kernel_ppm;
    return p;
}

static void expect_share(const struct params *p, enum run_mode mode, double expected)
{
    struct scenario_options o = options(mode);
    double share = user_share(scenario_run(p, &o, 0));

    cr_assert(share > 0.99 * expected && share < 1.01 * expected, "%f, expected %f", share,
              expected);
}

/* h_s: exit, fault, sync_fault. U = Z / (Z + S + h_s) */
static double without_apf(const struct params *p)
{
    const struct cost_params *c = &p->cost;
    double z = 100000, h = (double)(c->exit + c->fault + c->sync_fault);

    return z / (z + (double)p->disk.read.a + h);
}

/* h_a: exit, fault, not_present, two switches' worth is one a fault (the sleeper's; its return is
 * the next one's); kick, prefault, ready, ACK. U = Z / (Z + h_a) */
static double with_apf(const struct params *p)
{
    const struct cost_params *c = &p->cost;
    double h = (double)(c->exit + c->fault + c->not_present + c->context_switch + c->exit +
                        c->prefault + c->ready + c->exit);

    return 100000 / (100000 + h);
}

Test(world_properties, the_break_even_formulas_hold_in_the_saturated_limit)
{
    static const sim_ns service[] = {9 * SIM_US, 78 * SIM_US, SIM_MS};

    for (unsigned i = 0; i < sizeof service / sizeof service[0]; i++) {
        struct params *p = saturated(service[i], 0);

        expect_share(p, MODE_OFF, without_apf(p));
        expect_share(p, MODE_APF, with_apf(p));
    }
}

/* APF pays when h_a < S + h_s: here h_a is 7200 and h_s 3200. */
Test(world_properties, apf_pays_from_the_break_even_service_time_on)
{
    struct params *p = saturated(2000, 0);
    struct scenario_options off = options(MODE_OFF), apf = options(MODE_APF);

    cr_assert_gt(scenario_run(p, &off, 0)->measured_user, scenario_run(p, &apf, 1)->measured_user);
    p->disk.read.a = 6000;
    cr_assert_lt(scenario_run(p, &off, 0)->measured_user, scenario_run(p, &apf, 1)->measured_user);
}
