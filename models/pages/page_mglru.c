/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page_mglru.c - Linux' multi-gen LRU (mm/vmscan.c, CONFIG_LRU_GEN), as far as guest memory meets
 * it
 *
 * Knows:    page_list.h.
 * Model:    a list for each of at most four generations, numbered by max_seq .. min_seq; the number
 *           modulo four is in the page word where two-list keeps its two flags.
 *           - A page that a fault brings enters the youngest: folio_add_lru() sets PG_active in a
 *             fault, lru_gen_add_folio() takes that for max_seq.
 *           - age(): walk_mm() gives every page whose accessed bit is set to max_seq and clears the
 *             bit, then inc_max_seq() opens a new generation. should_run_aging() says when: fewer
 *             than three generations, or with three the youngest above a half or the oldest below
 *             a quarter of all.
 *           - evict_folios(): from the tail of the oldest, while there are more than MIN_NR_GENS.
 *             A page that was accessed since goes to the youngest (folio_check_references(), and
 *             PG_active for what shrink_folio_list() gives back), and lru_gen_look_around() does
 *             the same for the 64 pages around it. try_to_inc_min_seq() drops empty generations.
 *           - lru_gen_refault(): the shadow of an evicted page is min_seq; it is recent while
 *             max_seq is less than MAX_NR_GENS beyond it.
 * Leaves out: tiers and their PID controller: they count accesses by file descriptor, and a guest
 *           has none; Bloom filters and the skipping of page tables; swappiness, memcg generations,
 *           min_ttl; folios are moved when the walk finds them (sort_folio() does it later). One
 *           accessed bit stands for the process' page table and EPT/NPT.
 * Cost:     an aging looks at every page on a list; it comes once for a quarter to a half of them
 *           evicted. Eviction O(1), 64 words more for a page found accessed.
 */
#include "page_list.h"
#include "sim_poison.h"
#include "sim_poison_alloc.h"

#define MIN_GENS    2u         /* MIN_NR_GENS, include/linux/mmzone.h */
#define MAX_GENS    PAGE_LISTS /* MAX_NR_GENS */
#define LOOK_AROUND 64u        /* MIN_LRU_BATCH = BITS_PER_LONG */
_Static_assert(MAX_GENS == 4, "two bits of the word name a generation");

static uint32_t gen_size(const struct page_cache *pc, uint64_t seq)
{
    return pc->listed[seq % MAX_GENS];
}

static void enter(struct page_cache *pc, uint32_t page, uint64_t seq)
{
    pc->hot.word[page] &= ~WORD_GEN_MASK;
    pc->hot.word[page] |= (seq % MAX_GENS) << WORD_GEN_SHIFT;
    page_push_front(pc, page);
}

static void promote(struct page_cache *pc, uint32_t page)
{
    page_unlink(pc, page);
    enter(pc, page, pc->max_seq);
}

static bool take_accessed(struct page_cache *pc, uint32_t page)
{
    bool accessed = pc->hot.word[page] & WORD_ACCESSED;

    pc->hot.word[page] &= ~WORD_ACCESSED;
    return accessed;
}

void page_mglru_init(struct page_cache *pc)
{
    pc->min_seq = 0;
    pc->max_seq = MIN_GENS + 1; /* lru_gen_init_lruvec() */
}

void page_mglru_insert(struct page_cache *pc, uint32_t page)
{
    enter(pc, page, pc->max_seq);
}

bool page_mglru_is_recent(const struct page_cache *pc, uint64_t shadow, uint64_t *ret_distance)
{
    *ret_distance = (pc->max_seq - shadow) & MEMO_MASK;
    return *ret_distance < MAX_GENS;
}

/* ---- aging ---- */

static void walk_generation(struct page_cache *pc, uint64_t seq)
{
    uint32_t end = page_sentinel(pc, (enum page_list)(seq % MAX_GENS)), prev;

    for (uint32_t i = page_prev(pc, end); i != end; i = prev) {
        prev = page_prev(pc, i);
        if (take_accessed(pc, i) && seq != pc->max_seq)
            promote(pc, i);
    }
}

/* The youngest first: what is promoted into it has been looked at. */
static void age(struct page_cache *pc)
{
    SIM_ASSERT(pc->max_seq - pc->min_seq + 1 < MAX_GENS);
    for (uint64_t seq = pc->max_seq + 1; seq > pc->min_seq; seq--)
        walk_generation(pc, seq - 1);
    pc->max_seq++;
}

static bool should_age(const struct page_cache *pc)
{
    uint64_t total = 0, young = gen_size(pc, pc->max_seq), old;

    if (pc->min_seq + MIN_GENS > pc->max_seq)
        return true;
    if (pc->min_seq + MIN_GENS < pc->max_seq)
        return false;
    for (uint64_t seq = pc->min_seq; seq <= pc->max_seq; seq++)
        total += gen_size(pc, seq);
    old = gen_size(pc, pc->max_seq - MIN_GENS);
    return young * MIN_GENS > total || old * (MIN_GENS + 2) < total;
}

static void drop_empty_generations(struct page_cache *pc)
{
    while (pc->min_seq + MIN_GENS <= pc->max_seq && !gen_size(pc, pc->min_seq))
        pc->min_seq++;
}

/* ---- eviction ---- */

static void look_around(struct page_cache *pc, uint32_t page)
{
    uint32_t from = page > LOOK_AROUND / 2 ? page - LOOK_AROUND / 2 : 0;
    uint32_t to = pc->hot.pages - from > LOOK_AROUND ? from + LOOK_AROUND : pc->hot.pages;

    for (uint32_t i = from; i < to; i++)
        if (page_is_listed(pc, i) && take_accessed(pc, i))
            promote(pc, i);
}

/* `keep` is as if it had just been accessed: it does not hold up the oldest generation. */
static uint32_t scan_oldest(struct page_cache *pc, uint32_t keep)
{
    uint32_t end = page_sentinel(pc, (enum page_list)(pc->min_seq % MAX_GENS)), i;

    for (uint32_t left = gen_size(pc, pc->min_seq); left; left--) {
        i = page_prev(pc, end);
        if (i == end)
            break; /* a look around has emptied it */
        if (i == keep)
            promote(pc, i);
        else if (pc->hot.word[i] & WORD_ACCESSED)
            look_around(pc, i);
        else
            return i;
    }
    return PAGE_NONE;
}

/* Each round empties a generation or finds a page; what is accessed has lost it after an aging, so
 * that three times round the generations finds one if there is any but `keep`. */
uint32_t page_mglru_victim(struct page_cache *pc, uint32_t keep)
{
    uint32_t page;

    for (unsigned round = 0; round < 3 * MAX_GENS; round++) {
        drop_empty_generations(pc);
        if (should_age(pc))
            age(pc);
        page = scan_oldest(pc, keep);
        if (page != PAGE_NONE)
            return page;
    }
    return PAGE_NONE;
}
