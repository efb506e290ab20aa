/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_slab.h - a fixed number of equal records, known by index
 *
 * Knows:    nothing of what the records are.
 * Promise:  handles are indexes: they are equal in every run. The record given back last is handed
 *           out first. get() does not clear.
 * Limits:   count fixed by sim_slab_init(). Full: SIM_SLAB_NONE; the caller ends the run with
 *           SIM_OUT_OF_SLAB and names the key to raise.
 * Cost:     O(1), no branch but the one that asks whether it is full.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_SLAB_NONE UINT32_MAX

struct sim_slab {
    unsigned char *record; /* begins a cache line */
    void *memory;
    uint32_t *unused; /* stack of free indexes, [0, count - used) */
    size_t size;
    uint32_t count, used, high_water;
};

/* False when memory is short. Records are zero at first. */
bool sim_slab_init(struct sim_slab *s, size_t record_size, uint32_t count);
void sim_slab_finish(struct sim_slab *s); /* also after a failed init */

static inline uint32_t sim_slab_get(struct sim_slab *s)
{
    if (s->used == s->count)
        return SIM_SLAB_NONE;
    s->used++;
    s->high_water = s->used > s->high_water ? s->used : s->high_water;
    return s->unused[s->count - s->used];
}

static inline void sim_slab_put(struct sim_slab *s, uint32_t handle)
{
    s->unused[s->count - s->used] = handle;
    s->used--;
}

static inline void *sim_slab_at(const struct sim_slab *s, uint32_t handle)
{
    return s->record + s->size * handle;
}
