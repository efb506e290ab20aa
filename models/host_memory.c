/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_memory.c - see host_memory.h
 *
 * Assumed: the frame of a dirty victim is free again when its write has been queued.
 */
#include "host_memory.h"

#include "region.h"
#include "sim_assert.h"

#define SWAP_CLUSTER_MAX 32u /* include/linux/swap.h */

/* How many writes may wait before reclaim sleeps: a batch for each vCPU. */
static uint32_t writes_ahead(const struct world *w)
{
    return SWAP_CLUSTER_MAX * w->vcpus;
}

uint32_t host_memory_writes_max(const struct world *w)
{
    return writes_ahead(w) + 2 * SWAP_CLUSTER_MAX;
}

/*
 * Reclaim that runs ahead of the device sleeps until the device has caught up (reclaim_throttle(),
 * mm/vmscan.c): here until no more than `ahead` wait, by the device's mean time for a write.
 */
static sim_ns throttle(const struct world *w)
{
    uint32_t queued = disk_queued(w->disk), ahead = writes_ahead(w);

    if (queued <= ahead)
        return 0;
    return (queued - ahead) * (sim_ns)sim_dist_mean(&w->p->disk.write) / w->p->disk.channels;
}

struct spent {
    sim_ns cpu, wait; /* wait: of the last page */
};

/* ---- zswap's shrinker: a work of its own, which nobody waits for ---- */

static void zswap_note(struct world *w, uint32_t page, enum zswap_event what)
{
    sim_note(w->sim, NOTE_ZSWAP, page, what, 0, 0);
}

/* The contents of a page go to the device; how long whoever has reclaimed it sleeps. */
static sim_ns write_page(struct world *w, uint32_t page)
{
    disk_submit(w->disk, &(struct disk_request){page, 1, true, 0});
    return throttle(w);
}

/* shrink_worker(): the oldest pages leave for the device, until the pool accepts again. */
static void on_shrinker(void *ctx, const struct sim_event *ev)
{
    struct world *w = ctx;
    sim_ns wait = throttle(w), cpu = 0;
    uint32_t page;

    (void)ev;
    for (uint32_t n = 0; !wait && n < SWAP_CLUSTER_MAX; n++) {
        page = zswap_excess(w->zswap);
        if (page == PAGE_NONE)
            break;
        cpu += zswap_load(w->zswap, page) + w->p->cost.reclaim;
        zswap_note(w, page, ZSWAP_WRITTEN_BACK);
        if (w->p->disk.synchronous)
            cpu += disk_inline_read(w->disk, page, 1);
        else
            write_page(w, page);
    }
    w->shrinker_awake = wait || cpu;
    if (w->shrinker_awake)
        sim_actor_at(w->sim, w->shrinker, sim_now(w->sim) + wait + cpu, 0, 0);
}

static void shrinker_wake(struct world *w)
{
    if (w->shrinker_awake)
        return;
    w->shrinker_awake = true;
    sim_actor_at(w->sim, w->shrinker, sim_now(w->sim) + w->p->cost.worker, 0, 0);
}

/* ---- reclaim ---- */

/* Where the contents of a dirty page go. */
static void save(struct world *w, uint32_t page, struct spent *spent)
{
    uint32_t region = region_of(w, page);

    if (w->p->region[region].backing == BACKING_USERFAULTFD)
        return;
    if (w->p->region[region].backing == BACKING_ZSWAP) {
        bool stored = zswap_store(w->zswap, page, &spent->cpu);

        zswap_note(w, page, stored ? ZSWAP_STORED : ZSWAP_REFUSED);
        if (stored)
            return;
        shrinker_wake(w);
    }
    if (region_is_zram(w, region)) /* compress: as slow as decompress */
        spent->cpu += disk_inline_read(compressor(w), page, 1);
    else
        spent->wait = write_page(w, page);
}

/* False: nothing can be reclaimed. */
static bool reclaim_one(struct world *w, uint32_t keep, enum reclaimer by, struct spent *spent)
{
    bool dirty;
    uint32_t victim = page_cache_reclaim(w->pages, keep, &dirty);

    if (victim == PAGE_NONE)
        return false;
    spent->cpu += w->p->cost.reclaim;
    spent->wait = 0;
    if (dirty)
        save(w, victim, spent);
    sim_note(w->sim, NOTE_RECLAIM, victim, by, 0, 0);
    return true;
}

/* ---- kswapd ---- */

/* The one place where kswapd's time goes: a CPU of its own. */
static void kswapd_spend(struct world *w, const struct spent *spent)
{
    sim_note(w->sim, NOTE_KSWAPD, spent->cpu, 0, 0, 0);
    sim_actor_at(w->sim, w->kswapd, sim_now(w->sim) + spent->cpu + spent->wait, 0, 0);
}

/* balance_pgdat(), a batch of shrink_node() at a time. */
static void on_kswapd(void *ctx, const struct sim_event *ev)
{
    struct world *w = ctx;
    struct spent spent = {.wait = throttle(w)};
    uint32_t n = 0;

    (void)ev;
    if (!spent.wait)
        while (n < SWAP_CLUSTER_MAX && !page_cache_has_room(w->pages, w->watermark.high + 1) &&
               reclaim_one(w, PAGE_NONE, RECLAIMER_KSWAPD, &spent))
            n++;
    w->kswapd_awake = n > 0 || spent.wait > 0;
    if (w->kswapd_awake)
        kswapd_spend(w, &spent);
}

/* Waking a thread takes as long as waking a vCPU's. */
static void kswapd_wake(struct world *w)
{
    if (w->kswapd_awake)
        return;
    w->kswapd_awake = true;
    sim_actor_at(w->sim, w->kswapd, sim_now(w->sim) + w->p->cost.vcpu_wake, 0, 0);
}

/* ---- allocation ---- */

sim_ns host_memory_make_room(struct world *w, uint32_t keep, uint32_t frames)
{
    struct spent spent = {0};
    sim_ns ns = 0;

    if (w->watermark.low && !page_cache_has_room(w->pages, frames + w->watermark.low))
        kswapd_wake(w);
    while (!page_cache_has_room(w->pages, frames + w->watermark.min)) {
        spent.cpu = 0;
        if (!reclaim_one(w, keep, RECLAIMER_DIRECT, &spent))
            break;
        ns += spent.cpu + spent.wait;
    }
    return ns;
}

void host_memory_init(struct world *w)
{
    w->watermark = host_watermarks(&w->p->host);
    if (w->watermark.low)
        w->kswapd = sim_actor_add(w->sim, SIM_RANK_WORKER, on_kswapd, w);
    if (w->zswap)
        w->shrinker = sim_actor_add(w->sim, SIM_RANK_WORKER, on_shrinker, w);
}
