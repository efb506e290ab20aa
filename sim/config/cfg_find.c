/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_find.c - from keys to settings, places and members
 */
#include <string.h>

#include "cfg_internal.h"

const struct cfg_setting *cfg_find(const struct cfg *cfg, const char *key)
{
    return g_hash_table_lookup(cfg->by_key, key);
}

struct cfg_place cfg_place_of(const struct cfg *cfg, const char *key)
{
    g_autofree char *part = g_strdup(key);
    struct cfg_place whole = {cfg->path, 0, 0, NULL};

    for (;;) {
        const struct cfg_setting *setting = cfg_find(cfg, part);
        char *dot = strrchr(part, '.');

        if (setting)
            return setting->at;
        if (!dot)
            return whole;
        *dot = '\0';
    }
}

void *cfg_base(struct cfg *cfg, const struct cfg_row *row, struct cfg_element of)
{
    switch (row->scope) {
    case CFG_RUN:
        return &cfg->params;
    case CFG_OF_GUEST:
        return of.guest ? &cfg->params.named[of.guest - 1] : &cfg->params.guest;
    case CFG_OF_REGION:
        return &cfg->params.region[of.region];
    case CFG_OF_TASK:
        return &cfg->params.task[of.task];
    case CFG_OF_STEP:
        return &cfg->params.task[of.task].step[of.step];
    }
    return NULL;
}

const struct cfg_elements *cfg_elements_of(const char *section)
{
    static const struct cfg_elements all[] = {
        {"regions", "region", "`array: {size: 1GiB}`", CFG_OF_REGION, REGIONS_MAX},
        {"tasks", "task", "`spinner: {loop: [compute: 1us]}`", CFG_OF_TASK, TASK_KINDS_MAX},
        {"guests", "guest", "`web: {vcpus: 2}`", CFG_OF_GUEST, GUESTS_MAX},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        if (strcmp(all[i].section, section) == 0)
            return &all[i];
    return NULL;
}

uint32_t *cfg_elements_count(struct cfg *cfg, const struct cfg_elements *e)
{
    struct params *p = &cfg->params;

    return e->scope == CFG_OF_REGION ? &p->regions
           : e->scope == CFG_OF_TASK ? &p->tasks
                                     : &p->guests;
}

char *cfg_elements_name(struct cfg *cfg, const struct cfg_elements *e, uint32_t index,
                        struct cfg_element *ret_of)
{
    struct params *p = &cfg->params;

    *ret_of = (struct cfg_element){0};
    if (e->scope == CFG_OF_REGION) {
        ret_of->region = index;
        return p->region[index].name;
    }
    if (e->scope == CFG_OF_TASK) {
        ret_of->task = index;
        return p->task[index].name;
    }
    ret_of->guest = index + 1;
    return p->named[index].name;
}

static void each_row(const struct cfg *cfg, const char *pattern, const char *prefix,
                     struct cfg_element of, cfg_on_key on_key, void *context)
{
    size_t skip = strlen(pattern);

    for (size_t i = 0; i < cfg_rows_count; i++) {
        const struct cfg_row *row = &cfg_rows[i];
        g_autofree char *key = NULL;

        if (strncmp(row->key, pattern, skip) != 0 || strchr(row->key + skip, '*'))
            continue;
        if (row->key[skip] != '.' && row->key[skip] != '\0' && skip)
            continue;
        key = g_strconcat(prefix, row->key + skip, NULL);
        on_key(context, cfg, key, row, of);
    }
}

static void each_task(const struct cfg *cfg, unsigned task, cfg_on_key on_key, void *context)
{
    const struct task_params *t = &cfg->params.task[task];
    g_autofree char *prefix = g_strconcat("tasks.", t->name, NULL);
    struct cfg_element of = {.task = task};

    each_row(cfg, "tasks.*", prefix, of, on_key, context);
    for (of.step = 0; of.step < t->steps; of.step++) {
        const char *kind = cfg_step_names[t->step[of.step].kind];
        g_autofree char *pattern = g_strconcat("tasks.*.loop.*.", kind, NULL);
        g_autofree char *step = g_strdup_printf("%s.loop.%u.%s", prefix, of.step, kind);

        each_row(cfg, pattern, step, of, on_key, context);
    }
}

void cfg_each(const struct cfg *cfg, cfg_on_key on_key, void *context)
{
    struct cfg_element none = {0};

    each_row(cfg, "", "", none, on_key, context);
    for (unsigned i = 0; i < cfg->params.guests; i++) {
        g_autofree char *prefix = g_strconcat("guests.", cfg->params.named[i].name, NULL);
        struct cfg_element of = {.guest = i + 1};

        each_row(cfg, "guests.*", prefix, of, on_key, context);
        each_row(cfg, "guest", prefix, of, on_key, context);
    }
    for (unsigned i = 0; i < cfg->params.regions; i++) {
        g_autofree char *prefix = g_strconcat("regions.", cfg->params.region[i].name, NULL);

        each_row(cfg, "regions.*", prefix, (struct cfg_element){.region = i}, on_key, context);
    }
    for (unsigned i = 0; i < cfg->params.tasks; i++)
        each_task(cfg, i, on_key, context);
}

bool cfg_blame(const struct cfg *cfg, GError **error, const char *key, const char *format, ...)
{
    struct cfg_place at = cfg_place_of(cfg, key);
    g_autofree char *what = NULL;
    va_list ap;

    va_start(ap, format);
    what = g_strdup_vprintf(format, ap);
    va_end(ap);
    return cfg_fail(error, &at, CFG_ERROR_CONFLICT, "%s: %s", key, what);
}
