/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_guest_priv.h - inside apf/: what one guest step changed, for its O(1) invariants
 */
#pragma once

#include "apf_guest_state.h"

/* ---- apf_guest_hash.c ---- */
/* hlist_add_head(). False: no node is left. */
bool apf_node_add(struct apf_guest *g, uint32_t token, uint32_t cpu, uint32_t task, bool halted);
/* Unlinks the node that *link names, and returns its task. */
uint32_t apf_node_take(struct apf_guest *g, uint32_t *link);
/* Where the node of that token hangs; *link is APF_NO_NODE if there is none. */
uint32_t *apf_node_link(struct apf_guest *g, uint32_t token);
/* apf_task_wake_one() on a sleeper. */
void apf_node_wake(struct apf_guest *g, uint32_t *link, struct apf_guest_out *out);
void apf_guest_no_node(struct apf_guest_out *out);
void apf_guest_add_dummy(struct apf_guest *g, struct apf_guest_cpu *cpu, uint32_t token,
                         struct apf_guest_out *out);
/* apf_task_wake_all(), G-8 */
#define APF_EVERY_CPU UINT32_MAX /* s390: the sleepers of all, and no dummies */
void apf_guest_wake_all(struct apf_guest *g, uint32_t cpu, struct apf_guest_out *out);
/* kvm_async_pf_task_wake(), G-7 and G-8 */
void apf_guest_wake(struct apf_guest *g, struct apf_guest_cpu *cpu, uint32_t token,
                    struct apf_guest_out *out);

/* ---- apf_guest_old.c ---- */
void apf_guest_old_pf(struct apf_guest *g, struct apf_guest_cpu *cpu, struct apf_area *area,
                      const struct apf_guest_in *in, struct apf_guest_out *out);
void apf_guest_old_flags(struct apf_guest *g, struct apf_guest_cpu *cpu, uint32_t reason,
                         const struct apf_guest_in *in, struct apf_guest_out *out);
bool apf_guest_old_halts(const struct apf_guest *g, const struct apf_guest_in *in);

/* ---- apf_guest_other.c ---- */
void apf_guest_event(const struct apf_guest *g, const struct apf_guest_cpu *cpu,
                     struct apf_area *area, const struct apf_guest_in *in,
                     struct apf_guest_out *out);
void apf_guest_pair_wake(struct apf_guest *g, struct apf_guest_cpu *cpu,
                         const struct apf_area *area, struct apf_guest_out *out);
void apf_guest_done(struct apf_guest *g, struct apf_guest_cpu *cpu, const struct apf_guest_in *in,
                    struct apf_guest_out *out);

static inline const struct apf_protocol_rules *apf_guest_protocol_of(const struct apf_guest *g)
{
    return &apf_protocol_rules[g->protocol < APF_PROTOCOLS ? g->protocol : APF_X86];
}
/* The events of x86: #PF and a slot. */
static inline bool apf_guest_is_x86(const struct apf_guest *g)
{
    return g->protocol == APF_X86 || g->protocol == APF_ASYNC_PF_USER;
}

static inline const struct apf_guest_rules *apf_guest_rules_of(const struct apf_guest *g)
{
    return &apf_guest_rules[g->kernel < APF_KERNEL_ROWS ? g->kernel : APF_KERNEL_TIP];
}

/* A rule that came with the fix of a bug: it holds unless the bug is put back. */
#define APF_GUEST_RULE(g, rule, bug)                                                               \
    (apf_guest_rules_of(g)->rule && !apf_bug_on((g)->bugs, APF_BUG_##bug))

/* ---- apf_guest_inv.c ---- */

struct apf_guest_change {
    struct apf_area area_before;
    bool was_there; /* WAIT: a sleeper held this token already */
    const struct apf_guest *g;
    const struct apf_guest_cpu *cpu;
    const struct apf_area *area;
    const struct apf_guest_in *in;
    const struct apf_guest_out *out;
};
const char *apf_guest_step_broken(const struct apf_guest_change *c);
