/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_mm1.c - cost of a customer of an M/M/1 queue through the real engine, utilisation 0.9
 *
 * Engine: two actors, arrivals and server; the queue holds arrival times. Bare: the same draws and
 * the same queue in a loop with two instants, the lesser of which comes next. Both in this process,
 * in turn. Prints CSV: time per customer of both, and the mean time in system beside its exact
 * value (10 mean services), so that the work is seen done: both must agree to the bit. The shop
 * stands where handlers and loop know it beforehand (bench_hold.c says why).
 *
 *     bench_mm1 [CUSTOMERS [ROUNDS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim.h"
#include "sim_variate.h"

enum { QUEUE = 1 << 16, SERVICE = 900000, GAP = 1000000, ROUNDS_MAX = 99 };

static struct shop {
    struct sim *sim;
    sim_actor arrivals, server;
    struct sim_variate gap, service;
    struct sim_rng gap_rng, service_rng;
    uint64_t head, tail, wanted;
    double in_system;
    sim_ns came[QUEUE];
} shop;

static void begin_service(void)
{
    sim_actor_at(shop.sim, shop.server,
                 sim_now(shop.sim) + sim_variate_draw(&shop.service, &shop.service_rng), 0, 0);
}

static void on_arrival(void *ctx, const struct sim_event *ev)
{
    (void)ctx;
    if (shop.tail - shop.head == QUEUE) {
        sim_stop(shop.sim, SIM_OUT_OF_SLAB, "the queue is full");
        return;
    }
    shop.came[shop.tail++ % QUEUE] = ev->when;
    if (shop.tail - shop.head == 1)
        begin_service();
    sim_actor_at(shop.sim, shop.arrivals, ev->when + sim_variate_draw(&shop.gap, &shop.gap_rng), 0,
                 0);
}

static void on_served(void *ctx, const struct sim_event *ev)
{
    (void)ctx;
    shop.in_system += (double)(ev->when - shop.came[shop.head++ % QUEUE]);
    if (shop.head == shop.wanted)
        sim_stop(shop.sim, SIM_ALL_DONE, "served");
    else if (shop.head != shop.tail)
        begin_service();
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void make(uint64_t customers, uint64_t seed)
{
    struct sim_dist gap = {.kind = SIM_DIST_EXPONENTIAL, .a = GAP};
    struct sim_dist service = {.kind = SIM_DIST_EXPONENTIAL, .a = SERVICE};

    shop = (struct shop){.sim = sim_create(2, 1), .wanted = customers};
    if (!shop.sim) {
        fprintf(stderr, "bench_mm1: error: out of memory\n");
        exit(3);
    }
    sim_variate_init(&shop.gap, &gap);
    sim_variate_init(&shop.service, &service);
    sim_rng_init(&shop.gap_rng, seed, SIM_STREAM_COMPUTE, 0);
    sim_rng_init(&shop.service_rng, seed, SIM_STREAM_DISK, 0);
}

static void engine(void)
{
    shop.arrivals = sim_actor_add(shop.sim, SIM_RANK_TIMER, on_arrival, NULL);
    shop.server = sim_actor_add(shop.sim, SIM_RANK_DEVICE, on_served, NULL);
    sim_actor_at(shop.sim, shop.arrivals, 0, 0, 0);
    sim_run(shop.sim, SIM_NEVER);
}

/* At equal time the server goes first, as its rank says. */
static void bare(void)
{
    sim_ns arrival = 0, end = SIM_NEVER, now;

    while (shop.head < shop.wanted) {
        if (end <= arrival) {
            now = end;
            shop.in_system += (double)(now - shop.came[shop.head++ % QUEUE]);
            end = SIM_NEVER;
            if (shop.head != shop.tail)
                end = now + sim_variate_draw(&shop.service, &shop.service_rng);
        } else {
            now = arrival;
            shop.came[shop.tail++ % QUEUE] = now;
            if (shop.tail - shop.head == 1)
                end = now + sim_variate_draw(&shop.service, &shop.service_rng);
            arrival = now + sim_variate_draw(&shop.gap, &shop.gap_rng);
        }
    }
}

/* ns a customer */
static double timed(void (*run)(void), uint64_t customers, uint64_t seed)
{
    double begin, end;

    make(customers, seed);
    begin = seconds();
    run();
    end = seconds();
    sim_destroy(shop.sim);
    return (end - begin) * 1e9 / (double)shop.head;
}

static void serve(uint64_t customers, uint64_t seed)
{
    double without = timed(bare, customers, seed), in_system = shop.in_system, with;

    with = timed(engine, customers, seed);
    if (shop.head != customers || shop.in_system < in_system || shop.in_system > in_system) {
        fprintf(stderr, "bench_mm1: error: the engine and the bare loop disagree\n");
        exit(1);
    }
    printf("%llu,%.1f,%.1f,%.2f,%.3f,10.000\n", (unsigned long long)shop.head, without, with,
           with / without, in_system / (double)shop.head / SERVICE);
}

int main(int argc, char **argv)
{
    uint64_t customers = argc > 1 ? strtoull(argv[1], NULL, 10) : 3000000;
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 5, i;

    if (customers == 0 || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_mm1 [CUSTOMERS [ROUNDS, up to 99]]\n");
        return 2;
    }
    printf("customers,bare_ns,engine_ns,ratio,mean_services_in_system,exact\n");
    for (i = 0; i < rounds; i++)
        serve(customers, (uint64_t)i + 1);
    return 0;
}
