/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page_cache.c - the states of a page, frames, and the walk over all of them
 *
 * Knows:    page_word.h. Which page goes is decided in page_reclaim.c.
 * Promise:  a frame is in use exactly while a page is in flight, cached, resident or mapped; the
 *           three last are on one list (random: in the pool).
 */
#include "page_cache.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "page_word.h"
#include "sim_poison.h"

#define HUGE_BYTES  ((size_t)2 << 20)
#define SMALL_BYTES ((size_t)256 << 10) /* sooner cleared than mapped */

/* Zero pages that cost nothing until they are written; huge ones where the kernel has them. A small
 * table is the allocator's, which keeps it: to unmap it would interrupt the CPUs of all threads. */
static void *make_zeroes(size_t bytes)
{
    void *p;

    if (bytes < SMALL_BYTES)
        return calloc(1, bytes);
    p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
             0);
    if (p == MAP_FAILED)
        return NULL;
    if (bytes >= HUGE_BYTES)
        (void)madvise(p, bytes, MADV_HUGEPAGE); /* speed only: a refusal is fine */
    return p;
}

static void zeroes_free(void *p, size_t bytes)
{
    if (bytes < SMALL_BYTES)
        free(p);
    else if (p)
        munmap(p, bytes);
}

static bool map_tables(struct page_cache *pc, uint32_t pages)
{
    pc->word_bytes = ((size_t)pages + PAGE_LISTS) * sizeof *pc->hot.word;
    pc->hot.word = make_zeroes(pc->word_bytes);
    if (!pc->hot.word || pc->policy != RECLAIM_RANDOM)
        return pc->hot.word != NULL;
    pc->pool_bytes = ((size_t)pages + 1) * sizeof *pc->pool;
    pc->pool = make_zeroes(pc->pool_bytes);
    return pc->pool != NULL;
}

struct page_cache *page_cache_create(struct sim *sim, uint32_t pages, uint32_t limit_pages,
                                     enum reclaim_policy policy, uint64_t seed)
{
    struct page_cache *pc;

    if (pages > PAGE_PAGES_MAX)
        return NULL;
    pc = calloc(1, sizeof *pc);
    if (!pc)
        return NULL;
    pc->sim = sim;
    pc->policy = policy;
    pc->limit = limit_pages;
    pc->hot.pages = pages;
    pc->hot.ordered = policy == RECLAIM_LRU || policy == RECLAIM_MRU;
    sim_rng_init(&pc->rng, seed, SIM_STREAM_RECLAIM, 0);
    if (!map_tables(pc, pages)) {
        page_cache_destroy(pc);
        return NULL;
    }
    page_policy_init(pc);
    return pc;
}

void page_cache_destroy(struct page_cache *pc)
{
    if (!pc)
        return;
    zeroes_free(pc->hot.word, pc->word_bytes);
    zeroes_free(pc->pool, pc->pool_bytes);
    free(pc);
}

/* ---- questions ---- */

enum page_state page_state(const struct page_cache *pc, uint32_t page)
{
    static const enum page_state state[] = {
        [CODE_NEVER] = PAGE_ABSENT,        [CODE_GONE] = PAGE_ABSENT,
        [CODE_IN_FLIGHT] = PAGE_IN_FLIGHT, [CODE_CACHED] = PAGE_CACHED,
        [CODE_RESIDENT] = PAGE_RESIDENT,   [CODE_MAPPED] = PAGE_MAPPED,
    };

    return state[page_code(pc, page)];
}

bool page_dirty(const struct page_cache *pc, uint32_t page)
{
    SIM_ASSERT(page < pc->hot.pages);
    return pc->hot.word[page] & WORD_DIRTY;
}

bool page_touched_once(const struct page_cache *pc, uint32_t page)
{
    return page_code(pc, page) != CODE_NEVER;
}

uint32_t page_cookie(const struct page_cache *pc, uint32_t page)
{
    SIM_ASSERT(page_code(pc, page) == CODE_IN_FLIGHT);
    return (uint32_t)(pc->hot.word[page] & MEMO_MASK);
}

bool page_cache_has_room(const struct page_cache *pc, uint32_t frames)
{
    return !pc->limit || (uint64_t)pc->frames + pc->reserved + frames <= pc->limit;
}

void page_cache_reserve(struct page_cache *pc, uint32_t frames)
{
    pc->reserved = frames;
}

uint32_t page_cache_resident(const struct page_cache *pc)
{
    return pc->frames;
}

uint32_t page_cache_limit(const struct page_cache *pc)
{
    return pc->limit;
}

size_t page_cache_bytes_per_page(void)
{
    return sizeof(uint64_t);
}

/* ---- touches ---- */

uint32_t page_touch_run(struct page_cache *pc, const uint32_t *touch, uint32_t n)
{
    uint32_t i;

    for (i = 0; i < n; i++)
        if (!page_touch(pc, touch[i] & ~PAGE_TOUCH_WRITE, touch[i] & PAGE_TOUCH_WRITE))
            break;
    return i;
}

/* ---- state changes ---- */

/* An absent page gets a frame; its word becomes flags alone. */
static void take_frame(struct page_cache *pc, uint32_t page, enum page_code code)
{
    enum page_code from = page_code(pc, page);
    bool active;

    SIM_ASSERT(from == CODE_NEVER || from == CODE_GONE);
    active = from == CODE_GONE && page_policy_refault(pc, page);
    pc->hot.word[page] = WORD_CODE(code) | (active ? WORD_ACTIVE : 0);
    pc->frames++;
}

void page_begin_read(struct page_cache *pc, uint32_t page, uint32_t cookie)
{
    take_frame(pc, page, CODE_IN_FLIGHT);
    pc->hot.word[page] |= cookie;
    pc->in_flight++;
}

void page_end_read(struct page_cache *pc, uint32_t page, bool readahead)
{
    SIM_ASSERT(page_code(pc, page) == CODE_IN_FLIGHT);
    pc->in_flight--;
    pc->hot.word[page] = (pc->hot.word[page] & WORD_ACTIVE) | WORD_CODE(CODE_CACHED) |
                         (readahead ? WORD_READAHEAD : 0);
    page_policy_insert(pc, page, false);
    sim_note(pc->sim, NOTE_PAGE_IN, page, readahead, 0, 0);
}

void page_make(struct page_cache *pc, uint32_t page)
{
    take_frame(pc, page, CODE_RESIDENT);
    pc->hot.word[page] |= WORD_ACCESSED;
    page_policy_insert(pc, page, true);
    sim_note(pc->sim, NOTE_PAGE_IN, page, 0, 0, 0);
}

void page_make_unevictable(struct page_cache *pc, uint32_t page, bool charged)
{
    take_frame(pc, page, CODE_RESIDENT);
    pc->hot.word[page] |= WORD_ACCESSED | MEMO_MASK;
    pc->unevictable++;
    pc->charged += charged;
    pc->frames -= !charged; /* of a pool of its own */
    sim_note(pc->sim, NOTE_PAGE_IN, page, 0, 0, 0);
}

void page_make_dirty(struct page_cache *pc, uint32_t page)
{
    page_make(pc, page);
    pc->hot.word[page] |= WORD_DIRTY;
}

/* A GUP makes the host's page table entry, young: that is an access for the reclaimer. */
void page_set_resident(struct page_cache *pc, uint32_t page)
{
    SIM_ASSERT(page_code(pc, page) == CODE_CACHED);
    page_set_code(pc, page, CODE_RESIDENT);
    pc->hot.word[page] |= WORD_ACCESSED;
}

void page_map(struct page_cache *pc, uint32_t page, bool write)
{
    enum page_code from = page_code(pc, page);
    bool hit;

    SIM_ASSERT(from == CODE_CACHED || from == CODE_RESIDENT);
    page_set_code(pc, page, CODE_MAPPED);
    hit = page_touch(pc, page, write);
    SIM_ASSERT(hit);
}

bool page_take_readahead_mark(struct page_cache *pc, uint32_t page)
{
    bool mark;

    SIM_ASSERT(page < pc->hot.pages);
    mark = pc->hot.word[page] & WORD_READAHEAD;
    pc->hot.word[page] &= ~WORD_READAHEAD;
    return mark;
}

void page_populate(struct page_cache *pc, uint32_t page, bool dirty)
{
    take_frame(pc, page, CODE_MAPPED);
    pc->hot.word[page] |= WORD_ACCESSED | (dirty ? WORD_DIRTY : 0);
    page_policy_insert(pc, page, true);
}

void page_populate_run(struct page_cache *pc, uint32_t first, uint32_t pages, bool dirty,
                       bool mapped)
{
    const uint64_t word =
        WORD_CODE(mapped ? CODE_MAPPED : CODE_RESIDENT) | WORD_ACCESSED | (dirty ? WORD_DIRTY : 0);

    SIM_ASSERT((uint64_t)first + pages <= pc->hot.pages);
    for (uint32_t page = first; page < first + pages; page++) {
        SIM_ASSERT(!pc->hot.word[page]); /* never touched */
        pc->hot.word[page] = word;
    }
    pc->frames += pages;
    page_policy_insert_run(pc, first, pages);
}

/* ---- the walk ---- */

static const char *broken_list(const struct page_cache *pc, enum page_list list)
{
    uint32_t end = page_sentinel(pc, list), prev = end, n = 0;

    for (uint32_t i = page_next(pc, end); i != end; prev = i, i = page_next(pc, i), n++) {
        if (i >= pc->hot.pages)
            return "a list link names a page that exists";
        if (n == pc->listed[list])
            return "a list is as long as its count";
        if (page_prev(pc, i) != prev)
            return "list links agree in both directions";
        if (page_code(pc, i) < CODE_CACHED)
            return "only pages that hold contents are on a list";
        if (page_list(pc, i) != list)
            return "a page is on the list that its flag names";
    }
    if (page_prev(pc, end) != prev)
        return "list links agree in both directions";
    return n == pc->listed[list] ? NULL : "a list is as long as its count";
}

static uint32_t listed_in_all(const struct page_cache *pc)
{
    uint32_t sum = 0;

    for (int list = 0; list < PAGE_LISTS; list++)
        sum += pc->listed[list];
    return sum;
}

static const char *broken_pool(const struct page_cache *pc)
{
    for (uint32_t i = 0; i < pc->listed[LIST_INACTIVE]; i++) {
        uint32_t page = pc->pool[i];

        if (page >= pc->hot.pages || page_code(pc, page) < CODE_CACHED)
            return "only pages that hold contents are in the pool";
        if ((pc->hot.word[page] & MEMO_MASK) != i)
            return "a page knows its place in the pool";
    }
    return listed_in_all(pc) != pc->listed[LIST_INACTIVE] ? "random has a pool alone" : NULL;
}

static const char *broken_word(const struct page_cache *pc, uint32_t page)
{
    uint64_t w = pc->hot.word[page];
    const uint64_t flags = ~(MEMO_MASK | WORD_CODE(7));

    switch (page_code(pc, page)) {
    case CODE_NEVER:
        return w ? "a page never touched is all zero" : NULL;
    case CODE_GONE:
        return w & flags ? "an absent page has no flags" : NULL;
    case CODE_IN_FLIGHT:
        return w & flags & ~WORD_ACTIVE ? "a page in flight is neither accessed nor dirty" : NULL;
    case CODE_CACHED:
        return w & WORD_DIRTY ? "a page that was read and not used is clean" : NULL;
    case CODE_RESIDENT:
    case CODE_MAPPED:
        return NULL;
    }
    return "a page is in a state that exists";
}

const char *page_cache_broken(const struct page_cache *pc)
{
    uint32_t of[8] = {0};
    const char *why = pc->policy == RECLAIM_RANDOM ? broken_pool(pc) : NULL;

    for (int list = 0; !why && list < PAGE_LISTS && pc->policy != RECLAIM_RANDOM; list++)
        why = broken_list(pc, (enum page_list)list);
    for (uint32_t i = 0; !why && i < pc->hot.pages; i++) {
        of[page_code(pc, i)]++;
        why = broken_word(pc, i);
    }
    if (why)
        return why;
    if (of[CODE_CACHED] + of[CODE_RESIDENT] + of[CODE_MAPPED] !=
        listed_in_all(pc) + pc->unevictable)
        return "every page that holds contents is on a list, or unevictable";
    if (of[CODE_IN_FLIGHT] != pc->in_flight)
        return "pages in flight are as many as counted";
    if (pc->frames != pc->in_flight + listed_in_all(pc) + pc->charged)
        return "frames in use are as many as counted";
    return NULL;
}
