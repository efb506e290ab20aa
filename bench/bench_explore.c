/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_explore.c - the explorer's core alone, on a toy protocol whose twin for Spin is toy.pml
 *
 * Prints CSV: states, transitions (Spin counts the first state as one more), seconds, states a
 * second, bytes. The toy: see toy.pml, option by option the same moves.
 *
 *     bench_explore [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "explore.h"

enum { RUN, FAULT, ASLEEP, FETCH, DONE, SLOT, AWAKE, EXITED };
enum { TASKS = 3, VCPU_BITS = 14, STAGE_AT = 9, OWNER_AT = 12 };

static void toy_init(void *self, uint64_t *ret_state)
{
    (void)self;
    ret_state[0] = 0;
}

static void add(struct explore_batch *b, uint64_t next)
{
    b->move[b->count] = b->count;
    b->finding[b->count] = 0;
    b->final[b->count] = false;
    b->next[b->count++] = next;
}

static inline unsigned get(uint64_t s, unsigned at, unsigned mask)
{
    return (unsigned)(s >> at) & mask;
}

static inline uint64_t set(uint64_t s, unsigned at, unsigned mask, unsigned value)
{
    return (s & ~((uint64_t)mask << at)) | (uint64_t)value << at;
}

static void task_moves(uint64_t s, unsigned base, unsigned n, struct explore_batch *b)
{
    unsigned at = base + 3 * n, state = get(s, at, 7);

    if (state < DONE || state == AWAKE) {
        add(b, set(s, at, 7, state + 1));
    } else if (state == DONE && get(s, base + STAGE_AT, 7) == 0) {
        s = set(set(s, at, 7, SLOT), base + STAGE_AT, 7, 1);
        add(b, set(s, base + OWNER_AT, 3, n));
    }
}

static void vcpu_moves(uint64_t s, unsigned base, struct explore_batch *b)
{
    unsigned stage = get(s, base + STAGE_AT, 7);

    for (unsigned n = 0; n < TASKS; n++) {
        task_moves(s, base, n, b);
    }
    if (stage == 2) {
        s = set(s, base + 3 * get(s, base + OWNER_AT, 3), 7, AWAKE);
        s = set(s, base + OWNER_AT, 3, 0);
    }
    if (stage) {
        add(b, set(s, base + STAGE_AT, 7, stage == 4 ? 0 : stage + 1));
    }
}

static unsigned toy_expand(void *self, const uint64_t *state, struct explore_batch *b)
{
    (void)self;
    vcpu_moves(state[0], 0, b);
    vcpu_moves(state[0], VCPU_BITS, b);
    return 0;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    const struct explore_model toy = {.words = 1, .init = toy_init, .expand = toy_expand};
    const struct explore_limits limits = {.memory_bytes = UINT64_C(1) << 30};
    struct explore *x = explore_create(&toy);
    struct explore_result r;
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 5;

    if (!x || rounds < 1) {
        fprintf(stderr, "usage: bench_explore [ROUNDS]\n");
        return 2;
    }
    printf("states,transitions,seconds,million_states_per_s,bytes\n");
    for (int i = 0; i < rounds; i++) {
        double begin = seconds();
        explore_run(x, &limits, &r);
        double took = seconds() - begin;
        printf("%llu,%llu,%.3f,%.2f,%llu\n", (unsigned long long)r.states,
               (unsigned long long)r.transitions, took, (double)r.states / took / 1e6,
               (unsigned long long)r.bytes);
    }
    explore_destroy(x);
    return 0;
}
