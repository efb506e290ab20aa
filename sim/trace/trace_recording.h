/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_recording.h - reads recorded actor streams
 *
 * Knows:    libc, trace_streams.h.
 * Form:     a case is a header and the lines of its actors:
 *               # case 01_basic: vmm backing=uffd npages=2
 *               vcpu vmm kvm_msr: msr_read 1b = 0xfee00900
 *               worker kworker kvm_async_pf_completed: gva 0x40000000
 *               uffd vmm tracing_mark_write: UFFD: copy page 0
 *           "=== CASE" is as good as "# case". A file holds one case or several; empty lines and
 *           other lines that begin with # are skipped. A case may have no lines but its header.
 * Limits:   lines of 1000 bytes.
 */
#pragma once

#include "trace_streams.h"

#define TRACE_LINE_MAX 1000

struct trace_recording {
    char name[64];
    char options[TRACE_LINE_MAX];
    unsigned header_line, options_column; /* from 1: where the options stand in the file */
    struct trace_streams streams;
};

struct trace_reader {
    FILE *file;
    unsigned line; /* the last one read, from 1 */
    char text[TRACE_LINE_MAX + 2];
    bool has_header; /* text is the header of the next case */
    unsigned error_column;
    const char *error;
};

enum trace_read { TRACE_READ_CASE, TRACE_READ_END, TRACE_READ_ERROR };

void trace_reader_init(struct trace_reader *r, FILE *file);
/*
 * The next case. TRACE_READ_CASE: the caller calls trace_streams_finish(&ret->streams).
 * TRACE_READ_ERROR: r->line, r->error_column, r->error say what.
 */
enum trace_read trace_reader_next(struct trace_reader *r, struct trace_recording *ret);
