/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_world_zswap.c - a pool of compressed pages in front of the swap device
 *
 * 100 frames, pages that compress 4 to 1, and a pool of at most a fifth: 20 frames, which
 * the 77th page begins. It accepts again at 16 frames (80 %), 64 pages.
 */
#include <criterion/criterion.h>

#include "scenario.h"

enum { FRAMES = 100, POOL = 77, ACCEPTED = 64 };

/* All of memory is dirty pages of the region, the last `FRAMES`. */
static struct params *machine(uint32_t pages)
{
    struct params *p = scenario();

    scenario_region(p, BACKING_ZSWAP, pages, FRAMES);
    p->region[0].dirty = true;
    p->duration = SIM_SEC;
    p->host.memory_limit = FRAMES * PAGE_BYTES;
    p->host.zswap_max_pool_ppm = PPM / 5;
    p->host.zswap_accept_ppm = PPM / 5 * 4;
    p->host.zswap_ratio_milli = 4000;
    return p;
}

static const struct scenario_result *run(const struct params *p)
{
    return scenario_run(p, &(struct scenario_options){.mode = MODE_APF, .seed = 1}, 0);
}

/* Ten pages come from the device; each takes a frame, and the pool one for four: thirteen leave. */
Test(world_zswap, what_is_evicted_is_compressed_and_not_written)
{
    struct params *p = machine(1000);
    const struct scenario_result *r;

    scenario_touch(scenario_task(p), 0, 10);
    r = run(p);
    cr_expect_eq(r->zswap[ZSWAP_STORED], 13 + 1, "%lu", r->zswap[ZSWAP_STORED]);
    cr_expect_eq(r->zswap[ZSWAP_REFUSED], 0);
    cr_expect_eq(r->read_count, 10);
    scenario_expect(r, OUTCOME_DELIVERED, 10);
}

/* The pages that left first are the first of those that were resident. */
Test(world_zswap, a_page_in_the_pool_comes_inline_and_one_on_the_device_is_delivered)
{
    struct params *p = machine(1000);
    const struct scenario_result *r;

    scenario_touch(scenario_task(p), 0, 10);
    scenario_touch(&p->task[0], 1000 - FRAMES, 10);
    r = run(p);
    scenario_expect(r, OUTCOME_DELIVERED, 10);
    scenario_expect(r, OUTCOME_INLINE, 10);
    scenario_expect_why(r, APF_WHY_INLINE_ZSWAP, 10);
    cr_expect_eq(r->zswap[ZSWAP_LOADED], 10);
    cr_expect_eq(r->read_count, 10);
}

/* It has left the pool, so that its eviction stores it again although nobody has written it. */
Test(world_zswap, a_page_that_was_loaded_is_dirty)
{
    struct params *p = machine(1000);
    const struct scenario_result *r;
    uint64_t stored;

    scenario_touch(scenario_task(p), 0, 10);
    stored = run(p)->zswap[ZSWAP_STORED];
    for (int turn = 0; turn < 6; turn++)
        scenario_touch(&p->task[0], 1000 - 40, 40)->write_ppm = 0;
    p->host.reclaim = RECLAIM_MRU; /* what came last goes first, and is asked for again */
    r = run(p);
    cr_expect_gt(r->zswap[ZSWAP_LOADED], 20);
    cr_expect_eq(r->zswap[ZSWAP_REFUSED], 0);
    cr_expect_gt(r->zswap[ZSWAP_STORED], stored + 10);
}

/* Reads are slow, so that the shrinker is done before the next page: the pool refuses one, is
 * emptied from 77 pages to 64, and fills again. */
Test(world_zswap, a_full_pool_refuses_and_is_written_back_to_the_threshold)
{
    struct params *p = machine(1000);
    const struct scenario_result *r;

    p->duration = 10 * SIM_SEC;
    scenario_touch(scenario_task(p), 0, 90);
    r = run(p);
    cr_expect_gt(r->zswap[ZSWAP_REFUSED], 0);
    cr_expect_eq(r->zswap[ZSWAP_WRITTEN_BACK] % (POOL - ACCEPTED), 0, "%lu",
                 r->zswap[ZSWAP_WRITTEN_BACK]);
    cr_expect_eq(r->zswap[ZSWAP_WRITTEN_BACK] / (POOL - ACCEPTED), r->zswap[ZSWAP_REFUSED],
                 "one refusal, one emptying");
}

Test(world_zswap, a_pool_of_no_size_is_plain_swap)
{
    struct params *p = machine(1000), *q;
    const struct scenario_result *z, *s;

    p->host.zswap_max_pool_ppm = 0;
    scenario_touch(scenario_task(p), 0, 30);
    z = scenario_run(p, &(struct scenario_options){.mode = MODE_APF, .seed = 1}, 0);
    q = machine(1000);
    q->region[0].backing = BACKING_SWAP;
    scenario_touch(scenario_task(q), 0, 30);
    s = scenario_run(q, &(struct scenario_options){.mode = MODE_APF, .seed = 1}, 1);
    cr_expect_eq(z->zswap[ZSWAP_STORED], 0);
    cr_expect_eq(z->zswap[ZSWAP_REFUSED], 30);
    cr_expect_str_eq(z->text, s->text);
}
