/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_jobs.c - see cli_jobs.h
 *
 * Threads take the next job from an atomic counter. Plain pthreads: thread sanitizers understand
 * them, GLib's pool they do not.
 */
#include "cli_jobs.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <glib.h>
#include <xxhash.h>

#include "apf_host.h"
#include "rep_run.h"
#include "sim_assert.h"
#include "world.h"

const char *const cli_mode_keys[MODES + 1] = {"off", "halt", "apf", NULL};

struct pool {
    const struct cli_jobs *jobs;
    struct rep_result **results;
    enum run_mode mode[MODES];
    uint32_t count;
    _Atomic uint32_t next;
    pthread_mutex_t lock;   /* guards done; tells the waiting main thread */
    pthread_cond_t changed; /* its waits end by CLOCK_MONOTONIC: nobody sets that clock */
    uint32_t done;
};

uint32_t cli_modes(const struct params *p, enum run_mode *ret_mode, const char **ret_key)
{
    uint32_t n = 0;

    for (unsigned m = 0; m < MODES; m++) {
        if (!p->mode[m])
            continue;
        ret_mode[n] = (enum run_mode)m;
        ret_key[n++] = cli_mode_keys[m];
    }
    return n;
}

enum run_mode cli_looked_at(const struct params *p)
{
    enum run_mode mode[MODES];
    const char *key[MODES];
    uint32_t n = cli_modes(p, mode, key);

    return p->mode[MODE_APF] || !n ? MODE_APF : mode[n - 1];
}

static void put_u64(unsigned char *to, uint64_t x)
{
    for (unsigned i = 0; i < 8; i++)
        to[i] = (unsigned char)(x >> 8 * i);
}

uint64_t cli_replica_seed(uint64_t seed, uint32_t replica)
{
    unsigned char bytes[16];

    put_u64(bytes, seed);
    put_u64(bytes + 8, replica);
    return XXH3_64bits(bytes, sizeof bytes);
}

static struct rep_run *observer_create(const struct params *p, const struct world *w)
{
    g_autofree uint32_t *kind = g_new0(uint32_t, world_tasks(w) + 1);
    struct rep_shape shape = {
        .vcpus = all_vcpus(p),
        .host_cpus = p->host.cpus,
        .kinds = p->tasks,
        .whys = APF_WHY_COUNT,
        .tasks = world_tasks(w),
        .task_kind = kind,
    };

    for (uint32_t t = 0; t < shape.tasks; t++) {
        kind[t] = world_task_kind(w, t);
        shape.kind_tasks[kind[t]]++;
    }
    for (uint32_t k = 0; k < p->tasks; k++)
        shape.objective_ns[k] = p->task[k].objective.limit;
    for (uint32_t r = 0; r < p->regions; r++)
        if (p->region[r].backing == BACKING_USERFAULTFD)
            shape.remote_pages += (p->region[r].size - p->region[r].resident) / PAGE_BYTES;
    return rep_run_create(&shape);
}

static struct rep_result *no_memory(const struct params *p)
{
    struct rep_result *r = rep_result_create(all_vcpus(p), p->tasks, APF_WHY_COUNT);

    rep_result_host(r, p->host.cpus);
    r->outcome = SIM_OUT_OF_SLAB;
    r->runs = 1;
    g_strlcpy(r->text, "no memory for the tables of a run: smaller regions, or fewer --jobs",
              sizeof r->text);
    return r;
}

static struct rep_result *run_world(struct world *w, const struct params *p, uint64_t seed,
                                    const char *replay)
{
    struct rep_run *observer = observer_create(p, w);
    struct sim *sim = world_sim(w);
    struct rep_result *r;
    enum sim_outcome outcome;
    uint32_t limit = 0;

    sim_observe(sim, rep_run_observer(observer));
    sim_crash_context(sim_where, sim, seed, replay);
    outcome = world_run(w);
    sim_crash_context(NULL, NULL, 0, NULL);
    r = rep_run_finish(observer, outcome, sim_stop_text(sim));
    r->order_hash = sim_order_hash(sim);
    r->events = sim_events_handled(sim);
    r->posted_most = sim_posted_high_water(sim);
    r->reads_most = world_io_high_water(w, &limit);
    r->reads_limit = limit;
    rep_run_destroy(observer);
    return r;
}

char *cli_jobs_replay(const struct cli_jobs *jobs, enum run_mode mode, uint32_t replica)
{
    GString *s = g_string_new("sim run");
    g_autofree char *workload = g_shell_quote(jobs->workload);

    g_string_append_printf(s, " --workload=%s", workload);
    if (jobs->calibration) {
        g_autofree char *quoted = g_shell_quote(jobs->calibration);

        g_string_append_printf(s, " --calibration=%s", quoted);
    }
    for (const char *const *set = jobs->sets; set && *set; set++) {
        g_autofree char *quoted = g_shell_quote(*set);

        g_string_append_printf(s, " --set %s", quoted);
    }
    g_string_append_printf(s, " --modes=%s --seed=%" PRIu64 " --replicas=%" PRIu32 " --jobs=1",
                           cli_mode_keys[mode], jobs->params->seed, replica + 1);
    return g_string_free(s, FALSE);
}

struct rep_result *cli_jobs_one(const struct cli_jobs *jobs, enum run_mode mode, uint32_t replica)
{
    const struct params *p = jobs->params;
    g_autofree char *replay = cli_jobs_replay(jobs, mode, replica);
    uint64_t seed = cli_replica_seed(p->seed, replica);
    struct world *w = world_create(p, jobs->traces, mode, seed);
    struct rep_result *r;

    if (!w)
        return NULL;
    for (struct cli_tap *tap = jobs->taps; tap; tap = tap->next)
        if (tap->mode == mode && tap->replica == replica)
            sim_observe(world_sim(w), tap->begin(tap, w));
    r = run_world(w, p, seed, replay);
    world_destroy(w);
    return r;
}

static struct rep_result *run_job(const struct pool *pool, uint32_t job)
{
    const struct params *p = pool->jobs->params;
    struct rep_result *r =
        cli_jobs_one(pool->jobs, pool->mode[job / p->replicas], job % p->replicas);

    return r ? r : no_memory(p);
}

static void *worker(void *arg)
{
    struct pool *pool = arg;

    for (;;) {
        uint32_t job = atomic_fetch_add(&pool->next, 1);

        if (job >= pool->count)
            return NULL;
        pool->results[job] = run_job(pool, job);
        pthread_mutex_lock(&pool->lock);
        pool->done++;
        pthread_cond_signal(&pool->changed);
        pthread_mutex_unlock(&pool->lock);
    }
}

#define PROGRESS_NS 100000000L

/* One line that replaces itself, at most ten times a second, until all jobs are done. */
static void show_progress(struct pool *pool)
{
    uint32_t done = 0;

    while (done < pool->count) {
        struct timespec until;

        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += PROGRESS_NS;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_mutex_lock(&pool->lock);
        while (pool->done < pool->count &&
               pthread_cond_timedwait(&pool->changed, &pool->lock, &until) == 0)
            ;
        done = pool->done;
        pthread_mutex_unlock(&pool->lock);
        if (done < pool->count)
            fprintf(stderr, "\r\033[K%" PRIu32 " of %" PRIu32 " runs", done, pool->count);
    }
    fputs("\r\033[K", stderr);
}

/* True unless not a single thread could be made. */
static bool run_pool(struct pool *pool)
{
    uint32_t threads = MIN(MAX(pool->jobs->threads, 1), pool->count), made = 0;
    g_autofree pthread_t *thread = g_new0(pthread_t, threads);

    while (made < threads && !pthread_create(&thread[made], NULL, worker, pool))
        made++;
    if (made && pool->jobs->progress)
        show_progress(pool);
    for (uint32_t i = 0; i < made; i++)
        pthread_join(thread[i], NULL);
    return made > 0;
}

static void monotonic_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

struct rep_result **cli_jobs_run(const struct cli_jobs *jobs)
{
    const char *keys[MODES];
    struct pool pool = {.jobs = jobs};
    bool ran;

    pool.count = cli_modes(jobs->params, pool.mode, keys) * jobs->params->replicas;
    pool.results = g_new0(struct rep_result *, pool.count + 1);
    pthread_mutex_init(&pool.lock, NULL);
    monotonic_cond_init(&pool.changed);
    ran = run_pool(&pool);
    pthread_cond_destroy(&pool.changed);
    pthread_mutex_destroy(&pool.lock);
    if (ran)
        return pool.results;
    g_free(pool.results);
    return NULL;
}

void cli_jobs_free(struct rep_result **results)
{
    for (struct rep_result **r = results; r && *r; r++)
        rep_result_destroy(*r);
    g_free(results);
}

static void hash_u64(XXH3_state_t *state, uint64_t x)
{
    unsigned char bytes[8];

    put_u64(bytes, x);
    XXH3_64bits_update(state, bytes, sizeof bytes);
}

static void hash_ledger(XXH3_state_t *state, const uint64_t *ledger)
{
    for (unsigned c = 0; c < LEDGER_FIRST_LATER; c++)
        hash_u64(state, ledger[c]);
    for (unsigned c = LEDGER_FIRST_LATER; c < LEDGER_COUNT; c++) {
        if (ledger[c]) {
            hash_u64(state, c);
            hash_u64(state, ledger[c]);
        }
    }
}

static void hash_result(XXH3_state_t *state, const struct rep_result *r)
{
    hash_u64(state, r->order_hash);
    hash_u64(state, r->events);
    hash_u64(state, (uint64_t)r->outcome);
    hash_u64(state, r->wall);
    for (uint32_t v = 0; v < r->vcpus; v++)
        hash_ledger(state, r->ledger[v]);
    for (uint32_t v = 0; v < r->host_cpus; v++)
        for (unsigned c = 0; c < HOST_CLASS_COUNT; c++)
            hash_u64(state, r->host[v][c]);
    for (unsigned o = 0; o < OUTCOME_COUNT; o++)
        hash_u64(state, r->outcome_count[o]);
    for (unsigned w = 0; w < REP_WHYS_MAX; w++)
        hash_u64(state, r->why_count[w]);
    for (uint32_t k = 0; k < r->kinds; k++) {
        hash_u64(state, r->task[k].iterations);
        hash_u64(state, r->task[k].cpu_ns);
    }
}

uint64_t cli_jobs_digest(const char *workload_digest, struct rep_result *const *results)
{
    XXH3_state_t *state = XXH3_createState();
    uint64_t digest;

    XXH3_64bits_reset(state);
    XXH3_64bits_update(state, workload_digest, strlen(workload_digest));
    for (struct rep_result *const *r = results; *r; r++)
        hash_result(state, *r);
    digest = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return digest;
}
