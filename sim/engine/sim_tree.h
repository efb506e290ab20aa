/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_tree.h - keys in their one total order, and the tournament of actors
 *
 * Knows:    sim_ns. Not actors' handlers, not events' contents.
 * Promise:  the root is the least key of all slots. Keys are unique, so there is one order.
 * Limits:   slots fixed by sim_tree_init(). Internal to the engine.
 * Cost:     setting a slot is one walk from leaf to root, without a mispredicted branch: each level
 *           compares the carried key with its sibling and selects the lesser. The siblings'
 *           addresses are known beforehand, so only that is in the dependency chain.
 *
 * A winner tree and not a loser tree: any slot may change, not just the winner's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "sim_random.h"
#include "sim_time.h"

/* ord = rank (3 bits), seq, id of the slot: one 128-bit compare orders by (when, rank, seq). */
struct sim_key {
    sim_ns when;
    uint64_t ord;
};
#define SIM_KEY_NONE ((struct sim_key){SIM_NEVER, UINT64_MAX})

static inline bool sim_key_less(struct sim_key a, struct sim_key b)
{
    return ((sim_u128)a.when << 64 | a.ord) < ((sim_u128)b.when << 64 | b.ord);
}

/* Selects, never jumps: compilers make a mispredicted branch of ?: here, and masks cost two steps
 * more in the chain of a walk. What is written before b.ord is read must not share its register. */
static inline struct sim_key sim_key_min(struct sim_key a, struct sim_key b)
{
#if defined(__x86_64__) && !defined(SIM_TREE_PORTABLE)
    uint64_t difference = b.when;

    __asm__("cmpq %[a_ord], %[b_ord]\n\t"
            "sbbq %[a_when], %[difference]\n\t"
            "cmovcq %[b_when], %[a_when]\n\t"
            "cmovcq %[b_ord], %[a_ord]"
            : [a_when] "+&r"(a.when), [a_ord] "+r"(a.ord), [difference] "+&r"(difference)
            : [b_when] "r"(b.when), [b_ord] "r"(b.ord)
            : "cc");
#else
    uint64_t mask = -(uint64_t)sim_key_less(b, a);

    a.when ^= (a.when ^ b.when) & mask;
    a.ord ^= (a.ord ^ b.ord) & mask;
#endif
    return a;
}

struct sim_tree {
    struct sim_key *node; /* [1] is the root, [leaves + slot] the slot's own key */
    uint32_t leaves;      /* a power of two */
};

/* False when memory is short. All slots empty. */
bool sim_tree_init(struct sim_tree *t, uint32_t slots);
void sim_tree_finish(struct sim_tree *t);
/* Only the first `slots` are in use from here on: fewer levels. Up to what sim_tree_init() was
 * given; what is in the slots stays, those that are left out must be empty. */
void sim_tree_use(struct sim_tree *t, uint32_t slots);

static inline struct sim_key sim_tree_least(const struct sim_tree *t)
{
    return t->node[1];
}

static inline struct sim_key sim_tree_get(const struct sim_tree *t, uint32_t slot)
{
    return t->node[t->leaves + slot];
}

static inline struct sim_key *sim_tree_at(struct sim_key *node, size_t at)
{
    return (struct sim_key *)(void *)((char *)node + at);
}

/* Pairs are aligned. */
static inline struct sim_key *sim_tree_sibling(const struct sim_key *node)
{
    return (struct sim_key *)((uintptr_t)node ^ sizeof *node);
}

/* Returns the root. Offsets in bytes: x86 scales no index by 16, so that indexes would cost two
 * steps more a level. */
static inline struct sim_key sim_tree_set(struct sim_tree *t, uint32_t slot, struct sim_key key)
{
    struct sim_key *nodes = t->node, *node;
    size_t at = ((size_t)t->leaves + slot) * sizeof key;

    for (;;) {
        node = sim_tree_at(nodes, at);
        *node = key;
        if (at <= sizeof key)
            return key;
        key = sim_key_min(key, *sim_tree_sibling(node));
        at = at / 2 & ~(sizeof key - 1);
    }
}

/* The least instant of all slots but one, whatever stands in that one and above it: no path from
 * another slot's key to the root ends but in a sibling of its path. */
static inline sim_ns sim_tree_least_beside(const struct sim_tree *t, uint32_t slot)
{
    sim_ns least = SIM_NEVER;
    size_t at;

    for (at = (size_t)t->leaves + slot; at > 1; at /= 2)
        least = t->node[at ^ 1].when < least ? t->node[at ^ 1].when : least;
    return least;
}
