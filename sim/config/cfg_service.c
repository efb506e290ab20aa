/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_service.c - requests, service levels and locks: their texts, and what they must satisfy
 */
#include <string.h>

#include "cfg_csv.h"
#include "cfg_internal.h"

/* ---- texts ---- */

char *cfg_parse_rate(const char *text, uint32_t *ret)
{
    g_autofree char *number = g_strdup(text), *quoted = cfg_quote(text);
    char *why;

    *ret = 0;
    if (strcmp(text, "none") == 0)
        return NULL;
    if (!g_str_has_suffix(text, "/s"))
        return g_strdup_printf("%s is not a rate; write for example 1000/s, or none", quoted);
    number[strlen(text) - 2] = '\0';
    why = cfg_parse_milli(number, ret);
    if (!why && (*ret == 0 || *ret > 1000000000))
        return g_strdup_printf("%s is out of range: 0.001/s to 1000000/s", quoted);
    return why;
}

char *cfg_format_rate(uint32_t milli)
{
    g_autofree char *number = cfg_format_milli(milli);

    return milli ? g_strconcat(number, "/s", NULL) : g_strdup("none");
}

char *cfg_parse_objective(const char *text, struct objective_params *ret)
{
    g_autofree char *quoted = cfg_quote(text), *copy = g_strdup(text);
    char *less = strchr(copy, '<');
    uint32_t milli = 0;
    char *why;

    *ret = (struct objective_params){0};
    if (strcmp(text, "none") == 0)
        return NULL;
    if (*text != 'p' || !less)
        return g_strdup_printf("%s is no service level; write for example p99 < 5ms, or none",
                               quoted);
    *less = '\0';
    why = cfg_parse_milli(g_strstrip(copy + 1), &milli);
    if (!why && (milli < 1000 || milli >= 100000))
        return g_strdup_printf("%s: percentiles go from p1 to p99.999", quoted);
    if (!why)
        why = cfg_parse_time(g_strstrip(less + 1), &ret->limit);
    if (!why && !ret->limit)
        return g_strdup_printf("%s: nothing takes less than no time; write for example p99 < 5ms",
                               quoted);
    ret->share_ppm = milli * 10;
    return why;
}

char *cfg_format_objective(const struct objective_params *o)
{
    g_autofree char *percent = cfg_format_milli(o->share_ppm / 10);
    g_autofree char *limit = cfg_format_time(o->limit);

    return o->limit ? g_strdup_printf("p%s < %s", percent, limit) : g_strdup("none");
}

/* ---- checks ---- */

static char *step_key(const struct task_params *t, uint32_t step)
{
    return g_strdup_printf("tasks.%s.loop.%u", t->name, step);
}

static bool check_lock_step(const struct cfg *cfg, const struct task_params *t, uint32_t i,
                            bool *held, GError **error)
{
    const struct step_params *s = &t->step[i];
    const char *name = cfg->params.lock[s->lock];
    g_autofree char *key = step_key(t, i);

    if (s->kind == STEP_LOCK && held[s->lock])
        return cfg_blame(cfg, error, key, "the task holds '%s' already; unlock it first", name);
    if (s->kind == STEP_UNLOCK && !held[s->lock])
        return cfg_blame(cfg, error, key, "the task does not hold '%s'; add `lock: %s` before",
                         name, name);
    held[s->lock] = s->kind == STEP_LOCK;
    return true;
}

/* A task gives back in the same turn what it takes. */
bool cfg_check_locks(const struct cfg *cfg, const struct task_params *t, GError **error)
{
    bool held[LOCKS_MAX] = {false};

    for (uint32_t i = 0; i < t->steps; i++) {
        bool lock = t->step[i].kind == STEP_LOCK || t->step[i].kind == STEP_UNLOCK;
        bool last = i + 1 == t->steps || t->step[i].kind == STEP_EXIT;
        g_autofree char *key = step_key(t, i);

        if (lock && !check_lock_step(cfg, t, i, held, error))
            return false;
        for (uint32_t l = 0; last && l < cfg->params.locks; l++)
            if (held[l])
                return cfg_blame(cfg, error, key,
                                 "the turn ends with lock '%s' held; add `unlock: %s`",
                                 cfg->params.lock[l], cfg->params.lock[l]);
    }
    return true;
}

static bool blame_of(const struct cfg *cfg, const struct task_params *t, const char *key,
                     const char *what, GError **error)
{
    g_autofree char *full = g_strdup_printf("tasks.%s.%s", t->name, key);

    return cfg_blame(cfg, error, full, "%s", what);
}

static bool check_open(const struct cfg *cfg, const struct task_params *t, GError **error)
{
    const struct arrival_params *a = &t->arrivals;

    if (a->process == ARRIVALS_FILE || a->process == ARRIVALS_CLIENTS) {
        if (a->rate_milli || a->interval)
            return blame_of(cfg, t, a->rate_milli ? "arrivals.rate" : "arrivals.interval",
                            "only poisson, constant and bursts have a rate; remove it", error);
        return true;
    }
    if (a->rate_milli && a->interval)
        return blame_of(cfg, t, "arrivals.interval",
                        "rate says the same; remove one (rate: none, or interval: 0s)", error);
    if (!a->rate_milli && !a->interval)
        return blame_of(cfg, t, "arrivals.process",
                        "how often do requests come? add `rate: 1000/s` or `interval: 1ms`", error);
    return true;
}

static bool check_clients(const struct cfg *cfg, const struct task_params *t, GError **error)
{
    const struct arrival_params *a = &t->arrivals;

    if (a->process == ARRIVALS_CLIENTS && !a->clients)
        return blame_of(cfg, t, "arrivals.process", "clients: how many? add `clients: 10`", error);
    if (a->process == ARRIVALS_CLIENTS && a->queue < a->clients)
        return blame_of(cfg, t, "arrivals.queue",
                        "clients have one request each: there must be room for all of them", error);
    if (a->process != ARRIVALS_CLIENTS && a->clients)
        return blame_of(cfg, t, "arrivals.clients", "only process clients has them; remove it",
                        error);
    if (a->process == ARRIVALS_FILE && !*a->file)
        return blame_of(cfg, t, "arrivals.process", "file: which one? add `file: FILE.csv`", error);
    if (a->process != ARRIVALS_FILE && *a->file)
        return blame_of(cfg, t, "arrivals.file", "only process file reads one; remove it", error);
    return true;
}

bool cfg_check_service(const struct cfg *cfg, const struct task_params *t, GError **error)
{
    const struct arrival_params *a = &t->arrivals;

    if (a->process == ARRIVALS_NONE) {
        if (t->objective.limit)
            return blame_of(cfg, t, "objective",
                            "a service level is about requests, and none come; add `arrivals`",
                            error);
        if (a->rate_milli || a->interval || a->clients || *a->file)
            return blame_of(cfg, t, "arrivals",
                            "no requests come without a process; add `process: poisson`", error);
        return true;
    }
    if (t->iterations)
        return blame_of(cfg, t, "iterations",
                        "a task that serves goes on for as long as requests come; remove it",
                        error);
    for (uint32_t i = 0; i < t->steps; i++)
        if (t->step[i].kind == STEP_EXIT)
            return blame_of(cfg, t, "loop",
                            "a task that serves goes on for as long as requests come; remove exit",
                            error);
    return check_open(cfg, t, error) && check_clients(cfg, t, error);
}

/* ---- files ---- */

static bool read_times(struct cfg_csv *csv, GArray *times, GError **error)
{
    const char *unit;
    int column = cfg_csv_find_time(csv, "time", &unit), got;
    sim_ns last = 0;

    if (column < 0)
        return cfg_csv_fail(csv, 0, error,
                            "no column of times; name one time_ns, time_us, time_ms or time_s");
    while ((got = cfg_csv_next(csv, error)) > 0) {
        sim_ns at;

        if (!cfg_csv_time(csv, column, unit, &at, error))
            return false;
        if (at < last)
            return cfg_csv_fail(csv, column, error, "earlier than the one before; sort the file");
        last = at;
        g_array_append_val(times, at);
    }
    if (got == 0 && !times->len)
        return cfg_csv_fail(csv, 0, error, "no times behind the header");
    return got == 0;
}

static bool read_file(struct cfg *cfg, unsigned task, GError **error)
{
    struct task_params *t = &cfg->params.task[task];
    g_autofree char *key = g_strdup_printf("tasks.%s.arrivals.file", t->name), *path = NULL;
    struct cfg_place at = cfg_place_of(cfg, key);
    g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(sim_ns));
    struct cfg_csv csv;
    bool good;

    path = cfg_path_from(cfg, &at, t->arrivals.file);
    if (!path)
        return cfg_fail(error, &at, CFG_ERROR_FILE, "arrivals need a workload in a file");
    if (g_file_test(path, G_FILE_TEST_EXISTS) && !g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return cfg_fail(error, &at, CFG_ERROR_FILE, "%s: %s is not a file", key, path);
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return cfg_fail(error, &at, CFG_ERROR_FILE, "%s: no file %s; %s", key, path,
                        cfg_paths_begin(&at));
    if (!cfg_csv_open(&csv, path, error))
        return false;
    good = read_times(&csv, times, error);
    cfg_csv_close(&csv);
    if (!good)
        return false;
    cfg->arrivals[task].count = times->len;
    cfg->arrivals[task].at = (sim_ns *)(void *)g_array_free(g_steal_pointer(&times), FALSE);
    cfg->traces.arrivals[task] = &cfg->arrivals[task];
    return true;
}

bool cfg_read_arrivals(struct cfg *cfg, GError **error)
{
    for (unsigned task = 0; task < cfg->params.tasks; task++) {
        struct arrival_params *a = &cfg->params.task[task].arrivals;

        if (a->rate_milli) /* rounded to the nearest ns */
            a->interval = (1000 * SIM_SEC + a->rate_milli / 2) / a->rate_milli;
        if (a->process == ARRIVALS_FILE && !read_file(cfg, task, error))
            return false;
    }
    return true;
}
