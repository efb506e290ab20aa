/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_import.h - what other programs recorded becomes the touches of a page trace
 *
 * Knows:    cfg_page_fold.h, cfg_error.h. docs/page-trace.md says how to record, and what each
 *           format can and cannot tell.
 * Errors:   "path:line:column: error: ..." as everywhere.
 */
#pragma once

#include "cfg_error.h"
#include "cfg_page_fold.h"

enum cfg_import {
    CFG_IMPORT_PERF,   /* perf script -F time,event,addr */
    CFG_IMPORT_DAMON,  /* damo report raw, or the text of the trace point damon_aggregated */
    CFG_IMPORT_CSV,    /* time_us, page or address, rw */
    CFG_IMPORT_LACKEY, /* valgrind --tool=lackey --trace-mem=yes */
    CFG_IMPORTS
};
extern const char *const cfg_import_names[CFG_IMPORTS + 1]; /* NULL at the end */

/* Adds the file's accesses to f: in ns since the first, or (lackey) in instructions. */
bool cfg_import(const char *path, enum cfg_import from, struct page_fold *f, GError **error);
