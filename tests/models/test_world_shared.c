/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_world_shared.c - vCPUs that share host CPUs
 *
 * scenario_run() itself checks after each run that the ledgers of vCPUs and of host CPUs are whole
 * and agree, and that no host CPU is idle while a thread waits.
 */
#include <criterion/criterion.h>

#include "scenario.h"

static const enum run_mode modes[] = {MODE_OFF, MODE_HALT, MODE_APF};

static struct sim_dist exponential(sim_ns mean)
{
    return (struct sim_dist){.kind = SIM_DIST_EXPONENTIAL, .a = mean};
}

static const struct scenario_result *run(const struct params *p, enum run_mode mode, unsigned slot)
{
    struct scenario_options o = {.mode = mode, .seed = 3};

    return scenario_run(p, &o, slot);
}

/* On each vCPU a task that counts and one that misses; costs are nil, so that what is exact is. */
static struct params *memhog(uint32_t vcpus)
{
    struct params *p = scenario();
    struct task_params *t;

    p->guest.vcpus = vcpus;
    p->guest.hz = 250;
    p->guest.scheduler = GUEST_SCHED_CFS;
    p->disk.read = p->disk.write = exponential(SIM_MS);
    p->host.memory_limit = 512 * PAGE_BYTES;
    p->walk_every = 64;
    p->warmup = 100 * SIM_MS;
    p->duration = SIM_SEC;
    scenario_region(p, BACKING_SWAP, 1024, 512);
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

Test(world_shared, two_spinning_vcpus_on_one_cpu_get_half_each)
{
    struct params *p = scenario();
    struct task_params *t = scenario_task(p);
    const struct scenario_result *r;

    p->guest.vcpus = 2;
    p->host.cpus = 1;
    p->host.hz = 250;
    p->duration = SIM_SEC;
    t->per_vcpu = true;
    t->iterations = 0;
    scenario_compute(t, SIM_US);
    r = run(p, MODE_OFF, 0);
    cr_assert_eq(r->outcome, SIM_HORIZON);
    cr_assert_float_eq((double)r->ran[0], 0.5e9, 0.01e9, "%lu", (unsigned long)r->ran[0]);
    cr_assert_float_eq((double)r->ran[1], 0.5e9, 0.01e9, "%lu", (unsigned long)r->ran[1]);
    cr_assert_float_eq((double)r->ledger[LEDGER_STOLEN], 1e9, 0.01e9);
    cr_assert_eq(r->host[HOST_IDLE], 0);
}

/* Nobody ever waits when workers find a CPU, too: then a shared host is a host with own CPUs. */
Test(world_shared, with_cpus_enough_nothing_differs_from_own)
{
    for (int m = 0; m < MODES; m++) {
        struct params *p = memhog(2);
        const struct scenario_result *own = run(p, modes[m], 0), *shared;

        p->host.cpus = 64;
        shared = run(p, modes[m], 1);
        cr_assert_str_eq(own->text, shared->text);
        for (unsigned c = 0; c < LEDGER_COUNT; c++)
            cr_assert_eq(own->ledger[c], shared->ledger[c], "%s", ledger_key[c]);
        cr_assert_eq(shared->host[HOST_WORKER] > 0, modes[m] != MODE_OFF);
    }
}

/* As many CPUs as vCPUs: workers take a little of them, 3 us a page. */
Test(world_shared, workers_on_the_vcpus_cpus_cost_what_they_run)
{
    for (int same = 0; same < 2; same++) {
        struct params *p = memhog(2);
        const struct scenario_result *own, *shared;

        p->host.worker_cpu = same ? WORKER_CPU_SAME : WORKER_CPU_OTHER;
        own = run(p, MODE_APF, 0);
        p->host.cpus = 2;
        shared = run(p, MODE_APF, 1);
        cr_assert_gt(shared->ledger[LEDGER_STOLEN], 0);
        cr_assert_leq(shared->ledger[LEDGER_STOLEN], 2 * shared->host[HOST_WORKER] + 100000);
        cr_assert_float_eq((double)shared->measured_user, (double)own->measured_user,
                           0.01 * (double)own->measured_user);
    }
}

static uint64_t work(const struct scenario_result *r, uint32_t vcpus)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < vcpus; i++)
        sum += r->iterations[i];
    return sum;
}

/*
 * A vCPU that stands still in a synchronous fault has given its CPU to another: when there are
 * always others, the host has lost nothing, and APF has nothing to win back for it. The gain falls
 * from about 2 with a CPU each towards 1, and never goes below what its costs explain.
 */
Test(world_shared, the_gain_falls_to_one_when_the_host_has_other_work)
{
    static const uint32_t cpus[] = {8, 4, 1};
    double gain[3];

    for (int i = 0; i < 3; i++) {
        struct params *p = memhog(8);
        uint64_t off;

        p->host.cpus = cpus[i];
        p->host.hz = 250;
        p->disk.channels = 16;
        off = work(run(p, MODE_OFF, 0), 8);
        gain[i] = (double)work(run(p, MODE_APF, 1), 8) / (double)off;
    }
    cr_assert(gain[0] > 1.8 && gain[0] < 2.1, "%f", gain[0]);
    cr_assert(gain[1] < gain[0] - 0.2 && gain[1] > gain[2], "%f", gain[1]);
    cr_assert(gain[2] > 0.98 && gain[2] < 1.1, "%f", gain[2]);
}

/* Whatever the numbers, and with everything that a vCPU may wait for. */
Test(world_shared, every_mixture_holds_together_and_is_the_same_twice)
{
    static const uint32_t cpus[] = {1, 2, 3, 4};

    for (unsigned i = 0; i < 16; i++)
        for (int m = 0; m < MODES; m++) {
            struct params *p = memhog(4);
            struct scenario_options o = {.mode = modes[m], .seed = i};
            struct task_params *t = scenario_task(p);
            uint64_t hash;

            t->count = 3;
            t->vcpu = -1;
            t->iterations = 0;
            scenario_step(t, STEP_SLEEP)->time = exponential(300 * SIM_US);
            scenario_compute(t, 20 * SIM_US);
            scenario_touch(t, 0, 2)->kernel_ppm = 400000;
            p->warmup = 10 * SIM_MS;
            p->duration = 50 * SIM_MS;
            p->host.cpus = cpus[i % 4];
            p->host.hz = i & 4 ? 1000 : 0;
            p->host.halt_poll = i & 8 ? 200 * SIM_US : 0;
            p->host.hlt_in_guest = i == 5;
            p->host.worker_cpu = i & 2 ? WORKER_CPU_SAME : WORKER_CPU_OTHER;
            hash = scenario_run(p, &o, 0)->hash;
            cr_assert_eq(scenario_run(p, &o, 1)->hash, hash);
            o.silent = true;
            cr_assert_eq(scenario_run(p, &o, 2)->hash, hash);
        }
}

/* A poll ends when somebody wants the CPU; it is booked, and is no idle time of the host. */
Test(world_shared, halt_polling_burns_only_what_nobody_wants)
{
    struct params *p = scenario();
    struct task_params *t;
    const struct scenario_result *alone, *beside;

    p->guest.vcpus = 2;
    p->guest.scheduler = GUEST_SCHED_CFS;
    p->host.cpus = 1;
    p->host.halt_poll = 10 * SIM_MS;
    p->duration = 200 * SIM_MS;
    t = scenario_task(p);
    t->iterations = 0;
    scenario_compute(t, 100 * SIM_US);
    scenario_step(t, STEP_SLEEP)->time = (struct sim_dist){.kind = SIM_DIST_CONSTANT, .a = SIM_MS};
    alone = run(p, MODE_OFF, 0);
    cr_assert_gt(alone->host[HOST_POLL], 150 * SIM_MS);
    t = scenario_task(p);
    t->vcpu = 1;
    t->iterations = 0;
    scenario_compute(t, SIM_US);
    beside = run(p, MODE_OFF, 1);
    cr_assert_lt(beside->host[HOST_POLL], SIM_MS);
    cr_assert_gt(beside->host[HOST_GUEST_USER], 195 * SIM_MS);
    cr_assert_float_eq((double)beside->iterations[0], (double)alone->iterations[0],
                       0.1 * (double)alone->iterations[0], "it hardly waits for its CPU");
}

/* ---- against the formula ---- */

/*
 * N vCPUs that compute for an exponential time of mean 1 / mu on one of c CPUs, then wait for a
 * page for one of mean 1 / lambda, on a disk with channels for all: the machine repairman with c
 * servers. p(n), n of them at the CPUs: p(n) / p(n - 1) = (N - n + 1) lambda / (min(n, c) mu). As
 * times are exponential, time slices and pre-emption do not matter.
 */
static double busy_cpus(uint32_t vcpus, uint32_t cpus, double lambda, double mu)
{
    double p = 1, sum = 1, busy = 0;

    for (uint32_t n = 1; n <= vcpus; n++) {
        uint32_t served = n < cpus ? n : cpus;

        p *= (vcpus - n + 1) * lambda / (served * mu);
        sum += p;
        busy += p * served;
    }
    return busy / sum;
}

static struct params *repairman(uint32_t vcpus, uint32_t cpus)
{
    struct params *p = scenario();
    struct task_params *t;

    p->cost = (struct cost_params){0};
    p->guest.vcpus = vcpus;
    p->host.cpus = cpus;
    p->disk.read = exponential(200 * SIM_US);
    p->disk.channels = 64;
    p->warmup = 100 * SIM_MS;
    p->duration = 10 * SIM_SEC;
    p->walk_every = 1024;
    scenario_region(p, BACKING_SWAP, 1u << 20, 0);
    t = scenario_task(p);
    t->per_vcpu = true;
    t->iterations = 0;
    scenario_step(t, STEP_COMPUTE)->time = exponential(100 * SIM_US);
    scenario_touch(t, 0, 1)->pattern = PATTERN_SEQUENTIAL;
    return p;
}

Test(world_shared, synchronous_waits_and_shared_cpus_are_the_machine_repairman)
{
    static const uint32_t vcpus[] = {1, 3, 4, 8, 8}, cpus[] = {1, 1, 2, 2, 4};

    for (int i = 0; i < 5; i++) {
        struct params *p = repairman(vcpus[i], cpus[i]);
        const struct scenario_result *r = run(p, MODE_OFF, 0);
        double time = (double)(r->measure_end - r->measure_begin);
        double expected = busy_cpus(vcpus[i], cpus[i], 1 / 200e3, 1 / 100e3);
        double busy = (double)r->measured_user / time;

        cr_assert(busy > 0.985 * expected && busy < 1.015 * expected, "%u on %u: %f, not %f",
                  vcpus[i], cpus[i], busy, expected);
    }
}

/* ---- several guests ---- */

/* Guest 0 is what p says; the others are like it, with a vCPU each and no tasks yet. */
static void add_guests(struct params *p, uint32_t more)
{
    p->named[0] = p->guest;
    for (p->guests = 1; p->guests <= more; p->guests++) {
        p->named[p->guests] = p->guest;
        p->named[p->guests].vcpus = 1;
    }
}

/* Its task runs 1 us in 10 ms and touches nothing; the other guest does not see it. */
Test(world_shared, an_idle_guest_beside_it_changes_nothing_for_a_guest)
{
    for (int m = 0; m < MODES; m++) {
        struct params *p = memhog(2);
        const struct scenario_result *alone, *beside;
        struct task_params *t;

        p->task[1].step[0].write_ppm = 0;
        p->region[0].dirty = false;
        alone = run(p, modes[m], 0);
        add_guests(p, 1);
        t = scenario_task(p);
        t->guest = 1;
        t->iterations = 0;
        scenario_compute(t, SIM_US);
        scenario_step(t, STEP_SLEEP)->time =
            (struct sim_dist){.kind = SIM_DIST_CONSTANT, .a = 10 * SIM_MS};
        beside = run(p, modes[m], 1);
        for (uint32_t i = 0; i < 4; i++) {
            cr_assert_eq(alone->iterations[i], beside->iterations[i]);
            cr_assert_eq(alone->ran[i], beside->ran[i]);
        }
        cr_assert_gt(beside->iterations[4], 100);
        cr_assert_eq(alone->ledger[LEDGER_SYNC_BLOCKED], beside->ledger[LEDGER_SYNC_BLOCKED]);
        for (int o = 0; o < OUTCOME_COUNT; o++)
            cr_assert_eq(alone->outcomes[o], beside->outcomes[o]);
    }
}

/* Guest `guest` gets what memhog's guest has: a region, a spinner and a faulter on each vCPU. */
static void memhog_in(struct params *p, uint32_t guest)
{
    uint32_t region = scenario_region(p, BACKING_SWAP, 1024, 256);

    p->region[region].dirty = true;
    p->region[region].guest = guest;
    for (int i = 0; i < 2; i++) {
        struct task_params *t = scenario_task(p);

        *t = p->task[i];
        t->guest = guest;
        if (i)
            t->step[0].region = region;
    }
}

Test(world_shared, equal_guests_get_equal_shares_and_the_memory_limit_is_the_host_s)
{
    for (int m = 0; m < MODES; m++) {
        struct params *p = memhog(2);
        const struct scenario_result *r;
        double one, other;

        p->region[0].resident = 256 * PAGE_BYTES;
        p->host.cpus = 2;
        p->host.hz = 250;
        p->duration = 4 * SIM_SEC;
        add_guests(p, 1);
        p->named[1].vcpus = 2;
        memhog_in(p, 1);
        r = run(p, modes[m], 0);
        cr_assert_eq(r->outcome, SIM_HORIZON);
        one = (double)(r->iterations[0] + r->iterations[1]);
        other = (double)(r->iterations[4] + r->iterations[5]);
        cr_assert(one / other > 0.95 && one / other < 1.05, "%f and %f", one, other);
        cr_assert_gt(r->needed_io, 1000, "half of what both touch does not fit");
    }
}

Test(world_shared, several_guests_of_different_kinds_hold_together)
{
    for (unsigned i = 0; i < 12; i++)
        for (int m = 0; m < MODES; m++) {
            struct params *p = memhog(2);
            struct scenario_options o = {.mode = modes[m], .seed = i};
            uint64_t hash;

            p->region[0].resident = 0;
            p->warmup = 10 * SIM_MS;
            p->duration = 50 * SIM_MS;
            p->host.cpus = i % 6;
            p->host.hz = 250;
            p->host.halt_poll = i & 1 ? 100 * SIM_US : 0;
            p->host.worker_cpu = i & 2 ? WORKER_CPU_SAME : WORKER_CPU_OTHER;
            add_guests(p, 2);
            p->named[1].apf = i & 1;
            p->named[1].scheduler = GUEST_SCHED_FIFO;
            p->named[2].vcpus = 3;
            p->named[2].steal_time = i & 4;
            memhog_in(p, 2);
            memhog_in(p, 1);
            hash = scenario_run(p, &o, 0)->hash;
            cr_assert_eq(scenario_run(p, &o, 1)->hash, hash);
        }
}
