/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_axis.h - the axes of a sweep: a key of the parameter table and the values it takes
 *
 * Knows:    config.h.
 * Form:     KEY=A,B,C (numbers with units, words, true and false, distributions), or KEY=LO..HI:N
 * or KEY=LO..HI:N:log: N numbers from LO to HI, both included, a constant step or a constant ratio
 * apart, rounded to what the key can be (ns, pages, whole numbers). In a workload the same under
 * `sweep:`, where a list may also be a YAML list. Promise:  every value is good for its key; no
 * value is there twice: in a list that is an error, in a range the rounded ones are dropped and
 * counted. The same on every machine. Limits:   CFG_AXIS_MAX values.
 */
#pragma once

#include "config.h"

#define CFG_AXIS_MAX 10000000u

struct cfg_axis {
    char *key;        /* full: disk.read */
    char *written;    /* KEY=... as the user wrote it; NULL: in the workload */
    char *column;     /* of a CSV file: disk.read_ns */
    const char *unit; /* of the cells, when they are numbers: "ns", "bytes", "share", "per_s", "" */
    bool numeric;     /* every cell is a number */
    bool log;         /* a range with a constant ratio */
    bool reads_files; /* its values name files, whose contents count as well */
    uint32_t count, dropped;
    bool paths;   /* its values are paths */
    char *folder; /* where paths of a workload's own axis begin; NULL: the shell's, as of --set */
    char **text;  /* count + 1, the last NULL: canonical, paths as written */
    char **cell;  /* the same for a CSV file */
};

/* vary: "KEY=...". NULL on error: "--vary KEY=...: error: ...". */
struct cfg_axis *cfg_axis_read(const struct cfg *cfg, const char *vary, GError **error);
/* Those of the workload's own `sweep:`, in its order: struct cfg_axis, owned. NULL on error; empty
 * when it has none. */
GPtrArray *cfg_axes_of_file(const struct cfg *cfg, GError **error);
/* KEY=VALUE, as --set takes it from where the program runs. g_free() it. */
char *cfg_axis_set(const struct cfg_axis *axis, uint32_t value);
void cfg_axis_free(struct cfg_axis *axis); /* takes NULL */
