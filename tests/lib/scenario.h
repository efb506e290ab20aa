/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scenario.h - a small machine made by hand, run whole, and told as a story
 *
 * Knows:    params.h, world.h, notes.
 * Use:      scenario() gives parameters of one vCPU with legible costs; scenario_region(),
 *           scenario_task(), scenario_step() fill them; scenario_run() runs and keeps what was
 *           said. scenario_story() compares it with the text in the test and prints both when they
 *           differ.
 * Promise:  after every run, whatever its end: each vCPU's ledger sums to the time that passed,
 * each access has one outcome and one reason, and no invariant is broken. Nothing is written for
 * the tests to switch this off, but `may_break` for runs that end so on purpose.
 *
 * The costs are made to be told apart in a sum (ns):
 *   exit 1000   fault 200   map 30   zero_page 4   sync_fault 2000   prefault 500   reclaim 7
 *   not_present 400   ready 600   context_switch 1500   worker 3000   vcpu_wake 6000   tick 50
 *   touch 10; the device reads or writes a page in 100000, each further page of a cluster in 1000
 */
#pragma once

#include "apf_host.h"
#include "params.h"
#include "sim.h"
#include "sim_words.h"
#include "world.h"

#define SCENARIO_TASKS   128
#define SCENARIO_TEXT    65536
#define SCENARIO_TOUCHES 4096

/* One vCPU, no ticks, fifo, no limit, kernels 6.12, a run of 10 ms, no warm-up, no region, no task.
 * The struct is the library's own: the next call makes it anew. */
struct params *scenario(void);
/* pages, of which the last `resident` are so at the start. Returns its number. */
uint32_t scenario_region(struct params *p, enum backing backing, uint32_t pages, uint32_t resident);
/* One task, pinned to vCPU 0, that runs its loop once. */
struct task_params *scenario_task(struct params *p);
struct step_params *scenario_step(struct task_params *t, enum step_kind kind);
void scenario_compute(struct task_params *t, sim_ns ns);
/* `pages` touches, cyclic from `first` on, of region 0; all write. */
struct step_params *scenario_touch(struct task_params *t, uint32_t first, uint32_t pages);

struct scenario_result {
    enum sim_outcome outcome;
    char end_text[SIM_TEXT_BYTES]; /* what sim_stop() was told */
    const char *broken;
    uint64_t hash, events;
    sim_ns now;
    /* From notes; the whole run, warm-up included. */
    uint64_t ledger[LEDGER_COUNT], outcomes[OUTCOME_COUNT], whys[APF_WHY_COUNT];
    uint64_t host[HOST_CLASS_COUNT];
    uint64_t attempts, repeated, needed_io, iterations[SCENARIO_TASKS], ran[SCENARIO_TASKS];
    uint64_t reclaimed[RECLAIMERS], kswapd_ns, zswap[ZSWAP_EVENTS];
    /* Within the measurement. */
    uint64_t measured_ledger, measured_user;
    sim_ns measure_begin, measure_end;
    /* Pages that tasks missed, in order; repeated attempts of one access count once. */
    uint32_t missed[SCENARIO_TASKS][SCENARIO_TOUCHES], misses[SCENARIO_TASKS];
    /* Pages read from a device, by request. */
    uint32_t reads[SCENARIO_TOUCHES], read_count;
    char text[SCENARIO_TEXT]; /* the story, cut off at its end */
};

struct scenario_options {
    enum run_mode mode;
    uint64_t seed, shuffle;
    bool silent;        /* no observer at all: the result has outcome, hash, events and now */
    bool may_break;     /* the run is meant to end with a broken invariant */
    sim_ns from, until; /* what is told; until 0: to the end */
};
/* The result is the library's own, too: `slot` 0 .. 3 keeps four apart. */
const struct scenario_result *scenario_run(const struct params *p, const struct scenario_options *o,
                                           unsigned slot);
/* The short form: mode, seed 1, slot 0, everything told. */
const struct scenario_result *scenario_mode(const struct params *p, enum run_mode mode);

/* Lines "TIME who: what", each ended by \n. */
void scenario_story(const struct scenario_result *r, const char *expected);
/* Exactly so many accesses ended so; and in all, as many as needed I/O. */
void scenario_expect(const struct scenario_result *r, enum outcome outcome, uint64_t count);
void scenario_expect_why(const struct scenario_result *r, enum apf_why why, uint64_t count);
