/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_page_fold.h - accesses of a program become the page touches of a trace
 *
 * Knows:    cfg_page_trace.h and libc, so that tools can share it.
 *
 * What becomes a touch:
 * - An access across a page boundary counts for both pages.
 * - An access to one of the `filter` pages used last (exact LRU) is no touch, unless it is the
 * first write since the page entered that set. Under memory pressure these pages are the last to be
 *   evicted, so what is left out are hits; what is lost is that a host's reclaim would see them a
 *   little younger. A trace says nothing about memory smaller than the filter, and is to be used
 * with several times as much.
 * - The time before a touch is what has passed since the touch before, in units of the caller
 *   (instructions, ns), each a number of picoseconds.
 *
 * How pages are numbered: the touched pages in the order of their addresses, without holes. So
 * neighbours stay neighbours, which read-ahead needs; pages that were never touched have no number,
 * just as they have no place in swap; the last page of one mapping is beside the first of the next.
 *
 * Limits:  2^31 - 1 pages, memory as large as the touches are many.
 */
#pragma once

#include "cfg_page_trace.h"

#define PAGE_FOLD_FILTER_MAX     4096
#define PAGE_FOLD_FILTER         256 /* of every access: a small TLB's worth */
#define PAGE_FOLD_PS_INSTRUCTION 333 /* assumed: 3 GHz, one instruction a cycle, no stalls */

struct page_fold;

/* filter: 1 .. PAGE_FOLD_FILTER_MAX. NULL: no memory. */
struct page_fold *page_fold_create(unsigned filter);
void page_fold_destroy(struct page_fold *f); /* NULL is fine */
/* `now` must not fall. False: no memory. */
bool page_fold_access(struct page_fold *f, uint64_t address, uint64_t bytes, bool write,
                      uint64_t now);
/*
 * One line of `valgrind --tool=lackey --trace-mem=yes`: "I  04001090,3", " L 1ffeffe7e0,8",
 * " S ...", " M ...". Instruction fetches, loads, stores and modifies count alike, since to a host
 * all pages of a guest are the same anonymous memory; a modify is a write; the time is counted in
 * instructions. Other lines, such as "==123== ...", are valgrind's own words and are passed over.
 */
bool page_fold_lackey(struct page_fold *f, const char *line);
uint64_t page_fold_touches(const struct page_fold *f);
uint64_t page_fold_instructions(const struct page_fold *f); /* of page_fold_lackey() */
/*
 * Writes the trace beside `path` and renames it: a trace is there whole or not at all. info: its
 * texts; pages and touches are filled in.
 */
bool page_fold_save(const struct page_fold *f, uint64_t picoseconds, struct page_trace_info *info,
                    const char *path, char error[PAGE_TRACE_ERROR_MAX]);
