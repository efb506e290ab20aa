/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.h - workload files become struct params
 *
 * Knows:    params.h (data), sim_dist_check(), GLib, libyaml, xxhash. No model, no clock.
 * Promise:  a workload that loads is complete and free of contradictions: every member of struct
 *           params is set, within the range of its row, and every page trace is read and checked.
 *           Bad input is never fatal and never silent: one line with its position and a remedy.
 * Order:    defaults < disk preset < calibration < file < --set, wherever in the file a key stands.
 * A disk key that the file sets explicitly therefore also overrides `--set disk.device=...`.
 * Limits:   files up to 1 MiB, 32 levels deep; page traces as cfg_page_trace.h says.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "params.h"

/* Errors. The message is the whole line, without a newline and without control characters:
 *     workloads/x.yaml:3:5: error: what is wrong, and what would be right
 *     --set KEY=VALUE: error: ...
 */
#define CFG_ERROR cfg_error_quark()
GQuark cfg_error_quark(void);
enum cfg_error {
    CFG_ERROR_USAGE,    /* a --set that is no KEY=VALUE */
    CFG_ERROR_FILE,     /* missing, unreadable, a directory, too big, not UTF-8 text */
    CFG_ERROR_SYNTAX,   /* not YAML, or YAML that workloads do not use (aliases, tags, ...) */
    CFG_ERROR_KEY,      /* unknown, duplicate or missing key; wrong kind of node */
    CFG_ERROR_VALUE,    /* not a value of the key's type */
    CFG_ERROR_RANGE,    /* a value of the type, but out of the row's range */
    CFG_ERROR_CONFLICT, /* each value is good, together they are not */
    CFG_ERROR_TRACE     /* a page trace that cannot be read or does not fit */
};

/* The models' disk presets, lent by the caller: config knows no model. Both must be given. */
struct cfg_presets {
    bool (*disk)(const char *name, struct disk_params *ret_params); /* false: unknown */
    const char *(*disk_name)(unsigned i);                           /* NULL past the last */
};

/* A loaded workload: parameters, where each came from, and its page traces. */
struct cfg;

/* path_or_name: a path, or a name to be looked for in search_dirs (NULL-terminated, may be NULL),
 * with or without ".yaml". sets: "KEY=VALUE" texts, NULL-terminated, may be NULL; the last one of
 * a key wins. NULL on error. */
struct cfg *cfg_load(const char *path_or_name, const char *const *search_dirs,
                     const struct cfg_presets *presets, const char *const *sets, GError **error);
/* The same with the costs that `sim calibrate` measured (a path, or NULL). */
struct cfg *cfg_load_calibrated(const char *path_or_name, const char *const *search_dirs,
                                const struct cfg_presets *presets, const char *calibration,
                                const char *const *sets, GError **error);
/* The same from memory. folder: where page traces are looked for; NULL: traces are refused. */
struct cfg *cfg_load_memory(const char *name, const char *data, size_t bytes, const char *folder,
                            const struct cfg_presets *presets, const char *const *sets,
                            GError **error);
/* The same file, as its text was then, with these sets and no others. Threads may do so at once. */
struct cfg *cfg_load_again(const struct cfg *cfg, const char *const *sets, GError **error);
void cfg_free(struct cfg *cfg); /* takes NULL */

const struct params *cfg_params(const struct cfg *cfg);
const struct page_traces *cfg_traces(const struct cfg *cfg);
const char *cfg_path(const struct cfg *cfg);     /* the file that was read, as found */
const char *cfg_question(const struct cfg *cfg); /* its first comment line; "" if there is none */

/* Hex of xxh3-128 over the canonical "key = value" lines; traces count by their contents, not by
 * their paths. Equal for two spellings of the same workload. g_free() it. */
char *cfg_digest(const struct cfg *cfg);

/* Canonical "key = value" lines, each with where its value came from. */
void cfg_print_provenance(const struct cfg *cfg, FILE *out);
/* One canonical value, such as "12.4ms", or NULL if this workload has no such key. g_free() it. */
char *cfg_value_text(const struct cfg *cfg, const char *key);
/* Where it came from: "default", "preset hdd", "memhog.yaml:3:5" or "--set". g_free() it. */
char *cfg_value_source(const struct cfg *cfg, const char *key);

/* "from FILE (backend, Linux ...): cost.exit, ...": which values the calibration gave; NULL: there
 * is none. g_free() it. */
char *cfg_calibration_text(const struct cfg *cfg);

/* `sim params`: every row of the table: key, unit, range, default, help, source. */
enum cfg_format { CFG_TEXT, CFG_JSON, CFG_CSV, CFG_MARKDOWN };
void cfg_print_params(FILE *out, enum cfg_format format);
/* The same for one key, or for all below a section ("disk", "regions.*"). Returns how many rows
 * that are; 0: there is no such key, and nothing of use was printed. */
size_t cfg_print_params_of(FILE *out, enum cfg_format format, const char *key);

/* What a key means, such as "disk.read" or "tasks.web.count"; NULL: there is no such key.
 * *ret_named: its values are names or words, though some may look like numbers (6.12). */
const char *cfg_help(const char *key, bool *ret_named);

/* Reads only the first comment line (for `sim workloads`). NULL: unreadable. g_free() it. */
char *cfg_read_question(const char *path);
/* The known word nearest to `word`, or NULL if none is near. For "did you mean". */
const char *cfg_nearest(const char *word, const char *const *known, size_t count);
