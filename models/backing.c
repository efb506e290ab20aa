/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backing.c - see backing.h
 *
 * Assumed: swap slots lie in the order of the pages, so that a read-ahead window is a run of pages;
 * a region of backing userfaultfd loses an evicted page to the monitor, which supplies it again.
 */
#include "backing.h"

#include "host_memory.h"
#include "kworker.h"
#include "region.h"
#include "sim_assert.h"
#include "thread.h"

#define MMAP_LOTSAMISS 100u /* mm/filemap.c */
#define MMAP_MISS_MAX  (10u * MMAP_LOTSAMISS)

/* ---- reads under way ---- */

/* Whose vCPU it is that waits, itself or by a worker. */
static uint32_t vcpu_of(const struct world *w, uint32_t waiter)
{
    return waiter < w->vcpus ? waiter : (waiter - w->vcpus) / APF_ITEMS;
}

static void submit(struct world *w, const struct disk_request *rq, bool write, uint32_t waiter)
{
    if (waiter == WAITER_NONE)
        disk_submit(w->disk, rq);
    else if (w->monitor_submit)
        w->monitor_submit(w->monitor_ctx, rq, write);
    else
        monitor_ask(w->monitor, rq, vcpu_of(w, waiter));
}

/* waiter: the monitor is asked on its behalf; WAITER_NONE: the device is, for whoever joins. write:
 * what the fault wants (the monitor hears). */
static uint32_t io_begin(struct world *w, uint32_t first, uint32_t pages, uint32_t fault_page,
                         uint32_t waiter, bool write)
{
    uint32_t i = w->io_free;

    if (i == WAITER_NONE) {
        sim_stop(w->sim, SIM_OUT_OF_SLAB, "more reads under way than the host model has room for");
        return WAITER_NONE;
    }
    w->io_free = w->io[i].next_free;
    w->io[i] = (struct io){first, pages, fault_page, WAITER_NONE, 0};
    if (++w->io_used > w->io_high_water)
        w->io_high_water = w->io_used;
    for (uint32_t p = first; p < first + pages; p++)
        page_begin_read(w->pages, p, i);
    submit(w, &(struct disk_request){first, pages, false, i}, write, waiter);
    return i;
}

static uint32_t *waiter_next(struct world *w, uint32_t waiter)
{
    return waiter < w->vcpus ? &w->vcpu[waiter].sync_next : &w->workers[waiter - w->vcpus].next;
}

static void io_join(struct world *w, uint32_t page, uint32_t waiter)
{
    struct io *io = &w->io[page_cookie(w->pages, page)];
    uint32_t *at = &io->waiters;

    while (*at != WAITER_NONE) /* in order of arrival */
        at = waiter_next(w, *at);
    *at = waiter;
    *waiter_next(w, waiter) = WAITER_NONE;
}

static void tell(struct world *w, uint32_t waiter)
{
    uint32_t index = waiter - w->vcpus;

    if (waiter < w->vcpus) {
        struct vcpu *v = &w->vcpu[waiter];

        /* Its GUP holds the page until it is mapped: reclaim cannot be quicker. */
        if (page_state(w->pages, v->sync_page) != PAGE_MAPPED)
            page_map(w->pages, v->sync_page, !v->prefault_waits && v->insn.write);
        vcpu_sync_done(v);
    } else {
        kworker_page_came(&w->vcpu[index / APF_ITEMS], (uint8_t)(index % APF_ITEMS));
    }
}

static void io_end(struct world *w, uint32_t i)
{
    struct io io = w->io[i];

    for (uint32_t p = io.first; p < io.first + io.pages; p++)
        page_end_read(w->pages, p, p != io.fault_page);
    w->io[i].next_free = w->io_free;
    w->io_free = i;
    w->io_used--;
    while (io.waiters != WAITER_NONE) {
        uint32_t waiter = io.waiters;

        io.waiters = *waiter_next(w, waiter);
        tell(w, waiter);
    }
}

void backing_io_done(void *ctx, const struct disk_request *rq)
{
    if (!rq->write)
        io_end(ctx, (uint32_t)rq->cookie);
}

void backing_monitor_done(void *ctx, const struct disk_request *rq)
{
    io_end(ctx, (uint32_t)rq->cookie);
}

/* ---- swap: read-ahead window, __swapin_nr_pages() ---- */

static uint32_t swap_window(struct world *w, struct backing_state *b, uint32_t page)
{
    uint32_t max = 1u << w->p->host.page_cluster, pages = b->ra_hits + 2;
    bool adjacent = page == b->ra_prev + 1 || page + 1 == b->ra_prev;

    if (pages == 2)
        pages = adjacent ? 2 : 1;
    else
        for (uint32_t up = 4;; up *= 2)
            if (up >= pages) {
                pages = up;
                break;
            }
    if (pages > max)
        pages = max;
    if (pages < b->ra_window / 2)
        pages = b->ra_window / 2;
    b->ra_hits = 0;
    b->ra_window = pages;
    return pages;
}

/* Only an anonymous page may have no contents anywhere: until its first touch. */
static bool has_contents(const struct world *w, uint32_t page)
{
    return w->p->region[region_of(w, page)].backing != BACKING_ANON ||
           page_touched_once(w->pages, page);
}

static bool on_backing(const struct world *w, uint32_t page)
{
    return page_state(w->pages, page) == PAGE_ABSENT && has_contents(w, page) &&
           !zswap_holds(w->zswap, page);
}

/* The run of absent pages around `page` inside [from, to). */
static void absent_run(struct world *w, uint32_t page, uint32_t *from, uint32_t *to)
{
    uint32_t a = page, b = page + 1;

    while (a > *from && on_backing(w, a - 1))
        a--;
    while (b < *to && on_backing(w, b))
        b++;
    *from = a;
    *to = b;
}

static void clamp(const struct backing_state *b, uint32_t start, uint32_t pages, uint32_t *from,
                  uint32_t *to)
{
    uint32_t end = b->first + b->pages;

    *from = start < b->first ? b->first : start;
    *to = start + pages > end ? end : start + pages;
}

static enum attempt read_run(struct world *w, uint32_t page, uint32_t from, uint32_t to,
                             bool is_inline, sim_ns *ns)
{
    *ns += host_memory_make_room(w, page, to - from);
    io_begin(w, from, to - from, page, WAITER_NONE, false);
    return is_inline ? ATTEMPT_INLINE_WAIT : ATTEMPT_NEEDS_IO;
}

static enum attempt swap_read(struct world *w, struct backing_state *b, uint32_t page,
                              enum apf_why *why, sim_ns *ns)
{
    uint32_t window = swap_window(w, b, page), from, to, start = page;
    bool sync = window == 1 && apf_host_rules[w->p->host.kernel].swap_window1_is_sync;

    if (page + 1 == b->ra_prev)
        start = page + 1 >= window ? page + 1 - window : 0; /* going down */
    else if (page != b->ra_prev + 1)
        start = page >= (window - 1) / 2 ? page - (window - 1) / 2 : 0;
    b->ra_prev = page;
    clamp(b, start, window, &from, &to);
    absent_run(w, page, &from, &to);
    *why = APF_WHY_INLINE_SWAP;
    return read_run(w, page, from, to, sync, ns);
}

/* The page has no other copy from now on. */
static enum attempt zswap_hit(struct world *w, uint32_t page, enum apf_why *why, sim_ns *ns)
{
    *why = APF_WHY_INLINE_ZSWAP;
    *ns += host_memory_make_room(w, page, 1);
    *ns += zswap_load(w->zswap, page);
    sim_note(w->sim, NOTE_ZSWAP, page, ZSWAP_LOADED, 0, 0);
    page_make_dirty(w->pages, page);
    return ATTEMPT_INLINE;
}

/* hugetlb_fault(): the whole of the 2 MiB page is made, and mapped at once. */
static enum attempt make_huge(struct world *w, const struct backing_state *b, uint32_t page,
                              enum apf_why *why, sim_ns *ns)
{
    uint32_t from = page - (page - b->first) % HUGE_PAGES, end = b->first + b->pages;
    uint32_t to = end - from > HUGE_PAGES ? from + HUGE_PAGES : end;

    *why = APF_WHY_INLINE_HUGETLB;
    *ns += HUGE_PAGES * w->p->cost.zero_page;
    for (uint32_t i = from; i < to; i++) {
        if (page_touched_once(w->pages, i))
            continue; /* resident from the start */
        page_make_unevictable(w->pages, i, false);
        if (i != page)
            page_map(w->pages, i, false);
    }
    return ATTEMPT_INLINE;
}

/* kvm_gmem_get_pfn(): allocated and cleared, never swapped. */
static enum attempt make_private(struct world *w, uint32_t page, enum apf_why *why, sim_ns *ns)
{
    *why = APF_WHY_INLINE_PRIVATE;
    *ns += host_memory_make_room(w, page, 1) + w->p->cost.zero_page;
    page_make_unevictable(w->pages, page, true);
    return ATTEMPT_INLINE;
}

static enum attempt zram_read(struct world *w, uint32_t page, enum apf_why *why, sim_ns *ns)
{
    *why = APF_WHY_INLINE_ZRAM;
    *ns += host_memory_make_room(w, page, 1) + disk_inline_read(compressor(w), page, 1);
    page_make(w->pages, page);
    return ATTEMPT_INLINE;
}

/* ---- file: do_sync_mmap_readahead(), mm/filemap.c ---- */

static enum attempt file_read(struct world *w, struct backing_state *b, uint32_t region,
                              uint32_t page, enum apf_why *why, sim_ns *ns)
{
    enum advice advice = w->p->region[region].advice;
    uint32_t ra = w->p->host.read_around, from, to, start;

    *why = APF_WHY_INLINE_RANDOM;
    if (advice == ADVICE_RANDOM || ra == 0)
        return read_run(w, page, page, page + 1, true, ns);
    start = page;
    if (advice == ADVICE_NORMAL) {
        if (b->mmap_miss < MMAP_MISS_MAX)
            b->mmap_miss++;
        *why = APF_WHY_INLINE_MISSES;
        if (b->mmap_miss > MMAP_LOTSAMISS)
            return read_run(w, page, page, page + 1, true, ns);
        start = page >= b->first + ra / 2 ? page - ra / 2 : b->first;
    }
    clamp(b, start, ra, &from, &to);
    absent_run(w, page, &from, &to);
    return read_run(w, page, from, to, false, ns);
}

/* A first-try fault that finds a folio, locked or not. */
static void file_hit(struct backing_state *b)
{
    if (b->mmap_miss)
        b->mmap_miss--;
}

/* filemap_map_pages(): cached neighbours get into the host's page table; each lowers mmap_miss. */
static void fault_around(struct world *w, struct backing_state *b, uint32_t page)
{
    uint32_t n = w->p->host.fault_around, from, to;

    if (n < 2)
        return;
    clamp(b, page - (page - b->first) % n, n, &from, &to);
    for (uint32_t p = from; p < to; p++)
        if (p != page && page_state(w->pages, p) == PAGE_CACHED) {
            page_set_resident(w->pages, p);
            file_hit(b);
        }
}

/* ---- the attempts ---- */

static enum attempt absent(struct world *w, uint32_t page, enum apf_why *why, sim_ns *ns)
{
    uint32_t region = region_of(w, page);
    struct backing_state *b = &w->backing[region];
    enum backing backing = w->p->region[region].backing;

    if (backing == BACKING_USERFAULTFD)
        return ATTEMPT_NEEDS_IO; /* NOWAIT returns without telling the monitor */
    if (backing == BACKING_FILE)
        return file_read(w, b, region, page, why, ns);
    if (backing == BACKING_HUGETLB)
        return make_huge(w, b, page, why, ns);
    if (backing == BACKING_PRIVATE)
        return make_private(w, page, why, ns);
    if (zswap_holds(w->zswap, page))
        return zswap_hit(w, page, why, ns);
    if (!has_contents(w, page)) {
        *ns += host_memory_make_room(w, page, 1) + w->p->cost.zero_page;
        page_make(w->pages, page);
        return ATTEMPT_ZERO;
    }
    return region_is_zram(w, region) ? zram_read(w, page, why, ns) : swap_read(w, b, page, why, ns);
}

static enum attempt cached(struct world *w, uint32_t page)
{
    uint32_t region = region_of(w, page);
    struct backing_state *b = &w->backing[region];

    if (page_take_readahead_mark(w->pages, page))
        b->ra_hits++;
    b->ra_prev = page; /* swap_cache_get_folio() moves the place of the last fault, too */
    if (w->p->region[region].backing == BACKING_FILE) {
        file_hit(b);
        fault_around(w, b, page);
    }
    return ATTEMPT_MINOR;
}

static enum attempt in_flight(struct world *w, uint32_t page)
{
    uint32_t region = region_of(w, page);

    if (w->p->region[region].backing == BACKING_FILE)
        file_hit(&w->backing[region]);
    return ATTEMPT_NEEDS_IO;
}

enum attempt backing_try(struct vcpu *v, uint32_t page, bool write, enum apf_why *ret_why,
                         sim_ns *ret_ns)
{
    struct world *w = v->w;

    (void)write;
    *ret_ns = 0;
    *ret_why = APF_WHY_NONE;
    switch (page_state(w->pages, page)) {
    case PAGE_MAPPED:
        return ATTEMPT_SPURIOUS;
    case PAGE_RESIDENT:
        return ATTEMPT_RESIDENT;
    case PAGE_CACHED:
        return cached(w, page);
    case PAGE_IN_FLIGHT:
        return in_flight(w, page);
    case PAGE_ABSENT:
        return absent(w, page, ret_why, ret_ns);
    }
    SIM_ASSERT(!"a page state that does not exist");
    return ATTEMPT_NEEDS_IO;
}

bool backing_wait(struct world *w, uint32_t page, bool write, uint32_t waiter)
{
    uint32_t region = region_of(w, page);
    enum apf_why why;
    sim_ns ns = 0; /* another thread's reclaim: its CPU is not a vCPU's */
    enum page_state state = page_state(w->pages, page);

    if (state == PAGE_ABSENT) {
        if (w->p->region[region].backing == BACKING_USERFAULTFD) {
            host_memory_make_room(w, page, 1);
            if (!w->monitor_submit)
                sim_note(w->sim, NOTE_UFFD_EVENT, page, write, 0, 0);
            io_begin(w, page, 1, page, waiter, write);
        } else {
            absent(w, page, &why, &ns);
        }
        state = page_state(w->pages, page);
    }
    if (state != PAGE_IN_FLIGHT)
        return true;
    io_join(w, page, waiter);
    return false;
}

void backing_worker_through(struct world *w, uint32_t page)
{
    uint32_t region = region_of(w, page);

    if (w->p->region[region].backing == BACKING_FILE)
        file_hit(&w->backing[region]);
    if (page_state(w->pages, page) == PAGE_CACHED)
        page_set_resident(w->pages, page);
}
