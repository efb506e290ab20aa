/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_policy_fair.c - cfs (Linux up to 6.5) and eevdf (since 6.6) as policies of a CPU's queue
 */
#include "guest_policy.h"

#include "sim_assert.h"

uint32_t guest_queue_find(const struct guest_cpu *c, uint32_t task)
{
    uint32_t at = 0;

    while (at < c->queue->count && c->queue->item[at].task != task)
        at++;
    SIM_ASSERT(at < c->queue->count);
    return at;
}

/* ---- cfs ---- */

static struct cfs_entity *first_entity(struct guest_cpu *c)
{
    return c->queue->count ? guest_entity(c, c->queue->item[0].task) : NULL;
}

static void fair_init(struct guest_cpu *c)
{
    c->queue = &c->cfs.queue;
    c->cfs.tune = &c->g->tune;
}

static bool fair_charge(struct guest_cpu *c)
{
    cfs_update(&c->cfs, guest_curr_entity(c), guest_clock(c), first_entity(c));
    return false;
}

static void fair_insert(struct guest_cpu *c, uint32_t task)
{
    cfs_enqueue(&c->cfs, guest_entity(c, task), task);
}

static void fair_take(struct guest_cpu *c, uint32_t at)
{
    cfs_dequeue(&c->cfs, guest_entity(c, c->queue->item[at].task), at);
}

static void fair_place(struct guest_cpu *c, uint32_t task, enum guest_arrival how)
{
    if (how != ARRIVAL_BOOT)
        cfs_place(&c->cfs, guest_entity(c, task), guest_curr_entity(c), how == ARRIVAL_NEW);
}

static void fair_rehome(struct guest_cpu *from, struct guest_cpu *to, uint32_t task)
{
    cfs_migrate(guest_entity(to, task), &from->cfs, &to->cfs);
}

static void fair_pass(struct guest_cpu *from, struct guest_cpu *to, uint32_t at)
{
    uint32_t task = from->queue->item[at].task;

    fair_take(from, at);
    fair_rehome(from, to, task);
}

static void fair_sleep(struct guest_cpu *c)
{
    (void)c;
}

static bool fair_linger(struct guest_cpu *c)
{
    (void)c;
    return false;
}

static bool fair_preempts(struct guest_cpu *c, uint32_t task)
{
    return c->cfs.tune->wakeup_preemption &&
           cfs_preempt(&c->cfs, guest_curr_entity(c), guest_entity(c, task)) == 1;
}

static bool fair_tick(struct guest_cpu *c)
{
    return cfs_tick(&c->cfs, guest_curr_entity(c), first_entity(c));
}

/* yield_task_fair() and the skip buddy of pick_next_entity(): the next one runs unless that would
 * be unfair by more than a granularity. */
static uint32_t fair_choose(struct guest_cpu *c, bool yields)
{
    struct cfs_entity *first = first_entity(c), *curr = guest_curr_entity(c);

    if (!curr)
        return CHOOSE_REQUEUE;
    if (!first)
        return CHOOSE_KEEP;
    if (!yields)
        return CHOOSE_REQUEUE;
    return cfs_preempt(&c->cfs, first, curr) == 1 ? CHOOSE_KEEP : 0;
}

static void fair_start(struct guest_cpu *c, uint32_t task)
{
    cfs_pick(guest_entity(c, task), guest_clock(c));
}

const struct guest_policy guest_policy_cfs = {
    .init = fair_init,
    .charge = fair_charge,
    .insert = fair_insert,
    .take = fair_take,
    .place = fair_place,
    .pass = fair_pass,
    .sleep = fair_sleep,
    .rehome = fair_rehome,
    .linger = fair_linger,
    .expel = NULL, /* nobody lingers */
    .unlinger = NULL,
    .preempts = fair_preempts,
    .tick = fair_tick,
    .choose = fair_choose,
    .start = fair_start,
};

/* ---- eevdf ---- */

static struct cfs_entity *entity_of(void *ctx, uint32_t task)
{
    return guest_entity(ctx, task);
}

static void deadline_init(struct guest_cpu *c)
{
    c->queue = &c->eevdf.queue;
    c->eevdf.tune = &c->g->eevdf_tune;
    c->eevdf.entity = entity_of;
    c->eevdf.ctx = c;
}

static bool deadline_charge(struct guest_cpu *c)
{
    return eevdf_update(&c->eevdf, guest_curr_entity(c), guest_clock(c));
}

static void deadline_insert(struct guest_cpu *c, uint32_t task)
{
    eevdf_enqueue(&c->eevdf, guest_entity(c, task), task);
}

static void deadline_take(struct guest_cpu *c, uint32_t at)
{
    eevdf_dequeue(&c->eevdf, guest_entity(c, c->queue->item[at].task), at);
}

static void deadline_place(struct guest_cpu *c, uint32_t task, enum guest_arrival how)
{
    eevdf_place(&c->eevdf, guest_entity(c, task), guest_curr_entity(c),
                how == ARRIVAL_BOOT || how == ARRIVAL_NEW);
}

static void deadline_pass(struct guest_cpu *from, struct guest_cpu *to, uint32_t at)
{
    struct cfs_entity *se = guest_entity(from, from->queue->item[at].task);

    eevdf_leave(&from->eevdf, se, guest_curr_entity(from), false);
    eevdf_dequeue(&from->eevdf, se, at);
    eevdf_place(&to->eevdf, se, guest_curr_entity(to), false);
}

static void deadline_sleep(struct guest_cpu *c)
{
    eevdf_leave(&c->eevdf, guest_curr_entity(c), guest_curr_entity(c), true);
}

/* A sleeper has a lag and no place. */
static void deadline_rehome(struct guest_cpu *from, struct guest_cpu *to, uint32_t task)
{
    (void)from;
    (void)to;
    (void)task;
}

static bool deadline_linger(struct guest_cpu *c)
{
    struct cfs_entity *curr = guest_curr_entity(c);

    SIM_ASSERT(curr);
    if (!c->eevdf.tune->delay_dequeue || eevdf_eligible(&c->eevdf, curr, curr))
        return false;
    curr->delayed = true;
    eevdf_enqueue(&c->eevdf, curr, c->curr);
    return true;
}

static void deadline_expel(struct guest_cpu *c, uint32_t at)
{
    struct cfs_entity *se = guest_entity(c, c->queue->item[at].task);

    eevdf_leave(&c->eevdf, se, guest_curr_entity(c), true);
    eevdf_dequeue(&c->eevdf, se, at);
}

/* requeue_delayed_entity() */
static void deadline_unlinger(struct guest_cpu *c, uint32_t task)
{
    struct cfs_entity *se = guest_entity(c, task);

    if (eevdf_average(&c->eevdf, guest_curr_entity(c)) > se->vruntime) {
        eevdf_dequeue(&c->eevdf, se, guest_queue_find(c, task));
        se->vlag = 0;
        eevdf_place(&c->eevdf, se, guest_curr_entity(c), false);
        eevdf_enqueue(&c->eevdf, se, task);
    }
    se->delayed = false;
}

static bool deadline_preempts(struct guest_cpu *c, uint32_t task)
{
    uint32_t best = eevdf_best(&c->eevdf, guest_curr_entity(c));

    return c->eevdf.tune->wakeup_preemption && best != EEVDF_CURR &&
           c->queue->item[best].task == task;
}

/* entity_tick() has only charged. */
static bool deadline_tick(struct guest_cpu *c)
{
    (void)c;
    return false;
}

/* pick_next_entity(): who is asleep leaves the queue when it is picked. */
static uint32_t deadline_choose(struct guest_cpu *c, bool yields)
{
    struct cfs_entity *curr = guest_curr_entity(c);
    uint32_t best;

    if (curr && yields)
        eevdf_yield(&c->eevdf, curr);
    while ((best = eevdf_best(&c->eevdf, curr)) != EEVDF_CURR) {
        if (!guest_entity(c, c->queue->item[best].task)->delayed)
            return best;
        deadline_expel(c, best);
        c->lingering--;
    }
    return CHOOSE_KEEP;
}

static void deadline_start(struct guest_cpu *c, uint32_t task)
{
    eevdf_pick(guest_entity(c, task), guest_clock(c));
}

const struct guest_policy guest_policy_eevdf = {
    .init = deadline_init,
    .charge = deadline_charge,
    .insert = deadline_insert,
    .take = deadline_take,
    .place = deadline_place,
    .pass = deadline_pass,
    .sleep = deadline_sleep,
    .rehome = deadline_rehome,
    .linger = deadline_linger,
    .expel = deadline_expel,
    .unlinger = deadline_unlinger,
    .preempts = deadline_preempts,
    .tick = deadline_tick,
    .choose = deadline_choose,
    .start = deadline_start,
};
