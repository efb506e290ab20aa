/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_dram.c - what this machine's memory makes of a table: dependent random reads
 *
 * A cycle through all cache lines of a table of so many MiB (a power of two); each read says where
 * the next is. Prints CSV: MiB, ns a read, least of three rounds.
 *
 *     bench_dram MIB...
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LINE = 64, READS = 4000000, ROUNDS = 3 };

struct line {
    uint64_t next;
    unsigned char rest[LINE - sizeof(uint64_t)];
};

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* One cycle through all of a power of two: a full-period generator, its steps strewn about by a
 * bijection, so that no prefetcher follows. */
static uint64_t place(uint64_t step, uint64_t lines)
{
    uint64_t x = step * UINT64_C(0x9e3779b97f4a7c15) & (lines - 1);

    x ^= x >> (unsigned)(__builtin_ctzll(lines) / 2 + 1);
    return x * UINT64_C(0xd6e8feb86659fd93) & (lines - 1);
}

static void link_all(struct line *table, uint64_t lines)
{
    uint64_t step = 0, next;

    for (uint64_t i = 0; i < lines; i++, step = next) {
        next = (step * UINT64_C(6364136223846793005) + 1) & (lines - 1);
        table[place(step, lines)].next = place(next, lines);
    }
}

static double least(const struct line *table)
{
    double best = 1e9;
    uint64_t at = 0;

    for (int round = 0; round < ROUNDS; round++) {
        double begin = seconds(), took;

        for (int i = 0; i < READS; i++)
            at = table[at].next;
        took = (seconds() - begin) * 1e9 / READS;
        best = took < best ? took : best;
    }
    return at == UINT64_MAX ? 0 : best; /* the reads are needed */
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bench_dram MIB...\n");
        return 2;
    }
    printf("MiB,ns_per_read\n");
    for (int i = 1; i < argc; i++) {
        uint64_t lines = strtoull(argv[i], NULL, 10) * (1024 * 1024 / LINE);
        bool good = lines && !(lines & (lines - 1));
        struct line *table = good ? aligned_alloc(LINE, lines * LINE) : NULL;

        if (!table) {
            fprintf(stderr, "bench_dram: error: no memory for %s MiB, or no power of two\n",
                    argv[i]);
            return 3;
        }
        link_all(table, lines);
        printf("%s,%.1f\n", argv[i], least(table));
        free(table);
    }
    return 0;
}
