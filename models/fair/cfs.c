/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfs.c - vruntime, slices, preemption
 */
#include "cfs.h"

#include "sim_assert.h"

/* sched_prio_to_weight[], kernel/sched/core.c: about 1024 / 1.25^nice; these 40 are the ABI-like
 * facts that the kernel's own shares follow. */
static const uint32_t weight_of_nice[40] = {
    88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904,
    3906,  3121,  2501,  1991,  1586,  1277,  1024,  820,   655,   526,   423,  335,  272,  215,
    172,   137,   110,   87,    70,    56,    45,    36,    29,    23,    18,   15,
};

uint32_t cfs_weight(int32_t nice)
{
    SIM_ASSERT(nice >= -20 && nice <= 19);
    return weight_of_nice[nice + 20];
}

uint32_t cfs_scale_factor(const struct sched_params *p, uint32_t cpus)
{
    cpus = cpus < 8 ? cpus : 8;
    return p->scaling && cpus ? 32u - (uint32_t)__builtin_clz(cpus) : 1;
}

void cfs_tunables_init(struct cfs_tunables *tune, const struct sched_params *p, uint32_t cpus)
{
    uint32_t factor = cfs_scale_factor(p, cpus);

    *tune = (struct cfs_tunables){
        .latency = (int64_t)(p->latency * factor),
        .min_granularity = (int64_t)(p->min_granularity * factor),
        .wakeup_granularity = (int64_t)(p->wakeup_granularity * factor),
        .wakeup_preemption = p->wakeup_preemption,
    };
    tune->sleeper_credit = p->sleeper_credit ? tune->latency / 2 : 0;
}

void cfs_update(struct cfs_rq *rq, struct cfs_entity *curr, sim_ns now,
                const struct cfs_entity *first)
{
    int64_t least;

    if (curr) {
        sim_ns delta = now - curr->exec_start;

        curr->exec_start = now;
        curr->ran += delta;
        curr->vruntime += cfs_in_vruntime((int64_t)delta, curr->weight);
    }
    if (curr)
        least = first && first->vruntime < curr->vruntime ? first->vruntime : curr->vruntime;
    else if (first)
        least = first->vruntime;
    else
        return;
    if (least > rq->min_vruntime)
        rq->min_vruntime = least;
}

void cfs_pick(struct cfs_entity *se, sim_ns now)
{
    se->exec_start = now;
    se->ran_then = se->ran;
}

void cfs_enqueue(struct cfs_rq *rq, const struct cfs_entity *se, uint32_t task)
{
    task_queue_push(&rq->queue, se->vruntime, task);
    rq->load += se->weight;
}

void cfs_dequeue(struct cfs_rq *rq, const struct cfs_entity *se, uint32_t at)
{
    SIM_ASSERT(rq->queue.item[at].key == se->vruntime);
    task_queue_remove(&rq->queue, at);
    rq->load -= se->weight;
}

/* sched_slice() of `se` among `running` entities of `load` in all. */
static int64_t slice(const struct cfs_rq *rq, const struct cfs_entity *se, uint32_t running,
                     uint64_t load)
{
    int64_t least = (int64_t)running * rq->tune->min_granularity;
    int64_t period = rq->tune->latency > least ? rq->tune->latency : least;

    return (int64_t)((uint64_t)period * se->weight / load);
}

void cfs_place(const struct cfs_rq *rq, struct cfs_entity *se, const struct cfs_entity *curr,
               bool initial)
{
    int64_t at = rq->min_vruntime;

    if (initial) /* START_DEBIT: behind those who wait already */
        at += cfs_in_vruntime(slice(rq, se, rq->queue.count + (curr != NULL) + 1,
                                    rq->load + (curr ? curr->weight : 0) + se->weight),
                              se->weight);
    else
        at -= rq->tune->sleeper_credit;
    if (se->vruntime < at)
        se->vruntime = at;
}

void cfs_migrate(struct cfs_entity *se, const struct cfs_rq *from, const struct cfs_rq *to)
{
    se->vruntime += to->min_vruntime - from->min_vruntime;
}

bool cfs_tick(const struct cfs_rq *rq, const struct cfs_entity *curr,
              const struct cfs_entity *first)
{
    int64_t ran = (int64_t)(curr->ran - curr->ran_then), ideal;

    if (!first)
        return false;
    ideal = slice(rq, curr, rq->queue.count + 1, rq->load + curr->weight);
    if (ran > ideal)
        return true;
    return ran >= rq->tune->min_granularity && curr->vruntime - first->vruntime > ideal;
}

int cfs_preempt(const struct cfs_rq *rq, const struct cfs_entity *curr, const struct cfs_entity *se)
{
    int64_t lead = curr->vruntime - se->vruntime;

    if (lead <= 0)
        return -1;
    return lead > cfs_in_vruntime(rq->tune->wakeup_granularity, se->weight);
}
