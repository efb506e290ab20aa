/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_cpu.c - see host_cpu.h.
 */
#include "host_cpu.h"

#include <stdlib.h>

#include "cfs.h"
#include "sim_assert.h"

#define NOBODY 0xffffffffu
#define WORDS  (VCPUS_MAX / 64)

enum thread_state { THREAD_ASLEEP, THREAD_WAITS, THREAD_RUNS };

struct host_thread {
    struct cfs_entity se;
    enum thread_state state;
    uint32_t cpu; /* where it runs or ran last */
    bool bound;
};

struct host_cpu {
    struct host_cpus *h;
    uint32_t number;
    sim_actor actor;
    uint32_t curr;       /* NOBODY: idle */
    bool resched, told;  /* curr is to leave; it will do so by itself */
    bool polls;          /* curr waits for its alarm and nothing else */
    sim_ns alarm, tick;  /* SIM_NEVER: none */
    sim_ns since;        /* start of the stretch that is not booked yet: idle, or a worker's */
    sim_ns booked;       /* sum of all segments so far */
    struct cfs_rq bound; /* those that wait for this CPU alone */
};

struct host_cpus {
    struct sim *sim;
    const struct host_cpu_ops *ops;
    void *ctx;
    uint32_t cpus, threads, first_worker;
    sim_ns period; /* between two looks at slices */
    struct cfs_tunables tune;
    struct cfs_rq rq; /* those that wait for any CPU */
    struct host_cpu *cpu;
    struct host_thread *thread;
    uint64_t idle[WORDS], polling[WORDS];
};

/* ---- books ---- */

static void book(struct host_cpu *c, enum host_class class, sim_ns ns)
{
    if (!ns)
        return;
    c->booked += ns;
    sim_note(c->h->sim, NOTE_HOST_SEGMENT, c->number, class, ns, 0);
}

/* Closes the stretch that nobody else books. */
static void stretch_end(struct host_cpu *c)
{
    sim_ns now = sim_now(c->h->sim);

    if (c->curr == NOBODY)
        book(c, HOST_IDLE, now - c->since);
    else if (c->curr >= c->h->first_worker)
        book(c, HOST_WORKER, now - c->since);
    c->since = now;
}

void host_cpus_book(struct host_cpus *h, uint32_t thread, enum host_class class, sim_ns ns)
{
    SIM_ASSERT(h->thread[thread].state == THREAD_RUNS);
    book(&h->cpu[h->thread[thread].cpu], class, ns);
}

void host_cpus_split(struct host_cpus *h)
{
    for (uint32_t i = 0; i < h->cpus; i++) {
        stretch_end(&h->cpu[i]);
        SIM_ASSERT(h->cpu[i].booked == sim_now(h->sim));
    }
}

/* ---- questions ---- */

static void put_bit(uint64_t *set, uint32_t number, bool value)
{
    uint64_t bit = (uint64_t)1 << number % 64;

    set[number / 64] = value ? set[number / 64] | bit : set[number / 64] & ~bit;
}

static struct host_cpu *lowest(struct host_cpus *h, const uint64_t *set)
{
    for (uint32_t i = 0; i * 64 < h->cpus; i++)
        if (set[i])
            return &h->cpu[i * 64 + (uint32_t)__builtin_ctzll(set[i])];
    return NULL;
}

static struct cfs_entity *curr_entity(const struct host_cpu *c)
{
    return c->curr == NOBODY ? NULL : &c->h->thread[c->curr].se;
}

static struct cfs_entity *first_of(const struct host_cpus *h, const struct cfs_rq *rq)
{
    return rq->queue.count ? &h->thread[rq->queue.item[0].task].se : NULL;
}

/* The queue that c's next thread comes from, or NULL: nobody waits for it. */
static struct cfs_rq *next_queue(struct host_cpu *c)
{
    struct cfs_rq *all = &c->h->rq;

    if (!c->bound.queue.count)
        return all->queue.count ? all : NULL;
    if (all->queue.count && task_queue_before(&all->queue.item[0], &c->bound.queue.item[0]))
        return all;
    return &c->bound;
}

bool host_cpus_wanted(const struct host_cpus *h, uint32_t thread)
{
    return next_queue(&h->cpu[h->thread[thread].cpu]) != NULL;
}

static void charge(struct host_cpu *c)
{
    cfs_update(&c->h->rq, curr_entity(c), sim_now(c->h->sim), first_of(c->h, &c->h->rq));
}

/* ---- the CPU's event: alarm, tick, or that its thread is to leave ---- */

static void arm(struct host_cpu *c)
{
    struct host_cpus *h = c->h;
    sim_ns when = c->alarm;

    if (c->curr == NOBODY || c->told || !next_queue(c))
        c->tick = SIM_NEVER;
    else if (c->tick == SIM_NEVER)
        c->tick = (sim_now(h->sim) / h->period + 1) * h->period;
    if (c->tick < when)
        when = c->tick;
    if (c->resched && !c->told)
        when = sim_now(h->sim);
    sim_actor_at(h->sim, c->actor, when, 0, 0);
}

/* Ticks begin and end with waiting: all busy CPUs look, as all may take from the queue. */
static void arm_all(struct host_cpus *h)
{
    for (uint32_t i = 0; i < h->cpus; i++)
        if (h->cpu[i].curr != NOBODY)
            arm(&h->cpu[i]);
}

static void resched(struct host_cpu *c)
{
    c->resched = true;
    arm(c);
}

/* ---- running and waiting ---- */

static void run(struct host_cpu *c, uint32_t thread)
{
    struct host_cpus *h = c->h;
    struct host_thread *t = &h->thread[thread];

    stretch_end(c);
    put_bit(h->idle, c->number, false);
    c->curr = thread;
    t->state = THREAD_RUNS;
    t->cpu = c->number;
    cfs_pick(&t->se, sim_now(h->sim));
    h->ops->on(h->ctx, thread);
    arm(c);
}

/* The CPU has nobody: whoever is next, or idle. True: somebody who could have run anywhere. */
static bool take(struct host_cpu *c)
{
    struct host_cpus *h = c->h;
    struct cfs_rq *from = next_queue(c);
    uint32_t thread;

    if (!from) {
        put_bit(h->idle, c->number, true);
        arm(c);
        return false;
    }
    thread = from->queue.item[0].task;
    cfs_dequeue(from, &h->thread[thread].se, 0);
    run(c, thread);
    return from == &h->rq;
}

/* Whom a bound worker pushed aside may find its CPU taken by another such: it goes elsewhere. */
static void pick(struct host_cpu *c)
{
    struct host_cpus *h = c->h;
    bool taken = take(c);

    while (taken && h->rq.queue.count && lowest(h, h->idle))
        taken = take(lowest(h, h->idle));
    if (taken && !h->rq.queue.count)
        arm_all(h);
}

static void wait(struct host_cpus *h, uint32_t thread)
{
    struct host_thread *t = &h->thread[thread];
    bool first = !h->rq.queue.count;

    t->state = THREAD_WAITS;
    cfs_enqueue(t->bound ? &h->cpu[t->cpu].bound : &h->rq, &t->se, thread);
    if (t->bound)
        arm(&h->cpu[t->cpu]);
    else if (first)
        arm_all(h);
}

/* curr has gone from c. */
static uint32_t vacate(struct host_cpu *c)
{
    uint32_t thread = c->curr;

    charge(c);
    stretch_end(c);
    c->curr = NOBODY;
    c->resched = c->told = c->polls = false;
    c->alarm = c->tick = SIM_NEVER;
    put_bit(c->h->polling, c->number, false);
    return thread;
}

static struct host_cpu *cpu_of(struct host_cpus *h, uint32_t thread)
{
    SIM_ASSERT(h->thread[thread].state == THREAD_RUNS);
    return &h->cpu[h->thread[thread].cpu];
}

void host_cpus_sleep(struct host_cpus *h, uint32_t thread)
{
    struct host_cpu *c = cpu_of(h, thread);

    vacate(c);
    h->thread[thread].state = THREAD_ASLEEP;
    pick(c);
}

void host_cpus_leave(struct host_cpus *h, uint32_t thread)
{
    struct host_cpu *c = cpu_of(h, thread);

    vacate(c);
    wait(h, thread);
    pick(c);
}

/* Where a woken thread may run at once. */
static struct host_cpu *idle_cpu(struct host_cpus *h, const struct host_thread *t)
{
    struct host_cpu *last = &h->cpu[t->cpu];

    if (last->curr == NOBODY || t->bound)
        return last->curr == NOBODY ? last : NULL;
    return lowest(h, h->idle);
}

/* It waits: who makes way? */
static void check_preempt(struct host_cpus *h, const struct host_thread *t)
{
    struct host_cpu *last = &h->cpu[t->cpu], *c = last;

    if (!t->bound && !last->polls && lowest(h, h->polling))
        c = lowest(h, h->polling);
    if (c->polls) {
        resched(c);
        return;
    }
    charge(c);
    if (h->tune.wakeup_preemption && cfs_preempt(&h->rq, curr_entity(c), &t->se) == 1)
        resched(c);
}

/*
 * Nobody has waited until now: each of those that run has had a CPU, whatever others slept. So
 * nobody is owed more than a sleeper is. Not less, either: on a host short of CPUs the queue is
 * empty for moments, too, and what is owed must outlast them. Who wakes is placed by the one that
 * has run least, so that it pre-empts any of them, as it would in the queue of that CPU alone.
 */
static void bound_debts(struct host_cpus *h)
{
    int64_t most = INT64_MIN, least = INT64_MAX;

    for (uint32_t i = 0; i < h->cpus; i++) {
        charge(&h->cpu[i]);
        if (h->cpu[i].curr != NOBODY && curr_entity(&h->cpu[i])->vruntime > most)
            most = curr_entity(&h->cpu[i])->vruntime;
    }
    for (uint32_t i = 0; i < h->cpus; i++) {
        int64_t *v;

        if (h->cpu[i].curr == NOBODY)
            continue;
        v = &curr_entity(&h->cpu[i])->vruntime;
        if (*v < most - h->tune.sleeper_credit)
            *v = most - h->tune.sleeper_credit;
        if (*v < least)
            least = *v;
    }
    h->rq.min_vruntime = least;
}

void host_cpus_wake(struct host_cpus *h, uint32_t thread)
{
    struct host_thread *t = &h->thread[thread];
    struct host_cpu *c = idle_cpu(h, t);

    SIM_ASSERT(t->state == THREAD_ASLEEP);
    if (!c && !h->rq.queue.count)
        bound_debts(h);
    cfs_place(&h->rq, &t->se, NULL, false);
    if (c) {
        run(c, thread);
        return;
    }
    wait(h, thread);
    check_preempt(h, t);
}

/* ---- alarms ---- */

void host_cpus_alarm(struct host_cpus *h, uint32_t thread, sim_ns when, bool polls)
{
    struct host_cpu *c = cpu_of(h, thread);

    c->alarm = when;
    c->polls = polls;
    put_bit(h->polling, c->number, polls);
    arm(c);
}

sim_ns host_cpus_alarm_at(const struct host_cpus *h, uint32_t thread)
{
    SIM_ASSERT(h->thread[thread].state == THREAD_RUNS);
    return h->cpu[h->thread[thread].cpu].alarm;
}

void host_cpus_adopt(struct host_cpus *h, uint32_t thread, uint32_t as, bool bound)
{
    struct host_thread *t = &h->thread[thread];

    SIM_ASSERT(t->state == THREAD_ASLEEP);
    t->cpu = h->thread[as].cpu;
    t->bound = bound;
    t->se = (struct cfs_entity){.vruntime = INT64_MIN / 2, .weight = CFS_NICE_0};
}

/* ---- the event ---- */

/* The queue as one CPU sees it: its share of those that wait for any, and its own. */
static struct cfs_rq share(const struct host_cpu *c)
{
    uint32_t n = (c->h->rq.queue.count + c->h->cpus - 1) / c->h->cpus + c->bound.queue.count;

    return (struct cfs_rq){
        .tune = &c->h->tune, .queue = {.count = n}, .load = (uint64_t)n * CFS_NICE_0};
}

static void look_at_slice(struct host_cpu *c)
{
    struct cfs_rq *from = next_queue(c), view = share(c);

    charge(c);
    c->tick = SIM_NEVER;
    if (from && cfs_tick(&view, curr_entity(c), first_of(c->h, from)))
        c->resched = true;
}

static void switch_away(struct host_cpu *c)
{
    struct host_cpus *h = c->h;
    uint32_t thread = c->curr;

    if (!next_queue(c)) { /* another CPU was quicker */
        c->resched = false;
        return;
    }
    switch (h->ops->off(h->ctx, thread)) {
    case HOST_OFF:
        host_cpus_leave(h, thread);
        break;
    case HOST_LATER:
        c->told = true;
        break;
    case HOST_ASLEEP:
        break;
    }
}

static void on_event(void *ctx, const struct sim_event *ev)
{
    struct host_cpu *c = ctx;
    struct host_cpus *h = c->h;

    if (c->curr != NOBODY && c->alarm <= ev->when) {
        c->alarm = SIM_NEVER;
        h->ops->alarm(h->ctx, c->curr);
    }
    if (c->curr != NOBODY && c->tick <= ev->when)
        look_at_slice(c);
    if (c->curr != NOBODY && c->resched && !c->told)
        switch_away(c);
    arm(c);
}

/* ---- making, checking ---- */

static bool cpus_init(struct host_cpus *h)
{
    for (uint32_t i = 0; i < h->cpus; i++) {
        struct host_cpu *c = &h->cpu[i];

        *c = (struct host_cpu){
            .h = h, .number = i, .curr = NOBODY, .alarm = SIM_NEVER, .tick = SIM_NEVER};
        c->bound.tune = &h->tune;
        put_bit(h->idle, i, true);
        c->actor = sim_actor_add(h->sim, SIM_RANK_WORKER, on_event, c);
        if (!task_queue_init(&c->bound.queue, h->threads - h->first_worker))
            return false;
    }
    SIM_ASSERT(h->cpus > 0);
    for (uint32_t i = 0; i < h->threads; i++) {
        h->thread[i].se.weight = CFS_NICE_0;
        h->thread[i].cpu = i % h->cpus;
    }
    return true;
}

struct host_cpus *host_cpus_create(struct sim *sim, const struct params *p, uint32_t threads,
                                   uint32_t first_worker, const struct host_cpu_ops *ops, void *ctx)
{
    struct host_cpus *h = calloc(1, sizeof *h);
    sim_ns least = p->host.sched.min_granularity;

    SIM_ASSERT(p->host.cpus >= 1 && p->host.cpus <= VCPUS_MAX && first_worker <= threads);
    if (!h)
        return NULL;
    h->sim = sim;
    h->ops = ops;
    h->ctx = ctx;
    h->cpus = p->host.cpus;
    h->threads = threads;
    h->first_worker = first_worker;
    h->period = p->host.hz ? SIM_SEC / p->host.hz : least ? least : SIM_MS;
    cfs_tunables_init(&h->tune, &p->host.sched, h->cpus);
    h->rq.tune = &h->tune;
    h->cpu = calloc(h->cpus, sizeof *h->cpu);
    h->thread = calloc(threads, sizeof *h->thread);
    if (!h->cpu || !h->thread || !task_queue_init(&h->rq.queue, threads) || !cpus_init(h)) {
        host_cpus_destroy(h);
        return NULL;
    }
    return h;
}

void host_cpus_destroy(struct host_cpus *h)
{
    if (!h)
        return;
    for (uint32_t i = 0; h->cpu && i < h->cpus; i++)
        task_queue_finish(&h->cpu[i].bound.queue);
    task_queue_finish(&h->rq.queue);
    free(h->cpu);
    free(h->thread);
    free(h);
}

/* A thread waits for any CPU, and one is idle: only behind a bound worker. */
static bool is_pushed_aside(const struct host_cpus *h)
{
    for (uint32_t i = 0; i < h->rq.queue.count; i++) {
        const struct host_cpu *c = &h->cpu[h->thread[h->rq.queue.item[i].task].cpu];

        if (c->curr == NOBODY || !h->thread[c->curr].bound)
            return false;
    }
    return true;
}

const char *host_cpus_broken(const struct host_cpus *h)
{
    uint32_t runs = 0, waits = h->rq.queue.count, states[3] = {0};

    for (uint32_t i = 0; i < h->cpus; i++) {
        const struct host_cpu *c = &h->cpu[i];

        waits += c->bound.queue.count;
        runs += c->curr != NOBODY;
        if (c->curr != NOBODY &&
            (h->thread[c->curr].state != THREAD_RUNS || h->thread[c->curr].cpu != i))
            return "a host CPU and its thread know of each other";
        if (c->curr == NOBODY && c->bound.queue.count)
            return "no host CPU is idle while its own worker waits";
        if (c->curr == NOBODY && h->rq.queue.count && !is_pushed_aside(h))
            return "no host CPU is idle while a thread waits";
    }
    for (uint32_t i = 0; i < h->threads; i++)
        states[h->thread[i].state]++;
    if (states[THREAD_RUNS] != runs || states[THREAD_WAITS] != waits)
        return "each thread runs on one host CPU, waits in one queue, or sleeps";
    return NULL;
}
