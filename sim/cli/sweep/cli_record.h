/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_record.h - one record of a file of points: a line "KIND NUMBER BYTES HASH", the bytes, a
 * newline
 *
 * Promise:  what is read back is what was written: the hash (XXH3) is of the line and of the bytes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

/* In the order in which they stand in the file. */
enum cli_record_kind {
    CLI_RECORD_IDENTITY,
    CLI_RECORD_PROVENANCE,
    CLI_RECORD_HEADER,
    CLI_RECORD_POINT,
    CLI_RECORD_END,
    CLI_RECORD_KINDS
};

struct cli_record {
    enum cli_record_kind kind;
    uint32_t number, bytes;
    char *data; /* when read: owned, with a zero byte behind it */
};

/* The record at *at, and *at moves behind it. False: there is none that is whole; data is NULL. */
bool cli_record_read(int fd, uint64_t *at, struct cli_record *ret);
/* What to write. */
GString *cli_record_text(const struct cli_record *r);
