/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_page_policies.c - clock, two-list and multi-gen LRU, pages that come back, pages that never
 * leave
 */
#include <criterion/criterion.h>
#include <string.h>

#include "page_rig.h"

/* ---- clock ---- */

Test(page_policies, clock_passes_a_page_that_was_used_once)
{
    struct rig r = rig_new(8, 0, RECLAIM_CLOCK);

    for (uint32_t i = 0; i < 4; i++)
        rig_touch(&r, i);
    cr_expect_eq(take(&r, PAGE_NONE), 0, "all were used: once round, and the oldest goes");
    rig_touch(&r, 1);
    cr_expect_eq(take(&r, PAGE_NONE), 2, "1 was used since the hand came by");
    cr_expect_eq(take(&r, 3), 1, "and once only");
    cr_expect_eq(take(&r, 3), PAGE_NONE);
    cr_expect_eq(take(&r, PAGE_NONE), 3);
    rig_free(&r);
}

/* ---- two-list ---- */

enum { ACTIVE, INACTIVE };

/* The lists as arrays, [0] is the front; each page that is looked at is moved there and then. */
struct naive {
    uint32_t page[2][32], n[2], turned;
    bool accessed[1000], referenced[1000];
};

static uint32_t naive_pop(struct naive *n, int list)
{
    return n->page[list][--n->n[list]];
}

static void naive_push(struct naive *n, int list, uint32_t page)
{
    memmove(&n->page[list][1], &n->page[list][0], n->n[list]++ * sizeof page);
    n->page[list][0] = page;
}

static uint32_t naive_shrink_inactive(struct naive *n, uint32_t keep)
{
    bool active = false;

    for (uint32_t left = n->n[INACTIVE]; left; left--) {
        uint32_t page = naive_pop(n, INACTIVE);

        if (page != keep && !n->accessed[page])
            return page;
        naive_push(n, page != keep && n->referenced[page] ? ACTIVE : INACTIVE, page);
        active |= page != keep && n->referenced[page];
        n->referenced[page] |= page != keep;
        n->accessed[page] &= page == keep;
    }
    n->turned += active && n->n[INACTIVE] > 1;
    return PAGE_NONE;
}

static uint32_t naive_take(struct naive *n, uint32_t keep)
{
    uint32_t page = PAGE_NONE;

    for (int round = 0; round < 3 && page == PAGE_NONE; round++) {
        for (int i = 0; i < 32 && n->n[INACTIVE] < n->n[ACTIVE]; i++) {
            page = naive_pop(n, ACTIVE);
            n->accessed[page] = false;
            naive_push(n, INACTIVE, page);
        }
        page = naive_shrink_inactive(n, keep);
    }
    return page;
}

/* No page comes back, so that only use makes one active. Rounds in which all were used, some for
 * the second time, must be there: their rest goes to the front as well. */
Test(page_policies, two_list_agrees_with_lists_that_are_moved_page_by_page)
{
    struct sim_rng rng;
    uint32_t turned = 0;

    sim_rng_init(&rng, 5, SIM_STREAM_PATTERN, 0);
    for (uint32_t run = 0; run < 200; run++) {
        struct rig r = rig_new(1000, 0, RECLAIM_TWO_LIST);
        struct naive n = {.turned = 0};
        uint32_t frames = 3 + run % 13;

        for (uint32_t page = 0; page < 1000; page++) {
            uint32_t keep = PAGE_NONE;

            for (int list = 0; list < 2; list++)
                for (uint32_t i = 0; i < n.n[list]; i++)
                    if (sim_rng_below(&rng, 10) < 4 + run % 6) {
                        keep = sim_rng_below(&rng, 4) ? keep : n.page[list][i];
                        n.accessed[n.page[list][i]] = true;
                        cr_assert(rig_touch(&r, n.page[list][i]));
                    }
            if (page >= frames)
                cr_assert_eq(take(&r, keep), naive_take(&n, keep), "run %u page %u", run, page);
            cr_assert(!rig_touch(&r, page));
            naive_push(&n, INACTIVE, page);
            n.accessed[page] = true;
        }
        turned += n.turned;
        rig_free(&r);
    }
    cr_expect_gt(turned, 100);
}

/* ---- mglru ---- */

/* All are in the youngest generation, which is more than a half: aged twice, until four lie before
 * it; the walk clears every accessed bit. */
Test(page_policies, mglru_takes_the_oldest_generation_from_its_tail)
{
    struct rig r = rig_new(256, 0, RECLAIM_MGLRU);

    for (uint32_t i = 0; i < 100; i++)
        rig_touch(&r, i);
    for (uint32_t i = 0; i < 10; i++)
        cr_expect_eq(take(&r, PAGE_NONE), i);
    rig_free(&r);
}

/* Page 50 was used after the aging: it and what was used within 32 pages of it are young again. */
Test(page_policies, mglru_looks_around_a_page_that_was_used)
{
    struct rig r = rig_new(256, 0, RECLAIM_MGLRU);

    for (uint32_t i = 0; i < 200; i++)
        rig_touch(&r, i);
    cr_expect_eq(take(&r, PAGE_NONE), 0);
    rig_touch(&r, 1);
    rig_touch(&r, 20);
    rig_touch(&r, 100);
    cr_expect_eq(take(&r, PAGE_NONE), 2, "1 is young again");
    for (uint32_t i = 3; i < 20; i++)
        cr_expect_eq(take(&r, PAGE_NONE), i);
    cr_expect_eq(take(&r, PAGE_NONE), 21, "20 was found when 1 was looked at");
    for (uint32_t i = 22; i < 100; i++)
        cr_expect_eq(take(&r, PAGE_NONE), i);
    cr_expect_eq(take(&r, PAGE_NONE), 101, "100 is found by itself");
    rig_free(&r);
}

/* ---- pages that stay, and frames of others ---- */

Test(page_policies, an_unevictable_page_is_never_taken_and_may_have_no_frame)
{
    for (int policy = 0; policy < RECLAIMS; policy++) {
        struct rig r = rig_new(16, 8, (enum reclaim_policy)policy);

        page_make_unevictable(r.pc, 0, true);
        page_make_unevictable(r.pc, 1, false);
        page_map(r.pc, 0, true);
        page_map(r.pc, 1, false);
        rig_touch(&r, 2);
        cr_expect_eq(page_cache_resident(r.pc), 2, "0 and 2");
        for (int i = 0; i < 3; i++)
            cr_expect(page_touch(r.pc, 0, false) && page_touch(r.pc, 1, true));
        cr_expect_null(page_cache_broken(r.pc), "%s", page_cache_broken(r.pc));
        cr_expect_eq(take(&r, PAGE_NONE), 2);
        cr_expect_eq(take(&r, PAGE_NONE), PAGE_NONE);
        cr_expect_eq(page_cache_resident(r.pc), 1);
        rig_free(&r);
    }
}

Test(page_policies, reserved_frames_are_within_the_limit)
{
    struct rig r = rig_new(16, 8, RECLAIM_LRU);

    page_make(r.pc, 0);
    page_cache_reserve(r.pc, 5);
    cr_expect(page_cache_has_room(r.pc, 2));
    cr_expect_not(page_cache_has_room(r.pc, 3));
    page_cache_reserve(r.pc, 0);
    cr_expect(page_cache_has_room(r.pc, 7));
    rig_free(&r);
}

Test(page_policies, a_page_without_another_copy_is_dirty_when_it_is_made)
{
    struct rig r = rig_new(4, 0, RECLAIM_LRU);
    bool dirty;

    page_make_dirty(r.pc, 1);
    page_map(r.pc, 1, false);
    cr_expect_eq(page_cache_reclaim(r.pc, PAGE_NONE, &dirty), 1);
    cr_expect(dirty);
    rig_free(&r);
}

/* ---- pages that come back ---- */

struct refaults {
    struct sim_observer observer;
    uint64_t count, recent, distance;
};

static void hear_refault(struct sim_observer *self, const struct sim_note *n)
{
    struct refaults *f = (struct refaults *)(void *)self;

    f->count++;
    f->recent += n->c;
    f->distance = n->b;
}

static void hear_refaults(struct rig *r, struct refaults *f)
{
    *f = (struct refaults){
        .observer = {.note = hear_refault, .kinds = SIM_NOTE_BIT(NOTE_PAGE_REFAULT)}};
    sim_observe(r->sim, &f->observer);
}

/* The distance is the number of evictions since, the page's own included. */
Test(page_policies, a_page_that_comes_back_says_how_many_were_evicted_since)
{
    struct rig r = rig_new(64, 0, RECLAIM_LRU);
    struct refaults f;

    hear_refaults(&r, &f);
    for (uint32_t i = 0; i < 10; i++)
        rig_touch(&r, i);
    cr_expect_eq(f.count, 0, "a first touch is no return");
    for (uint32_t i = 0; i < 5; i++)
        cr_expect_eq(take(&r, PAGE_NONE), i);
    rig_touch(&r, 1);
    cr_expect_eq(f.count, 1);
    cr_expect_eq(f.distance, 4);
    cr_expect_eq(f.recent, 0, "lru has no active list to hold it");
    rig_free(&r);
}

/* Nine active pages: ten evictions ago is too long. */
Test(page_policies, two_list_calls_recent_what_the_active_list_would_have_held)
{
    struct rig r = rig_new(64, 0, RECLAIM_TWO_LIST);
    struct refaults f;

    hear_refaults(&r, &f);
    for (uint32_t i = 0; i < 40; i++)
        rig_touch(&r, i);
    cr_expect_eq(take(&r, PAGE_NONE), 0);
    for (uint32_t i = 1; i < 10; i++)
        rig_touch(&r, i);
    for (uint32_t i = 10; i < 20; i++)
        cr_expect_eq(take(&r, PAGE_NONE), i, "1 to 9 are active");
    rig_touch(&r, 10);
    cr_expect_eq(f.recent, 0);
    cr_expect_eq(f.distance, 10);
    rig_touch(&r, 19);
    cr_expect_eq(f.recent, 1);
    cr_expect_eq(f.distance, 1);
    rig_free(&r);
}

/* Within four generations of the eviction, whatever else was evicted. */
Test(page_policies, mglru_counts_the_distance_in_generations)
{
    struct rig r = rig_new(400, 0, RECLAIM_MGLRU);
    struct refaults f;

    hear_refaults(&r, &f);
    for (uint32_t i = 0; i < 300; i++)
        rig_touch(&r, i);
    cr_expect_eq(take(&r, PAGE_NONE), 0);
    rig_touch(&r, 0);
    cr_expect_eq(f.recent, 1);
    cr_expect_lt(f.distance, 4);
    for (uint32_t turn = 0; turn < 20; turn++)
        for (uint32_t i = 0; i < 90; i++)
            rig_touch(&r, take(&r, PAGE_NONE));
    cr_expect_gt(f.recent, 1000, "%lu", f.recent);
    cr_expect_eq(take(&r, PAGE_NONE) < 300, true);
    rig_free(&r);
}
