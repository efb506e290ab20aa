/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_table.h - the points of all shards become sweep.csv and sweep.json
 *
 * Promise:  the same bytes whatever the number of shards and the order in which points ended. Both
 *           files are written beside their place, synced and renamed.
 * Cost:     8 bytes of memory a point, whatever its rows.
 */
#pragma once

#include "cli_points.h"

#define CLI_TABLE_CSV  "sweep.csv"
#define CLI_TABLE_JSON "sweep.json"

/* What a record of a point says before its rows. */
struct cli_point_status {
    uint32_t replicas;
    bool bad;   /* a run ended badly */
    bool vague; /* the precision was not reached */
};
void cli_table_status(GString *out, const struct cli_point_status *status);

/* What came of a sweep, for the last lines on the terminal. */
struct cli_table_sum {
    uint64_t rows, runs;
    uint32_t bad, bad_first, vague;
};
/* p[shard number], all of them complete. A cli_status; said. */
int cli_table_write(const char *dir, struct cli_points *const *p, struct cli_table_sum *ret);
/* Says what came of it: on stdout unless quiet, what is bad on stderr. A cli_status. */
int cli_table_say(const char *dir, const struct cli_table_sum *sum, uint32_t points, bool quiet);
/* Whether this very sweep is there, finished, and how many points of it ended badly. CLI_USAGE: one
 * of another identity is there, said. */
int cli_table_there(const char *dir, const struct cli_identity *id, bool *ret_there,
                    uint32_t *ret_bad);
/* False: DIR/sweep.csv is not what DIR/sweep.json was written with: cut, empty or changed. Without
 * a sweep.json there is nothing to compare with. Reads the whole file. */
bool cli_table_whole(const char *dir);
/* The same, said, for who reads that file: CLI_GOOD or CLI_USAGE. */
int cli_table_check(const char *dir);
