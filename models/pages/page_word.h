/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page_word.h - one page in 64 bits, and the lists that run through them (page_*.c only)
 *
 * Knows:    page_cache.h.
 * Layout:   bits 0..27 next, 28..55 prev, 56 active list, 57 referenced (mglru: 56..57 the
 *           generation), 58 read-ahead mark, 59 dirty, 60 accessed, 61..63 state. A page that is on
 * no list uses its 56 link bits for what it must remember: in flight the cookie, absent the reclaim
 * clock of its eviction (Linux keeps that in a shadow entry; mglru: the generation), with `random`
 * its place in the pool. A page never touched is all zero, so a fresh mapping costs no memory.
 * Lists:    circular through four sentinel words behind the last page. front = most recent.
 */
#pragma once

#include "page_cache.h"

enum page_code { /* the state as stored; order matters: from CODE_CACHED on it can be reclaimed */
                 CODE_NEVER, /* PAGE_ABSENT, never touched */
                 CODE_GONE,  /* PAGE_ABSENT, contents on the backing */
                 CODE_IN_FLIGHT,
                 CODE_CACHED,
                 CODE_RESIDENT,
                 CODE_MAPPED,
};
_Static_assert(CODE_MAPPED == PAGE_WORD_MAPPED, "page_touch() knows it by number");

#define LINK_BITS       28
#define LINK_MASK       ((UINT64_C(1) << LINK_BITS) - 1)
#define MEMO_MASK       ((UINT64_C(1) << 2 * LINK_BITS) - 1)
#define WORD_ACTIVE     (UINT64_C(1) << 56)
#define WORD_REFERENCED (UINT64_C(1) << 57)
#define WORD_GEN_SHIFT  56
#define WORD_GEN_MASK   (UINT64_C(3) << WORD_GEN_SHIFT)
#define WORD_READAHEAD  (UINT64_C(1) << 58)
#define WORD_DIRTY      (UINT64_C(1) << PAGE_WORD_DIRTY)
#define WORD_ACCESSED   PAGE_WORD_ACCESSED
#define WORD_CODE(code) ((uint64_t)(code) << PAGE_WORD_STATE)

/* two-list uses the first two, mglru all four; the others the first alone. */
enum page_list { LIST_INACTIVE, LIST_ACTIVE, LIST_GEN_2, LIST_GEN_3, PAGE_LISTS };

struct page_cache {
    struct page_cache_hot hot;
    enum reclaim_policy policy;
    uint32_t limit, frames, in_flight;
    uint32_t reserved;             /* frames that somebody else has */
    uint32_t unevictable, charged; /* pages on no list; those of them that count as frames */
    uint32_t listed[PAGE_LISTS];   /* random: [0] counts the pool */
    uint32_t *pool;                /* random: the pages that can be reclaimed, in no order */
    uint64_t age;                  /* workingset.c's nonresident_age */
    uint64_t min_seq, max_seq;     /* mglru: the oldest and the youngest generation */
    size_t word_bytes, pool_bytes;
    struct sim *sim;
    struct sim_rng rng;
};

static inline enum page_code page_code(const struct page_cache *pc, uint32_t page)
{
    SIM_ASSERT(page < pc->hot.pages);
    return (enum page_code)(pc->hot.word[page] >> PAGE_WORD_STATE);
}
static inline void page_set_code(struct page_cache *pc, uint32_t page, enum page_code code)
{
    uint64_t *w = &pc->hot.word[page];

    *w = (*w & ~WORD_CODE(7)) | WORD_CODE(code);
}
static inline uint32_t page_next(const struct page_cache *pc, uint32_t i)
{
    return (uint32_t)(pc->hot.word[i] & LINK_MASK);
}
static inline uint32_t page_prev(const struct page_cache *pc, uint32_t i)
{
    return (uint32_t)(pc->hot.word[i] >> LINK_BITS & LINK_MASK);
}
static inline uint32_t page_sentinel(const struct page_cache *pc, enum page_list list)
{
    return pc->hot.pages + (uint32_t)list;
}
static inline enum page_list page_list(const struct page_cache *pc, uint32_t page)
{
    if (pc->policy == RECLAIM_MGLRU)
        return (enum page_list)((pc->hot.word[page] & WORD_GEN_MASK) >> WORD_GEN_SHIFT);
    return pc->hot.word[page] & WORD_ACTIVE ? LIST_ACTIVE : LIST_INACTIVE;
}
/* In memory for good: on no list. Its links name no page. */
static inline bool page_is_unevictable(const struct page_cache *pc, uint32_t page)
{
    return page_code(pc, page) >= CODE_CACHED && (pc->hot.word[page] & MEMO_MASK) == MEMO_MASK;
}
/* Can it be reclaimed? */
static inline bool page_is_listed(const struct page_cache *pc, uint32_t page)
{
    return page_code(pc, page) >= CODE_CACHED && !page_is_unevictable(pc, page);
}

/* The policies' half: page_reclaim.c. A page enters when its contents have come, by list flag. */
void page_policy_insert(struct page_cache *pc, uint32_t page, bool touched);
/* The same for a run of touched pages, in their order; their links are still zero. */
void page_policy_insert_run(struct page_cache *pc, uint32_t first, uint32_t pages);
/* An evicted page comes back. Two-list: so soon that it belongs on the active list? */
bool page_policy_refault(struct page_cache *pc, uint32_t page);
void page_policy_init(struct page_cache *pc);

/* mglru: page_mglru.c. */
void page_mglru_init(struct page_cache *pc);
void page_mglru_insert(struct page_cache *pc, uint32_t page);
uint32_t page_mglru_victim(struct page_cache *pc, uint32_t keep);
/* Was the page evicted so lately that Linux counts its return as working set? Generations since. */
bool page_mglru_is_recent(const struct page_cache *pc, uint64_t shadow, uint64_t *ret_distance);
