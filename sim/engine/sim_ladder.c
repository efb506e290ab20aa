/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_ladder.c - top, rungs, bottom; keys only ever move towards the bottom, but for a spill
 */
#include "sim_ladder.h"

#include <stdlib.h>
#include <string.h>

#include "sim_assert.h"

#include "sim_poison.h"

#define CHUNK        8u   /* keys: 128 bytes */
#define PER_BUCKET   8u   /* keys a new rung's bucket should hold */
#define SPLIT_ABOVE  64u  /* keys: a fuller bucket becomes a rung, not a heap */
#define SPILL_LEAST  256u /* keys: a fuller bottom becomes a rung */
#define FINE_BUCKETS 512u /* of each rung but the first */

static uint32_t first_rung_buckets(uint32_t capacity)
{
    uint32_t n = 64;

    while (n < capacity / PER_BUCKET)
        n *= 2;
    return n;
}

bool sim_ladder_init(struct sim_ladder *l, uint32_t capacity)
{
    uint32_t first = first_rung_buckets(capacity), i;
    uint32_t buckets = first + (SIM_LADDER_RUNGS - 1) * FINE_BUCKETS;
    uint32_t chunks = capacity / CHUNK + buckets + 2; /* each bucket and top may end in a part */

    chunks = chunks < capacity ? chunks : capacity + 1; /* a chunk has a key at least */
    *l = (struct sim_ladder){
        .spill_at = SPILL_LEAST, .top_start = SIM_NEVER, .top_least = SIM_NEVER};
    l->buckets = calloc(buckets, sizeof *l->buckets);
    l->next_chunk = calloc(chunks, sizeof *l->next_chunk);
    if (!l->buckets || !l->next_chunk || !sim_heap_init(&l->bottom, capacity) ||
        !sim_slab_init(&l->chunks, CHUNK * sizeof(struct sim_key), chunks)) {
        sim_ladder_finish(l);
        return false;
    }
    l->record = (const unsigned char *)l->buckets; /* until the caller has records */
    l->rung[0].bucket = l->buckets;
    l->rung[0].limit = first;
    for (i = 1; i < SIM_LADDER_RUNGS; i++) {
        l->rung[i].bucket = l->buckets + first + (i - 1) * FINE_BUCKETS;
        l->rung[i].limit = FINE_BUCKETS;
    }
    return true;
}

void sim_ladder_finish(struct sim_ladder *l)
{
    sim_heap_finish(&l->bottom);
    sim_slab_finish(&l->chunks);
    free(l->next_chunk);
    free(l->buckets);
    l->next_chunk = NULL;
    l->buckets = NULL;
}

static inline void bucket_add(struct sim_ladder *l, struct sim_bucket *b, struct sim_key key)
{
    uint32_t at = b->count++ % CHUNK;

    if (at == 0) {
        uint32_t chunk = sim_slab_get(&l->chunks);

        SIM_ASSERT(chunk != SIM_SLAB_NONE);
        l->next_chunk[chunk] = b->chunk;
        b->chunk = chunk;
    }
    ((struct sim_key *)sim_slab_at(&l->chunks, b->chunk))[at] = key;
}

/* Takes the first chunk's keys out; returns how many. */
static inline uint32_t bucket_take(struct sim_ladder *l, struct sim_bucket *b,
                                   struct sim_key ret_key[CHUNK])
{
    uint32_t chunk = b->chunk, n = (b->count - 1) % CHUNK + 1;

    memcpy(ret_key, sim_slab_at(&l->chunks, chunk), CHUNK * sizeof *ret_key);
    b->count -= n;
    b->chunk = l->next_chunk[chunk];
    if (b->count)
        __builtin_prefetch(sim_slab_at(&l->chunks, b->chunk));
    sim_slab_put(&l->chunks, chunk);
    return n;
}

static inline void rung_add(struct sim_ladder *l, struct sim_rung *r, struct sim_key key)
{
    bucket_add(l, &r->bucket[(key.when - r->start) >> r->shift], key);
}

/* A new innermost rung for about `keys` keys in [start, start + last]. */
static struct sim_rung *rung_open(struct sim_ladder *l, sim_ns start, sim_ns last, uint32_t keys)
{
    struct sim_rung *r = &l->rung[l->depth++];
    uint32_t want = keys / PER_BUCKET < r->limit ? keys / PER_BUCKET : r->limit;

    r->shift = 0;
    while (last >> r->shift >= want)
        r->shift++;
    r->count = (uint32_t)(last >> r->shift) + 1;
    r->current = 0;
    r->start = r->current_start = start;
    return r;
}

static void pour_into_rung(struct sim_ladder *l, struct sim_rung *r, struct sim_bucket *b)
{
    struct sim_key key[CHUNK];
    uint32_t i, n;

    while (b->count) {
        n = bucket_take(l, b, key);
        for (i = 0; i < n; i++)
            rung_add(l, r, key[i]);
    }
}

static void pour_into_bottom(struct sim_ladder *l, struct sim_bucket *b)
{
    uint32_t least = 2 * b->count;
    struct sim_key key[CHUNK];
    uint32_t i, n;

    while (b->count) {
        n = bucket_take(l, b, key);
        for (i = 0; i < n; i++) {
            __builtin_prefetch(l->record + (key[i].ord & l->record_mask) * l->record_size);
            sim_heap_push(&l->bottom, key[i]);
        }
    }
    l->spill_at = least > SPILL_LEAST ? least : SPILL_LEAST;
}

/* First instant after the rung; SIM_NEVER when that lies beyond all time. */
static sim_ns rung_end(const struct sim_rung *r)
{
    sim_u128 end = ((sim_u128)r->count << r->shift) + r->start;

    return end < SIM_NEVER ? (sim_ns)end : SIM_NEVER;
}

/* No rungs: what has gathered in the top becomes one, or the bottom if it is little. */
static void descend_from_top(struct sim_ladder *l)
{
    struct sim_rung *r;

    if (l->top.count <= SPLIT_ABOVE || l->top_least == l->top_greatest) {
        pour_into_bottom(l, &l->top);
        l->top_start = SIM_NEVER;
    } else {
        r = rung_open(l, l->top_least, l->top_greatest - l->top_least, l->top.count);
        pour_into_rung(l, r, &l->top);
        l->top_start = rung_end(r);
    }
    l->top_least = SIM_NEVER;
    l->top_greatest = 0;
}

/* Hands down the innermost rung's next bucket that is not empty, or takes the rung away. */
static void descend_from_rung(struct sim_ladder *l)
{
    struct sim_rung *r = &l->rung[l->depth - 1];
    struct sim_bucket *b;
    sim_ns start, last = ((sim_ns)1 << r->shift) - 1;

    while (r->current < r->count && r->bucket[r->current].count == 0)
        r->current++;
    if (r->current == r->count) {
        l->depth--;
        return;
    }
    b = &r->bucket[r->current];
    start = r->start + ((sim_ns)r->current << r->shift);
    r->current++;
    r->current_start = last < SIM_NEVER - start ? start + last + 1 : SIM_NEVER;
    if (b->count > SPLIT_ABOVE && r->shift > 0 && l->depth < SIM_LADDER_RUNGS)
        pour_into_rung(l, rung_open(l, start, last, b->count), b);
    else
        pour_into_bottom(l, b);
}

static void refill(struct sim_ladder *l)
{
    while (l->bottom.count == 0) {
        if (l->depth)
            descend_from_rung(l);
        else
            descend_from_top(l);
    }
}

static sim_ns greatest_of_bottom(const struct sim_ladder *l)
{
    sim_ns greatest = 0;
    uint32_t i;

    for (i = 0; i < l->bottom.count; i++)
        greatest = l->bottom.key[i].when > greatest ? l->bottom.key[i].when : greatest;
    return greatest;
}

/* Too many keys came nearer than the innermost rung: they become a rung of their own. */
static void spill(struct sim_ladder *l)
{
    sim_ns least = sim_heap_top(&l->bottom).when, last = greatest_of_bottom(l) - least;
    uint32_t i, keys = l->bottom.count;
    struct sim_rung *r;

    l->spill_at = 2 * keys;
    if (last == 0 || l->depth == SIM_LADDER_RUNGS)
        return;
    if (l->depth)
        last = l->rung[l->depth - 1].current_start - 1 - least;
    r = rung_open(l, least, last, keys);
    if (l->depth == 1)
        l->top_start = rung_end(r);
    for (i = 0; i < keys; i++) {
        rung_add(l, r, l->bottom.key[i]);
        l->bottom.key[i] = SIM_KEY_NONE;
    }
    l->bottom.count = 0;
    refill(l);
}

static void push_near(struct sim_ladder *l, struct sim_key key)
{
    uint32_t i;

    for (i = 0; i < l->depth; i++)
        if (key.when >= l->rung[i].current_start) {
            rung_add(l, &l->rung[i], key);
            return;
        }
    sim_heap_push(&l->bottom, key);
    if (l->bottom.count >= l->spill_at)
        spill(l);
}

void sim_ladder_push(struct sim_ladder *l, struct sim_key key)
{
    l->count++;
    if (key.when < l->top_start) {
        push_near(l, key);
        return;
    }
    bucket_add(l, &l->top, key);
    l->top_least = key.when < l->top_least ? key.when : l->top_least;
    l->top_greatest = key.when > l->top_greatest ? key.when : l->top_greatest;
}

void sim_ladder_pop(struct sim_ladder *l)
{
    sim_heap_pop(&l->bottom);
    if (--l->count && l->bottom.count == 0)
        refill(l);
    if (!l->count) {
        l->depth = 0;
        l->top_start = SIM_NEVER;
    }
}
