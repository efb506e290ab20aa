/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_explore.c - the search itself, on models whose counts are known
 */
#include <criterion/criterion.h>
#include <sys/resource.h>

#include "explore.h"

enum { SIDE = 40 };

/* A grid: one step right or down; (SIDE-1, SIDE-1) is the end. A trap row can only go on right. */
struct grid {
    bool trap;
};

static void grid_init(void *self, uint64_t *ret_state)
{
    (void)self;
    ret_state[0] = 0;
}

static void go(struct explore_batch *b, uint32_t move, uint64_t x, uint64_t y)
{
    b->move[b->count] = move;
    b->finding[b->count] = x == 3 && y == 2;
    b->final[b->count] = false;
    b->next[b->count++] = x << 32 | y;
}

static unsigned grid_expand(void *self, const uint64_t *state, struct explore_batch *b)
{
    const struct grid *g = self;
    uint64_t x = state[0] >> 32, y = state[0] & 0xffffffff;

    if (x + 1 < SIDE)
        go(b, 1, x + 1, y);
    if (y + 1 < SIDE && !(g->trap && y == 5))
        go(b, 2, x, y + 1);
    return (y == SIDE - 1 && x == SIDE - 1 ? EXPLORE_GOOD : 0u) |
           (x == 7 && y == 7 ? EXPLORE_MARKED : 0u);
}

static struct explore *run(struct grid *g, uint64_t memory, struct explore_result *r)
{
    struct explore_model model = {.self = g, .words = 1, .init = grid_init, .expand = grid_expand};
    struct explore_limits limits = {.memory_bytes = memory, .liveness = true};
    struct explore *x = explore_create(&model);

    explore_run(x, &limits, r);
    return x;
}

Test(explore, counts_every_state_and_transition_of_a_grid)
{
    struct grid g = {0};
    struct explore_result r;
    struct explore *x = run(&g, 64 << 20, &r);

    cr_assert_eq(r.outcome, EXPLORE_EXHAUSTED);
    cr_assert_eq(r.states, SIDE * SIDE);
    cr_assert_eq(r.transitions, 2 * SIDE * (SIDE - 1));
    cr_assert_eq(r.depth, 2 * (SIDE - 1));
    cr_assert_eq(r.stuck, 0);
    cr_assert_eq(r.marked, 1);
    explore_destroy(x);
}

Test(explore, a_trail_is_a_shortest_one)
{
    struct grid g = {0};
    struct explore_result r;
    struct explore *x = run(&g, 64 << 20, &r);
    uint32_t moves[64];

    cr_assert_eq(explore_trail(x, r.first_marked, moves, 64), 14);
    cr_assert_eq(r.finding[1].count, 2);
    cr_assert_eq(explore_trail(x, r.finding[1].from, moves, 64), 4);
    explore_destroy(x);
}

Test(explore, states_without_a_way_to_a_good_one_are_stuck)
{
    struct grid g = {.trap = true};
    struct explore_result r;
    struct explore *x = run(&g, 64 << 20, &r);

    cr_assert_eq(r.states, SIDE * 6);
    cr_assert_eq(r.stuck, SIDE * 6);
    cr_assert_eq(r.first_stuck, 0);
    explore_destroy(x);
}

Test(explore, the_memory_limit_is_an_outcome)
{
    struct grid g = {0};
    struct explore_result r;
    struct explore *x = run(&g, 3 << 20, &r);

    cr_assert_eq(r.outcome, EXPLORE_MEMORY);
    cr_assert_leq(r.bytes, 3 << 20);
    cr_assert_not(r.refused);
    explore_destroy(x);
}

Test(explore, a_system_that_gives_no_more_is_not_taken_for_the_limit)
{
    struct grid g = {0};
    struct explore_result r;
    struct explore *x = run(&g, 64 << 20, &r);
    const struct explore_limits limits = {.memory_bytes = 64 << 20};
    struct rlimit before, none;

    cr_assert_not(r.refused);
    getrlimit(RLIMIT_AS, &before);
    none = before;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_AS, &none);
    explore_run(x, &limits, &r);
    setrlimit(RLIMIT_AS, &before);
    cr_assert_eq(r.outcome, EXPLORE_MEMORY);
    cr_assert(r.refused);
    explore_destroy(x);
}
