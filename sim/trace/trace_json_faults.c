/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_json_faults.c - a track for each vCPU and each worker, and a span for each fault in flight
 */
#include <stdio.h>

#include "sim_words.h"
#include "trace_json.h"

static void put_segment(struct trace_writer *w, uint32_t vcpu)
{
    const struct json *j = w->self;
    const struct json_vcpu *v = &j->vcpu[vcpu];
    struct chrome_event e = {
        .pid = CHROME_VCPUS, .tid = vcpu, .name = ledger_key[v->class], .category = "vcpu"};

    if (v->whose < j->tasks)
        e.arg[0] = (struct chrome_arg){"task", CHROME_TEXT, 0, j->task[v->whose].name};
    json_slice(w, &e, v->since, v->told);
}

/* Segments follow each other without a gap from time 0 on; those of a kind are one slice. */
void json_segment(struct trace_writer *w, const struct sim_note *n)
{
    struct json *j = w->self;
    struct json_vcpu *v = &j->vcpu[n->a];

    if (n->b != v->class || n->d != v->whose) {
        put_segment(w, (uint32_t)n->a);
        v->since = v->told;
        v->class = n->b;
        v->whose = n->d;
    }
    v->told += n->c;
}

void json_segments_end(struct trace_writer *w)
{
    const struct json *j = w->self;

    for (uint32_t v = 0; v < j->vcpus; v++)
        put_segment(w, v);
}

static void show_fault(struct trace_writer *w, uint32_t vcpu, struct json_fault *f, char phase,
                       sim_ns when)
{
    struct chrome_event e = {
        .phase = phase,
        .pid = CHROME_VCPUS,
        .tid = vcpu,
        .when = when,
        .id = f->id,
        .name = "fault",
        .category = "apf",
        .arg = {{"token", CHROME_HEX, f->token, NULL}, {"gfn", CHROME_HEX, f->gfn, NULL}},
    };

    if (phase == 'b') {
        e.arg[2] = (struct chrome_arg){"guest", CHROME_TEXT, 0, f->told ? "told" : "halted"};
        f->shown = chrome_put(w, &e, false);
    } else if (f->shown) {
        chrome_put(w, &e, true); /* what was begun is ended */
    }
}

static void end_fault(struct trace_writer *w, uint32_t vcpu, struct json_fault *f)
{
    if (f->live && json_is_open(w))
        show_fault(w, vcpu, f, 'e', w->now);
    f->live = f->shown = false;
}

void json_not_present(struct trace_writer *w, const struct sim_note *n)
{
    struct json *j = w->self;
    struct json_vcpu *v = &j->vcpu[n->a];
    struct json_fault *f = &v->fault[j->faults % JSON_FAULTS]; /* if none is free */

    for (unsigned i = 0; i < JSON_FAULTS; i++)
        f = v->fault[i].live ? f : &v->fault[i];
    end_fault(w, (uint32_t)n->a, f); /* of a protocol that says no ready */
    *f = (struct json_fault){n->b, n->c, v->gfn, ++j->faults, true, false, n->d != 0};
    if (json_is_open(w))
        show_fault(w, (uint32_t)n->a, f, 'b', n->when);
}

void json_ready(struct trace_writer *w, const struct sim_note *n)
{
    struct json *j = w->self;
    struct json_vcpu *v = &j->vcpu[n->a];

    for (unsigned i = 0; i < JSON_FAULTS; i++)
        if (v->fault[i].live && v->fault[i].token == n->b && v->fault[i].gva == n->c)
            end_fault(w, (uint32_t)n->a, &v->fault[i]);
}

void json_try(struct trace_writer *w, const struct sim_note *n)
{
    struct json *j = w->self;

    j->vcpu[n->a].gfn = n->c;
}

/* K-20: EN without its lowest bit cancels what is in flight. */
void json_msr(struct trace_writer *w, const struct sim_note *n)
{
    struct json *j = w->self;

    if (n->b != 0x4b564d02 || n->d != 1 || n->c & 1)
        return;
    for (unsigned i = 0; i < JSON_FAULTS; i++)
        end_fault(w, (uint32_t)n->a, &j->vcpu[n->a].fault[i]);
}

/* ---- workers: a lane for each that is busy at the same time ---- */

static void end_work(struct trace_writer *w, uint32_t vcpu, uint32_t lane, sim_ns until)
{
    struct json *j = w->self;
    struct json_span *s = &j->vcpu[vcpu].lane[lane];
    uint32_t tid = vcpu * JSON_LANES + lane;
    struct chrome_event e = {
        .pid = CHROME_WORKERS,
        .tid = tid,
        .name = "async_pf_execute",
        .category = "worker",
        .arg = {{"token", CHROME_HEX, s->token, NULL}, {"gfn", CHROME_HEX, s->gfn, NULL}},
    };
    char name[TRACE_NAME_BYTES];

    if (!s->named && until > w->plan.from && s->since < j->to) {
        snprintf(name, sizeof name, "kworker/%u:%u", vcpu, lane + 1);
        chrome_name(w, CHROME_WORKERS, tid, name);
        s->named = true;
    }
    json_slice(w, &e, s->since, until);
}

void json_work(struct trace_writer *w, const struct sim_note *n)
{
    struct json *j = w->self;
    struct json_span *lane = j->vcpu[n->a].lane;
    unsigned i = 0;

    while (i < JSON_LANES - 1 && lane[i].live)
        i++;
    lane[i].live = true;
    lane[i].since = n->when;
    lane[i].token = n->b;
    lane[i].gfn = n->c;
}

void json_completed(struct trace_writer *w, const struct sim_note *n)
{
    struct json *j = w->self;
    struct json_span *lane = j->vcpu[n->a].lane;

    for (unsigned i = 0; i < JSON_LANES; i++) {
        if (!lane[i].live || lane[i].token != n->d)
            continue;
        if (json_is_open(w))
            end_work(w, (uint32_t)n->a, i, n->when);
        lane[i].live = false;
        return;
    }
}

/* ---- the window's ends ---- */

void json_faults_begin(struct trace_writer *w)
{
    struct json *j = w->self;

    for (uint32_t v = 0; v < j->vcpus; v++)
        for (unsigned i = 0; i < JSON_FAULTS; i++)
            if (j->vcpu[v].fault[i].live)
                show_fault(w, v, &j->vcpu[v].fault[i], 'b', w->plan.from);
}

void json_faults_end(struct trace_writer *w, sim_ns at)
{
    struct json *j = w->self;

    for (uint32_t v = 0; v < j->vcpus; v++) {
        for (unsigned i = 0; i < JSON_FAULTS; i++)
            if (j->vcpu[v].fault[i].live)
                show_fault(w, v, &j->vcpu[v].fault[i], 'e', at);
        for (unsigned i = 0; i < JSON_LANES; i++)
            if (j->vcpu[v].lane[i].live)
                end_work(w, v, i, at);
    }
}
