/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_json_disks.c - a track for each channel of a paging device, and how many requests wait
 */
#include <stdio.h>

#include "trace_json.h"

static void count_queue(struct trace_writer *w, const struct json_disk *d)
{
    json_counter(w, d->queue, (struct chrome_arg){"waiting", CHROME_DEC, d->waiting, NULL},
                 (struct chrome_arg){0});
}

static void count_in_flight(struct trace_writer *w)
{
    const struct json *j = w->self;

    json_counter(w, "in flight", (struct chrome_arg){"page-ins", CHROME_DEC, j->in_flight, NULL},
                 (struct chrome_arg){0});
}

void json_in_flight(struct trace_writer *w, const struct sim_note *n)
{
    struct json *j = w->self;

    j->in_flight = n->a;
    count_in_flight(w);
}

void json_submit(struct trace_writer *w, const struct sim_note *n)
{
    struct json *j = w->self;

    if (n->a >= TRACE_DISKS)
        return;
    j->disk[n->a].waiting++;
    count_queue(w, &j->disk[n->a]);
}

void json_start(struct trace_writer *w, const struct sim_note *n)
{
    struct json *j = w->self;
    struct json_disk *d = n->a < TRACE_DISKS ? &j->disk[n->a] : NULL;

    if (!d || n->b >= d->channels)
        return;
    d->waiting--;
    d->channel[n->b].live = true;
    d->channel[n->b].since = n->when;
    d->channel[n->b].write = n->c != 0;
    count_queue(w, d);
}

static void end_channel(struct trace_writer *w, struct json_disk *d, uint32_t channel, sim_ns until)
{
    struct json_span *s = &d->channel[channel];
    struct chrome_event e = {.pid = CHROME_DEVICES,
                             .tid = d->first + channel,
                             .name = s->write ? "write" : "read",
                             .category = "device"};
    char name[TRACE_NAME_BYTES + 24];

    if (!s->named && until > w->plan.from) {
        snprintf(name, sizeof name, "%s channel %u", d->name, channel);
        chrome_name(w, CHROME_DEVICES, e.tid, name);
        s->named = true;
    }
    json_slice(w, &e, s->since, until);
}

void json_done(struct trace_writer *w, const struct sim_note *n)
{
    struct json *j = w->self;
    struct json_disk *d = n->a < TRACE_DISKS ? &j->disk[n->a] : NULL;

    if (!d || n->b >= d->channels || !d->channel[n->b].live)
        return;
    if (json_is_open(w))
        end_channel(w, d, (uint32_t)n->b, n->when);
    d->channel[n->b].live = false;
}

void json_disks_count(struct trace_writer *w)
{
    const struct json *j = w->self;

    if (j->disk[0].channels)
        count_in_flight(w);
    for (unsigned d = 0; d < TRACE_DISKS; d++)
        if (j->disk[d].channels)
            count_queue(w, &j->disk[d]);
}

void json_disks_end(struct trace_writer *w, sim_ns at)
{
    struct json *j = w->self;

    for (unsigned d = 0; d < TRACE_DISKS; d++)
        for (uint32_t c = 0; c < j->disk[d].channels; c++)
            if (j->disk[d].channel[c].live)
                end_channel(w, &j->disk[d], c, at);
}
