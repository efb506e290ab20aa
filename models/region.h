/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * region.h - which region a page is of, and what that says
 *
 * Knows:    machine.h.
 */
#pragma once

#include "machine.h"
#include "sim_assert.h"

static inline uint32_t region_of(const struct world *w, uint32_t page)
{
    uint32_t r = 0;

    while (page - w->backing[r].first >= w->backing[r].pages)
        r++;
    SIM_ASSERT(r < w->p->regions);
    return r;
}

static inline enum backing backing_of(const struct world *w, uint32_t page)
{
    return w->p->region[region_of(w, page)].backing;
}

/* Are its pages compressed and decompressed by whoever needs them? */
static inline bool region_is_zram(const struct world *w, uint32_t region)
{
    enum backing b = w->p->region[region].backing;

    return b == BACKING_ZRAM || ((b == BACKING_SWAP || b == BACKING_ANON || b == BACKING_ZSWAP) &&
                                 w->p->disk.synchronous);
}

/* The device that says how long that takes. */
static inline struct disk *compressor(struct world *w)
{
    return w->zram ? w->zram : w->disk;
}
