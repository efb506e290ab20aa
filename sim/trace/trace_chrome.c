/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_chrome.c - see trace_chrome.h
 */
#include "trace_chrome.h"

#include "trace_put.h"

/* Two events of four arguments, names or numbers, with the fixed fields, are shorter. */
enum { EVENT_BYTES = 2048 };

static char *put_us(char *to, sim_ns ns)
{
    to = trace_put_char(trace_put_dec(to, ns / 1000), '.');
    return trace_put_padded(to, ns % 1000, 3);
}

static char *put_args(char *to, const struct chrome_arg *arg)
{
    to = trace_put_text(to, ",\"args\":{");
    for (unsigned i = 0; i < CHROME_ARGS && arg[i].form != CHROME_NONE; i++) {
        to = trace_put_text(trace_put_text(to, i ? ",\"" : "\""), arg[i].name);
        to = trace_put_text(to, arg[i].form == CHROME_DEC ? "\":" : "\":\"");
        if (arg[i].form == CHROME_DEC)
            to = trace_put_int(to, (int64_t)arg[i].value);
        else if (arg[i].form == CHROME_HEX)
            to = trace_put_char(trace_put_0x(to, arg[i].value), '"');
        else
            to = trace_put_char(trace_put_text(to, arg[i].text), '"');
    }
    return trace_put_char(to, '}');
}

static char *put_one(char *to, char phase, const struct chrome_event *e, sim_ns when)
{
    to = trace_put_char(trace_put_text(to, ",\n{\"ph\":\""), phase);
    to = trace_put_dec(trace_put_text(to, "\",\"pid\":"), e->pid);
    to = trace_put_dec(trace_put_text(to, ",\"tid\":"), e->tid);
    to = put_us(trace_put_text(to, ",\"ts\":"), when);
    if (phase == 'i')
        to = trace_put_text(to, ",\"s\":\"t\"");
    else if (phase == 'b' || phase == 'e')
        to = trace_put_char(trace_put_0x(trace_put_text(to, ",\"id\":\""), e->id), '"');
    if (e->category)
        to = trace_put_char(trace_put_text(trace_put_text(to, ",\"cat\":\""), e->category), '"');
    to = trace_put_char(trace_put_text(trace_put_text(to, ",\"name\":\""), e->name), '"');
    if (e->colour)
        to = trace_put_char(trace_put_text(trace_put_text(to, ",\"cname\":\""), e->colour), '"');
    if (phase != 'E' && e->arg[0].form != CHROME_NONE)
        to = put_args(to, e->arg);
    return trace_put_char(to, '}');
}

/*
 * A slice is B and E and not X: a viewer would add ts and dur as doubles, and where the sum comes
 * out beyond the next slice's ts, nest them. E names what it ends, for viewers that look for that,
 * and its colour, as Chrome takes that of E; arguments at both it would merge, with a warning.
 */
static char *put_event(char *to, const struct chrome_event *e)
{
    to = put_one(to, e->phase, e, e->when);
    return e->phase == 'B' ? put_one(to, 'E', e, e->until) : to;
}

bool chrome_put(struct trace_writer *w, const struct chrome_event *e, bool anyway)
{
    char *start = trace_sink_room(&w->sink, EVENT_BYTES), *end = put_event(start, e);

    if (!anyway && !trace_writer_fits(w, w->sink.bytes, (size_t)(end - start)))
        return false;
    trace_sink_end(&w->sink, end);
    return true;
}

void chrome_name(struct trace_writer *w, enum chrome_pid pid, uint32_t tid, const char *name)
{
    const bool process = tid == UINT32_MAX;
    const struct chrome_event e = {
        .phase = 'M',
        .pid = pid,
        .tid = process ? 0 : tid,
        .name = process ? "process_name" : "thread_name",
        .arg = {{"name", CHROME_TEXT, 0, name}},
    };
    const struct chrome_event order = {
        .phase = 'M',
        .pid = pid,
        .tid = e.tid,
        .name = process ? "process_sort_index" : "thread_sort_index",
        .arg = {{"sort_index", CHROME_DEC, process ? (uint64_t)pid : tid, NULL}},
    };

    chrome_put(w, &e, true);
    chrome_put(w, &order, true);
}

void chrome_open(struct trace_writer *w)
{
    static const char head[] = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"
                               "{\"ph\":\"M\",\"pid\":1,\"tid\":0,\"ts\":0.000,"
                               "\"name\":\"process_labels\",\"args\":{\"labels\":\"apfsim\"}}";

    trace_sink_add(&w->sink, head, sizeof head - 1);
}

void chrome_close(struct trace_writer *w)
{
    char *to = trace_sink_room(&w->sink, EVENT_BYTES);

    to = trace_put_text(to, "\n],\"otherData\":{\"kvm_events\":");
    to = trace_put_dec(to, w->told.events);
    to = trace_put_dec(trace_put_text(to, ",\"kvm_events_of_the_run\":"), w->told.seen);
    if (w->told.cut)
        to = put_us(trace_put_text(to, ",\"cut_at_us\":"), w->told.cut_at);
    trace_sink_end(&w->sink, trace_put_text(to, "}}\n"));
}

void chrome_clean(char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e || *text == '"' || *text == '\\')
            *text = '_';
}
