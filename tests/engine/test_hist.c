/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_hist.c - percentiles against sorted values; slabs */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sim_hist.h"
#include "sim_random.h"
#include "sim_slab.h"

enum { VALUES = 100000 };

static struct sim_hist hist, other;
static uint64_t value[VALUES];

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void check_percentiles(void)
{
    static const uint32_t ppms[] = {0,      1,      1000,   10000,  100000, 250000, 500000,
                                    750000, 900000, 990000, 999000, 999900, 999990, 1000000};
    uint64_t rank, want, got, error;
    size_t i;

    qsort(value, VALUES, sizeof *value, by_value);
    for (i = 0; i < sizeof ppms / sizeof *ppms; i++) {
        rank = ((uint64_t)VALUES * ppms[i] + 999999) / 1000000;
        want = value[rank ? rank - 1 : 0];
        got = sim_hist_percentile(&hist, ppms[i]);
        error = got > want ? got - want : want - got;
        cr_assert(error * 256 <= want, "ppm %u: %lu, wanted %lu", ppms[i], (unsigned long)got,
                  (unsigned long)want);
        if (want < 256)
            cr_assert_eq(got, want);
    }
}

Test(hist, percentiles_are_within_one_in_256_of_the_sorted_values)
{
    struct sim_rng r;
    uint32_t i, round;

    sim_rng_init(&r, 1, SIM_STREAM_PATTERN, 0);
    for (round = 0; round < 4; round++) {
        sim_hist_clear(&hist);
        for (i = 0; i < VALUES; i++) {
            value[i] = sim_rng_u64(&r) >> (21 + sim_rng_below(&r, round * 14 + 1));
            sim_hist_add(&hist, value[i]);
        }
        check_percentiles();
        cr_assert_eq(hist.least, value[0]);
        cr_assert_eq(hist.greatest, value[VALUES - 1]);
        cr_assert_eq(hist.count, VALUES);
    }
}

Test(hist, sum_is_exact_beyond_64_bits)
{
    sim_hist_clear(&hist);
    cr_assert_eq(sim_hist_mean(&hist), 0);
    cr_assert_eq(sim_hist_percentile(&hist, 500000), 0);
    sim_hist_add_n(&hist, UINT64_MAX, 3);
    sim_hist_add_n(&hist, 5, 0);
    sim_hist_add(&hist, 5);
    cr_assert_eq(hist.sum_high, 3);
    cr_assert_eq(hist.sum_low, 2);
    cr_assert_eq(sim_hist_percentile(&hist, 1000000), UINT64_MAX);
    cr_assert_eq(sim_hist_percentile(&hist, 250000), 5);
    cr_assert_eq(hist.count, 4);
}

Test(hist, merging_is_adding_all)
{
    static struct sim_hist both;
    struct sim_rng r;
    uint32_t i;

    sim_hist_clear(&hist);
    sim_hist_clear(&other);
    sim_hist_clear(&both);
    sim_rng_init(&r, 2, SIM_STREAM_PATTERN, 0);
    for (i = 0; i < 10000; i++) {
        uint64_t v = sim_rng_u64(&r) >> sim_rng_below(&r, 64);

        sim_hist_add(i % 3 ? &hist : &other, v);
        sim_hist_add(&both, v);
    }
    sim_hist_merge(&hist, &other);
    cr_assert_eq(memcmp(&hist, &both, sizeof both), 0);
    sim_hist_clear(&other);
    sim_hist_merge(&hist, &other);
    cr_assert_eq(memcmp(&hist, &both, sizeof both), 0);
}

Test(slab, handles_are_unique_and_the_full_slab_says_so)
{
    enum { COUNT = 500 };
    static bool taken[COUNT];
    struct sim_slab s;
    struct sim_rng r;
    uint32_t held[COUNT], used = 0, i, high = 0;

    cr_assert(sim_slab_init(&s, 24, COUNT));
    sim_rng_init(&r, 1, SIM_STREAM_PATTERN, 0);
    for (i = 0; i < 100000; i++) {
        if (sim_rng_below(&r, 1000) < (i / 10000 % 2 ? 400u : 600u)) {
            uint32_t h = sim_slab_get(&s);

            cr_assert_eq(h == SIM_SLAB_NONE, used == COUNT);
            if (h == SIM_SLAB_NONE)
                continue;
            cr_assert(h < COUNT && !taken[h]);
            taken[h] = true;
            held[used++] = h;
            *(uint64_t *)sim_slab_at(&s, h) = h;
        } else if (used) {
            uint32_t at = (uint32_t)sim_rng_below(&r, used), h = held[at];

            cr_assert_eq(*(uint64_t *)sim_slab_at(&s, h), h);
            sim_slab_put(&s, h);
            taken[h] = false;
            held[at] = held[--used];
        }
        high = used > high ? used : high;
        cr_assert_eq(s.used, used);
    }
    cr_assert_eq(s.high_water, high);
    cr_assert_eq(high, COUNT);
    sim_slab_finish(&s);
}

Test(slab, an_empty_slab_is_full_and_the_last_put_is_the_next_got)
{
    struct sim_slab s;
    uint32_t a, b;

    cr_assert(sim_slab_init(&s, 8, 0));
    cr_assert_eq(sim_slab_get(&s), SIM_SLAB_NONE);
    sim_slab_finish(&s);
    cr_assert(sim_slab_init(&s, 8, 3));
    a = sim_slab_get(&s);
    b = sim_slab_get(&s);
    cr_assert(a == 0 && b == 1);
    sim_slab_put(&s, a);
    cr_assert_eq(sim_slab_get(&s), a);
    sim_slab_finish(&s);
}
