/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_priv.h - inside sim/trace: an open trace.dat
 *
 * Knows:    trace_dat_read.h.
 */
#pragma once

#include "trace_dat_read.h"

struct dat_field {
    uint32_t offset, bytes; /* bytes 0: this kernel has no such field */
};

struct dat_event {
    bool known;
    uint32_t id;
    struct dat_field field[TRACE_FIELDS_MAX];
};

struct dat_cpu {
    uint64_t at, stop;     /* the page, and where the CPU's pages end */
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
    struct dat_event event[TRACE_EVENTS];
    const char *comms; /* "PID COMM" in lines */
    size_t comms_bytes;
    bool ticks;
    uint32_t statistics; /* CPUs that have some */
    uint64_t lost;
    uint32_t cpus;
    struct dat_cpu *cpu;
};

/* Always false. */
bool dat_fail(struct trace_dat_error *error, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Finds the first record of each CPU. */
bool dat_start(struct trace_dat *d, struct trace_dat_error *error);
