/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_guest_inv.c - the invariants of the guest half, one function each
 *
 * INV-3 and INV-4 (tokens in flight are distinct) show here as INV-30: a second sleeper on one
 * token. Not expressible here: INV-5, 15, 29, 39 (need the host's items), INV-31's "consumed once"
 * (needs the history of 2^20 tokens; that a dummy is made only for a token nobody waits for is
 * INV-30), INV-16 and INV-36 (what programs see).
 */
#include "apf_guest_inv_step.h"
#include "apf_guest_priv.h"
#include "apf_guest_state.h"

/* ---- state ---- */

static bool chain_is_sound(const struct apf_guest *g, uint32_t bucket, uint32_t *counted)
{
    for (uint32_t n = g->bucket[bucket]; n != APF_NO_NODE; n = g->node[n].next) {
        if (n >= g->nodes_used || ++counted[g->node[n].task != APF_NO_TASK] > APF_GUEST_NODES ||
            apf_token_hash(g->node[n].token) != bucket) {
            return false;
        }
    }
    return true;
}

static bool nodes_are_counted(const struct apf_guest *g)
{
    uint32_t counted[2] = {0, 0};

    for (unsigned b = 0; b < APF_BUCKETS; b++) {
        if (!chain_is_sound(g, b, counted)) {
            return false;
        }
    }
    return counted[0] == g->dummies && counted[1] == g->sleepers;
}

static bool tokens_are_unique(const struct apf_guest *g)
{
    for (unsigned b = 0; b < APF_BUCKETS; b++) {
        for (uint32_t n = g->bucket[b]; n != APF_NO_NODE; n = g->node[n].next) {
            for (uint32_t m = g->node[n].next; m != APF_NO_NODE; m = g->node[m].next) {
                if (g->node[n].token == g->node[m].token) {
                    return false;
                }
            }
        }
    }
    return true;
}

static bool free_nodes_are_the_rest(const struct apf_guest *g)
{
    uint32_t length = 0;

    for (uint32_t n = g->free_node; n != APF_NO_NODE; n = g->node[n].next) {
        if (n >= g->nodes_used || ++length > g->nodes_used) {
            return false;
        }
    }
    return length + g->sleepers + g->dummies == g->nodes_used;
}

static const struct {
    const char *text;
    bool (*holds)(const struct apf_guest *g);
} state_invariants[] = {
    {"INV-30: each node is in the bucket of its token", nodes_are_counted},
    {"INV-30: one node for a token", tokens_are_unique},
    {"INV-31: each node is a sleeper, a dummy or free", free_nodes_are_the_rest},
};

/* ---- step ---- */

#define STEP_TEXT(fn, kinds, text) text,
static const char *const step_invariants[] = {GUEST_STEP_INVARIANTS(STEP_TEXT)};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

const char *apf_guest_invariant(unsigned i)
{
    const unsigned states = sizeof state_invariants / sizeof state_invariants[0];
    const unsigned steps = sizeof step_invariants / sizeof step_invariants[0];

    if (i < states) {
        return state_invariants[i].text;
    }
    return i - states < steps ? step_invariants[i - states] : NULL;
}

/* A row that means nothing under another protocol is not asked there. */
static bool is_asked(const struct apf_guest *g, const char *text)
{
    return g->protocol == APF_X86 || apf_protocol_asks((enum apf_protocol)g->protocol, text);
}

const char *apf_guest_step_broken(const struct apf_guest_change *c)
{
#define STEP_ASK(fn, kinds, text)                                                                  \
    if (((kinds) >> c->in->kind & 1) && !fn(c) && is_asked(c->g, text)) {                          \
        return text;                                                                               \
    }
    GUEST_STEP_INVARIANTS(STEP_ASK)
#undef STEP_ASK
    return NULL;
}

const char *apf_guest_broken(const struct apf_guest *g)
{
    for (unsigned i = 0; i < COUNT(state_invariants); i++) {
        if (!state_invariants[i].holds(g)) {
            return state_invariants[i].text;
        }
    }
    return NULL;
}
