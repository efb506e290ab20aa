/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_ladder.h - any number of keys, the least on top, at a cost that hardly grows
 *
 * Knows:    struct sim_key. Not what the keys stand for.
 * Promise:  sim_ladder_top() is the least key, SIM_KEY_NONE when empty. Order never depends on how
 *           keys were spread over buckets: all that is handed out passes through a heap.
 * Limits:   capacity fixed by sim_ladder_init(); the caller counts. Internal to the engine.
 * Cost:     push and pop O(1) amortised for any spread of times, O(log n) for simultaneous keys.
 *           About 60 bytes a key.
 *
 * After Tang, Goh, Thng, "Ladder queue" (ACM TOMACS 15, 2005), with a heap as its bottom and widths
 * that are powers of two. Far keys lie unsorted in `top`; nearer ones in the buckets of rungs, each
 * rung a finer view of one bucket of the rung before; the nearest in the heap. Few keys never leave
 * the heap.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim_heap.h"
#include "sim_slab.h"

#define SIM_LADDER_RUNGS 8

/* Keys in chunks of eight; the first chunk of the list is the one that is not full. */
struct sim_bucket {
    uint32_t chunk, count;
};

struct sim_rung {
    struct sim_bucket *bucket;
    uint32_t limit, count, current; /* buckets there are, in use, and the first not handed down */
    uint32_t shift;                 /* a bucket spans 2^shift ns */
    sim_ns start, current_start;
};

struct sim_ladder {
    struct sim_heap bottom;
    uint32_t count, depth, spill_at; /* the bottom is spread over a new rung at spill_at keys */
    sim_ns top_start, top_least, top_greatest;
    struct sim_bucket top;
    struct sim_rung rung[SIM_LADDER_RUNGS];
    struct sim_slab chunks;
    uint32_t *next_chunk;
    struct sim_bucket *buckets;
    /* Records behind the keys, by the low bits of ord: fetched when a key comes to the bottom. */
    const unsigned char *record;
    uint64_t record_mask;
    size_t record_size;
};

/* False when memory is short. */
bool sim_ladder_init(struct sim_ladder *l, uint32_t capacity);
void sim_ladder_finish(struct sim_ladder *l); /* also after a failed init */

static inline struct sim_key sim_ladder_top(const struct sim_ladder *l)
{
    return sim_heap_top(&l->bottom);
}

void sim_ladder_push(struct sim_ladder *l, struct sim_key key); /* count < capacity */
void sim_ladder_pop(struct sim_ladder *l);                      /* count > 0 */
