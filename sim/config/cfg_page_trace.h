/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_page_trace.h - page traces of real programs, compact on disk
 *
 * Knows:    libc and xxhash alone, so that the recorder can share it.
 * Format:   docs/page-trace.md. A text header, one record of two varints a touch, and a trailer
 *           with the count and a checksum: a file that was cut or changed is noticed.
 * Limits:   page numbers below 2^31, 2^26 touches, gaps below 2^32 ns.
 * Errors:   a sentence in `error`, what is wrong and what would be right.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PAGE_TRACE_MAGIC       "apfsim-page-trace 1\n"
#define PAGE_TRACE_PAGES_MAX   0x80000000u /* page numbers are below this */
#define PAGE_TRACE_TOUCHES_MAX (1u << 26)
#define PAGE_TRACE_WRITE       0x80000000u
#define PAGE_TRACE_TEXT_MAX    255
#define PAGE_TRACE_ERROR_MAX   200

/* The header. Texts are one line each and only for people. */
struct page_trace_info {
    char program[PAGE_TRACE_TEXT_MAX + 1]; /* such as "sqlite3 3.40.1" */
    char command[PAGE_TRACE_TEXT_MAX + 1]; /* what was run */
    char source[PAGE_TRACE_TEXT_MAX + 1];  /* how it was recorded */
    uint32_t pages;                        /* page numbers are below this */
    uint64_t touches;
};

/* A trace in memory, owned; the members mean what they mean in struct page_trace. */
struct page_trace_data {
    struct page_trace_info info;
    uint32_t *page; /* bit 31: write */
    uint32_t *gap_ns;
    uint64_t check; /* xxh3-64 of the body: names the contents */
};

/* Reads a whole file from memory. False: *error is set and *ret is empty. */
bool page_trace_read(const void *bytes, size_t count, struct page_trace_data *ret,
                     char error[PAGE_TRACE_ERROR_MAX]);
void page_trace_free(struct page_trace_data *trace);

/* Writing: begin, one call a touch, end. The header holds the counts, so they come first; end
 * fails if the touches written are not as many as announced. false: *error is set. */
struct page_trace_writer;
struct page_trace_writer *page_trace_write_begin(FILE *out, const struct page_trace_info *info,
                                                 char error[PAGE_TRACE_ERROR_MAX]);
bool page_trace_write_touch(struct page_trace_writer *w, uint32_t page, bool write,
                            uint32_t gap_ns);
/* Frees w in any case; the stream stays open. */
bool page_trace_write_end(struct page_trace_writer *w, char error[PAGE_TRACE_ERROR_MAX]);
