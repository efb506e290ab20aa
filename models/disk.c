/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk.c - channels are actors; whoever finds none idle waits in one ring
 *
 * Knows:    engine, disk.h.
 * Promise:  requests start in the order of submission. A request's draw is made when it is
 *           submitted, used or not, so that the n-th request of a run has the same draw in every
 *           mode, whatever channel it gets and whether it seeks.
 */
#include "disk.h"

#include <stdlib.h>

#include "sim_assert.h"
#include "sim_poison.h"
#include "sim_words.h"

#define NO_PLACE UINT64_MAX

struct pending {
    struct disk_request rq;
    sim_ns submitted, draw;
};

struct channel {
    struct disk *disk;
    sim_actor actor;
    uint64_t place; /* the page behind the last request: where the arm stands */
    struct disk_request rq;
    sim_ns started;
};

struct wire { /* a read that comes back over the network */
    struct disk_request rq;
    uint32_t next_free;
};

struct disk {
    struct sim *sim;
    struct sim_variate read, write;
    struct sim_rng rng;
    sim_ns per_page, per_request, network_rtt;
    bool seek;
    sim_actor network; /* only with a round trip */
    uint32_t wire_free;
    struct wire *wire;
    uint32_t number, channels, requests_max;
    uint32_t head, queued; /* ring of those that wait */
    uint32_t idle;         /* idle_channel[0 .. idle): last in, first out */
    uint32_t high_water;
    struct pending *ring;
    struct channel *channel;
    uint32_t *idle_channel;
    disk_done done;
    void *ctx;
};

static void on_channel(void *ctx, const struct sim_event *ev);
static void on_network(void *ctx, const struct sim_event *ev);

static bool make_tables(struct disk *d)
{
    d->ring = calloc(d->requests_max, sizeof *d->ring);
    d->channel = calloc(d->channels, sizeof *d->channel);
    d->idle_channel = calloc(d->channels, sizeof *d->idle_channel);
    d->wire = d->network_rtt ? calloc(d->requests_max, sizeof *d->wire) : NULL;
    return d->ring && d->channel && d->idle_channel && (d->wire || !d->network_rtt);
}

static void network_init(struct disk *d)
{
    for (uint32_t i = 0; i < d->requests_max; i++)
        d->wire[i].next_free = i + 1;
    d->network = sim_actor_add(d->sim, SIM_RANK_DEVICE, on_network, d);
}

/* The channel with the lowest number goes first. */
static void channels_init(struct disk *d)
{
    for (uint32_t i = 0; i < d->channels; i++) {
        struct channel *c = &d->channel[i];

        c->disk = d;
        c->place = NO_PLACE;
        c->actor = sim_actor_add(d->sim, SIM_RANK_DEVICE, on_channel, c);
        d->idle_channel[d->idle++] = d->channels - 1 - i;
    }
}

struct disk *disk_create(struct sim *sim, const struct disk_params *p, uint32_t number,
                         uint64_t seed, enum sim_stream stream, uint32_t requests_max,
                         disk_done done, void *ctx)
{
    struct disk *d = calloc(1, sizeof *d);

    SIM_ASSERT(p->channels >= 1);
    SIM_ASSERT(requests_max >= 1);
    if (!d)
        return NULL;
    d->sim = sim;
    d->number = number;
    d->channels = p->channels;
    d->requests_max = requests_max;
    d->per_page = p->per_page;
    d->per_request = p->per_request;
    d->network_rtt = p->network_rtt;
    d->seek = p->seek;
    d->done = done;
    d->ctx = ctx;
    sim_variate_init(&d->read, &p->read);
    sim_variate_init(&d->write, &p->write);
    sim_rng_init(&d->rng, seed, stream, number);
    if (!make_tables(d)) {
        disk_destroy(d);
        return NULL;
    }
    channels_init(d);
    if (d->wire)
        network_init(d);
    return d;
}

void disk_destroy(struct disk *d)
{
    if (!d)
        return;
    free(d->wire);
    free(d->ring);
    free(d->channel);
    free(d->idle_channel);
    free(d);
}

uint32_t disk_queued(const struct disk *d)
{
    return d->queued;
}

uint32_t disk_busy_channels(const struct disk *d)
{
    return d->channels - d->idle;
}

uint32_t disk_high_water(const struct disk *d)
{
    return d->high_water;
}

static sim_ns draw(struct disk *d, bool write)
{
    return sim_variate_draw(write ? &d->write : &d->read, &d->rng);
}

/* Moves the arm behind the request and says how long that and the transfer take. */
static sim_ns service(const struct disk *d, struct channel *c, const struct disk_request *rq,
                      sim_ns drawn)
{
    bool contiguous = d->seek && c->place == rq->first;

    c->place = (uint64_t)rq->first + rq->pages;
    return d->per_request +
           (contiguous ? d->per_page * rq->pages : drawn + d->per_page * (rq->pages - 1));
}

/* The request goes to the channel that fell idle last. */
static inline void start(struct disk *d, const struct pending *p)
{
    uint32_t number = d->idle_channel[--d->idle];
    struct channel *c = &d->channel[number];
    sim_ns now = sim_now(d->sim);

    c->rq = p->rq;
    c->started = now;
    sim_note(d->sim, NOTE_DISK_START, d->number, number, p->rq.write, now - p->submitted);
    sim_actor_at(d->sim, c->actor, now + service(d, c, &p->rq, p->draw), 0, 0);
}

/* The oldest that waits. */
static void start_next(struct disk *d)
{
    const struct pending *p = &d->ring[d->head];

    d->head = d->head + 1 == d->requests_max ? 0 : d->head + 1;
    d->queued--;
    start(d, p);
}

/* Its parts one by one, and past the ring when a channel is idle: what has just been written in
 * parts would be read again as a whole, which takes its time. */
void disk_put(struct disk *d, uint32_t first, uint32_t pages, bool write, uint64_t cookie)
{
    uint32_t inside = d->queued + disk_busy_channels(d);
    uint64_t at = (uint64_t)d->head + d->queued;
    struct pending p = {{first, pages, write, cookie}, sim_now(d->sim), 0};

    SIM_ASSERT(pages >= 1);
    if (inside == d->requests_max) {
        sim_stop(d->sim, SIM_OUT_OF_SLAB,
                 "a paging device holds more requests than it was sized for");
        return;
    }
    d->high_water = inside + 1 > d->high_water ? inside + 1 : d->high_water;
    sim_note(d->sim, NOTE_DISK_SUBMIT, d->number, pages, write, d->queued);
    p.draw = draw(d, write);
    if (d->idle) { /* then nobody waits */
        start(d, &p);
        return;
    }
    at -= at >= d->requests_max ? d->requests_max : 0;
    d->ring[at] = p;
    d->queued++;
}

static void on_network(void *ctx, const struct sim_event *ev)
{
    struct disk *d = ctx;
    uint32_t i = (uint32_t)ev->arg;
    const struct disk_request rq = d->wire[i].rq;

    d->wire[i].next_free = d->wire_free;
    d->wire_free = i;
    d->done(d->ctx, &rq);
}

/* Nobody waits for a write: it is over when the device has it. */
static void tell_owner(struct disk *d, const struct disk_request *rq)
{
    uint32_t i = d->wire_free;

    if (!d->wire || rq->write) {
        d->done(d->ctx, rq);
        return;
    }
    SIM_ASSERT(i < d->requests_max);
    d->wire_free = d->wire[i].next_free;
    d->wire[i].rq = *rq;
    sim_post(d->sim, d->network, SIM_RANK_DEVICE, sim_now(d->sim) + d->network_rtt, 0, i);
}

/* The next request starts before the owner hears of this one: it was here first. */
static void on_channel(void *ctx, const struct sim_event *ev)
{
    struct channel *c = ctx;
    struct disk *d = c->disk;
    struct disk_request rq = c->rq;
    uint32_t number = (uint32_t)(c - d->channel);
    sim_ns ns = ev->when - c->started;

    sim_note(d->sim, NOTE_DISK_DONE, d->number, number, rq.write, ns);
    d->idle_channel[d->idle++] = number;
    if (d->queued)
        start_next(d);
    tell_owner(d, &rq);
}

sim_ns disk_inline_read(struct disk *d, uint32_t first, uint32_t pages)
{
    const struct disk_request rq = {first, pages, false, 0};

    SIM_ASSERT(pages >= 1);
    return service(d, &d->channel[0], &rq, draw(d, false));
}
