/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor.h - the process behind userfaultfd: post-copy, snapshot restore, remote memory
 *
 * Knows:    engine, params.h, disk.h, page_cache.h, sim_words.h.
 * Model:    a fault passes (1) the userfaultfd's lock, which it holds for lock_hold and
 *           lock_per_waiter for each other fault that waits there; (2) one of `parallelism`
 *           threads, FIFO, for a draw of `latency`, and for network_rtt too unless pipelined;
 *           (3) the link, a page at a time at `bandwidth`; (4) network_rtt, if pipelined. Then
 *           UFFDIO_COPY makes the page.
 *           Prefetching is a thread of its own, which sends over the same link pages that nobody
 *           has asked for and that never were in memory: in the order of a list, or of the page
 *           numbers and on from the page that was asked for last (QEMU, migration/ram.c,
 *           get_queued_page()). A fault on the page that is on its way so has the lock, and then
 *           waits for that copy: it is not sent again (get_queued_page() drops what was sent).
 *           Prefetching ends when all have been sent or memory is full.
 * Leaves out: UFFDIO_COPY of several pages at once; the time of the vCPU or worker that waits for
 *           the lock (it sleeps in the model, and spins in Linux).
 * Notes:    UFFD_COPY, and those of the disks that its threads and its link are.
 */
#pragma once

#include "disk.h"
#include "page_cache.h"

struct monitor;

struct monitor_setup {
    const struct params *p;
    struct page_cache *pages;
    uint64_t seed;
    uint32_t number, link_number; /* of the disks that threads and link are */
    uint32_t requests_max;        /* cookies are below */
    const uint32_t *order;        /* prefetch: recorded; lent */
    uint32_t order_count;
    disk_done done; /* the page is to be made; its frame has been taken */
    void *ctx;
};
#define MONITOR_ACTORS 2 /* that monitor_add_actors() may add */

/* NULL: no memory. */
struct monitor *monitor_create(struct sim *sim, const struct monitor_setup *setup);
void monitor_destroy(struct monitor *m); /* NULL is fine */
/* Once, when all other actors have been made. */
void monitor_add_actors(struct monitor *m);
/* The run begins. */
void monitor_start(struct monitor *m);
/* A fault of this vCPU, or of a worker for it, waits for rq->first. */
void monitor_ask(struct monitor *m, const struct disk_request *rq, uint32_t vcpu);
