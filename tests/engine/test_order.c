/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_order.c - the order hash, shuffled ties, and observers that change nothing */
#include <criterion/criterion.h>
#include <string.h>

#include "sim.h"
#include "sim_random.h"

/* A little world with many ties: actors that set themselves and post to each other. */
enum { ACTORS = 50, HORIZON = 2000, EVENTS_MAX = 100000 };

struct world {
    struct sim *sim;
    struct sim_rng rng[ACTORS];
    struct sim_event ev[EVENTS_MAX];
    uint32_t count;
    uint64_t last_arg;
};

static void act(void *ctx, const struct sim_event *ev)
{
    struct world *w = ctx;
    struct sim_rng *rng = &w->rng[ev->target];

    cr_assert(w->count < EVENTS_MAX);
    w->ev[w->count++] = *ev;
    sim_note(w->sim, NOTE_GUEST_MARK, ev->target, ev->arg, 3, 4);
    if (ev->kind)
        return;
    sim_actor_at(w->sim, ev->target, ev->when + 1 + sim_rng_below(rng, 20), 0, w->last_arg);
    if (sim_rng_below(rng, 4) == 0)
        sim_post(w->sim, (ev->target + 1) % ACTORS, SIM_RANK_WORKER,
                 ev->when + sim_rng_below(rng, 5), 1, ev->arg);
}

static uint64_t run(struct world *w, uint64_t seed, uint64_t shuffle, struct sim_observer *o)
{
    uint64_t hash;
    uint32_t i;

    w->count = 0;
    w->sim = sim_create(ACTORS, 1000);
    sim_shuffle_ties(w->sim, shuffle);
    if (o)
        sim_observe(w->sim, o);
    for (i = 0; i < ACTORS; i++) {
        sim_rng_init(&w->rng[i], seed, SIM_STREAM_COMPUTE, i);
        sim_actor_add(w->sim, i % SIM_RANKS, act, w);
        sim_actor_at(w->sim, i, sim_rng_below(&w->rng[i], 20), 0, 0);
    }
    cr_assert_eq(sim_run(w->sim, HORIZON), SIM_HORIZON);
    hash = sim_order_hash(w->sim);
    cr_assert_eq(sim_events_handled(w->sim), w->count);
    sim_destroy(w->sim);
    return hash;
}

static struct world one, two;

Test(order, equal_runs_have_equal_hashes_and_another_seed_has_another)
{
    uint64_t hash = run(&one, 1, 0, NULL);

    cr_assert_eq(run(&two, 1, 0, NULL), hash);
    cr_assert_eq(one.count, two.count);
    cr_assert_eq(memcmp(one.ev, two.ev, one.count * sizeof one.ev[0]), 0);
    cr_assert_neq(run(&two, 2, 0, NULL), hash);
    cr_assert_eq(hash, 0xc1762b71ee233c41u, "golden: 0x%lx", (unsigned long)hash);
}

Test(order, the_hash_feels_each_field_of_an_event)
{
    struct sim_event base = {.when = 9, .target = 1, .kind = 4, .arg = 5};
    uint64_t hash[6];
    int i, j;

    for (i = 0; i < 6; i++) {
        enum sim_rank rank = i == 2 ? SIM_RANK_TIMER : SIM_RANK_WORKER;
        struct sim_event e = base;

        one.sim = sim_create(ACTORS, 10);
        for (j = 0; j < ACTORS; j++)
            sim_actor_add(one.sim, SIM_RANK_VCPU, act, &one);
        e.when += i == 1;
        e.target += i == 3;
        e.kind += i == 4;
        e.arg += i == 5;
        one.count = 0;
        sim_post(one.sim, e.target, rank, e.when, e.kind, e.arg);
        sim_run(one.sim, 100);
        hash[i] = sim_order_hash(one.sim);
        for (j = 0; j < i; j++)
            cr_assert_neq(hash[i], hash[j], "change %d is not felt", i);
        sim_destroy(one.sim);
    }
}

static int by_target(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* All at one of two instants and two ranks: only the order within (when, rank) may change. */
static void run_ties(uint32_t order[40], uint64_t shuffle)
{
    uint32_t i;

    one.sim = sim_create(ACTORS, 10);
    one.count = 0;
    sim_shuffle_ties(one.sim, shuffle);
    for (i = 0; i < 40; i++) {
        sim_actor_add(one.sim, SIM_RANK_TIMER + i % 2, act, &one);
        sim_actor_at(one.sim, i, 5 + i / 20, 1, 0);
    }
    sim_run(one.sim, 10);
    for (i = 0; i < 40; i++)
        order[i] = one.ev[i].target;
    sim_destroy(one.sim);
}

Test(order, shuffling_changes_ties_and_nothing_else)
{
    uint32_t plain[40], shuffled[40], again[40], i;

    run_ties(plain, 0);
    run_ties(shuffled, 11);
    run_ties(again, 11);
    cr_assert_eq(memcmp(shuffled, again, sizeof again), 0);
    run_ties(again, 12);
    cr_assert_neq(memcmp(shuffled, again, sizeof again), 0);
    for (i = 0; i < 40; i += 10) {
        cr_assert_neq(memcmp(plain + i, shuffled + i, 10 * sizeof *plain), 0);
        qsort(shuffled + i, 10, sizeof *shuffled, by_target);
        cr_assert_eq(memcmp(plain + i, shuffled + i, 10 * sizeof *plain), 0);
    }
}

struct counter {
    struct sim_observer o;
    uint64_t notes, sum;
    struct sim_note last;
};

static void count_note(struct sim_observer *self, const struct sim_note *n)
{
    struct counter *c = (struct counter *)self;

    c->notes++;
    c->sum += n->b;
    c->last = *n;
}

Test(order, a_run_with_observers_is_the_same_run)
{
    struct counter all = {.o = {.note = count_note, .kinds = SIM_NOTE_ALL}};
    struct counter none = {.o = {.note = count_note, .kinds = SIM_NOTE_BIT(NOTE_PAGE_IN)}};
    uint64_t hash = run(&one, 1, 0, NULL);

    cr_assert_eq(run(&two, 1, 0, &all.o), hash);
    cr_assert_eq(all.notes, two.count);
    cr_assert_eq(all.last.when, two.ev[two.count - 1].when);
    cr_assert_eq(all.last.kind, NOTE_GUEST_MARK);
    cr_assert_eq(all.last.a, two.ev[two.count - 1].target);
    cr_assert(all.last.c == 3 && all.last.d == 4);
    cr_assert_eq(run(&two, 1, 0, &none.o), hash);
    cr_assert_eq(none.notes, 0);
}

static char heard[8];

static void hear(struct sim_observer *self, const struct sim_note *n)
{
    (void)n;
    heard[strlen(heard)] = self->kinds & SIM_NOTE_BIT(NOTE_PAGE_IN) ? 'b' : 'a';
}

Test(order, observers_hear_their_kinds_in_the_order_in_which_they_came)
{
    struct sim *sim = sim_create(1, 1);
    struct sim_observer a = {.note = hear, .kinds = SIM_NOTE_BIT(NOTE_PAGE_OUT)};
    struct sim_observer b = {.note = hear,
                             .kinds = SIM_NOTE_BIT(NOTE_PAGE_OUT) | SIM_NOTE_BIT(NOTE_PAGE_IN)};

    sim_note(sim, NOTE_PAGE_OUT, 0, 0, 0, 0);
    sim_observe(sim, &a);
    sim_observe(sim, &b);
    sim_note(sim, NOTE_PAGE_OUT, 0, 0, 0, 0);
    sim_note(sim, NOTE_PAGE_IN, 0, 0, 0, 0);
    sim_note(sim, NOTE_DISK_DONE, 0, 0, 0, 0);
    cr_assert_str_eq(heard, "abb");
    sim_destroy(sim);
}

Test(order, every_note_has_a_name_a_meaning_and_four_argument_names)
{
    int i, j;

    for (i = 0; i < SIM_NOTE_KINDS; i++) {
        cr_assert(sim_note_info[i].name[0] && sim_note_info[i].help[0]);
        for (j = 0; j < 4; j++)
            cr_assert_not_null(sim_note_info[i].arg[j]);
    }
    cr_assert_str_eq(sim_note_info[NOTE_KVM_READY].name, "KVM_READY");
    cr_assert_str_eq(sim_note_info[NOTE_KVM_READY].arg[1], "token");
    cr_assert_str_eq(sim_note_info[NOTE_KVM_READY].arg[3], "_");
}
