/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_world_reclaim.c - who reclaims: the thread that allocates, or kswapd between two watermarks
 *
 * A machine of 512 pages keeps 4 sqrt(2048) = 181 KiB free, 45 pages; low and high lie a quarter of
 * that above one another: 45, 56, 67.
 */
#include <criterion/criterion.h>

#include "scenario.h"
#include "watermarks.h"

enum { MEMORY = 512, HIGH = 67 };

static const struct scenario_result *run(const struct params *p, unsigned slot)
{
    return scenario_run(p, &(struct scenario_options){.mode = MODE_OFF, .seed = 1}, slot);
}

static struct params *machine(enum memory_kind kind, uint32_t resident, uint32_t touches)
{
    struct params *p = scenario();

    scenario_region(p, BACKING_ANON, 4096, resident);
    p->host.memory_kind = kind;
    p->host.memory_limit = (uint64_t)MEMORY * PAGE_BYTES;
    p->host.watermark_scale = 10;
    p->duration = SIM_SEC;
    scenario_touch(scenario_task(p), 0, touches);
    return p;
}

static struct watermarks of(uint64_t bytes, uint64_t min_free, uint32_t scale)
{
    return host_watermarks(&(struct host_params){.memory_kind = MEMORY_GLOBAL,
                                                 .memory_limit = bytes,
                                                 .min_free = min_free,
                                                 .watermark_scale = scale});
}

static void expect_marks(struct watermarks w, uint32_t min, uint32_t low, uint32_t high)
{
    cr_expect_eq(w.min, min, "min %u, not %u", w.min, min);
    cr_expect_eq(w.low, low, "low %u, not %u", w.low, low);
    cr_expect_eq(w.high, high, "high %u, not %u", w.high, high);
}

/* 8 GiB: 4 sqrt(8388608) = 11585 KiB, a thousandth of the pages is 2097. 128 KiB and 256 MiB are
 * the least and the most. */
Test(world_reclaim, watermarks_follow_from_the_size_of_memory)
{
    expect_marks(of(UINT64_C(8) << 30, 0, 10), 2896, 2896 + 2097, 2896 + 2 * 2097);
    expect_marks(of(2 << 20, 0, 10), 45, 56, 67);
    expect_marks(of(1 << 20, 0, 10), 32, 40, 48);
    expect_marks(of(UINT64_C(8) << 40, 0, 1), 65536, 65536 + 214748, 65536 + 2 * 214748);
    expect_marks(of(UINT64_C(8) << 30, 40960, 1), 10, 10 + 209, 10 + 2 * 209);
    expect_marks(host_watermarks(&(struct host_params){.memory_limit = 1 << 30}), 0, 0, 0);
}

/* Each touch takes a frame that is not free. */
Test(world_reclaim, a_cgroup_has_nobody_but_the_thread_that_allocates)
{
    const struct scenario_result *r = run(machine(MEMORY_CGROUP, MEMORY, 300), 0);

    cr_expect_eq(r->reclaimed[RECLAIMER_DIRECT], 300);
    cr_expect_eq(r->reclaimed[RECLAIMER_KSWAPD], 0);
    cr_expect_eq(r->kswapd_ns, 0);
}

/* The same touches, 7 ns of reclaim less in each exit. kswapd wakes when 56 would not be left and
 * stops when more than 67 are: it has done all but what the first of these left, or one more. */
Test(world_reclaim, kswapd_takes_reclaim_off_the_vcpu)
{
    const struct scenario_result *c = run(machine(MEMORY_CGROUP, MEMORY, 300), 0);
    const struct scenario_result *g = run(machine(MEMORY_GLOBAL, MEMORY - HIGH, 300), 1);

    cr_expect_eq(g->reclaimed[RECLAIMER_DIRECT], 0);
    cr_expect_geq(g->reclaimed[RECLAIMER_KSWAPD], 300 - 11);
    cr_expect_leq(g->reclaimed[RECLAIMER_KSWAPD], 300 + 1);
    cr_expect_eq(c->ledger[LEDGER_EXIT] - g->ledger[LEDGER_EXIT], 300 * 7);
    cr_expect_eq(g->kswapd_ns, g->reclaimed[RECLAIMER_KSWAPD] * 7);
}

/* A page takes the vCPU 1.2 us and kswapd 7 us or more: it falls behind until less than the minimum
 * is left, and then both reclaim. */
Test(world_reclaim, beneath_the_minimum_the_thread_reclaims_too)
{
    struct params *p = machine(MEMORY_GLOBAL, MEMORY - HIGH, 1000);
    const struct scenario_result *r;

    p->cost.reclaim = 7000;
    r = run(p, 0);
    cr_expect_gt(r->reclaimed[RECLAIMER_DIRECT], 200);
    cr_expect_gt(r->reclaimed[RECLAIMER_KSWAPD], 300);
    cr_expect_eq(r->kswapd_ns, r->reclaimed[RECLAIMER_KSWAPD] * 7000);
    cr_expect_null(r->broken);
}

/* Dirty pages go to a device that writes one in 100 us: kswapd waits for it, never more than a
 * batch beyond what may wait. */
Test(world_reclaim, kswapd_does_not_run_away_from_the_device)
{
    struct params *p = machine(MEMORY_GLOBAL, MEMORY - HIGH, 1500);
    const struct scenario_result *r;

    p->region[0].dirty = true;
    r = run(p, 0);
    cr_expect_eq(r->outcome, SIM_ALL_DONE);
    cr_expect_eq(r->iterations[0], 1);
    cr_expect_gt(r->reclaimed[RECLAIMER_KSWAPD], 500);
}

/* Nothing is short, nobody wakes. */
Test(world_reclaim, kswapd_sleeps_while_more_than_the_low_watermark_is_free)
{
    const struct scenario_result *r = run(machine(MEMORY_GLOBAL, MEMORY - 200, 130), 0);

    cr_expect_eq(r->reclaimed[RECLAIMER_DIRECT] + r->reclaimed[RECLAIMER_KSWAPD], 0);
    cr_expect_eq(r->kswapd_ns, 0);
}
