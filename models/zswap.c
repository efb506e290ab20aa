/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zswap.c - see zswap.h. The pages of the pool are a list in the order of their storing.
 */
#include "zswap.h"

#include <stdlib.h>

#include "sim_assert.h"

/* Neighbours on the list, as page + 1; end: the head below. 0: not in the pool. */
struct place {
    uint32_t older, newer;
};

struct zswap {
    struct page_cache *pages;
    struct disk *compressor;
    struct place *place; /* by page; place[size] is the head: older = newest, newer = oldest */
    uint32_t size, count;
    uint32_t most, accept; /* of the pool, in its own pages */
    uint32_t ratio_milli;
    bool refuses;
};

static void nobody_waits(void *ctx, const struct disk_request *rq)
{
    (void)ctx;
    (void)rq;
}

static struct disk *make_compressor(struct sim *sim, const struct params *p, uint32_t number,
                                    uint64_t seed)
{
    static const char *const preset[ZSWAP_COMPRESSORS] = {
        [ZSWAP_LZO_RLE] = "zram-lzo-rle", [ZSWAP_LZ4] = "zram", [ZSWAP_ZSTD] = "zram-zstd"};
    struct disk_params d;

    if (!disk_preset(preset[p->host.zswap_compressor], &d))
        return NULL;
    d.channels = 1; /* inline only */
    return disk_create(sim, &d, number, seed, SIM_STREAM_DISK, 1, nobody_waits, NULL);
}

static uint32_t share(uint64_t pages, uint32_t ppm)
{
    return (uint32_t)(pages * ppm / PPM);
}

struct zswap *zswap_create(struct sim *sim, const struct params *p, struct page_cache *pages,
                           uint32_t number, uint64_t seed)
{
    struct zswap *z = calloc(1, sizeof *z);

    if (!z)
        return NULL;
    z->pages = pages;
    z->size = all_pages(p);
    z->most = share(p->host.memory_limit / PAGE_BYTES, p->host.zswap_max_pool_ppm);
    z->accept = share(z->most, p->host.zswap_accept_ppm);
    z->ratio_milli = p->host.zswap_ratio_milli;
    z->place = calloc((size_t)z->size + 1, sizeof *z->place);
    z->compressor = make_compressor(sim, p, number, seed);
    if (!z->place || !z->compressor) {
        zswap_destroy(z);
        return NULL;
    }
    z->place[z->size] = (struct place){z->size + 1, z->size + 1};
    return z;
}

void zswap_destroy(struct zswap *z)
{
    if (!z)
        return;
    disk_destroy(z->compressor);
    free(z->place);
    free(z);
}

bool zswap_holds(const struct zswap *z, uint32_t page)
{
    return z && z->place[page].older;
}

/* Pages of memory that the pool takes. */
static uint32_t pool_pages(const struct zswap *z)
{
    uint64_t milli = (uint64_t)z->count * 1000;

    return (uint32_t)((milli + z->ratio_milli - 1) / z->ratio_milli);
}

static void link_to(struct zswap *z, uint32_t older, uint32_t newer)
{
    z->place[newer - 1].older = older;
    z->place[older - 1].newer = newer;
}

static bool check_limits(struct zswap *z)
{
    uint32_t have = pool_pages(z);

    if (have >= z->most)
        z->refuses = true;
    else if (have <= z->accept)
        z->refuses = false;
    return z->refuses;
}

bool zswap_store(struct zswap *z, uint32_t page, sim_ns *ns)
{
    uint32_t head = z->size + 1, newest = z->place[z->size].older;

    SIM_ASSERT(!zswap_holds(z, page));
    if (check_limits(z))
        return false;
    *ns += disk_inline_read(z->compressor, page, 1);
    link_to(z, newest, page + 1);
    link_to(z, page + 1, head);
    z->count++;
    page_cache_reserve(z->pages, pool_pages(z));
    return true;
}

sim_ns zswap_load(struct zswap *z, uint32_t page)
{
    SIM_ASSERT(zswap_holds(z, page));
    link_to(z, z->place[page].older, z->place[page].newer);
    z->place[page] = (struct place){0, 0};
    z->count--;
    page_cache_reserve(z->pages, pool_pages(z));
    return disk_inline_read(z->compressor, page, 1);
}

uint32_t zswap_excess(const struct zswap *z)
{
    if (!z->refuses || !z->count || pool_pages(z) <= z->accept)
        return PAGE_NONE;
    return z->place[z->size].newer - 1;
}

const char *zswap_broken(const struct zswap *z)
{
    uint32_t head, n = 0;

    if (!z)
        return NULL;
    head = z->size + 1;
    for (uint32_t i = z->place[z->size].newer; i != head; i = z->place[i - 1].newer, n++) {
        if (n == z->count)
            return "the compressed pool is as long as its count";
        if (page_state(z->pages, i - 1) != PAGE_ABSENT)
            return "a page of the compressed pool is not in memory, too";
        if (z->place[z->place[i - 1].newer - 1].older != i)
            return "links of the compressed pool agree in both directions";
    }
    return n == z->count ? NULL : "the compressed pool is as long as its count";
}
