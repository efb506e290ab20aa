/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_set.c - --set KEY=VALUE
 *
 * A --set changes a value of the workload that was read; it cannot add regions, tasks or steps, nor
 * turn a step into another. The file's elements are therefore known when a key is looked up.
 */
#include <string.h>

#include "cfg_internal.h"

struct lookup {
    struct cfg *cfg;
    struct cfg_place at;
    GString *pattern, *key;
    struct cfg_element of;
    GError **error;
};

static void append(GString *path, const char *word)
{
    g_string_append_printf(path, "%s%s", path->len ? "." : "", word);
}

static bool find_named(struct lookup *l, const struct cfg_elements *e, const char *name)
{
    uint32_t count = *cfg_elements_count(l->cfg, e);
    g_autofree const char **names = g_new0(const char *, count + 1);
    g_autofree char *hint = NULL, *quoted = cfg_quote(name);

    for (uint32_t i = 0; i < count; i++) {
        struct cfg_element of;

        names[i] = cfg_elements_name(l->cfg, e, i, &of);
        if (strcmp(names[i], name) != 0)
            continue;
        l->of = of;
        return true;
    }
    hint = cfg_hint(name, names, count);
    return cfg_fail(l->error, &l->at, CFG_ERROR_KEY, "%s has no %s %s%s", l->cfg->path, e->what,
                    quoted, hint);
}

static bool find_step(struct lookup *l, const char *number)
{
    uint32_t steps = l->cfg->params.task[l->of.task].steps;
    g_autofree char *quoted = cfg_quote(number);
    uint64_t index = 0;
    g_autofree char *why = cfg_parse_count(number, &index);

    l->of.step = (unsigned)index;
    if (!why && index < steps)
        return true;
    return cfg_fail(l->error, &l->at, CFG_ERROR_KEY,
                    "%s: no step %s; steps are numbered from 0 to %u", l->key->str, quoted,
                    steps ? steps - 1 : 0);
}

static bool is_kind_of_step(struct lookup *l, const char *word)
{
    const char *kind = cfg_step_names[l->cfg->params.task[l->of.task].step[l->of.step].kind];

    if (strcmp(kind, word) == 0)
        return true;
    return cfg_fail(l->error, &l->at, CFG_ERROR_KEY, "%s is a %s step, not %s", l->key->str, kind,
                    word);
}

static bool look_up_word(struct lookup *l, const char *word)
{
    const struct cfg_elements *named = cfg_elements_of(l->pattern->str);
    bool step = strcmp(l->pattern->str, "tasks.*.loop") == 0;
    bool kind = strcmp(l->pattern->str, "tasks.*.loop.*") == 0;
    g_autofree char *before = g_strdup(l->pattern->str);
    g_autofree char *prefix = g_strdup(l->key->str);

    if ((named && !find_named(l, named, word)) || (step && !find_step(l, word)))
        return false;
    append(l->pattern, named || step ? "*" : word);
    append(l->key, word);
    if ((!named && !step && strchr(word, '*')) ||
        (!cfg_row_find(l->pattern->str) && !cfg_is_section(l->pattern->str)))
        return cfg_fail_unknown(&l->at, before, prefix, word, l->error);
    if (kind) {
        g_string_assign(l->key, prefix);
        if (!is_kind_of_step(l, word))
            return false;
        append(l->key, word);
    }
    return true;
}

bool cfg_look_up(struct cfg *cfg, const struct cfg_place *at, const char *key,
                 const struct cfg_row **ret_row, struct cfg_element *ret_of, char **ret_key,
                 GError **error)
{
    g_autoptr(GString) pattern = g_string_new(NULL);
    g_autoptr(GString) full = g_string_new(NULL);
    struct lookup l = {cfg, *at, pattern, full, {0}, error};
    g_auto(GStrv) words = g_strsplit(key, ".", -1);

    for (char **word = words; *word; word++)
        if (!look_up_word(&l, *word))
            return false;
    *ret_row = cfg_row_find(pattern->str);
    if (!*ret_row && cfg_row_short(pattern->str)) {
        *ret_row = cfg_row_short(pattern->str);
        g_string_assign(full, (*ret_row)->key);
    }
    if (!*ret_row) {
        g_auto(GStrv) known = cfg_children(pattern->str);

        return cfg_fail(error, at, CFG_ERROR_KEY,
                        "%s is a section; set one of its keys, such as %s.%s", key, key,
                        strcmp(known[0], "*") == 0 ? "0.compute" : known[0]);
    }
    *ret_of = l.of;
    *ret_key = g_strdup(full->str);
    return true;
}

static bool map_set(struct cfg *cfg, const char *set, GError **error)
{
    char *copy = g_strdup(set);
    struct cfg_place at = {cfg->path, 0, 0, copy, NULL};
    const struct cfg_row *row = NULL;
    struct cfg_element of = {0};
    g_autofree char *full = NULL;
    const char *equals = strchr(set, '=');
    g_autofree char *key = equals ? g_strndup(set, (size_t)(equals - set)) : NULL;

    g_ptr_array_add(cfg->set_texts, copy);
    if (!key || !*key)
        return cfg_fail(error, &at, CFG_ERROR_USAGE,
                        "not KEY=VALUE; write for example --set guest.vcpus=4");
    if (!g_utf8_validate(set, -1, NULL))
        return cfg_fail(error, &at, CFG_ERROR_VALUE, "not UTF-8 text");
    if (!cfg_look_up(cfg, &at, key, &row, &of, &full, error))
        return false;
    cfg_add_setting(cfg, full, row, of, g_strdup(equals + 1), at);
    return true;
}

bool cfg_map_sets(struct cfg *cfg, const char *const *sets, GError **error)
{
    for (; sets && *sets; sets++)
        if (!map_set(cfg, *sets, error))
            return false;
    return true;
}
