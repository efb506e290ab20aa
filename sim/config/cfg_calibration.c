/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_calibration.c - the file that `sim calibrate` writes: measured costs in place of defaults
 *
 *     calibration: 1
 *     provenance: {backend: kvm_amd, cpu: ..., kernel: ..., date: ...}
 *     values:
 *       cost.exit: {value: 780ns, p10: 770ns, p90: 805ns, samples: 300, from: "..."}
 *     stages: {...}
 *
 * Its values come before those of the workload file, which therefore win. A key may stand in
 * `values` if it is a time and says what this host's steps take: cost.*, host.halt_poll.
 */
#include <string.h>

#include "cfg_internal.h"

static const char *const root_keys[] = {"calibration", "provenance", "values", "stages"};
static const char *const value_keys[] = {"value", "p10", "p90", "samples", "from"};
static const char *const stage_keys[] = {"p50", "p10", "p90", "samples", "hangs_on"};

struct reader {
    struct cfg *cfg;
    const char *path;
    GError **error;
};

static const struct cfg_node *child_of(const struct cfg_node *node, const char *key)
{
    for (guint i = 0; i < node->children->len; i++) {
        const struct cfg_node *child = g_ptr_array_index(node->children, i);

        if (!strcmp(child->key, key))
            return child;
    }
    return NULL;
}

static bool fail_at(const struct reader *r, const struct cfg_node *node, const char *what)
{
    struct cfg_place at = {r->path, node->line, node->column, NULL};

    return cfg_fail(r->error, &at, CFG_ERROR_VALUE, "%s%s%s", node->key ? node->key : "",
                    node->key ? ": " : "", what);
}

static bool want_map(const struct reader *r, const struct cfg_node *node, const char *example)
{
    g_autofree char *what = NULL;

    if (node->kind == CFG_MAP)
        return true;
    what = g_strdup_printf("%s where a mapping is expected, such as %s", cfg_node_kind_name(node),
                           example);
    return fail_at(r, node, what);
}

/* Every key of the mapping is one of these. */
static bool want_keys(const struct reader *r, const struct cfg_node *node, const char *const *known,
                      size_t count)
{
    for (guint i = 0; i < node->children->len; i++) {
        const struct cfg_node *child = g_ptr_array_index(node->children, i);
        struct cfg_place at = {r->path, child->key_line, child->key_column, NULL};
        g_autofree char *quoted = cfg_quote(child->key);
        g_autofree char *hint = NULL;
        bool found = false;

        for (size_t k = 0; k < count; k++)
            found |= !strcmp(child->key, known[k]);
        if (found)
            continue;
        hint = cfg_hint(child->key, known, count);
        return cfg_fail(r->error, &at, CFG_ERROR_KEY, "unknown key %s%s", quoted, hint);
    }
    return true;
}

/* A time below `node`, or *ret untouched if there is none. */
static bool read_time(const struct reader *r, const struct cfg_node *node, const char *key,
                      sim_ns *ret)
{
    const struct cfg_node *child = child_of(node, key);
    g_autofree char *why = NULL;

    if (!child)
        return true;
    if (child->kind != CFG_SCALAR)
        return fail_at(r, child, "a time is expected, such as 780ns");
    why = cfg_parse_time(child->text, ret);
    return !why || fail_at(r, child, why);
}

static bool read_count(const struct reader *r, const struct cfg_node *node)
{
    const struct cfg_node *child = child_of(node, "samples");
    g_autofree char *why = NULL;
    uint64_t count = 1;

    if (!child)
        return true;
    if (child->kind != CFG_SCALAR)
        return fail_at(r, child, "a number is expected, such as 300");
    why = cfg_parse_count(child->text, &count);
    if (!why && !count)
        why = g_strdup("a value without a sample is none; leave it out");
    return !why || fail_at(r, child, why);
}

/* The spread of a quantity lies around it. */
static bool check_spread(const struct reader *r, const struct cfg_node *node, const char *middle)
{
    sim_ns value = 0, low, high;

    if (!read_time(r, node, middle, &value))
        return false;
    low = high = value;
    if (!read_time(r, node, "p10", &low) || !read_time(r, node, "p90", &high) ||
        !read_count(r, node))
        return false;
    if (low <= value && value <= high)
        return true;
    return fail_at(r, node, "p10 and p90 do not lie around the value; p10 <= value <= p90");
}

static bool is_measurable(const struct cfg_row *row)
{
    return row && row->type == CFG_TIME &&
           (g_str_has_prefix(row->key, "cost.") || !strcmp(row->key, "host.halt_poll"));
}

static bool fail_unmeasurable(const struct reader *r, const struct cfg_node *node)
{
    struct cfg_place at = {r->path, node->key_line, node->key_column, NULL};
    g_autofree const char **known = g_new0(const char *, cfg_rows_count);
    g_autofree char *hint = NULL, *quoted = cfg_quote(node->key);
    size_t count = 0;

    for (size_t i = 0; i < cfg_rows_count; i++)
        if (is_measurable(&cfg_rows[i]))
            known[count++] = cfg_rows[i].key;
    hint = cfg_hint(node->key, known, count);
    return cfg_fail(r->error, &at, CFG_ERROR_KEY, "%s is no cost that is measured%s", quoted, hint);
}

static bool map_value(const struct reader *r, const struct cfg_node *node)
{
    const struct cfg_row *row = cfg_row_find(node->key);
    const struct cfg_node *value;
    struct cfg_place at;

    if (!is_measurable(row))
        return fail_unmeasurable(r, node);
    if (!want_map(r, node, "{value: 780ns}") ||
        !want_keys(r, node, value_keys, G_N_ELEMENTS(value_keys)))
        return false;
    value = child_of(node, "value");
    if (!value)
        return fail_at(r, node, "has no value; write {value: 780ns}");
    if (!check_spread(r, node, "value"))
        return false;
    at = (struct cfg_place){r->path, value->line, value->column, NULL};
    cfg_add_setting(r->cfg, node->key, row, (struct cfg_element){0}, g_strdup(value->text), at);
    return true;
}

static bool map_values(const struct reader *r, const struct cfg_node *root)
{
    const struct cfg_node *values = child_of(root, "values");

    if (!values)
        return fail_at(r, root, "no `values`: is this what sim calibrate wrote?");
    if (!want_map(r, values, "`cost.exit: {value: 780ns}`"))
        return false;
    for (guint i = 0; i < values->children->len; i++)
        if (!map_value(r, g_ptr_array_index(values->children, i)))
            return false;
    return true;
}

static bool check_stages(const struct reader *r, const struct cfg_node *root)
{
    const struct cfg_node *stages = child_of(root, "stages");

    if (!stages)
        return true;
    if (!want_map(r, stages, "`ack: {p50: 300ns}`"))
        return false;
    for (guint i = 0; i < stages->children->len; i++) {
        const struct cfg_node *stage = g_ptr_array_index(stages->children, i);

        if (!want_map(r, stage, "{p50: 300ns}") ||
            !want_keys(r, stage, stage_keys, G_N_ELEMENTS(stage_keys)) ||
            !check_spread(r, stage, "p50"))
            return false;
    }
    return true;
}

/* Whose costs these are; what else stands there is for people. */
static bool read_provenance(const struct reader *r, const struct cfg_node *root)
{
    const struct cfg_node *provenance = child_of(root, "provenance"), *backend, *kernel;

    if (!provenance)
        return fail_at(r, root,
                       "no `provenance`: whose costs are these? write "
                       "{backend: kvm_intel, kernel: 6.12}");
    if (!want_map(r, provenance, "{backend: kvm_intel, kernel: 6.12}"))
        return false;
    backend = child_of(provenance, "backend");
    if (!backend || backend->kind != CFG_SCALAR || !*backend->text)
        return fail_at(r, provenance,
                       "no backend; write backend: kvm_intel, kvm_amd or what it is");
    kernel = child_of(provenance, "kernel");
    r->cfg->calibration_backend = cfg_quote(backend->text);
    if (kernel && kernel->kind == CFG_SCALAR)
        r->cfg->calibration_kernel = cfg_quote(kernel->text);
    return true;
}

static bool map_root(const struct reader *r, const struct cfg_node *root)
{
    const struct cfg_node *version = child_of(root, "calibration");

    if (!version)
        return fail_at(r, root,
                       "no `calibration: 1`: a workload? sim calibrate writes calibrations");
    if (!want_keys(r, root, root_keys, G_N_ELEMENTS(root_keys)))
        return false;
    if (version->kind != CFG_SCALAR || strcmp(version->text, "1"))
        return fail_at(r, version, "another version of the format; this program reads 1");
    return read_provenance(r, root) && map_values(r, root) && check_stages(r, root);
}

bool cfg_map_calibration(struct cfg *cfg, const char *path, GError **error)
{
    struct reader r = {cfg, path, error};
    g_autoptr(GString) data = cfg_read_file(path, error);
    struct cfg_node *root;
    bool good;

    if (!data)
        return false;
    root = cfg_yaml_read(path, data->str, data->len, error);
    if (!root)
        return false;
    good = map_root(&r, root);
    cfg_node_free(root);
    return good;
}

static char *unquoted(const char *quoted)
{
    return quoted ? g_strndup(quoted + 1, strlen(quoted) - 2) : NULL;
}

char *cfg_calibration_text(const struct cfg *cfg)
{
    g_autoptr(GString) keys = g_string_new(NULL);
    g_autofree char *backend = unquoted(cfg->calibration_backend);
    g_autofree char *kernel = unquoted(cfg->calibration_kernel);

    if (!cfg->calibration || !backend)
        return NULL;
    for (size_t i = 0; i < cfg_rows_count; i++) {
        const struct cfg_setting *s = cfg_find(cfg, cfg_rows[i].key);

        if (is_measurable(&cfg_rows[i]) && s && s->at.file == cfg->calibration && !s->at.set)
            g_string_append_printf(keys, "%s%s", keys->len ? ", " : "", cfg_rows[i].key);
    }
    return g_strdup_printf("from %s (%s%s%s)%s: %s", cfg->calibration, backend,
                           kernel ? ", Linux " : "", kernel ? kernel : "",
                           strcmp(backend, "kvm_pvm") ? "" : ", not what VMX or SVM cost",
                           keys->len ? keys->str : "none, the workload sets all of them");
}
