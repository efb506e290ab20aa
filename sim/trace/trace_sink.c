/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_sink.c - see trace_sink.h
 */
#include "trace_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What an unprivileged process may ask for: /proc/sys/fs/pipe-max-size. */
#define PIPE_BYTES (1 << 20)

/*
 * A pipe has room for 64 KiB, a quarter of the buffer: each write would wait for the reader three
 * times, and both would take turns. No pipe, or refused: as it is.
 */
static void widen_pipe(int fd)
{
    int bytes = fcntl(fd, F_GETPIPE_SZ);

    if (bytes >= 0 && bytes < PIPE_BYTES)
        (void)fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
}

bool trace_sink_init(struct trace_sink *s, int fd)
{
    widen_pipe(fd);
    *s = (struct trace_sink){.fd = fd, .buffer = malloc(TRACE_SINK_BYTES)};
    return s->buffer != NULL;
}

static void write_all(struct trace_sink *s, const char *at, size_t bytes)
{
    while (bytes && !s->error) {
        ssize_t n = write(s->fd, at, bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            s->error = errno;
            break;
        }
        at += n;
        bytes -= (size_t)n;
    }
}

void trace_sink_flush(struct trace_sink *s)
{
    write_all(s, s->buffer, s->used);
    s->used = 0;
}

void trace_sink_finish(struct trace_sink *s)
{
    trace_sink_flush(s);
    free(s->buffer);
    s->buffer = NULL;
}

void trace_sink_add(struct trace_sink *s, const void *data, size_t bytes)
{
    s->bytes += bytes;
    if (s->used + bytes > TRACE_SINK_BYTES)
        trace_sink_flush(s);
    if (bytes > TRACE_SINK_BYTES) {
        write_all(s, data, bytes);
        return;
    }
    memcpy(s->buffer + s->used, data, bytes);
    s->used += bytes;
}
