/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_map.c - the tree of a file and the texts of --set become settings, settings become params
 *
 * Two passes: the first finds every key's row and creates the elements (regions, tasks, steps); the
 * second stores values, when the names that values may refer to are known.
 */
#include <string.h>

#include "cfg_device.h"
#include "cfg_internal.h"
#include "sim_assert.h"

const char *const cfg_step_names[STEP_KINDS] = {"compute", "touch", "sleep", "yield",
                                                "exit",    "lock",  "unlock"};

void cfg_setting_free(struct cfg_setting *setting)
{
    g_free(setting->key);
    g_free(setting->text);
    g_free(setting);
}

void cfg_add_setting(struct cfg *cfg, const char *key, const struct cfg_row *row,
                     struct cfg_element of, char *text, struct cfg_place at)
{
    struct cfg_setting *setting = g_new0(struct cfg_setting, 1);

    setting->key = g_strdup(key);
    setting->row = row;
    setting->of = of;
    setting->text = text;
    setting->at = at;
    g_ptr_array_add(cfg->settings, setting);
    g_hash_table_replace(cfg->by_key, setting->key, setting);
}

static struct cfg_place place_of_node(const struct cfg *cfg, const struct cfg_node *node)
{
    return (struct cfg_place){cfg->path, node->line, node->column, NULL};
}

static struct cfg_place place_of_key(const struct cfg *cfg, const struct cfg_node *node)
{
    return (struct cfg_place){cfg->path, node->key_line, node->key_column, NULL};
}

static char *join(const char *prefix, const char *word)
{
    return *prefix ? g_strconcat(prefix, ".", word, NULL) : g_strdup(word);
}

static bool want_kind(const struct cfg *cfg, const struct cfg_node *node, enum cfg_node_kind kind,
                      const char *key, const char *example, GError **error)
{
    struct cfg_place at = place_of_node(cfg, node);

    if (node->kind == kind)
        return true;
    return cfg_fail(error, &at, CFG_ERROR_KEY, "%s: %s where %s is expected, such as %s%s", key,
                    cfg_node_kind_name(node), cfg_node_kind_name(&(struct cfg_node){.kind = kind}),
                    example, node->kind == CFG_SCALAR ? cfg_comma_hint(node->text) : "");
}

bool cfg_fail_unknown(const struct cfg_place *at, const char *pattern, const char *prefix,
                      const char *word, GError **error)
{
    g_auto(GStrv) known = cfg_children(pattern);
    g_autofree char *hint = cfg_hint(word, (const char *const *)known, g_strv_length(known));
    g_autofree char *quoted = cfg_quote(word);
    const char *comma = cfg_comma_hint(word);

    if (!*known)
        return cfg_fail(error, at, CFG_ERROR_KEY, "%s has no keys; remove '.%s'", prefix, word);
    return cfg_fail(error, at, CFG_ERROR_KEY, "%s%sunknown key %s%s", prefix, *prefix ? ": " : "",
                    quoted, *comma ? comma : hint);
}

/* `modes: [off, apf]`: the only value that may be written as a list. */
static char *text_of_list(const struct cfg_node *node)
{
    GString *text = g_string_new("[");

    for (guint i = 0; i < node->children->len; i++) {
        const struct cfg_node *item = g_ptr_array_index(node->children, i);

        if (item->kind != CFG_SCALAR || strchr(item->text, ',')) {
            g_string_free(text, TRUE);
            return NULL;
        }
        g_string_append_printf(text, "%s%s", i ? "," : "", item->text);
    }
    g_string_append_c(text, ']');
    return g_string_free(text, FALSE);
}

static bool map_value(struct cfg *cfg, const struct cfg_node *node, const char *key,
                      const struct cfg_row *row, struct cfg_element of, GError **error)
{
    char *text = NULL;

    if ((row->type == CFG_MODES || row->type == CFG_SWITCHES) && node->kind == CFG_LIST)
        text = text_of_list(node);
    if (!text) {
        if (!want_kind(cfg, node, CFG_SCALAR, key, row->def ? row->def : "a word or a number",
                       error))
            return false;
        text = g_strdup(node->text);
    }
    cfg_add_setting(cfg, key, row, of, text, place_of_node(cfg, node));
    return true;
}

static bool store_default(struct cfg *cfg, const struct cfg_row *row, struct cfg_element of)
{
    struct cfg_context context = {.presets = &cfg->presets};
    enum cfg_error code;
    g_autofree char *why =
        row->def ? cfg_row_store(row, cfg_base(cfg, row, of), row->def, &context, &code) : NULL;

    return !why;
}

/* The defaults of an element; its pattern ends at the element: "regions.*". */
static void store_defaults(struct cfg *cfg, enum cfg_scope scope, struct cfg_element of)
{
    for (size_t i = 0; i < cfg_rows_count; i++)
        if (cfg_rows[i].scope == scope && cfg_rows[i].type != CFG_DEVICE) {
            bool good = store_default(cfg, &cfg_rows[i], of);

            SIM_ASSERT(good); /* else the row is wrong, not the user */
        }
}

static bool map_section(struct cfg *cfg, const struct cfg_node *node, const char *pattern,
                        const char *key, struct cfg_element of, GError **error);

static bool check_name(const struct cfg_place *at, const char *name, const char *what,
                       GError **error)
{
    g_autofree char *quoted = cfg_quote(name);
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

    if (length && length <= NAME_MAX_LEN && !name[length])
        return true;
    return cfg_fail(error, at, CFG_ERROR_KEY,
                    "%s is no name for a %s; use 1 to 31 of a-z, 0-9, _ and -", quoted, what);
}

/* Creates the element for one entry of such a section; false when there are too many. */
static bool new_element(struct cfg *cfg, const struct cfg_elements *e, const char *name,
                        struct cfg_element *ret)
{
    uint32_t *count = cfg_elements_count(cfg, e);

    if (*count == e->max)
        return false;
    g_strlcpy(cfg_elements_name(cfg, e, *count, ret), name, NAME_MAX_LEN + 1);
    ++*count;
    store_defaults(cfg, e->scope, *ret);
    return true;
}

static bool map_elements(struct cfg *cfg, const struct cfg_node *node, const struct cfg_elements *e,
                         GError **error)
{
    g_autofree char *pattern = g_strconcat(e->section, ".*", NULL);

    if (!want_kind(cfg, node, CFG_MAP, e->section, e->example, error))
        return false;
    for (guint i = 0; i < node->children->len; i++) {
        const struct cfg_node *child = g_ptr_array_index(node->children, i);
        struct cfg_place at = place_of_key(cfg, child);
        g_autofree char *key = join(e->section, child->key);
        struct cfg_element of;

        if (!check_name(&at, child->key, e->what, error))
            return false;
        if (!new_element(cfg, e, child->key, &of))
            return cfg_fail(error, &at, CFG_ERROR_KEY, "more than %u %ss; merge some", e->max,
                            e->what);
        cfg_add_setting(cfg, key, NULL, of, NULL, at);
        if (!map_section(cfg, child, pattern, key, of, error))
            return false;
    }
    return true;
}

static int step_kind(const char *word)
{
    for (int i = 0; i < STEP_KINDS; i++)
        if (strcmp(cfg_step_names[i], word) == 0)
            return i;
    return -1;
}

static bool map_step(struct cfg *cfg, const struct cfg_node *node, const char *key,
                     struct cfg_element of, GError **error)
{
    struct step_params *step = &cfg->params.task[of.task].step[of.step];
    struct cfg_place at = place_of_node(cfg, node);
    const struct cfg_node *child;
    int kind;

    if (!want_kind(cfg, node, CFG_MAP, key, "`compute: 1us`", error))
        return false;
    if (node->children->len != 1)
        return cfg_fail(error, &at, CFG_ERROR_KEY,
                        "%s: %u keys in one step; begin each step with its own `- `", key,
                        node->children->len);
    child = g_ptr_array_index(node->children, 0);
    kind = step_kind(child->key);
    if (kind >= 0)
        step->kind = (enum step_kind)kind;
    if (kind == STEP_TOUCH)
        store_defaults(cfg, CFG_OF_STEP, of);
    cfg_add_setting(cfg, key, NULL, of, NULL, place_of_key(cfg, child));
    return map_section(cfg, node, "tasks.*.loop.*", key, of, error);
}

static bool map_loop(struct cfg *cfg, const struct cfg_node *node, const char *key,
                     struct cfg_element of, GError **error)
{
    struct task_params *task = &cfg->params.task[of.task];

    if (!want_kind(cfg, node, CFG_LIST, key, "`- compute: 1us`", error))
        return false;
    for (of.step = 0; of.step < node->children->len; of.step++) {
        const struct cfg_node *item = g_ptr_array_index(node->children, of.step);
        g_autofree char *step_key = g_strdup_printf("%s.%u", key, of.step);
        struct cfg_place at = place_of_node(cfg, item);

        if (of.step == STEPS_MAX)
            return cfg_fail(error, &at, CFG_ERROR_KEY,
                            "%s: more than %d steps; split the task in two", key, STEPS_MAX);
        task->steps = of.step + 1;
        if (!map_step(cfg, item, step_key, of, error))
            return false;
    }
    return true;
}

static bool map_child(struct cfg *cfg, const struct cfg_node *child, const char *pattern,
                      const char *key, struct cfg_element of, GError **error)
{
    const struct cfg_row *row = cfg_row_find(pattern);

    if (row)
        return map_value(cfg, child, key, row, of, error);
    if (cfg_row_short(pattern) && child->kind == CFG_SCALAR) /* `disk: optane` */
        return map_value(cfg, child, cfg_row_short(pattern)->key, cfg_row_short(pattern), of,
                         error);
    cfg_add_setting(cfg, key, NULL, of, NULL, place_of_key(cfg, child));
    if (strcmp(pattern, "sweep") == 0) {
        cfg->sweep = child; /* read by who sweeps: cfg_axis.c */
        return want_kind(cfg, child, CFG_MAP, key, "`guest.vcpus: [1, 2, 4]`", error);
    }
    if (cfg_elements_of(pattern))
        return map_elements(cfg, child, cfg_elements_of(pattern), error);
    if (strcmp(pattern, "tasks.*.loop") == 0)
        return map_loop(cfg, child, key, of, error);
    return map_section(cfg, child, pattern, key, of, error);
}

static bool map_section(struct cfg *cfg, const struct cfg_node *node, const char *pattern,
                        const char *key, struct cfg_element of, GError **error)
{
    const char *example = g_str_has_suffix(pattern, ".touch") ? "`region: NAME`" : "`key: value`";

    if (!want_kind(cfg, node, CFG_MAP, key, example, error))
        return false;
    for (guint i = 0; i < node->children->len; i++) {
        const struct cfg_node *child = g_ptr_array_index(node->children, i);
        g_autofree char *child_pattern = join(pattern, child->key);
        g_autofree char *child_key = join(key, child->key);
        struct cfg_place at = place_of_key(cfg, child);

        if (strpbrk(child->key, ".*") ||
            (!cfg_row_find(child_pattern) && !cfg_is_section(child_pattern) &&
             strcmp(child_pattern, "sweep") != 0))
            return cfg_fail_unknown(&at, pattern, key, child->key, error);
        if (!map_child(cfg, child, child_pattern, child_key, of, error))
            return false;
    }
    return true;
}

bool cfg_map_tree(struct cfg *cfg, GError **error)
{
    struct cfg_element none = {0};

    store_defaults(cfg, CFG_RUN, none);
    store_defaults(cfg, CFG_OF_GUEST, none);
    return map_section(cfg, cfg->tree, "", "", none, error);
}

/* Second pass */

const char **cfg_region_names(const struct cfg *cfg)
{
    const char **names = g_new0(const char *, cfg->params.regions + 1);

    for (uint32_t i = 0; i < cfg->params.regions; i++)
        names[i] = cfg->params.region[i].name;
    return names;
}

static bool apply_one(struct cfg *cfg, const struct cfg_setting *s, struct cfg_context *context,
                      GError **error)
{
    enum cfg_error code;
    g_autofree char *why =
        cfg_row_store(s->row, cfg_base(cfg, s->row, s->of), s->text, context, &code);

    return !why || cfg_fail(error, &s->at, code, "%s: %s", s->key, why);
}

/* All but its name, which apply_one() stores as it does that of a preset. */
static bool read_device(struct cfg *cfg, const struct cfg_setting *set, GError **error)
{
    g_autofree char *path = cfg_path_from(cfg, &set->at, strchr(set->text, ':') + 1);

    if (!path)
        return cfg_fail(error, &set->at, CFG_ERROR_FILE,
                        "disk.device: a device in a file needs a workload in a file");
    return cfg_device_read(set->text, path, cfg_paths_begin(&set->at), &set->at, &cfg->params.disk,
                           error);
}

/* A preset comes before every other disk key, wherever it is written. */
static bool apply_device(struct cfg *cfg, GError **error)
{
    const struct cfg_setting *set = cfg_find(cfg, "disk.device");
    const struct cfg_row *row = cfg_row_find("disk.device");
    const char *device = set ? set->text : row->def;
    struct cfg_place whole = {cfg->path, 0, 0, NULL};

    if (set && cfg_device_is_file(device))
        return read_device(cfg, set, error);
    if (!cfg->presets.disk(device, &cfg->params.disk)) {
        if (set)
            return true; /* apply_one() says so, in the order of the file */
        return cfg_fail(error, &whole, CFG_ERROR_VALUE, "disk.device: no preset '%s'", device);
    }
    g_strlcpy(cfg->params.disk.device, device, NAME_MAX_LEN + 1);
    return true;
}

/* named: the settings of guests that have names, or all others. */
static bool apply_all(struct cfg *cfg, bool named, struct cfg_context *context, GError **error)
{
    for (guint i = 0; i < cfg->settings->len; i++) {
        const struct cfg_setting *s = g_ptr_array_index(cfg->settings, i);

        if (s->row && (s->of.guest > 0) == named && !apply_one(cfg, s, context, error))
            return false;
    }
    return true;
}

bool cfg_apply(struct cfg *cfg, GError **error)
{
    g_autofree const char **names = cfg_region_names(cfg);
    struct cfg_context context = {&cfg->presets, names, cfg->params.regions, &cfg->params};

    if (!apply_device(cfg, error) || !apply_all(cfg, false, &context, error))
        return false;
    cfg_guests_begin(cfg);
    return apply_all(cfg, true, &context, error);
}
