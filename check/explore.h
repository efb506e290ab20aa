/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explore.h - breadth-first search through every state of a model
 *
 * Knows:    libc. No protocol: a model is a plug-in that packs its states into words.
 * Promise:  counts and trails depend on the model alone: no clock, no pointer, no random number
 *           decides anything. A trail is a shortest one: states are found in order of depth.
 * Limits:   2^32 - 2 states, EXPLORE_WORDS words a state,
 *           EXPLORE_FANOUT moves out of a state; memory as the caller says, then the outcome is
 *           EXPLORE_MEMORY and the counts are those of the part that was seen.
 * Cost:     a state: 4 bytes for each 32 bits up to the last one that is not 0, 3.4 bytes beside,
 *           11.4 to 14.3 (small searches: 23) of hash table; 4 bytes a transition if liveness is
 *           asked for; arrays are up to an eighth larger than that.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPLORE_WORDS    32
#define EXPLORE_FANOUT   96
#define EXPLORE_FINDINGS 64
#define EXPLORE_NONE     UINT32_MAX

/* What a model says of a state, as bits. */
enum {
    EXPLORE_GOOD = 1,   /* liveness: from every state one of these must be reachable */
    EXPLORE_MARKED = 2, /* worth counting: the model knows why */
};

/* The successors of one state. */
struct explore_batch {
    unsigned count;
    uint32_t move[EXPLORE_FANOUT];
    uint8_t finding[EXPLORE_FANOUT]; /* 0, or the number (below EXPLORE_FINDINGS) of what this
                                        transition broke */
    bool final[EXPLORE_FANOUT];      /* count the transition, but do not go on behind it */
    uint64_t next[EXPLORE_FANOUT * EXPLORE_WORDS]; /* `words` words each */
};

struct explore_model {
    void *self;
    unsigned words; /* of a packed state, 1..EXPLORE_WORDS */
    void (*init)(void *self, uint64_t *ret_state);
    /* Fills count, move, finding, final and next; returns EXPLORE_* bits of the state itself. */
    unsigned (*expand)(void *self, const uint64_t *state, struct explore_batch *batch);
};

struct explore_limits {
    uint64_t memory_bytes;
    bool liveness;             /* keep the transitions, count stuck states */
    bool (*go_on)(void *self); /* asked every 4096 states; NULL: always */
    void *self;
};

enum explore_outcome {
    EXPLORE_EXHAUSTED, /* every reachable state was seen */
    EXPLORE_MEMORY,    /* the memory limit was reached */
    EXPLORE_STOPPED,   /* go_on() said no */
};

/* The first transition that broke a property, and how many did. */
struct explore_finding {
    uint64_t count;
    uint32_t from; /* state number */
    uint32_t move;
};

struct explore_result {
    enum explore_outcome outcome;
    bool refused; /* EXPLORE_MEMORY below the limit: the system gave no more */
    uint64_t states, transitions, bytes;
    uint32_t depth; /* longest shortest path from the first state */
    uint64_t marked, stuck;
    uint32_t first_marked, first_stuck; /* state numbers, or EXPLORE_NONE */
    struct explore_finding finding[EXPLORE_FINDINGS];
};

struct explore;

/* NULL: not even the first pages could be had. */
struct explore *explore_create(const struct explore_model *model);
void explore_destroy(struct explore *x);
/* Once per explore. Liveness is only decided when the outcome is EXPLORE_EXHAUSTED. */
void explore_run(struct explore *x, const struct explore_limits *limits,
                 struct explore_result *ret_result);
/*
 * Moves from the first state to state `number`, at most `limit`; returns how many there are. Asks
 * the model for successors again: the moves are not kept.
 */
unsigned explore_trail(struct explore *x, uint32_t number, uint32_t *ret_moves, unsigned limit);
