/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_page_cache.c - exact hit ratios, a naive LRU beside ours, and the walk under random use
 *
 * Sources of expected values: uniform and cyclic references by counting; LRU under independent
 * references: King 1971 (exact), Che, Tung, Wang 2002 (large n).
 */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "page_rig.h"

static double hit_ratio(const struct rig *r)
{
    return (double)r->hits / (double)r->touches;
}

static void forget(struct rig *r)
{
    r->touches = r->hits = 0;
}

/* ---- exact hit ratios ---- */

static double cyclic(enum reclaim_policy policy, uint32_t n, uint32_t limit, uint32_t turns)
{
    struct rig r = rig_new(n, limit, policy);
    double ratio;

    for (uint32_t i = 0; i < 20 * n; i++)
        rig_touch(&r, i % n);
    forget(&r);
    for (uint32_t i = 0; i < turns * n; i++)
        rig_touch(&r, i % n);
    ratio = hit_ratio(&r);
    rig_free(&r);
    return ratio;
}

Test(page_cache, a_cyclic_scan_never_hits_lru_and_hits_mru_as_often_as_can_be)
{
    cr_expect_eq(cyclic(RECLAIM_LRU, 200, 100, 100), 0.0);
    cr_expect_eq(cyclic(RECLAIM_CLOCK, 200, 100, 100), 0.0, "first in, first out");
    /* (C - 1) / (n - 1): the pattern of hits repeats after n (n - 1) touches. */
    cr_expect_float_eq(cyclic(RECLAIM_MRU, 200, 100, 199), 99.0 / 199.0, 1e-9);
    cr_expect_float_eq(cyclic(RECLAIM_RANDOM, 200, 100, 5000), 0.2026, 0.003);
}

static double uniform(enum reclaim_policy policy, uint32_t n, uint32_t limit)
{
    struct rig r = rig_new(n, limit, policy);
    struct sim_rng rng;
    double ratio;

    sim_rng_init(&rng, 7, SIM_STREAM_PATTERN, 0);
    for (uint32_t i = 0; i < 20 * n; i++)
        rig_touch(&r, (uint32_t)sim_rng_below(&rng, n));
    forget(&r);
    for (uint32_t i = 0; i < 400000; i++)
        rig_touch(&r, (uint32_t)sim_rng_below(&rng, n));
    ratio = hit_ratio(&r);
    rig_free(&r);
    return ratio;
}

Test(page_cache, uniform_references_hit_as_often_as_memory_is_large_whatever_the_policy)
{
    for (int policy = 0; policy < RECLAIMS; policy++) {
        cr_expect_float_eq(uniform((enum reclaim_policy)policy, 1000, 300), 0.3, 0.004);
        cr_expect_float_eq(uniform((enum reclaim_policy)policy, 64, 48), 0.75, 0.004);
    }
}

static double lru_zipf(uint32_t n, uint32_t limit, double exponent, uint32_t touches)
{
    struct rig r = rig_new(n, limit, RECLAIM_LRU);
    double *upto = calloc(n, sizeof *upto), sum = 0, ratio;
    struct sim_rng rng;

    for (uint32_t i = 0; i < n; i++)
        upto[i] = sum += pow(i + 1.0, -exponent);
    sim_rng_init(&rng, 11, SIM_STREAM_PATTERN, 0);
    for (uint32_t i = 0; i < 2 * touches; i++) {
        double u = (double)(sim_rng_u64(&rng) >> 11) * 0x1p-53 * sum;
        uint32_t low = 0, high = n - 1;

        while (low < high) {
            uint32_t middle = (low + high) / 2;

            if (u < upto[middle])
                high = middle;
            else
                low = middle + 1;
        }
        if (i == touches)
            forget(&r);
        rig_touch(&r, low);
    }
    ratio = hit_ratio(&r);
    free(upto);
    rig_free(&r);
    return ratio;
}

Test(page_cache, lru_under_zipf_references_hits_as_king_and_che_computed)
{
    cr_expect_float_eq(lru_zipf(5, 2, 1.0, 1000000), 0.518885, 0.002);
    cr_expect_float_eq(lru_zipf(8, 4, 1.0, 1000000), 0.662602, 0.002);
    cr_expect_float_eq(lru_zipf(10000, 1000, 0.8, 400000), 0.436660, 0.003);
    cr_expect_float_eq(lru_zipf(10000, 1000, 1.0, 400000), 0.675602, 0.003);
}

/* ---- exact order ---- */

struct naive {
    uint32_t page[64], count, limit;
};

/* The victim, PAGE_NONE without one. page[0] is the most recent. */
static uint32_t naive_touch(struct naive *n, uint32_t page, bool *ret_hit)
{
    uint32_t i = 0, victim = PAGE_NONE;

    while (i < n->count && n->page[i] != page)
        i++;
    *ret_hit = i < n->count;
    if (!*ret_hit && n->count == n->limit)
        victim = n->page[i = --n->count];
    n->count += !*ret_hit;
    memmove(&n->page[1], &n->page[0], i * sizeof n->page[0]);
    n->page[0] = page;
    return victim;
}

Test(page_cache, lru_agrees_with_a_naive_one_touch_by_touch)
{
    struct rig r = rig_new(100, 64, RECLAIM_LRU);
    struct naive n = {.limit = 64};
    struct sim_rng rng;

    sim_rng_init(&rng, 3, SIM_STREAM_PATTERN, 0);
    for (uint32_t i = 0; i < 1000000; i++) {
        uint32_t page = (uint32_t)sim_rng_below(&rng, 1 + sim_rng_below(&rng, 100)), victim;
        bool hit;

        victim = naive_touch(&n, page, &hit);
        cr_assert_eq(rig_touch(&r, page), hit, "touch %u", i);
        cr_assert_eq(r.victim, victim, "touch %u", i);
    }
    cr_expect_gt(r.hits, 100000);
    cr_expect_gt(r.touches - r.hits, 100000);
    rig_free(&r);
}

/* ---- random use of everything, walked ---- */

enum { PAGES = 96, FRAMES = 40 };

struct shadow {
    enum page_state state[PAGES];
    bool dirty[PAGES], ever[PAGES], readahead[PAGES];
    uint32_t frames, written_back, written;
};

static void shadow_reclaim(struct rig *r, struct shadow *s, uint32_t keep)
{
    bool dirty;
    uint32_t page = page_cache_reclaim(r->pc, keep, &dirty);

    if (page == PAGE_NONE) {
        for (uint32_t i = 0; i < PAGES; i++)
            cr_assert(i == keep || s->state[i] < PAGE_CACHED, "page %u could go", i);
        return;
    }
    cr_assert_neq(page, keep);
    cr_assert_geq(s->state[page], PAGE_CACHED);
    cr_assert_eq(dirty, s->dirty[page]);
    s->written_back += dirty;
    s->state[page] = PAGE_ABSENT;
    s->dirty[page] = s->readahead[page] = false;
    s->frames--;
}

static void shadow_advance(struct rig *r, struct shadow *s, uint32_t page, uint64_t coin)
{
    bool write = coin & 1;

    switch (s->state[page]) {
    case PAGE_ABSENT:
        if (!page_cache_has_room(r->pc, 1))
            return;
        if (coin & 2) {
            page_make(r->pc, page);
            s->state[page] = PAGE_RESIDENT;
        } else {
            page_begin_read(r->pc, page, UINT32_MAX - page);
            s->state[page] = PAGE_IN_FLIGHT;
        }
        s->ever[page] = true;
        s->frames++;
        return;
    case PAGE_IN_FLIGHT:
        cr_assert_eq(page_cookie(r->pc, page), UINT32_MAX - page);
        page_end_read(r->pc, page, coin & 2);
        s->readahead[page] = coin & 2;
        s->state[page] = PAGE_CACHED;
        return;
    case PAGE_CACHED:
        if (coin & 2) {
            page_set_resident(r->pc, page);
            s->state[page] = PAGE_RESIDENT;
            return;
        } /* fall through */
    case PAGE_RESIDENT:
        page_map(r->pc, page, write);
        s->state[page] = PAGE_MAPPED;
        break;
    case PAGE_MAPPED:
        cr_assert(page_touch(r->pc, page, write));
        break;
    }
    s->written += write && !s->dirty[page];
    s->dirty[page] |= write;
}

static void shadow_compare(const struct rig *r, const struct shadow *s)
{
    uint32_t dirty = 0;

    for (uint32_t i = 0; i < PAGES; i++) {
        cr_assert_eq(page_state(r->pc, i), s->state[i]);
        cr_assert_eq(page_dirty(r->pc, i), s->dirty[i]);
        cr_assert_eq(page_touched_once(r->pc, i), s->ever[i]);
        dirty += s->dirty[i];
    }
    cr_assert_eq(page_cache_resident(r->pc), s->frames);
    cr_assert_leq(s->frames, FRAMES);
    cr_assert_eq(s->written, s->written_back + dirty, "a dirty page was lost");
    cr_assert_null(page_cache_broken(r->pc), "%s", page_cache_broken(r->pc));
}

Test(page_cache, random_use_keeps_every_property_and_loses_no_dirty_page)
{
    for (int policy = 0; policy < RECLAIMS; policy++) {
        struct rig r = rig_new(PAGES, FRAMES, (enum reclaim_policy)policy);
        struct shadow s = {0};
        struct sim_rng rng;

        sim_rng_init(&rng, 5, SIM_STREAM_PATTERN, (uint64_t)policy);
        for (uint32_t i = 0; i < 60000; i++) {
            uint64_t coin = sim_rng_u64(&rng) >> 8;
            uint32_t page = (uint32_t)sim_rng_below(&rng, PAGES);

            if (coin % 11 == 0 || !page_cache_has_room(r.pc, 1))
                shadow_reclaim(&r, &s, page);
            if (coin % 13 == 0) {
                cr_assert_eq(page_take_readahead_mark(r.pc, page), s.readahead[page]);
                s.readahead[page] = false;
            }
            shadow_advance(&r, &s, page, coin >> 16);
            if (i % 8 == 0)
                shadow_compare(&r, &s);
        }
        cr_expect_gt(s.written_back, 1000);
        rig_free(&r);
    }
}

Test(page_cache, the_walk_finds_a_link_that_was_bent)
{
    struct rig r = rig_new(8, 0, RECLAIM_LRU);
    uint64_t *word = ((struct page_cache_hot *)(void *)r.pc)->word, good;

    for (uint32_t i = 0; i < 4; i++)
        rig_touch(&r, i);
    for (unsigned bit = 0; bit < 64; bit++) {
        if (bit == 57 || bit == 58 || bit == 59 || bit == 60)
            continue; /* referenced, read-ahead, dirty, accessed: legal either way */
        good = word[2];
        word[2] ^= UINT64_C(1) << bit;
        if (word[2] >> 61 < 6 && (word[2] ^ good) >> 61 != 1)
            cr_expect_not_null(page_cache_broken(r.pc), "bit %u", bit);
        word[2] = good;
    }
    rig_free(&r);
}

/* ---- who goes ---- */

Test(page_cache, two_list_gives_a_page_that_is_used_again_a_second_chance)
{
    struct rig r = rig_new(8, 0, RECLAIM_TWO_LIST);

    for (uint32_t i = 0; i < 4; i++)
        rig_touch(&r, i);
    cr_expect_eq(take(&r, PAGE_NONE), 0, "all were touched once: the oldest goes");
    rig_touch(&r, 1);
    cr_expect_eq(take(&r, PAGE_NONE), 2, "1 was used again and is promoted");
    cr_expect_eq(take(&r, PAGE_NONE), 3);
    cr_expect_eq(page_state(r.pc, 1), PAGE_MAPPED);
    cr_expect_eq(take(&r, PAGE_NONE), 1, "nothing else is left");
    cr_expect_eq(take(&r, PAGE_NONE), PAGE_NONE);
    rig_free(&r);
}

Test(page_cache, two_list_makes_a_page_active_that_comes_back_soon)
{
    struct rig r = rig_new(64, 0, RECLAIM_TWO_LIST);

    for (uint32_t i = 0; i < 20; i++)
        rig_touch(&r, i);
    cr_expect_eq(take(&r, PAGE_NONE), 0);
    for (uint32_t i = 1; i < 10; i++)
        rig_touch(&r, i);
    cr_expect_eq(take(&r, PAGE_NONE), 10, "1 to 9 are active now");
    rig_touch(&r, 10);
    for (uint32_t i = 11; i < 20; i++)
        cr_expect_eq(take(&r, PAGE_NONE), i);
    cr_expect_eq(page_state(r.pc, 10), PAGE_MAPPED, "one eviction ago is within nine active pages");
    rig_free(&r);
}

/* A hot set of 40 pages beside a scan that never returns: first half a page of it, then three, for
 * each touch of the hot set. Memory holds 100, so 160 pages lie between two touches. */
static double hot_hits(enum reclaim_policy policy)
{
    struct rig r = rig_new(100000, 100, policy);
    uint32_t scan = 40, hot = 0, i;
    double ratio;

    for (i = 0; i < 4000; i++) {
        rig_touch(&r, i % 40);
        if (i % 2)
            rig_touch(&r, scan++);
    }
    for (i = 0; i < 30000; i++) {
        hot += rig_touch(&r, i % 40);
        for (int n = 0; n < 3; n++)
            rig_touch(&r, scan++);
    }
    ratio = (double)hot / i;
    rig_free(&r);
    return ratio;
}

Test(page_cache, two_list_protects_a_hot_set_from_a_scan)
{
    cr_expect_gt(hot_hits(RECLAIM_TWO_LIST), 0.99);
    cr_expect_lt(hot_hits(RECLAIM_LRU), 0.01);
}

Test(page_cache, keep_and_pages_in_flight_are_never_taken)
{
    for (int policy = 0; policy < RECLAIMS; policy++) {
        struct rig r = rig_new(4, 0, (enum reclaim_policy)policy);

        cr_expect_eq(take(&r, PAGE_NONE), PAGE_NONE);
        page_begin_read(r.pc, 0, 1);
        cr_expect_eq(take(&r, PAGE_NONE), PAGE_NONE);
        rig_touch(&r, 1);
        cr_expect_eq(take(&r, 1), PAGE_NONE);
        cr_expect_eq(take(&r, 0), 1);
        rig_touch(&r, 2);
        rig_touch(&r, 3);
        cr_expect_eq(take(&r, 3), 2);
        cr_expect_eq(page_cache_resident(r.pc), 2);
        rig_free(&r);
    }
}

Test(page_cache, mru_leaves_a_page_alone_that_was_read_and_not_touched_yet)
{
    struct rig r = rig_new(4, 0, RECLAIM_MRU);

    rig_touch(&r, 0);
    rig_touch(&r, 1);
    page_begin_read(r.pc, 2, 0);
    page_end_read(r.pc, 2, false);
    cr_expect_eq(take(&r, PAGE_NONE), 1);
    cr_expect_eq(take(&r, PAGE_NONE), 0);
    page_map(r.pc, 2, false);
    rig_touch(&r, 3);
    cr_expect_eq(take(&r, PAGE_NONE), 3);
    rig_free(&r);
}

/* ---- the rest ---- */

Test(page_cache, only_mapped_pages_are_hit_and_only_writes_make_dirty)
{
    struct rig r = rig_new(4, 2, RECLAIM_TWO_LIST);

    cr_expect_not(page_touch(r.pc, 0, true));
    cr_expect_not(page_touched_once(r.pc, 0));
    page_make(r.pc, 0);
    cr_expect_not(page_touch(r.pc, 0, true));
    page_map(r.pc, 0, false);
    cr_expect_not(page_dirty(r.pc, 0));
    cr_expect(page_touch(r.pc, 0, false));
    cr_expect_not(page_dirty(r.pc, 0));
    cr_expect(page_touch(r.pc, 0, true));
    cr_expect(page_dirty(r.pc, 0));
    cr_expect(page_cache_has_room(r.pc, 1));
    cr_expect_not(page_cache_has_room(r.pc, 2));
    page_populate(r.pc, 3, true);
    cr_expect(page_dirty(r.pc, 3) && page_touched_once(r.pc, 3));
    cr_expect_not(page_cache_has_room(r.pc, 1));
    cr_expect_eq(page_cache_limit(r.pc), 2);
    rig_free(&r);
}

Test(page_cache, a_read_of_a_page_that_is_not_in_flight_cannot_end, .signal = SIGABRT)
{
    struct rig r = rig_new(4, 2, RECLAIM_LRU);

    page_end_read(r.pc, 1, false);
}

Test(page_cache, a_page_costs_eight_bytes_and_a_terabyte_fits)
{
    struct sim *sim = sim_create(1, 1);
    struct page_cache *pc = page_cache_create(sim, PAGE_PAGES_MAX, 0, RECLAIM_LRU, 1);

    cr_expect_eq(page_cache_bytes_per_page(), 8);
    cr_assert_not_null(pc);
    bring(pc, 0, false);
    bring(pc, PAGE_PAGES_MAX - 1, true);
    cr_expect(page_touch(pc, 0, false));
    cr_expect_eq(page_cache_reclaim(pc, PAGE_NONE, &(bool){false}), PAGE_PAGES_MAX - 1);
    page_cache_destroy(pc);
    cr_expect_null(page_cache_create(sim, PAGE_PAGES_MAX + 1, 0, RECLAIM_LRU, 1));
    sim_destroy(sim);
}

struct counter {
    struct sim_observer o;
    uint32_t in, out, dirty;
};

static void count(struct sim_observer *self, const struct sim_note *n)
{
    struct counter *c = (struct counter *)self;

    c->in += n->kind == NOTE_PAGE_IN;
    c->out += n->kind == NOTE_PAGE_OUT;
    c->dirty += n->kind == NOTE_PAGE_OUT && n->b;
}

Test(page_cache, every_page_that_comes_or_goes_is_noted)
{
    struct rig r = rig_new(50, 20, RECLAIM_RANDOM);
    struct counter c = {
        .o = {.note = count, .kinds = SIM_NOTE_BIT(NOTE_PAGE_IN) | SIM_NOTE_BIT(NOTE_PAGE_OUT)}};

    sim_observe(r.sim, &c.o);
    for (uint32_t i = 0; i < 1000; i++)
        rig_touch(&r, i * 7 % 50);
    cr_expect_eq(c.in, r.touches - r.hits);
    cr_expect_eq(c.in - c.out, 20);
    cr_expect_eq(c.dirty, 0);
    rig_free(&r);
}

/* One touch after the other, or many at once; made resident one by one, or in a run. */
Test(page_cache, runs_of_pages_are_the_same_as_one_by_one)
{
    for (int policy = 0; policy < RECLAIMS; policy++)
        for (uint32_t n = 0; n < 70; n += 1 + n / 3) {
            struct rig a = rig_new(80, 80, policy), b = rig_new(80, 80, policy);
            uint32_t touch[64], hits = 0;
            struct sim_rng r;
            bool dirty[2];

            for (uint32_t i = 0; i < n; i++)
                page_populate(a.pc, 5 + i, true);
            page_populate_run(b.pc, 5, n, true, true);
            page_populate(a.pc, 0, false);
            page_populate_run(b.pc, 0, 1, false, true);
            sim_rng_init(&r, 1, SIM_STREAM_PATTERN, n);
            for (uint32_t i = 0; i < 64; i++)
                touch[i] = (uint32_t)sim_rng_below(&r, n + 10) | (i % 3 ? 0 : PAGE_TOUCH_WRITE);
            while (hits < 64 && page_touch(a.pc, touch[hits] & ~PAGE_TOUCH_WRITE,
                                           touch[hits] & PAGE_TOUCH_WRITE))
                hits++;
            cr_assert_eq(page_touch_run(b.pc, touch, 64), hits);
            for (uint32_t i = 0; i < n + 2; i++) {
                uint32_t page = page_cache_reclaim(a.pc, PAGE_NONE, &dirty[0]);

                cr_assert_eq(page_cache_reclaim(b.pc, PAGE_NONE, &dirty[1]), page);
                cr_assert_eq(dirty[0], dirty[1]);
                cr_assert_null(page_cache_broken(b.pc), "%s", page_cache_broken(b.pc));
            }
            rig_free(&a);
            rig_free(&b);
        }
}
