/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_file.c - what stands before the pages of a trace.dat
 *
 * Sources: trace-cmd.dat(5) of version 6; of version 7: trace_dat_seven.c.
 */
#include "trace_dat_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace_dat.h"
#include "trace_put.h"

enum { STREAMS_MAX = 1 << 16, BUFFERS_MAX = 64 };

/* ---- head ---- */

bool dat_read_machine(struct dat_cursor *c)
{
    uint64_t endian, word, page;

    if (!dat_number(c, 1, &endian) || !dat_number(c, 1, &word) || !dat_number(c, 4, &page))
        return false;
    if (endian != 0 || word != 8)
        return dat_fail(c->error, 12, "recorded by a big-endian or 32-bit machine");
    return true;
}

struct dat_cpu *dat_add_cpu(struct trace_dat *d, uint32_t id, struct trace_dat_error *error)
{
    struct dat_cpu *more;

    /* The room doubles at each power of two. */
    if (!(d->streams & (d->streams - 1))) {
        more = realloc(d->cpu, (d->streams ? (size_t)d->streams * 2 : 1) * sizeof *more);
        if (more)
            d->cpu = more;
    } else {
        more = d->cpu;
    }
    if (!more || d->streams == STREAMS_MAX) {
        dat_fail(error, 0, more ? "too many buffers of too many CPUs" : "no memory");
        return NULL;
    }
    more = &d->cpu[d->streams++];
    *more = (struct dat_cpu){.id = id};
    d->cpus = id < d->cpus ? d->cpus : id + 1;
    return more;
}

static bool read_head(struct dat_cursor *c, struct trace_dat *d)
{
    const char *skipped;
    uint64_t bytes, comms = 0;

    if (!dat_read_machine(c) || !dat_word(c, "header_page") || !dat_read_page_form(c, d) ||
        !dat_word(c, "header_event") || !dat_text(c, 8, &skipped, &bytes) ||
        !dat_read_formats(c, d, false) || !dat_read_systems(c, d) ||
        !dat_text(c, 4, &skipped, &bytes) || !dat_text(c, 4, &skipped, &bytes) ||
        !dat_text(c, 8, &d->comms, &comms))
        return false;
    d->comms_bytes = comms;
    return true;
}

/* ---- options, and where the pages are ---- */

struct options {
    bool clock;
    uint64_t buffer[BUFFERS_MAX]; /* where the places of an instance's pages are */
    unsigned buffers;
};

static bool read_options(struct dat_cursor *c, struct trace_dat *d, struct options *o)
{
    uint64_t option, bytes;
    const char *value;

    for (;;) {
        if (!dat_number(c, 2, &option))
            return false;
        if (option == 0)
            return true;
        if (!dat_text(c, 4, &value, &bytes))
            return false;
        if (option == DAT_OPTION_CPUSTAT)
            dat_learn_statistics(d, value, bytes);
        o->clock |= option == DAT_OPTION_CLOCK;
        if (option == DAT_OPTION_BUFFER && bytes > 8 && o->buffers < BUFFERS_MAX)
            o->buffer[o->buffers++] = dat_get((const uint8_t *)value, 8);
    }
}

static bool read_places(struct dat_cursor *c, struct trace_dat *d, uint32_t cpus)
{
    if (!dat_word(c, "flyrecord"))
        return false;
    for (uint32_t i = 0; i < cpus; i++) {
        uint64_t at, bytes;
        struct dat_cpu *cpu;

        if (!dat_number(c, 8, &at) || !dat_number(c, 8, &bytes))
            return false;
        if (bytes && (at > c->bytes || bytes > c->bytes - at))
            return dat_fail(c->error, c->bytes,
                            "cut short: the pages of CPU %" PRIu32 " are not all there", i);
        cpu = dat_add_cpu(d, i, c->error);
        if (!cpu)
            return false;
        cpu->pages = c->data + (bytes ? at : 0); /* an empty one may say that it is anywhere */
        cpu->from = at;
        cpu->stop = bytes;
    }
    return true;
}

static bool is_next(const struct dat_cursor *c, const char *word, size_t bytes)
{
    return c->bytes - c->at >= bytes && !memcmp(c->data + c->at, word, bytes);
}

static bool read_cpus(struct dat_cursor *c, struct trace_dat *d)
{
    static const char options[] = "options  ", latency[] = "latency  ";
    struct options o = {0};
    uint64_t cpus, bytes;
    const char *value;

    if (!dat_number(c, 4, &cpus))
        return false;
    if (cpus > TRACE_DAT_CPUS_MAX)
        return dat_fail(c->error, c->at, "%" PRIu64 " CPUs; want %d at most", cpus,
                        TRACE_DAT_CPUS_MAX);
    if (is_next(c, options, sizeof options)) {
        c->at += sizeof options;
        if (!read_options(c, d, &o))
            return false;
    }
    if (is_next(c, latency, sizeof latency))
        return dat_fail(c->error, c->at,
                        "a latency trace, whose events are text: print it by trace-cmd report");
    if (!read_places(c, d, (uint32_t)cpus))
        return false;
    /* Some writers said that there is a clock and wrote none: then it was local. */
    if (o.clock && dat_text(c, 8, &value, &bytes))
        dat_learn_clock(d, value, bytes);
    for (unsigned i = 0; i < o.buffers; i++) {
        c->at = o.buffer[i];
        if (!read_places(c, d, (uint32_t)cpus))
            return false;
    }
    return true;
}

static bool read_file(struct dat_cursor *c, struct trace_dat *d)
{
    const char *version;

    c->at = sizeof DAT_MAGIC - 1;
    if (!dat_string(c, &version))
        return false;
    if (!strcmp(version, "7"))
        return dat_read_seven(c, d);
    if (strcmp(version, "6") != 0)
        return dat_fail(c->error, c->at, "a trace.dat of version '%.8s'; want 6 or 7", version);
    return read_head(c, d) && read_cpus(c, d);
}

bool trace_dat_is(const void *data, size_t bytes)
{
    return bytes >= sizeof DAT_MAGIC - 1 && !memcmp(data, DAT_MAGIC, sizeof DAT_MAGIC - 1);
}

struct trace_dat *trace_dat_open(const void *data, size_t bytes, struct trace_dat_error *ret_error)
{
    struct dat_cursor c = {.data = data, .bytes = bytes, .error = ret_error};
    struct trace_dat *d = calloc(1, sizeof *d);

    *ret_error = (struct trace_dat_error){0};
    if (!d || !trace_dat_is(data, bytes)) {
        dat_fail(ret_error, 0, d ? "no trace.dat" : "no memory");
        free(d);
        return NULL;
    }
    d->data = data;
    d->bytes = bytes;
    d->comms = ""; /* a file of version 7 may have none */
    if (read_file(&c, d) && dat_start(d, ret_error))
        return d;
    trace_dat_close(d);
    return NULL;
}

bool dat_chunk_room(struct dat_chunks *k, size_t bytes)
{
    uint8_t *more;

    if (bytes <= k->room)
        return true;
    more = realloc(k->unpacked, bytes);
    if (!more)
        return false;
    k->unpacked = more;
    k->room = bytes;
    return true;
}

void trace_dat_close(struct trace_dat *d)
{
    if (!d)
        return;
    for (uint32_t i = 0; i < d->streams; i++)
        free(d->cpu[i].chunks.unpacked);
    free(d->cpu);
    free(d->own_comms);
    free(d);
}

/* ---- what else is known ---- */

uint32_t trace_dat_cpus(const struct trace_dat *d)
{
    return d->cpus;
}

bool trace_dat_ns(const struct trace_dat *d)
{
    return !d->ticks;
}

bool trace_dat_lost(const struct trace_dat *d, uint64_t *ret)
{
    *ret = d->lost;
    return d->streams && d->statistics >= d->streams;
}

char *trace_dat_comm(const struct trace_dat *d, uint32_t pid, char *to, size_t room)
{
    const char *end = d->comms + d->comms_bytes, *stop;
    char wanted[16];
    size_t n = (size_t)(trace_put_char(trace_put_dec(wanted, pid), ' ') - wanted);

    if (pid == 0)
        return trace_put_text(to, "<idle>");
    for (const char *at = d->comms; at < end; at = stop + 1) {
        stop = dat_line_end(at, end);
        if ((size_t)(stop - at) > n && !memcmp(at, wanted, n)) {
            size_t bytes = (size_t)(stop - at) - n;

            return trace_put_bytes(to, at + n, bytes < room ? bytes : room);
        }
    }
    return trace_put_text(to, "<...>");
}
