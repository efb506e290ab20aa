/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_load.c - finds and reads a workload file, and takes it through all stages
 */
#include <string.h>

#include "cfg_internal.h"

static void clear_traces_written(struct cfg *cfg)
{
    for (unsigned task = 0; task < TASK_KINDS_MAX; task++)
        for (unsigned step = 0; step < STEPS_MAX; step++)
            g_free(cfg->trace_written[task][step]);
}

void cfg_free(struct cfg *cfg)
{
    if (!cfg)
        return;
    clear_traces_written(cfg);
    for (unsigned task = 0; task < TASK_KINDS_MAX; task++)
        g_free((void *)(uintptr_t)cfg->arrivals[task].at);
    g_hash_table_unref(cfg->by_key);
    g_ptr_array_unref(cfg->settings);
    g_ptr_array_unref(cfg->trace_files);
    g_ptr_array_unref(cfg->set_texts);
    cfg_node_free(cfg->tree);
    g_free(cfg->run);
    g_free(cfg->data);
    g_free(cfg->calibration);
    g_free(cfg->calibration_backend);
    g_free(cfg->calibration_kernel);
    g_free(cfg->path);
    g_free(cfg->folder);
    g_free(cfg->question);
    g_free(cfg);
}

static struct cfg *new_cfg(const char *name, const char *folder, const struct cfg_presets *presets)
{
    struct cfg *cfg = g_new0(struct cfg, 1);

    cfg->path = g_strdup(name);
    cfg->folder = g_strdup(folder);
    cfg->presets = *presets;
    cfg->settings = g_ptr_array_new_with_free_func((GDestroyNotify)cfg_setting_free);
    cfg->by_key = g_hash_table_new(g_str_hash, g_str_equal);
    cfg->trace_files = g_ptr_array_new_with_free_func((GDestroyNotify)cfg_trace_file_free);
    cfg->set_texts = g_ptr_array_new_with_free_func(g_free);
    return cfg;
}

/* The first comment line that is not a licence tag. */
static char *find_question(const char *data, size_t bytes)
{
    const char *end = data + bytes;

    while (data < end) {
        const char *newline = memchr(data, '\n', (size_t)(end - data));
        size_t length = (size_t)((newline ? newline : end) - data);
        g_autofree char *line = g_strstrip(g_strndup(data, length));

        if (*line == '#' && !strstr(line, "SPDX-License-Identifier") && line[1])
            return g_utf8_make_valid(g_strchug(line + 1), -1);
        if (*line && *line != '#')
            break;
        data += length + 1;
    }
    return g_strdup("");
}

/* A file may be called anything; the name that it gives the workload is made to fit. */
static void name_from_path(struct cfg *cfg)
{
    g_autofree char *base = g_path_get_basename(cfg->path);
    char *name = cfg->params.name;

    if (g_str_has_suffix(base, ".yaml"))
        base[strlen(base) - 5] = '\0';
    g_strlcpy(name, *base ? base : "workload", NAME_MAX_LEN + 1);
    for (char *c = name; *c; c++) {
        *c = g_ascii_tolower(*c);
        if (!g_ascii_islower(*c) && !strchr("0123456789-.", *c))
            *c = '_';
    }
}

static bool read_and_check(struct cfg *cfg, const char *data, size_t bytes, const char *const *sets,
                           GError **error)
{
    cfg->tree = cfg_yaml_read(cfg->path, data, bytes, error);
    if (!cfg->tree)
        return false;
    cfg->question = find_question(data, bytes);
    name_from_path(cfg);
    if (cfg->calibration && !cfg_map_calibration(cfg, cfg->calibration, error))
        return false;
    return cfg_map_tree(cfg, error) && cfg_map_sets(cfg, sets, error) && cfg_apply(cfg, error) &&
           cfg_check(cfg, error) && cfg_read_traces(cfg, error) && cfg_read_arrivals(cfg, error);
}

static bool load_stages(struct cfg *cfg, const char *data, size_t bytes, const char *const *sets,
                        GError **error)
{
    if (!read_and_check(cfg, data, bytes, sets, error))
        return false;
    cfg_make_copies(cfg);
    return true;
}

static struct cfg *load_memory(const char *name, const char *data, size_t bytes, const char *folder,
                               const struct cfg_presets *presets, const char *calibration,
                               const char *const *sets, GError **error)
{
    struct cfg *cfg = new_cfg(name, folder, presets);

    cfg->data = g_memdup2(data, bytes);
    cfg->bytes = bytes;
    cfg->calibration = g_strdup(calibration);
    if (!load_stages(cfg, data, bytes, sets, error))
        g_clear_pointer(&cfg, cfg_free);
    return cfg;
}

struct cfg *cfg_load_again(const struct cfg *cfg, const char *const *sets, GError **error)
{
    return load_memory(cfg->path, cfg->data, cfg->bytes, cfg->folder, &cfg->presets,
                       cfg->calibration, sets, error);
}

struct cfg *cfg_load_memory(const char *name, const char *data, size_t bytes, const char *folder,
                            const struct cfg_presets *presets, const char *const *sets,
                            GError **error)
{
    return load_memory(name, data, bytes, folder, presets, NULL, sets, error);
}

/* Adds the candidate to `tried`; true if something is there. */
static bool try_path(GPtrArray *tried, char *path)
{
    g_ptr_array_add(tried, path);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* As a path; then, for a mere name, in each folder; with and without ".yaml". */
static const char *find_file(const char *name, const char *const *dirs, GPtrArray *tried)
{
    bool bare = !strchr(name, '/') && *name;
    bool suffix = g_str_has_suffix(name, ".yaml");
    g_autofree char *with = g_strconcat(name, suffix ? "" : ".yaml", NULL);

    if (try_path(tried, g_strdup(name)) || (!suffix && try_path(tried, g_strdup(with))))
        return g_ptr_array_index(tried, tried->len - 1);
    for (; bare && dirs && *dirs; dirs++)
        if (try_path(tried, g_build_filename(*dirs, with, NULL)))
            return g_ptr_array_index(tried, tried->len - 1);
    return NULL;
}

struct cfg *cfg_load_calibrated(const char *path_or_name, const char *const *search_dirs,
                                const struct cfg_presets *presets, const char *calibration,
                                const char *const *sets, GError **error)
{
    g_autoptr(GPtrArray) tried = g_ptr_array_new_with_free_func(g_free);
    const char *path = find_file(path_or_name, search_dirs, tried);
    struct cfg_place at = {*path_or_name ? path_or_name : "''", 0, 0, NULL};
    g_autofree char *list = NULL, *folder = NULL;
    g_autoptr(GString) data = NULL;

    if (!path) {
        g_ptr_array_add(tried, NULL);
        list = g_strjoinv(", ", (char **)tried->pdata);
        cfg_fail(error, &at, CFG_ERROR_FILE,
                 "no such file; looked for %s; `sim workloads` lists what there is", list);
        return NULL;
    }
    data = cfg_read_file(path, error);
    if (!data)
        return NULL;
    folder = g_path_get_dirname(path);
    return load_memory(path, data->str, data->len, folder, presets, calibration, sets, error);
}

struct cfg *cfg_load(const char *path_or_name, const char *const *search_dirs,
                     const struct cfg_presets *presets, const char *const *sets, GError **error)
{
    return cfg_load_calibrated(path_or_name, search_dirs, presets, NULL, sets, error);
}

const struct params *cfg_params(const struct cfg *cfg)
{
    return cfg->run;
}

const struct page_traces *cfg_traces(const struct cfg *cfg)
{
    return &cfg->run_traces;
}

const char *cfg_path(const struct cfg *cfg)
{
    return cfg->path;
}

const char *cfg_question(const struct cfg *cfg)
{
    return cfg->question;
}

char *cfg_read_question(const char *path)
{
    g_autoptr(GString) data = cfg_read_file(path, NULL);

    return data ? find_question(data->str, data->len) : NULL;
}
