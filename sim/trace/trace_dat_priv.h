/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_priv.h - inside sim/trace: an open trace.dat
 *
 * Knows:    trace_dat_cursor.h, trace_dat_read.h, trace_dat_unpack.h.
 */
#pragma once

#include "trace_dat_read.h"

#include <string.h>

#include "trace_dat_cursor.h"
#include "trace_dat_unpack.h"

struct dat_field {
    uint32_t offset, bytes; /* bytes 0: this kernel has no such field */
};

struct dat_event {
    bool known;
    uint32_t id;
    struct dat_field field[TRACE_FIELDS_MAX];
};

/* Where more pages of a CPU are, packed: chunk by chunk. */
struct dat_chunks {
    uint64_t at, stop; /* in the file: the next one, where the last one ends */
    uint64_t left;
    uint8_t *unpacked; /* the present one */
    size_t room;
};

/* What one CPU wrote into one buffer. */
struct dat_cpu {
    uint32_t id;
    const uint8_t *pages; /* of the file, or unpacked */
    uint64_t from;        /* where they are in the file, if they are of it, or their chunk */
    uint64_t at, stop;    /* in them: the page, where they end */
    struct dat_chunks chunks;
    size_t event, end;     /* in the page: the next event, where what is used ends */
    const uint8_t *record; /* NULL: no more */
    size_t bytes;
    uint64_t when;
    bool lost; /* before the record */
};

struct trace_dat {
    const uint8_t *data;
    size_t bytes;
    uint32_t page_bytes, data_offset;
    enum dat_packing packing;
    struct dat_event event[TRACE_EVENTS];
    const char *comms; /* "PID COMM" in lines */
    size_t comms_bytes;
    uint8_t *own_comms; /* where they were packed */
    bool ticks;
    uint32_t statistics; /* CPUs that have some */
    uint64_t lost;
    uint32_t streams; /* of `cpu` */
    uint32_t cpus;    /* of the machine, as far as it shows */
    struct dat_cpu *cpu;
};

static inline const char *dat_line_end(const char *at, const char *end)
{
    const char *stop = memchr(at, '\n', (size_t)(end - at));

    return stop ? stop : end;
}

/* trace_dat_file.c: at least so many bytes at k->unpacked, for as long as the file is open; false:
 * no memory. */
bool dat_chunk_room(struct dat_chunks *k, size_t bytes);

/* Texts of the kernel: trace_dat_format.c */
bool dat_read_page_form(struct dat_cursor *c, struct trace_dat *d);
/* `ours`: of the system kvm. */
bool dat_read_formats(struct dat_cursor *c, struct trace_dat *d, bool ours);
bool dat_read_systems(struct dat_cursor *c, struct trace_dat *d);
void dat_learn_statistics(struct trace_dat *d, const char *from, uint64_t bytes);
/* "[local] global counter ...", or one name alone. */
void dat_learn_clock(struct trace_dat *d, const char *from, uint64_t bytes);

/* One more stream of pages. NULL: too many, or no memory. */
struct dat_cpu *dat_add_cpu(struct trace_dat *d, uint32_t id, struct trace_dat_error *error);
/* The whole head of a file of version 7, from behind its magic and version on: trace_dat_seven.c */
bool dat_read_seven(struct dat_cursor *c, struct trace_dat *d);
/* Endianness, size of a word, size of a page. */
bool dat_read_machine(struct dat_cursor *c);

/* Finds the first record of each CPU. */
bool dat_start(struct trace_dat *d, struct trace_dat_error *error);
