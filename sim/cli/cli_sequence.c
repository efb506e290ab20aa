/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_sequence.c - see cli_sequence.h
 */
#include "cli_sequence.h"

#include <inttypes.h>

#include "apf.h"
#include "cli.h"
#include "cli_files.h"
#include "cli_picture.h"
#include "cli_window.h"
#include "machine.h"
#include "sequence.h"
#include "world.h"

#define AROUND 50000 /* ns before and after a token's life */

static struct sim_observer *begin(struct cli_tap *tap, struct world *w)
{
    struct cli_sequence *q = (struct cli_sequence *)(void *)tap;
    const struct params *p = q->params;
    g_autoptr(GPtrArray) tasks = cli_picture_tasks(p, w, NULL);
    g_autofree bool *nested = g_new0(bool, tasks->len + 1);
    g_autofree char *title =
        g_strdup_printf("%s, mode %s, seed %" PRIu64, p->name, cli_mode_keys[tap->mode], p->seed);
    const struct sequence_shape shape = {
        .title = title,
        .from = q->from,
        .to = q->to,
        .vcpu = q->vcpu,
        .vcpus = all_vcpus(p),
        .tasks = tasks->len,
        .whys = APF_WHY_COUNT,
        .task_name = (char *const *)tasks->pdata,
        .task_nested = nested,
        .why_text = apf_why_text,
        .gfn_base = GFN_BASE,
    };

    for (uint32_t k = 0; k < tasks->len; k++)
        nested[k] = p->task[world_task_kind(w, k)].nested;
    q->sequence = sequence_create(&shape);
    return sequence_observer(q->sequence);
}

static int find(struct cli_sequence *q, const struct cfg *cfg)
{
    const struct timeline_found *found;
    struct timeline_finder finder;
    int status = cli_picture_find(&finder, cfg, q->tap.mode);

    if (status != CLI_GOOD)
        return status;
    found = timeline_finder_found(&finder);
    if (!found) {
        timeline_finder_window(&finder, &q->from, &q->to);
        return CLI_GOOD;
    }
    q->vcpu = q->options->vcpu ? q->vcpu : (uint32_t)found->vcpu;
    q->from = found->from > AROUND ? found->from - AROUND : 0;
    q->to = (found->closed ? found->to : found->from + TIMELINE_LONGEST) + AROUND;
    return CLI_GOOD;
}

static int parse_window(struct cli_sequence *q)
{
    struct cli_window window;

    if (!cli_window_parse("--sequence-window", q->options->window,
                          q->params->warmup + q->params->duration, &window))
        return CLI_USAGE;
    q->from = window.from;
    q->to = window.to;
    return CLI_GOOD;
}

int cli_sequence_begin(const struct cli_sequence_options *o, const struct cfg *cfg,
                       struct cli_sequence **ret)
{
    const struct params *p = cfg_params(cfg);
    struct cli_sequence *q;
    uint64_t vcpu = 0;

    if (!o->path)
        return CLI_GOOD;
    *ret = q = g_new0(struct cli_sequence, 1);
    q->tap = (struct cli_tap){.mode = cli_looked_at(p), .begin = begin};
    q->options = o;
    q->params = p;
    if (o->vcpu && !cli_number("--sequence-vcpu", o->vcpu, 0, all_vcpus(p) - 1, &vcpu))
        return CLI_USAGE;
    q->vcpu = (uint32_t)vcpu;
    return o->window ? parse_window(q) : find(q, cfg);
}

int cli_sequence_draw(struct cli_sequence *q)
{
    const char *path = q->options->path;
    g_autoptr(GString) svg = g_string_new(NULL);

    if (!q->sequence) /* no memory for the run, which the report says */
        return CLI_GOOD;
    sequence_svg(q->sequence, svg);
    return cli_files_write_path(path, svg->str, svg->len);
}

void cli_sequence_free(struct cli_sequence *q)
{
    if (!q)
        return;
    sequence_free(q->sequence);
    g_free(q);
}

void cli_sequence_options_clear(struct cli_sequence_options *o)
{
    g_free(o->path);
    g_free(o->window);
    g_free(o->vcpu);
}

bool cli_sequence_understand(const struct cli_sequence_options *o)
{
    if ((o->window || o->vcpu) && !o->path)
        cli_fail(CLI_USAGE, "--sequence-%s without --sequence=FILE.svg",
                 o->window ? "window" : "vcpu");
    else if (o->path && !g_str_has_suffix(o->path, ".svg"))
        cli_fail(CLI_USAGE, "--sequence=%s: a picture ends in .svg", o->path);
    else
        return true;
    return false;
}
