/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_world_memory.c - nothing is allocated after the start
 *
 * Linked with --wrap: every allocation of our own libraries comes by here.
 */
#include <criterion/criterion.h>
#include <sys/mman.h>

#include "scenario.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);

static unsigned allocations;

void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    allocations++;
    return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    allocations++;
    return __real_realloc(p, size);
}

void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
    allocations++;
    return __real_mmap(at, size, prot, flags, fd, offset);
}

/* Tasks that serve, with a lock. */
static void serve(struct params *p, enum arrival_process process)
{
    struct task_params *t = scenario_task(p);

    p->locks = 1;
    t->count = 3;
    t->vcpu = -1;
    t->iterations = 0;
    t->arrivals = (struct arrival_params){
        .process = process, .interval = 50 * SIM_US, .burst = 4, .clients = 5, .queue = 8};
    t->arrivals.think = (struct sim_dist){.kind = SIM_DIST_EXPONENTIAL, .a = 100 * SIM_US};
    scenario_step(t, STEP_LOCK)->lock = 0;
    scenario_touch(t, 0, 2);
    scenario_step(t, STEP_UNLOCK)->lock = 0;
}

static struct params *busy(enum guest_scheduler scheduler, enum reclaim_policy reclaim)
{
    struct params *p = scenario();

    p->guest.vcpus = 4;
    p->guest.hz = 1000;
    p->guest.scheduler = scheduler;
    p->guest.balance = BALANCE_NEWIDLE;
    p->host.reclaim = reclaim;
    p->host.memory_limit = 100 * PAGE_BYTES;
    p->duration = 100 * SIM_MS;
    for (int backing = BACKING_ANON; backing < BACKINGS; backing++) {
        uint32_t region = scenario_region(p, (enum backing)backing, 200, 0);
        struct task_params *t = scenario_task(p);
        struct step_params *s = scenario_touch(t, 0, 1);

        s->region = region;
        s->pattern = PATTERN_ZIPF;
        t->count = 10;
        t->vcpu = -1;
        t->iterations = 0;
        scenario_compute(t, 10 * SIM_US);
    }
    serve(p, ARRIVALS_BURSTS);
    serve(p, ARRIVALS_CLIENTS);
    return p;
}

Test(world_memory, a_run_allocates_nothing)
{
    for (int policy = 0; policy < RECLAIMS; policy++)
        for (int mode = 0; mode < MODES; mode++) {
            struct params *p =
                busy((enum guest_scheduler)(policy % 2), (enum reclaim_policy)policy);
            struct world *w;

            allocations = 0;
            w = world_create(p, NULL, (enum run_mode)mode, 1);
            cr_assert_not_null(w);
            cr_assert_gt(allocations, 10, "the wrapper sees allocations");
            allocations = 0;
            cr_assert_eq(world_run(w), SIM_HORIZON);
            cr_assert_eq(allocations, 0, "%u allocations", allocations);
            cr_assert_gt(sim_events_handled(world_sim(w)), 1000);
            world_destroy(w);
        }
}
