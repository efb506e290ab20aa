/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_toy.c - the toy by which bench/ compares the explorer with Spin: its counts, and its end
 */
#include <criterion/criterion.h>

#include "toy.h"

static struct explore_result run(bool liveness)
{
    const struct explore_limits limits = {.memory_bytes = 256 << 20, .liveness = liveness};
    struct explore *x = explore_create(&toy_model);
    struct explore_result r;

    explore_run(x, &limits, &r);
    explore_destroy(x);
    cr_assert_eq(r.outcome, EXPLORE_EXHAUSTED);
    return r;
}

Test(toy, has_the_states_and_transitions_of_two_independent_vcpus)
{
    struct explore_result r = run(false);

    cr_assert_eq(r.states, 1024 * 1024);
    cr_assert_eq(r.transitions, 2 * 1024 * 2490);
    cr_assert_eq(r.states, TOY_STATES);
    cr_assert_eq(r.transitions, TOY_TRANSITIONS);
}

Test(toy, lets_every_task_exit_from_every_state)
{
    struct explore_result r = run(true);

    cr_assert_eq(r.states, TOY_STATES);
    cr_assert_eq(r.stuck, 0);
}
