/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_shard.h - which part of a sweep this process does
 *
 * Promise:  point i belongs to shard i mod count. The part comes from --shard=K/N, else from what a
 *           scheduler puts into the environment, and it is always said which; settings that are
 *           incomplete or contradict each other are refused, never guessed.
 */
#pragma once

#include "cli.h"

#define CLI_SHARDS_MAX 100000
#define CLI_POINTS_MAX 10000000u /* of a sweep */

struct cli_shard {
    uint32_t number, count; /* number < count; 0 of 1: the whole sweep */
};

/* flag: what --shard was given, or NULL. False: said what is wrong. */
bool cli_shard_choose(const char *flag, struct cli_shard *ret);
/* How many of `points` it has. */
uint32_t cli_shard_points(const struct cli_shard *s, uint32_t points);
