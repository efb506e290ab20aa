/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_text.c - a trace.dat as the text that tracefs would have shown
 */
#include <ctype.h>
#include <stdlib.h>

#include "trace_dat_priv.h"
#include "trace_ftrace.h"
#include "trace_put.h"

enum { COMM_BYTES = 24, COMMS = 1024 };
#define TEXT_MAX ((size_t)2 << 30)

struct comm {
    uint32_t pid;
    uint8_t bytes; /* 0: unknown yet */
    char text[COMM_BYTES];
};

struct text {
    char *at;
    size_t used, room;
    uint64_t events;
    struct comm comm[COMMS]; /* by the pid's low bits; the last one that was asked for */
};

/* Room for one line. NULL: no memory. */
static char *room(struct text *t)
{
    char *more;

    if (t->room - t->used >= TRACE_LINE_BYTES)
        return t->at + t->used;
    if (t->room >= TEXT_MAX)
        return NULL;
    t->room = t->room ? t->room * 2 : 1 << 16;
    more = realloc(t->at, t->room);
    if (!more)
        return NULL;
    t->at = more;
    return t->at + t->used;
}

static const struct comm *comm_of(struct text *t, const struct trace_dat *d, uint32_t pid)
{
    struct comm *c = &t->comm[pid % COMMS];

    if (c->bytes && c->pid == pid)
        return c;
    c->pid = pid;
    c->bytes = (uint8_t)(trace_dat_comm(d, pid, c->text, COMM_BYTES) - c->text);
    for (unsigned i = 0; i < c->bytes; i++)
        if (!isprint((unsigned char)c->text[i]))
            c->text[i] = '?';
    return c;
}

static char *put_line(char *to, struct text *t, const struct trace_dat *d,
                      const struct trace_record *r, unsigned digits)
{
    const struct comm *c = comm_of(t, d, r->pid);

    t->events++;
    return trace_ftrace_line_of(to, c->text, c->bytes, r, trace_dat_ns(d) ? digits : 0);
}

static char *put_lost(char *to, uint32_t cpu)
{
    return trace_put_text(trace_put_dec(trace_put_text(to, "CPU:"), cpu), " [LOST EVENTS]\n");
}

static bool put_all(struct text *t, struct trace_dat *d, unsigned digits,
                    struct trace_dat_error *error)
{
    struct trace_record r;
    uint64_t lost;
    char *to;

    for (;;) {
        enum trace_dat_next next = trace_dat_next(d, &r, error);

        if (next == TRACE_DAT_ERROR)
            return false;
        to = room(t);
        if (!to)
            return dat_fail(error, 0, "too many events for memory");
        if (next == TRACE_DAT_END)
            break;
        to = next == TRACE_DAT_LOST ? put_lost(to, r.cpu) : put_line(to, t, d, &r, digits);
        t->used = (size_t)(to - t->at);
    }
    if (trace_dat_lost(d, &lost))
        t->used =
            (size_t)(trace_ftrace_entries(to, t->events, t->events + lost, trace_dat_cpus(d)) -
                     t->at);
    return true;
}

bool trace_dat_text(const void *data, size_t bytes, unsigned digits, char **ret, size_t *ret_bytes,
                    struct trace_dat_error *ret_error)
{
    struct trace_dat *d = trace_dat_open(data, bytes, ret_error);
    struct text *t = calloc(1, sizeof *t);
    bool good = d && t && room(t);

    if (good)
        t->used = (size_t)(trace_put_text(t->at, trace_ftrace_open) - t->at);
    else if (d)
        dat_fail(ret_error, 0, "no memory");
    good = good && put_all(t, d, digits, ret_error);
    trace_dat_close(d);
    if (good) {
        *ret = t->at;
        *ret_bytes = t->used;
    } else if (t) {
        free(t->at);
    }
    free(t);
    return good;
}
