/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_point.h - one point of a sweep while it is run: its runs, when they are enough, its rows
 *
 * Not for several threads at once, but for cli_point_run().
 */
#pragma once

#include "cli_grid.h"
#include "cli_jobs.h"

struct cli_point {
    const struct cli_grid *grid;
    uint32_t number;
    char **sets;
    struct cfg *cfg;
    struct cli_jobs jobs;
    enum run_mode mode[MODES];
    const char *mode_key[MODES];
    uint32_t modes;
    uint32_t from, replicas;           /* this round: from .. replicas - 1 of each mode */
    struct rep_result **result[MODES]; /* [mode][replica] */
    uint32_t next, done;               /* runs of this round: begun, ended */
};

/* NULL: the point is none; *ret_why says why. */
struct cli_point *cli_point_create(const struct cli_grid *g, uint32_t number, char **ret_why);
void cli_point_free(struct cli_point *p);
uint32_t cli_point_runs(const struct cli_point *p); /* of this round */
/* Does run 0, 1, ... of the round. False: no memory. */
bool cli_point_run(struct cli_point *p, uint32_t run);
/* All runs of the round have ended. True: they are not enough, and the next round is set up. */
bool cli_point_goes_on(struct cli_point *p);
/* What the store keeps of it: its status and its rows. */
GString *cli_point_record(struct cli_point *p);
