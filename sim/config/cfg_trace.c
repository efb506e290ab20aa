/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_trace.c - the page traces that a workload names, each read once
 */
#include <string.h>

#include "cfg_internal.h"

#define TRACE_BYTES_MAX (1024ll * 1024 * 1024)

void cfg_trace_file_free(struct cfg_trace_file *file)
{
    page_trace_free(&file->data);
    g_free(file->path);
    g_free(file);
}

static const struct cfg_trace_file *find_loaded(const struct cfg *cfg, const char *path)
{
    for (guint i = 0; i < cfg->trace_files->len; i++) {
        const struct cfg_trace_file *file = g_ptr_array_index(cfg->trace_files, i);

        if (strcmp(file->path, path) == 0)
            return file;
    }
    return NULL;
}

static const struct cfg_trace_file *keep(struct cfg *cfg, const char *path,
                                         const struct page_trace_data *data)
{
    struct cfg_trace_file *file = g_new0(struct cfg_trace_file, 1);

    file->path = g_strdup(path);
    file->data = *data;
    file->trace = (struct page_trace){
        .page = data->page,
        .count = data->info.touches,
        .pages = data->info.pages,
        .gap_ns = data->gap_ns,
    };
    g_ptr_array_add(cfg->trace_files, file);
    return file;
}

static const struct cfg_trace_file *load(struct cfg *cfg, const char *path,
                                         const struct cfg_place *at, GError **error)
{
    g_autoptr(GMappedFile) mapped = NULL;
    g_autoptr(GError) reason = NULL;
    char why[PAGE_TRACE_ERROR_MAX];
    struct page_trace_data data;

    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        cfg_fail(error, at, CFG_ERROR_TRACE, "no page trace %s; %s", path, cfg_paths_begin(at));
        return NULL;
    }
    mapped = g_mapped_file_new(path, FALSE, &reason);
    if (!mapped || g_mapped_file_get_length(mapped) > TRACE_BYTES_MAX) {
        cfg_fail(error, at, CFG_ERROR_TRACE, "%s: %s", path,
                 mapped ? "bigger than 1 GiB" : reason->message);
        return NULL;
    }
    if (page_trace_read(g_mapped_file_get_contents(mapped), g_mapped_file_get_length(mapped), &data,
                        why))
        return keep(cfg, path, &data);
    cfg_fail(error, &(struct cfg_place){path, 0, 0, NULL}, CFG_ERROR_TRACE, "%s", why);
    return NULL;
}

/* Every page of the trace must lie in the part of the region that the step touches. */
static bool check_fits(const struct cfg *cfg, const struct step_params *step,
                       const struct page_trace *trace, const struct cfg_place *at, GError **error)
{
    const struct region_params *region = &cfg->params.region[step->region];
    uint64_t part = step->span ? step->span : region->size - step->first;
    g_autofree char *has = cfg_format_bytes(part);
    g_autofree char *needs = cfg_format_bytes((uint64_t)trace->pages * PAGE_BYTES);

    if (trace->pages <= part / PAGE_BYTES)
        return true;
    return cfg_fail(error, at, CFG_ERROR_TRACE,
                    "the trace touches %s, but the step's part of region '%s' has only %s; make "
                    "the region bigger",
                    needs, region->name, has);
}

static bool read_one(struct cfg *cfg, unsigned task, unsigned step, GError **error)
{
    struct task_params *t = &cfg->params.task[task];
    struct step_params *s = &t->step[step];
    g_autofree char *key = g_strdup_printf("tasks.%s.loop.%u.touch.trace", t->name, step);
    struct cfg_place at = cfg_place_of(cfg, key);
    const struct cfg_trace_file *file;
    g_autofree char *path = cfg_path_from(cfg, &at, s->trace);

    if (!path)
        return cfg_fail(error, &at, CFG_ERROR_TRACE, "page traces need a workload in a file");
    if (strlen(path) > PATH_MAX_LEN)
        return cfg_fail(error, &at, CFG_ERROR_TRACE, "the path is longer than %d bytes",
                        PATH_MAX_LEN);
    file = find_loaded(cfg, path);
    if (!file)
        file = load(cfg, path, &at, error);
    if (!file || !check_fits(cfg, s, &file->trace, &at, error))
        return false;
    cfg->trace_written[task][step] = g_strdup(s->trace);
    g_strlcpy(s->trace, path, sizeof(s->trace));
    cfg->traces.of[task][step] = &file->trace;
    return true;
}

bool cfg_read_traces(struct cfg *cfg, GError **error)
{
    for (unsigned task = 0; task < cfg->params.tasks; task++) {
        for (unsigned step = 0; step < cfg->params.task[task].steps; step++) {
            const struct step_params *s = &cfg->params.task[task].step[step];

            if (s->kind == STEP_TOUCH && s->pattern == PATTERN_TRACE &&
                !read_one(cfg, task, step, error))
                return false;
        }
    }
    return true;
}
