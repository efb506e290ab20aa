/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watermarks.h - how much of a host's memory stays free, by Linux' formulas
 *
 * Knows:    params.h. Plain arithmetic that config and models share.
 * Source:   mm/page_alloc.c: calculate_min_free_kbytes() (4 sqrt(KiB), 128 KiB to 256 MiB) and
 *           __setup_per_zone_wmarks() of a single zone: low and high lie a quarter of min, or
 *           watermark_scale / 10000 of all memory, above one another.
 */
#pragma once

#include "params.h"

struct watermarks { /* free pages; all 0 under a cgroup limit, which has none */
    uint32_t min, low, high;
};

static inline uint64_t watermark_min_kib(uint64_t memory_kib)
{
    uint64_t x = memory_kib * 16, root = 0;

    for (uint64_t bit = UINT64_C(1) << 31; bit; bit >>= 1)
        if ((root | bit) * (root | bit) <= x)
            root |= bit;
    return root < 128 ? 128 : root > 262144 ? 262144 : root;
}

static inline struct watermarks host_watermarks(const struct host_params *h)
{
    uint64_t pages = h->memory_limit / PAGE_BYTES, min, gap;

    if (h->memory_kind != MEMORY_GLOBAL || !pages)
        return (struct watermarks){0, 0, 0};
    min = h->min_free / PAGE_BYTES;
    if (!min)
        min = watermark_min_kib(h->memory_limit / 1024) / (PAGE_BYTES / 1024);
    gap = pages * h->watermark_scale / 10000;
    gap = gap > min / 4 ? gap : min / 4;
    return (struct watermarks){(uint32_t)min, (uint32_t)(min + gap), (uint32_t)(min + 2 * gap)};
}
