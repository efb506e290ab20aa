/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk.h - a paging device: c channels, a FIFO queue, service times from a distribution
 *
 * Knows:    engine, params.h, sim_words.h.
 * Model:    a request (one cluster of pages, read or write) waits in one FIFO queue for a free
 *           channel, which serves it for a draw of disk.read or disk.write plus per_page for each
 *           further page. `seek` (hdd): the draw is seek + rotation; a request that begins where
 *           the last one on that channel ended skips it and pays only per_page for every page.
 *           The userfaultfd monitor's threads are a disk too: parallelism = channels.
 *           network_rtt: the owner hears of a read so much later; channels do not wait for it.
 *           A request's draw is made when it is submitted, used or not: the n-th request has the
 *           same draw in every mode (common random numbers).
 * Leaves out: priorities of reads over writes, caches, garbage collection, NCQ reordering; a link
 *           that channels share (c channels busy with clusters may exceed the device's bandwidth).
 * Limits:   requests in the device are bounded by disk_create(); one more ends the run with
 *           SIM_OUT_OF_SLAB and is dropped.
 * Notes:    DISK_SUBMIT (queued: how many waited already), DISK_START, DISK_DONE, and LATENCY
 *           disk_wait, disk_service with vcpu = task = UINT32_MAX.
 */
#pragma once

#include "params.h"
#include "sim.h"

struct disk;

struct disk_request {
    uint32_t first, pages; /* page numbers: the first and how many */
    bool write;
    uint64_t cookie; /* comes back at completion */
};
/* Called when a request is complete, in the device's event (SIM_RANK_DEVICE). */
typedef void (*disk_done)(void *ctx, const struct disk_request *rq);

/* Memory and random stream of the device: made at start. number: names it in notes and seeds it.
 * Takes p->channels (>= 1) actors of `sim`, and one more and a posted event for each read with a
 * round trip. NULL: no memory. */
struct disk *disk_create(struct sim *sim, const struct disk_params *p, uint32_t number,
                         uint64_t seed, enum sim_stream stream, uint32_t requests_max,
                         disk_done done, void *ctx);
void disk_destroy(struct disk *d);
void disk_put(struct disk *d, uint32_t first, uint32_t pages, bool write, uint64_t cookie);
static inline void disk_submit(struct disk *d, const struct disk_request *rq)
{
    disk_put(d, rq->first, rq->pages, rq->write, rq->cookie);
}
/* Service time of an inline (synchronous) read of `pages` pages; draws, does not queue, says no
 * notes. On a seek device it moves the first channel's arm. */
sim_ns disk_inline_read(struct disk *d, uint32_t first, uint32_t pages);
uint32_t disk_queued(const struct disk *d); /* waiting, not in service */
uint32_t disk_busy_channels(const struct disk *d);
uint32_t disk_high_water(const struct disk *d);

/* Presets by name: hdd, sata-ssd, nvme-flash, optane, zram, zram-zstd, zram-lzo-rle, custom.
 * False: unknown. Sources: docs/devices.md. */
bool disk_preset(const char *name, struct disk_params *ret_params);
const char *disk_preset_name(unsigned i); /* NULL past the last */
