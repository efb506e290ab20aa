/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_eevdf.c - lag, eligibility, deadlines
 */
#include "guest_eevdf.h"

#include "sim_assert.h"

void eevdf_tunables_init(struct eevdf_tunables *tune, const struct guest_params *gp)
{
    *tune = (struct eevdf_tunables){
        .base_slice = (int64_t)(gp->sched_base_slice * cfs_scale_factor(&gp->cfs, gp->vcpus)),
        .tick = gp->hz ? (int64_t)(SIM_SEC / gp->hz) : 0,
        .wakeup_preemption = gp->sched_eevdf_preemption,
        .delay_dequeue = gp->sched_delay_dequeue,
    };
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t slice(const struct eevdf_rq *rq, const struct cfs_entity *se)
{
    return cfs_in_vruntime(rq->tune->base_slice, se->weight);
}

int64_t eevdf_average(struct eevdf_rq *rq, const struct cfs_entity *curr)
{
    int64_t sum = rq->sum, load = rq->load, delta = 0;

    if (load && curr) {
        sum += (curr->vruntime - rq->zero) * (int64_t)curr->weight;
        load += curr->weight;
    }
    if (load)
        delta = floor_div(sum, load);
    else if (curr)
        delta = curr->vruntime - rq->zero;
    rq->zero += delta;
    rq->sum -= delta * rq->load;
    return rq->zero;
}

bool eevdf_eligible(const struct eevdf_rq *rq, const struct cfs_entity *curr,
                    const struct cfs_entity *se)
{
    int64_t sum = rq->sum, load = rq->load;

    if (curr) {
        sum += (curr->vruntime - rq->zero) * (int64_t)curr->weight;
        load += curr->weight;
    }
    return sum >= (se->vruntime - rq->zero) * load;
}

/* update_deadline(). True: the request is consumed, a new one begins. */
static bool renew(struct eevdf_rq *rq, struct cfs_entity *curr)
{
    if (curr->vruntime < curr->deadline)
        return false;
    curr->deadline = curr->vruntime + slice(rq, curr);
    eevdf_average(rq, curr);
    return true;
}

/* RUN_TO_PARITY: until its deadline has moved, whoever was picked keeps the CPU. */
static bool is_protected(const struct cfs_entity *curr)
{
    return curr->vlag == curr->deadline;
}

bool eevdf_update(struct eevdf_rq *rq, struct cfs_entity *curr, sim_ns now)
{
    sim_ns delta;
    bool renewed;

    if (!curr || now == curr->exec_start)
        return false;
    delta = now - curr->exec_start;
    curr->exec_start = now;
    curr->ran += delta;
    curr->vruntime += cfs_in_vruntime((int64_t)delta, curr->weight);
    renewed = renew(rq, curr);
    if (!rq->queue.count)
        return false;
    return renewed || (!is_protected(curr) && !eevdf_eligible(rq, curr, curr));
}

void eevdf_pick(struct cfs_entity *se, sim_ns now)
{
    se->exec_start = now;
    se->ran_then = se->ran;
    se->vlag = se->deadline;
}

void eevdf_enqueue(struct eevdf_rq *rq, const struct cfs_entity *se, uint32_t task)
{
    task_queue_push(&rq->queue, se->deadline, task);
    rq->sum += (se->vruntime - rq->zero) * (int64_t)se->weight;
    rq->load += se->weight;
}

void eevdf_dequeue(struct eevdf_rq *rq, const struct cfs_entity *se, uint32_t at)
{
    SIM_ASSERT(rq->queue.item[at].key == se->deadline);
    task_queue_remove(&rq->queue, at);
    rq->sum -= (se->vruntime - rq->zero) * (int64_t)se->weight;
    rq->load -= se->weight;
}

static int64_t clamp_to(int64_t value, int64_t limit)
{
    return value > limit ? limit : value < -limit ? -limit : value;
}

void eevdf_leave(struct eevdf_rq *rq, struct cfs_entity *se, const struct cfs_entity *curr,
                 bool sleeps)
{
    int64_t least = rq->tune->tick, twice = 2 * rq->tune->base_slice;
    int64_t limit = cfs_in_vruntime(twice > least ? twice : least, se->weight);

    se->vlag = clamp_to(eevdf_average(rq, curr) - se->vruntime, limit);
    se->relative = !sleeps;
    if (se->delayed && se->vlag > 0) /* DELAY_ZERO */
        se->vlag = 0;
    se->delayed = false;
}

void eevdf_place(struct eevdf_rq *rq, struct cfs_entity *se, const struct cfs_entity *curr,
                 bool initial)
{
    int64_t average = eevdf_average(rq, curr), lag = 0, rest = se->deadline - se->vruntime;
    int64_t load = rq->load + (curr ? (int64_t)curr->weight : 0);

    /* Its coming moves V: the lag is blown up so that the lag that it has then is the old one. */
    if (load)
        lag = se->vlag * (load + (int64_t)se->weight) / load;
    se->vruntime = average - lag;
    se->deadline = se->vruntime + (se->relative ? rest : slice(rq, se) / (initial ? 2 : 1));
    se->relative = false;
}

/* The earliest deadline among the eligible; the heap's root nearly always. */
static uint32_t first_eligible(const struct eevdf_rq *rq, const struct cfs_entity *curr)
{
    const struct task_queue *q = &rq->queue;
    uint32_t best = EEVDF_CURR;

    for (uint32_t i = 0; i < q->count; i++) {
        if (best != EEVDF_CURR && !task_queue_before(&q->item[i], &q->item[best]))
            continue;
        if (!eevdf_eligible(rq, curr, rq->entity(rq->ctx, q->item[i].task)))
            continue;
        best = i;
        if (i == 0)
            break;
    }
    return best;
}

uint32_t eevdf_best(const struct eevdf_rq *rq, const struct cfs_entity *curr)
{
    bool stays = curr && eevdf_eligible(rq, curr, curr);
    uint32_t best;

    if (!rq->queue.count)
        return EEVDF_CURR;
    if (!curr && rq->queue.count == 1)
        return 0;
    if (stays && is_protected(curr))
        return EEVDF_CURR;
    best = first_eligible(rq, curr);
    if (best != EEVDF_CURR && stays && curr->deadline < rq->queue.item[best].key)
        return EEVDF_CURR;
    /* V lies between the vruntimes, so somebody is eligible. */
    SIM_ASSERT(best != EEVDF_CURR || stays);
    return best;
}

void eevdf_yield(struct eevdf_rq *rq, struct cfs_entity *curr)
{
    if (!rq->queue.count || !eevdf_eligible(rq, curr, curr))
        return;
    curr->vruntime = curr->deadline;
    renew(rq, curr);
}
