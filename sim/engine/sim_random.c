/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_random.c - seeding: each stream's state is a hash of (seed, purpose, entity)
 */
#include "sim_random.h"

#include "sim_poison.h"
#include "sim_poison_alloc.h"

uint64_t sim_splitmix64(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Each input goes through a whole round before the next joins: near seeds give far streams. */
void sim_rng_init(struct sim_rng *r, uint64_t seed, enum sim_stream purpose, uint64_t entity)
{
    uint64_t state = seed;
    int i;

    state = sim_splitmix64(&state) ^ (uint64_t)purpose;
    state = sim_splitmix64(&state) ^ entity;
    for (i = 0; i < 4; i++)
        r->s[i] = sim_splitmix64(&state);
}
