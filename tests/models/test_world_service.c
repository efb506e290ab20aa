/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_world_service.c - requests and the tasks that serve them; locks
 */
#include <criterion/criterion.h>
#include <string.h>

#include "scenario.h"

#define KEPT 4096

/* What a run said of requests and locks. */
static struct heard {
    struct sim_observer observer;
    sim_ns came[KEPT], took[KEPT], lock_wait[KEPT];
    uint64_t lock_task[KEPT];
    unsigned requests, dropped, answers, waits, holds;
    sim_ns longest_hold;
} heard;

static void hear(struct sim_observer *self, const struct sim_note *n)
{
    struct heard *h = (struct heard *)(void *)self;

    if (n->kind == NOTE_REQUEST) {
        cr_assert_lt(h->requests, KEPT);
        h->came[h->requests++] = n->when;
        h->dropped += n->c != 0;
    } else if (n->kind == NOTE_REQUEST_DONE) {
        h->took[h->answers++] = n->b;
    } else if (n->kind == NOTE_LATENCY && n->a == LATENCY_LOCK_WAIT) {
        h->lock_task[h->waits] = n->d;
        h->lock_wait[h->waits++] = n->b;
    } else if (n->kind == NOTE_LATENCY && n->a == LATENCY_LOCK_HOLD) {
        h->holds++;
        h->longest_hold = n->b > h->longest_hold ? n->b : h->longest_hold;
    }
}

static enum sim_outcome run(const struct params *p, const struct page_traces *traces,
                            enum run_mode mode)
{
    struct world *w = world_create(p, traces, mode, 3);
    enum sim_outcome outcome;

    cr_assert(w);
    memset(&heard, 0, sizeof heard);
    heard.observer = (struct sim_observer){.note = hear, .kinds = SIM_NOTE_ALL};
    sim_observe(world_sim(w), &heard.observer);
    outcome = world_run(w);
    cr_assert_null(world_broken(w));
    world_destroy(w);
    return outcome;
}

static struct task_params *server(struct params *p, enum arrival_process process, sim_ns interval)
{
    struct task_params *t = scenario_task(p);

    t->iterations = 0;
    t->arrivals =
        (struct arrival_params){.process = process, .interval = interval, .burst = 3, .queue = 64};
    return t;
}

/* Idle -> interrupt (its exit and that of the EOI), wake-up of the vCPU, switch: the same each
 * time. */
Test(world_service, a_request_takes_from_its_arrival_to_the_end_of_the_turn)
{
    struct params *p = scenario();

    scenario_compute(server(p, ARRIVALS_CONSTANT, 100 * SIM_US), 20 * SIM_US);
    cr_assert_eq(run(p, NULL, MODE_APF), SIM_HORIZON);
    cr_assert_eq(heard.requests, p->duration / (100 * SIM_US));
    cr_assert_geq(heard.answers, heard.requests - 1);
    for (unsigned i = 1; i < heard.answers; i++) {
        cr_assert_eq(heard.took[i], heard.took[1], "%u: %lu", i, heard.took[i]);
        cr_assert_eq(heard.came[i] - heard.came[i - 1], 100 * SIM_US);
    }
    /* wake 6000 (or polled), EOI exit 1000, switch 1500, the work; the timer is not touched */
    cr_assert_geq(heard.took[1], 20 * SIM_US + 1000 + 1500);
    cr_assert_leq(heard.took[1], 20 * SIM_US + 6000 + 1000 + 1500 + 1000);
}

/* Two touches and no compute: the turn ends with a touch that runs ahead elsewhere. */
Test(world_service, turns_of_touches_end_one_by_one)
{
    struct params *p = scenario();
    struct task_params *t;

    scenario_region(p, BACKING_ANON, 8, 8);
    t = server(p, ARRIVALS_CONSTANT, 100 * SIM_US);
    scenario_touch(t, 0, 2);
    run(p, NULL, MODE_APF);
    cr_assert_geq(heard.answers, heard.requests - 1);
    for (unsigned i = 8; i < heard.answers; i++)
        cr_assert_eq(heard.took[i], heard.took[8]);
}

Test(world_service, open_arrivals_are_the_same_in_every_mode)
{
    static const enum arrival_process process[] = {ARRIVALS_POISSON, ARRIVALS_BURSTS};

    for (unsigned i = 0; i < 2; i++) {
        static struct heard first;

        for (int mode = MODE_OFF; mode < MODES; mode++) {
            struct params *p = scenario();
            struct task_params *t;

            scenario_region(p, BACKING_SWAP, 64, 0);
            t = server(p, process[i], 50 * SIM_US);
            t->count = 2;
            scenario_touch(t, 0, 1)->pattern = PATTERN_UNIFORM;
            run(p, NULL, (enum run_mode)mode);
            cr_assert_gt(heard.requests, 50);
            if (mode == MODE_OFF)
                first = heard;
            cr_assert_eq(heard.requests, first.requests);
            cr_assert_arr_eq(heard.came, first.came, sizeof heard.came);
        }
    }
}

Test(world_service, a_burst_comes_at_one_instant)
{
    struct params *p = scenario();

    scenario_compute(server(p, ARRIVALS_BURSTS, 100 * SIM_US), SIM_US);
    run(p, NULL, MODE_APF);
    cr_assert_gt(heard.requests, 30);
    for (unsigned i = 0; i + 2 < heard.requests; i += 3) {
        cr_assert_eq(heard.came[i], heard.came[i + 1]);
        cr_assert_eq(heard.came[i], heard.came[i + 2]);
    }
}

Test(world_service, what_finds_the_queue_full_is_dropped)
{
    struct params *p = scenario();
    struct task_params *t = server(p, ARRIVALS_CONSTANT, 10 * SIM_US);

    t->arrivals.queue = 4;
    scenario_compute(t, 100 * SIM_US);
    run(p, NULL, MODE_APF);
    cr_assert_gt(heard.dropped, 0);
    /* one is served, four wait, all others were dropped */
    cr_assert_leq(heard.requests - heard.dropped, heard.answers + 5);
    cr_assert_geq(heard.requests - heard.dropped, heard.answers + 4);
    cr_assert_leq(heard.took[heard.answers - 1], 5 * 105 * SIM_US);
}

Test(world_service, a_client_sends_again_when_it_has_thought)
{
    struct params *p = scenario();
    struct task_params *t = server(p, ARRIVALS_CLIENTS, 0);

    t->arrivals.clients = 3;
    t->arrivals.think = (struct sim_dist){.kind = SIM_DIST_CONSTANT, .a = 200 * SIM_US};
    scenario_compute(t, 10 * SIM_US);
    run(p, NULL, MODE_APF);
    cr_assert_gt(heard.answers, 100);
    cr_assert_leq(heard.requests - heard.answers, 3);
    for (unsigned i = 3; i < heard.requests; i++)
        cr_assert_geq(heard.came[i], heard.came[i - 3] + 210 * SIM_US);
}

Test(world_service, times_of_a_file_are_kept_and_then_none_come)
{
    static const sim_ns at[] = {10 * SIM_US, 40 * SIM_US, 40 * SIM_US, 5 * SIM_MS};
    static const struct arrival_times times = {at, 4};
    static struct page_traces traces;
    struct params *p = scenario();

    traces.arrivals[0] = &times;
    scenario_compute(server(p, ARRIVALS_FILE, 0), SIM_US);
    cr_assert_eq(run(p, &traces, MODE_APF), SIM_HORIZON);
    cr_assert_eq(heard.requests, 4);
    cr_assert_arr_eq(heard.came, at, sizeof at);
    cr_assert_eq(heard.answers, 4);
}

/* ---- locks ---- */

static struct task_params *locker(struct params *p, sim_ns hold)
{
    struct task_params *t = scenario_task(p);

    p->locks = 1;
    scenario_step(t, STEP_LOCK)->lock = 0;
    scenario_step(t, STEP_SLEEP)->time = (struct sim_dist){.kind = SIM_DIST_CONSTANT, .a = hold};
    scenario_step(t, STEP_UNLOCK)->lock = 0;
    return t;
}

/* Three tasks on one vCPU; the holder sleeps with the lock, so all others find it held. */
Test(world_lock, is_handed_to_who_has_waited_longest)
{
    struct params *p = scenario();

    for (int i = 0; i < 3; i++)
        locker(p, 100 * SIM_US);
    cr_assert_eq(run(p, NULL, MODE_APF), SIM_ALL_DONE);
    cr_assert_eq(heard.waits, 2);
    cr_assert_eq(heard.holds, 3);
    cr_assert_eq(heard.lock_task[0], 1);
    cr_assert_eq(heard.lock_task[1], 2);
    cr_assert_geq(heard.lock_wait[0], 90 * SIM_US);
    cr_assert_geq(heard.lock_wait[1], 190 * SIM_US);
}

/* A lock that nobody holds costs nothing and no wait is said. */
Test(world_lock, that_is_free_costs_no_time)
{
    struct params *p = scenario();
    struct task_params *t = scenario_task(p);

    p->locks = 1;
    t->iterations = 10;
    scenario_step(t, STEP_LOCK)->lock = 0;
    scenario_compute(t, SIM_US);
    scenario_step(t, STEP_UNLOCK)->lock = 0;
    cr_assert_eq(run(p, NULL, MODE_OFF), SIM_ALL_DONE); /* no wake-all comes in between */
    cr_assert_eq(heard.waits, 0);
    cr_assert_eq(heard.holds, 10);
    cr_assert_eq(heard.longest_hold, SIM_US);
}

/* With APF or without: the lock is held until the page (100 us) is there. */
Test(world_lock, is_held_over_a_fault_in_every_mode)
{
    for (int mode = MODE_OFF; mode < MODES; mode++) {
        struct params *p = scenario();

        scenario_region(p, BACKING_SWAP, 8, 0);
        for (int i = 0; i < 2; i++) {
            struct task_params *t = scenario_task(p);

            p->guest.vcpus = 2;
            p->locks = 1;
            t->vcpu = i;
            scenario_step(t, STEP_LOCK)->lock = 0;
            scenario_touch(t, (uint32_t)i * 4, 1);
            scenario_step(t, STEP_UNLOCK)->lock = 0;
        }
        cr_assert_eq(run(p, NULL, (enum run_mode)mode), SIM_ALL_DONE);
        cr_assert_eq(heard.waits, 1);
        cr_assert_gt(heard.lock_wait[0], 100 * SIM_US);
        cr_assert_gt(heard.longest_hold, 100 * SIM_US);
    }
}

/* Each takes what the other holds: the run says so and does not hang. */
Test(world_lock, taken_crosswise_is_a_deadlock)
{
    struct params *p = scenario();

    for (uint32_t i = 0; i < 2; i++) {
        struct task_params *t = scenario_task(p);

        p->locks = 2;
        scenario_step(t, STEP_LOCK)->lock = i;
        scenario_step(t, STEP_SLEEP)->time =
            (struct sim_dist){.kind = SIM_DIST_CONSTANT, .a = 50 * SIM_US};
        scenario_step(t, STEP_LOCK)->lock = 1 - i;
        scenario_step(t, STEP_UNLOCK)->lock = 1 - i;
        scenario_step(t, STEP_UNLOCK)->lock = i;
    }
    cr_assert_eq(run(p, NULL, MODE_APF), SIM_DEADLOCK);
}
