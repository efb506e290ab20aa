/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_json_put.c - what the tracks of a Chrome trace are made of
 */
#include "trace_json.h"

void json_slice(struct trace_writer *w, struct chrome_event *e, sim_ns since, sim_ns until)
{
    const struct json *j = w->self;

    since = since > w->plan.from ? since : w->plan.from;
    until = until < j->to ? until : j->to;
    if (since >= until)
        return;
    e->phase = 'B';
    e->when = since;
    e->until = until;
    chrome_put(w, e, j->closed);
}

void json_counter(struct trace_writer *w, const char *name, struct chrome_arg a,
                  struct chrome_arg b)
{
    const struct chrome_event e = {
        .phase = 'C', .pid = CHROME_DEVICES, .when = w->now, .name = name, .arg = {a, b}};

    if (json_is_open(w))
        chrome_put(w, &e, false);
}
