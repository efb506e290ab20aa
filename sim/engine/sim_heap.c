/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_heap.c - implicit 4-ary heap; slots beyond the last key hold SIM_KEY_NONE, so that the
 * descent compares four children always and never asks how many there are
 */
#include "sim_heap.h"

#include <stdlib.h>

#include "sim_assert.h"

#include "sim_poison.h"

bool sim_heap_init(struct sim_heap *h, uint32_t capacity)
{
    size_t slots = (size_t)capacity + 8, i;

    *h = (struct sim_heap){.capacity = capacity};
    h->memory = aligned_alloc(64, (slots * sizeof *h->key + 127) / 64 * 64);
    if (!h->memory)
        return false;
    /* Families start at 4i+1: shift by three keys, so that each is one cache line. */
    h->key = (struct sim_key *)h->memory + 3;
    for (i = 0; i < slots; i++)
        h->key[i] = SIM_KEY_NONE;
    return true;
}

void sim_heap_finish(struct sim_heap *h)
{
    free(h->memory);
    h->memory = NULL;
}

void sim_heap_push(struct sim_heap *h, struct sim_key key)
{
    size_t i = h->count++, up;

    SIM_ASSERT(i < h->capacity);
    for (; i > 0; i = up) {
        up = (i - 1) / 4;
        if (!sim_key_less(key, h->key[up]))
            break;
        h->key[i] = h->key[up];
    }
    h->key[i] = key;
}

/* Index of the least of the four children. */
static inline size_t least_child(const struct sim_key *key, size_t first)
{
    size_t a = first + sim_key_less(key[first + 1], key[first]);
    size_t b = first + 2 + sim_key_less(key[first + 3], key[first + 2]);

    return a ^ ((a ^ b) & -(size_t)sim_key_less(key[b], key[a]));
}

/* The hole sinks to a leaf, then the last key rises from there: it nearly always stays low. */
void sim_heap_pop(struct sim_heap *h)
{
    size_t last = --h->count, i = 0, up;
    struct sim_key key = h->key[last];

    h->key[last] = SIM_KEY_NONE;
    if (!last)
        return;
    while (4 * i + 1 < last) {
        size_t child = least_child(h->key, 4 * i + 1);

        h->key[i] = h->key[child];
        i = child;
    }
    for (; i > 0; i = up) {
        up = (i - 1) / 4;
        if (!sim_key_less(key, h->key[up]))
            break;
        h->key[i] = h->key[up];
    }
    h->key[i] = key;
}
