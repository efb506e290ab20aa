/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page_list.h - moves on the lists that run through the page words (page_*.c only)
 *
 * Knows:    page_word.h. A page's flags say which list it is on: set them between remove and push.
 */
#pragma once

#include "page_word.h"

static inline void page_link(struct page_cache *pc, uint32_t page, uint32_t prev, uint32_t next)
{
    uint64_t *w = pc->hot.word;

    w[page] = (w[page] & ~MEMO_MASK) | (uint64_t)prev << LINK_BITS | next;
    w[prev] = (w[prev] & ~LINK_MASK) | page;
    w[next] = (w[next] & ~(LINK_MASK << LINK_BITS)) | (uint64_t)page << LINK_BITS;
}

static inline void page_push_front(struct page_cache *pc, uint32_t page)
{
    enum page_list list = page_list(pc, page);
    uint32_t end = page_sentinel(pc, list);

    page_link(pc, page, end, page_next(pc, end));
    pc->listed[list]++;
}

static inline void page_push_back(struct page_cache *pc, uint32_t page)
{
    enum page_list list = page_list(pc, page);
    uint32_t end = page_sentinel(pc, list);

    page_link(pc, page, page_prev(pc, end), end);
    pc->listed[list]++;
}

static inline void page_unlink(struct page_cache *pc, uint32_t page)
{
    uint64_t *w = pc->hot.word;
    uint32_t prev = page_prev(pc, page), next = page_next(pc, page);

    w[prev] = (w[prev] & ~LINK_MASK) | next;
    w[next] = (w[next] & ~(LINK_MASK << LINK_BITS)) | (uint64_t)prev << LINK_BITS;
    pc->listed[page_list(pc, page)]--;
}

/*
 * Makes `page` the last of its list: those behind it go to the front, in the order in which they
 * would come there one by one from the end. In the ring that is a move of the sentinel.
 */
static inline void page_make_last(struct page_cache *pc, enum page_list list, uint32_t page)
{
    uint64_t *w = pc->hot.word;
    uint32_t end = page_sentinel(pc, list), last = page_prev(pc, end), first = page_next(pc, end);

    if (page == last)
        return;
    w[last] = (w[last] & ~LINK_MASK) | first;
    w[first] = (w[first] & ~(LINK_MASK << LINK_BITS)) | (uint64_t)last << LINK_BITS;
    page_link(pc, end, page, page_next(pc, page));
}
