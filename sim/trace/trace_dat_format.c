/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_format.c - texts of the kernel in a trace.dat: how pages and events look, statistics
 *
 * Sources: trace-cmd.dat(5); Documentation/trace/events.rst: format files.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "trace_dat.h"
#include "trace_dat_priv.h"

enum { SYSTEMS_MAX = 4096, FORMATS_MAX = 65536, PAGE_MAX = 1 << 20 };

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
        stop = dat_line_end(at, end);
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
    const char *end = from + bytes, *stop = dat_line_end(from, end);
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

bool dat_read_formats(struct dat_cursor *c, struct trace_dat *d, bool ours)
{
    uint64_t count, bytes;
    const char *format;

    if (!dat_number(c, 4, &count))
        return false;
    if (count > FORMATS_MAX)
        return dat_fail(c->error, c->at, "%" PRIu64 " events in a system: damaged", count);
    for (uint64_t i = 0; i < count; i++) {
        if (!dat_text(c, 8, &format, &bytes))
            return false;
        if (ours)
            learn_event(d, format, bytes);
    }
    return true;
}

bool dat_read_systems(struct dat_cursor *c, struct trace_dat *d)
{
    const char *system;
    uint64_t count;

    if (!dat_number(c, 4, &count))
        return false;
    if (count > SYSTEMS_MAX)
        return dat_fail(c->error, c->at, "%" PRIu64 " systems of events: damaged", count);
    for (uint64_t i = 0; i < count; i++)
        if (!dat_string(c, &system) || !dat_read_formats(c, d, !strcmp(system, "kvm")))
            return false;
    return true;
}

/* ---- pages, statistics, clock ---- */

/* "field: char data; offset:16; size:4080;": how large a page is. */
bool dat_read_page_form(struct dat_cursor *c, struct trace_dat *d)
{
    uint64_t bytes, at = c->at;
    const char *form, *line;
    uint32_t offset, size;

    if (!dat_text(c, 8, &form, &bytes))
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

void dat_learn_statistics(struct trace_dat *d, const char *from, uint64_t bytes)
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

void dat_learn_clock(struct trace_dat *d, const char *from, uint64_t bytes)
{
    static const char *const counting[] = {"[counter]", "[x86-tsc]", "[tsc]"};

    for (unsigned i = 0; i < 3; i++) {
        const size_t n = strlen(counting[i]);

        d->ticks |= memmem(from, bytes, counting[i], n) != NULL ||
                    (bytes == n - 2 && !memcmp(from, counting[i] + 1, bytes));
    }
}
