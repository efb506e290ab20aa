/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_unpack.h - inside sim/trace: what trace-cmd packs with zstd or zlib
 *
 * Knows:    libzstd and zlib, each if it was there when this was built.
 * Promise:  hostile bytes give false, and never more than the room that they are given.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dat_packing { DAT_PLAIN, DAT_ZSTD, DAT_ZLIB, DAT_PACKINGS };

/* By the name in the file's head; DAT_PACKINGS: not known. */
enum dat_packing dat_packing_of(const char *name);
/* The package without which it cannot be unpacked here; NULL: it can. */
const char *dat_packing_missing(enum dat_packing p);
/* Whether `from` unpacks into exactly so many bytes. */
bool dat_unpack(enum dat_packing p, const uint8_t *from, size_t bytes, uint8_t *to,
                size_t to_bytes);
