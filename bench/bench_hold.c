/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_hold.c - what the engine adds to its bare queue: the hold model
 *
 * Pop the next event, set it again an exponential increment later; n events pending. Bare: the
 * tree, ladder or heap alone in a loop. Engine: the same through sim_run(), a handler,
 * sim_actor_at() or sim_post(), with the order hash. Both in this process, in alternating rounds;
 * medians of rounds. Prints CSV. Absolute times belong to the machine; the ratio is what counts.
 *
 *     bench_hold [EVENTS_PER_ROUND [ROUNDS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim.h"
#include "sim_ladder.h"
#include "sim_variate.h"

enum { INCREMENTS = 4096, MEAN = 1000000, ROUNDS_MAX = 99 };

static sim_ns increments[INCREMENTS];

struct bench {
    struct sim *sim;
    struct sim_tree tree;
    struct sim_ladder ladder;
    struct sim_heap heap;
    struct sim_rng rng, engine_rng;
    uint64_t seq, events;
    uint32_t n;
};

static void fill_increments(void)
{
    struct sim_dist d = {.kind = SIM_DIST_EXPONENTIAL, .a = MEAN};
    struct sim_variate v;
    struct sim_rng r;
    int i;

    sim_variate_init(&v, &d);
    sim_rng_init(&r, 1, SIM_STREAM_COMPUTE, 0);
    for (i = 0; i < INCREMENTS; i++)
        increments[i] = sim_variate_draw(&v, &r);
}

static inline sim_ns next_increment(struct sim_rng *r)
{
    return increments[sim_rng_u64(r) % INCREMENTS];
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#define SLOT_BITS 21 /* as the engine's keys: seq above, slot below */

static void bare_tree(struct bench *b)
{
    uint64_t i;

    for (i = 0; i < b->events; i++) {
        struct sim_key key = sim_tree_least(&b->tree);
        uint32_t slot = (uint32_t)(key.ord & ((1u << SLOT_BITS) - 1));

        key.when += next_increment(&b->rng);
        key.ord = b->seq++ << SLOT_BITS | slot;
        sim_tree_set(&b->tree, slot, key);
    }
}

static void bare_ladder(struct bench *b)
{
    uint64_t i;

    for (i = 0; i < b->events; i++) {
        struct sim_key key = sim_ladder_top(&b->ladder);

        sim_ladder_pop(&b->ladder);
        key.when += next_increment(&b->rng);
        key.ord = b->seq++;
        sim_ladder_push(&b->ladder, key);
    }
}

static void bare_heap(struct bench *b)
{
    uint64_t i;

    for (i = 0; i < b->events; i++) {
        struct sim_key key = sim_heap_top(&b->heap);

        sim_heap_pop(&b->heap);
        key.when += next_increment(&b->rng);
        key.ord = b->seq++;
        sim_heap_push(&b->heap, key);
    }
}

static void on_actor(void *ctx, const struct sim_event *ev)
{
    struct bench *b = ctx;

    sim_actor_at(b->sim, ev->target, ev->when + next_increment(&b->engine_rng), 0, 0);
}

static void on_posted(void *ctx, const struct sim_event *ev)
{
    struct bench *b = ctx;

    sim_post(b->sim, 0, SIM_RANK_VCPU, ev->when + next_increment(&b->engine_rng), 0, 0);
}

/* n events come about n times in a mean increment. */
static void engine(struct bench *b)
{
    sim_run(b->sim, sim_now(b->sim) + (sim_ns)((double)b->events / b->n * MEAN));
}

static double timed(struct bench *b, void (*run)(struct bench *))
{
    double begin, end;
    uint64_t handled = b->sim ? sim_events_handled(b->sim) : 0;

    begin = seconds();
    run(b);
    end = seconds();
    if (run == engine)
        return (end - begin) * 1e9 / (double)(sim_events_handled(b->sim) - handled);
    return (end - begin) * 1e9 / (double)b->events;
}

static int by_time(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, by_time);
    return x[n / 2];
}

static void compare(struct bench *b, const char *name, void (*bare)(struct bench *), int rounds)
{
    double bare_ns[ROUNDS_MAX], engine_ns[ROUNDS_MAX], x, y;
    int i;

    timed(b, bare);
    timed(b, engine);
    for (i = 0; i < rounds; i++) {
        bare_ns[i] = timed(b, bare);
        engine_ns[i] = timed(b, engine);
    }
    x = median(bare_ns, rounds);
    y = median(engine_ns, rounds);
    printf("%s,%u,%.1f,%.1f,%.2f\n", name, b->n, x, y, y / x);
    fflush(stdout);
}

static void need(bool have)
{
    if (have)
        return;
    fprintf(stderr, "bench_hold: out of memory\n");
    exit(3);
}

static void compare_actors(struct bench *b, uint32_t n, int rounds)
{
    uint32_t i;

    b->n = n;
    b->sim = sim_create(n, 16);
    need(b->sim && sim_tree_init(&b->tree, n));
    for (i = 0; i < n; i++) {
        sim_actor_add(b->sim, SIM_RANK_VCPU, on_actor, b);
        sim_actor_at(b->sim, i, next_increment(&b->engine_rng), 0, 0);
        sim_tree_set(&b->tree, i,
                     (struct sim_key){next_increment(&b->rng), b->seq++ << SLOT_BITS | i});
    }
    compare(b, "actors/tree", bare_tree, rounds);
    sim_tree_finish(&b->tree);
    sim_destroy(b->sim);
}

static void compare_posted(struct bench *b, uint32_t n, int rounds)
{
    uint32_t i;

    b->n = n;
    b->sim = sim_create(1, n);
    need(b->sim && sim_ladder_init(&b->ladder, n) && sim_heap_init(&b->heap, n));
    sim_actor_add(b->sim, SIM_RANK_VCPU, on_posted, b);
    for (i = 0; i < n; i++) {
        sim_post(b->sim, 0, SIM_RANK_VCPU, next_increment(&b->engine_rng), 0, 0);
        sim_ladder_push(&b->ladder, (struct sim_key){next_increment(&b->rng), b->seq++});
        sim_heap_push(&b->heap, (struct sim_key){next_increment(&b->rng), b->seq++});
    }
    compare(b, "posted/ladder", bare_ladder, rounds);
    compare(b, "posted/heap", bare_heap, rounds);
    sim_heap_finish(&b->heap);
    sim_ladder_finish(&b->ladder);
    sim_destroy(b->sim);
}

int main(int argc, char **argv)
{
    static const uint32_t actors[] = {8, 64, 1024, 4096};
    static const uint32_t posted[] = {64, 1024, 65536, 1000000};
    struct bench b = {.events = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000000};
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 9;
    size_t i;

    if (b.events == 0 || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_hold [EVENTS_PER_ROUND [ROUNDS, up to 99]]\n");
        return 2;
    }
    fill_increments();
    sim_rng_init(&b.rng, 1, SIM_STREAM_PATTERN, 0);
    sim_rng_init(&b.engine_rng, 1, SIM_STREAM_PATTERN, 0);
    printf("engine/bare,pending,bare_ns_per_event,engine_ns_per_event,ratio\n");
    for (i = 0; i < sizeof actors / sizeof *actors; i++)
        compare_actors(&b, actors[i], rounds);
    for (i = 0; i < sizeof posted / sizeof *posted; i++)
        compare_posted(&b, posted[i], rounds);
    return 0;
}
