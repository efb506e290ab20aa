/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_diff_origin.c - see cli_diff_origin.h
 */
#include "cli_diff_origin.h"

#include <string.h>

#include "cli_files.h"
#include "cli_identity.h"
#include "cli_table.h"
#include "rep_param_line.h"

/* The command that made it; NULL: not written down. */
static char *command_of(const char *dir, const char *json)
{
    return json ? cli_json_value(json, "command") : cli_files_read(dir, "command.txt", NULL);
}

/* Of two sweeps by the same command: another version of sim, or other files. */
static void tell_member(GString *out, const char *before, const char *after, const char *key,
                        const char *words)
{
    g_autofree char *x = cli_json_value(before, key), *y = cli_json_value(after, key);

    if (x && y && strcmp(x, y) != 0)
        g_string_append_printf(out, "  %s: %s -> %s\n", words, x, y);
}

/* "key = value  # source" by key; of a sweep none. */
static GHashTable *params_of(const char *dir)
{
    g_autofree char *text = cli_files_read(dir, "params.txt", NULL);
    g_auto(GStrv) line = g_strsplit(text ? text : "", "\n", -1);
    GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    for (char **l = line; *l; l++) {
        struct rep_param_line param;

        if (rep_param_split(&param, *l))
            g_hash_table_insert(table, g_strdup(param.key), g_strdup(param.value));
    }
    return table;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(a, b);
}

static void tell_params(GString *out, const char *a, const char *b)
{
    g_autoptr(GHashTable) before = params_of(a), after = params_of(b), all = NULL;
    GHashTableIter iterator;
    GList *keys;
    gpointer key;

    all = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_iter_init(&iterator, before);
    while (g_hash_table_iter_next(&iterator, &key, NULL))
        g_hash_table_add(all, key);
    g_hash_table_iter_init(&iterator, after);
    while (g_hash_table_iter_next(&iterator, &key, NULL))
        g_hash_table_add(all, key);
    keys = g_list_sort(g_hash_table_get_keys(all), by_name);
    for (GList *k = keys; k; k = k->next) {
        const char *x = g_hash_table_lookup(before, k->data);
        const char *y = g_hash_table_lookup(after, k->data);

        if (g_strcmp0(x, y) != 0)
            g_string_append_printf(out, "  %s: %s -> %s\n", (const char *)k->data,
                                   x ? x : "not there", y ? y : "not there");
    }
    g_list_free(keys);
}

void cli_diff_origin(GString *out, const char *a, const char *b)
{
    g_autofree char *before = cli_files_read(a, CLI_TABLE_JSON, NULL);
    g_autofree char *after = cli_files_read(b, CLI_TABLE_JSON, NULL);
    g_autofree char *first = command_of(a, before), *second = command_of(b, after);

    if (!first || !second)
        return;
    g_strchomp(first);
    g_strchomp(second);
    if (strcmp(first, second) != 0)
        g_string_append_printf(out, "  %s: %s\n  %s: %s\n", a, first, b, second);
    else
        tell_member(out, before, after, "workload_digest", "the workload's files, by digest");
    tell_member(out, before, after, "version", "version of sim");
    tell_params(out, a, b);
}
