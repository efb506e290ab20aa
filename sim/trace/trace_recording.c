/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_recording.c - the reader of recordings
 */
#include "trace_recording.h"

#include <ctype.h>
#include <string.h>

static const char *const headers[] = {"# case ", "=== CASE "};

void trace_reader_init(struct trace_reader *r, FILE *file)
{
    *r = (struct trace_reader){.file = file};
}

static enum trace_read fail(struct trace_reader *r, unsigned column, const char *error)
{
    r->error_column = column;
    r->error = error;
    return TRACE_READ_ERROR;
}

/* One line without its end. */
static enum trace_read next_line(struct trace_reader *r)
{
    size_t length;

    if (!fgets(r->text, sizeof r->text, r->file))
        return ferror(r->file) ? fail(r, 1, "the file cannot be read") : TRACE_READ_END;
    r->line++;
    length = strlen(r->text);
    if (!length)
        return fail(r, 1, "the line begins with a NUL byte: this is no text");
    if (length == sizeof r->text - 1 && r->text[length - 1] != '\n')
        return fail(r, TRACE_LINE_MAX, "the line is longer than 1000 bytes");
    while (length && isspace((unsigned char)r->text[length - 1]))
        r->text[--length] = '\0';
    return TRACE_READ_CASE;
}

/* Length of the header's first words, 0 if the line is none. */
static size_t header_length(const char *text)
{
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (!strncmp(text, headers[i], strlen(headers[i])))
            return strlen(headers[i]);
    return 0;
}

static bool is_skipped(const char *text)
{
    return text[0] == '\0' || text[0] == '#' || !strncmp(text, "===", 3) ||
           !strncmp(text, "---", 3);
}

/* NAME: vmm OPTIONS */
static enum trace_read parse_header(struct trace_reader *r, struct trace_recording *ret)
{
    size_t at = header_length(r->text);
    const char *name = r->text + at, *colon = strchr(name, ':'), *rest;
    size_t length = colon ? (size_t)(colon - name) : 0;

    if (length == 0 || length >= sizeof ret->name)
        return fail(r, (unsigned)at + 1, "want '# case NAME: vmm KEY=VALUE...'");
    memcpy(ret->name, name, length);
    ret->name[length] = '\0';
    rest = colon + 1 + strspn(colon + 1, " ");
    if (strncmp(rest, "vmm", 3) != 0 || (rest[3] != '\0' && rest[3] != ' '))
        return fail(r, (unsigned)(rest - r->text) + 1, "want 'vmm' behind the case's name");
    rest += 3;
    strncpy(ret->options, rest, sizeof ret->options - 1);
    ret->options[sizeof ret->options - 1] = '\0';
    ret->header_line = r->line;
    ret->options_column = (unsigned)(rest - r->text) + 1;
    r->has_header = false;
    return TRACE_READ_CASE;
}

static enum trace_read find_header(struct trace_reader *r)
{
    while (!r->has_header) {
        enum trace_read got = next_line(r);

        if (got == TRACE_READ_END && r->line == 0)
            return fail(r, 1, "the file is empty: want '# case NAME: vmm KEY=VALUE...'");
        if (got != TRACE_READ_CASE)
            return got;
        if (header_length(r->text))
            r->has_header = true;
        else if (!is_skipped(r->text))
            return fail(r, 1, "want '# case NAME: vmm KEY=VALUE...' before the first event");
    }
    return TRACE_READ_CASE;
}

static enum trace_read add_line(struct trace_reader *r, struct trace_streams *s)
{
    size_t length = strcspn(r->text, " ");

    for (unsigned a = 0; a < TRACE_ACTORS; a++)
        if (strlen(trace_actor_name[a]) == length &&
            !strncmp(r->text, trace_actor_name[a], length)) {
            trace_streams_add(s, (enum trace_actor)a,
                              r->text + length + strspn(r->text + length, " "));
            return s->no_memory ? fail(r, 1, "no memory for the recording") : TRACE_READ_CASE;
        }
    return fail(r, 1, "want an actor first: vcpu, worker or uffd");
}

static enum trace_read read_lines(struct trace_reader *r, struct trace_streams *s)
{
    enum trace_read got;

    while ((got = next_line(r)) == TRACE_READ_CASE) {
        r->has_header = header_length(r->text) > 0;
        if (r->has_header)
            return TRACE_READ_CASE;
        if (!is_skipped(r->text) && add_line(r, s) == TRACE_READ_ERROR)
            return TRACE_READ_ERROR;
    }
    return got == TRACE_READ_END ? TRACE_READ_CASE : got;
}

enum trace_read trace_reader_next(struct trace_reader *r, struct trace_recording *ret)
{
    enum trace_read got = find_header(r);

    if (got == TRACE_READ_CASE)
        got = parse_header(r, ret);
    if (got != TRACE_READ_CASE)
        return got;
    trace_streams_init(&ret->streams);
    got = read_lines(r, &ret->streams);
    if (got != TRACE_READ_CASE)
        trace_streams_finish(&ret->streams);
    return got;
}
