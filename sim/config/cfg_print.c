/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_print.c - canonical values, where they came from, and their digest
 */
#include <string.h>
#include <xxhash.h>

#include "cfg_device.h"
#include "cfg_internal.h"

/* Rows that are not part of a workload as long as nobody writes them. */
static bool is_absent(const struct cfg *cfg, const struct cfg_row *row, struct cfg_element of)
{
    const struct step_params *step = &cfg->params.task[of.task].step[of.step];

    if (row->type == CFG_FILE)
        return step->pattern != PATTERN_TRACE;
    if (row->scope != CFG_OF_TASK || !strstr(row->key, ".arrivals.") ||
        g_str_has_suffix(row->key, ".process"))
        return false;
    /* what belongs to requests, of a task that serves none */
    return cfg->params.task[of.task].arrivals.process == ARRIVALS_NONE ||
           (row->type == CFG_PATH && cfg->params.task[of.task].arrivals.process != ARRIVALS_FILE);
}

static char *canonical(const struct cfg *cfg, const struct cfg_row *row, struct cfg_element of)
{
    const struct cfg_setting *device =
        row->type == CFG_DEVICE ? cfg_find(cfg, "disk.device") : NULL;

    if (device && cfg_device_is_file(device->text))
        return g_strdup(device->text);
    if (row->type == CFG_FILE)
        return g_strdup(cfg->trace_written[of.task][of.step]);
    return cfg_row_text(row, cfg_base((struct cfg *)(uintptr_t)cfg, row, of), &cfg->params);
}

static char *source_of(const struct cfg *cfg, const char *key, const struct cfg_row *row,
                       struct cfg_element of)
{
    const struct cfg_setting *s = cfg_find(cfg, key);

    if (s && s->at.set)
        return g_strdup("--set");
    if (s)
        return g_strdup_printf("%s:%u:%u", s->at.file, s->at.line, s->at.column);
    if (of.guest && row->key[strlen("guest")] == '.')
        return g_strdup_printf("as %s", row->key);
    if (strncmp(key, "disk.", 5) == 0 && row->type != CFG_DEVICE)
        return g_strdup_printf("preset %s", cfg->params.disk.device);
    return g_strdup("default");
}

static void print_key(void *context, const struct cfg *cfg, const char *key,
                      const struct cfg_row *row, struct cfg_element of)
{
    g_autofree char *value = NULL, *source = NULL, *line = NULL;

    if (is_absent(cfg, row, of))
        return;
    value = canonical(cfg, row, of);
    source = source_of(cfg, key, row, of);
    line = g_strdup_printf("%s = %s", key, value);
    fprintf(context, "%-48s # %s\n", line, source);
}

void cfg_print_provenance(const struct cfg *cfg, FILE *out)
{
    cfg_each(cfg, print_key, out);
}

struct wanted {
    const char *key;
    char *value, *source;
};

static void match_key(void *context, const struct cfg *cfg, const char *key,
                      const struct cfg_row *row, struct cfg_element of)
{
    struct wanted *wanted = context;

    if (strcmp(key, wanted->key) != 0 || is_absent(cfg, row, of))
        return;
    wanted->value = canonical(cfg, row, of);
    wanted->source = source_of(cfg, key, row, of);
}

char *cfg_value_text(const struct cfg *cfg, const char *key)
{
    struct wanted wanted = {.key = key};

    cfg_each(cfg, match_key, &wanted);
    g_free(wanted.source);
    return wanted.value;
}

char *cfg_value_source(const struct cfg *cfg, const char *key)
{
    struct wanted wanted = {.key = key};

    cfg_each(cfg, match_key, &wanted);
    g_free(wanted.value);
    return wanted.source;
}

static uint64_t trace_check(const struct cfg *cfg, struct cfg_element of)
{
    const struct page_trace *trace = cfg->traces.of[of.task][of.step];

    for (guint i = 0; i < cfg->trace_files->len; i++) {
        const struct cfg_trace_file *file = g_ptr_array_index(cfg->trace_files, i);

        if (&file->trace == trace)
            return file->data.check;
    }
    return 0;
}

/* A key that came later says nothing about a workload that does not use it. */
static bool is_silent(const struct cfg_row *row, const char *value)
{
    return row->later && row->def && strcmp(row->def, value) == 0;
}

/* What of a file counts is what is in it. */
static uint64_t arrivals_check(const struct cfg *cfg, struct cfg_element of)
{
    const struct arrival_times *times = &cfg->arrivals[of.task];

    return XXH3_64bits(times->at, times->count * sizeof *times->at);
}

static char *hashed_value(const struct cfg *cfg, const struct cfg_row *row, struct cfg_element of)
{
    const char *device = cfg->params.disk.device;

    if (row->type == CFG_DEVICE) /* what the file said stands in the other disk keys */
        return g_strndup(device, strcspn(device, ":"));
    if (row->type != CFG_FILE && row->type != CFG_PATH)
        return canonical(cfg, row, of);
    return g_strdup_printf("%016" G_GINT64_MODIFIER "x",
                           row->type == CFG_FILE ? trace_check(cfg, of) : arrivals_check(cfg, of));
}

static void hash_key(void *context, const struct cfg *cfg, const char *key,
                     const struct cfg_row *row, struct cfg_element of)
{
    g_autofree char *value = NULL, *line = NULL;

    if (is_absent(cfg, row, of))
        return;
    if (row->type == CFG_RATE) /* its interval says the same */
        return;
    value = hashed_value(cfg, row, of);
    if (is_silent(row, value))
        return;
    line = g_strdup_printf("%s = %s\n", key, value);
    XXH3_128bits_update(context, line, strlen(line));
}

char *cfg_digest(const struct cfg *cfg)
{
    XXH3_state_t *state = XXH3_createState();
    XXH128_hash_t hash;

    XXH3_128bits_reset(state);
    cfg_each(cfg, hash_key, state);
    hash = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    return g_strdup_printf("%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x",
                           (guint64)hash.high64, (guint64)hash.low64);
}
