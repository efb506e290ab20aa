/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_ladder.c - heap against sorted keys, ladder against heap, over shapes of increments */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "sim_ladder.h"
#include "sim_random.h"

enum { KEYS = 30000 };

static struct sim_key sorted[KEYS];

static int by_key(const void *a, const void *b)
{
    const struct sim_key *x = a, *y = b;

    return sim_key_less(*y, *x) - sim_key_less(*x, *y);
}

static bool same(struct sim_key a, struct sim_key b)
{
    return a.when == b.when && a.ord == b.ord;
}

Test(heap, keys_come_out_sorted)
{
    struct sim_heap h;
    struct sim_rng r;
    int i;

    sim_rng_init(&r, 1, SIM_STREAM_PATTERN, 0);
    cr_assert(sim_heap_init(&h, KEYS));
    for (i = 0; i < KEYS; i++) {
        sorted[i] = (struct sim_key){sim_rng_below(&r, 5000), (uint64_t)i};
        sim_heap_push(&h, sorted[i]);
    }
    qsort(sorted, KEYS, sizeof *sorted, by_key);
    for (i = 0; i < KEYS; i++) {
        cr_assert(same(sim_heap_top(&h), sorted[i]));
        sim_heap_pop(&h);
    }
    cr_assert(same(sim_heap_top(&h), SIM_KEY_NONE));
    sim_heap_finish(&h);
}

/* Shapes of increments; each stresses another part of the ladder. */
enum shape { CONSTANT, TICKS, UNIFORM, BIMODAL, GEOMETRIC, ZERO, ALL_TIME, NEARER, SHAPES };

static sim_ns increment(enum shape shape, struct sim_rng *r, sim_ns now)
{
    switch (shape) {
    case CONSTANT:
        return 1000;
    case TICKS:
        return sim_rng_below(r, 2) ? 4000000 : 1000000;
    case UNIFORM:
        return sim_rng_below(r, 2000000);
    case BIMODAL:
        return sim_rng_below(r, 100) ? 1000 + sim_rng_below(r, 100) : 100000000;
    case GEOMETRIC:
        return sim_rng_u64(r) >> (20 + sim_rng_below(r, 40));
    case ZERO:
        return sim_rng_below(r, 50) == 0;
    case ALL_TIME:
        return sim_rng_below(r, (SIM_NEVER - 1 - now) / 2 + 1);
    case NEARER:
        return now < 1000000000 ? 1000000000 - now + sim_rng_below(r, 1000) : sim_rng_below(r, 3);
    case SHAPES:
        break;
    }
    return 0;
}

struct pair {
    struct sim_ladder l;
    struct sim_heap h;
    struct sim_rng r;
    uint64_t seq;
    sim_ns now;
};

static void push(struct pair *p, enum shape shape)
{
    struct sim_key key = {p->now + increment(shape, &p->r, p->now), p->seq++};

    sim_ladder_push(&p->l, key);
    sim_heap_push(&p->h, key);
}

static void pop(struct pair *p)
{
    cr_assert(same(sim_ladder_top(&p->l), sim_heap_top(&p->h)));
    p->now = sim_heap_top(&p->h).when;
    sim_ladder_pop(&p->l);
    sim_heap_pop(&p->h);
}

static void drain(struct pair *p)
{
    while (p->h.count)
        pop(p);
    cr_assert_eq(p->l.count, 0);
    cr_assert_eq(p->l.chunks.used, 0, "every chunk is back");
    cr_assert(same(sim_ladder_top(&p->l), SIM_KEY_NONE));
}

static void hold(struct pair *p, enum shape shape, uint32_t n)
{
    uint32_t i;

    for (i = 0; i < n; i++)
        push(p, shape);
    for (i = 0; i < 60000; i++) {
        pop(p);
        push(p, shape);
    }
}

Test(ladder, gives_what_a_heap_gives_for_every_shape_and_size)
{
    static const uint32_t sizes[] = {1, 60, 300, 3000, KEYS};
    struct pair p = {.seq = 0};
    enum shape shape;
    size_t i;

    sim_rng_init(&p.r, 2, SIM_STREAM_PATTERN, 0);
    for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cr_assert(sim_ladder_init(&p.l, sizes[i]));
        cr_assert(sim_heap_init(&p.h, sizes[i]));
        for (shape = CONSTANT; shape < SHAPES; shape++) {
            p.now = 0;
            hold(&p, shape, sizes[i]);
            drain(&p);
        }
        sim_ladder_finish(&p.l);
        sim_heap_finish(&p.h);
    }
}

Test(ladder, shapes_may_change_while_it_is_filled)
{
    struct pair p = {.seq = 0};
    uint32_t i, k;

    sim_rng_init(&p.r, 3, SIM_STREAM_PATTERN, 0);
    cr_assert(sim_ladder_init(&p.l, KEYS));
    cr_assert(sim_heap_init(&p.h, KEYS));
    for (i = 0; i < 200; i++) {
        enum shape shape = (enum shape)sim_rng_below(&p.r, ALL_TIME);
        uint32_t in = (uint32_t)sim_rng_below(&p.r, 3000),
                 out = (uint32_t)sim_rng_below(&p.r, 3000);

        for (k = 0; k < in && p.h.count < KEYS; k++)
            push(&p, shape);
        for (k = 0; k < out && p.h.count; k++)
            pop(&p);
    }
    drain(&p);
    sim_ladder_finish(&p.l);
    sim_heap_finish(&p.h);
}

/* Later events of the same instant follow while 20000 are waiting. */
Test(ladder, twenty_thousand_simultaneous_keys_stay_in_order)
{
    struct pair p = {.seq = 0};

    sim_rng_init(&p.r, 4, SIM_STREAM_PATTERN, 0);
    cr_assert(sim_ladder_init(&p.l, KEYS));
    cr_assert(sim_heap_init(&p.h, KEYS));
    hold(&p, ZERO, 20000);
    drain(&p);
    hold(&p, CONSTANT, 20000);
    drain(&p);
    sim_ladder_finish(&p.l);
    sim_heap_finish(&p.h);
}
