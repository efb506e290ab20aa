/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk_presets.c - devices by name
 *
 * Knows:    params.h. Where each number comes from, and what is assumed: docs/devices.md.
 * Promise:  the mean of `read` is the published mean at queue depth 1, to the nanosecond; quantiles
 *           that were published are points of the list.
 */
#include <string.h>

#include "disk.h"
#include "sim_poison.h"
#include "sim_poison_alloc.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

#define POINT(share_ppm, time_ns)                                                                  \
    {                                                                                              \
        .ppm = (share_ppm), .ns = (time_ns)                                                        \
    }
#define QUANTILES(...)                                                                             \
    {                                                                                              \
        .kind = SIM_DIST_QUANTILES,                                                                \
        .points = sizeof((const struct quantile[]){__VA_ARGS__}) / sizeof(struct quantile), .q = { \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
/* As the member of struct sim_dist; only to count points. */
struct quantile {
    uint32_t ppm, pad;
    sim_ns ns;
};

/* Mean 8,900 ns, p50 9 us, p99 10 us, p99.999 37 us. */
#define OPTANE                                                                                     \
    QUANTILES(POINT(0, 7039), POINT(500000, 9000), POINT(990000, 10000), POINT(999990, 37000),     \
              POINT(1000000, 60000))

/* Mean 77,900 ns, p50 76 us, p99 96 us, p99.999 2768 us; p99.9 150 us is assumed. */
#define NVME_FLASH                                                                                 \
    QUANTILES(POINT(0, 56723), POINT(500000, 76000), POINT(990000, 96000), POINT(999000, 150000),  \
              POINT(999990, 2768000), POINT(1000000, 2800000))

/* Mean 91,000 ns; the shape is assumed. */
#define SATA_SSD                                                                                   \
    QUANTILES(POINT(0, 70000), POINT(500000, 88000), POINT(990000, 115000), POINT(1000000, 238000))

/* Seek, uniform 0.533..15.933 ms, plus rotation, uniform 0..8.333 ms: symmetric around 12.4 ms,
 * which is then the mean of the straight lines, too. */
#define HDD                                                                                        \
    QUANTILES(POINT(0, 533000), POINT(1000, 1040000), POINT(10000, 2135000),                       \
              POINT(50000, 4116000), POINT(100000, 5600000), POINT(200000, 7698000),               \
              POINT(270600, 8867000), POINT(729400, 15933000), POINT(800000, 17102000),            \
              POINT(900000, 19200000), POINT(950000, 20684000), POINT(990000, 22665000),           \
              POINT(999000, 23760000), POINT(1000000, 24267000))

/* Mean 430 + 1281, 664 + 5088, 437 + 1809 ns; p99 as published; the rest is assumed. */
#define ZRAM_LZ4                                                                                   \
    QUANTILES(POINT(0, 1334), POINT(500000, 1560), POINT(900000, 1900), POINT(990000, 3600),       \
              POINT(1000000, 6000))
#define ZRAM_ZSTD                                                                                  \
    QUANTILES(POINT(0, 4340), POINT(500000, 5100), POINT(900000, 6600), POINT(990000, 13100),      \
              POINT(1000000, 20000))
#define ZRAM_LZO_RLE                                                                               \
    QUANTILES(POINT(0, 1592), POINT(500000, 1880), POINT(900000, 2600), POINT(990000, 6300),       \
              POINT(1000000, 10000))
#define CONSTANT_100US                                                                             \
    {                                                                                              \
        .kind = SIM_DIST_CONSTANT, .a = 100 * SIM_US                                               \
    }

static const struct disk_params presets[] = {
    {.device = "hdd", .channels = 1, .read = HDD, .write = HDD, .per_page = 24000, .seek = true},
    {.device = "sata-ssd", .channels = 9, .read = SATA_SSD, .write = SATA_SSD, .per_page = 7600},
    {.device = "nvme-flash",
     .channels = 13,
     .read = NVME_FLASH,
     .write = NVME_FLASH,
     .per_page = 1460},
    {.device = "optane", .channels = 5, .read = OPTANE, .write = OPTANE, .per_page = 1710},
    {.device = "zram",
     .channels = 4,
     .read = ZRAM_LZ4,
     .write = ZRAM_LZ4,
     .per_page = 1281,
     .synchronous = true},
    {.device = "zram-zstd",
     .channels = 4,
     .read = ZRAM_ZSTD,
     .write = ZRAM_ZSTD,
     .per_page = 5088,
     .synchronous = true},
    {.device = "zram-lzo-rle",
     .channels = 4,
     .read = ZRAM_LZO_RLE,
     .write = ZRAM_LZO_RLE,
     .per_page = 1809,
     .synchronous = true},
    {.device = "custom", .channels = 1, .read = CONSTANT_100US, .write = CONSTANT_100US},
};

const char *disk_preset_name(unsigned i)
{
    return i < COUNT(presets) ? presets[i].device : NULL;
}

bool disk_preset(const char *name, struct disk_params *ret_params)
{
    for (unsigned i = 0; i < COUNT(presets); i++) {
        if (strcmp(presets[i].device, name) == 0) {
            *ret_params = presets[i];
            return true;
        }
    }
    return false;
}
