/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world.c - see world.h.
 */
#include "world.h"

#include <stddef.h>
#include <stdlib.h>

#include "apf_worker.h"
#include "backing.h"
#include "floating.h"
#include "guest_sched.h"
#include "host_cpu.h"
#include "host_memory.h"
#include "kworker.h"
#include "machine.h"
#include "sim_assert.h"
#include "stuck.h"
#include "thread.h"
#include "vcpu.h"

/* Actors that a VMM of the caller's own may add: its monitor, its timer. */
#define SPARE_ACTORS 2
#define HOST_ACTORS  (4 + MONITOR_ACTORS) /* kswapd, the disk's network, zswap and its shrinker */
#define GUEST_ACTORS 1                    /* hot-plug */

enum { DISK_MAIN, DISK_MONITOR, DISK_ZRAM, DISK_LINK, DISK_ZSWAP = 3 /* says no notes */ };

const char *world_broken(struct world *w)
{
    const char *what = page_cache_broken(w->pages);

    if (!what)
        what = zswap_broken(w->zswap);
    for (uint32_t i = 0; i < w->vcpus && !what; i++)
        what = apf_host_broken(&w->vcpu[i].apf, &w->vcpu[i].area);
    if (!what && w->cpus)
        what = host_cpus_broken(w->cpus);
    for (uint32_t i = 0; i < w->vms && !what; i++)
        if (w->vm[i].sched)
            what = guest_sched_broken(w->vm[i].sched);
    return what;
}

/* ---- making ---- */

static void send_ipi(void *ctx, uint32_t cpu, unsigned vector)
{
    struct vm *vm = ctx;

    vcpu_irq(&vm->w->vcpu[vm->first + cpu], vector);
}

static void send_init(void *ctx, uint32_t cpu)
{
    struct vm *vm = ctx;

    vcpu_send_init(&vm->w->vcpu[vm->first + cpu]);
}

static struct apf_area *area(void *ctx, uint32_t cpu)
{
    struct vm *vm = ctx;

    return &vm->w->vcpu[vm->first + cpu].area;
}

static sim_ns steal(void *ctx, uint32_t cpu)
{
    struct vm *vm = ctx;

    return vcpu_stolen(&vm->w->vcpu[vm->first + cpu]);
}

static void populate_for_good(struct world *w, uint32_t first, uint32_t pages, bool charged,
                              bool mapped)
{
    for (uint32_t i = first; i < first + pages; i++) {
        page_make_unevictable(w->pages, i, charged);
        if (mapped)
            page_map(w->pages, i, false);
    }
}

static void populate(struct world *w)
{
    for (uint32_t r = 0; r < w->p->regions; r++) {
        const struct region_params *rp = &w->p->region[r];
        struct backing_state *b = &w->backing[r];
        uint32_t resident = (uint32_t)(rp->resident / PAGE_BYTES);

        *b = (struct backing_state){.first = region_first(w->p, r), .pages = region_pages(w->p, r)};
        b->ra_prev = PAGE_NONE;
        if (rp->backing == BACKING_HUGETLB || rp->backing == BACKING_PRIVATE)
            populate_for_good(w, b->first + b->pages - resident, resident,
                              rp->backing == BACKING_PRIVATE, !rp->unmapped);
        else
            page_populate_run(w->pages, b->first + b->pages - resident, resident, rp->dirty,
                              !rp->unmapped);
    }
}

static bool uses(const struct params *p, enum backing backing)
{
    for (uint32_t r = 0; r < p->regions; r++)
        if (p->region[r].backing == backing)
            return true;
    return false;
}

/* Largest number of frames that one fault may need, hence of dirty victims to write. */
static uint32_t widest_window(const struct params *p)
{
    uint32_t swap = 1u << p->host.page_cluster;

    return p->host.read_around > swap ? p->host.read_around : swap;
}

static bool make_disks(struct world *w, uint64_t seed)
{
    struct monitor_setup monitor = {.p = w->p,
                                    .pages = w->pages,
                                    .seed = seed,
                                    .number = DISK_MONITOR,
                                    .link_number = DISK_LINK,
                                    .requests_max = w->io_max,
                                    .order = w->recorded,
                                    .order_count = w->recorded_count,
                                    .done = backing_monitor_done,
                                    .ctx = w};
    struct disk_params zram = {0};
    uint32_t requests = w->io_max * (1 + widest_window(w->p)) + host_memory_writes_max(w);

    w->disk = disk_create(w->sim, &w->p->disk, DISK_MAIN, seed, SIM_STREAM_DISK, requests,
                          backing_io_done, w);
    w->monitor = monitor_create(w->sim, &monitor);
    if (uses(w->p, BACKING_ZRAM) && !w->p->disk.synchronous && disk_preset("zram", &zram)) {
        zram.channels = 1; /* read inline only; one actor is what make() has room for */
        w->zram =
            disk_create(w->sim, &zram, DISK_ZRAM, seed, SIM_STREAM_DISK, 1, backing_io_done, w);
        if (!w->zram)
            return false;
    }
    if (uses(w->p, BACKING_ZSWAP)) {
        w->zswap = zswap_create(w->sim, w->p, w->pages, DISK_ZSWAP, seed);
        if (!w->zswap)
            return false;
    }
    return w->disk && w->monitor;
}

static bool make_tables(struct world *w, uint32_t tasks)
{
    w->vcpu = calloc(w->vcpus, sizeof *w->vcpu);
    w->workers = calloc((size_t)w->vcpus * APF_ITEMS, sizeof *w->workers);
    w->io = calloc(w->io_max, sizeof *w->io);
    w->access = calloc(tasks ? tasks : 1, sizeof *w->access);
    w->access_max = tasks;
    if (!w->vcpu || !w->workers || !w->io || !w->access)
        return false;
    for (uint32_t i = 0; i < w->io_max; i++)
        w->io[i].next_free = i + 1 < w->io_max ? i + 1 : WAITER_NONE;
    return true;
}

/* ---- shared host CPUs: who is a thread ---- */

static void thread_on(void *ctx, uint32_t thread)
{
    struct world *w = ctx;

    if (thread < w->vcpus)
        vcpu_on_cpu(&w->vcpu[thread]);
    else
        kworker_on_cpu(w, thread);
}

static enum host_off thread_off(void *ctx, uint32_t thread)
{
    struct world *w = ctx;

    return thread < w->vcpus ? vcpu_off_cpu(&w->vcpu[thread]) : kworker_off_cpu(w, thread);
}

static void thread_alarm(void *ctx, uint32_t thread)
{
    struct world *w = ctx;

    if (thread < w->vcpus)
        vcpu_poll_over(&w->vcpu[thread]);
    else
        apf_worker_through(w, thread);
}

static bool make_cpus(struct world *w)
{
    static const struct host_cpu_ops ops = {thread_on, thread_off, thread_alarm};

    if (!w->p->host.cpus)
        return true;
    w->cpus = host_cpus_create(w->sim, w->p, w->vcpus * (1 + APF_ITEMS), w->vcpus, &ops, w);
    return w->cpus;
}

static void make_vms(struct world *w)
{
    for (uint32_t i = 0; i < w->vms; i++) {
        w->vm[i].w = w;
        w->vm[i].first = guest_first_vcpu(w->p, i);
        w->vm[i].vcpus = guest_of(w->p, i)->vcpus;
    }
}

static bool make(struct world *w, uint64_t seed, uint32_t tasks)
{
    uint32_t frames = (uint32_t)(w->p->host.memory_limit / PAGE_BYTES);
    uint32_t channels = w->p->disk.channels + w->p->monitor.parallelism + 2; /* zram, link */

    /* A vCPU has at most APF_LIMIT items, one synchronous wait and one prefault under way. */
    w->io_max = w->vcpus * (APF_LIMIT + 2);
    make_vms(w);
    w->sim = sim_create(3 * w->vcpus + channels + 1 + HOST_ACTORS + GUEST_ACTORS * w->vms +
                            SPARE_ACTORS + w->p->host.cpus + w->p->tasks,
                        2 * w->vcpus * APF_ITEMS + w->io_max + 64);
    if (!w->sim || !make_tables(w, tasks))
        return false;
    /* A task has one DONE on its way, and one left over from a wake-all at most. */
    for (uint32_t i = 0; w->protocol->worker_tells && i < w->vms; i++)
        if (!floating_create(&w->vm[i], 2 * TASKS_MAX))
            return false;
    w->pages = page_cache_create(w->sim, all_pages(w->p), frames, w->p->host.reclaim, seed);
    if (!w->pages || !make_disks(w, seed) || !make_cpus(w))
        return false;
    w->worker_actor = sim_actor_add(w->sim, SIM_RANK_WORKER, apf_worker_event, w);
    populate(w);
    for (uint32_t i = 0; i < w->vms; i++)
        for (uint32_t cpu = 0; cpu < w->vm[i].vcpus; cpu++)
            vcpu_init(&w->vcpu[w->vm[i].first + cpu], &w->vm[i], cpu);
    host_memory_init(w);
    monitor_add_actors(w->monitor);
    return true;
}

static struct world *world_new(const struct params *p, enum run_mode mode)
{
    struct world *w = calloc(1, sizeof *w);

    if (w) {
        w->p = p;
        w->protocol = &apf_protocol_rules[p->protocol];
        w->mode = mode;
        w->vcpus = all_vcpus(p);
        w->vms = guest_count(p);
    }
    return w;
}

static struct world *or_nothing(struct world *w, bool ok)
{
    if (ok)
        return w;
    world_destroy(w);
    return NULL;
}

struct world *world_create_bare(const struct params *p, enum run_mode mode, uint64_t seed,
                                uint32_t tasks, const struct guest_ops *ops, void *guest)
{
    struct world *w = world_new(p, mode);

    if (!w)
        return NULL;
    SIM_ASSERT(w->vms == 1);
    w->vm[0].ops = ops;
    w->vm[0].guest = guest;
    return or_nothing(w, make(w, seed, tasks));
}

/* ---- monitor.prefetch: recorded ---- */

/* Pages in the order in which they are missed for the first time. */
struct recorder {
    struct sim_observer observer;
    uint32_t *order, count;
    bool *seen;
};

static void on_uffd_event(struct sim_observer *self, const struct sim_note *n)
{
    struct recorder *r = (struct recorder *)(void *)self; /* its first member */

    if (!r->seen[n->a])
        r->order[r->count++] = (uint32_t)n->a;
    r->seen[n->a] = true;
}
_Static_assert(offsetof(struct recorder, observer) == 0, "on_uffd_event() casts");

/* Runs the workload with other draws, without APF or prefetching, and keeps what was missed. */
static bool record_run(struct world *w, struct recorder *r, struct params *earlier,
                       const struct page_traces *t, uint64_t seed)
{
    struct world *first;

    *earlier = *w->p;
    earlier->monitor.prefetch = PREFETCH_NONE;
    first = world_create(earlier, t, MODE_OFF, sim_splitmix64(&seed));
    if (!first)
        return false;
    sim_observe(first->sim, &r->observer);
    world_run(first);
    world_destroy(first);
    w->recorded = r->order;
    w->recorded_count = r->count;
    return true;
}

static bool make_recording(struct world *w, const struct page_traces *t, uint64_t seed)
{
    struct recorder r = {
        .observer = {.note = on_uffd_event, .kinds = SIM_NOTE_BIT(NOTE_UFFD_EVENT)}};
    struct params *earlier;
    bool good;

    if (w->p->monitor.prefetch != PREFETCH_RECORDED || !uses(w->p, BACKING_USERFAULTFD))
        return true;
    earlier = calloc(1, sizeof *earlier);
    r.order = calloc(all_pages(w->p), sizeof *r.order);
    r.seen = calloc(all_pages(w->p), sizeof *r.seen);
    good = earlier && r.order && r.seen && record_run(w, &r, earlier, t, seed);
    if (!good)
        free(r.order);
    free(r.seen);
    free(earlier);
    return good;
}

static bool guest_runs_l2(const struct params *p, uint32_t guest)
{
    for (uint32_t k = 0; k < p->tasks; k++)
        if (p->task[k].nested && p->task[k].guest == guest)
            return true;
    return false;
}

/* The guest is told of APF only in mode apf; in mode halt the host is on its own. */
static bool make_guest(struct vm *vm, const struct page_traces *t, uint64_t seed, uint32_t number)
{
    struct world *w = vm->w;
    uint32_t cpuid = w->mode == MODE_APF ? APF_CPUID_ASYNC_PF | APF_CPUID_ASYNC_PF_INT : 0;
    /* Bit 10 says nothing to a guest that runs no L2. */
    if (cpuid && guest_runs_l2(w->p, number) && guest_of(w->p, number)->nested_apf)
        cpuid |= APF_CPUID_ASYNC_PF_VMEXIT;
    struct guest_port port = {
        .ctx = vm, .send_ipi = send_ipi, .send_init = send_init, .area = area, .cpuid = cpuid};

    if (w->cpus && guest_of(w->p, number)->steal_time)
        port.steal = steal;
    vm->sched = guest_sched_create(w->sim, w->p, t, seed, number, &port);
    vm->guest = vm->sched;
    return vm->sched;
}

struct world *world_create(const struct params *p, const struct page_traces *t, enum run_mode mode,
                           uint64_t seed)
{
    struct world *w = world_new(p, mode);
    bool ok;

    if (!w)
        return NULL;
    for (uint32_t i = 0; i < w->vms; i++)
        w->vm[i].ops = &guest_sched_ops;
    ok = make_recording(w, t, seed) && make(w, seed, TASKS_MAX);
    for (uint32_t i = 0; ok && i < w->vms; i++)
        ok = make_guest(&w->vm[i], t, seed, i);
    return or_nothing(w, ok);
}

void world_destroy(struct world *w)
{
    if (!w)
        return;
    for (uint32_t i = 0; i < w->vms; i++) {
        guest_sched_destroy(w->vm[i].sched);
        floating_destroy(&w->vm[i]);
    }
    disk_destroy(w->zram);
    zswap_destroy(w->zswap);
    monitor_destroy(w->monitor);
    disk_destroy(w->disk);
    page_cache_destroy(w->pages);
    host_cpus_destroy(w->cpus);
    sim_destroy(w->sim);
    free(w->recorded);
    free(w->access);
    free(w->io);
    free(w->workers);
    free(w->vcpu);
    free(w);
}

/* ---- running ---- */

static void split(struct world *w)
{
    for (uint32_t i = 0; i < w->vcpus; i++)
        vcpu_split(&w->vcpu[i]);
    if (w->cpus)
        host_cpus_split(w->cpus);
    for (uint32_t i = 0; i < w->vms; i++)
        if (w->vm[i].sched)
            guest_sched_flush(w->vm[i].sched);
}

static bool all_done(const struct world *w)
{
    for (uint32_t i = 0; i < w->vms; i++)
        if (!w->vm[i].sched || !guest_sched_all_done(w->vm[i].sched))
            return false;
    return true;
}

static enum sim_outcome judge(struct world *w, enum sim_outcome outcome)
{
    if (outcome == SIM_DEADLOCK && all_done(w))
        return SIM_ALL_DONE;
    for (uint32_t i = 0; outcome == SIM_HORIZON && i < w->vcpus; i++)
        if (stuck_found(&w->vcpu[i], true))
            return sim_stopped(w->sim);
    if (outcome == SIM_DEADLOCK)
        sim_stop(w->sim, SIM_DEADLOCK, "tasks wait and nothing will ever wake them");
    return outcome;
}

enum sim_outcome world_run(struct world *w)
{
    enum sim_outcome outcome = SIM_HORIZON;

    for (uint32_t i = 0; i < w->vcpus; i++)
        vcpu_start(&w->vcpu[i]);
    for (uint32_t i = 0; i < w->vms; i++)
        if (w->vm[i].sched)
            guest_sched_start(w->vm[i].sched);
    monitor_start(w->monitor);
    if (w->p->warmup)
        outcome = judge(w, sim_run(w->sim, w->p->warmup));
    split(w);
    sim_note(w->sim, NOTE_MEASURE_BEGIN, 0, 0, 0, 0);
    if (outcome == SIM_HORIZON)
        outcome = judge(w, sim_run(w->sim, w->p->warmup + w->p->duration));
    split(w);
    sim_note(w->sim, NOTE_MEASURE_END, 0, 0, 0, 0);
    for (uint32_t i = 0; i < w->vcpus; i++)
        SIM_ASSERT(w->vcpu[i].accounted == sim_now(w->sim));
    return outcome;
}

struct sim *world_sim(struct world *w)
{
    return w->sim;
}

uint32_t world_tasks(const struct world *w)
{
    return w->vm[0].sched ? guest_sched_tasks(w->vm[0].sched) : w->access_max;
}

uint32_t world_task_kind(const struct world *w, uint32_t task)
{
    return guest_sched_kind(w->vm[0].sched, task);
}

uint32_t world_io_high_water(const struct world *w, uint32_t *ret_bound)
{
    *ret_bound = w->io_max;
    return w->io_high_water;
}
