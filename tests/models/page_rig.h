/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page_rig.h - a page cache alone, with somebody who touches pages and reclaims when it is full
 *
 * Knows: page_cache.h.
 */
#pragma once

#include <criterion/criterion.h>

#include "page_cache.h"

struct rig {
    struct sim *sim;
    struct page_cache *pc;
    uint64_t touches, hits;
    uint32_t victim; /* of the last miss */
};

static inline struct rig rig_new(uint32_t pages, uint32_t limit, enum reclaim_policy policy)
{
    struct rig r = {.sim = sim_create(1, 1)};

    r.pc = page_cache_create(r.sim, pages, limit, policy, 42);
    cr_assert_not_null(r.pc);
    return r;
}

static inline void rig_free(struct rig *r)
{
    cr_expect_null(page_cache_broken(r->pc), "%s", page_cache_broken(r->pc));
    page_cache_destroy(r->pc);
    sim_destroy(r->sim);
}

static inline void bring(struct page_cache *pc, uint32_t page, bool write)
{
    if (page_touched_once(pc, page)) {
        page_begin_read(pc, page, page);
        page_end_read(pc, page, false);
    } else {
        page_make(pc, page);
    }
    page_map(pc, page, write);
}

static inline bool rig_touch(struct rig *r, uint32_t page)
{
    bool dirty, hit = page_touch(r->pc, page, false);

    r->touches++;
    r->hits += hit;
    r->victim = PAGE_NONE;
    if (hit)
        return true;
    if (!page_cache_has_room(r->pc, 1))
        r->victim = page_cache_reclaim(r->pc, page, &dirty);
    bring(r->pc, page, false);
    return false;
}

static inline uint32_t take(struct rig *r, uint32_t keep)
{
    bool dirty;

    return page_cache_reclaim(r->pc, keep, &dirty);
}
