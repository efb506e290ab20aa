/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_error.h - why a trace.dat cannot be read
 *
 * Knows:    libc.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct trace_dat_error {
    uint64_t offset; /* in the file */
    bool missing;    /* the file may be good: what unpacks it is not in this program */
    char text[200];
};
