/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_jobs.h - all runs of one command (modes x replicas), on a few threads
 *
 * Knows:    params, models, report's observer.
 * Promise:  results lie in slots by (mode, replica), so any number of threads gives the same bytes.
 *           All modes of a replica share its seed (common random numbers).
 */
#pragma once

#include <stdbool.h>

#include "params.h"
#include "rep_result.h"

struct world;
struct sim_observer;

/* Looks at one job: `begin` gets its world before the first event, on the job's thread, and returns
 * what is to observe it. What lies around the tap is its owner's. */
struct cli_tap {
    enum run_mode mode;
    uint32_t replica;
    struct sim_observer *(*begin)(struct cli_tap *tap, struct world *w);
    struct cli_tap *next;
};

struct cli_jobs {
    const struct params *params;
    const struct page_traces *traces;
    const char *workload;    /* as in the replay command of a crash */
    const char *calibration; /* likewise; NULL: none */
    const char *const *sets; /* of the user, NULL-terminated, or NULL */
    uint32_t threads;
    bool progress; /* on stderr */
    struct cli_tap *taps;
};

/* What users call each mode; NULL at the end. */
extern const char *const cli_mode_keys[MODES + 1];
/* Modes that params asks for, in order; mode_key has room for MODES. Returns how many. */
uint32_t cli_modes(const struct params *p, enum run_mode *ret_mode, const char **ret_key);
/* The mode of pictures and traces, of which there is one: apf, or else the last that is asked for.
 */
enum run_mode cli_looked_at(const struct params *p);
/* Seed of replica 0, 1, ... */
uint64_t cli_replica_seed(uint64_t seed, uint32_t replica);
/* result[mode index * replicas + replica], with one more NULL at the end; NULL when no thread can
 * be made. Free with cli_jobs_free(). */
struct rep_result **cli_jobs_run(const struct cli_jobs *jobs);
/* One of them, on this thread; NULL: no memory for the tables of a run. */
struct rep_result *cli_jobs_one(const struct cli_jobs *jobs, enum run_mode mode, uint32_t replica);
/* What to type to see that job again. g_free() it. */
char *cli_jobs_replay(const struct cli_jobs *jobs, enum run_mode mode, uint32_t replica);
void cli_jobs_free(struct rep_result **results);
/* Digest of a workload's digest and of what each run did. */
uint64_t cli_jobs_digest(const char *workload_digest, struct rep_result *const *results);
