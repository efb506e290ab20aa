/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_host_cpu.c - host CPUs shared by threads that only run and sleep, looked at after each event
 */
#include <criterion/criterion.h>
#include <string.h>

#include "host_cpu.h"
#include "sim.h"
#include "sim_random.h"

#define THREADS 24
#define WORKERS 8 /* the last ones: half of them bound */

struct machine;

/* Runs for a while, sleeps for a while. */
struct fake_thread {
    struct machine *m;
    uint32_t number;
    sim_actor actor;
    bool on, asleep, leave, polls;
    sim_ns left, since, ran;
};
struct machine {
    struct sim *sim;
    struct host_cpus *cpus;
    struct sim_rng rng;
    struct sim_observer observer;
    struct fake_thread thread[THREADS];
    uint32_t threads, first_worker, later_in; /* every so many-th is told to leave: later */
    uint32_t hogs;                            /* the first ones, which never sleep */
    sim_ns burst, nap, poll;                  /* means; nap 0: never sleeps */
    sim_ns booked[HOST_CLASS_COUNT];
    uint64_t events, looked;
};

static sim_ns draw(struct machine *m, sim_ns mean)
{
    return 1 + sim_rng_u64(&m->rng) % (2 * mean);
}

static bool is_worker(const struct fake_thread *t)
{
    return t->number >= t->m->first_worker;
}

/* Its running time up to now. */
static void ran(struct fake_thread *t)
{
    sim_ns ns = sim_now(t->m->sim) - t->since;

    t->since += ns;
    if (t->polls) {
        host_cpus_book(t->m->cpus, t->number, HOST_POLL, ns);
        return;
    }
    t->ran += ns;
    t->left -= ns < t->left ? ns : t->left;
    if (!is_worker(t))
        host_cpus_book(t->m->cpus, t->number, HOST_GUEST_USER, ns);
}

static void go_to_sleep(struct fake_thread *t)
{
    t->on = t->polls = t->leave = false;
    t->asleep = true;
    host_cpus_sleep(t->m->cpus, t->number);
}

static void on(void *ctx, uint32_t number)
{
    struct machine *m = ctx;
    struct fake_thread *t = &m->thread[number];

    cr_assert(!t->on && !t->asleep);
    t->on = true;
    t->since = sim_now(m->sim);
    if (is_worker(t))
        host_cpus_alarm(m->cpus, number, t->since + t->left, false);
    else
        sim_actor_at(m->sim, t->actor, t->since + t->left, 0, 0);
}

static enum host_off off(void *ctx, uint32_t number)
{
    struct machine *m = ctx;
    struct fake_thread *t = &m->thread[number];

    cr_assert(t->on);
    ran(t);
    if (t->polls) {
        go_to_sleep(t);
        return HOST_ASLEEP;
    }
    if (!is_worker(t)) {
        if (m->later_in && sim_rng_u64(&m->rng) % m->later_in == 0) {
            t->leave = true;
            sim_actor_at(m->sim, t->actor, sim_now(m->sim) + 100, 0, 0);
            return HOST_LATER;
        }
        sim_actor_cancel(m->sim, t->actor);
    }
    t->on = false;
    return HOST_OFF;
}

static void nap(struct fake_thread *t)
{
    struct machine *m = t->m;

    sim_actor_at(m->sim, t->actor, sim_now(m->sim) + draw(m, m->nap), 0, 0);
    if (!m->poll || is_worker(t) || host_cpus_wanted(m->cpus, t->number)) {
        go_to_sleep(t);
        return;
    }
    t->polls = true;
    host_cpus_alarm(m->cpus, t->number, sim_now(m->sim) + m->poll, true);
}

static void alarm_of(void *ctx, uint32_t number)
{
    struct machine *m = ctx;
    struct fake_thread *t = &m->thread[number];

    cr_assert(t->on);
    ran(t);
    if (t->polls)
        go_to_sleep(t);
    else
        nap(t);
}

static void wake(struct fake_thread *t)
{
    struct machine *m = t->m;

    t->left = draw(m, is_worker(t) ? m->burst / 50 + 1 : m->burst);
    if (t->number < m->hogs)
        t->left = 1000 * SIM_SEC;
    if (t->polls) {
        ran(t);
        t->polls = false;
        host_cpus_alarm(m->cpus, t->number, SIM_NEVER, false);
        sim_actor_at(m->sim, t->actor, sim_now(m->sim) + t->left, 0, 0);
        return;
    }
    t->asleep = false;
    if (is_worker(t))
        host_cpus_adopt(m->cpus, t->number, t->number % m->first_worker, t->number % 2);
    host_cpus_wake(m->cpus, t->number);
}

static void on_event(void *ctx, const struct sim_event *ev)
{
    struct fake_thread *t = ctx;

    (void)ev;
    if (!t->on || t->polls) {
        wake(t);
        return;
    }
    ran(t);
    if (t->leave) {
        t->on = t->leave = false;
        t->left += 1000;
        host_cpus_leave(t->m->cpus, t->number);
    } else {
        nap(t);
    }
}

static void on_note(struct sim_observer *self, const struct sim_note *n)
{
    struct machine *m = (struct machine *)((char *)self - offsetof(struct machine, observer));

    m->booked[n->b] += n->c;
}

static const struct host_cpu_ops ops = {on, off, alarm_of};

static void start(struct machine *m, struct params *p, uint32_t threads, uint32_t workers)
{
    p->host.sched = (struct sched_params){6 * SIM_MS, 750 * SIM_US, SIM_MS, true, true, true};
    m->sim = sim_create(threads + p->host.cpus, 16);
    m->threads = threads;
    m->first_worker = threads - workers;
    sim_rng_init(&m->rng, 1, SIM_STREAM_COMPUTE, p->host.cpus);
    m->cpus = host_cpus_create(m->sim, p, threads, m->first_worker, &ops, m);
    cr_assert_not_null(m->cpus);
    m->observer = (struct sim_observer){.note = on_note, .kinds = SIM_NOTE_BIT(NOTE_HOST_SEGMENT)};
    sim_observe(m->sim, &m->observer);
    for (uint32_t i = 0; i < threads; i++) {
        struct fake_thread *t = &m->thread[i];

        *t = (struct fake_thread){.m = m, .number = i, .asleep = true};
        t->actor = sim_actor_add(m->sim, SIM_RANK_VCPU, on_event, t);
        sim_actor_at(m->sim, t->actor, 1 + i % 3, 0, 0);
    }
}

/* Stops between events: at every instant that has one. */
static void run_looking(struct machine *m, sim_ns until, sim_ns step)
{
    for (sim_ns at = step; at <= until; at += step) {
        const char *broken;

        cr_assert_eq(sim_run(m->sim, at), SIM_HORIZON);
        broken = host_cpus_broken(m->cpus);
        cr_assert_null(broken, "%s", broken);
        m->looked++;
    }
}

static void finish(struct machine *m, uint32_t cpus)
{
    sim_ns all = 0;

    for (uint32_t i = 0; i < m->threads; i++)
        if (m->thread[i].on)
            ran(&m->thread[i]);
    host_cpus_split(m->cpus); /* asserts each CPU's sum */
    for (unsigned c = 0; c < HOST_CLASS_COUNT; c++)
        all += m->booked[c];
    cr_assert_eq(all, cpus * sim_now(m->sim));
    host_cpus_destroy(m->cpus);
    sim_destroy(m->sim);
}

Test(host_cpu, no_cpu_is_idle_while_a_thread_waits_whatever_they_do)
{
    static const uint32_t cpus[] = {1, 2, 3, 5, 8, 16, 40};

    for (unsigned i = 0; i < sizeof cpus / sizeof cpus[0]; i++)
        for (unsigned variant = 0; variant < 8; variant++) {
            struct machine m = {.burst = variant & 1 ? SIM_MS : 20 * SIM_US,
                                .nap = variant & 2 ? 500 * SIM_US : 30 * SIM_US,
                                .poll = variant & 4 ? 50 * SIM_US : 0,
                                .later_in = 3};
            struct params p = {.host = {.cpus = cpus[i], .hz = variant & 2 ? 1000 : 0}};

            start(&m, &p, THREADS, WORKERS);
            run_looking(&m, 20 * SIM_MS, 1777);
            cr_assert_gt(m.looked, 10000);
            cr_assert_gt(m.booked[HOST_GUEST_USER] + m.booked[HOST_WORKER], 0);
            finish(&m, cpus[i]);
        }
}

/* Threads that never sleep: each has its share of all CPUs, whether or not the numbers divide. The
 * tolerance is a few slices in a second. */
Test(host_cpu, threads_that_never_sleep_get_equal_shares)
{
    static const struct {
        uint32_t cpus, threads;
    } t[] = {{1, 2}, {1, 5}, {2, 3}, {2, 4}, {4, 5}, {4, 6}, {3, 16}, {8, 16}, {8, 3}};

    for (unsigned i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct machine m = {.burst = 1000 * SIM_SEC, .nap = SIM_SEC};
        struct params p = {.host = {.cpus = t[i].cpus, .hz = 1000}};
        uint32_t busy = t[i].cpus < t[i].threads ? t[i].cpus : t[i].threads;
        double fair = 10e9 * busy / t[i].threads;

        start(&m, &p, t[i].threads, 0);
        run_looking(&m, 10 * SIM_SEC, 10 * SIM_MS);
        for (uint32_t k = 0; k < t[i].threads; k++) {
            if (m.thread[k].on)
                ran(&m.thread[k]);
            cr_assert_float_eq((double)m.thread[k].ran, fair, 60e6, "%u on %u: thread %u ran %lu",
                               t[i].threads, t[i].cpus, k, (unsigned long)m.thread[k].ran);
        }
        finish(&m, t[i].cpus);
    }
}

/*
 * Half of the threads sleep a third of the time when nobody is in their way: they want more than
 * their share as well, and what they are owed must not be lost at moments in which nobody waits.
 * They get less than who never sleeps (what they missed while asleep counts up to the sleeper's
 * credit only), but not by much, and never more; on two CPUs as on one.
 */
Test(host_cpu, who_sleeps_now_and_then_and_wants_more_gets_about_its_share)
{
    static const uint32_t cpus[] = {1, 2, 3, 4, 8};

    for (unsigned i = 0; i < sizeof cpus / sizeof cpus[0]; i++) {
        struct machine m = {.burst = 200 * SIM_US, .nap = 100 * SIM_US, .hogs = cpus[i]};
        struct params p = {.host = {.cpus = cpus[i], .hz = 1000}};
        double hogs = 0, share;

        start(&m, &p, 2 * cpus[i], 0);
        run_looking(&m, 10 * SIM_SEC, 10 * SIM_MS);
        for (uint32_t k = 0; k < m.threads; k++) {
            if (m.thread[k].on)
                ran(&m.thread[k]);
            hogs += k < m.hogs ? (double)m.thread[k].ran : 0;
        }
        share = hogs / (10e9 * cpus[i]);
        cr_assert(share > 0.495 && share < 0.58, "%u CPUs: hogs have %.3f", cpus[i], share);
        finish(&m, cpus[i]);
    }
}

/* A thread that runs 100 us now and then among hogs does not wait for the hogs' slices. */
Test(host_cpu, a_sleeper_preempts_by_the_wake_up_rule)
{
    struct machine m = {.burst = 1000 * SIM_SEC, .nap = SIM_SEC};
    struct params p = {.host = {.cpus = 1, .hz = 250}};
    struct fake_thread *sleeper = &m.thread[2];

    start(&m, &p, 3, 0);
    cr_assert_eq(sim_run(m.sim, SIM_MS), SIM_HORIZON);
    sleeper->left = 100 * SIM_US; /* once it has its turn, it naps */
    cr_assert_eq(sim_run(m.sim, 200 * SIM_MS), SIM_HORIZON);
    while (!sleeper->asleep)
        cr_assert_eq(sim_run(m.sim, sim_now(m.sim) + SIM_MS), SIM_HORIZON);
    m.burst = 100 * SIM_US;
    sim_actor_at(m.sim, sleeper->actor, sim_now(m.sim) + 100 * SIM_MS, 0, 0);
    cr_assert_eq(sim_run(m.sim, sim_now(m.sim) + 100 * SIM_MS), SIM_HORIZON);
    cr_assert(sleeper->on, "it runs at the instant at which it is woken");
    finish(&m, 1);
}

/* An event only while somebody waits: as many threads as CPUs, and the clock runs free. */
Test(host_cpu, there_is_no_event_when_nobody_waits)
{
    struct machine m = {.burst = 1000 * SIM_SEC, .nap = SIM_SEC};
    struct params p = {.host = {.cpus = 4, .hz = 1000}};
    uint64_t before;

    start(&m, &p, 4, 0);
    cr_assert_eq(sim_run(m.sim, SIM_MS), SIM_HORIZON);
    before = sim_events_handled(m.sim);
    cr_assert_eq(sim_run(m.sim, SIM_SEC), SIM_HORIZON);
    cr_assert_eq(sim_events_handled(m.sim), before);
    finish(&m, 4);
}
