/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_import_priv.h - what the readers of cfg_import_*.c share
 */
#pragma once

#include "cfg_import.h"
#include "params.h"

struct cfg_importer {
    struct page_fold *fold;
    struct cfg_place at;
    GError **error;
    sim_ns first, last; /* of the accesses so far */
    bool any;
    void *own; /* the reader's */
};

/* Each takes one line without its newline; false: *error is set. */
bool cfg_import_perf_line(struct cfg_importer *i, char *line);
bool cfg_import_damon_line(struct cfg_importer *i, char *line);
/* DAMON's regions can be weighed only when all are known. */
bool cfg_import_damon_end(struct cfg_importer *i);
void cfg_import_damon_free(struct cfg_importer *i);

/* cfg_import_line.c */

bool cfg_import_fail(const struct cfg_importer *i, size_t column, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
bool cfg_import_access(struct cfg_importer *i, size_t column, sim_ns when, uint64_t address,
                       bool write);
/* "12345.678901:" as perf prints times; false: it is none. */
bool cfg_import_perf_time(const char *token, sim_ns *ret);
/* The next word behind *at; moves *at behind it, ends it with a NUL. NULL: none. */
char *cfg_import_word(char **at);
/* A whole number and nothing else. */
bool cfg_import_number(const char *text, unsigned base, uint64_t *ret);
