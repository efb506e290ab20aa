/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backing.h - what a region's pages come from, and whether NOWAIT is honoured
 *
 * Knows:    engine, page_cache.h, disk.h, params.h, machine.h.
 * Rules:    which backings produce needs-I/O (docs/protocol-rules.md, K-2): swap read-ahead
 *           (mm/swap_state.c), file read-around and mmap_miss (mm/filemap.c), userfaultfd, zram.
 */
#pragma once

#include "machine.h"

enum attempt {
    ATTEMPT_RESIDENT,    /* fast GUP */
    ATTEMPT_MINOR,       /* in memory; or made on the spot */
    ATTEMPT_ZERO,        /* anonymous, never touched: a zeroed page */
    ATTEMPT_SPURIOUS,    /* already mapped by somebody else */
    ATTEMPT_INLINE,      /* read at once, *ret_ns of host time */
    ATTEMPT_INLINE_WAIT, /* read at once from a queued device: the thread waits for it */
    ATTEMPT_NEEDS_IO,
};

/* The NOWAIT attempt on an exit: may start I/O, may take frames. *ret_why for the inline ones;
 * *ret_ns host time beyond exit and walk (reclaim, decompression). */
enum attempt backing_try(struct vcpu *v, uint32_t page, bool write, enum apf_why *ret_why,
                         sim_ns *ret_ns);
/* A GUP that may wait (sync fallback or worker): true = page is in memory now; false = `waiter`
 * has joined the I/O and will be told. */
bool backing_wait(struct world *w, uint32_t page, bool write, uint32_t waiter);
/* A worker's GUP has found its page. */
void backing_worker_through(struct world *w, uint32_t page);
/* Completion of a device request. */
void backing_io_done(void *ctx, const struct disk_request *rq);
void backing_monitor_done(void *ctx, const struct disk_request *rq);
