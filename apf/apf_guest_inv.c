/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_guest_inv.c - the invariants of the guest half, one function each
 *
 * INV-3 and INV-4 (tokens in flight are distinct) show here as INV-30: a second sleeper on one
 * token. Not expressible here: INV-5, 15, 29, 39 (need the host's items), INV-31's "consumed once"
 * (needs the history of 2^20 tokens; that a dummy is made only for a token nobody waits for is
 * INV-30), INV-16 and INV-36 (what programs see).
 */
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

static bool no_sleeper_is_taken_for_a_dummy(const struct apf_guest_change *c)
{
    return !c->was_there || c->out->wakes == 1;
}

static bool sleeps_where_it_may(const struct apf_guest_change *c)
{
    const struct apf_guest_in *in = c->in;

    if (apf_guest_rules_of(c->g)->ready_by_pf) {
        bool kernel = c->g->preempt && !in->preempt_disabled && !in->rcu_reader && !in->idle;
        return c->out->verdict != APF_GUEST_SLEEP || in->cpl != 0 || in->l1 || kernel;
    }
    return in->kind != APF_GIN_PF || c->out->verdict != APF_GUEST_NOT_PRESENT ||
           (in->cpl != 0 && in->if_flag);
}

static bool rcu_watches(const struct apf_guest_change *c)
{
    return !c->out->unwatched;
}

static bool no_allocation_sleeps_under_a_raw_lock(const struct apf_guest_change *c)
{
    return !c->out->sleeps_locked;
}

static bool a_fault_is_taken_for_what_it_is(const struct apf_guest_change *c)
{
    bool asked = c->in->kind == APF_GIN_PF || c->in->kind == APF_GIN_L1_PF;
    bool ordinary = c->out->verdict == APF_GUEST_ORDINARY_PF;

    return !asked || c->in->truth == APF_PF_UNKNOWN || ordinary == (c->in->truth == APF_PF_REAL);
}

static bool the_ready_interrupt_ends(const struct apf_guest_change *c)
{
    return c->in->kind != APF_GIN_EOI || c->out->count == 1 ||
           apf_guest_rules_of(c->g)->ready_by_pf;
}

static bool a_cpu_that_goes_says_so(const struct apf_guest_change *c)
{
    return c->in->kind != APF_GIN_DISABLE || !c->cpu->enabled || c->out->count == 1;
}

static bool flags_are_read_once(const struct apf_guest_change *c)
{
    return c->in->kind != APF_GIN_PF || c->out->verdict != APF_GUEST_NOT_PRESENT ||
           (c->area_before.flags != 0 && c->area->flags == 0);
}

static bool only_zero_is_written(const struct apf_guest_change *c)
{
    return (c->area->token == c->area_before.token || c->area->token == 0) &&
           (c->area->flags == c->area_before.flags || c->area->flags == 0);
}

static bool the_host_does_not_panic_us(const struct apf_guest_change *c)
{
    return c->out->verdict != APF_GUEST_PANIC;
}

#define ON(kind)   (1u << APF_GIN_##kind)
#define ALL_INPUTS ((1u << APF_GIN_KINDS) - 1)

/* X(function, inputs that can break it, text) */
#define STEP_INVARIANTS(X)                                                                         \
    X(no_sleeper_is_taken_for_a_dummy, ON(WAIT), "INV-3: a wait finds no sleeper on its token")    \
    X(only_zero_is_written, ALL_INPUTS, "INV-7: the guest writes only zero to the area")           \
    X(a_fault_is_taken_for_what_it_is, ON(PF) | ON(L1_PF),                                         \
      "INV-14: a #PF is taken for what it is")                                                     \
    X(the_host_does_not_panic_us, ALL_INPUTS,                                                      \
      "INV-13: a not-present comes to user mode with interrupts on")                               \
    X(flags_are_read_once, ON(PF), "INV-14: the flags announce one #PF and are zeroed by it")      \
    X(a_cpu_that_goes_says_so, ON(DISABLE), "INV-21: a CPU that goes tells the host")              \
    X(the_ready_interrupt_ends, ON(EOI), "INV-29: the ready interrupt is ended at the LAPIC")      \
    X(sleeps_where_it_may, ON(PF) | ON(WAIT),                                                      \
      "INV-32: a task sleeps in user context with interrupts on")                                  \
    X(rcu_watches, ALL_INPUTS, "INV-32: RCU watches a CPU that takes locks or schedules")          \
    X(no_allocation_sleeps_under_a_raw_lock, ALL_INPUTS, "INV-32: nothing sleeps under a raw lock")

#define STEP_TEXT(fn, kinds, text) text,
static const char *const step_invariants[] = {STEP_INVARIANTS(STEP_TEXT)};

/* A row that means nothing under another protocol is not asked there. */
static bool is_asked(const struct apf_guest *g, const char *text)
{
    return g->protocol == APF_X86 || apf_protocol_asks((enum apf_protocol)g->protocol, text);
}

const char *apf_guest_invariant(unsigned i)
{
    const unsigned states = sizeof state_invariants / sizeof state_invariants[0];
    const unsigned steps = sizeof step_invariants / sizeof step_invariants[0];

    if (i < states) {
        return state_invariants[i].text;
    }
    return i - states < steps ? step_invariants[i - states] : NULL;
}

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* As first_broken() of apf_host_inv.c: `kind` is a constant, and what it cannot break is no code.
 */
__attribute__((always_inline)) static inline const char *
first_broken(const struct apf_guest_change *c, uint32_t kind)
{
#define STEP_ASK(fn, kinds, text)                                                                  \
    if (((kinds)&kind) && !fn(c) && is_asked(c->g, text)) {                                        \
        return text;                                                                               \
    }
    STEP_INVARIANTS(STEP_ASK)
#undef STEP_ASK
    return NULL;
}

const char *apf_guest_step_broken(const struct apf_guest_change *c)
{
    switch (c->in->kind) {
#define STEP_CASE(kind)                                                                            \
    case APF_GIN_##kind:                                                                           \
        return first_broken(c, ON(kind))
        STEP_CASE(ENABLE);
        STEP_CASE(ENABLED);
        STEP_CASE(DISABLE);
        STEP_CASE(DISABLED);
        STEP_CASE(PF);
        STEP_CASE(WAIT);
        STEP_CASE(EOI);
        STEP_CASE(WAKE);
        STEP_CASE(ZERO);
        STEP_CASE(ACK);
        STEP_CASE(L1_EXIT);
        STEP_CASE(L1_PF);
        STEP_CASE(DUMMY);
        STEP_CASE(COMPLETE);
        STEP_CASE(DONE);
#undef STEP_CASE
    case APF_GIN_KINDS:
        break;
    }
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
