/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_cursor.c - see trace_dat_cursor.h
 */
#include "trace_dat_cursor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "trace_dat.h"

bool dat_fail(struct trace_dat_error *error, uint64_t offset, const char *format, ...)
{
    va_list arguments;

    error->offset = offset;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return false;
}

static bool cut(struct dat_cursor *c)
{
    return dat_fail(c->error, c->bytes, "cut short: the head of this trace.dat is not whole");
}

bool dat_take(struct dat_cursor *c, uint64_t bytes, const uint8_t **ret)
{
    if (c->at > c->bytes || bytes > c->bytes - c->at)
        return cut(c);
    *ret = c->data + c->at;
    c->at += bytes;
    return true;
}

bool dat_number(struct dat_cursor *c, unsigned bytes, uint64_t *ret)
{
    const uint8_t *raw = NULL;

    if (!dat_take(c, bytes, &raw))
        return false;
    *ret = dat_get(raw, bytes);
    return true;
}

bool dat_string(struct dat_cursor *c, const char **ret)
{
    const uint8_t *from = c->data + c->at, *nul;

    if (c->at >= c->bytes)
        return cut(c);
    nul = memchr(from, 0, c->bytes - c->at);
    *ret = (const char *)from;
    return nul ? dat_take(c, (uint64_t)(nul - from) + 1, &from) : cut(c);
}

bool dat_text(struct dat_cursor *c, unsigned length_bytes, const char **ret, uint64_t *ret_bytes)
{
    const uint8_t *raw = NULL;

    if (!dat_number(c, length_bytes, ret_bytes) || !dat_take(c, *ret_bytes, &raw))
        return false;
    *ret = (const char *)raw;
    return true;
}

bool dat_word(struct dat_cursor *c, const char *word)
{
    const uint64_t at = c->at;
    const uint8_t *raw = NULL;

    if (!dat_take(c, strlen(word) + 1, &raw))
        return false;
    return (raw && !memcmp(raw, word, strlen(word) + 1)) ||
           dat_fail(c->error, at, "want '%s' here: this trace.dat is damaged", word);
}
