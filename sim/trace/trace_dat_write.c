/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_write.c - a run as trace.dat
 *
 * The file has each CPU's pages in one piece and their sizes before them, a run fills them in turn.
 * So pages go to a spool, each with the place of its CPU's next one, and are put in order at the
 * end: what is kept in memory is one page a CPU. libtracecmd, which would be the place for this,
 * has no public function that writes.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "trace_dat.h"
#include "trace_dat_head.h"
#include "trace_put.h"
#include "trace_writer.h"

enum { LINK = 8, SLOT = LINK + DAT_PAGE };
#define NOWHERE UINT64_MAX

struct cpu {
    uint64_t first, last; /* slots in the spool */
    sim_ns now;           /* of the page's last event */
    size_t used;          /* of the page's data; 0: no page is begun */
    uint8_t slot[SLOT];
};

struct dat {
    struct cpu *cpu;
    struct trace_dat_cpu *count;
    struct trace_dat_comms comms;
    uint64_t slots, pages; /* pages: spooled or begun */
};

static void spool(struct trace_writer *w, const void *data, size_t bytes, uint64_t at)
{
    const uint8_t *from = data;

    while (bytes && !w->sink.error) {
        ssize_t n = pwrite(w->plan.spool, from, bytes, (off_t)at);

        if (n < 0 && errno != EINTR)
            w->sink.error = errno;
        n = n < 0 ? 0 : n;
        from += n;
        at += (uint64_t)n;
        bytes -= (size_t)n;
    }
}

static void end_page(struct trace_writer *w, uint32_t number)
{
    struct dat *d = w->self;
    struct cpu *c = &d->cpu[number];
    uint8_t link[LINK];

    if (!c->used)
        return;
    dat_put(c->slot, NOWHERE, LINK);
    dat_put(c->slot + LINK + 8, c->used, 8);
    spool(w, c->slot, SLOT, d->slots * SLOT);
    dat_put(link, d->slots, LINK);
    if (c->last == NOWHERE)
        c->first = d->slots;
    else
        spool(w, link, LINK, c->last * SLOT);
    c->last = d->slots++;
    c->used = 0;
    d->count[number].pages++;
    memset(c->slot, 0, sizeof c->slot);
}

/* False: it would be beyond the cap. */
static bool begin_page(struct trace_writer *w, struct cpu *c)
{
    struct dat *d = w->self;

    if (!trace_writer_fits(w, d->pages * DAT_PAGE, DAT_PAGE))
        return false;
    d->pages++;
    c->now = w->now;
    dat_put(c->slot + LINK, w->now, 8);
    return true;
}

static size_t size_of(const struct trace_row *row)
{
    size_t end = TRACE_HEAD_BYTES;

    for (unsigned f = 0; f < TRACE_FIELDS_MAX && row->field[f].name; f++)
        end = (size_t)row->field[f].offset + row->field[f].size;
    return (end + 3) / 4 * 4;
}

static void put_record(uint8_t *to, const struct trace_record *r)
{
    const struct trace_row *row = &trace_row[r->event];

    dat_put(to, (uint64_t)trace_dat_id(r->event), 2);
    to[2] = r->flags;
    to[3] = r->preempt;
    dat_put(to + 4, r->pid, 4);
    for (unsigned f = 0; f < TRACE_FIELDS_MAX && row->field[f].name; f++)
        dat_put(to + row->field[f].offset, r->value[f], row->field[f].size);
}

static void dat_record(struct trace_writer *w, const struct trace_record *r)
{
    struct dat *d = w->self;
    struct cpu *c = &d->cpu[r->cpu];
    size_t bytes = size_of(&trace_row[r->event]);
    uint64_t passed;
    uint8_t *to;

    if (c->used + 8 + 4 + bytes > DAT_PAGE_DATA)
        end_page(w, r->cpu);
    if (!c->used && !begin_page(w, c))
        return;
    passed = r->when > c->now ? r->when - c->now : 0; /* captures may go back */
    to = c->slot + LINK + DAT_PAGE_HEAD + c->used;
    if (passed >> DAT_DELTA_BITS) {
        dat_put(to, DAT_TIME_EXTEND | (passed & ((1u << DAT_DELTA_BITS) - 1)) << 5, 4);
        dat_put(to + 4, passed >> DAT_DELTA_BITS, 4);
        to += 8;
        c->used += 8;
        passed = 0;
    }
    dat_put(to, bytes / 4 | passed << 5, 4);
    put_record(to + 4, r);
    c->used += 4 + bytes;
    c->now = r->when > c->now ? r->when : c->now;
    d->count[r->cpu].events++;
    w->told.events++;
}

enum { COMM_LINE = TRACE_NAME_BYTES + 16 };

static char *put_thread(char *to, const struct trace_shape *shape, uint32_t i)
{
    char name[TRACE_NAME_BYTES];
    uint32_t pid;

    if (shape->thread) {
        shape->thread(shape->self, i, &pid, name);
        to = trace_put_text(trace_put_char(trace_put_dec(to, pid), ' '), name);
    } else { /* a vCPU's and its workers', in turn */
        pid = (i & 1 ? TRACE_PID_WORKER : TRACE_PID_VCPU) + i / 2;
        to = trace_put_char(trace_put_dec(to, pid), ' ');
        to = trace_thread_comm(to, i / 2, i & 1);
    }
    return trace_put_char(to, '\n');
}

static bool make_comms(struct dat *d, const struct trace_shape *shape)
{
    uint32_t threads = shape->thread ? shape->threads : 2 * shape->vcpus;
    char *to = d->comms.text = malloc((size_t)threads * COMM_LINE + 1);

    if (!to)
        return false;
    for (uint32_t i = 0; i < threads; i++)
        to = put_thread(to, shape, i);
    d->comms.bytes = (size_t)(to - d->comms.text);
    return true;
}

static void dat_free(struct dat *d)
{
    free(d->comms.text);
    free(d->cpu);
    free(d->count);
    free(d);
}

static bool dat_begin(struct trace_writer *w, const struct trace_shape *shape)
{
    struct dat *d = calloc(1, sizeof *d);

    w->self = d;
    if (!d)
        return false;
    d->cpu = calloc(shape->vcpus, sizeof *d->cpu);
    d->count = calloc(shape->vcpus, sizeof *d->count);
    for (uint32_t v = 0; d->cpu && v < shape->vcpus; v++)
        d->cpu[v].first = d->cpu[v].last = NOWHERE;
    if (d->cpu && d->count && make_comms(d, shape))
        return true;
    dat_free(d);
    return false;
}

/* Returns the next slot. */
static uint64_t copy_page(struct trace_writer *w, uint64_t slot)
{
    uint8_t data[SLOT];
    size_t got = 0;

    while (got < SLOT && !w->sink.error) {
        ssize_t n = pread(w->plan.spool, data + got, SLOT - got, (off_t)(slot * SLOT + got));

        if (n < 0 && errno != EINTR)
            w->sink.error = errno;
        else if (n == 0)
            w->sink.error = EIO; /* somebody has cut the spool */
        got += n > 0 ? (size_t)n : 0;
    }
    if (w->sink.error)
        return NOWHERE;
    trace_sink_add(&w->sink, data + LINK, DAT_PAGE);
    return dat_get(data, LINK);
}

static void dat_end(struct trace_writer *w)
{
    struct dat *d = w->self;
    const struct trace_dat_sums sums = {d->count, w->vcpus, w->told.seen - w->told.events,
                                        w->plan.ticks};

    for (uint32_t v = 0; v < w->vcpus; v++)
        end_page(w, v);
    trace_dat_head(&w->sink, &sums, &d->comms);
    for (uint32_t v = 0; v < w->vcpus; v++)
        for (uint64_t slot = d->cpu[v].first; slot != NOWHERE && !w->sink.error;)
            slot = copy_page(w, slot);
    dat_free(d);
}

const struct trace_writer_ops trace_dat_ops = {
    .begin = dat_begin, .record = dat_record, .end = dat_end};
