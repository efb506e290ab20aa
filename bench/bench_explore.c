/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_explore.c - the explorer's core alone, on the toy protocol of toy.h
 *
 * Prints CSV: states, transitions (Spin counts the first state as one more), seconds, states a
 * second, bytes.
 *
 *     bench_explore [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "toy.h"

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    const struct explore_limits limits = {.memory_bytes = UINT64_C(1) << 30};
    struct explore *x = explore_create(&toy_model);
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
