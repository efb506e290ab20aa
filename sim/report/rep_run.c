/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_run.c - one function a kind of note, found through a table
 *
 * Levels (how many are in flight, busy, waiting) are followed from the first note on; counts only
 * while measuring. A note that names a task, vCPU or class that does not exist is a bug of ours.
 */
#include "rep_run.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "rep_area.h"
#include "sim_assert.h"

struct disk_watch {
    struct rep_area busy, waiting;
};

struct rep_run {
    struct sim_observer observer;
    struct rep_shape shape;
    uint32_t *task_kind;
    uint32_t ended[REP_KINDS_MAX];
    struct rep_result *result;
    bool measuring, closed;
    sim_ns began;
    struct rep_area in_flight;
    uint64_t came;  /* pages from the userfaultfd monitor, from t = 0 */
    bool reclaimed; /* some page */
    uint64_t since; /* sum of the times at which those in flight began */
    struct disk_watch disk[REP_DISKS];
    char broken[REP_TEXT_BYTES]; /* first contradiction between notes */
};

static struct rep_run *run_of(struct sim_observer *self)
{
    return (struct rep_run *)(void *)self; /* its first member */
}
_Static_assert(offsetof(struct rep_run, observer) == 0, "run_of() casts");

static struct rep_task_result *task_of(struct rep_run *run, uint64_t task)
{
    SIM_ASSERT(task < run->shape.tasks);
    return &run->result->task[run->task_kind[task]];
}

static void on_begin(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    SIM_ASSERT(!run->measuring && !run->closed);
    run->measuring = true;
    run->began = n->when;
    rep_area_begin(&run->in_flight, n->when);
    run->result->began = n->when;
    run->result->flow.waited_before = run->in_flight.level * n->when - run->since;
    run->result->flow.most = run->in_flight.level;
    for (unsigned d = 0; d < REP_DISKS; d++) {
        rep_area_begin(&run->disk[d].busy, n->when);
        rep_area_begin(&run->disk[d].waiting, n->when);
    }
}

static void on_end(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);
    struct rep_result *r = run->result;

    SIM_ASSERT(run->measuring);
    run->measuring = false;
    run->closed = true;
    r->wall = n->when - run->began;
    rep_area_set(&run->in_flight, n->when, run->in_flight.level);
    r->flow.in_flight_ns = run->in_flight.area;
    r->flow.unfinished = run->in_flight.level;
    r->flow.waited_so_far = run->in_flight.level * n->when - run->since;
    for (unsigned d = 0; d < REP_DISKS; d++) {
        struct disk_watch *w = &run->disk[d];

        rep_area_set(&w->busy, n->when, w->busy.level);
        rep_area_set(&w->waiting, n->when, w->waiting.level);
        r->disk[d].busy_ns = w->busy.area;
        r->disk[d].waiting_ns = w->waiting.area;
    }
}

static void on_segment(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    SIM_ASSERT(n->a < run->shape.vcpus);
    SIM_ASSERT(n->b < LEDGER_COUNT);
    if (run->measuring)
        run->result->ledger[n->a][n->b] += n->c;
}

static void on_host_segment(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    SIM_ASSERT(n->a < run->shape.host_cpus);
    SIM_ASSERT(n->b < HOST_CLASS_COUNT);
    if (run->measuring)
        run->result->host[n->a][n->b] += n->c;
}

static void on_attempt(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    if (!run->measuring)
        return;
    run->result->attempts++;
    run->result->attempts_repeated += n->c != 0;
}

/* Exactly one of these holds for an access: no I/O and no reason; delivered; a reason why not. */
static void check_access(struct rep_run *run, enum outcome outcome, uint64_t why)
{
    bool has_reason = why != 0;
    bool must_have = rep_needs_io(outcome) && outcome != OUTCOME_DELIVERED;

    if (has_reason == must_have || run->broken[0])
        return;
    snprintf(run->broken, sizeof run->broken,
             "access: outcome '%s' with reason number %" PRIu64
             ": delivered + sum(why) would not be "
             "the accesses that needed I/O",
             outcome_key[outcome], why);
}

static void on_access(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    SIM_ASSERT(n->c < OUTCOME_COUNT);
    SIM_ASSERT(n->d < run->shape.whys);
    if (!run->measuring)
        return;
    check_access(run, (enum outcome)n->c, n->d);
    run->result->outcome_count[n->c]++;
    task_of(run, n->b)->outcome_count[n->c]++;
    if (rep_needs_io((enum outcome)n->c))
        run->result->why_count[n->d]++;
}

/* The device's two latencies are in its own notes. */
static void on_latency(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    SIM_ASSERT(n->a < LATENCY_COUNT);
    if (n->a == LATENCY_FAULT)
        run->since -= n->when - n->b;
    if (!run->measuring)
        return;
    sim_hist_add(&run->result->latency[n->a], n->b);
    if (n->a == LATENCY_WAKE_TO_RUN)
        sim_hist_add(&task_of(run, n->d)->wake, n->b);
}

static void on_in_flight(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    if (n->a > run->in_flight.level)
        run->since += (n->a - run->in_flight.level) * n->when;
    rep_area_set(&run->in_flight, n->when, n->a);
    if (run->measuring)
        run->result->flow.most = MAX(run->result->flow.most, n->a);
}

static void on_apf_queued(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    if (run->measuring)
        run->result->apf_most = MAX(run->result->apf_most, n->b);
}

static void on_task_ran(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    if (run->measuring)
        task_of(run, n->a)->cpu_ns += n->b;
}

static void on_task_iteration(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    if (run->measuring)
        task_of(run, n->a)->iterations += n->b;
}

/* Followed during warm-up, too: completion is counted from t = 0. */
static void on_task_exit(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);
    struct rep_task_result *t = task_of(run, n->a);
    uint32_t kind = run->task_kind[n->a];

    t->ended++;
    SIM_ASSERT(t->ended <= run->shape.kind_tasks[kind]);
    if (t->ended < run->shape.kind_tasks[kind])
        return;
    t->completed = 1;
    t->completion_ns = n->when;
}

static void on_disk_submit(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    SIM_ASSERT(n->a < REP_DISKS);
    struct rep_area *waiting = &run->disk[n->a].waiting;
    struct rep_disk_result *d = &run->result->disk[n->a];

    rep_area_set(waiting, n->when, waiting->level + 1);
    if (!run->measuring)
        return;
    d->requests[n->c != 0]++;
    d->pages[n->c != 0] += n->b;
}

static void on_disk_start(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    SIM_ASSERT(n->a < REP_DISKS);
    struct disk_watch *w = &run->disk[n->a];

    SIM_ASSERT(w->waiting.level > 0);
    rep_area_set(&w->waiting, n->when, w->waiting.level - 1);
    rep_area_set(&w->busy, n->when, w->busy.level + 1);
    if (run->measuring && n->a == 0)
        sim_hist_add(&run->result->latency[LATENCY_DISK_WAIT], n->d);
}

static void on_disk_done(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    SIM_ASSERT(n->a < REP_DISKS);
    struct disk_watch *w = &run->disk[n->a];

    SIM_ASSERT(w->busy.level > 0);
    rep_area_set(&w->busy, n->when, w->busy.level - 1);
    if (run->measuring && n->a == 0)
        sim_hist_add(&run->result->latency[LATENCY_DISK_SERVICE], n->d);
}

static void on_refault(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    if (!run->measuring)
        return;
    run->result->memory[REP_MEMORY_REFAULTS]++;
    run->result->memory[REP_MEMORY_ACTIVATIONS] += n->c != 0;
}

static void on_reclaim(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);
    static const enum rep_memory of[RECLAIMERS] = {
        [RECLAIMER_DIRECT] = REP_MEMORY_DIRECT, [RECLAIMER_KSWAPD] = REP_MEMORY_KSWAPD};

    SIM_ASSERT(n->b < RECLAIMERS);
    run->reclaimed = true;
    if (run->measuring)
        run->result->memory[of[n->b]]++;
}

static void on_zswap(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    SIM_ASSERT(n->b < ZSWAP_EVENTS);
    if (run->measuring)
        run->result->memory[REP_MEMORY_ZSWAP_STORED + n->b]++;
}
_Static_assert(REP_MEMORY_ZSWAP_STORED + (int)ZSWAP_WRITTEN_BACK == REP_MEMORY_ZSWAP_WRITTEN_BACK,
               "one order");

static void on_uffd_copy(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    if (run->measuring)
        run->result->memory[REP_MEMORY_PREFETCHED] += n->b;
    /* Each comes once, until pages are reclaimed: those come again. */
    if (run->reclaimed || ++run->came != run->shape.remote_pages)
        return;
    run->result->all_came = 1;
    run->result->all_came_ns = n->when;
}

static void on_kswapd(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    if (run->measuring)
        run->result->memory[REP_MEMORY_KSWAPD_NS] += n->a;
}

static void on_request(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);

    SIM_ASSERT(n->a < run->shape.kinds);
    if (!run->measuring)
        return;
    run->result->task[n->a].arrived++;
    run->result->task[n->a].dropped += n->c;
}

static void on_request_done(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);
    struct rep_task_result *t = task_of(run, n->a);

    if (!run->measuring)
        return;
    sim_hist_add(&t->request, n->b);
    t->within += n->b < run->shape.objective_ns[run->task_kind[n->a]];
}

static void on_cpu_offline(struct sim_observer *self, const struct sim_note *n)
{
    struct rep_run *run = run_of(self);
    struct rep_hotplug_result *h = &run->result->hotplug;

    if (!run->measuring)
        return;
    h->offlines++;
    h->offline_ns += n->b;
    h->left_busy += n->c != 0;
}

static const sim_note_fn handlers[SIM_NOTE_KINDS] = {
    [NOTE_MEASURE_BEGIN] = on_begin,
    [NOTE_MEASURE_END] = on_end,
    [NOTE_VCPU_SEGMENT] = on_segment,
    [NOTE_ATTEMPT] = on_attempt,
    [NOTE_ACCESS] = on_access,
    [NOTE_LATENCY] = on_latency,
    [NOTE_IN_FLIGHT] = on_in_flight,
    [NOTE_APF_QUEUED] = on_apf_queued,
    [NOTE_TASK_RAN] = on_task_ran,
    [NOTE_TASK_ITERATION] = on_task_iteration,
    [NOTE_TASK_EXIT] = on_task_exit,
    [NOTE_DISK_SUBMIT] = on_disk_submit,
    [NOTE_DISK_START] = on_disk_start,
    [NOTE_DISK_DONE] = on_disk_done,
    [NOTE_PAGE_REFAULT] = on_refault,
    [NOTE_RECLAIM] = on_reclaim,
    [NOTE_KSWAPD] = on_kswapd,
    [NOTE_UFFD_COPY] = on_uffd_copy,
    [NOTE_ZSWAP] = on_zswap,
    [NOTE_REQUEST] = on_request,
    [NOTE_REQUEST_DONE] = on_request_done,
    [NOTE_HOST_SEGMENT] = on_host_segment,
    [NOTE_CPU_OFFLINE] = on_cpu_offline,
};

struct rep_run *rep_run_create(const struct rep_shape *shape)
{
    struct rep_run *run = g_new0(struct rep_run, 1);

    SIM_ASSERT(shape->kinds <= REP_KINDS_MAX && shape->whys <= REP_WHYS_MAX);
    run->shape = *shape;
    run->task_kind = g_memdup2(shape->task_kind, shape->tasks * sizeof *shape->task_kind);
    run->shape.task_kind = run->task_kind;
    run->result = rep_result_create(shape->vcpus, shape->kinds, shape->whys);
    rep_result_host(run->result, shape->host_cpus);
    run->observer.by_kind = handlers;
    for (unsigned k = 0; k < SIM_NOTE_KINDS; k++)
        if (handlers[k])
            run->observer.kinds |= SIM_NOTE_BIT(k);
    return run;
}

struct sim_observer *rep_run_observer(struct rep_run *run)
{
    return &run->observer;
}

static void mark_broken(struct rep_result *r, const char *text)
{
    r->outcome = SIM_BROKEN;
    g_strlcpy(r->text, text, sizeof r->text);
}

static void check_ledger(struct rep_result *r)
{
    for (uint32_t v = 0; v < r->vcpus; v++) {
        char text[REP_TEXT_BYTES];
        uint64_t sum = 0;

        for (unsigned c = 0; c < LEDGER_COUNT; c++)
            sum += r->ledger[v][c];
        if (sum == r->wall)
            continue;
        snprintf(text, sizeof text,
                 "ledger: vCPU %" PRIu32 " accounts for %" PRIu64 " ns of %" PRIu64 " ns", v, sum,
                 r->wall);
        mark_broken(r, text);
        return;
    }
}

/* Each host CPU's books are whole, and what guests did on them is what the vCPUs' ledgers say. */
static void check_host(struct rep_result *r)
{
    char text[REP_TEXT_BYTES];
    uint64_t user = rep_ledger_sum(r, LEDGER_USER), booked = rep_host_sum(r, HOST_GUEST_USER);

    for (uint32_t v = 0; v < r->host_cpus; v++) {
        uint64_t sum = 0;

        for (unsigned c = 0; c < HOST_CLASS_COUNT; c++)
            sum += r->host[v][c];
        if (sum == r->wall)
            continue;
        snprintf(text, sizeof text,
                 "host's books: CPU %" PRIu32 " accounts for %" PRIu64 " ns of %" PRIu64 " ns", v,
                 sum, r->wall);
        mark_broken(r, text);
        return;
    }
    if (!r->host_cpus || user == booked)
        return;
    snprintf(text, sizeof text,
             "host's books: guests' user time is %" PRIu64 " ns, the vCPUs say %" PRIu64 " ns",
             booked, user);
    mark_broken(r, text);
}

struct rep_result *rep_run_finish(struct rep_run *run, enum sim_outcome outcome, const char *text)
{
    struct rep_result *r = run->result;

    r->outcome = outcome;
    r->runs = 1;
    if (text && !rep_outcome_good(outcome))
        g_strlcpy(r->text, text, sizeof r->text);
    if (rep_outcome_good(outcome) && run->broken[0])
        mark_broken(r, run->broken);
    if (rep_outcome_good(r->outcome) && !run->closed)
        mark_broken(r, "the run is over, but its measured time never ended");
    if (rep_outcome_good(r->outcome))
        check_ledger(r);
    if (rep_outcome_good(r->outcome))
        check_host(r);
    run->result = NULL;
    return r;
}

void rep_run_destroy(struct rep_run *run)
{
    if (!run)
        return;
    rep_result_destroy(run->result);
    g_free(run->task_kind);
    g_free(run);
}
