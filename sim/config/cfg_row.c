/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_row.c - a row applied: text into a member of struct params, and back
 */
#include <string.h>

#include "cfg_device.h"
#include "cfg_internal.h"

static char *join_choices(const struct cfg_row *row, const char *between)
{
    return g_strjoinv(between, (char **)(uintptr_t)row->choices);
}

/* A number of the row's unit as the user would write it. */
static char *text_of_number(const struct cfg_row *row, uint64_t value)
{
    switch (row->type) {
    case CFG_TIME:
    case CFG_DIST:
        return cfg_format_time(value);
    case CFG_BYTES:
    case CFG_LIMIT:
        return cfg_format_bytes(value);
    case CFG_SHARE:
        return cfg_format_share((uint32_t)value);
    case CFG_MILLI:
        return cfg_format_milli((uint32_t)value);
    case CFG_COUNT32:
    case CFG_COUNT64:
    case CFG_SIGNED32:
    case CFG_VCPU:
    case CFG_CPUS:
    case CFG_GUEST:
    case CFG_BOOL:
    case CFG_TRUE:
    case CFG_CHOICE:
    case CFG_MODES:
    case CFG_SWITCHES:
    case CFG_NAME:
    case CFG_DEVICE:
    case CFG_REGION:
    case CFG_FILE:
    case CFG_PATH:
    case CFG_RATE:
    case CFG_LOCK:
    case CFG_OBJECTIVE:
        break;
    }
    return g_strdup_printf("%" G_GINT64_FORMAT, (int64_t)value);
}

static char *number_range(const struct cfg_row *row)
{
    g_autofree char *low = text_of_number(row, row->min), *high = text_of_number(row, row->max);

    return g_strdup_printf("%s to %s", low, high);
}

char *cfg_row_range(const struct cfg_row *row)
{
    g_autofree char *range = NULL;

    switch (row->type) {
    case CFG_BOOL:
        return g_strdup("true | false");
    case CFG_TRUE:
        return g_strdup("true");
    case CFG_CHOICE:
        return join_choices(row, " | ");
    case CFG_MODES:
        range = join_choices(row, ", ");
        return g_strdup_printf("some of %s", range);
    case CFG_SWITCHES:
        range = join_choices(row, ", ");
        return g_strdup_printf("none, or some of %s", range);
    case CFG_NAME:
        return g_strdup("a-z 0-9 _ - ., up to 31");
    case CFG_DEVICE:
        return g_strdup("a device of docs/devices.md, fio:FILE.json or histogram:FILE.csv");
    case CFG_GUEST:
        return g_strdup("first, or a key of guests");
    case CFG_REGION:
        return g_strdup("a key of regions");
    case CFG_FILE:
        return g_strdup("a page trace");
    case CFG_PATH:
        return g_strdup("a file");
    case CFG_RATE:
        return g_strdup("none, or 0.001/s to 1000000/s");
    case CFG_LOCK:
        return g_strdup("a name: a-z 0-9 _ - ., up to 31");
    case CFG_OBJECTIVE:
        return g_strdup("none, or a percentile below a time: p99 < 5ms");
    case CFG_LIMIT:
        range = number_range(row);
        return g_strdup_printf("none, or %s", range);
    case CFG_VCPU:
        range = number_range(row);
        return g_strdup_printf("any, or %s", range);
    case CFG_CPUS:
        range = number_range(row);
        return g_strdup_printf("own, or %s", range);
    case CFG_DIST:
        range = number_range(row);
        return g_strdup_printf("a distribution of %s", range);
    case CFG_COUNT32:
    case CFG_COUNT64:
    case CFG_SIGNED32:
    case CFG_TIME:
    case CFG_BYTES:
    case CFG_SHARE:
    case CFG_MILLI:
        break;
    }
    return number_range(row);
}

static char *out_of_range(const struct cfg_row *row, const char *text, enum cfg_error *code)
{
    g_autofree char *range = cfg_row_range(row), *quoted = cfg_quote(text);

    *code = CFG_ERROR_RANGE;
    return g_strdup_printf("%s is out of range: %s", quoted, range);
}

static char *parse_number(const struct cfg_row *row, const char *text, uint64_t *ret)
{
    uint32_t small = 0;
    int64_t with_sign = 0;
    char *why;

    switch (row->type) {
    case CFG_TIME:
        return cfg_parse_time(text, ret);
    case CFG_BYTES:
    case CFG_LIMIT:
        return cfg_parse_bytes(text, ret);
    case CFG_SHARE:
        why = cfg_parse_share(text, &small);
        *ret = small;
        return why;
    case CFG_MILLI:
        why = cfg_parse_milli(text, &small);
        *ret = small;
        return why;
    case CFG_SIGNED32:
        why = cfg_parse_signed(text, &with_sign);
        *ret = (uint64_t)with_sign;
        return why;
    case CFG_COUNT32:
    case CFG_COUNT64:
    case CFG_VCPU:
    case CFG_CPUS:
    case CFG_GUEST:
    case CFG_BOOL:
    case CFG_TRUE:
    case CFG_CHOICE:
    case CFG_MODES:
    case CFG_SWITCHES:
    case CFG_DIST:
    case CFG_NAME:
    case CFG_DEVICE:
    case CFG_REGION:
    case CFG_FILE:
    case CFG_PATH:
    case CFG_RATE:
    case CFG_LOCK:
    case CFG_OBJECTIVE:
        break;
    }
    return cfg_parse_count(text, ret);
}

static bool is_wide(const struct cfg_row *row)
{
    return row->type == CFG_COUNT64 || row->type == CFG_TIME || row->type == CFG_BYTES ||
           row->type == CFG_LIMIT;
}

static bool in_range(const struct cfg_row *row, uint64_t value)
{
    if (row->type == CFG_SIGNED32)
        return (int64_t)value >= (int64_t)row->min && (int64_t)value <= (int64_t)row->max;
    return value >= row->min && value <= row->max;
}

static char *store_number(const struct cfg_row *row, char *at, const char *text,
                          enum cfg_error *code)
{
    uint64_t value = 0;
    char *why = parse_number(row, text, &value);

    if (why)
        return why;
    if (!in_range(row, value))
        return out_of_range(row, text, code);
    if (is_wide(row))
        *(uint64_t *)(void *)at = value;
    else
        *(uint32_t *)(void *)at = (uint32_t)value;
    return NULL;
}

static const char *word_for_none(const struct cfg_row *row)
{
    return row->type == CFG_LIMIT ? "none" : row->type == CFG_VCPU ? "any" : "own";
}

/* A number, or the word that stands for none. */
static char *store_number_or(const struct cfg_row *row, char *at, const char *text,
                             enum cfg_error *code)
{
    const char *word = word_for_none(row);
    g_autofree char *why = NULL;

    if (strcmp(text, word) != 0) {
        why = store_number(row, at, text, code);
        return why && *code == CFG_ERROR_VALUE ? g_strconcat(why, ", or ", word, NULL)
                                               : g_steal_pointer(&why);
    }
    if (row->type == CFG_LIMIT)
        *(uint64_t *)(void *)at = 0;
    else
        *(int32_t *)(void *)at = row->type == CFG_VCPU ? -1 : 0;
    return NULL;
}

/* A near spelling of a version is another version: none is suggested. */
static char *choice_hint(const struct cfg_row *row, const char *text, size_t count)
{
    g_autofree char *list = NULL;

    if (!g_ascii_isdigit(row->choices[0][0]))
        return cfg_hint(text, row->choices, count);
    list = join_choices(row, ", ");
    return g_strdup_printf("; there are %s: take the newest that is not newer", list);
}

static char *store_choice(const struct cfg_row *row, char *at, const char *text)
{
    g_autofree char *quoted = cfg_quote(text), *hint = NULL;
    size_t count = 0;

    for (; row->choices[count]; count++) {
        if (strcmp(row->choices[count], text) != 0)
            continue;
        if (row->at != CFG_NOWHERE)
            *(uint32_t *)(void *)at = (uint32_t)count;
        return NULL;
    }
    hint = choice_hint(row, text, count);
    return g_strdup_printf("unknown value %s%s", quoted, hint);
}

/* The words of "[a, b]", "a,b" or "a"; one empty word if there is none. */
static char **list_words(const char *text)
{
    bool brackets = *text == '[' && g_str_has_suffix(text, "]");
    g_autofree char *inside = brackets ? g_strndup(text + 1, strlen(text) - 2) : g_strdup(text);
    char **words = g_strsplit(*g_strstrip(inside) ? inside : " ", ",", -1);

    for (char **word = words; *word; word++)
        g_strstrip(*word);
    return words;
}

static char *store_modes(const struct cfg_row *row, bool *mode, const char *text)
{
    g_auto(GStrv) words = list_words(text);

    memset(mode, 0, MODES * sizeof(*mode));
    if (!words[1] && !*words[0])
        return g_strdup("no mode; write some of off, halt, apf");
    for (char **word = words; *word; word++) {
        uint32_t one = 0;
        char *why = store_choice(row, (char *)&one, *word);

        if (why)
            return why;
        if (mode[one])
            return g_strdup_printf("mode '%s' twice; write it once", *word);
        mode[one] = true;
    }
    return NULL;
}

/* The number of "HOLE-15". */
static unsigned switch_number(const char *id)
{
    return (unsigned)g_ascii_strtoull(strchr(id, '-') + 1, NULL, 10);
}

static char *no_such_switch(const struct cfg_row *row, const char *text)
{
    g_autofree char *list = join_choices(row, ", "), *quoted = cfg_quote(text);

    return g_strdup_printf("%s is no switch of the machine models; there are %s (`sim check "
                           "--list-switches` has more)",
                           quoted, list);
}

static char *store_switches(const struct cfg_row *row, uint64_t *set, const char *text)
{
    g_auto(GStrv) words = list_words(text);

    *set = 0;
    if (strcmp(text, "none") == 0)
        return NULL;
    for (char **word = words; *word; word++) {
        uint32_t one = 0;
        g_autofree char *why = store_choice(row, (char *)&one, *word);
        uint64_t bit = why ? 0 : UINT64_C(1) << switch_number(row->choices[one]);

        if (why)
            return no_such_switch(row, *word);
        if (*set & bit)
            return g_strdup_printf("'%s' twice; write it once", *word);
        *set |= bit;
    }
    return NULL;
}

static char *store_name(char *at, const char *text)
{
    g_autofree char *quoted = cfg_quote(text);
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-.");

    if (length == 0 || length > NAME_MAX_LEN || text[length])
        return g_strdup_printf("%s is no name; use 1 to 31 of a-z, 0-9, _ - and .", quoted);
    g_strlcpy(at, text, NAME_MAX_LEN + 1);
    return NULL;
}

static char *store_device(char *at, const char *text, const struct cfg_presets *presets)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    g_autofree char *hint = NULL, *quoted = cfg_quote(text);
    struct disk_params scratch;
    const char *name;

    if (cfg_device_is_file(text)) { /* was read before the other disk keys */
        g_autofree char *file = cfg_device_name(text);

        g_strlcpy(at, file, NAME_MAX_LEN + 1); /* as far as it fits */
        return NULL;
    }
    if (strlen(text) <= NAME_MAX_LEN && presets->disk(text, &scratch)) {
        g_strlcpy(at, text, NAME_MAX_LEN + 1);
        return NULL;
    }
    for (unsigned i = 0; (name = presets->disk_name(i)) != NULL; i++)
        g_ptr_array_add(known, (void *)(uintptr_t)name);
    hint = cfg_hint(text, (const char *const *)known->pdata, known->len);
    return g_strdup_printf("unknown device %s%s", quoted, hint);
}

static char *store_region(uint32_t *at, const char *text, const struct cfg_context *context)
{
    g_autofree char *hint = cfg_hint(text, context->regions, context->regions_count);
    g_autofree char *quoted = cfg_quote(text);

    for (size_t i = 0; i < context->regions_count; i++) {
        if (strcmp(context->regions[i], text) == 0) {
            *at = (uint32_t)i;
            return NULL;
        }
    }
    return g_strdup_printf("no region %s under `regions`%s", quoted, hint);
}

static bool dist_in_range(const struct cfg_row *row, const struct sim_dist *d)
{
    bool good = d->a >= row->min && d->a <= row->max && d->b <= row->max;

    for (uint32_t i = 0; i < d->points; i++)
        good = good && d->q[i].ns >= row->min && d->q[i].ns <= row->max;
    return good;
}

static char *store_dist(const struct cfg_row *row, struct sim_dist *at, const char *text,
                        enum cfg_error *code)
{
    struct sim_dist dist;
    char *why = cfg_parse_dist(text, &dist);

    if (why)
        return why;
    if (!dist_in_range(row, &dist))
        return out_of_range(row, text, code);
    *at = dist;
    return NULL;
}

static char *store_file(char *at, const char *text, const char *what)
{
    if (!*text || strlen(text) > PATH_MAX_LEN)
        return g_strdup_printf("%s needs a path of 1 to 511 bytes", what);
    g_strlcpy(at, text, PATH_MAX_LEN + 1);
    return NULL;
}

/* Locks are not declared: a name that is used is a lock. */
static char *store_lock(uint32_t *at, const char *text, struct params *params)
{
    char name[NAME_MAX_LEN + 1];
    char *why = store_name(name, text);

    if (why)
        return why;
    for (*at = 0; *at < params->locks; (*at)++)
        if (strcmp(params->lock[*at], name) == 0)
            return NULL;
    if (params->locks == LOCKS_MAX)
        return g_strdup_printf("more than %d locks; use some for several things", LOCKS_MAX);
    g_strlcpy(params->lock[params->locks++], name, sizeof name);
    return NULL;
}

static char *store_true(const char *text)
{
    return strcmp(text, "true") == 0 ? NULL
                                     : g_strdup("the only value is true; remove the step instead");
}

char *cfg_row_store(const struct cfg_row *row, void *base, const char *text,
                    const struct cfg_context *context, enum cfg_error *ret_code)
{
    uint64_t nowhere[8]; /* for rows that are checked and stand for nothing */
    char *at = row->at == CFG_NOWHERE ? (char *)nowhere : (char *)base + row->at;

    *ret_code = CFG_ERROR_VALUE;
    switch (row->type) {
    case CFG_BOOL:
        return cfg_parse_bool(text, (bool *)at);
    case CFG_TRUE:
        return store_true(text);
    case CFG_CHOICE:
        return store_choice(row, at, text);
    case CFG_MODES:
        return store_modes(row, (bool *)at, text);
    case CFG_SWITCHES:
        return store_switches(row, (uint64_t *)(void *)at, text);
    case CFG_DIST:
        return store_dist(row, (struct sim_dist *)(void *)at, text, ret_code);
    case CFG_NAME:
        return store_name(at, text);
    case CFG_DEVICE:
        return store_device(at, text, context->presets);
    case CFG_GUEST:
        return cfg_store_guest((uint32_t *)(void *)at, text, context->params);
    case CFG_REGION:
        return store_region((uint32_t *)(void *)at, text, context);
    case CFG_FILE:
        return store_file(at, text, "a page trace");
    case CFG_PATH:
        return store_file(at, text, "a file");
    case CFG_RATE:
        return cfg_parse_rate(text, (uint32_t *)(void *)at);
    case CFG_LOCK:
        return store_lock((uint32_t *)(void *)at, text, context->params);
    case CFG_OBJECTIVE:
        return cfg_parse_objective(text, (struct objective_params *)(void *)at);
    case CFG_LIMIT:
    case CFG_VCPU:
    case CFG_CPUS:
        return store_number_or(row, at, text, ret_code);
    case CFG_COUNT32:
    case CFG_COUNT64:
    case CFG_SIGNED32:
    case CFG_TIME:
    case CFG_BYTES:
    case CFG_SHARE:
    case CFG_MILLI:
        break;
    }
    return store_number(row, at, text, ret_code);
}

static char *modes_text(const struct cfg_row *row, const bool *mode)
{
    GString *out = g_string_new("[");

    for (unsigned i = 0; i < MODES; i++)
        if (mode[i])
            g_string_append_printf(out, "%s%s", out->len > 1 ? ", " : "", row->choices[i]);
    g_string_append_c(out, ']');
    return g_string_free(out, FALSE);
}

static char *switches_text(const struct cfg_row *row, uint64_t set)
{
    GString *out = g_string_new(NULL);

    for (const char *const *id = row->choices; *id; id++)
        if (set >> switch_number(*id) & 1)
            g_string_append_printf(out, "%s%s", out->len ? ", " : "[", *id);
    g_string_append(out, out->len ? "]" : "none");
    return g_string_free(out, FALSE);
}

static char *number_text(const struct cfg_row *row, const char *at)
{
    if (is_wide(row))
        return text_of_number(row, *(const uint64_t *)(const void *)at);
    if (row->type == CFG_SIGNED32)
        return g_strdup_printf("%d", *(const int32_t *)(const void *)at);
    return text_of_number(row, *(const uint32_t *)(const void *)at);
}

char *cfg_row_text(const struct cfg_row *row, const void *base, const struct params *params)
{
    static const uint64_t nothing[8];
    const void *where =
        row->at == CFG_NOWHERE ? (const void *)nothing : (const char *)base + row->at;
    const char *at = where;

    switch (row->type) {
    case CFG_BOOL:
        return g_strdup(*(const bool *)at ? "true" : "false");
    case CFG_TRUE:
        return g_strdup("true");
    case CFG_CHOICE:
        return g_strdup(row->choices[*(const uint32_t *)where]);
    case CFG_MODES:
        return modes_text(row, (const bool *)at);
    case CFG_SWITCHES:
        return switches_text(row, *(const uint64_t *)where);
    case CFG_DIST:
        return cfg_format_dist((const struct sim_dist *)(const void *)at);
    case CFG_NAME:
    case CFG_DEVICE:
    case CFG_FILE:
    case CFG_PATH:
        return g_strdup(at);
    case CFG_RATE:
        return cfg_format_rate(*(const uint32_t *)(const void *)at);
    case CFG_LOCK:
        return g_strdup(params->lock[*(const uint32_t *)(const void *)at]);
    case CFG_OBJECTIVE:
        return cfg_format_objective((const struct objective_params *)(const void *)at);
    case CFG_GUEST:
        return g_strdup(cfg_guest_text(*(const uint32_t *)where, params));
    case CFG_REGION:
        return g_strdup(params->region[*(const uint32_t *)(const void *)at].name);
    case CFG_LIMIT:
        return *(const uint64_t *)(const void *)at ? number_text(row, at) : g_strdup("none");
    case CFG_VCPU:
        return *(const int32_t *)(const void *)at < 0 ? g_strdup("any") : number_text(row, at);
    case CFG_CPUS:
        return *(const uint32_t *)where ? number_text(row, at) : g_strdup("own");
    case CFG_COUNT32:
    case CFG_COUNT64:
    case CFG_SIGNED32:
    case CFG_TIME:
    case CFG_BYTES:
    case CFG_SHARE:
    case CFG_MILLI:
        break;
    }
    return number_text(row, at);
}
