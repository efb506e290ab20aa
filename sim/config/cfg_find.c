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
    case CFG_OF_REGION:
        return &cfg->params.region[of.region];
    case CFG_OF_TASK:
        return &cfg->params.task[of.task];
    case CFG_OF_STEP:
        return &cfg->params.task[of.task].step[of.step];
    }
    return NULL;
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
    for (unsigned i = 0; i < cfg->params.regions; i++) {
        g_autofree char *prefix = g_strconcat("regions.", cfg->params.region[i].name, NULL);

        each_row(cfg, "regions.*", prefix, (struct cfg_element){.region = i}, on_key, context);
    }
    for (unsigned i = 0; i < cfg->params.tasks; i++)
        each_task(cfg, i, on_key, context);
}
