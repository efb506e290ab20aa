/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_file.c - what stands before the pages of a trace.dat
 *
 * Sources: trace-cmd.dat(5) of version 6.
 */
#include "trace_dat_priv.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace_dat.h"
#include "trace_put.h"

enum { SYSTEMS_MAX = 4096, FORMATS_MAX = 65536, PAGE_MAX = 1 << 20 };

bool dat_fail(struct trace_dat_error *error, uint64_t offset, const char *format, ...)
{
    va_list arguments;

    error->offset = offset;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return false;
}

/* ---- reading forward ---- */

struct cursor {
    const uint8_t *data;
    uint64_t at, bytes;
    struct trace_dat_error *error;
};

static bool cut(struct cursor *c)
{
    dat_fail(c->error, c->bytes, "cut short: the head of this trace.dat is not whole");
    return false;
}

static bool take(struct cursor *c, uint64_t bytes, const uint8_t **ret)
{
    if (bytes > c->bytes - c->at)
        return cut(c);
    *ret = c->data + c->at;
    c->at += bytes;
    return true;
}

static bool number(struct cursor *c, unsigned bytes, uint64_t *ret)
{
    const uint8_t *raw = NULL;

    if (!take(c, bytes, &raw))
        return false;
    *ret = dat_get(raw, bytes);
    return true;
}

static bool string(struct cursor *c, const char **ret)
{
    const uint8_t *from = c->data + c->at, *nul = memchr(from, 0, c->bytes - c->at);

    *ret = (const char *)from;
    return nul ? take(c, (uint64_t)(nul - from) + 1, &from) : cut(c);
}

/* A text with its length, of so many bytes, before it. */
static bool text(struct cursor *c, unsigned length_bytes, const char **ret, uint64_t *ret_bytes)
{
    const uint8_t *raw = NULL;

    if (!number(c, length_bytes, ret_bytes) || !take(c, *ret_bytes, &raw))
        return false;
    *ret = (const char *)raw;
    return true;
}

static bool section(struct cursor *c, const char *name)
{
    const uint64_t at = c->at;
    const uint8_t *raw = NULL;

    if (!take(c, strlen(name) + 1, &raw))
        return false;
    return !memcmp(raw, name, strlen(name) + 1) ||
           dat_fail(c->error, at, "want '%s' here: this trace.dat is damaged", name);
}

/* ---- format files ---- */

/* The number behind `word` within [from, end); false: there is none. */
static bool number_behind(const char *from, const char *end, const char *word, uint32_t *ret)
{
    const char *at = memmem(from, (size_t)(end - from), word, strlen(word));
    uint64_t x = 0;

    if (!at)
        return false;
    for (at += strlen(word); at < end && isdigit((unsigned char)*at) && x < UINT32_MAX; at++)
        x = x * 10 + (uint64_t)(*at - '0');
    *ret = x < UINT32_MAX ? (uint32_t)x : UINT32_MAX;
    return true;
}

static const char *line_end(const char *at, const char *end)
{
    const char *stop = memchr(at, '\n', (size_t)(end - at));

    return stop ? stop : end;
}

/* Whether the line "field:TYPE NAME;..." is of this name. */
static bool is_field(const char *line, const char *stop, const char *name)
{
    const char *semicolon = memchr(line, ';', (size_t)(stop - line));
    size_t n = name ? strlen(name) : 0;

    return n && semicolon && (size_t)(semicolon - line) > n && !memcmp(semicolon - n, name, n) &&
           semicolon[-(ptrdiff_t)n - 1] == ' ';
}

static struct dat_field find_field(const char *from, const char *end, const struct trace_field *f)
{
    struct dat_field found = {0};

    for (const char *at = from, *stop; at < end; at = stop + 1) {
        stop = line_end(at, end);
        if ((is_field(at, stop, f->name) || is_field(at, stop, f->old)) &&
            number_behind(at, stop, "offset:", &found.offset) &&
            number_behind(at, stop, "size:", &found.bytes)) {
            found.bytes = found.bytes > 8 ? 0 : found.bytes;
            break;
        }
    }
    return found;
}

static bool is_named(const char *name, size_t bytes, const char *wanted)
{
    return wanted && strlen(wanted) == bytes && !memcmp(name, wanted, bytes);
}

/* "name: kvm_msr\nID: 1234\nformat:\n..." */
static void learn_event(struct trace_dat *d, const char *from, uint64_t bytes)
{
    const char *end = from + bytes, *stop = line_end(from, end);
    static const char name[] = "name: ";

    if ((size_t)(stop - from) < sizeof name || memcmp(from, name, sizeof name - 1) != 0)
        return;
    from += sizeof name - 1;
    for (unsigned e = 0; e < TRACE_EVENTS; e++) {
        const struct trace_row *row = &trace_row[e];
        struct dat_event *event = &d->event[e];

        if (!is_named(from, (size_t)(stop - from), row->name) &&
            !is_named(from, (size_t)(stop - from), row->old))
            continue;
        event->known = number_behind(stop, end, "\nID: ", &event->id);
        for (unsigned f = 0; f < TRACE_FIELDS_MAX && row->field[f].name; f++)
            event->field[f] = find_field(stop, end, &row->field[f]);
    }
}

static bool read_formats(struct cursor *c, struct trace_dat *d, bool ours)
{
    uint64_t count, bytes;
    const char *format;

    if (!number(c, 4, &count))
        return false;
    if (count > FORMATS_MAX)
        return dat_fail(c->error, c->at, "%" PRIu64 " events in a system: damaged", count);
    for (uint64_t i = 0; i < count; i++) {
        if (!text(c, 8, &format, &bytes))
            return false;
        if (ours)
            learn_event(d, format, bytes);
    }
    return true;
}

static bool read_systems(struct cursor *c, struct trace_dat *d)
{
    const char *system;
    uint64_t count;

    if (!number(c, 4, &count))
        return false;
    if (count > SYSTEMS_MAX)
        return dat_fail(c->error, c->at, "%" PRIu64 " systems of events: damaged", count);
    for (uint64_t i = 0; i < count; i++)
        if (!string(c, &system) || !read_formats(c, d, !strcmp(system, "kvm")))
            return false;
    return true;
}

/* ---- head ---- */

/* "field: char data; offset:16; size:4080;": how large a page is. */
static bool read_page_form(struct cursor *c, struct trace_dat *d)
{
    uint64_t bytes, at = c->at;
    const char *form, *line;
    uint32_t offset, size;

    if (!text(c, 8, &form, &bytes))
        return false;
    line = memmem(form, bytes, " data;", strlen(" data;"));
    if (!line || !number_behind(line, form + bytes, "offset:", &offset) ||
        !number_behind(line, form + bytes, "size:", &size) || offset != DAT_PAGE_HEAD || !size ||
        size > PAGE_MAX)
        return dat_fail(c->error, at, "pages of a form that is not known here");
    d->data_offset = offset;
    d->page_bytes = offset + size;
    return true;
}

static bool read_version(struct cursor *c)
{
    const char *version;
    uint64_t endian, word, page;

    c->at = sizeof DAT_MAGIC - 1;
    if (!string(c, &version))
        return false;
    if (!strcmp(version, "7"))
        return dat_fail(c->error, 10,
                        "version 7; 'trace-cmd convert -i IN -o OUT --file-version 6' makes one of "
                        "version 6");
    if (strcmp(version, "6") != 0)
        return dat_fail(c->error, 10, "a trace.dat of a version that is not known here; want 6");
    if (!number(c, 1, &endian) || !number(c, 1, &word) || !number(c, 4, &page))
        return false;
    if (endian != 0 || word != 8)
        return dat_fail(c->error, 12, "recorded by a big-endian or 32-bit machine");
    return true;
}

static bool read_head(struct cursor *c, struct trace_dat *d)
{
    const char *skipped;
    uint64_t bytes, comms = 0;

    if (!read_version(c) || !section(c, "header_page") || !read_page_form(c, d) ||
        !section(c, "header_event") || !text(c, 8, &skipped, &bytes) ||
        !read_formats(c, d, false) || !read_systems(c, d) || !text(c, 4, &skipped, &bytes) ||
        !text(c, 4, &skipped, &bytes) || !text(c, 8, &d->comms, &comms))
        return false;
    d->comms_bytes = comms;
    return true;
}

/* ---- options, and where the pages are ---- */

static void learn_statistics(struct trace_dat *d, const char *from, uint64_t bytes)
{
    static const char *const lost[] = {"\noverrun: ", "\ndropped events: "};
    uint32_t n;

    if (!number_behind(from, from + bytes, "\nentries: ", &n))
        return;
    d->statistics++;
    for (unsigned i = 0; i < 2; i++)
        if (number_behind(from, from + bytes, lost[i], &n))
            d->lost += n;
}

/* "[local] global counter ..." */
static void learn_clock(struct trace_dat *d, const char *from, uint64_t bytes)
{
    static const char *const counting[] = {"[counter]", "[x86-tsc]", "[tsc]"};

    for (unsigned i = 0; i < 3; i++)
        d->ticks |= memmem(from, bytes, counting[i], strlen(counting[i])) != NULL;
}

static bool read_options(struct cursor *c, struct trace_dat *d, bool *ret_clock)
{
    uint64_t option, bytes;
    const char *value;

    for (;;) {
        if (!number(c, 2, &option))
            return false;
        if (option == 0)
            return true;
        if (!text(c, 4, &value, &bytes))
            return false;
        if (option == DAT_OPTION_CPUSTAT)
            learn_statistics(d, value, bytes);
        *ret_clock |= option == DAT_OPTION_CLOCK;
    }
}

static bool read_places(struct cursor *c, struct trace_dat *d)
{
    for (uint32_t i = 0; i < d->cpus; i++) {
        uint64_t at, bytes;

        if (!number(c, 8, &at) || !number(c, 8, &bytes))
            return false;
        if (at > c->bytes || bytes > c->bytes - at)
            return dat_fail(c->error, c->bytes,
                            "cut short: the pages of CPU %" PRIu32 " are not all there", i);
        if (bytes % d->page_bytes)
            return dat_fail(c->error, c->at, "CPU %" PRIu32 " has no whole pages", i);
        d->cpu[i].at = at;
        d->cpu[i].stop = at + bytes;
    }
    return true;
}

static bool read_cpus(struct cursor *c, struct trace_dat *d)
{
    static const char options[] = "options  ", latency[] = "latency  ";
    bool clock = false;
    uint64_t cpus, bytes;
    const char *value;

    if (!number(c, 4, &cpus))
        return false;
    if (cpus > TRACE_DAT_CPUS_MAX)
        return dat_fail(c->error, c->at, "%" PRIu64 " CPUs; want %d at most", cpus,
                        TRACE_DAT_CPUS_MAX);
    d->cpus = (uint32_t)cpus;
    d->cpu = calloc(cpus + 1, sizeof *d->cpu);
    if (!d->cpu)
        return dat_fail(c->error, c->at, "no memory");
    if (c->bytes - c->at >= sizeof options && !memcmp(c->data + c->at, options, sizeof options)) {
        c->at += sizeof options;
        if (!read_options(c, d, &clock))
            return false;
    }
    if (c->bytes - c->at >= sizeof latency && !memcmp(c->data + c->at, latency, sizeof latency))
        return dat_fail(c->error, c->at,
                        "a latency trace, whose events are text: print it by trace-cmd report");
    if (!section(c, "flyrecord") || !read_places(c, d))
        return false;
    /* Some writers said that there is a clock and wrote none: then it was local. */
    if (clock && text(c, 8, &value, &bytes))
        learn_clock(d, value, bytes);
    return true;
}

bool trace_dat_is(const void *data, size_t bytes)
{
    return bytes >= sizeof DAT_MAGIC - 1 && !memcmp(data, DAT_MAGIC, sizeof DAT_MAGIC - 1);
}

struct trace_dat *trace_dat_open(const void *data, size_t bytes, struct trace_dat_error *ret_error)
{
    struct cursor c = {.data = data, .bytes = bytes, .error = ret_error};
    struct trace_dat *d = calloc(1, sizeof *d);

    *ret_error = (struct trace_dat_error){0};
    if (!d || !trace_dat_is(data, bytes)) {
        dat_fail(ret_error, 0, d ? "no trace.dat" : "no memory");
        free(d);
        return NULL;
    }
    d->data = data;
    d->bytes = bytes;
    if (read_head(&c, d) && read_cpus(&c, d) && dat_start(d, ret_error))
        return d;
    trace_dat_close(d);
    return NULL;
}

void trace_dat_close(struct trace_dat *d)
{
    if (d)
        free(d->cpu);
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
    return d->cpus && d->statistics == d->cpus;
}

char *trace_dat_comm(const struct trace_dat *d, uint32_t pid, char *to, size_t room)
{
    const char *end = d->comms + d->comms_bytes, *stop;
    char wanted[16];
    size_t n = (size_t)(trace_put_char(trace_put_dec(wanted, pid), ' ') - wanted);

    if (pid == 0)
        return trace_put_text(to, "<idle>");
    for (const char *at = d->comms; at < end; at = stop + 1) {
        stop = line_end(at, end);
        if ((size_t)(stop - at) > n && !memcmp(at, wanted, n)) {
            size_t bytes = (size_t)(stop - at) - n;

            return trace_put_bytes(to, at + n, bytes < room ? bytes : room);
        }
    }
    return trace_put_text(to, "<...>");
}
