/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_seven.c - version 7 of trace.dat, which trace-cmd writes from 3.1 on
 *
 * Sources: trace-cmd.dat.v7(5). Options say where sections are, of which some are packed; each
 * buffer has an option of its own, with the places of its CPUs' pages.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace_dat.h"
#include "trace_dat_priv.h"

enum {
    OPTION_DONE = 0,
    OPTION_BUFFER = 3,
    OPTION_HEADER = 16,
    OPTION_FORMATS = 18,
    OPTION_COMMS = 21,
    OPTION_LATENCY = 22,
    SECTION_OPTIONS = 0,
    SECTION_HEAD_BYTES = 16,
    PACKED = 1,                /* a section's flag */
    OPTION_SECTIONS_MAX = 256, /* each instance adds one; a loop of them ends here */
};
/* A kernel's formats of all events are some 2 MB. */
#define SECTION_BYTES_MAX ((uint64_t)64 << 20)

/* Where the sections are of which the pages cannot be read without; 0: not told. */
struct places {
    uint64_t header, formats, comms;
};

/* ---- sections ---- */

struct section {
    struct dat_cursor c; /* what is in it, unpacked */
    uint8_t *own;        /* to be freed */
};

static bool unpack_section(struct dat_cursor *c, const struct trace_dat *d, uint64_t at,
                           struct section *ret)
{
    uint64_t packed, bytes;
    const uint8_t *raw = NULL;

    if (!dat_number(c, 4, &packed) || !dat_number(c, 4, &bytes) || !dat_take(c, packed, &raw))
        return false;
    if (bytes > SECTION_BYTES_MAX)
        return dat_fail(c->error, at, "a section of %" PRIu64 " bytes: damaged", bytes);
    ret->own = malloc(bytes + 1);
    if (!ret->own)
        return dat_fail(c->error, at, "no memory");
    if (!dat_unpack(d->packing, raw, packed, ret->own, bytes)) {
        free(ret->own);
        return dat_fail(c->error, at, "a section that cannot be unpacked: damaged");
    }
    ret->c.data = ret->own;
    ret->c.bytes = bytes;
    return true;
}

/* The section of this kind at `at`. */
static bool open_section(struct dat_cursor *file, const struct trace_dat *d, uint64_t at,
                         uint64_t kind, struct section *ret)
{
    struct dat_cursor c = *file;
    uint64_t is, flags, described, bytes;
    const uint8_t *raw = NULL;

    *ret = (struct section){.c = {.error = file->error}};
    c.at = at;
    if (!dat_number(&c, 2, &is) || !dat_number(&c, 2, &flags) || !dat_number(&c, 4, &described) ||
        !dat_number(&c, 8, &bytes))
        return false;
    if (is != kind)
        return dat_fail(c.error, at, "want a section of kind %" PRIu64 " here: damaged", kind);
    if (flags & PACKED)
        return unpack_section(&c, d, at, ret);
    if (!dat_take(&c, bytes, &raw))
        return false;
    ret->c.data = raw;
    ret->c.bytes = bytes;
    return true;
}

/* Offsets in an unpacked section mean nothing to who has the file: errors name the section's. */
static bool close_section(struct section *s, uint64_t at, bool good)
{
    if (!good)
        s->c.error->offset = at;
    free(s->own);
    return good;
}

/* ---- buffers ---- */

/* Packed pages begin with the number of their chunks, which is not in the CPU's `bytes`. */
static bool find_chunks(const struct dat_cursor *file, struct dat_cpu *cpu, uint64_t at,
                        uint64_t bytes)
{
    struct dat_cursor c = *file;
    const uint8_t *raw = NULL;

    c.at = at;
    if (!dat_number(&c, 4, &cpu->chunks.left))
        return false;
    cpu->chunks.at = c.at;
    cpu->chunks.stop = c.at + bytes;
    return dat_take(&c, bytes, &raw);
}

static bool add_pages(const struct dat_cursor *file, struct trace_dat *d, struct dat_cursor *c,
                      bool packed)
{
    uint64_t id, at, bytes;
    struct dat_cpu *cpu;

    if (!dat_number(c, 4, &id) || !dat_number(c, 8, &at) || !dat_number(c, 8, &bytes))
        return false;
    if (id >= TRACE_DAT_CPUS_MAX)
        return dat_fail(c->error, c->at, "CPU %" PRIu64 "; want %d at most", id,
                        TRACE_DAT_CPUS_MAX - 1);
    if (bytes && (at > file->bytes || bytes > file->bytes - at))
        return dat_fail(c->error, file->bytes,
                        "cut short: the pages of CPU %" PRIu64 " are not all there", id);
    cpu = dat_add_cpu(d, (uint32_t)id, c->error);
    if (!cpu)
        return false;
    cpu->from = at;
    if (!bytes) /* it may say that it is anywhere */
        return true;
    if (packed)
        return find_chunks(file, cpu, at, bytes);
    cpu->pages = file->data + at;
    cpu->stop = bytes;
    return true;
}

static bool read_buffer(const struct dat_cursor *file, struct trace_dat *d, struct dat_cursor *c)
{
    struct dat_cursor head = *file;
    uint64_t at, kind, flags, page_bytes, cpus;
    const char *name, *clock;

    if (!dat_number(c, 8, &at) || !dat_string(c, &name) || !dat_string(c, &clock) ||
        !dat_number(c, 4, &page_bytes) || !dat_number(c, 4, &cpus))
        return false;
    head.at = at;
    if (!dat_number(&head, 2, &kind) || !dat_number(&head, 2, &flags))
        return false;
    if (kind != OPTION_BUFFER)
        return dat_fail(c->error, at, "want the pages of a buffer here: damaged");
    if (cpus && page_bytes != d->page_bytes)
        return dat_fail(c->error, at, "pages of %" PRIu64 " bytes; want %" PRIu32, page_bytes,
                        d->page_bytes);
    if (cpus)
        dat_learn_clock(d, clock, strlen(clock));
    for (uint64_t i = 0; i < cpus; i++)
        if (!add_pages(file, d, c, flags & PACKED))
            return false;
    return true;
}

/* ---- options ---- */

enum pass { FIND_SECTIONS, FIND_PAGES };

static bool read_option(const struct dat_cursor *file, struct trace_dat *d, struct places *p,
                        enum pass pass, uint64_t option, struct dat_cursor *c)
{
    uint64_t *const place = option == OPTION_HEADER    ? &p->header
                            : option == OPTION_FORMATS ? &p->formats
                            : option == OPTION_COMMS   ? &p->comms
                                                       : NULL;

    if (pass == FIND_PAGES)
        return option != OPTION_BUFFER || read_buffer(file, d, c);
    if (option == OPTION_LATENCY)
        return dat_fail(c->error, 0,
                        "a latency trace, whose events are text: print it by trace-cmd report");
    if (option == DAT_OPTION_CPUSTAT)
        dat_learn_statistics(d, (const char *)c->data, c->bytes);
    return !place || dat_number(c, 8, place);
}

/* *ret_next: where more of them are; 0: nowhere. */
static bool read_options(const struct dat_cursor *file, struct trace_dat *d, struct places *p,
                         enum pass pass, struct dat_cursor *c, uint64_t *ret_next)
{
    uint64_t option, bytes;
    const char *value;

    for (;;) {
        struct dat_cursor inside = {.error = c->error};

        if (!dat_number(c, 2, &option) || !dat_text(c, 4, &value, &bytes))
            return false;
        inside.data = (const uint8_t *)value;
        inside.bytes = bytes;
        if (option == OPTION_DONE)
            return dat_number(&inside, 8, ret_next);
        if (!read_option(file, d, p, pass, option, &inside))
            return false;
    }
}

static bool read_all_options(struct dat_cursor *file, struct trace_dat *d, struct places *p,
                             enum pass pass, uint64_t at)
{
    for (unsigned n = 0; at; n++) {
        struct section s;
        uint64_t next = 0;

        if (n == OPTION_SECTIONS_MAX)
            return dat_fail(file->error, at, "more than %d sections of options: damaged",
                            OPTION_SECTIONS_MAX);
        if (!open_section(file, d, at, SECTION_OPTIONS, &s) ||
            !close_section(&s, at, read_options(file, d, p, pass, &s.c, &next)))
            return false;
        at = next;
    }
    return true;
}

/* ---- the head ---- */

static bool read_header(struct dat_cursor *file, struct trace_dat *d, uint64_t at)
{
    struct section s;

    return open_section(file, d, at, OPTION_HEADER, &s) &&
           close_section(&s, at, dat_word(&s.c, "header_page") && dat_read_page_form(&s.c, d));
}

static bool read_event_formats(struct dat_cursor *file, struct trace_dat *d, uint64_t at)
{
    struct section s;

    return open_section(file, d, at, OPTION_FORMATS, &s) &&
           close_section(&s, at, dat_read_systems(&s.c, d));
}

static bool read_comms(struct dat_cursor *file, struct trace_dat *d, uint64_t at)
{
    struct section s;
    uint64_t bytes;

    if (!open_section(file, d, at, OPTION_COMMS, &s))
        return false;
    if (!dat_text(&s.c, 8, &d->comms, &bytes))
        return close_section(&s, at, false);
    d->comms_bytes = bytes;
    d->own_comms = s.own;
    return true;
}

static bool read_packing(struct dat_cursor *c, struct trace_dat *d)
{
    const uint64_t at = c->at;
    const char *name, *version, *missing;

    if (!dat_string(c, &name) || !dat_string(c, &version))
        return false;
    d->packing = dat_packing_of(name);
    if (d->packing == DAT_PACKINGS)
        return dat_fail(c->error, at, "packed by '%.20s'; want none, zstd or zlib", name);
    missing = dat_packing_missing(d->packing);
    if (!missing)
        return true;
    c->error->missing = true;
    return dat_fail(c->error, at,
                    "packed by %s, which this sim was built without: install %s and build again, "
                    "or 'trace-cmd convert -i IN -o OUT --file-version 6'",
                    name, missing);
}

bool dat_read_seven(struct dat_cursor *c, struct trace_dat *d)
{
    struct places p = {0};
    uint64_t options;

    if (!dat_read_machine(c) || !read_packing(c, d) || !dat_number(c, 8, &options) ||
        !read_all_options(c, d, &p, FIND_SECTIONS, options))
        return false;
    if (!p.header || !p.formats)
        return dat_fail(c->error, c->at, "it does not say how its events look: damaged");
    return read_header(c, d, p.header) && read_event_formats(c, d, p.formats) &&
           (!p.comms || read_comms(c, d, p.comms)) &&
           read_all_options(c, d, &p, FIND_PAGES, options);
}
