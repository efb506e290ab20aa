/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page_reclaim.c - which page goes: exact lru, mru, clock, random, and Linux' two lists
 *
 * Knows:    page_list.h. mglru is in page_mglru.c.
 * lru, mru: one list in the order of the last touch. mru puts a page that was read and not touched
 *           yet at the far end: it has not been used, so it is not the most recently used one.
 * clock:    second chance: a ring with one hand. A page that was accessed since the hand came by
 *           loses that and stays; the first that was not goes. The hand stands at the list's tail.
 * random:   a dense pool of reclaimable pages; each knows its place. Uniform over the pool.
 * two-list: mm/vmscan.c and mm/workingset.c, one page at a time:
 *           - a page enters at the front of the inactive list (folio_add_lru()), or, when it comes
 *             back within as many evictions and activations as the active list is long, at the
 *             front of the active one (workingset_refault());
 *           - shrink_inactive_list() looks at the inactive tail. folio_check_references(): not
 *             accessed -> taken; accessed for the first time -> once more round the inactive list
 *             (FOLIOREF_KEEP, PG_referenced); accessed again -> active (FOLIOREF_ACTIVATE). Every
 *             page starts accessed, by the fault that mapped it, hence the two looks. (Before 5.9,
 *             commit b518154e59aa, anonymous pages were activated at the first.)
 *           - while inactive_is_low(), shrink_active_list() moves pages from the active tail to the
 *             inactive front, at most 32 a call, and clears accessed.
 * Cost:     lru, mru, random O(1). clock, two-list: a call looks at no page twice unless it had to
 *           refill the inactive list; each look uses up an access, so the mean is O(1) for each
 * hit.
 */
#include "page_list.h"
#include "sim_poison.h"
#include "sim_poison_alloc.h"

#define SHRINK_BATCH 32 /* SWAP_CLUSTER_MAX */
#define GIB_SHIFT    18 /* pages of 4 KiB in a GiB, as a shift */

void page_touch_ordered(struct page_cache *pc, uint32_t page)
{
    if (page_is_unevictable(pc, page) || page_prev(pc, page) == page_sentinel(pc, LIST_INACTIVE))
        return; /* on no list, or already in front */
    page_unlink(pc, page);
    page_push_front(pc, page);
}

/* ---- random ---- */

static void pool_set(struct page_cache *pc, uint32_t place, uint32_t page)
{
    pc->pool[place] = page;
    pc->hot.word[page] = (pc->hot.word[page] & ~MEMO_MASK) | place;
}

static uint32_t pool_place(const struct page_cache *pc, uint32_t page)
{
    return (uint32_t)(pc->hot.word[page] & MEMO_MASK);
}

static void pool_remove(struct page_cache *pc, uint32_t page)
{
    uint32_t last = --pc->listed[LIST_INACTIVE];

    pool_set(pc, pool_place(pc, page), pc->pool[last]);
}

/* One draw a call, so that the stream stays in step; `keep` is left out by skipping its place. */
static uint32_t pool_victim(struct page_cache *pc, uint32_t keep)
{
    uint32_t n = pc->listed[LIST_INACTIVE], skip = n, i;

    if (keep < pc->hot.pages && page_is_listed(pc, keep))
        skip = pool_place(pc, keep);
    n -= skip < n;
    if (!n)
        return PAGE_NONE;
    i = (uint32_t)sim_rng_below(&pc->rng, n);
    return pc->pool[i + (i >= skip)];
}

/* ---- lru, mru ---- */

static uint32_t ordered_victim(const struct page_cache *pc, uint32_t keep)
{
    bool newest = pc->policy == RECLAIM_MRU;
    uint32_t end = page_sentinel(pc, LIST_INACTIVE);
    uint32_t i = newest ? page_next(pc, end) : page_prev(pc, end);

    if (i == keep)
        i = newest ? page_next(pc, i) : page_prev(pc, i);
    return i == end ? PAGE_NONE : i;
}

/* ---- clock ---- */

/* Twice round: the first time takes the accesses away. */
static uint32_t clock_victim(struct page_cache *pc, uint32_t keep)
{
    uint32_t end = page_sentinel(pc, LIST_INACTIVE), i;

    for (uint64_t left = 2 * (uint64_t)pc->listed[LIST_INACTIVE]; left; left--) {
        i = page_prev(pc, end);
        if (i != keep && !(pc->hot.word[i] & WORD_ACCESSED))
            return i;
        if (i != keep)
            pc->hot.word[i] &= ~WORD_ACCESSED;
        page_unlink(pc, i);
        page_push_front(pc, i);
    }
    return PAGE_NONE;
}

/* ---- two-list ---- */

static uint32_t square_root(uint64_t x)
{
    uint32_t r = 0;

    for (uint32_t bit = 1u << 15; bit; bit >>= 1)
        if ((uint64_t)(r | bit) * (r | bit) <= x)
            r |= bit;
    return r;
}

/* inactive_is_low(), mm/vmscan.c. */
static bool inactive_is_low(const struct page_cache *pc)
{
    uint64_t inactive = pc->listed[LIST_INACTIVE], active = pc->listed[LIST_ACTIVE];
    uint64_t gib = (inactive + active) >> GIB_SHIFT;

    return inactive * (gib ? square_root(10 * gib) : 1) < active;
}

static void move_to(struct page_cache *pc, uint32_t page, enum page_list list)
{
    page_unlink(pc, page);
    pc->hot.word[page] &= ~(WORD_ACCESSED | WORD_ACTIVE);
    pc->hot.word[page] |= list == LIST_ACTIVE ? WORD_ACTIVE : 0;
    page_push_front(pc, page);
}

/* shrink_active_list(), mm/vmscan.c. */
static void shrink_active(struct page_cache *pc)
{
    uint32_t end = page_sentinel(pc, LIST_ACTIVE);

    for (int i = 0; i < SHRINK_BATCH && inactive_is_low(pc); i++)
        move_to(pc, page_prev(pc, end), LIST_INACTIVE);
}

/*
 * shrink_inactive_list() and folio_check_references(). Pages that are only passed over, to the
 * front of their list, stay where they are until the first that is not: page_make_last(). The bound
 * is the list's length: a page that was passed over once has lost its access, so the second round
 * would take it.
 */
static uint32_t shrink_inactive(struct page_cache *pc, uint32_t keep)
{
    uint32_t i = page_prev(pc, page_sentinel(pc, LIST_INACTIVE)), prev;

    for (uint32_t left = pc->listed[LIST_INACTIVE]; left; left--, i = prev) {
        uint64_t w = pc->hot.word[i];

        prev = page_prev(pc, i);
        if (i == keep)
            continue;
        if (!(w & WORD_ACCESSED)) {
            page_make_last(pc, LIST_INACTIVE, i);
            return i;
        }
        if (!(w & WORD_REFERENCED)) {
            pc->hot.word[i] = (w & ~WORD_ACCESSED) | WORD_REFERENCED;
            continue;
        }
        page_make_last(pc, LIST_INACTIVE, i);
        prev = page_prev(pc, i); /* the end may have stood there */
        move_to(pc, i, LIST_ACTIVE);
        pc->age++; /* move_folios_to_lru() ages the working set by activations, too */
    }
    if (i != page_sentinel(pc, LIST_INACTIVE)) /* those that were passed over at last */
        page_make_last(pc, LIST_INACTIVE, i);
    return PAGE_NONE;
}

/* A round may only have aged the lists; each takes an access off every page it looks at, so that
 * the second or third finds one. What is left then is `keep` alone, or beside it active pages that
 * are too few for inactive_is_low(): the oldest of those goes. */
static uint32_t two_list_victim(struct page_cache *pc, uint32_t keep)
{
    uint32_t end = page_sentinel(pc, LIST_ACTIVE), page;

    for (int round = 0; round < 3; round++) {
        shrink_active(pc);
        page = shrink_inactive(pc, keep);
        if (page != PAGE_NONE)
            return page;
    }
    page = page_prev(pc, end);
    if (page == keep)
        page = page_prev(pc, page);
    return page == end ? PAGE_NONE : page;
}

/* workingset_refault(): how many evictions and activations ago (mglru: generations), and is that
 * within what the active list holds? */
static bool is_recent(const struct page_cache *pc, uint32_t page, uint64_t *ret_distance)
{
    uint64_t shadow = pc->hot.word[page] & MEMO_MASK;

    if (pc->policy == RECLAIM_MGLRU)
        return page_mglru_is_recent(pc, shadow, ret_distance);
    *ret_distance = (pc->age - shadow) & MEMO_MASK;
    return pc->policy == RECLAIM_TWO_LIST && *ret_distance <= pc->listed[LIST_ACTIVE];
}

bool page_policy_refault(struct page_cache *pc, uint32_t page)
{
    uint64_t distance;
    bool recent = is_recent(pc, page, &distance);

    sim_note(pc->sim, NOTE_PAGE_REFAULT, page, distance, recent, 0);
    if (!recent || pc->policy != RECLAIM_TWO_LIST)
        return false;
    pc->age++; /* workingset_refault() -> workingset_age_nonresident() */
    return true;
}

/* ---- what page_cache.c asks ---- */

void page_policy_init(struct page_cache *pc)
{
    for (int list = 0; list < PAGE_LISTS; list++) {
        uint64_t end = page_sentinel(pc, (enum page_list)list);

        pc->hot.word[end] = end << LINK_BITS | end;
    }
    page_mglru_init(pc);
}

void page_policy_insert(struct page_cache *pc, uint32_t page, bool touched)
{
    if (pc->policy == RECLAIM_RANDOM)
        pool_set(pc, pc->listed[LIST_INACTIVE]++, page);
    else if (pc->policy == RECLAIM_MGLRU)
        page_mglru_insert(pc, page);
    else if (pc->policy == RECLAIM_MRU && !touched)
        page_push_back(pc, page);
    else
        page_push_front(pc, page);
}

/* Links that follow from the page's number, and the two ends. */
static void list_push_run(struct page_cache *pc, uint32_t first, uint32_t pages)
{
    uint64_t *w = pc->hot.word;
    uint32_t end = page_sentinel(pc, LIST_INACTIVE), next = page_next(pc, end);
    uint32_t last = first + pages - 1;

    for (uint32_t page = first; page <= last; page++)
        w[page] |= (uint64_t)(page + 1) << LINK_BITS | (page - 1);
    page_link(pc, first, pages == 1 ? end : first + 1, next);
    if (pages > 1)
        page_link(pc, last, end, last - 1);
    pc->listed[LIST_INACTIVE] += pages;
}

void page_policy_insert_run(struct page_cache *pc, uint32_t first, uint32_t pages)
{
    if (pages && pc->policy != RECLAIM_RANDOM && pc->policy != RECLAIM_MGLRU)
        list_push_run(pc, first, pages);
    else
        for (uint32_t page = first; page < first + pages; page++)
            page_policy_insert(pc, page, true);
}

static uint32_t policy_victim(struct page_cache *pc, uint32_t keep)
{
    switch (pc->policy) {
    case RECLAIM_LRU:
    case RECLAIM_MRU:
        return ordered_victim(pc, keep);
    case RECLAIM_CLOCK:
        return clock_victim(pc, keep);
    case RECLAIM_MGLRU:
        return page_mglru_victim(pc, keep);
    case RECLAIM_RANDOM:
        return pool_victim(pc, keep);
    case RECLAIM_TWO_LIST:
        return two_list_victim(pc, keep);
    case RECLAIMS:
        break;
    }
    SIM_ASSERT(!"a reclaim policy that exists");
    return PAGE_NONE;
}

uint32_t page_cache_reclaim(struct page_cache *pc, uint32_t keep, bool *ret_dirty)
{
    uint32_t page = policy_victim(pc, keep);
    uint64_t shadow;
    bool dirty;

    *ret_dirty = false;
    if (page == PAGE_NONE)
        return PAGE_NONE;
    dirty = pc->hot.word[page] & WORD_DIRTY;
    if (pc->policy == RECLAIM_RANDOM)
        pool_remove(pc, page);
    else
        page_unlink(pc, page);
    shadow = pc->policy == RECLAIM_MGLRU ? pc->min_seq : pc->age;
    pc->hot.word[page] = WORD_CODE(CODE_GONE) | (shadow & MEMO_MASK);
    pc->age++; /* workingset_eviction() */
    pc->frames--;
    *ret_dirty = dirty;
    sim_note(pc->sim, NOTE_PAGE_OUT, page, dirty, 0, 0);
    return page;
}
