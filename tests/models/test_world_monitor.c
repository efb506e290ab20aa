/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_world_monitor.c - a monitor behind userfaultfd: its network, prefetching, and its lock
 *
 * The published rates are of demand_paging_test with one userfaultfd for all vCPUs (A. Moorthy,
 * 20240215235405.368539-1-amoorthy@google.com); docs/costs.md derives the costs used here.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "scenario.h"

static struct params *region(uint32_t pages)
{
    struct params *p = scenario();

    scenario_region(p, BACKING_USERFAULTFD, pages, 0);
    p->duration = SIM_SEC;
    return p;
}

static const struct scenario_result *run(const struct params *p, enum run_mode mode)
{
    return scenario_run(p, &(struct scenario_options){.mode = mode, .seed = 1}, 0);
}

/* The lines occur, in this order. */
static void expect_in_order(const struct scenario_result *r, const char *const *line)
{
    const char *at = r->text;

    for (; *line; line++) {
        const char *found = strstr(at, *line);

        cr_assert_not_null(found, "no '%s' where it should be in\n%s", *line, r->text);
        at = found;
    }
}
#define EXPECT_IN_ORDER(r, ...) expect_in_order(r, (const char *const[]){__VA_ARGS__, NULL})

/* ---- network: page 1 is asked for at 9300, page 2 at 12400; a thread takes 50000 ---- */

static struct params *two_pages(void)
{
    struct params *p = region(8);

    scenario_touch(scenario_task(p), 1, 1);
    scenario_touch(scenario_task(p), 2, 1);
    return p;
}

Test(world_monitor, a_thread_waits_for_the_round_trip)
{
    struct params *p = two_pages();

    p->monitor.network_rtt = 20000;
    EXPECT_IN_ORDER(run(p, MODE_APF), "\n79300 page 1 in\n", "\n149300 page 2 in\n");
}

Test(world_monitor, round_trips_overlap_when_requests_are_pipelined)
{
    struct params *p = two_pages();

    p->monitor.network_rtt = 20000;
    p->monitor.pipelined = true;
    EXPECT_IN_ORDER(run(p, MODE_APF), "\n79300 page 1 in\n", "\n129300 page 2 in\n");
}

/* Two threads have them at 59300 and 62400; the link takes 10000 for each. */
Test(world_monitor, the_link_carries_one_page_after_the_other)
{
    struct params *p = two_pages();

    p->monitor.parallelism = 2;
    p->monitor.bandwidth = 100000 * PAGE_BYTES;
    EXPECT_IN_ORDER(run(p, MODE_APF), "\n69300 page 1 in\n", "\n79300 page 2 in\n");
}

/* ---- prefetching ---- */

/* 64 us, and the task begins to touch later. */
Test(world_monitor, what_was_prefetched_is_there_when_it_is_touched)
{
    struct params *p = region(64);
    struct task_params *t = scenario_task(p);
    const struct scenario_result *r;

    p->monitor.prefetch = PREFETCH_SEQUENTIAL;
    p->monitor.copy = 1000;
    scenario_compute(t, 100000);
    scenario_touch(t, 0, 64);
    r = run(p, MODE_APF);
    EXPECT_IN_ORDER(r, "1000 page 0 in\n", "\n2000 page 1 in\n", "\n64000 page 63 in\n");
    scenario_expect(r, OUTCOME_RESIDENT, 64);
    cr_expect_eq(r->needed_io, 0);
}

/* The link takes 100000 a page. Page 40 is asked for while page 0 is under way, and comes behind
 * it; then 41, because its neighbour was wanted. */
Test(world_monitor, prefetching_goes_on_behind_the_page_that_was_asked_for)
{
    struct params *p = region(64);

    p->monitor.prefetch = PREFETCH_SEQUENTIAL;
    p->monitor.bandwidth = 10000 * PAGE_BYTES;
    scenario_touch(scenario_task(p), 40, 1);
    EXPECT_IN_ORDER(run(p, MODE_APF), "\n100000 page 0 in\n", "\n200000 page 40 in\n",
                    "\n300000 page 41 in\n", "\n2500000 page 63 in\n", "\n2600000 page 1 in\n");
}

/* Each page is asked for while its copy is on the link, 100000 a page: it is not sent again. */
Test(world_monitor, a_page_on_its_way_is_not_sent_again_when_it_is_asked_for)
{
    struct params *p = region(64);
    const struct scenario_result *r;

    p->monitor.prefetch = PREFETCH_SEQUENTIAL;
    p->monitor.bandwidth = 10000 * PAGE_BYTES;
    scenario_touch(scenario_task(p), 0, 64);
    r = run(p, MODE_OFF);
    EXPECT_IN_ORDER(r, "\n100000 page 0 in\n", "\n200000 page 1 in\n", "\n6400000 page 63 in\n");
    scenario_expect(r, OUTCOME_SYNC, 64);
    cr_expect_leq(r->now, 6500000);
}

Test(world_monitor, what_was_recorded_comes_in_its_order_and_nothing_else_does)
{
    struct params *p = region(64);
    struct task_params *t = scenario_task(p);
    const struct scenario_result *r;

    p->monitor.prefetch = PREFETCH_RECORDED;
    p->monitor.copy = 1000;
    scenario_touch(t, 5, 1);
    scenario_touch(t, 3, 1);
    scenario_touch(t, 9, 2);
    r = run(p, MODE_APF);
    EXPECT_IN_ORDER(r, "1000 page 5 in\n", "\n2000 page 3 in\n", "\n3000 page 9 in\n",
                    "\n4000 page 10 in\n");
    scenario_expect(r, OUTCOME_RESIDENT, 4);
    cr_expect_null(strstr(r->text, "page 0 in"));
}

/* Prefetching takes free memory only: of 40 pages 32 fit, the other 8 are asked for. */
Test(world_monitor, prefetching_ends_when_memory_is_full)
{
    struct params *p = region(40);
    struct task_params *t = scenario_task(p);
    const struct scenario_result *r;

    p->host.memory_limit = 32 * PAGE_BYTES;
    p->monitor.prefetch = PREFETCH_SEQUENTIAL;
    p->monitor.copy = 1000;
    scenario_compute(t, 100000);
    r = run(p, MODE_APF);
    EXPECT_IN_ORDER(r, "\n32000 page 31 in\n");
    cr_expect_null(strstr(r->text, "page 32 in"));
    cr_expect_eq(r->reclaimed[RECLAIMER_DIRECT], 0);
}

/* ---- snapshot restore: every page from the monitor, once ---- */

enum { RESTORED = 400, SERVICE = 50000 };

/* Tasks that share the pages; each loop computes and touches one that nobody has touched. */
static struct params *restore(uint32_t tasks)
{
    struct params *p = region(RESTORED);

    for (uint32_t i = 0; i < tasks; i++) {
        struct task_params *t = scenario_task(p);

        scenario_compute(t, 1000);
        scenario_touch(t, i * (RESTORED / tasks), 1)->pages = RESTORED / tasks;
    }
    return p;
}

/* Nobody is quicker than the monitor; with several tasks waiting it never has to wait for one, but
 * at the begin and the end. */
Test(world_monitor, restoring_takes_at_least_pages_times_service)
{
    for (int mode = MODE_OFF; mode <= MODE_APF; mode++) {
        const struct scenario_result *r = run(restore(8), (enum run_mode)mode);

        cr_expect_eq(r->outcome, SIM_ALL_DONE);
        cr_expect_geq(r->now, RESTORED * SERVICE);
    }
    cr_expect_leq(run(restore(8), MODE_APF)->now, RESTORED * SERVICE * 101 / 100);
    cr_expect_geq(run(restore(8), MODE_OFF)->now, RESTORED * SERVICE * 105 / 100);
}

/* ---- the lock of one userfaultfd ---- */

/* vCPUs that touch new pages, each its own, and wait in their threads. Faults a second, of all. */
static double rate(uint32_t vcpus, enum userfaultfd userfaultfd)
{
    struct params *p = scenario();
    const struct scenario_result *r;
    uint64_t done = 0;

    p->cost = (struct cost_params){.exit = 500, .fault = 500, .sync_fault = 1080, .touch = 100};
    p->guest.vcpus = vcpus;
    p->duration = 20 * SIM_MS;
    p->walk_every = 0;
    p->monitor.latency.a = 0;
    p->monitor.parallelism = vcpus;
    p->monitor.userfaultfd = userfaultfd;
    p->monitor.lock_hold = 4490;
    p->monitor.lock_per_waiter = 91;
    scenario_region(p, BACKING_USERFAULTFD, vcpus * 4096, 0);
    p->tasks = 1;
    p->task[0] = (struct task_params){.count = 1, .per_vcpu = true, .vcpu = -1};
    scenario_touch(&p->task[0], 0, 1)->pattern = PATTERN_SEQUENTIAL;
    r = run(p, MODE_OFF);
    for (uint32_t i = 0; i < vcpus; i++)
        done += r->iterations[i];
    return (double)done * 1e9 / (double)r->now;
}

/* Shape, not a fit: the constants come from the first point, the peak and the last two. */
Test(world_monitor, one_userfaultfd_gets_slower_when_too_many_wait)
{
    static const struct {
        uint32_t vcpus;
        double published;
    } rows[] = {{1, 150e3},  {2, 191e3},  {4, 210e3}, {8, 155e3},
                {16, 130e3}, {32, 108e3}, {64, 86e3}};
    double before = 0;

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double x = rate(rows[i].vcpus, USERFAULTFD_SHARED);

        cr_log_info("%u vCPUs: %.0f a second, published %.0f", rows[i].vcpus, x, rows[i].published);
        cr_expect_float_eq(x, rows[i].published, (i ? 0.35 : 0.1) * rows[i].published,
                           "%u vCPUs: %.0f", rows[i].vcpus, x);
        if (i == 1)
            cr_expect_gt(x, before, "it rises");
        if (i >= 2)
            cr_expect_lt(x, before, "and falls");
        before = x;
    }
}

Test(world_monitor, a_userfaultfd_for_each_vcpu_has_no_lock_to_wait_for)
{
    double one = rate(1, USERFAULTFD_PER_VCPU);

    cr_expect_float_eq(rate(8, USERFAULTFD_PER_VCPU), 8 * one, 0.02 * 8 * one);
}
