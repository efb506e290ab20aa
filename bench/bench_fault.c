/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_fault.c - time of a delivered asynchronous page fault, everything included
 *
 * Each POINT is a workload with settings of its own ("guest.vcpus=64,duration=20ms"; "-": none).
 * Round by round all points have their turn; the time of the measured part of a run, with the
 * report's observer, divided by the faults that were delivered in it. The warm-up takes what comes
 * once: the guest's boot, the first look of reclaim at pages that all count as accessed. Median of
 * rounds. Prints CSV: the point, faults, events, ns a fault, pages, bytes that malloc() gave for a
 * run's tables (pages' words are mapped beside them), bytes that it gave while the run went on.
 *
 *     bench_fault WORKLOAD ROUNDS POINT...
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apf_host.h"
#include "config.h"
#include "disk.h"
#include "rep_run.h"
#include "world.h"

enum { ROUNDS_MAX = 99, POINTS_MAX = 64 };

/* Reads the clock at both ends of the measured part. */
struct watch {
    struct sim_observer observer;
    struct sim *sim;
    double begin, end;
    uint64_t events, allocated;
};

struct point {
    const char *text;
    struct cfg *cfg;
    uint64_t faults, events, bytes, allocated;
    double ns[ROUNDS_MAX];
};

static void die(const char *what)
{
    fprintf(stderr, "bench_fault: error: %s\n", what);
    exit(2);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Of malloc(), small blocks and mapped ones. */
static uint64_t allocated(void)
{
    struct mallinfo2 m = mallinfo2();

    return m.uordblks + m.hblkhd;
}

static void on_note(struct sim_observer *self, const struct sim_note *n)
{
    struct watch *w = (struct watch *)(void *)self; /* its first member */

    if (n->kind == NOTE_MEASURE_BEGIN) {
        w->events = sim_events_handled(w->sim);
        w->allocated = allocated();
        w->begin = seconds();
    } else {
        w->end = seconds();
        w->allocated = allocated() - w->allocated;
        w->events = sim_events_handled(w->sim) - w->events;
    }
}

static void load(struct point *pt, const char *workload)
{
    static const struct cfg_presets presets = {disk_preset, disk_preset_name};
    g_auto(GStrv) sets = strcmp(pt->text, "-") ? g_strsplit(pt->text, ",", -1) : NULL;
    g_autoptr(GError) error = NULL;

    pt->cfg = cfg_load(workload, NULL, &presets, (const char *const *)sets, &error);
    if (!pt->cfg)
        die(error->message);
}

static struct rep_run *observe(const struct params *p, const struct world *w)
{
    g_autofree uint32_t *kind = g_new0(uint32_t, world_tasks(w) + 1);
    struct rep_shape shape = {.vcpus = all_vcpus(p),
                              .host_cpus = p->host.cpus,
                              .kinds = p->tasks,
                              .whys = APF_WHY_COUNT,
                              .tasks = world_tasks(w),
                              .task_kind = kind};

    for (uint32_t t = 0; t < shape.tasks; t++)
        shape.kind_tasks[kind[t] = world_task_kind(w, t)]++;
    return rep_run_create(&shape);
}

static double run(struct point *pt)
{
    const struct params *p = cfg_params(pt->cfg);
    uint64_t empty = allocated();
    struct world *w = world_create(p, cfg_traces(pt->cfg), MODE_APF, p->seed);
    struct watch watch = {.observer = {.note = on_note}};
    struct rep_run *observer;
    struct rep_result *r;

    if (!w)
        die("out of memory");
    pt->bytes = allocated() - empty;
    observer = observe(p, w);
    watch.sim = world_sim(w);
    watch.observer.kinds = SIM_NOTE_BIT(NOTE_MEASURE_BEGIN) | SIM_NOTE_BIT(NOTE_MEASURE_END);
    sim_observe(watch.sim, rep_run_observer(observer));
    sim_observe(watch.sim, &watch.observer);
    r = rep_run_finish(observer, world_run(w), sim_stop_text(watch.sim));
    pt->faults = r->outcome_count[OUTCOME_DELIVERED];
    pt->events = watch.events;
    pt->allocated = watch.allocated;
    if (r->outcome != SIM_HORIZON || !pt->faults)
        die(r->text[0] ? r->text : "no fault was delivered");
    rep_result_destroy(r);
    rep_run_destroy(observer);
    world_destroy(w);
    return (watch.end - watch.begin) * 1e9 / (double)pt->faults;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void print(struct point *pt, int rounds)
{
    const struct params *p = cfg_params(pt->cfg);
    uint64_t pages = 0;

    for (uint32_t i = 0; i < p->regions; i++)
        pages += p->region[i].size / PAGE_BYTES;
    qsort(pt->ns, (size_t)rounds, sizeof *pt->ns, by_size);
    printf("\"%s\",%" PRIu64 ",%" PRIu64 ",%.0f,%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", pt->text,
           pt->faults, pt->events, pt->ns[rounds / 2], pages, pt->bytes, pt->allocated);
}

int main(int argc, char **argv)
{
    static struct point point[POINTS_MAX];
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0, points = argc - 3;

    if (points < 1 || points > POINTS_MAX || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_fault WORKLOAD ROUNDS(1..99) POINT...(up to 64)\n");
        return 2;
    }
    for (int i = 0; i < points; i++) {
        point[i].text = argv[3 + i];
        load(&point[i], argv[1]);
    }
    for (int k = 0; k < rounds; k++)
        for (int i = 0; i < points; i++)
            point[i].ns[k] = run(&point[i]);
    printf("point,faults,events,ns_per_fault,pages,bytes,allocated_while_running\n");
    for (int i = 0; i < points; i++) {
        print(&point[i], rounds);
        cfg_free(point[i].cfg);
    }
    return 0;
}
