/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_read.c - the pages of a trace.dat; what stands before them: trace_dat_file.c
 *
 * Sources: include/linux/ring_buffer.h (kinds of events), kernel/trace/ring_buffer.c (flags of
 * lost events in a page's commit).
 */
#include <inttypes.h>
#include <stdlib.h>

#include "trace_dat.h"
#include "trace_dat_priv.h"

enum {
    COMMIT_BITS = 27,   /* of a page's commit that are a length */
    MISSED_EVENTS = 31, /* the bit that says that events were lost before this page */
    STAMP_BITS = 59,    /* of an absolute time stamp; above it the page's holds */
    /* trace-cmd packs ten pages at a time. A few bytes may stand for many, but not for any number:
       a small hostile file must not become an endless one. */
    CHUNK_ANY = 64 << 10,
    CHUNK_MAX = 1 << 20,
    PACKED_TO = 1000,
};

/* The next chunk of packed pages becomes the CPU's pages; none: c->at stays c->stop. */
static bool next_chunk(const struct trace_dat *d, struct dat_cpu *c, struct trace_dat_error *error)
{
    struct dat_chunks *k = &c->chunks;
    struct dat_cursor file = {.data = d->data, .at = k->at, .bytes = k->stop, .error = error};
    uint64_t packed, bytes;
    const uint8_t *raw = NULL;

    if (!k->left)
        return true;
    k->left--;
    if (!dat_number(&file, 4, &packed) || !dat_number(&file, 4, &bytes) ||
        !dat_take(&file, packed, &raw))
        return false;
    if (!bytes || bytes % d->page_bytes || bytes > CHUNK_MAX ||
        (bytes > CHUNK_ANY && bytes / PACKED_TO > packed))
        return dat_fail(error, k->at, "a chunk of pages of an impossible size: damaged");
    if (!dat_chunk_room(k, bytes))
        return dat_fail(error, k->at, "no memory");
    if (!dat_unpack(d->packing, raw, packed, k->unpacked, bytes))
        return dat_fail(error, k->at, "pages that cannot be unpacked: damaged");
    c->pages = k->unpacked;
    c->from = k->at;
    c->at = 0;
    c->stop = bytes;
    k->at = file.at;
    return true;
}

static bool page_begin(struct trace_dat *d, struct dat_cpu *c, struct trace_dat_error *error)
{
    const uint8_t *page = c->pages + c->at;
    uint64_t commit = dat_get(page + 8, 8);

    c->when = dat_get(page, 8);
    c->event = d->data_offset;
    c->end = d->data_offset + (commit & ((1u << COMMIT_BITS) - 1));
    if (c->end > d->page_bytes)
        return dat_fail(error, c->from + c->at, "a page that says it is fuller than a page can be");
    c->lost |= (commit >> MISSED_EVENTS & 1) != 0;
    return true;
}

/* The header's time and length; what follows of the record. False: it leaves the page. */
static bool event_extent(const struct dat_cpu *c, const uint8_t *page, uint32_t type,
                         size_t *ret_skip, size_t *ret_bytes)
{
    const size_t left = c->end - c->event;
    uint64_t bytes;

    *ret_skip = 4;
    if (type != 0 && type <= DAT_WORDS_MAX) {
        *ret_bytes = (size_t)type * 4;
        return 4 + *ret_bytes <= left;
    }
    if (left < 8)
        return false;
    bytes = dat_get(page + c->event + 4, 4);
    *ret_skip = 8;
    if (type == DAT_TIME_EXTEND || type == DAT_TIME_STAMP)
        *ret_bytes = 0;
    else if (bytes < 4) /* its own four bytes are counted */
        return false;
    else
        *ret_bytes = (bytes - 4 + 3) / 4 * 4;
    return *ret_bytes <= left - 8;
}

/* To the next record of the CPU: c->when, c->record, c->bytes. c->record NULL: no more. */
static bool advance(struct trace_dat *d, struct dat_cpu *c, struct trace_dat_error *error)
{
    for (c->record = NULL; !c->record;) {
        const uint8_t *page;
        size_t skip, bytes;
        uint64_t head, delta;
        uint32_t type;

        if (c->event + 4 > c->end) { /* also before the first page */
            if (c->event)
                c->at += d->page_bytes;
            c->event = c->end = 0;
            if (c->at >= c->stop && !next_chunk(d, c, error))
                return false;
            if (c->at >= c->stop)
                return true;
            if (!page_begin(d, c, error))
                return false;
            continue;
        }
        page = c->pages + c->at;
        head = dat_get(page + c->event, 4);
        type = (uint32_t)head & 31;
        delta = head >> 5;
        if (type == DAT_PADDING && !delta) { /* nothing more on this page */
            c->event = c->end;
            continue;
        }
        if (!event_extent(c, page, type, &skip, &bytes))
            return dat_fail(error, c->from + c->at + c->event,
                            "an event that goes beyond its page");
        if (type == DAT_TIME_EXTEND)
            c->when += delta | dat_get(page + c->event + 4, 4) << DAT_DELTA_BITS;
        else if (type == DAT_TIME_STAMP)
            c->when = (c->when >> STAMP_BITS << STAMP_BITS) |
                      ((delta | dat_get(page + c->event + 4, 4) << DAT_DELTA_BITS) &
                       (((uint64_t)1 << STAMP_BITS) - 1));
        else
            c->when += delta;
        if (type <= DAT_WORDS_MAX) {
            c->record = page + c->event + skip;
            c->bytes = bytes;
        }
        c->event += skip + bytes;
    }
    return true;
}

bool dat_start(struct trace_dat *d, struct trace_dat_error *error)
{
    for (uint32_t i = 0; i < d->streams; i++) {
        const struct dat_cpu *c = &d->cpu[i];

        if (c->stop % d->page_bytes)
            return dat_fail(error, c->from, "CPU %" PRIu32 " has no whole pages", c->id);
        if (!advance(d, &d->cpu[i], error))
            return false;
    }
    return true;
}

/* ---- records ---- */

static uint64_t field_of(const struct dat_cpu *c, const struct dat_field *f, bool is_signed)
{
    unsigned shift = 64 - 8 * f->bytes;
    uint64_t x;

    if (!f->bytes || f->offset + (size_t)f->bytes > c->bytes)
        return 0;
    x = dat_get(c->record + f->offset, f->bytes);
    return is_signed ? (uint64_t)((int64_t)(x << shift) >> shift) : x;
}

/* False: no event that we know. */
static bool record_of(struct trace_dat *d, const struct dat_cpu *c, struct trace_record *ret)
{
    uint32_t id;

    if (c->bytes < TRACE_HEAD_BYTES)
        return false;
    id = (uint32_t)dat_get(c->record, 2);
    for (unsigned e = 0; e < TRACE_EVENTS; e++) {
        const struct dat_event *known = &d->event[e];

        if (!known->known || known->id != id)
            continue;
        ret->event = (enum trace_event)e;
        ret->when = c->when;
        ret->cpu = c->id;
        ret->flags = c->record[2];
        ret->preempt = c->record[3];
        ret->pid = (uint32_t)dat_get(c->record + 4, 4);
        for (unsigned f = 0; f < TRACE_FIELDS_MAX; f++)
            ret->value[f] = field_of(c, &known->field[f], trace_row[e].field[f].is_signed);
        return true;
    }
    return false;
}

static struct dat_cpu *earliest(struct trace_dat *d)
{
    struct dat_cpu *best = NULL;

    for (uint32_t i = 0; i < d->streams; i++)
        if (d->cpu[i].record && (!best || d->cpu[i].when < best->when))
            best = &d->cpu[i];
    return best;
}

enum trace_dat_next trace_dat_next(struct trace_dat *d, struct trace_record *ret,
                                   struct trace_dat_error *ret_error)
{
    for (;;) {
        struct dat_cpu *c = earliest(d);
        bool known;

        if (!c)
            return TRACE_DAT_END;
        if (c->lost) {
            c->lost = false;
            ret->cpu = c->id;
            return TRACE_DAT_LOST;
        }
        known = record_of(d, c, ret);
        if (!advance(d, c, ret_error))
            return TRACE_DAT_ERROR;
        if (known)
            return TRACE_DAT_EVENT;
    }
}
