/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_timeline.c - see cli_timeline.h
 */
#include "cli_timeline.h"

#include <inttypes.h>

#include "cli.h"
#include "cli_files.h"
#include "cli_picture.h"
#include "cli_window.h"
#include "timeline.h"
#include "world.h"

static char *vcpu_name(const struct params *p, uint32_t vcpu)
{
    uint32_t guest = guest_of_vcpu(p, vcpu);

    if (!p->guests)
        return g_strdup_printf("vCPU %" PRIu32, vcpu);
    return g_strdup_printf("%s vCPU %" PRIu32, p->named[guest].name,
                           vcpu - guest_first_vcpu(p, guest));
}

static GPtrArray *vcpu_names(const struct params *p)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (uint32_t v = 0; v < all_vcpus(p); v++)
        g_ptr_array_add(names, vcpu_name(p, v));
    return names;
}

static struct sim_observer *begin(struct cli_tap *tap, struct world *w)
{
    struct cli_timeline *t = (struct cli_timeline *)(void *)tap;
    const struct params *p = t->params;
    g_autofree bool *late = g_new0(bool, world_tasks(w) + 1);
    g_autoptr(GPtrArray) vcpus = vcpu_names(p), tasks = cli_picture_tasks(p, w, late);
    g_autofree char *title =
        g_strdup_printf("%s, mode %s, seed %" PRIu64, p->name, cli_mode_keys[tap->mode], p->seed);
    const struct timeline_shape shape = {
        .title = title,
        .from = t->from,
        .to = t->to,
        .vcpus = vcpus->len,
        .tasks = tasks->len,
        .vcpu_name = (char *const *)vcpus->pdata,
        .task_name = (char *const *)tasks->pdata,
        .task_late = late,
    };

    t->timeline = timeline_create(&shape);
    return timeline_observer(t->timeline);
}

static int find_window(struct cli_timeline *t, const struct cfg *cfg)
{
    struct timeline_finder finder;
    int status = cli_picture_find(&finder, cfg, t->tap.mode);

    if (status == CLI_GOOD)
        timeline_finder_window(&finder, &t->from, &t->to);
    return status;
}

static int parse_window(struct cli_timeline *t, const char *text)
{
    struct cli_window window;

    if (!cli_window_parse("--timeline-window", text, t->params->warmup + t->params->duration,
                          &window))
        return CLI_USAGE;
    if (window.to - window.from > TIMELINE_WINDOW_MAX)
        return cli_fail(CLI_USAGE,
                        "--timeline-window=%s: more than 10 s, of which nothing would be seen",
                        text);
    t->from = window.from;
    t->to = window.to;
    return CLI_GOOD;
}

int cli_timeline_begin(const struct cli_timeline_options *o, const struct cfg *cfg,
                       struct cli_timeline **ret)
{
    const struct params *p = cfg_params(cfg);
    struct cli_timeline *t;

    if (!o->path)
        return CLI_GOOD;
    *ret = t = g_new0(struct cli_timeline, 1);
    t->tap = (struct cli_tap){.mode = cli_looked_at(p), .begin = begin};
    t->options = o;
    t->params = p;
    return o->window ? parse_window(t, o->window) : find_window(t, cfg);
}

int cli_timeline_draw(struct cli_timeline *t)
{
    const char *path = t->options->path;
    g_autoptr(GString) svg = g_string_new(NULL);

    if (!t->timeline) /* no memory for the run, which the report says */
        return CLI_GOOD;
    if (timeline_overflowed(t->timeline))
        return cli_fail(CLI_USAGE,
                        "--timeline=%s: more than %u slices in the window; a shorter one with "
                        "--timeline-window=FROM..TO",
                        path, TIMELINE_SLICES_MAX);
    timeline_svg(t->timeline, svg);
    return cli_files_write_path(path, svg->str, svg->len);
}

void cli_timeline_free(struct cli_timeline *t)
{
    if (!t)
        return;
    timeline_free(t->timeline);
    g_free(t);
}

void cli_timeline_options_clear(struct cli_timeline_options *o)
{
    g_free(o->path);
    g_free(o->window);
}

bool cli_timeline_understand(const struct cli_timeline_options *o)
{
    if (o->window && !o->path)
        cli_fail(CLI_USAGE, "--timeline-window without --timeline=FILE.svg");
    else if (o->path && !g_str_has_suffix(o->path, ".svg"))
        cli_fail(CLI_USAGE, "--timeline=%s: a picture ends in .svg", o->path);
    else
        return true;
    return false;
}
