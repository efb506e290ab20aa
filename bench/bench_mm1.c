/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_mm1.c - cost of a customer of an M/M/1 queue through the real engine, utilisation 0.9
 *
 * Engine: two actors, arrivals and server; the queue holds arrival times. Bare: the same draws and
 * the same queue in a loop with two instants, the lesser of which comes next. Both in this process,
 * in turn. Prints CSV: time per customer of both, and the mean time in system beside its exact
 * value (10 mean services), so that the work is seen done: both must agree to the bit.
 *
 *     bench_mm1 [CUSTOMERS [ROUNDS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim.h"
#include "sim_variate.h"

enum { QUEUE = 1 << 16, SERVICE = 900000, GAP = 1000000, ROUNDS_MAX = 99 };

struct shop {
    struct sim *sim;
    sim_actor arrivals, server;
    struct sim_variate gap, service;
    struct sim_rng gap_rng, service_rng;
    uint64_t head, tail, wanted;
    double in_system;
    sim_ns came[QUEUE];
};

static void begin_service(struct shop *s)
{
    sim_actor_at(s->sim, s->server,
                 sim_now(s->sim) + sim_variate_draw(&s->service, &s->service_rng), 0, 0);
}

static void on_arrival(void *ctx, const struct sim_event *ev)
{
    struct shop *s = ctx;

    if (s->tail - s->head == QUEUE) {
        sim_stop(s->sim, SIM_OUT_OF_SLAB, "the queue is full");
        return;
    }
    s->came[s->tail++ % QUEUE] = ev->when;
    if (s->tail - s->head == 1)
        begin_service(s);
    sim_actor_at(s->sim, s->arrivals, ev->when + sim_variate_draw(&s->gap, &s->gap_rng), 0, 0);
}

static void on_served(void *ctx, const struct sim_event *ev)
{
    struct shop *s = ctx;

    s->in_system += (double)(ev->when - s->came[s->head++ % QUEUE]);
    if (s->head == s->wanted)
        sim_stop(s->sim, SIM_ALL_DONE, "served");
    else if (s->head != s->tail)
        begin_service(s);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void make(struct shop *s, uint64_t customers, uint64_t seed)
{
    struct sim_dist gap = {.kind = SIM_DIST_EXPONENTIAL, .a = GAP};
    struct sim_dist service = {.kind = SIM_DIST_EXPONENTIAL, .a = SERVICE};

    *s = (struct shop){.sim = sim_create(2, 1), .wanted = customers};
    if (!s->sim) {
        fprintf(stderr, "bench_mm1: error: out of memory\n");
        exit(3);
    }
    sim_variate_init(&s->gap, &gap);
    sim_variate_init(&s->service, &service);
    sim_rng_init(&s->gap_rng, seed, SIM_STREAM_COMPUTE, 0);
    sim_rng_init(&s->service_rng, seed, SIM_STREAM_DISK, 0);
}

static void engine(struct shop *s)
{
    s->arrivals = sim_actor_add(s->sim, SIM_RANK_TIMER, on_arrival, s);
    s->server = sim_actor_add(s->sim, SIM_RANK_DEVICE, on_served, s);
    sim_actor_at(s->sim, s->arrivals, 0, 0, 0);
    sim_run(s->sim, SIM_NEVER);
}

/* At equal time the server goes first, as its rank says. */
static void bare(struct shop *s)
{
    sim_ns arrival = 0, end = SIM_NEVER, now;

    while (s->head < s->wanted) {
        if (end <= arrival) {
            now = end;
            s->in_system += (double)(now - s->came[s->head++ % QUEUE]);
            end = SIM_NEVER;
            if (s->head != s->tail)
                end = now + sim_variate_draw(&s->service, &s->service_rng);
        } else {
            now = arrival;
            s->came[s->tail++ % QUEUE] = now;
            if (s->tail - s->head == 1)
                end = now + sim_variate_draw(&s->service, &s->service_rng);
            arrival = now + sim_variate_draw(&s->gap, &s->gap_rng);
        }
    }
}

/* ns a customer */
static double timed(struct shop *s, void (*run)(struct shop *), uint64_t customers, uint64_t seed)
{
    double begin, end;

    make(s, customers, seed);
    begin = seconds();
    run(s);
    end = seconds();
    sim_destroy(s->sim);
    return (end - begin) * 1e9 / (double)s->head;
}

static void serve(struct shop *s, uint64_t customers, uint64_t seed)
{
    double without = timed(s, bare, customers, seed), in_system = s->in_system, with;

    with = timed(s, engine, customers, seed);
    if (s->head != customers || s->in_system < in_system || s->in_system > in_system) {
        fprintf(stderr, "bench_mm1: error: the engine and the bare loop disagree\n");
        exit(1);
    }
    printf("%llu,%.1f,%.1f,%.2f,%.3f,10.000\n", (unsigned long long)s->head, without, with,
           with / without, in_system / (double)s->head / SERVICE);
}

int main(int argc, char **argv)
{
    static struct shop shop;
    uint64_t customers = argc > 1 ? strtoull(argv[1], NULL, 10) : 3000000;
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 5, i;

    if (customers == 0 || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_mm1 [CUSTOMERS [ROUNDS, up to 99]]\n");
        return 2;
    }
    printf("customers,bare_ns,engine_ns,ratio,mean_services_in_system,exact\n");
    for (i = 0; i < rounds; i++)
        serve(&shop, customers, (uint64_t)i + 1);
    return 0;
}
