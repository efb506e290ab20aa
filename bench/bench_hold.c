/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_hold.c - what the engine adds to its bare queue: the hold model
 *
 * Pop the next event, set it again an increment later; n events pending. Bare: the tree or ladder
 * alone in a loop. Engine: the same through sim_run(), a handler, sim_actor_at() or sim_post(),
 * with the order hash. Both in this process, in alternating rounds; medians of rounds. Prints CSV.
 * Absolute times belong to the machine; the ratio is what counts.
 *
 * Increments come from one generator, at an address that both sides know beforehand. Were it
 * reached through the handler's ctx, two loads that wait for the next actor's number would be added
 * to each event: a property of models, not of the engine, and the bare loop would not have it.
 * "actors/own" shows that case: each actor has its own generator, behind its ctx here and behind
 * its slot there.
 *
 *     bench_hold [EVENTS_PER_ROUND [ROUNDS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim.h"
#include "sim_ladder.h"
#include "sim_variate.h"

enum { INCREMENTS = 4096, MEAN = 1000000, ROUNDS_MAX = 99, ACTORS_MAX = 1024 };

/* Bimodal: 1 us or 100 ms, as often. Ties: all at the same instant, again and again. */
enum shape { EXPONENTIAL, CONSTANT, BIMODAL, TIES, SHAPES };
static const char *const shape_name[SHAPES] = {"exponential", "constant", "bimodal", "ties"};

static struct {
    sim_ns increment[INCREMENTS], mean;
    struct sim *sim;
    struct sim_tree tree;
    struct sim_ladder ladder;
    struct sim_rng rng, engine_rng, own[ACTORS_MAX], engine_own[ACTORS_MAX];
    uint64_t seq, events;
    uint32_t n;
    enum shape shape;
} bench;

static void fill_increments(enum shape shape)
{
    struct sim_dist d = {.kind = SIM_DIST_EXPONENTIAL, .a = MEAN};
    struct sim_variate v;
    struct sim_rng r;
    double sum = 0;
    int i;

    sim_variate_init(&v, &d);
    sim_rng_init(&r, 1, SIM_STREAM_COMPUTE, 0);
    for (i = 0; i < INCREMENTS; i++) {
        sim_ns one = MEAN;

        if (shape == EXPONENTIAL)
            one = sim_variate_draw(&v, &r);
        else if (shape == BIMODAL)
            one = sim_rng_below(&r, 2) ? 1000 : 100000000;
        bench.increment[i] = one;
        sum += (double)one;
    }
    bench.shape = shape;
    bench.mean = (sim_ns)(sum / INCREMENTS);
}

static inline sim_ns next_increment(struct sim_rng *r)
{
    return bench.increment[sim_rng_u64(r) % INCREMENTS];
}

/* Where an event is at first: spread over a mean increment, as it will be later. */
static sim_ns start(struct sim_rng *r)
{
    return bench.shape == TIES ? 0 : sim_rng_below(r, bench.mean);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#define SLOT_BITS 21 /* as the engine's keys: seq above, slot below */

static inline void turn(struct sim_key key, uint32_t slot, struct sim_rng *r)
{
    key.when += next_increment(r);
    key.ord = bench.seq++ << SLOT_BITS | slot;
    sim_tree_set(&bench.tree, slot, key);
}

static inline uint32_t slot_of(struct sim_key key)
{
    return (uint32_t)(key.ord & ((1u << SLOT_BITS) - 1));
}

static void bare_tree(void)
{
    uint64_t i;

    for (i = 0; i < bench.events; i++) {
        struct sim_key key = sim_tree_least(&bench.tree);

        turn(key, slot_of(key), &bench.rng);
    }
}

static void bare_tree_own(void)
{
    uint64_t i;

    for (i = 0; i < bench.events; i++) {
        struct sim_key key = sim_tree_least(&bench.tree);
        uint32_t slot = slot_of(key);

        turn(key, slot, &bench.own[slot]);
    }
}

static void bare_ladder(void)
{
    uint64_t i;

    for (i = 0; i < bench.events; i++) {
        struct sim_key key = sim_ladder_top(&bench.ladder);

        sim_ladder_pop(&bench.ladder);
        key.when += next_increment(&bench.rng);
        key.ord = bench.seq++;
        sim_ladder_push(&bench.ladder, key);
    }
}

static void on_actor(void *ctx, const struct sim_event *ev)
{
    (void)ctx;
    sim_actor_at(bench.sim, ev->target, ev->when + next_increment(&bench.engine_rng), 0, 0);
}

static void on_actor_own(void *ctx, const struct sim_event *ev)
{
    sim_actor_at(bench.sim, ev->target, ev->when + next_increment(ctx), 0, 0);
}

static void on_posted(void *ctx, const struct sim_event *ev)
{
    (void)ctx;
    sim_post(bench.sim, 0, SIM_RANK_VCPU, ev->when + next_increment(&bench.engine_rng), 0, 0);
}

/* n events come about n times in a mean increment. */
static void engine(void)
{
    double length = (double)bench.events / bench.n * (double)bench.mean;

    sim_run(bench.sim, sim_now(bench.sim) + (sim_ns)length);
}

/* ns an event */
static double timed(void (*run)(void))
{
    uint64_t handled = sim_events_handled(bench.sim);
    double begin = seconds(), ns;

    run();
    ns = (seconds() - begin) * 1e9;
    if (run == engine)
        return ns / (double)(sim_events_handled(bench.sim) - handled);
    return ns / (double)bench.events;
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

static void compare(const char *name, void (*bare)(void), int rounds)
{
    double bare_ns[ROUNDS_MAX], engine_ns[ROUNDS_MAX], x, y;
    int i;

    timed(bare);
    timed(engine);
    for (i = 0; i < rounds; i++) {
        bare_ns[i] = timed(bare);
        engine_ns[i] = timed(engine);
    }
    x = median(bare_ns, rounds);
    y = median(engine_ns, rounds);
    printf("%s,%s,%u,%.1f,%.1f,%.2f\n", name, shape_name[bench.shape], bench.n, x, y, y / x);
    fflush(stdout);
}

static void need(bool have)
{
    if (have)
        return;
    fprintf(stderr, "bench_hold: error: out of memory\n");
    exit(3);
}

static void compare_actors(uint32_t n, bool own, int rounds)
{
    uint32_t i;

    bench.n = n;
    bench.sim = sim_create(n, 16);
    need(bench.sim && sim_tree_init(&bench.tree, n));
    for (i = 0; i < n; i++) {
        sim_rng_init(&bench.own[i], 1, SIM_STREAM_PATTERN, i);
        sim_rng_init(&bench.engine_own[i], 1, SIM_STREAM_PATTERN, i);
        sim_actor_add(bench.sim, SIM_RANK_VCPU, own ? on_actor_own : on_actor,
                      &bench.engine_own[i]);
        sim_actor_at(bench.sim, i, start(&bench.engine_rng), 0, 0);
        sim_tree_set(&bench.tree, i,
                     (struct sim_key){start(&bench.rng), bench.seq++ << SLOT_BITS | i});
    }
    compare(own ? "actors/own" : "actors/tree", own ? bare_tree_own : bare_tree, rounds);
    sim_tree_finish(&bench.tree);
    sim_destroy(bench.sim);
}

static void compare_posted(uint32_t n, int rounds)
{
    uint32_t i;

    bench.n = n;
    bench.sim = sim_create(1, n);
    need(bench.sim && sim_ladder_init(&bench.ladder, n));
    sim_actor_add(bench.sim, SIM_RANK_VCPU, on_posted, NULL);
    for (i = 0; i < n; i++) {
        sim_post(bench.sim, 0, SIM_RANK_VCPU, start(&bench.engine_rng), 0, 0);
        sim_ladder_push(&bench.ladder, (struct sim_key){start(&bench.rng), bench.seq++});
    }
    compare("posted/ladder", bare_ladder, rounds);
    sim_ladder_finish(&bench.ladder);
    sim_destroy(bench.sim);
}

static void compare_shape(enum shape shape, int rounds)
{
    static const uint32_t actors[] = {8, 64, ACTORS_MAX}, posted[] = {65536, 1000000};
    size_t i;

    fill_increments(shape);
    if (shape == TIES) {
        compare_posted(20000, rounds);
        return;
    }
    for (i = 0; i < sizeof actors / sizeof *actors; i++)
        compare_actors(actors[i], false, rounds);
    for (i = 0; i < sizeof actors / sizeof *actors && shape == EXPONENTIAL; i++)
        compare_actors(actors[i], true, rounds);
    for (i = 0; i < sizeof posted / sizeof *posted; i++)
        compare_posted(posted[i], rounds);
}

int main(int argc, char **argv)
{
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 9, shape;

    bench.events = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000000;
    if (bench.events == 0 || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_hold [EVENTS_PER_ROUND [ROUNDS, up to 99]]\n");
        return 2;
    }
    sim_rng_init(&bench.rng, 1, SIM_STREAM_PATTERN, 0);
    sim_rng_init(&bench.engine_rng, 1, SIM_STREAM_PATTERN, 0);
    printf("engine/bare,increments,pending,bare_ns_per_event,engine_ns_per_event,ratio\n");
    for (shape = 0; shape < SHAPES; shape++)
        compare_shape((enum shape)shape, rounds);
    return 0;
}
