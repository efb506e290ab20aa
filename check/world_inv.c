/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_inv.c - what must hold across the halves, one function each; good and un-kicked states
 *
 * apf/ watches what one half can see. Here are the properties that tie a host's state to what the
 * guest and the threads do next. They are asked after every move, behind apf's full walks.
 */
#include "check_world.h"

#include <string.h>

static bool is_in_flight(const struct apf_item *item)
{
    return !item->wakeup_all && item->state >= APF_ITEM_QUEUED && item->state <= APF_ITEM_DEQUEUED;
}

static bool handles_ready(const struct world_vcpu *c, enum guest_pc until)
{
    return (c->gpc >= G_WAKE && c->gpc <= until) || (c->sret >= G_WAKE && c->sret <= until);
}

/* ---- INV-4 ---- */

static bool tokens_differ_between_vcpus(const struct check_machine *m, const struct world_vcpu *a,
                                        const struct world_vcpu *b)
{
    (void)m;
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        for (unsigned k = 0; is_in_flight(&a->h.item[i]) && k < APF_ITEMS; k++) {
            if (is_in_flight(&b->h.item[k]) && a->h.item[i].token == b->h.item[k].token) {
                return false;
            }
        }
    }
    return true;
}

static bool tokens_are_distinct(const struct check_machine *m, unsigned v)
{
    for (unsigned u = 0; u < v; u++) {
        if (!tokens_differ_between_vcpus(m, &m->w.v[u], &m->w.v[v])) {
            return false;
        }
    }
    return true;
}

/* ---- INV-8: somebody will free a busy slot ---- */
static bool a_busy_slot_has_its_handler(const struct check_machine *m, unsigned v)
{
    const struct world_vcpu *c = &m->w.v[v];

    return !apf_slot_broken(&c->h, &c->area, c->irr || c->isr || handles_ready(c, G_ACK));
}

/* ---- INV-22: a vCPU with completions does not sleep for ever ---- */
static bool a_blocked_vcpu_will_be_woken(const struct check_machine *m, unsigned v)
{
    const struct world_vcpu *c = &m->w.v[v];

    if (c->pc != T_BLOCKED || !apf_host_has_done(&c->h)) {
        return c->pc != T_BLOCKED || !c->pf; /* what is queued already wakes nobody */
    }
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        if (c->h.item[i].state == APF_ITEM_DONE && !c->h.item[i].worker_returned) {
            return true;
        }
    }
    return false;
}

/* ---- INV-25 ---- */
static bool an_artificial_halt_will_end(const struct check_machine *m, unsigned v)
{
    const struct world_vcpu *c = &m->w.v[v];

    if (c->pc != T_BLOCKED || !c->h.halted || world_deliver(c) || c->timer) {
        return true;
    }
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        if (c->h.item[i].state != APF_ITEM_FREE && !c->h.item[i].worker_returned) {
            return true;
        }
    }
    return false;
}

/* ---- INV-40: the kick filter means that an ACK will come ---- */
static bool the_kick_filter_has_its_ack(const struct check_machine *m, unsigned v)
{
    const struct world_vcpu *c = &m->w.v[v];

    return !apf_host_pv_enabled(&c->h) || !c->h.pageready_pending || c->area.token ||
           handles_ready(c, G_ACK);
}

/* ---- INV-5, 29, 39: a sleeper's ready or a wake-all is on its way ---- */

static bool ready_comes_from(const struct world_vcpu *c, uint32_t token)
{
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        if (is_in_flight(&c->h.item[i]) && c->h.item[i].token == token &&
            c->h.item[i].notpresent_injected) {
            return true;
        }
    }
    return (c->area.token == token && (c->irr || handles_ready(c, G_WAKE))) ||
           old_ready_coming(c, token);
}

static bool ready_is_coming(const struct check_machine *m, uint32_t token)
{
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        if (world_owns(m, v, token) && ready_comes_from(&m->w.v[v], token)) {
            return true;
        }
    }
    return false;
}

static bool wake_all_is_coming(const struct check_machine *m, const struct world_vcpu *c)
{
    uint8_t pc = c->gpc == G_SMM ? c->sret : c->gpc;

    if ((pc >= G_OFF_STEAL && pc <= G_ON_EN) || c->pc == T_USER) {
        return true; /* the guest's own, or that of the EN write to come */
    }
    if ((m->p.flags & CHECK_LATE_EN) && c->gc.enabled && !apf_host_pv_enabled(&c->h)) {
        return true; /* the same */
    }
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        if (c->h.item[i].wakeup_all) {
            return true;
        }
    }
    return (c->area.token == APF_TOKEN_WAKE_ALL && (c->irr || handles_ready(c, G_WAKE))) ||
           old_ready_coming(c, APF_TOKEN_WAKE_ALL);
}

static bool a_sleeper_will_wake(const struct check_machine *m, const struct apf_node *n)
{
    return n->task == APF_NO_TASK || ready_is_coming(m, n->token) ||
           (n->cpu < m->p.vcpus && wake_all_is_coming(m, &m->w.v[n->cpu]));
}

/* ---- asking ---- */

static const struct {
    const char *text;
    bool (*holds)(const struct check_machine *m, unsigned v);
} of_vcpu[] = {
    {"INV-4: tokens in flight on different vCPUs differ", tokens_are_distinct},
    {"INV-8: a busy slot has its interrupt or its handler", a_busy_slot_has_its_handler},
    {"INV-22: a vCPU with completions is not blocked for good", a_blocked_vcpu_will_be_woken},
    {"INV-25: an artificial halt has something that ends it", an_artificial_halt_will_end},
    {"INV-40: the kick filter is on only while an ACK is due", the_kick_filter_has_its_ack},
};

static bool owned_elsewhere(const struct check_machine *m, const struct apf_node *n)
{
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        if (v != n->cpu && world_owns(m, v, n->token)) {
            return true;
        }
    }
    return false;
}

static const char *sleepers_broken(const struct check_machine *m)
{
    const struct apf_guest *g = &m->w.g;

    for (unsigned b = 0; b < APF_BUCKETS && g->sleepers; b++) {
        for (uint32_t n = g->bucket[b]; n != APF_NO_NODE; n = g->node[n].next) {
            if (a_sleeper_will_wake(m, &g->node[n])) {
                continue;
            }
            return owned_elsewhere(m, &g->node[n])
                       ? "INV-39: offline wakes all whose ready would have come from that vCPU"
                       : "INV-29: a sleeper has its ready or a wake-all on its way";
        }
    }
    return NULL;
}

const char *world_broken(struct check_machine *m)
{
    const char *broken = NULL;

    for (unsigned v = 0; v < m->p.vcpus && !broken; v++) {
        broken = m->host_touched[v] ? apf_host_broken(&m->w.v[v].h, &m->w.v[v].area) : NULL;
    }
    if (!broken && m->guest_touched) {
        broken = apf_guest_broken(&m->w.g);
    }
    if (broken) {
        /* Lists that are not sound cannot be walked on; what else is broken can be followed. */
        m->fatal |= !strncmp(broken, "INV-11:", 7) || !strncmp(broken, "INV-30:", 7);
        return broken;
    }
    if (m->w.v[0].pc == T_GONE) {
        return NULL; /* there is no guest any more */
    }
    if (m->w.g.leaked) {
        return "INV-31: no dummy is left over by a wake-all";
    }
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        for (size_t i = 0; i < sizeof of_vcpu / sizeof *of_vcpu; i++) {
            if (!of_vcpu[i].holds(m, v)) {
                return of_vcpu[i].text;
            }
        }
    }
    return sleepers_broken(m);
}

/* ---- states ---- */

static bool vcpu_is_idle(const struct world_vcpu *c)
{
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        if (c->h.item[i].state != APF_ITEM_FREE) {
            return false;
        }
    }
    return c->pc <= T_BLOCKED;
}

/* Every task has got all its pages, and nothing of it is left in the host. */
bool world_good(const struct check_machine *m, const struct world *w)
{
    if (w->v[0].pc == T_GONE) {
        return true; /* all go at once */
    }
    for (unsigned t = 0; t < m->p.tasks; t++) {
        if (w->t[t].state != TASK_DONE) {
            return false;
        }
    }
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        if (!vcpu_is_idle(&w->v[v])) {
            return false;
        }
    }
    return true;
}

static bool vcpu_is_unkicked(const struct check_machine *m, const struct world_vcpu *c)
{
    struct apf_host_ctx ctx = world_ctx_of(m, c);

    if (c->pc != T_GUEST || c->gpc != G_RUN || c->task == CHECK_NO_TASK || world_deliver(c) ||
        (c->timer && c->iflag) || !apf_host_may_present(&c->h, &c->area, &ctx)) {
        return false;
    }
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        if (c->h.item[i].notify || (c->work[i] & WORK_KICK)) {
            return false;
        }
    }
    return true;
}

/*
 * An item that could leave `done` now, while the guest runs a task, no kick is due and no ACK: it
 * waits for an exit that has nothing to do with it (INV-23).
 */
bool world_unkicked(const struct check_machine *m, const struct world *w)
{
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        if (vcpu_is_unkicked(m, &w->v[v])) {
            return true;
        }
    }
    return false;
}
