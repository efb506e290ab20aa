/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_random.c - the generators' published outputs, and that streams are apart */
#include <criterion/criterion.h>
#include <string.h>

#include "sim_random.h"

/* Outputs of the authors' reference programs (prng.di.unimi.it) from these states. */
Test(random, splitmix64_gives_its_published_numbers)
{
    static const uint64_t want[] = {6457827717110365317u, 3203168211198807973u,
                                    9817491932198370423u, 4593380528125082431u,
                                    16408922859458223821u};
    uint64_t state = 1234567;
    size_t i;

    for (i = 0; i < 5; i++)
        cr_assert_eq(sim_splitmix64(&state), want[i]);
}

Test(random, xoshiro256plusplus_gives_its_published_numbers)
{
    static const uint64_t want[] = {41943041u,
                                    58720359u,
                                    3588806011781223u,
                                    3591011842654386u,
                                    9228616714210784205u,
                                    9973669472204895162u,
                                    14011001112246962877u,
                                    12406186145184390807u,
                                    15849039046786891736u,
                                    10450023813501588000u};
    struct sim_rng r = {{1, 2, 3, 4}};
    size_t i;

    for (i = 0; i < 10; i++)
        cr_assert_eq(sim_rng_u64(&r), want[i]);
}

Test(random, streams_differ_by_seed_purpose_and_entity_and_in_half_their_bits)
{
    struct sim_rng r[4];
    int i, j, k, differ;

    sim_rng_init(&r[0], 1, SIM_STREAM_COMPUTE, 0);
    sim_rng_init(&r[1], 2, SIM_STREAM_COMPUTE, 0);
    sim_rng_init(&r[2], 1, SIM_STREAM_PATTERN, 0);
    sim_rng_init(&r[3], 1, SIM_STREAM_COMPUTE, 1);
    for (k = 0; k < 1000; k++) {
        uint64_t x[4];

        for (i = 0; i < 4; i++)
            x[i] = sim_rng_u64(&r[i]);
        for (i = 0; i < 4; i++)
            for (j = 0; j < i; j++) {
                differ = __builtin_popcountll(x[i] ^ x[j]);
                cr_assert(differ > 6 && differ < 58, "%d bits", differ);
            }
    }
}

/* Correlation of neighbours over 1e5 draws: its standard deviation is 0.0032. */
Test(random, neighbouring_entities_are_not_correlated)
{
    uint64_t entity;
    int k;

    for (entity = 0; entity < 8; entity++) {
        struct sim_rng a, b;
        double sum = 0;

        sim_rng_init(&a, 1, SIM_STREAM_DISK, entity);
        sim_rng_init(&b, 1, SIM_STREAM_DISK, entity + 1);
        for (k = 0; k < 100000; k++)
            sum += ((double)(sim_rng_u64(&a) >> 11) * 0x1p-53 - 0.5) *
                   ((double)(sim_rng_u64(&b) >> 11) * 0x1p-53 - 0.5);
        sum *= 12.0 / 100000;
        cr_assert(sum > -0.014 && sum < 0.014, "correlation %g", sum);
    }
}

Test(random, the_same_stream_starts_the_same)
{
    struct sim_rng a, b;

    sim_rng_init(&a, 99, SIM_STREAM_START, 12345);
    sim_rng_init(&b, 99, SIM_STREAM_START, 12345);
    cr_assert_eq(memcmp(&a, &b, sizeof a), 0);
}

/* Chi-square with 9 degrees of freedom: 33.7 is exceeded once in 10000. */
Test(random, below_is_uniform_and_stays_below)
{
    uint64_t count[10] = {0}, x;
    struct sim_rng r;
    double chi = 0;
    int i;

    sim_rng_init(&r, 5, SIM_STREAM_PATTERN, 0);
    for (i = 0; i < 1000000; i++) {
        x = sim_rng_below(&r, 10);
        cr_assert(x < 10);
        count[x]++;
    }
    for (i = 0; i < 10; i++)
        chi += ((double)count[i] - 1e5) * ((double)count[i] - 1e5) / 1e5;
    cr_assert(chi < 33.7, "chi-square %g", chi);
    cr_assert_eq(sim_rng_below(&r, 1), 0);
}
