/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_table.h - the one parameter table
 *
 * Knows:    params.h, cfg_value.h.
 * Promise:  one row per key. The row is the YAML key, the --set key, the range check, the default,
 *           the help, the line of `sim params` and of docs/params.md. Nothing about a key stands
 *           anywhere else, except what it must satisfy together with others (cfg_check.c).
 *
 * A key of a list element has '*' for the element's name or number: regions.*.size,
 * tasks.*.loop.*.compute. Its offset is from the start of the element's struct (cfg_scope). The
 * rows of `guest` are those of guests.*, too (cfg_guests.c).
 */
#pragma once

#include "cfg_error.h"
#include "cfg_value.h"

enum cfg_type {
    CFG_COUNT32,
    CFG_COUNT64,
    CFG_SIGNED32,
    CFG_BOOL,
    CFG_TRUE,     /* a step without a value: `yield: true` */
    CFG_CHOICE,   /* an enum; choices in its order */
    CFG_MODES,    /* a set of enum run_mode */
    CFG_SWITCHES, /* a uint64_t set of the numbers behind the choices' dashes, or none */
    CFG_TIME,
    CFG_BYTES,
    CFG_LIMIT, /* bytes or none (0) */
    CFG_CPUS,  /* own (0) or a number; uint32_t */
    CFG_SHARE, /* uint32_t in 1e-6 */
    CFG_MILLI, /* uint32_t in 1e-3 */
    CFG_DIST,  /* min and max bound each of its times */
    CFG_NAME,
    CFG_DEVICE,   /* a disk preset */
    CFG_GUEST,    /* first (0) or the name of a guest; uint32_t index */
    CFG_REGION,   /* the name of a region; uint32_t index */
    CFG_VCPU,     /* any (-1) or a number; int32_t */
    CFG_FILE,     /* a page trace; the path is kept as written */
    CFG_PATH,     /* another file; likewise */
    CFG_RATE,     /* events a second, or none (0); uint32_t in 1e-3 */
    CFG_LOCK,     /* the name of a lock: new ones are added; uint32_t index */
    CFG_OBJECTIVE /* a service level, or none; struct objective_params */
};

enum cfg_scope { CFG_RUN, CFG_OF_GUEST, CFG_OF_REGION, CFG_OF_TASK, CFG_OF_STEP };

#define CFG_NOWHERE SIZE_MAX /* a key with one legal value: there is nothing to store */

struct cfg_row {
    const char *key;
    enum cfg_type type;
    enum cfg_scope scope;
    size_t at;                  /* offset in the scope's struct */
    uint64_t min, max;          /* in the type's unit, both legal; SIGNED32: as int64_t */
    const char *def;            /* default, as the user would write it; NULL: see `missing` */
    const char *const *choices; /* NULL-terminated */
    const char *help;
    const char *why; /* where the default comes from, or "assumed" */
    bool later; /* came after digests were published: no part of them while it is the default */
};

extern const struct cfg_row cfg_rows[];
extern const size_t cfg_rows_count;

/* The row of a key with '*' in place of names; NULL if there is none. */
const struct cfg_row *cfg_row_find(const char *pattern);
/* The row that a section's name stands for when it has a value of its own, as `disk: optane` does;
 * NULL: the section has no such short form. Its key has no '*'. */
const struct cfg_row *cfg_row_short(const char *section);
/* True if some row's key begins with pattern and a dot. */
bool cfg_is_section(const char *pattern);
/* The words that may follow the pattern ("" for the top level), once each; free the array only
 * with g_strfreev(). */
char **cfg_children(const char *pattern);

/* What stands where a row has no default: "required", "from disk.device", ... */
const char *cfg_row_missing(const struct cfg_row *row);
/* "ns, us, ms or s", "KiB, MiB, GiB or TiB", "% or 0..1", or "". */
const char *cfg_row_unit(const struct cfg_row *row);
/* "0s to 1s", "cfs | fifo", ... g_free() it. */
char *cfg_row_range(const struct cfg_row *row);

/* Stores the text's value in base + row->at. regions: their names, for CFG_REGION. On a bad value
 * returns what is wrong and sets *ret_code; g_free() it. NULL: stored. */
struct cfg_context {
    const struct cfg_presets *presets;
    const char *const *regions;
    size_t regions_count;
    struct params *params; /* for CFG_GUEST, and CFG_LOCK, which adds to its names */
};
char *cfg_row_store(const struct cfg_row *row, void *base, const char *text,
                    const struct cfg_context *context, enum cfg_error *ret_code);
/* The canonical text of what is stored. g_free() it. */
char *cfg_row_text(const struct cfg_row *row, const void *base, const struct params *params);
