/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_assert.c - last words: where, when, and how to see it again
 */
#include "sim_assert.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim_poison.h"

/* Per thread, because a sweep runs one simulation a thread. */
static _Thread_local struct {
    sim_crash_where where;
    const void *run;
    const char *replay;
    uint64_t seed;
} context;

void sim_crash_context(sim_crash_where where, const void *run, uint64_t seed, const char *replay)
{
    context.where = where;
    context.run = run;
    context.seed = seed;
    context.replay = replay;
}

/* One write, so that the words of two threads do not mix. */
_Noreturn void sim_assert_failed(const char *file, int line, const char *what)
{
    const char *replay = context.replay;
    char where[128] = "";
    uint64_t now, event;

    if (context.where) {
        context.where(context.run, &now, &event);
        snprintf(where, sizeof where,
                 "; seed %" PRIu64 ", simulated time %" PRIu64 " ns, event %" PRIu64, context.seed,
                 now, event);
    }
    dprintf(STDERR_FILENO, "sim: bug: %s:%d: %s%s%s%s\n", file, line, what, where,
            replay ? "; replay: " : "", replay ? replay : "");
    abort();
}
