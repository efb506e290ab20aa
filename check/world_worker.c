/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_worker.c - async_pf_execute() in steps: GUP and append, test, kick, trace and wake
 */
#include "world.h"

static bool may_return(const struct apf_item *item, uint8_t work)
{
    return item->state >= APF_ITEM_DONE && !item->wakeup_all && !item->worker_returned &&
           !item->notify && !(work & WORK_KICK);
}

static void item_moves(const struct world_vcpu *c, unsigned v, unsigned i, struct move_list *l)
{
    const struct apf_item *item = &c->h.item[i];

    if (item->state == APF_ITEM_QUEUED) {
        move_add(l, M_WORK_RUN, v, i);
    } else if (item->state == APF_ITEM_RUNNING) {
        move_add(l, M_WORK_APPEND, v, i);
        if (apf_bug_on(c->h.bugs, APF_BUG_28) && !item->peeked) {
            move_add(l, M_WORK_PEEK, v, i);
        }
    } else if (item->notify) {
        move_add(l, M_WORK_TEST, v, i);
    } else if (may_return(item, c->work[i])) {
        move_add(l, M_WORK_RETURN, v, i);
    }
    if (c->work[i] & WORK_KICK) {
        move_add(l, M_WORK_KICK, v, i);
    }
}

void worker_moves(struct check_machine *m, const struct world *w, unsigned v, struct move_list *l)
{
    (void)m;
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        item_moves(&w->v[v], v, i, l);
    }
}

/* kvm_vcpu_kick(): out of the guest, or awake. */
static void kick(struct check_machine *m, unsigned v, unsigned i)
{
    struct world_vcpu *c = &m->w.v[v];

    c->work[i] &= (uint8_t)~WORK_KICK;
    SAY(m, WORLD, v, "kick");
    if (c->pc == T_GUEST) {
        vcpu_exit(m, v);
    } else {
        world_wake_vcpu(m, v);
    }
}

static void append(struct check_machine *m, unsigned v, unsigned i)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_host_in in = {.kind = APF_IN_WORK_APPEND, .item = (uint8_t)i};

    m->w.page[c->h.item[i].gfn] = 1;
    RULE(m, K10);
    SAY(m, WORLD, v, "worker of token %#x: page %u is there, appends to done", c->h.item[i].token,
        (unsigned)c->h.item[i].gfn);
    world_host(m, v, &in);
}

static void test(struct check_machine *m, unsigned v, unsigned i)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_host_in in = {.kind = APF_IN_WORK_KICK, .item = (uint8_t)i};

    world_host(m, v, &in);
    if (c->work[i] & WORK_KICK) {
        RULE(m, K11);
        SAY(m, WORLD, v, "worker: done was empty, will kick");
        if (!(m->p.flags & CHECK_FULL_STEPS)) {
            kick(m, v, i);
        }
    } else {
        RULE(m, K12);
        SAY(m, WORLD, v, "worker: done was empty, but an ACK is due: no kick");
    }
}

static void work_return(struct check_machine *m, unsigned v, unsigned i)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_host_in in = {.kind = APF_IN_WORK_RETURN, .item = (uint8_t)i};

    m->w.page[c->h.item[i].gfn] = 1; /* of a cancelled item: its GUP went on */
    RULE(m, K13);
    SAY(m, WORLD, v, "worker of token %#x returns", c->h.item[i].token);
    world_host(m, v, &in);
    c->work[i] = 0;
}

void worker_move(struct check_machine *m, enum move_kind kind, unsigned v, unsigned i)
{
    struct apf_host_in in = {.kind = APF_IN_WORK_RUN, .item = (uint8_t)i};

    if (kind == M_WORK_PEEK) {
        in.kind = APF_IN_WORK_PEEK;
        world_host(m, v, &in);
        SAY(m, WORLD, v, "worker of token %#x: its load of pageready_pending comes early: %d",
            m->w.v[v].h.item[i].token, m->w.v[v].h.pageready_pending);
    } else if (kind == M_WORK_RUN) {
        RULE(m, K9);
        SAY(m, WORLD, v, "worker of token %#x begins", m->w.v[v].h.item[i].token);
        world_host(m, v, &in);
    } else if (kind == M_WORK_APPEND) {
        append(m, v, i);
    } else if (kind == M_WORK_TEST) {
        test(m, v, i);
    } else if (kind == M_WORK_KICK) {
        kick(m, v, i);
    } else {
        work_return(m, v, i);
    }
}
