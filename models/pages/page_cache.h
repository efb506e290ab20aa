/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page_cache.h - which guest pages have host memory, and which one goes when it is short
 *
 * Knows:    engine (notes, random), params.h.
 * Model:    pages of all regions are numbered from 0 (uint32_t). One 64-bit word a page: two 28-bit
 *           list links, state, accessed, dirty, referenced, list. A limit on resident pages;
 *           whoever needs a frame calls page_cache_reclaim() itself (cgroup limit: direct reclaim).
 * Policies: lru (exact, for tests: order of last touch), two-list (Linux active/inactive with
 *           second chance), mglru (Linux' multi-gen LRU), clock, random, mru. Their rules:
 *           page_reclaim.c, page_mglru.c.
 * Leaves out: anonymous and file pages share one pair of lists; several pages at once (Linux takes
 *           32 a turn); writeback that delays a dirty page.
 * Limits:   2^28 - 5 pages (1 TiB). Nothing is allocated after page_cache_create().
 * Memory:   8 bytes a page, and 32 in all; `random` 4 more for each page that ever had a frame at
 *           the same time (virtual: 4 for each page).
 * Cost:     a hit with two-list, mglru, clock, random: one load and one store. Exact lru/mru: a
 * list move.
 */
#pragma once

#include "params.h"
#include "sim.h"
#include "sim_assert.h"

#define PAGE_NONE      0x0fffffffu
#define PAGE_PAGES_MAX (PAGE_NONE - 4) /* behind them the heads of the lists */

enum page_state {
    PAGE_ABSENT, /* no frame; contents on the backing, or never touched (see page_touched_once) */
    PAGE_IN_FLIGHT, /* frame taken, read under way; `cookie` names the I/O */
    PAGE_CACHED,    /* frame holds it, page or swap cache; not in the host's page table */
    PAGE_RESIDENT,  /* in the host process' page table, not in the guest's (EPT/NPT) */
    PAGE_MAPPED,    /* in EPT/NPT: a touch does not exit */
};

struct page_cache;

/* limit_pages 0: no limit. NULL: no memory, or more than PAGE_PAGES_MAX pages. */
struct page_cache *page_cache_create(struct sim *sim, uint32_t pages, uint32_t limit_pages,
                                     enum reclaim_policy policy, uint64_t seed);
void page_cache_destroy(struct page_cache *pc); /* NULL is fine */

enum page_state page_state(const struct page_cache *pc, uint32_t page);
bool page_dirty(const struct page_cache *pc, uint32_t page);
/* True once the page has ever had contents (touched or initially resident): an anonymous page that
 * never had is made by zeroing, without I/O. */
bool page_touched_once(const struct page_cache *pc, uint32_t page);

/* First member of struct page_cache, so that a hit is inline. The rest of a word: page_word.h. */
struct page_cache_hot {
    uint64_t *word;
    uint32_t pages;
    bool ordered; /* exact lru, mru: a touch moves the page */
};
#define PAGE_WORD_STATE    61 /* the state's lowest bit */
#define PAGE_WORD_MAPPED   5u /* its value when the page is mapped */
#define PAGE_WORD_DIRTY    59
#define PAGE_WORD_ACCESSED (UINT64_C(1) << 60)
void page_touch_ordered(struct page_cache *pc, uint32_t page);

/* The hot path. True: mapped; accessed (and dirty) are set. False: it must exit. */
static inline bool page_touch(struct page_cache *pc, uint32_t page, bool write)
{
    const struct page_cache_hot *hot = (const struct page_cache_hot *)(const void *)pc;
    uint64_t w;

    SIM_ASSERT(page < hot->pages);
    w = hot->word[page];
    if (w >> PAGE_WORD_STATE != PAGE_WORD_MAPPED)
        return false;
    hot->word[page] = w | PAGE_WORD_ACCESSED | (uint64_t)write << PAGE_WORD_DIRTY;
    if (hot->ordered)
        page_touch_ordered(pc, page);
    return true;
}

/* Touches given as page | PAGE_TOUCH_WRITE, one after the other, until one misses or n are done.
 * Returns how many have hit. */
#define PAGE_TOUCH_WRITE (1u << 31)
uint32_t page_touch_run(struct page_cache *pc, const uint32_t *touch, uint32_t n);

/* Frames. A frame is counted from IN_FLIGHT on. */
bool page_cache_has_room(const struct page_cache *pc, uint32_t frames); /* within the limit? */
/* So many frames are somebody else's from now on, within the limit. */
void page_cache_reserve(struct page_cache *pc, uint32_t frames);
/*
 * Takes one page out, by policy, never one in flight nor `keep`. Returns it and whether it was
 * dirty (the caller submits the write), or PAGE_NONE when nothing can be taken.
 */
uint32_t page_cache_reclaim(struct page_cache *pc, uint32_t keep, bool *ret_dirty);

/* State changes: each asserts the one it comes from. */
void page_begin_read(struct page_cache *pc, uint32_t page,
                     uint32_t cookie);                                    /* ABSENT -> IN_FLIGHT */
uint32_t page_cookie(const struct page_cache *pc, uint32_t page);         /* of an IN_FLIGHT page */
void page_end_read(struct page_cache *pc, uint32_t page, bool readahead); /* IN_FLIGHT -> CACHED */
void page_make(struct page_cache *pc,
               uint32_t page); /* ABSENT -> RESIDENT: zeroed or read inline */
/* The same, and it has no other copy: it is dirty although the guest has not written it. */
void page_make_dirty(struct page_cache *pc, uint32_t page);
/* The same, and it is never reclaimed. charged: it takes a frame of the limit. */
void page_make_unevictable(struct page_cache *pc, uint32_t page, bool charged);
void page_set_resident(struct page_cache *pc, uint32_t page); /* CACHED -> RESIDENT (a GUP) */
void page_map(struct page_cache *pc, uint32_t page,
              bool write); /* CACHED, RESIDENT -> MAPPED, touched */
/* Read-ahead bookkeeping: was this page brought by read-ahead and not asked about since? Clears it.
 * Mapping leaves the mark, so that it may be asked before or after. */
bool page_take_readahead_mark(struct page_cache *pc, uint32_t page);
/* Start of a run: mapped (and dirty), in list order of the calls: the last is the most recent. */
void page_populate(struct page_cache *pc, uint32_t page, bool dirty);
/* The same for pages first .. first + pages - 1 in their order, quickly; mapped, or resident. */
void page_populate_run(struct page_cache *pc, uint32_t first, uint32_t pages, bool dirty,
                       bool mapped);

uint32_t page_cache_resident(const struct page_cache *pc); /* frames in use */
uint32_t page_cache_limit(const struct page_cache *pc);
size_t page_cache_bytes_per_page(void);
/* Walks everything; first broken property, or NULL. */
const char *page_cache_broken(const struct page_cache *pc);
