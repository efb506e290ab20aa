/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_columns.h - what the columns before an event say
 *
 * Knows:    libc.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cap_columns {
    uint32_t pid;
    uint32_t cpu;
    uint64_t when;
    bool ns;                        /* seconds with a point; else ticks */
    const char *event;              /* where the event's name begins */
    const char *comm, *flags;       /* within the line */
    size_t comm_bytes, flags_bytes; /* no flags: 0 */
};

/* "comm-pid [cpu] flags time: event", as tracefs, trace-cmd and perf have it. */
bool cap_columns_parse(const char *text, size_t bytes, struct cap_columns *ret);
