/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_service.c - requests from outside, and the tasks that serve them
 *
 * Knows:    engine, guest_kernel.h.
 * Model:    each kind of task that serves has one stream of requests and one FIFO queue. A task
 *           takes the oldest request at the beginning of each turn of its loop, and has answered it
 *           at the end of the turn. Where the queue is empty it sleeps.
 *           A request that finds a sleeping task (the one that has slept longest is the next, as of
 *           exclusive waiters in Linux) interrupts the vCPU that it slept on; the handler wakes it,
 *           and the scheduler decides where it runs. While all tasks are busy requests cost no
 *           interrupt: whoever ends its turn looks for the next.
 *           A request that finds `queue` of them waiting is dropped; clients always find room.
 * Promise:  the times of open arrivals are drawn from a stream of their own and hang on nothing
 *           else: they are the same in all modes. So is the n-th think time of a client.
 * Leaves out: the host's part (the network, vhost), and what the guest's network stack costs.
 */
#include <stdlib.h>

#include "guest_kernel.h"
#include "sim_assert.h"

/* Longer than any run, yet an event: tasks that wait for requests are no deadlock. */
#define NO_MORE (SIM_NEVER / 2)

struct request {
    sim_ns at;
    uint32_t client;
};

struct client {
    struct sim_rng think;
};

struct guest_service {
    struct guest_sched *g;
    uint32_t kind;
    const struct arrival_params *p;
    const struct arrival_times *times;
    uint64_t next_time; /* of times */
    sim_actor actor;
    struct sim_rng rng;
    struct sim_variate gap, think;
    struct client *client;
    struct task_queue thinking; /* clients; key: when they send */
    struct request *ring;
    uint32_t head, waiting;
    int64_t slept;              /* keys given out */
    struct task_queue sleeping; /* tasks */
    struct task_queue called;   /* tasks that an interrupt is under way for */
};

/* ---- the stream ---- */

static sim_ns later(sim_ns now, sim_ns gap)
{
    return gap < NO_MORE - now ? now + gap : NO_MORE;
}

/* When the next one comes; called once for each. */
static sim_ns next_arrival(struct guest_service *s)
{
    sim_ns now = sim_now(s->g->sim);

    switch (s->p->process) {
    case ARRIVALS_POISSON:
    case ARRIVALS_CONSTANT:
    case ARRIVALS_BURSTS:
        return later(now, sim_variate_draw(&s->gap, &s->rng));
    case ARRIVALS_FILE:
        return s->next_time < s->times->count ? s->times->at[s->next_time++] : NO_MORE;
    case ARRIVALS_CLIENTS:
        return s->thinking.count ? (sim_ns)s->thinking.item[0].key : NO_MORE;
    case ARRIVALS_NONE:
    case ARRIVAL_PROCESSES:
        break;
    }
    return NO_MORE;
}

static void client_thinks(struct guest_service *s, uint32_t client)
{
    sim_ns think = sim_variate_draw(&s->think, &s->client[client].think);

    task_queue_push(&s->thinking, (int64_t)later(sim_now(s->g->sim), think), client);
}

static void set_actor(struct guest_service *s, sim_ns when)
{
    sim_actor_at(s->g->sim, s->actor, when, 0, 0);
}

/* ---- requests ---- */

/* The device's interrupts go where the task slept, or elsewhere while that CPU is offline. */
static struct guest_cpu *interrupted_cpu(struct guest_sched *g, uint32_t task)
{
    struct guest_cpu *own = &g->cpu[g->task[task].cpu];

    return guest_cpu_is_online(own) ? own : guest_cpu_fallback(g);
}

static void call_a_task(struct guest_service *s)
{
    struct guest_sched *g = s->g;
    uint32_t task;

    if (!s->sleeping.count)
        return;
    task = task_queue_remove(&s->sleeping, 0);
    task_queue_push(&s->called, ++s->slept, task);
    g->port.send_ipi(g->port.ctx, interrupted_cpu(g, task)->number, VECTOR_REQUEST);
}

/* fixup_irqs(): what is on its way to c, or was while it was offline, is sent again. */
void guest_service_moves(const struct guest_cpu *c)
{
    struct guest_sched *g = c->g;

    for (uint32_t kind = 0; kind < g->p->tasks; kind++) {
        const struct guest_service *s = g->service[kind];

        for (uint32_t i = 0; s && i < s->called.count; i++) {
            uint32_t task = s->called.item[i].task;

            if (g->task[task].cpu == c->number)
                g->port.send_ipi(g->port.ctx, interrupted_cpu(g, task)->number, VECTOR_REQUEST);
        }
    }
}

static void request_comes(struct guest_service *s, uint32_t client)
{
    bool full = s->waiting == s->p->queue;
    uint32_t at = (s->head + s->waiting) % s->p->queue;

    sim_note(s->g->sim, NOTE_REQUEST, s->kind, s->waiting, full, 0);
    SIM_ASSERT(!full || !s->client); /* the queue has room for all clients */
    if (full)
        return;
    s->ring[at] = (struct request){sim_now(s->g->sim), client};
    s->waiting++;
    call_a_task(s);
}

static void on_arrival(void *ctx, const struct sim_event *ev)
{
    struct guest_service *s = ctx;
    uint32_t n = s->p->process == ARRIVALS_BURSTS ? s->p->burst : 1;

    if (s->g->dead || ev->when >= NO_MORE)
        return;
    while (n--)
        request_comes(s, s->client ? task_queue_remove(&s->thinking, 0) : 0);
    set_actor(s, next_arrival(s));
}

/* ---- tasks ---- */

static struct guest_service *service_of(const struct guest_cpu *c)
{
    struct guest_service *s = c->g->service[c->g->task[c->curr].kind];

    SIM_ASSERT(s);
    return s;
}

bool guest_service_take(struct guest_cpu *c)
{
    struct guest_service *s = service_of(c);
    struct guest_task *t = &c->g->task[c->curr];

    if (!s->waiting) {
        task_queue_push(&s->sleeping, ++s->slept, c->curr);
        sim_note(c->g->sim, NOTE_TASK_SLEEP, c->curr, guest_vcpu(c), REASON_OTHER, 0);
        guest_curr_block(c, GUEST_TASK_BLOCKED);
        return false;
    }
    t->request_at = s->ring[s->head].at;
    t->client = s->ring[s->head].client;
    s->head = (s->head + 1) % s->p->queue;
    s->waiting--;
    task_serve(&t->prog);
    return true;
}

void guest_service_answer(struct guest_sched *g, uint32_t task)
{
    struct guest_task *t = &g->task[task];
    struct guest_service *s = g->service[t->kind];

    sim_note(g->sim, NOTE_REQUEST_DONE, task, sim_now(g->sim) - t->request_at,
             g->first_vcpu + t->cpu, 0);
    if (!s->client)
        return;
    client_thinks(s, t->client);
    set_actor(s, next_arrival(s));
}

/* The place in `called` of the first whose interrupt goes to c; count: none does. */
static uint32_t first_called(const struct guest_cpu *c, const struct task_queue *called)
{
    uint32_t best = called->count;

    for (uint32_t i = 0; i < called->count; i++)
        if (interrupted_cpu(c->g, called->item[i].task) == c &&
            (best == called->count || task_queue_before(&called->item[i], &called->item[best])))
            best = i;
    return best;
}

static void wake_called(struct guest_cpu *c, struct guest_service *s)
{
    uint32_t at;

    while ((at = first_called(c, &s->called)) < s->called.count)
        guest_task_wake(c->g, c, task_queue_remove(&s->called, at), REASON_OTHER,
                        sim_now(c->g->sim));
}

void guest_service_interrupt(struct guest_cpu *c)
{
    for (uint32_t kind = 0; kind < c->g->p->tasks; kind++)
        if (c->g->service[kind])
            wake_called(c, c->g->service[kind]);
}

/* ---- made and unmade ---- */

static bool clients_create(struct guest_service *s, uint64_t seed)
{
    uint32_t n = s->p->clients;

    s->client = calloc(n, sizeof *s->client);
    if (!s->client || !task_queue_init(&s->thinking, n))
        return false;
    sim_variate_init(&s->think, &s->p->think);
    for (uint32_t i = 0; i < n; i++) {
        sim_rng_init(&s->client[i].think, seed, SIM_STREAM_THINK, (uint64_t)s->kind << 32 | i);
        client_thinks(s, i);
    }
    return true;
}

/* Mean gap between bursts or single requests. */
static struct sim_dist gap_of(const struct arrival_params *p)
{
    bool bursts = p->process == ARRIVALS_BURSTS;

    return (struct sim_dist){.kind = p->process == ARRIVALS_CONSTANT ? SIM_DIST_CONSTANT
                                                                     : SIM_DIST_EXPONENTIAL,
                             .a = p->interval * (bursts ? p->burst : 1)};
}

static struct guest_service *service_create(struct guest_sched *g, uint32_t kind,
                                            const struct arrival_times *times, uint64_t seed)
{
    struct guest_service *s = calloc(1, sizeof *s);
    struct sim_dist gap = gap_of(&g->p->task[kind].arrivals);

    if (!s)
        return NULL;
    s->g = g;
    s->kind = kind;
    s->p = &g->p->task[kind].arrivals;
    s->times = times;
    s->ring = calloc(s->p->queue, sizeof *s->ring);
    sim_variate_init(&s->gap, &gap);
    sim_rng_init(&s->rng, seed, SIM_STREAM_ARRIVAL, kind);
    g->service[kind] = s; /* is destroyed with the guest */
    if (!s->ring || !task_queue_init(&s->sleeping, g->tasks) ||
        !task_queue_init(&s->called, g->tasks))
        return NULL;
    if (s->p->process == ARRIVALS_CLIENTS && !clients_create(s, seed))
        return NULL;
    s->actor = sim_actor_add(g->sim, SIM_RANK_DEVICE, on_arrival, s);
    set_actor(s, next_arrival(s));
    return s;
}

bool guest_services_create(struct guest_sched *g, const struct page_traces *traces, uint64_t seed)
{
    g->service = calloc(g->p->tasks + 1, sizeof(struct guest_service *));
    for (uint32_t kind = 0; g->service && kind < g->p->tasks; kind++) {
        const struct arrival_times *times = traces ? traces->arrivals[kind] : NULL;

        if (g->kind[kind].serves && !service_create(g, kind, times, seed))
            return false;
    }
    return g->service;
}

void guest_services_destroy(struct guest_sched *g)
{
    for (uint32_t kind = 0; g->service && kind < g->p->tasks; kind++) {
        struct guest_service *s = g->service[kind];

        if (!s)
            continue;
        task_queue_finish(&s->thinking);
        task_queue_finish(&s->sleeping);
        task_queue_finish(&s->called);
        free(s->client);
        free(s->ring);
        free(s);
    }
    free((void *)g->service);
}
