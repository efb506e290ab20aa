/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_guests.c - several guests in one workload
 *
 * A guest's keys are the rows of `guest`: guests.NAME.KEY is guest.KEY of that guest, and defaults
 * to what `guest` says. Copies are made last, when all is read and checked: of the guest, its
 * regions and its tasks, named NAME.0, NAME.1 and so on.
 */
#include <stdio.h>
#include <string.h>

#include "cfg_internal.h"

char *cfg_guest_alias(const char *pattern)
{
    static const char guests[] = "guests.*";
    size_t skip = strlen(guests);

    if (strncmp(pattern, guests, skip) != 0 || (pattern[skip] && pattern[skip] != '.'))
        return NULL;
    return g_strconcat("guest", pattern + skip, NULL);
}

void cfg_guests_begin(struct cfg *cfg)
{
    struct params *p = &cfg->params;

    for (uint32_t i = 0; i < p->guests; i++) {
        g_autofree char *name = g_strdup(p->named[i].name);

        p->named[i] = p->guest;
        g_strlcpy(p->named[i].name, name, sizeof p->named[i].name);
    }
}

char *cfg_store_guest(uint32_t *at, const char *text, const struct params *p)
{
    g_autofree const char **names = g_new0(const char *, GUESTS_MAX + 1);
    g_autofree char *hint = NULL, *quoted = cfg_quote(text);
    uint32_t count = p ? p->guests : 0;

    for (uint32_t i = 0; i < count; i++) {
        names[i] = p->named[i].name;
        if (strcmp(names[i], text) != 0)
            continue;
        *at = i;
        return NULL;
    }
    *at = 0;
    if (strcmp(text, "first") == 0)
        return NULL;
    hint = cfg_hint(text, names, count);
    return g_strdup_printf("no guest %s under `guests`%s", quoted, hint);
}

const char *cfg_guest_text(uint32_t guest, const struct params *p)
{
    return p->guests ? p->named[guest].name : "first";
}

uint32_t cfg_copies(const struct params *p, uint32_t guest)
{
    return guest_of(p, guest)->copies;
}

/* ---- checks ---- */

static bool blame(const struct cfg *cfg, const char *key, const char *what, GError **error)
{
    struct cfg_place at = cfg_place_of(cfg, key);

    return cfg_fail(error, &at, CFG_ERROR_CONFLICT, "%s: %s", key, what);
}

/* Of each guest, times its copies, at most `most` in all. */
static bool check_sum(const struct cfg *cfg, const uint64_t *of_guest, uint64_t most,
                      const char *what, GError **error)
{
    const struct params *p = &cfg->params;
    uint64_t sum = 0;

    for (uint32_t i = 0; i < guest_count(p); i++) {
        g_autofree char *key = g_strdup_printf("guests.%s.copies", guest_of(p, i)->name);
        g_autofree char *text = g_strdup_printf("more than %s in all; lower it", what);

        sum += of_guest[i] * cfg_copies(p, i);
        if (sum > most)
            return blame(cfg, p->guests ? key : "guest.vcpus", text, error);
    }
    return true;
}

static bool check_room(const struct cfg *cfg, GError **error)
{
    const struct params *p = &cfg->params;
    uint64_t one[GUESTS_MAX] = {0}, vcpus[GUESTS_MAX] = {0}, regions[GUESTS_MAX] = {0};
    uint64_t kinds[GUESTS_MAX] = {0}, tasks[GUESTS_MAX] = {0}, resident[GUESTS_MAX] = {0};
    uint64_t limit = p->host.memory_limit ? p->host.memory_limit : UINT64_MAX;

    for (uint32_t i = 0; i < guest_count(p); i++) {
        one[i] = 1;
        vcpus[i] = guest_of(p, i)->vcpus;
    }
    for (uint32_t i = 0; i < p->regions; i++) {
        regions[p->region[i].guest]++;
        resident[p->region[i].guest] += p->region[i].resident;
    }
    for (uint32_t i = 0; i < p->tasks; i++) {
        kinds[p->task[i].guest]++;
        tasks[p->task[i].guest] += kind_tasks(p, i);
    }
    return check_sum(cfg, one, GUESTS_MAX, G_STRINGIFY(GUESTS_MAX) " guests", error) &&
           check_sum(cfg, vcpus, VCPUS_MAX, G_STRINGIFY(VCPUS_MAX) " vCPUs", error) &&
           check_sum(cfg, regions, REGIONS_MAX, G_STRINGIFY(REGIONS_MAX) " regions", error) &&
           check_sum(cfg, kinds, TASK_KINDS_MAX, G_STRINGIFY(TASK_KINDS_MAX) " entries of tasks",
                     error) &&
           check_sum(cfg, tasks, TASKS_MAX, G_STRINGIFY(TASKS_MAX) " tasks", error) &&
           check_sum(cfg, resident, limit, "host.memory.limit is resident", error);
}

static bool check_name(const struct cfg *cfg, const char *section, const char *name, GError **error)
{
    g_autofree char *key = g_strconcat(section, ".", name, NULL);

    return strlen(name) + strlen(".00") <= NAME_MAX_LEN ||
           blame(cfg, key, "too long a name for something that is copied; make it shorter", error);
}

static bool check_names(const struct cfg *cfg, GError **error)
{
    const struct params *p = &cfg->params;

    for (uint32_t i = 0; i < p->guests; i++)
        if (p->named[i].copies > 1 && !check_name(cfg, "guests", p->named[i].name, error))
            return false;
    for (uint32_t i = 0; i < p->regions; i++)
        if (cfg_copies(p, p->region[i].guest) > 1 &&
            !check_name(cfg, "regions", p->region[i].name, error))
            return false;
    for (uint32_t i = 0; i < p->tasks; i++)
        if (cfg_copies(p, p->task[i].guest) > 1 &&
            !check_name(cfg, "tasks", p->task[i].name, error))
            return false;
    return true;
}

/* A task touches the memory of its own guest. */
static bool check_touches(const struct cfg *cfg, const struct task_params *t, GError **error)
{
    const struct params *p = &cfg->params;

    for (uint32_t i = 0; i < t->steps; i++) {
        const struct region_params *r = &p->region[t->step[i].region];
        g_autofree char *key = g_strdup_printf("tasks.%s.loop.%u.touch.region", t->name, i);
        g_autofree char *text = NULL;

        if (t->step[i].kind != STEP_TOUCH || r->guest == t->guest)
            continue;
        text = g_strdup_printf("region '%s' is memory of guest '%s', but the task runs in '%s'; "
                               "say `guest:` of one of them",
                               r->name, cfg_guest_text(r->guest, p), cfg_guest_text(t->guest, p));
        return blame(cfg, key, text, error);
    }
    return true;
}

bool cfg_check_guests(const struct cfg *cfg, GError **error)
{
    for (uint32_t i = 0; i < cfg->params.tasks; i++)
        if (!check_touches(cfg, &cfg->params.task[i], error))
            return false;
    return check_room(cfg, error) && check_names(cfg, error);
}

/* ---- copies ---- */

static void number_name(char *name, uint32_t copy, uint32_t copies)
{
    size_t used = strlen(name);

    if (copies > 1)
        snprintf(name + used, NAME_MAX_LEN + 1 - used, ".%u", copy);
}

/* Where the first copy of each guest and region has gone. */
struct moved {
    uint32_t guest[GUESTS_MAX], region[REGIONS_MAX];
};

static void copy_guests(const struct params *p, struct params *to, struct moved *moved)
{
    to->guests = 0;
    for (uint32_t i = 0; i < p->guests; i++) {
        moved->guest[i] = to->guests;
        for (uint32_t k = 0; k < p->named[i].copies; k++) {
            to->named[to->guests] = p->named[i];
            number_name(to->named[to->guests++].name, k, p->named[i].copies);
        }
    }
}

static void copy_regions(const struct params *p, struct params *to, struct moved *moved)
{
    to->regions = 0;
    for (uint32_t i = 0; i < p->regions; i++) {
        uint32_t copies = cfg_copies(p, p->region[i].guest);

        moved->region[i] = to->regions;
        for (uint32_t k = 0; k < copies; k++) {
            struct region_params *r = &to->region[to->regions++];

            *r = p->region[i];
            r->guest = moved->guest[r->guest] + k;
            number_name(r->name, k, copies);
        }
    }
}

static void copy_tasks(const struct cfg *cfg, struct params *to, struct page_traces *traces,
                       const struct moved *moved)
{
    const struct params *p = &cfg->params;

    to->tasks = 0;
    for (uint32_t i = 0; i < p->tasks; i++) {
        uint32_t copies = cfg_copies(p, p->task[i].guest);

        for (uint32_t k = 0; k < copies; k++) {
            struct task_params *t = &to->task[to->tasks];

            *t = p->task[i];
            t->guest = moved->guest[t->guest] + k;
            number_name(t->name, k, copies);
            for (uint32_t s = 0; s < t->steps; s++)
                if (t->step[s].kind == STEP_TOUCH)
                    t->step[s].region = moved->region[t->step[s].region] + k;
            memcpy(traces->of[to->tasks], cfg->traces.of[i], sizeof traces->of[i]);
            traces->arrivals[to->tasks++] = cfg->traces.arrivals[i];
        }
    }
}

void cfg_make_copies(struct cfg *cfg)
{
    struct moved moved = {{0}, {0}};

    cfg->run = g_memdup2(&cfg->params, sizeof cfg->params);
    cfg->run_traces = cfg->traces;
    if (!cfg->params.guests)
        return;
    copy_guests(&cfg->params, cfg->run, &moved);
    copy_regions(&cfg->params, cfg->run, &moved);
    copy_tasks(cfg, cfg->run, &cfg->run_traces, &moved);
}
