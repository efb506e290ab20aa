/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sim_assert.c - last words: where, when, and how to see it again */
#include "sim_assert.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

#include "sim_poison.h"

/* Per thread, because a sweep runs one simulation a thread. */
static _Thread_local struct {
    const struct sim *sim;
    const char *replay;
    uint64_t seed;
} context;

void sim_crash_context(const struct sim *sim, uint64_t seed, const char *replay)
{
    context.sim = sim;
    context.seed = seed;
    context.replay = replay;
}

_Noreturn void sim_assert_failed(const char *file, int line, const char *what)
{
    fprintf(stderr, "sim: bug: %s:%d: %s", file, line, what);
    if (context.sim)
        fprintf(stderr, "; seed %" PRIu64 ", simulated time %" PRIu64 " ns, event %" PRIu64,
                context.seed, sim_now(context.sim), sim_events_handled(context.sim));
    if (context.replay)
        fprintf(stderr, "; replay: %s", context.replay);
    fputc('\n', stderr);
    abort();
}
