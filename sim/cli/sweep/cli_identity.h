/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_identity.h - which sweep some points are of, and what two sweeps differ in
 *
 * Knows:    GLib; how our own sweep.json is laid out: a key a line.
 */
#pragma once

#include <stdint.h>

/* The same for all shards of a sweep. */
struct cli_identity {
    const char *version, *workload, *grid; /* workload, grid: digests */
    uint32_t points;
    const char *provenance; /* the beginning of sweep.json, of which the digests are; only to say
                               what differs */
};

/* What differs, with both values, for a message; NULL: nothing. g_free() it. */
char *cli_identity_difference(const struct cli_identity *here, const struct cli_identity *there);
/* A text, or anything else as it is written, of sweep.json. NULL: there is no such key. g_free()
 * it.
 */
char *cli_json_value(const char *json, const char *key);
