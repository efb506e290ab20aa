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

static bool parse_line(const char *line, struct cli_record *r, uint64_t *ret_hash)
{
    char name[16];

    if (sscanf(line, "%15s %" SCNu32 " %" SCNu32 " %16" SCNx64, name, &r->number, &r->bytes,
               ret_hash) != 4)
        return false;
    for (unsigned k = 0; k < CLI_RECORD_KINDS; k++) {
        r->kind = (enum cli_record_kind)k;
        if (!strcmp(kind_name[k], name))
            return r->bytes <= RECORD_BYTES_MAX;
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
