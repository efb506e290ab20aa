/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat.h - inside sim/trace: what a trace.dat is made of, above all the ring buffer's pages
 *
 * Knows:    libc.
 * Sources:  trace-cmd.dat(5); Documentation/trace/ring-buffer-design.rst and
 *           include/linux/ring_buffer.h: pages and event headers.
 * Form:     all numbers little-endian, pages of 4 KiB. A page: time stamp of 8 bytes, commit of 8
 *           (how much of the rest is used), then events. An event: 32 bits of header (5 bits of
 *           type_len, 27 of time since the one before), then its record.
 */
#pragma once

#include <stdint.h>
#include <string.h>

enum {
    DAT_PAGE = 4096,
    DAT_PAGE_HEAD = 16,
    DAT_PAGE_DATA = DAT_PAGE - DAT_PAGE_HEAD,
    /* type_len: */
    DAT_WORDS_MAX = 28, /* up to here, the length of the record in words */
    DAT_PADDING = 29,
    DAT_TIME_EXTEND = 30,
    DAT_TIME_STAMP = 31,
    DAT_DELTA_BITS = 27,
    /* options of the file: */
    DAT_OPTION_CPUSTAT = 2,
    DAT_OPTION_BUFFER = 3,
    DAT_OPTION_CLOCK = 4,
};

#define DAT_MAGIC "\x17\x08\x44tracing"

static inline void dat_put(uint8_t *to, uint64_t x, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        to[i] = (uint8_t)(x >> 8 * i);
}
static inline uint64_t dat_get(const uint8_t *from, unsigned bytes)
{
    uint64_t x = 0;

    for (unsigned i = 0; i < bytes; i++)
        x |= (uint64_t)from[i] << 8 * i;
    return x;
}
