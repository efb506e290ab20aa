/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_heap.h - any number of keys, the least on top
 *
 * Knows:    struct sim_key. Not what the keys stand for.
 * Promise:  sim_heap_top() is the least key, SIM_KEY_NONE when empty.
 * Limits:   capacity fixed by sim_heap_init(); the caller counts. Internal to the engine.
 * Cost:     push and pop O(log n): implicit 4-ary heap, 64 bytes = one cache line per family.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim_tree.h"

struct sim_heap {
    struct sim_key *key; /* [0] the top; children of i are 4i+1 .. 4i+4 */
    void *memory;
    uint32_t count, capacity;
};

/* False when memory is short. */
bool sim_heap_init(struct sim_heap *h, uint32_t capacity);
void sim_heap_finish(struct sim_heap *h);

static inline struct sim_key sim_heap_top(const struct sim_heap *h)
{
    return h->key[0];
}

void sim_heap_push(struct sim_heap *h, struct sim_key key); /* count < capacity */
void sim_heap_pop(struct sim_heap *h);                      /* count > 0 */
