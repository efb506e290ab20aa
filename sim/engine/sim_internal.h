/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_internal.h - what struct sim is made of; for the engine's own files
 *
 * Two places hold pending events: the tournament (one slot per actor) and the queue of posted ones.
 * The next event is the lesser of both tops.
 *
 * The hole: the actor whose event is being handled still has its old key in the tree, and nearly
 * always sets a new one before it returns; then one walk does for pop and push. Walks of other
 * actors are right beside it, for each ancestor of the hole is computed anew when the hole closes.
 * Only the root may not be read while the hole is open: whoever wants the least key of the others
 * takes the least of the siblings on the hole's way up (sim_tree_least_beside()).
 */
#pragma once

#include "sim.h"
#include "sim_ladder.h"
#include "sim_slab.h"
#include "sim_tree.h"

#define SIM_NO_HOLE UINT32_MAX

struct sim_actor_slot {
    sim_handler fn;
    void *ctx;
    uint64_t arg;
    uint32_t kind, rank;
};

struct sim_posted {
    uint64_t arg;
    uint32_t target, kind;
};

struct sim {
    struct sim_head head; /* first: sim_now() and sim_note() look into it inline */
    /* Run-ahead is free below: min(limit, all pending but the hole's); 0 = not known. */
    sim_ns bound;
    sim_ns limit; /* first instant that this sim_run() may not handle; 0 = not running or stopped */
    uint64_t hash, handled;
    /* Where they stand in a key, above id_bits. From seq_plain on ask: shuffled, or used up. */
    uint64_t seq, seq_step, seq_mask, seq_plain;
    uint64_t id_mask;
    uint32_t id_bits, hole;
    struct sim_tree tree;
    struct sim_actor_slot *actor;
    uint32_t actors, actors_max;
    struct sim_ladder queue;
    struct sim_slab posted;
    uint64_t shuffle_add, shuffle_mul;
    sim_ns stuck_at; /* clock at the last look for progress */
    struct sim_observer *observers;
    struct sim_observer *only[SIM_NOTE_KINDS]; /* the one that hears a kind; NULL: several */
    struct sim_note note;                      /* the one that is being told */
    char text[SIM_TEXT_BYTES];
};
