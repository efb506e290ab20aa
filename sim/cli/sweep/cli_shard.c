/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_shard.c - see cli_shard.h
 *
 * A Slurm array that begins elsewhere than at 0, or has gaps, says a count that is not the number
 * of shards: such a resubmission of single tasks needs --shard=$SLURM_ARRAY_TASK_ID/N. Kubernetes
 * does not tell a pod how many completions its Job has; the manifest does, in JOB_COMPLETIONS.
 */
#include "cli_shard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A variable as a number; false: said. *ret_there: whether it is set to anything. */
static bool variable(const char *name, bool *ret_there, uint64_t *ret)
{
    const char *text = getenv(name);

    *ret_there = text && *text;
    return !*ret_there || cli_number(name, text, 0, CLI_SHARDS_MAX, ret);
}

static bool take(const char *from, uint64_t number, uint64_t count, struct cli_shard *ret)
{
    if (number >= count || count > CLI_SHARDS_MAX) {
        cli_fail(CLI_USAGE,
                 "%s: no shard %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                 "; shards are numbered from 0, and there are at most %d",
                 from, number, count, CLI_SHARDS_MAX);
        return false;
    }
    *ret = (struct cli_shard){(uint32_t)number, (uint32_t)count};
    return true;
}

static bool from_flag(const char *flag, struct cli_shard *ret)
{
    g_auto(GStrv) parts = g_strsplit(flag, "/", -1);
    uint64_t number = 0, count = 0;

    if (g_strv_length(parts) != 2) {
        cli_fail(CLI_USAGE, "--shard: '%s' is not K/N, such as 0/8 to 7/8", flag);
        return false;
    }
    return cli_number("--shard", parts[0], 0, CLI_SHARDS_MAX, &number) &&
           cli_number("--shard", parts[1], 1, CLI_SHARDS_MAX, &count) &&
           take("--shard", number, count, ret);
}

/* The two variables of one scheduler. *ret_there: they are set. */
static bool from_pair(const char *id, const char *all, bool *ret_there, struct cli_shard *ret)
{
    uint64_t number = 0, count = 0;
    bool has_count;

    if (!variable(id, ret_there, &number) || !variable(all, &has_count, &count))
        return false;
    if (*ret_there && !has_count) {
        cli_fail(CLI_USAGE, "%s is set and %s is not: of how many? give --shard=K/N", id, all);
        return false;
    }
    return !*ret_there || take(id, number, count, ret);
}

/* An array 3,5 or 1-8 has a count that is not the number of shards. */
static bool check_array(const struct cli_shard *s)
{
    uint64_t least = 0, most = s->count - 1;
    bool there;

    if (!variable("SLURM_ARRAY_TASK_MIN", &there, &least) ||
        !variable("SLURM_ARRAY_TASK_MAX", &there, &most))
        return false;
    if (least == 0 && most == s->count - 1)
        return true;
    cli_fail(CLI_USAGE,
             "the Slurm array is not 0-%u: its count is not the number of shards; submit "
             "--array=0-N, or give --shard=$SLURM_ARRAY_TASK_ID/N",
             s->count - 1);
    return false;
}

static bool from_environment(struct cli_shard *ret, const char **ret_from)
{
    struct cli_shard slurm, job;
    bool is_slurm, is_job;

    if (!from_pair("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", &is_slurm, &slurm) ||
        !from_pair("JOB_COMPLETION_INDEX", "JOB_COMPLETIONS", &is_job, &job) ||
        (is_slurm && !check_array(&slurm)))
        return false;
    if (is_slurm && is_job && (slurm.number != job.number || slurm.count != job.count)) {
        cli_fail(CLI_USAGE, "SLURM_ARRAY_TASK_ID and JOB_COMPLETION_INDEX contradict each other; "
                            "give --shard=K/N");
        return false;
    }
    *ret_from = is_slurm ? "SLURM_ARRAY_TASK_ID" : is_job ? "JOB_COMPLETION_INDEX" : NULL;
    if (*ret_from)
        *ret = is_slurm ? slurm : job;
    return true;
}

bool cli_shard_choose(const char *flag, struct cli_shard *ret)
{
    const char *from = flag ? "--shard" : NULL;

    *ret = (struct cli_shard){0, 1};
    if (flag ? !from_flag(flag, ret) : !from_environment(ret, &from))
        return false;
    if (from)
        fprintf(stderr, "sim: shard %u of %u (from %s)\n", ret->number, ret->count, from);
    return true;
}

uint32_t cli_shard_points(const struct cli_shard *s, uint32_t points)
{
    return points > s->number ? (points - s->number - 1) / s->count + 1 : 0;
}
