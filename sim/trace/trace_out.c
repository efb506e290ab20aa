/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_out.c - window, cap and count; and ftrace text, which has no state
 */
#include "trace_out.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "trace_ftrace.h"
#include "trace_writer.h"

const char *const trace_suffix[TRACE_FORMATS] = {"txt", "json", "dat"};

/* ---- ftrace text ---- */

static bool text_begin(struct trace_writer *w, const struct trace_shape *shape)
{
    (void)shape;
    trace_sink_add(&w->sink, trace_ftrace_open, strlen(trace_ftrace_open));
    return true;
}

static void text_record(struct trace_writer *w, const struct trace_record *r)
{
    char *line = trace_sink_room(&w->sink, TRACE_LINE_BYTES), *end = trace_ftrace_line(line, r);

    if (!trace_writer_fits(w, w->sink.bytes, (size_t)(end - line)))
        return;
    trace_sink_end(&w->sink, end);
    w->told.events++;
}

/* How many there are is known now: behind the events, so that a pipe gets the bytes of a file. */
static void text_end(struct trace_writer *w)
{
    char *line = trace_sink_room(&w->sink, TRACE_LINE_BYTES);

    trace_sink_end(&w->sink, trace_ftrace_entries(line, w->told.events, w->told.seen, w->vcpus));
}

const struct trace_writer_ops trace_text_ops = {
    .begin = text_begin, .record = text_record, .end = text_end};

/* ---- any ---- */

struct trace_out {
    struct sim_observer observer;
    const struct trace_writer_ops *ops;
    struct trace_writer w;
};

static void hear(struct trace_out *t, const struct sim_note *n)
{
    t->w.now = n->when;
    if (t->ops->note && t->ops->kinds & SIM_NOTE_BIT(n->kind))
        t->ops->note(&t->w, n);
}

static void keep(struct trace_out *t, const struct trace_record *r)
{
    t->w.told.seen++;
    if (r->when >= t->w.plan.from && r->when < t->w.plan.to && !t->w.told.cut)
        t->ops->record(&t->w, r);
}

static void on_note(struct sim_observer *self, const struct sim_note *n)
{
    struct trace_out *t = (struct trace_out *)(void *)self; /* its first member */
    struct trace_record r;

    hear(t, n);
    if (trace_record_of(n, &r))
        keep(t, &r);
}
_Static_assert(offsetof(struct trace_out, observer) == 0, "on_note() casts");

struct trace_out *trace_out_create(const struct trace_plan *plan, const struct trace_shape *shape)
{
    static const struct trace_writer_ops *const ops[TRACE_FORMATS] = {
        [TRACE_TEXT] = &trace_text_ops,
        [TRACE_JSON] = &trace_json_ops,
        [TRACE_DAT] = &trace_dat_ops};
    struct trace_out *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->ops = ops[plan->format];
    t->observer.note = on_note;
    t->observer.kinds = trace_record_kinds() | t->ops->kinds;
    t->w.plan = *plan;
    t->w.vcpus = shape->vcpus;
    if (trace_sink_init(&t->w.sink, plan->fd) && t->ops->begin(&t->w, shape))
        return t;
    free(t->w.sink.buffer);
    free(t);
    return NULL;
}

void trace_out_record(struct trace_out *t, const struct trace_record *r, bool told)
{
    struct sim_note n;

    trace_note_of(r, &n);
    n.d = r->event == TRACE_KVM_NOT_PRESENT ? told : n.d;
    hear(t, &n);
    keep(t, r);
}

struct sim_observer *trace_out_observer(struct trace_out *t)
{
    return &t->observer;
}

void trace_out_finish(struct trace_out *t, struct trace_told *ret)
{
    t->ops->end(&t->w);
    trace_sink_finish(&t->w.sink);
    *ret = t->w.told;
    ret->error = t->w.sink.error;
    free(t);
}
