/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_cursor.h - inside sim/trace: what stands in a trace.dat, read forward
 *
 * Knows:    trace_dat_error.h.
 * Promise:  nothing outside of `data` is read. Each returns false when it cannot, with c->error
 *           told.
 */
#pragma once

#include "trace_dat_error.h"

struct dat_cursor {
    const uint8_t *data;
    uint64_t at, bytes;
    struct trace_dat_error *error;
};

/* Always false. */
bool dat_fail(struct trace_dat_error *error, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

bool dat_take(struct dat_cursor *c, uint64_t bytes, const uint8_t **ret);
bool dat_number(struct dat_cursor *c, unsigned bytes, uint64_t *ret);
/* Up to its NUL, which is there. */
bool dat_string(struct dat_cursor *c, const char **ret);
/* A text with its length, of so many bytes, before it. */
bool dat_text(struct dat_cursor *c, unsigned length_bytes, const char **ret, uint64_t *ret_bytes);
/* This word and its NUL. */
bool dat_word(struct dat_cursor *c, const char *word);
