/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_pool.h - the runs of a sweep (point x mode x replica) on threads
 *
 * Promise:  what is stored for a point depends on the grid and the point alone: neither on the
 *           number of threads, nor on which point ended first. Every replica of every mode of
 *           every point has the random numbers of its replica number (common random numbers).
 *           With a precision, replicas are added by a rule that looks at that point's results
 *           alone. At most `threads` points are under way at once.
 */
#pragma once

#include "cli_grid.h"
#include "cli_points.h"

struct cli_pool {
    const struct cli_grid *grid;
    struct cli_points *store;
    struct cli_shard shard;
    uint32_t threads;
    bool progress; /* on stderr */
};

/* Looks at every point that is to be run, before the first one runs: a grid can have points that no
 * machine could be. A cli_status; the first bad point is said. */
int cli_pool_check(const struct cli_pool *pool);
/* Runs a point that is stored again, and compares: results of a program that computes something
 * else are not to be mixed. A cli_status; said. */
int cli_pool_compare(const struct cli_pool *pool);
/* Runs what the store has not. Ends the program by the signal when it is told to stop (Ctrl-C). A
 * cli_status; said. */
int cli_pool_run(const struct cli_pool *pool);
