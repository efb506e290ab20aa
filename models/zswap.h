/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zswap.h - a pool of compressed pages in front of the swap device
 *
 * Knows:    page_cache.h, params.h, disk.h (for the time to compress).
 * Source:   mm/zswap.c of 6.12: zswap_store(), zswap_load(), zswap_check_limits().
 * Model:    a dirty page that is evicted is compressed and kept, unless the pool is full: from
 *           max_pool of the memory on, until it has shrunk to accept_threshold of that. A page that
 *           is loaded leaves the pool, and is dirty again (exclusive loads, since 6.9). The pool's
 *           own pages count against the limit, as a memory cgroup charges them.
 * Assumed:  every page compresses `ratio` to one and packs without loss; to compress takes as long
 *           as to decompress.
 * Leaves out: pages of one value, which need no space; incompressible ones; the shrinker that runs
 *           before the pool is full (zswap.shrinker_enabled, off by default).
 * Memory:   8 bytes for each page of all regions (virtual: until used).
 */
#pragma once

#include "disk.h"
#include "page_cache.h"

struct zswap;

/* number, seed: of the disk that draws the times; it takes one actor. NULL: no memory. */
struct zswap *zswap_create(struct sim *sim, const struct params *p, struct page_cache *pages,
                           uint32_t number, uint64_t seed);
void zswap_destroy(struct zswap *z);                    /* NULL is fine */
bool zswap_holds(const struct zswap *z, uint32_t page); /* z NULL: false */
/* False: refused, the page goes to the device. *ns grows by the time to compress. */
bool zswap_store(struct zswap *z, uint32_t page, sim_ns *ns);
/* The page leaves the pool. Returns the time to decompress. */
sim_ns zswap_load(struct zswap *z, uint32_t page);
/* The page stored first, which has to leave until the pool accepts again; PAGE_NONE: none has. */
uint32_t zswap_excess(const struct zswap *z);
const char *zswap_broken(const struct zswap *z); /* first broken property, or NULL; z NULL: NULL */
