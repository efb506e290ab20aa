/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_sink.h - bytes on their way into a file descriptor, through one large buffer
 *
 * Knows:    libc.
 * Promise:  what cannot be written is remembered, and nothing is written after it: the caller asks
 *           once, at the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_SINK_BYTES (256u << 10)

struct trace_sink {
    int fd, error; /* error: errno of the first failure, or 0 */
    size_t used;
    uint64_t bytes; /* written and in the buffer */
    char *buffer;
};

/* False: no memory. The descriptor stays the caller's. */
bool trace_sink_init(struct trace_sink *s, int fd);
void trace_sink_finish(struct trace_sink *s); /* flushes, and frees the buffer */
void trace_sink_flush(struct trace_sink *s);
void trace_sink_add(struct trace_sink *s, const void *data, size_t bytes);

/* Room for `most` bytes (up to TRACE_SINK_BYTES), to be filled and then handed in. */
static inline char *trace_sink_room(struct trace_sink *s, size_t most)
{
    if (s->used + most > TRACE_SINK_BYTES)
        trace_sink_flush(s);
    return s->buffer + s->used;
}
static inline void trace_sink_end(struct trace_sink *s, const char *end)
{
    size_t used = (size_t)(end - s->buffer);

    s->bytes += used - s->used;
    s->used = used;
}
