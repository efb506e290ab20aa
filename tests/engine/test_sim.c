/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_sim.c - the order of events, against a model that looks at all of them; and the run's ends
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "sim.h"
#include "sim_random.h"

enum { ACTORS = 37, POSTED = 300, OPERATIONS = 100000 };

/* What the engine should hold: [0, ACTORS) the actors' events, then the posted ones. */
struct naive {
    struct sim *sim;
    struct sim_rng rng;
    struct {
        bool pending;
        struct sim_event ev;
        uint64_t ord; /* rank, then number of the setting */
    } slot[ACTORS + POSTED];
    uint32_t rank[ACTORS];
    uint64_t seq;
    sim_ns now, until;
    uint32_t operations, posted, events, advanced;
};

static int naive_least(const struct naive *n)
{
    int best = -1, i;

    for (i = 0; i < ACTORS + POSTED; i++) {
        const struct sim_event *a = &n->slot[i].ev, *b;

        if (!n->slot[i].pending)
            continue;
        b = best < 0 ? NULL : &n->slot[best].ev;
        if (!b || a->when < b->when || (a->when == b->when && n->slot[i].ord < n->slot[best].ord))
            best = i;
    }
    return best;
}

static void naive_set(struct naive *n, uint32_t at, sim_ns when, uint32_t rank, uint32_t target)
{
    n->slot[at].pending = true;
    n->slot[at].ev =
        (struct sim_event){.when = when, .target = target, .kind = at, .arg = n->seq * 3};
    n->slot[at].ord = (uint64_t)rank << 60 | n->seq++;
}

static void set_actor(struct naive *n)
{
    uint32_t actor = (uint32_t)sim_rng_below(&n->rng, ACTORS);
    sim_ns when = n->now + sim_rng_below(&n->rng, 8);

    sim_actor_at(n->sim, actor, when, actor, n->seq * 3);
    naive_set(n, actor, when, n->rank[actor], actor);
}

static void cancel_actor(struct naive *n, bool by_never)
{
    uint32_t actor = (uint32_t)sim_rng_below(&n->rng, ACTORS);

    if (by_never)
        sim_actor_at(n->sim, actor, SIM_NEVER, 1, 2);
    else
        sim_actor_cancel(n->sim, actor);
    n->slot[actor].pending = false;
    cr_assert_eq(sim_actor_when(n->sim, actor), SIM_NEVER);
}

static void post(struct naive *n)
{
    uint32_t target = (uint32_t)sim_rng_below(&n->rng, ACTORS), at = ACTORS;
    uint32_t rank = (uint32_t)sim_rng_below(&n->rng, SIM_RANKS);
    sim_ns when = n->now + sim_rng_below(&n->rng, 60);

    while (at < ACTORS + POSTED && n->slot[at].pending)
        at++;
    if (at == ACTORS + POSTED)
        return;
    sim_post(n->sim, target, rank, when, at, n->seq * 3);
    naive_set(n, at, when, rank, target);
}

static void advance(struct naive *n, uint32_t actor)
{
    sim_ns when = n->now + sim_rng_below(&n->rng, 3);
    int least = naive_least(n);
    bool may = when <= n->until && (least < 0 || n->slot[least].ev.when > when);

    cr_assert_eq(sim_try_advance(n->sim, actor, when), may);
    if (may) {
        n->now = when;
        n->advanced++;
    }
    cr_assert_eq(sim_now(n->sim), n->now);
}

static void look(struct naive *n)
{
    uint32_t actor = (uint32_t)sim_rng_below(&n->rng, ACTORS);
    sim_ns when = n->slot[actor].pending ? n->slot[actor].ev.when : SIM_NEVER;

    cr_assert_eq(sim_actor_when(n->sim, actor), when);
}

static void operate(struct naive *n, uint32_t actor)
{
    n->operations++;
    switch (sim_rng_below(&n->rng, 8)) {
    case 0:
        cancel_actor(n, sim_rng_below(&n->rng, 2));
        break;
    case 1:
    case 2:
        advance(n, actor);
        break;
    case 3:
    case 4:
        post(n);
        break;
    case 5:
        look(n);
        break;
    default:
        set_actor(n);
        break;
    }
}

static void check_and_operate(void *ctx, const struct sim_event *ev)
{
    struct naive *n = ctx;
    int least = naive_least(n);
    const struct sim_event *want = &n->slot[least < 0 ? 0 : least].ev;
    uint64_t i, count = sim_rng_below(&n->rng, 5);

    cr_assert(least >= 0);
    cr_assert_eq(memcmp(want, ev, sizeof *ev), 0, "event at %lu, wanted %lu",
                 (unsigned long)ev->when, (unsigned long)want->when);
    cr_assert(ev->when >= n->now);
    n->slot[least].pending = false;
    n->now = ev->when;
    n->events++;
    cr_assert_eq(sim_now(n->sim), n->now);
    for (i = 0; i < count; i++)
        operate(n, ev->target);
}

static void naive_begin(struct naive *n)
{
    uint32_t i;

    memset(n, 0, sizeof *n);
    n->sim = sim_create(ACTORS, POSTED);
    sim_rng_init(&n->rng, 7, SIM_STREAM_PATTERN, 0);
    for (i = 0; i < ACTORS; i++) {
        n->rank[i] = (uint32_t)sim_rng_below(&n->rng, SIM_RANKS);
        cr_assert_eq(sim_actor_add(n->sim, n->rank[i], check_and_operate, n), i);
    }
}

Test(sim, random_operations_come_out_in_the_order_of_a_naive_model)
{
    static struct naive n;
    int least;

    naive_begin(&n);
    while (n.operations < OPERATIONS) {
        set_actor(&n);
        post(&n);
        n.until = n.now + sim_rng_below(&n.rng, 200);
        least = naive_least(&n);
        cr_assert_eq(sim_run(n.sim, n.until), least < 0             ? SIM_DEADLOCK
                                              : naive_least(&n) < 0 ? SIM_DEADLOCK
                                                                    : SIM_HORIZON);
        least = naive_least(&n);
        cr_assert(least < 0 || n.slot[least].ev.when > n.until);
        n.now = least < 0 ? n.now : n.until;
        cr_assert_eq(sim_now(n.sim), n.now);
    }
    cr_assert_eq(sim_events_handled(n.sim), n.events + n.advanced);
    cr_assert(n.events > 10000 && n.advanced > 1000);
    cr_assert_leq(sim_posted_high_water(n.sim), POSTED);
    sim_destroy(n.sim);
}

/* A run that writes down which event came when. */
struct log {
    struct sim *sim;
    struct sim_event ev[64];
    uint32_t count;
};

static void write_down(void *ctx, const struct sim_event *ev)
{
    struct log *log = ctx;

    cr_assert(log->count < 64);
    log->ev[log->count++] = *ev;
}

static void log_begin(struct log *log, uint32_t actors, uint32_t posted)
{
    uint32_t i;

    memset(log, 0, sizeof *log);
    log->sim = sim_create(actors, posted);
    for (i = 0; i < actors; i++)
        sim_actor_add(log->sim, SIM_RANK_VCPU - i % SIM_RANK_CONTROL, write_down, log);
}

Test(sim, equal_times_are_handled_by_rank_and_then_in_the_order_of_setting)
{
    struct log log;
    uint32_t i;

    log_begin(&log, 8, 8); /* ranks: vcpu, timer, worker, device, vcpu, timer, worker, device */
    for (i = 0; i < 8; i++)
        sim_actor_at(log.sim, 7 - i, 10, 100 + i, i);
    sim_post(log.sim, 0, SIM_RANK_TIMER, 10, 200, 0);
    sim_post(log.sim, 0, SIM_RANK_CONTROL, 10, 201, 0);
    sim_post(log.sim, 0, SIM_RANK_DEVICE, 10, 202, 0);
    sim_actor_at(log.sim, 7, 10, 300, 0); /* replaces: now the latest of its rank */
    cr_assert_eq(sim_run(log.sim, 10), SIM_DEADLOCK);
    {
        const uint32_t kinds[] = {104, 202, 300, 101, 105, 102, 106, 200, 103, 107, 201};

        cr_assert_eq(log.count, 11);
        for (i = 0; i < 11; i++)
            cr_assert_eq(log.ev[i].kind, kinds[i], "place %u: %u", i, log.ev[i].kind);
    }
    sim_destroy(log.sim);
}

Test(sim, an_actor_has_one_event_which_setting_replaces_and_cancel_takes_back)
{
    struct log log;

    log_begin(&log, 3, 1);
    sim_actor_at(log.sim, 0, 5, 1, 11);
    sim_actor_at(log.sim, 0, 9, 2, 12);
    sim_actor_at(log.sim, 1, 6, 3, 13);
    sim_actor_at(log.sim, 2, 7, 4, 14);
    sim_actor_cancel(log.sim, 1);
    sim_actor_at(log.sim, 2, SIM_NEVER, 0, 0);
    cr_assert_eq(sim_actor_when(log.sim, 0), 9);
    cr_assert_eq(sim_actor_when(log.sim, 1), SIM_NEVER);
    cr_assert_eq(sim_run(log.sim, 100), SIM_DEADLOCK);
    cr_assert_eq(log.count, 1);
    cr_assert_eq(log.ev[0].kind, 2);
    cr_assert_eq(log.ev[0].arg, 12);
    cr_assert_eq(sim_now(log.sim), 9);
    sim_destroy(log.sim);
}

Test(sim, the_horizon_is_included_and_a_later_run_goes_on)
{
    struct log log;

    log_begin(&log, 2, 1);
    sim_actor_at(log.sim, 0, 10, 0, 0);
    sim_actor_at(log.sim, 1, 11, 0, 0);
    cr_assert_eq(sim_run(log.sim, 10), SIM_HORIZON);
    cr_assert_eq(log.count, 1);
    cr_assert_eq(sim_now(log.sim), 10);
    cr_assert_eq(sim_run(log.sim, 10), SIM_HORIZON);
    cr_assert_eq(log.count, 1);
    cr_assert_eq(sim_run(log.sim, SIM_NEVER), SIM_DEADLOCK);
    cr_assert_eq(log.count, 2);
    cr_assert_eq(sim_stopped(log.sim), SIM_RUNNING);
    sim_destroy(log.sim);
}

/* The last actor sets off the next one, which may have to be registered first. */
struct crowd {
    struct sim *sim;
    struct sim_rng rng;
    uint32_t registered, busy;
};

static void on_crowd(void *ctx, const struct sim_event *ev)
{
    struct crowd *c = ctx;

    sim_actor_at(c->sim, ev->target, ev->when + 1 + sim_rng_below(&c->rng, 9), 0, 0);
    if (ev->target + 1 != c->busy || c->busy == ACTORS)
        return;
    if (c->busy == c->registered) {
        sim_actor_add(c->sim, SIM_RANK_VCPU, on_crowd, c);
        c->registered++;
    }
    sim_actor_at(c->sim, c->busy++, ev->when + 3, 0, 0);
}

static uint64_t hash_of_crowd(uint32_t at_start)
{
    struct crowd c = {.sim = sim_create(ACTORS, 1), .busy = 1};

    sim_rng_init(&c.rng, 5, SIM_STREAM_PATTERN, 0);
    for (; c.registered < at_start; c.registered++)
        sim_actor_add(c.sim, SIM_RANK_VCPU, on_crowd, &c);
    sim_actor_at(c.sim, 0, 0, 0, 0);
    sim_run(c.sim, 1000);
    cr_assert_eq(c.busy, ACTORS);
    cr_assert_gt(sim_events_handled(c.sim), 5 * ACTORS);
    uint64_t hash = sim_order_hash(c.sim);
    sim_destroy(c.sim);
    return hash;
}

Test(sim, actors_may_come_while_others_have_events)
{
    uint64_t all = hash_of_crowd(ACTORS);

    cr_assert_eq(hash_of_crowd(1), all);
    cr_assert_eq(hash_of_crowd(ACTORS / 2), all);
}

Test(sim, an_engine_without_actors_or_events_deadlocks_at_once)
{
    struct sim *sim = sim_create(0, 0);

    cr_assert_eq(sim_run(sim, 5), SIM_DEADLOCK);
    cr_assert_eq(sim_now(sim), 0);
    sim_destroy(sim);
    sim_destroy(NULL);
}

static void advance_to_nine(void *ctx, const struct sim_event *ev)
{
    struct sim *sim = *(struct sim **)ctx;

    cr_assert_eq(sim_try_advance(sim, 0, ev->when), true, "nothing else at this instant");
    cr_assert_eq(sim_try_advance(sim, 0, 9), true);
    cr_assert_eq(sim_now(sim), 9);
    cr_assert_eq(sim_try_advance(sim, 0, 10), false, "actor 1 is due at 10");
    sim_actor_cancel(sim, 1);
    cr_assert_eq(sim_try_advance(sim, 0, 10), true);
    sim_post(sim, 0, SIM_RANK_CONTROL, 12, 1, 0);
    cr_assert_eq(sim_try_advance(sim, 0, 12), false, "equal time, even with the last rank");
    cr_assert_eq(sim_try_advance(sim, 0, 11), true);
    sim_stop(sim, SIM_ALL_DONE, "done");
    cr_assert_eq(sim_try_advance(sim, 0, 11), false, "stopped");
    cr_assert_eq(sim_now(sim), 11);
}

Test(sim, running_ahead_stops_before_whatever_is_pending)
{
    struct sim *sim = sim_create(2, 1);

    sim_actor_add(sim, SIM_RANK_VCPU, advance_to_nine, &sim);
    sim_actor_add(sim, SIM_RANK_VCPU, advance_to_nine, &sim);
    cr_assert_eq(sim_try_advance(sim, 0, 0), false, "no run");
    sim_actor_at(sim, 0, 3, 0, 0);
    sim_actor_at(sim, 1, 10, 0, 0);
    cr_assert_eq(sim_run(sim, 100), SIM_ALL_DONE);
    cr_assert_eq(sim_events_handled(sim), 5);
    sim_destroy(sim);
}

/* Three steps of 2 from 3 on, and the event at 10 lets no fourth. */
static bool at_once;

static void advance_in_steps(void *ctx, const struct sim_event *ev)
{
    struct sim *sim = *(struct sim **)ctx;

    if (!at_once) {
        for (int i = 1; i <= 3; i++)
            cr_assert_eq(sim_try_advance(sim, 0, ev->when + 2u * (unsigned)i), true);
        cr_assert_eq(sim_room(sim, 2), 0, "actor 1 is due at 10");
    } else {
        cr_assert_eq(sim_room(sim, 2), 0, "not known yet");
        cr_assert_eq(sim_try_advance(sim, 0, ev->when + 2), true);
        cr_assert_eq(sim_room(sim, 2), 2);
        cr_assert_eq(sim_room(sim, 1), 4);
        cr_assert_eq(sim_room(sim, 5), 0);
        sim_advance(sim, 0, 2, 0);
        sim_advance(sim, 0, 2, 2);
    }
    cr_assert_eq(sim_now(sim), 9);
}

static void nothing_to_do(void *ctx, const struct sim_event *ev)
{
    struct sim *sim = *(struct sim **)ctx;

    cr_assert_eq(ev->when, 10);
    cr_assert_eq(sim_now(sim), 10);
}

Test(sim, equal_steps_at_once_are_the_same_as_one_by_one)
{
    uint64_t hash[2], handled[2];

    for (int i = 0; i < 2; i++) {
        struct sim *sim = sim_create(2, 1);

        sim_actor_add(sim, SIM_RANK_VCPU, advance_in_steps, &sim);
        sim_actor_add(sim, SIM_RANK_VCPU, nothing_to_do, &sim);
        at_once = i;
        sim_actor_at(sim, 0, 3, 0, 0);
        sim_actor_at(sim, 1, 10, 0, 0);
        cr_assert_eq(sim_room(sim, 1), 0, "no run");
        cr_assert_eq(sim_run(sim, 100), SIM_DEADLOCK);
        hash[i] = sim_order_hash(sim);
        handled[i] = sim_events_handled(sim);
        sim_destroy(sim);
    }
    cr_assert_eq(handled[0], 5);
    cr_assert_eq(handled[0], handled[1]);
    cr_assert_eq(hash[0], hash[1]);
}

static void advance_to_horizon(void *ctx, const struct sim_event *ev)
{
    struct sim *sim = *(struct sim **)ctx;

    cr_assert_eq(ev->when, 3);
    cr_assert_eq(sim_try_advance(sim, 0, 21), false);
    cr_assert_eq(sim_try_advance(sim, 0, 20), true);
    cr_assert_eq(sim_try_advance(sim, 0, 21), false);
    sim_actor_at(sim, 0, 21, 0, 0);
}

Test(sim, running_ahead_does_not_pass_the_horizon)
{
    struct sim *sim = sim_create(1, 0);

    sim_actor_add(sim, SIM_RANK_VCPU, advance_to_horizon, &sim);
    sim_actor_at(sim, 0, 3, 0, 0);
    cr_assert_eq(sim_run(sim, 20), SIM_HORIZON);
    sim_destroy(sim);
}

static void stop_twice(void *ctx, const struct sim_event *ev)
{
    struct sim *sim = *(struct sim **)ctx;
    char text[SIM_TEXT_BYTES + 100];

    (void)ev;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    sim_stop(sim, SIM_GUEST_PANIC, text);
    sim_stop(sim, SIM_ALL_DONE, "second");
    text[0] = 'y';
}

Test(sim, the_first_stop_wins_after_its_event_and_keeps_a_copy_of_its_text)
{
    struct sim *sim = sim_create(2, 0);

    sim_actor_add(sim, SIM_RANK_VCPU, stop_twice, &sim);
    sim_actor_add(sim, SIM_RANK_VCPU, stop_twice, &sim);
    sim_actor_at(sim, 0, 1, 0, 0);
    sim_actor_at(sim, 1, 1, 0, 0);
    cr_assert_eq(sim_run(sim, 9), SIM_GUEST_PANIC);
    cr_assert_eq(sim_events_handled(sim), 1);
    cr_assert_eq(sim_now(sim), 1);
    cr_assert_eq(strlen(sim_stop_text(sim)), SIM_TEXT_BYTES - 1);
    cr_assert_eq(sim_stop_text(sim)[0], 'x');
    cr_assert_eq(sim_run(sim, 9), SIM_GUEST_PANIC);
    cr_assert_eq(sim_events_handled(sim), 1);
    sim_destroy(sim);
}

Test(sim, a_full_queue_ends_the_run)
{
    struct log log;
    int i;

    log_begin(&log, 1, 3);
    for (i = 0; i < 3; i++)
        sim_post(log.sim, 0, SIM_RANK_VCPU, 5, 0, 0);
    cr_assert_eq(sim_stopped(log.sim), SIM_RUNNING);
    sim_post(log.sim, 0, SIM_RANK_VCPU, 5, 0, 0);
    cr_assert_eq(sim_run(log.sim, 9), SIM_OUT_OF_EVENTS);
    cr_assert_eq(log.count, 0);
    cr_assert_eq(sim_posted_high_water(log.sim), 3);
    sim_destroy(log.sim);
}

static void again_now(void *ctx, const struct sim_event *ev)
{
    sim_actor_at(*(struct sim **)ctx, ev->target, ev->when, 0, 0);
}

static void ahead_now(void *ctx, const struct sim_event *ev)
{
    while (sim_try_advance(*(struct sim **)ctx, ev->target, ev->when))
        ;
}

Test(sim, a_loop_that_costs_no_time_ends_the_run)
{
    static const sim_handler handlers[] = {again_now, ahead_now};
    size_t i;

    for (i = 0; i < 2; i++) {
        struct sim *sim = sim_create(1, 0);

        sim_actor_add(sim, SIM_RANK_VCPU, handlers[i], &sim);
        sim_actor_at(sim, 0, 77, 0, 0);
        cr_assert_eq(sim_run(sim, 100), SIM_NO_PROGRESS);
        cr_assert_eq(sim_now(sim), 77);
        sim_destroy(sim);
    }
}

Test(sim, every_outcome_has_a_name)
{
    int i, j;

    for (i = 0; i < SIM_OUTCOMES; i++)
        for (j = 0; j < i; j++)
            cr_assert_neq(strcmp(sim_outcome_name[i], sim_outcome_name[j]), 0);
}

Test(sim, an_event_in_the_past_is_a_bug, .signal = SIGABRT)
{
    struct log log;

    log_begin(&log, 1, 0);
    sim_actor_at(log.sim, 0, 5, 0, 0);
    sim_run(log.sim, 5);
    sim_actor_at(log.sim, 0, 4, 0, 0);
}
