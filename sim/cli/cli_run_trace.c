/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_run_trace.c - see cli_run_trace.h
 */
#include "cli_run_trace.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cfg_value.h"
#include "cli.h"
#include "cli_stream.h"
#include "cli_window.h"
#include "trace_out.h"
#include "world.h"

#define CAP_DEFAULT ((uint64_t)1 << 30)

struct cli_trace {
    struct cli_tap tap;
    struct trace_plan plan;
    const struct params *p;
    const struct world *world;
    struct cli_stream stream;
    bool no_memory;
    struct trace_out *out;
};

void cli_trace_options_clear(struct cli_trace_options *o)
{
    char **text[] = {&o->path, &o->format, &o->window, &o->cap, &o->mode, &o->replica};

    for (size_t i = 0; i < G_N_ELEMENTS(text); i++)
        g_clear_pointer(text[i], g_free);
}

/* ---- the machine's names ---- */

static void vcpu_name(const void *self, uint32_t vcpu, char ret[TRACE_NAME_BYTES])
{
    const struct params *p = ((const struct cli_trace *)self)->p;
    uint32_t guest = guest_of_vcpu(p, vcpu);

    if (p->guests)
        g_snprintf(ret, TRACE_NAME_BYTES, "vCPU %u (%s %u)", vcpu, p->named[guest].name,
                   vcpu - guest_first_vcpu(p, guest));
    else
        g_snprintf(ret, TRACE_NAME_BYTES, "vCPU %u", vcpu);
}

static void task_name(const void *self, uint32_t task, char ret[TRACE_NAME_BYTES])
{
    const struct cli_trace *t = self;
    uint32_t kind = world_task_kind(t->world, task), first = task;

    while (first > 0 && world_task_kind(t->world, first - 1) == kind)
        first--;
    g_snprintf(ret, TRACE_NAME_BYTES, "%s %u", t->p->task[kind].name, task - first);
}

static bool uses(const struct params *p, enum backing backing)
{
    for (uint32_t r = 0; r < p->regions; r++)
        if (p->region[r].backing == backing)
            return true;
    return false;
}

static struct trace_shape shape_of(const struct cli_trace *t)
{
    const struct params *p = t->p;
    const bool monitor = uses(p, BACKING_USERFAULTFD);
    const bool zram = uses(p, BACKING_ZRAM) && !p->disk.synchronous; /* else it is the device */

    return (struct trace_shape){
        .vcpus = all_vcpus(p),
        .tasks = world_tasks(t->world),
        .channels = {p->disk.channels, monitor ? p->monitor.parallelism : 0, zram, monitor},
        .disk = {p->disk.device, "monitor", "zram (inline)", "link"},
        .vcpu_name = vcpu_name,
        .task_name = task_name,
        .self = t,
    };
}

static struct sim_observer *begin(struct cli_tap *tap, struct world *w)
{
    static struct sim_observer nobody;                     /* asks for no kind of note */
    struct cli_trace *t = (struct cli_trace *)(void *)tap; /* its first member */
    struct trace_shape shape;

    t->world = w;
    shape = shape_of(t);
    t->out = trace_out_create(&t->plan, &shape);
    t->no_memory = !t->out;
    return t->out ? trace_out_observer(t->out) : &nobody;
}
_Static_assert(offsetof(struct cli_trace, tap) == 0, "begin() casts");

/* ---- options ---- */

static int read_format(const struct cli_trace_options *o, struct trace_plan *plan)
{
    const char *const names[] = {trace_suffix[TRACE_TEXT], trace_suffix[TRACE_JSON],
                                 trace_suffix[TRACE_DAT], NULL};
    const char *dot = strrchr(o->path, '.');
    int format = -1;

    if (o->format) {
        format = cli_choice("--trace-format", o->format, names);
        plan->format = (enum trace_format)format;
        return format < 0 ? CLI_USAGE : CLI_GOOD;
    }
    for (unsigned f = 0; dot && f < TRACE_FORMATS; f++)
        if (!strcmp(dot + 1, names[f]))
            format = (int)f;
    if (format < 0)
        return cli_fail(CLI_USAGE,
                        "--trace=%s: want a name that ends in .json, .dat or .txt, or "
                        "--trace-format=json|dat|txt",
                        o->path);
    plan->format = (enum trace_format)format;
    return CLI_GOOD;
}

static int read_which(const struct cli_trace_options *o, const struct params *p,
                      struct cli_tap *tap)
{
    uint64_t replica = 0;
    int mode = (int)cli_looked_at(p);

    if (o->mode && (mode = cli_choice("--trace-mode", o->mode, cli_mode_keys)) < 0)
        return CLI_USAGE;
    if (!p->mode[mode])
        return cli_fail(CLI_USAGE, "--trace-mode=%s: this mode is not run; --modes says which are",
                        o->mode);
    if (o->replica && !cli_number("--trace-replica", o->replica, 0, p->replicas - 1, &replica))
        return CLI_USAGE;
    tap->mode = (enum run_mode)mode;
    tap->replica = (uint32_t)replica;
    return CLI_GOOD;
}

static int read_bounds(const struct cli_trace_options *o, const struct params *p,
                       struct trace_plan *plan)
{
    struct cli_window window = {0, SIM_NEVER};
    g_autofree char *wrong = NULL;

    if (o->window &&
        !cli_window_parse("--trace-window", o->window, p->warmup + p->duration, &window))
        return CLI_USAGE;
    plan->from = window.from;
    plan->to = window.to;
    plan->cap = CAP_DEFAULT;
    if (o->cap && !strcmp(o->cap, "none"))
        plan->cap = UINT64_MAX;
    else if (o->cap)
        wrong = cfg_parse_bytes(o->cap, &plan->cap);
    if (wrong)
        return cli_fail(CLI_USAGE, "--trace-cap=%s: %s, or none", o->cap, wrong);
    return CLI_GOOD;
}

/* ---- the trace ---- */

static int open_path(struct cli_trace *t, const char *path)
{
    static const char no_stream[] =
        "trace.dat has each CPU's events in one piece, which a stream cannot have: name a file, or "
        "take txt or json";
    int status = cli_stream_open(&t->stream, "--trace=", path,
                                 t->plan.format == TRACE_DAT ? no_stream : NULL);

    t->plan.fd = t->stream.fd;
    t->plan.spool = t->stream.spool;
    return status;
}

static void free_trace(struct cli_trace *t)
{
    cli_stream_close(&t->stream);
    g_free(t);
}

static int refuse_orphans(const struct cli_trace_options *o)
{
    if (o->format || o->window || o->cap || o->mode || o->replica)
        return cli_fail(CLI_USAGE, "--trace-%s: of which trace? --trace=PATH is missing",
                        o->format   ? "format"
                        : o->window ? "window"
                        : o->cap    ? "cap"
                        : o->mode   ? "mode"
                                    : "replica");
    return CLI_GOOD;
}

int cli_trace_open(const struct cli_trace_options *o, const struct params *p,
                   struct cli_trace **ret)
{
    struct cli_trace *t;
    int status;

    *ret = NULL;
    if (!o->path)
        return refuse_orphans(o);
    t = g_new0(struct cli_trace, 1);
    t->stream.fd = t->stream.spool = -1;
    t->tap.begin = begin;
    t->p = p;
    status = *o->path ? read_format(o, &t->plan)
                      : cli_fail(CLI_USAGE, "--trace: the name of a file is empty");
    if (status == CLI_GOOD)
        status = read_which(o, p, &t->tap);
    if (status == CLI_GOOD)
        status = read_bounds(o, p, &t->plan);
    if (status == CLI_GOOD)
        status = open_path(t, o->path);
    if (status == CLI_GOOD)
        *ret = t;
    else
        free_trace(t);
    return status;
}

struct cli_tap *cli_trace_tap(struct cli_trace *t)
{
    return &t->tap;
}

bool cli_trace_on_stdout(const struct cli_trace *t)
{
    return t && t->stream.on_stdout;
}

static int finish(struct cli_trace *t)
{
    struct trace_told told;
    g_autofree char *cap = cfg_format_bytes(t->plan.cap), *at = NULL;
    int status;

    trace_out_finish(t->out, &told);
    errno = told.error;
    status = told.error ? cli_stream_fail(&t->stream) : cli_stream_keep(&t->stream);
    if (status != CLI_GOOD || !told.cut)
        return status;
    at = cfg_format_time(told.cut_at);
    fprintf(stderr,
            "sim: %s: cut at %s, when it had %s: --trace-cap=SIZE raises that, "
            "--trace-window=FROM..TO asks for less\n",
            t->stream.name, at, cap);
    return CLI_GOOD;
}

int cli_trace_close(struct cli_trace *t)
{
    int status = CLI_GOOD;

    if (t->out)
        status = finish(t);
    else if (t->no_memory)
        status = cli_fail(CLI_MISSING, "%s: no memory for it", t->stream.name);
    free_trace(t);
    return status;
}
