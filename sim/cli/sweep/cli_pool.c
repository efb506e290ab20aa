/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_pool.c - see cli_pool.h
 *
 * A thread takes the next run of a point that is under way, and only if there is none begins
 * another point: so few points are in memory, and few are lost when the program is killed.
 */
#include "cli_pool.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli_point.h"
#include "cli_progress.h"

struct state {
    const struct cli_pool *pool;
    uint32_t only;        /* this stored point, to be compared; UINT32_MAX: all that are missing */
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work;  /* there may be a run to do, or nothing any more */
    pthread_cond_t changed;  /* a thread has ended; the main one sees points by the clock, since
                                to wake it takes a CPU from a run */
    GPtrArray *under_way;    /* struct cli_point */
    uint64_t next;           /* point to begin */
    uint32_t beginning;      /* points that are being loaded */
    uint32_t ended, threads; /* points; threads that still run */
    int status;              /* not CLI_GOOD: all threads end */
};

static void fail(struct state *s, int status)
{
    pthread_mutex_lock(&s->lock);
    if (s->status == CLI_GOOD)
        s->status = status;
    pthread_cond_broadcast(&s->work);
    pthread_mutex_unlock(&s->lock);
}

/* Says it only if nobody has failed before. */
static void fail_saying(struct state *s, int status, const char *message)
{
    bool first;

    pthread_mutex_lock(&s->lock);
    first = s->status == CLI_GOOD;
    s->status = first ? status : s->status;
    pthread_cond_broadcast(&s->work);
    pthread_mutex_unlock(&s->lock);
    if (first)
        cli_fail(status, "%s", message);
}

/* The next point to begin; false: there is none. */
static bool take_point(struct state *s, uint32_t *ret)
{
    const struct cli_pool *pool = s->pool;

    if (s->only != UINT32_MAX) {
        *ret = s->only;
        return s->next++ == 0;
    }
    for (; s->next < pool->grid->points; s->next += pool->shard.count) {
        if (s->next < pool->shard.number)
            s->next = pool->shard.number;
        if (s->next >= pool->grid->points)
            return false;
        *ret = (uint32_t)s->next;
        if (cli_points_has(pool->store, *ret))
            continue;
        s->next += pool->shard.count;
        return true;
    }
    return false;
}

/* A run of a point that is under way. */
static struct cli_point *take_run(struct state *s, uint32_t *ret_run)
{
    for (guint i = 0; i < s->under_way->len; i++) {
        struct cli_point *p = g_ptr_array_index(s->under_way, i);

        if (p->next == cli_point_runs(p))
            continue;
        *ret_run = p->next++;
        return p;
    }
    return NULL;
}

/* The user wrote no --set: the point's values say as much. */
static char *point_message(const struct cli_grid *g, uint32_t number, const char *why)
{
    g_autofree char *where = cli_grid_where(g, number);
    const char *error = g_str_has_prefix(why, "--set ") ? strstr(why, ": error: ") : NULL;

    if (error)
        why = error + strlen(": error: ");
    return g_strdup_printf("point %u (%s): %s", number, where, why);
}

/* Called with the lock, and returns with it. */
static void begin_point(struct state *s, uint32_t number)
{
    g_autofree char *why = NULL;
    struct cli_point *p;

    s->beginning++;
    pthread_mutex_unlock(&s->lock);
    p = cli_point_create(s->pool->grid, number, &why);
    if (!p) {
        g_autofree char *message = point_message(s->pool->grid, number, why);

        fail_saying(s, CLI_USAGE, message);
    }
    pthread_mutex_lock(&s->lock);
    s->beginning--;
    if (p)
        g_ptr_array_add(s->under_way, p);
    pthread_cond_broadcast(&s->work);
}

static bool store_point(struct state *s, const struct cli_point *p, const GString *record)
{
    struct cli_points *store = s->pool->store;
    g_autofree char *kept = NULL;
    size_t bytes = 0;

    if (s->only == UINT32_MAX)
        return cli_points_add(store, p->number, record->str, record->len);
    kept = cli_points_get(store, p->number, &bytes);
    if (!kept)
        return false;
    if (bytes == record->len && memcmp(kept, record->str, bytes) == 0)
        return true;
    cli_fail(CLI_USAGE,
             "%s: point %u comes out differently now: its points are of another build of sim; "
             "take another --output, or remove that file",
             cli_points_path(store), p->number);
    return false;
}

static void end_point(struct state *s, struct cli_point *p)
{
    g_autoptr(GString) record = cli_point_record(p);
    bool good = store_point(s, p, record);

    if (!good)
        fail(s, s->only == UINT32_MAX ? CLI_MISSING : CLI_USAGE);
    pthread_mutex_lock(&s->lock);
    g_ptr_array_remove_fast(s->under_way, p);
    s->ended += good;
    pthread_cond_broadcast(&s->work);
    pthread_mutex_unlock(&s->lock);
    cli_point_free(p);
}

/* Called with the lock, and returns with it. */
static void do_run(struct state *s, struct cli_point *p, uint32_t run)
{
    bool good, last;

    pthread_mutex_unlock(&s->lock);
    good = cli_point_run(p, run);
    if (!good)
        fail_saying(s, CLI_MISSING,
                    "no memory for the tables of a run: fewer --jobs, or smaller "
                    "regions; the points so far are kept");
    pthread_mutex_lock(&s->lock);
    last = ++p->done == cli_point_runs(p) && s->status == CLI_GOOD;
    if (!last)
        return;
    pthread_mutex_unlock(&s->lock);
    if (cli_point_goes_on(p)) {
        pthread_mutex_lock(&s->lock);
        pthread_cond_broadcast(&s->work);
        return;
    }
    end_point(s, p);
    pthread_mutex_lock(&s->lock);
}

static void *worker(void *arg)
{
    struct state *s = arg;

    pthread_mutex_lock(&s->lock);
    while (s->status == CLI_GOOD) {
        uint32_t run, number;
        struct cli_point *p = take_run(s, &run);

        if (p)
            do_run(s, p, run);
        else if (take_point(s, &number))
            begin_point(s, number);
        else if (s->under_way->len || s->beginning)
            pthread_cond_wait(&s->work, &s->lock); /* a point may go on with more replicas */
        else
            break;
    }
    s->threads--;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* ---- the main thread ---- */

static volatile sig_atomic_t stopped_by;

static void on_signal(int number)
{
    stopped_by = number;
}

static const int stops[] = {SIGINT, SIGTERM, SIGHUP};

/* A second one ends the program at once; one that is ignored (nohup) stays so. */
static void watch_signals(struct sigaction *ret_old)
{
    const struct sigaction mine = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

    for (unsigned i = 0; i < G_N_ELEMENTS(stops); i++) {
        sigaction(stops[i], NULL, &ret_old[i]);
        if (ret_old[i].sa_handler != SIG_IGN)
            sigaction(stops[i], &mine, NULL);
    }
}

static void unwatch_signals(const struct sigaction *old)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(stops); i++)
        sigaction(stops[i], &old[i], NULL);
}

/* Other threads are in the middle of runs: they end with the process. */
static void stop(const struct cli_pool *pool)
{
    uint32_t kept = cli_points_stop(pool->store);

    fprintf(stderr, "sim: stopped: %u of %u points are kept in %s; the same command goes on\n",
            kept, cli_shard_points(&pool->shard, pool->grid->points), cli_points_path(pool->store));
    signal(stopped_by, SIG_DFL);
    raise(stopped_by);
}

#define LOOK_NS 100000000L /* how long a signal or the terminal waits */
#define SYNC_S  2          /* what a power cut takes at most: killing takes nothing */

static void look_after(struct state *s)
{
    const struct cli_pool *pool = s->pool;
    struct cli_progress progress;
    time_t synced = 0;

    cli_progress_begin(&progress, pool->progress && s->only == UINT32_MAX, "points",
                       cli_points_count(pool->store),
                       cli_shard_points(&pool->shard, pool->grid->points));
    pthread_mutex_lock(&s->lock);
    while (s->threads) {
        struct timespec until;

        clock_gettime(CLOCK_MONOTONIC, &until);
        if (!synced)
            synced = until.tv_sec;
        if (until.tv_sec - synced >= SYNC_S) {
            pthread_mutex_unlock(&s->lock);
            cli_points_sync(pool->store);
            pthread_mutex_lock(&s->lock);
            synced = until.tv_sec;
        }
        if (stopped_by) {
            cli_progress_end(&progress);
            stop(pool);
        }
        cli_progress_show(&progress, s->ended);
        until.tv_nsec += LOOK_NS;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        while (s->threads && pthread_cond_timedwait(&s->changed, &s->lock, &until) == 0)
            ;
    }
    pthread_mutex_unlock(&s->lock);
    cli_progress_end(&progress);
}

static void state_init(struct state *s, const struct cli_pool *pool, uint32_t only)
{
    pthread_condattr_t attr;

    *s = (struct state){.pool = pool, .only = only, .under_way = g_ptr_array_new()};
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->work, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &attr);
    pthread_condattr_destroy(&attr);
}

static void state_finish(struct state *s)
{
    for (guint i = 0; i < s->under_way->len; i++) /* some are left when a thread failed */
        cli_point_free(g_ptr_array_index(s->under_way, i));
    g_ptr_array_unref(s->under_way);
    pthread_cond_destroy(&s->changed);
    pthread_cond_destroy(&s->work);
    pthread_mutex_destroy(&s->lock);
}

static int run_threads(const struct cli_pool *pool, uint32_t only)
{
    struct sigaction old[G_N_ELEMENTS(stops)];
    g_autofree pthread_t *thread = g_new0(pthread_t, pool->threads);
    struct state s;
    uint32_t made = 0;

    state_init(&s, pool, only);
    watch_signals(old);
    pthread_mutex_lock(&s.lock);
    while (made < pool->threads && !pthread_create(&thread[made], NULL, worker, &s))
        made++;
    s.threads = made;
    pthread_mutex_unlock(&s.lock);
    if (made)
        look_after(&s);
    else
        s.status = cli_fail(CLI_MISSING, "the system makes no thread: fewer processes, or "
                                         "ulimit -u");
    for (uint32_t i = 0; i < made; i++)
        pthread_join(thread[i], NULL);
    unwatch_signals(old);
    state_finish(&s);
    return s.status;
}

int cli_pool_run(const struct cli_pool *pool)
{
    return cli_points_complete(pool->store) ? CLI_GOOD : run_threads(pool, UINT32_MAX);
}

int cli_pool_compare(const struct cli_pool *pool)
{
    for (uint64_t i = pool->shard.number; i < pool->grid->points; i += pool->shard.count)
        if (cli_points_has(pool->store, (uint32_t)i))
            return run_threads(pool, (uint32_t)i);
    return CLI_GOOD;
}

/* ---- looking at points before they are run ---- */

struct check {
    const struct cli_pool *pool;
    _Atomic uint64_t next;
    pthread_mutex_t lock; /* guards what follows */
    uint64_t bad;         /* the least number of a bad point: the same whoever finds it */
    char *message;
};

static void check_point(struct check *c, uint32_t number)
{
    g_autofree char *why = NULL;
    struct cli_point *p = cli_point_create(c->pool->grid, number, &why);

    if (p) {
        cli_point_free(p);
        return;
    }
    pthread_mutex_lock(&c->lock);
    if (number < c->bad) {
        g_free(c->message);
        c->message = point_message(c->pool->grid, number, why);
        c->bad = number;
    }
    pthread_mutex_unlock(&c->lock);
}

/* False: there is none any more. */
static bool check_next(struct check *c)
{
    const struct cli_pool *pool = c->pool;
    uint64_t i = atomic_fetch_add(&c->next, pool->shard.count);
    bool late;

    pthread_mutex_lock(&c->lock);
    late = i > c->bad;
    pthread_mutex_unlock(&c->lock);
    if (late || i >= pool->grid->points || stopped_by)
        return false;
    if (!cli_points_has(pool->store, (uint32_t)i))
        check_point(c, (uint32_t)i);
    return true;
}

static void *checker(void *arg)
{
    while (check_next(arg))
        ;
    return NULL;
}

/* The main thread's part of it, with a word about how far all are: of a million it takes minutes.
 */
static void check_and_show(struct check *c)
{
    const struct cli_pool *pool = c->pool;
    struct cli_progress progress;

    cli_progress_begin(&progress, pool->progress, "points looked at", 0,
                       cli_shard_points(&pool->shard, pool->grid->points));
    while (check_next(c))
        cli_progress_show(&progress, (uint32_t)(atomic_load(&c->next) / pool->shard.count));
    cli_progress_end(&progress);
}

int cli_pool_check(const struct cli_pool *pool)
{
    g_autofree pthread_t *thread = g_new0(pthread_t, pool->threads);
    struct check c = {.pool = pool, .next = pool->shard.number, .bad = UINT64_MAX};
    struct sigaction old[G_N_ELEMENTS(stops)];
    int status = CLI_GOOD;
    uint32_t made = 0;

    watch_signals(old);
    pthread_mutex_init(&c.lock, NULL);
    while (made + 1 < pool->threads && !pthread_create(&thread[made], NULL, checker, &c))
        made++;
    check_and_show(&c);
    for (uint32_t i = 0; i < made; i++)
        pthread_join(thread[i], NULL);
    pthread_mutex_destroy(&c.lock);
    if (stopped_by)
        stop(pool);
    unwatch_signals(old);
    if (c.message)
        status = cli_fail(CLI_USAGE, "%s", c.message);
    g_free(c.message);
    return status;
}
