/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_worker.c - async_pf_execute() in steps: GUP and append, test, kick, trace and wake
 */
#include "check_world.h"

static bool may_return(const struct apf_item *item, uint8_t work)
{
    return item->state >= APF_ITEM_DONE && !item->wakeup_all && !item->worker_returned &&
           !item->notify && !(work & WORK_KICK);
}

/*
 * Can the worker's load of the kick filter come before its append (BUG-28)? Rows up to 6.12 lack
 * the barrier, and every scope would say so; there it is asked for by the switch. The newest row
 * is what a patch is tried on: whoever takes its barrier away is to see it.
 */
static bool loads_early(const struct check_params *p)
{
    return (p->bugs & apf_bug_bit(APF_BUG_28)) ||
           (p->host == APF_KERNEL_TIP && !apf_host_rules[p->host].ack_has_barrier);
}

/*
 * Whether work has begun matters only to who cancels it, and to an early load. Elsewhere beginning
 * is one step with the append, which spares a third of the states and hides nothing.
 */
static bool begins_apart(const struct check_params *p)
{
    static const uint8_t clears[] = {CHECK_HOTPLUG, CHECK_SUSPEND, CHECK_VMM_EN,
                                     CHECK_SMM,     CHECK_RESET,   CHECK_DESTROY};
    bool apart = loads_early(p) || (p->flags & CHECK_FULL_STEPS);

    for (size_t i = 0; i < sizeof clears; i++) {
        apart |= p->budget[clears[i]] != 0;
    }
    return apart;
}

static void item_moves(const struct check_params *p, const struct world_vcpu *c, unsigned v,
                       unsigned i, struct move_list *l)
{
    const struct apf_item *item = &c->h.item[i];

    if (item->state == APF_ITEM_QUEUED) {
        move_add(l, begins_apart(p) ? M_WORK_RUN : M_WORK_APPEND, v, i);
    } else if (item->state == APF_ITEM_RUNNING) {
        move_add(l, M_WORK_APPEND, v, i);
        if (loads_early(p) && !item->peeked) {
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
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        item_moves(&m->p, &w->v[v], v, i, l);
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

static void begin(struct check_machine *m, unsigned v, unsigned i)
{
    struct apf_host_in in = {.kind = APF_IN_WORK_RUN, .item = (uint8_t)i};

    RULE(m, WORK);
    SAY(m, WORLD, v, "worker of token %#x begins", m->w.v[v].h.item[i].token);
    world_host(m, v, &in);
}

static void peek(struct check_machine *m, unsigned v, unsigned i)
{
    struct apf_host_in in = {.kind = APF_IN_WORK_PEEK, .item = (uint8_t)i};

    SAY(m, WORLD, v, "worker of token %#x: its load of pageready_pending comes early: %d",
        m->w.v[v].h.item[i].token, m->w.v[v].h.pageready_pending);
    world_host(m, v, &in);
}

static void append(struct check_machine *m, unsigned v, unsigned i)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_host_in in = {.kind = APF_IN_WORK_APPEND, .item = (uint8_t)i};

    if (c->h.item[i].state == APF_ITEM_QUEUED) {
        begin(m, v, i);
    }
    if (m->w.page[c->h.item[i].gfn] >= PAGE_GONE) {
        m->w.page[c->h.item[i].gfn] = PAGE_FAILED;
        in.hva_error = true;
    }
    world_page_comes(m, c->h.item[i].gfn);
    if (m->p.budget[CHECK_EVICT]) { /* else a page that came is there */
        c->work[i] |= WORK_CAME;
    }
    RULE(m, APPEND);
    SAY(m, WORLD, v, "worker of token %#x: page %u %s, appends to done", c->h.item[i].token,
        (unsigned)c->h.item[i].gfn, in.hva_error ? "cannot come" : "is there");
    world_host(m, v, &in);
}

static void test(struct check_machine *m, unsigned v, unsigned i)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_host_in in = {.kind = APF_IN_WORK_KICK, .item = (uint8_t)i};

    world_host(m, v, &in);
    if (c->work[i] & WORK_KICK) {
        RULE(m, KICK);
        SAY(m, WORLD, v, "worker: done was empty, will kick");
        if (!(m->p.flags & CHECK_FULL_STEPS)) {
            kick(m, v, i);
        }
    } else {
        RULE(m, FILTER);
        SAY(m, WORLD, v, "worker: done was empty, but an ACK is due: no kick");
    }
}

static void work_return(struct check_machine *m, unsigned v, unsigned i)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_host_in in = {.kind = APF_IN_WORK_RETURN, .item = (uint8_t)i};

    if (c->h.item[i].state == APF_ITEM_CANCELLED && !(c->work[i] & WORK_CAME)) {
        world_page_comes(m, c->h.item[i].gfn); /* cancelled under its GUP, which went on */
    }
    RULE(m, RETURN);
    SAY(m, WORLD, v, "worker of token %#x returns", c->h.item[i].token);
    world_host(m, v, &in);
    c->work[i] = 0;
}

void worker_move(struct check_machine *m, enum move_kind kind, unsigned v, unsigned i)
{
    static void (*const steps[M_KINDS])(struct check_machine *, unsigned, unsigned) = {
        [M_WORK_RUN] = begin, [M_WORK_PEEK] = peek, [M_WORK_APPEND] = append,
        [M_WORK_TEST] = test, [M_WORK_KICK] = kick, [M_WORK_RETURN] = work_return,
    };

    steps[kind](m, v, i);
}
