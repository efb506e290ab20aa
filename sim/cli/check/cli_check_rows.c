/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_check_rows.c - the searches of one `sim check`, several at once, told in the table's order
 *
 * Knows:    check/ (what is explored), the clock (how long).
 * Promise:  each search depends on its row alone, and so do its limits: what is printed is the same
 *           for any number of threads but for the times. A row is printed, and let go, as soon as
 * it and all before it are there.
 */
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "cli_check.h"

struct slot {
    const struct check_scope *scope;
    bool with;                 /* the row's switch is on */
    bool skip;                 /* it makes no sense with the kernel that was asked for */
    struct cli_check_row *row; /* NULL: not there yet, skipped, or no memory even to begin */
    bool there;
};

struct pool {
    const struct check_job *job;
    struct slot *slots;
    unsigned count, next;
    pthread_mutex_t lock;   /* guards next, row, there */
    pthread_cond_t changed; /* tells the printing main thread */
};

/* ---- one search ---- */

static bool go_on(void *self)
{
    return g_get_monotonic_time() < *(const gint64 *)self;
}

struct check_params cli_check_params(const struct check_job *job, const struct check_scope *s)
{
    struct check_params p = s->params;

    if (!p.host)
        p.host = job->kernel;
    if (!p.guest)
        p.guest = job->kernel;
    p.bugs |= job->bugs;
    p.fixes |= job->fixes;
    return p;
}

/* The row's own switch: on for a bug; a hole is there unless its remedy is on. */
static void own_switch(const struct check_scope *s, bool with, struct check_params *p)
{
    enum apf_bug bug;
    enum apf_fix fix;

    if (!s->bug)
        return;
    if (with && apf_bug_parse(s->bug, &bug))
        p->bugs |= apf_bug_bit(bug);
    if (!with && apf_fix_parse(s->bug, &fix))
        p->fixes |= apf_fix_bit(fix);
}

/* The remedy is an option of this program, so it is said here. */
static void say_limit(const struct check_job *job, struct cli_check_row *row)
{
    const struct explore_result *r = &row->report.result;
    bool whole = job->memory >> 30 && job->memory % (UINT64_C(1) << 30) == 0;
    uint64_t size = job->memory >> (whole ? 30 : 20);
    const char *unit = whole ? "GiB" : "MiB";
    uint64_t needs = row->scope->slow_gib * (whole ? UINT64_C(1) : UINT64_C(1) << 10);

    if (r->outcome == EXPLORE_MEMORY && r->refused)
        g_snprintf(row->why, sizeof row->why,
                   "not exhausted: the system gave no more than %" PRIu64 " MiB, %" PRIu64
                   " states; free memory, fewer --jobs, or ulimit -v",
                   r->bytes >> 20, r->states);
    else if (r->outcome == EXPLORE_MEMORY)
        g_snprintf(row->why, sizeof row->why,
                   "not exhausted: memory limit of %" PRIu64 " %s reached after %" PRIu64
                   " states; --memory=%" PRIu64 "%s",
                   size, unit, r->states, MAX(size * 2, needs), unit);
    else if (r->outcome == EXPLORE_STOPPED)
        g_snprintf(row->why, sizeof row->why,
                   "not exhausted: time limit of %" PRIu64 " s reached after %" PRIu64
                   " states; --budget=%" PRIu64 "s",
                   job->seconds, r->states, job->seconds * 2);
    else
        return;
    row->report.why = row->why;
}

static bool explore_row(const struct check_job *job, const struct slot *slot,
                        struct cli_check_row *row)
{
    const struct check_scope *s = slot->scope;
    struct check_params p = cli_check_params(job, s);
    gint64 begin = g_get_monotonic_time(), deadline = begin + (gint64)job->seconds * 1000000;
    struct explore_limits limits = {
        .memory_bytes = job->memory, .liveness = true, .go_on = go_on, .self = &deadline};

    own_switch(s, slot->with, &p);
    row->scope = s;
    row->with_switch = slot->with;
    if (!check_search(&p, &limits, &row->report))
        return false;
    if (job->judge_all)
        check_judge_clean(s, &row->report);
    else
        check_judge(s, slot->with, &row->report);
    say_limit(job, row);
    row->seconds = (double)(g_get_monotonic_time() - begin) / 1e6;
    return true;
}

/* ---- which searches ---- */

static bool wanted(const struct check_job *job, const struct check_scope *s)
{
    if (!job->scopes)
        return !s->slow_gib || job->all;
    for (char **name = job->scopes; *name; name++)
        if (!g_ascii_strcasecmp(*name, s->name) ||
            (s->bug && !g_ascii_strcasecmp(*name, "switches")) ||
            (!strncmp(s->name, "case-", 5) && !g_ascii_strcasecmp(*name, "cases")))
            return true;
    return false;
}

/* Before 5.8 both events come by #PF: only the scopes made for that make sense there. */
bool cli_check_fits(const struct check_job *job, const struct check_scope *s)
{
    return job->kernel != APF_KERNEL_4_14 || s->params.host == APF_KERNEL_4_14;
}

bool cli_check_some_fit(const struct check_job *job)
{
    for (unsigned i = 0; check_scope(i); i++)
        if (wanted(job, check_scope(i)) && cli_check_fits(job, check_scope(i)))
            return true;
    return false;
}

/* --fix=ID alone asks for the remedied side of its row. */
static int first_side(const struct check_job *job, const struct check_scope *s)
{
    enum apf_fix fix;

    return !(s->bug && job->one_side && apf_fix_parse(s->bug, &fix) && apf_fix_on(job->fixes, fix));
}

/* Rows of switches: with and without. */
static GArray *slots_of(const struct check_job *job)
{
    GArray *slots = g_array_new(FALSE, TRUE, sizeof(struct slot));

    for (unsigned i = 0; check_scope(i); i++) {
        const struct check_scope *s = check_scope(i);
        int first = first_side(job, s), last = s->bug && !job->one_side ? 0 : first;
        if (!cli_check_fits(job, s))
            last = first; /* to be told once */
        for (int with = first; wanted(job, s) && with >= last; with--) {
            const struct slot slot = {.scope = s, .with = with, .skip = !cli_check_fits(job, s)};
            g_array_append_val(slots, slot);
        }
    }
    return slots;
}

/* ---- threads ---- */

/* The next row to be searched, or NULL. */
static struct slot *take_slot(struct pool *pool)
{
    struct slot *slot = NULL;

    pthread_mutex_lock(&pool->lock);
    if (pool->next < pool->count)
        slot = &pool->slots[pool->next++];
    pthread_mutex_unlock(&pool->lock);
    return slot;
}

static void *worker(void *arg)
{
    struct pool *pool = arg;

    for (struct slot *slot; (slot = take_slot(pool));) {
        struct cli_check_row *row = g_new0(struct cli_check_row, 1);
        bool made = !slot->skip && explore_row(pool->job, slot, row);
        if (!made)
            g_clear_pointer(&row, g_free);
        pthread_mutex_lock(&pool->lock);
        slot->row = row;
        slot->there = true;
        pthread_cond_signal(&pool->changed);
        pthread_mutex_unlock(&pool->lock);
    }
    return NULL;
}

static struct cli_check_row *wait_for(struct pool *pool, unsigned i)
{
    pthread_mutex_lock(&pool->lock);
    while (!pool->slots[i].there)
        pthread_cond_wait(&pool->changed, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    return pool->slots[i].row;
}

static int tell_rows(struct pool *pool, struct cli_check_report *out)
{
    int status = CLI_GOOD;

    for (unsigned i = 0; i < pool->count; i++) {
        g_autofree struct cli_check_row *row = wait_for(pool, i);
        if (pool->slots[i].skip) {
            cli_check_skip_add(out, pool->job, pool->slots[i].scope);
            continue;
        }
        if (!row) {
            status = cli_fail(CLI_MISSING, "no memory for scope %s", pool->slots[i].scope->name);
            continue;
        }
        cli_check_row_add(out, pool->job, row);
        if (!row->report.as_expected && status == CLI_GOOD)
            status = CLI_BROKEN;
    }
    return status;
}

int cli_check_rows(const struct check_job *job, struct cli_check_report *out)
{
    g_autoptr(GArray) slots = slots_of(job);
    struct pool pool = {
        .job = job, .slots = (struct slot *)(void *)slots->data, .count = slots->len};
    unsigned threads = MIN((unsigned)job->threads, slots->len), made = 0;
    g_autofree pthread_t *thread = g_new0(pthread_t, threads + 1);
    int status;

    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.changed, NULL);
    while (made < threads && !pthread_create(&thread[made], NULL, worker, &pool))
        made++;
    if (made)
        status = tell_rows(&pool, out);
    else
        status = cli_fail(CLI_MISSING, "no thread could be made; fewer processes, or ulimit -u");
    for (unsigned i = 0; i < made; i++)
        pthread_join(thread[i], NULL);
    pthread_cond_destroy(&pool.changed);
    pthread_mutex_destroy(&pool.lock);
    return status;
}
