/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_rename.c - worlds that differ only in the ids of their tokens are one state
 *
 * A vCPU numbers its tokens: the next one gets id `h.id`. Both halves compare tokens, order them
 * (INV-3) and ask for the vCPU and for 0, nothing else. So the ids of a vCPU, those in use and the
 * next, may be replaced by others in the same order, 0 staying 0: what can happen then, and what it
 * breaks, is the same move by move, and trails have the same lengths. They are replaced by 1, 2,
 * ... Otherwise a state would remember how many faults there were.
 *
 * Not so where an id in use is not below the next one (ids began anew, in live migration): they
 * will meet, and when depends on the distance. Nor as long as a migration may come, for the same
 * reason. Nor in scopes that choose ids, or in which they come round (world_guest.c, fault()).
 */
#include "check_world.h"

enum { IDS = 32 };

struct ids {
    uint64_t used[CHECK_VCPUS]; /* bit i: id i of that vCPU is in use */
    bool keeps[CHECK_VCPUS];    /* nothing to be replaced, or not allowed */
};

/* Calls f for every token of the world; others would keep their old names. */
static inline __attribute__((always_inline)) void
each_token(const struct check_machine *m, struct world *w,
           void (*f)(const struct check_machine *m, struct ids *ids, uint32_t *token),
           struct ids *ids)
{
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        struct world_vcpu *c = &w->v[v];
        for (unsigned i = 0; i < APF_ITEMS; i++) {
            f(m, ids, &c->h.item[i].token);
        }
        f(m, ids, &c->area.token);
        f(m, ids, &c->gc.dummy);
        f(m, ids, &c->cr2);
    }
    for (unsigned t = 0; m->p.l2_tasks && t < m->p.tasks; t++) {
        f(m, ids, &w->t[t].waits);
    }
    for (unsigned b = 0; b < APF_BUCKETS; b++) {
        for (uint32_t n = w->g.bucket[b]; n != APF_NO_NODE; n = w->g.node[n].next) {
            f(m, ids, &w->g.node[n].token);
        }
    }
}

static inline __attribute__((always_inline)) bool is_named(const struct check_machine *m,
                                                           uint32_t token)
{
    return token >> 12 != 0 && token != APF_TOKEN_WAKE_ALL && (token & 4095) < m->p.vcpus;
}

static inline __attribute__((always_inline)) void note(const struct check_machine *m,
                                                       struct ids *ids, uint32_t *token)
{
    if (is_named(m, *token)) {
        ids->used[*token & 4095] |= UINT64_C(1) << (*token >> 12) % 64;
    }
}

/* Its place among the ids in use, from 1 on. */
static uint32_t place_of(uint64_t used, uint32_t id)
{
    return (uint32_t)__builtin_popcountll(used & ((UINT64_C(1) << id) - 1)) + 1;
}

static inline __attribute__((always_inline)) void rename_token(const struct check_machine *m,
                                                               struct ids *ids, uint32_t *token)
{
    unsigned v = *token & 4095;

    if (is_named(m, *token) && !ids->keeps[v]) {
        *token = place_of(ids->used[v], *token >> 12) << 12 | v;
    }
}

/* Chains stay where their old tokens put them: the world is packed, and then forgotten. */
void world_rename(const struct check_machine *m, struct world *w)
{
    const struct check_params *p = &m->p;
    struct ids ids = {{0}, {0}};
    bool any = false;

    if (w->budget[CHECK_MIGRATE] || p->budget[CHECK_GONE] || p->vcpu_id || p->vcpu_step ||
        p->token_id) {
        return;
    }
    each_token(m, w, note, &ids);
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        uint32_t next = w->v[v].h.id;
        ids.keeps[v] =
            next == 0 || next >= IDS || ids.used[v] >> next || place_of(ids.used[v], next) == next;
        any |= !ids.keeps[v];
    }
    if (!any) {
        return;
    }
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        if (!ids.keeps[v]) {
            w->v[v].h.id = place_of(ids.used[v], w->v[v].h.id);
        }
    }
    each_token(m, w, rename_token, &ids);
}
