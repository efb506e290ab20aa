/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_random.h - random streams, one per purpose and entity
 *
 * Promise:  integer arithmetic only. State = mix(seed, purpose, entity): a new consumer shifts
 *           nobody, and two modes or policies face the same draws.
 * Generator: xoshiro256++ (Blackman, Vigna 2019), seeded by splitmix64.
 */
#pragma once

#include <stdint.h>

/* 128-bit products: gcc and clang on 64-bit machines have them, ISO C does not. */
__extension__ typedef unsigned __int128 sim_u128;

/* Append only: the number is part of the seed. */
enum sim_stream {
    SIM_STREAM_COMPUTE, /* a task's compute times; entity = task */
    SIM_STREAM_PATTERN, /* which page; entity = task * 64 + step */
    SIM_STREAM_WRITE,   /* write or read, kernel or user; entity = task * 64 + step */
    SIM_STREAM_SLEEP,
    SIM_STREAM_DISK,    /* service times; entity = disk */
    SIM_STREAM_RECLAIM, /* random replacement */
    SIM_STREAM_START,   /* start offsets of tasks and ticks */
    SIM_STREAM_MONITOR, /* userfaultfd monitor's latency */
    SIM_STREAM_ARRIVAL, /* gaps between requests; entity = kind of task */
    SIM_STREAM_THINK,   /* think times; entity = kind of task << 32 | client */
    SIM_STREAMS
};

struct sim_rng {
    uint64_t s[4];
};

/* Steele, Lea, Flood 2014: one step of the generator that seeds the others. */
uint64_t sim_splitmix64(uint64_t *state);

void sim_rng_init(struct sim_rng *r, uint64_t seed, enum sim_stream purpose, uint64_t entity);

static inline uint64_t sim_rng_rotl(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

static inline uint64_t sim_rng_u64(struct sim_rng *r)
{
    uint64_t *s = r->s, out = sim_rng_rotl(s[0] + s[3], 23) + s[0], t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = sim_rng_rotl(s[3], 45);
    return out;
}

/* Uniform in [0, n), n >= 1, without bias worth naming (multiply-shift: < n / 2^64). */
static inline uint64_t sim_rng_below(struct sim_rng *r, uint64_t n)
{
    return (uint64_t)((sim_u128)sim_rng_u64(r) * n >> 64);
}
