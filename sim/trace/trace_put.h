/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_put.h - numbers and words written by hand: printf takes longer than what it prints took
 *
 * Knows:    libc.
 * Promise:  each returns the place behind what it wrote; nothing is ended by a NUL. The caller has
 *           the room: a number of 64 bits takes 20 bytes at most.
 */
#pragma once

#include <stdint.h>
#include <string.h>

static inline char *trace_put_bytes(char *to, const char *text, size_t bytes)
{
    memcpy(to, text, bytes);
    return to + bytes;
}

static inline char *trace_put_text(char *to, const char *text)
{
    return trace_put_bytes(to, text, strlen(text));
}

static inline char *trace_put_char(char *to, char c)
{
    *to = c;
    return to + 1;
}

/* Exactly `digits` of them: x < 10^digits. */
static inline char *trace_put_padded(char *to, uint64_t x, unsigned digits)
{
    for (unsigned i = digits; i-- > 0; x /= 10)
        to[i] = (char)('0' + x % 10);
    return to + digits;
}

static inline unsigned trace_put_digits(uint64_t x)
{
    unsigned n = 1;

    while (x >= 1000) {
        x /= 1000;
        n += 3;
    }
    return n + (x >= 10) + (x >= 100);
}

static inline char *trace_put_dec(char *to, uint64_t x)
{
    return trace_put_padded(to, x, trace_put_digits(x));
}

static inline char *trace_put_int(char *to, int64_t x)
{
    if (x < 0)
        *to++ = '-';
    return trace_put_dec(to, x < 0 ? -(uint64_t)x : (uint64_t)x);
}

/* At least `least` digits of base 16, without 0x. */
static inline char *trace_put_hex(char *to, uint64_t x, unsigned least)
{
    unsigned n = x ? (unsigned)(64 - __builtin_clzll(x) + 3) / 4 : 1;

    n = n < least ? least : n;
    for (unsigned i = n; i-- > 0; x >>= 4)
        to[i] = "0123456789abcdef"[x & 15];
    return to + n;
}

/* 0x before it, also before 0, as the kernel's %#llx has it. */
static inline char *trace_put_0x(char *to, uint64_t x)
{
    return trace_put_hex(trace_put_bytes(to, "0x", 2), x, 1);
}

static inline char *trace_put_blanks(char *to, const char *end)
{
    while (to < end)
        *to++ = ' ';
    return to;
}
