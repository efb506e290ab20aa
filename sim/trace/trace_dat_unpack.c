/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_unpack.c - see trace_dat_unpack.h
 */
#include "trace_dat_unpack.h"

#include <limits.h>
#include <string.h>

#ifdef APFSIM_ZSTD
#include <zstd.h>
#endif
#ifdef APFSIM_ZLIB
#include <zlib.h>
#endif

enum dat_packing dat_packing_of(const char *name)
{
    static const char *const names[DAT_PACKINGS] = {"none", "zstd", "zlib"};
    unsigned p = 0;

    while (p < DAT_PACKINGS && strcmp(name, names[p]) != 0)
        p++;
    return (enum dat_packing)p;
}

const char *dat_packing_missing(enum dat_packing p)
{
#ifndef APFSIM_ZSTD
    if (p == DAT_ZSTD)
        return "libzstd-dev";
#endif
#ifndef APFSIM_ZLIB
    if (p == DAT_ZLIB)
        return "zlib1g-dev";
#endif
    (void)p;
    return NULL;
}

bool dat_unpack(enum dat_packing p, const uint8_t *from, size_t bytes, uint8_t *to, size_t to_bytes)
{
#ifdef APFSIM_ZSTD
    if (p == DAT_ZSTD)
        return ZSTD_decompress(to, to_bytes, from, bytes) == to_bytes;
#endif
#ifdef APFSIM_ZLIB
    if (p == DAT_ZLIB && bytes <= UINT_MAX && to_bytes <= UINT_MAX) {
        uLongf written = to_bytes;

        return uncompress(to, &written, from, bytes) == Z_OK && written == to_bytes;
    }
#endif
    (void)p, (void)from, (void)bytes, (void)to, (void)to_bytes;
    return false;
}
