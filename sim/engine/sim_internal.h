/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_internal.h - what struct sim is made of; for the engine's own files
 *
 * Two places hold pending events: the tournament (one slot per actor) and the queue of posted ones.
 * The next event is the lesser of both tops.
 *
 * The hole: while an actor's event is being handled its slot in the tree is stale, and what it sets
 * for itself waits in own_when. One walk when the handler has returned does for pop and push. Walks
 * of other actors are right beside it, for each ancestor of the hole is computed anew by that walk.
 * Only the root may not be read while there is a hole: whoever wants the least key of the others
 * takes the least of the siblings on the hole's way up (sim_tree_least_beside()).
 */
#pragma once

#include "sim.h"
#include "sim_ladder.h"
#include "sim_slab.h"
#include "sim_tree.h"

#define SIM_NO_HOLE UINT64_MAX /* no actor has such a number */

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

/* What each event reads and writes comes first, and fits into three cache lines. */
struct sim {
    struct sim_head head; /* first: sim_now() and sim_note() look into it inline */
    /* Run-ahead is free below: min(limit, all pending events); 0 = not known. */
    sim_ns bound;
    /* Actors' events are handled without another look below: min(limit, posted events). */
    sim_ns until;
    uint64_t hash, handled;
    /* Where they stand in a key, above id_bits. From seq_plain on ask: shuffled, or used up. */
    uint64_t seq, seq_step, seq_plain;
    uint64_t fixed_mask; /* what stays of an actor's keys: all but seq, which is rank and id */
    struct sim_tree tree;
    struct sim_actor_slot *actor;
    uint64_t hole; /* the actor whose event is being handled */
    uint32_t actors;
    /* What the hole's actor has set for itself; own_seq is of no account when that is nothing. */
    sim_ns own_when;
    uint64_t own_seq;
    sim_ns limit; /* first instant that this sim_run() may not handle; 0 = not running or stopped */
    uint64_t seq_mask, id_mask;
    uint32_t id_bits, actors_max;
    struct sim_ladder queue;
    struct sim_slab posted;
    uint64_t shuffle_add, shuffle_mul;
    sim_ns stuck_at; /* clock at the last look for progress */
    /* Who is told of a kind: the one that hears it, or `all`, on behalf of several. */
    struct sim_ear {
        sim_note_fn fn;
        struct sim_observer *who;
    } ear[SIM_NOTE_KINDS];
    struct sim_note note;    /* the one that is being told */
    struct sim_observer all; /* its list: the observers */
    char text[SIM_TEXT_BYTES];
};
