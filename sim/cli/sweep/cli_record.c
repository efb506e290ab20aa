/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_record.c - see cli_record.h
 */
#include "cli_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#define RECORD_BYTES_MAX (64u << 20)
#define LINE_BYTES       80

static const char *const kind_name[CLI_RECORD_KINDS] = {"sweep", "provenance", "header", "point",
                                                        "end"};

static uint64_t hash_of(const struct cli_record *r)
{
    g_autofree char *head = g_strdup_printf("%s %u %u", kind_name[r->kind], r->number, r->bytes);
    XXH3_state_t *state = XXH3_createState();
    uint64_t hash;

    XXH3_64bits_reset(state);
    XXH3_64bits_update(state, head, strlen(head));
    XXH3_64bits_update(state, r->data, r->bytes);
    hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return hash;
}

static bool read_at(int fd, char *to, size_t bytes, uint64_t at)
{
    while (bytes) {
        ssize_t n = pread(fd, to, bytes, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        to += n;
        at += (uint64_t)n;
        bytes -= (size_t)n;
    }
    return true;
}

static bool number_of(const char *text, unsigned base, uint64_t most, uint64_t *ret)
{
    guint64 value = 0;
    bool good = g_ascii_string_to_unsigned(text, base, 0, most, &value, NULL);

    *ret = value;
    return good;
}

static bool parse_line(const char *line, struct cli_record *r, uint64_t *ret_hash)
{
    g_auto(GStrv) part = g_strsplit(line, " ", 5);
    uint64_t number, bytes;

    if (g_strv_length(part) != 4 || !number_of(part[1], 10, UINT32_MAX, &number) ||
        !number_of(part[2], 10, RECORD_BYTES_MAX, &bytes) ||
        !number_of(part[3], 16, UINT64_MAX, ret_hash))
        return false;
    r->number = (uint32_t)number;
    r->bytes = (uint32_t)bytes;
    for (unsigned k = 0; k < CLI_RECORD_KINDS; k++) {
        r->kind = (enum cli_record_kind)k;
        if (!strcmp(kind_name[k], part[0]))
            return true;
    }
    return false;
}

bool cli_record_read(int fd, uint64_t *at, struct cli_record *r)
{
    char line[LINE_BYTES + 1] = "";
    ssize_t got = pread(fd, line, LINE_BYTES, (off_t)*at);
    char *newline = got > 0 ? memchr(line, '\n', (size_t)got) : NULL;
    uint64_t hash = 0, begin;

    r->data = NULL;
    if (!newline)
        return false;
    *newline = '\0';
    if (!parse_line(line, r, &hash))
        return false;
    begin = *at + (uint64_t)(newline - line) + 1;
    r->data = g_malloc((size_t)r->bytes + 1);
    if (!read_at(fd, r->data, (size_t)r->bytes + 1, begin) || r->data[r->bytes] != '\n') {
        g_clear_pointer(&r->data, g_free);
        return false;
    }
    r->data[r->bytes] = '\0';
    if (hash_of(r) != hash) {
        g_clear_pointer(&r->data, g_free);
        return false;
    }
    *at = begin + r->bytes + 1;
    return true;
}

GString *cli_record_text(const struct cli_record *r)
{
    GString *whole = g_string_sized_new(r->bytes + LINE_BYTES);

    g_string_printf(whole, "%s %u %u %016" PRIx64 "\n", kind_name[r->kind], r->number, r->bytes,
                    hash_of(r));
    g_string_append_len(whole, r->data, r->bytes);
    g_string_append_c(whole, '\n');
    return whole;
}
