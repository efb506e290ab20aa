/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script_monitor.h - the thread that answers userfaultfd in a recorded experiment
 *
 * Knows:    machine.h, backing.h, script_options.h.
 * Model:    one thread. It reads events until it has `batch` of them, or until 300 ms have passed
 *           since the last; then it supplies one page after the other, `delay` us of sleep before
 *           each, first come first (lifo: last come first). Meanwhile events wait in the
 * descriptor. It shares the vCPU's host CPU: whenever it runs, the vCPU comes out of guest mode.
 */
#pragma once

#include "machine.h"
#include "script_options.h"

struct script_event {
    struct disk_request rq;
    bool write;
};

enum script_monitor_state {
    SCRIPT_MONITOR_POLLS,  /* blocked in poll(); with a timeout while a batch is incomplete */
    SCRIPT_MONITOR_WAKES,  /* an event has come: about to read */
    SCRIPT_MONITOR_SLEEPS, /* before the next page */
    SCRIPT_MONITOR_COPIES, /* has the CPU, is about to supply it */
};

struct script_monitor {
    struct world *w;
    const struct script_options *o;
    sim_actor actor;
    enum script_monitor_state state;
    struct script_event fd[SCRIPT_BATCH_MAX], held[SCRIPT_BATCH_MAX];
    uint32_t fd_count, held_count;
};

/* Takes over world.monitor_submit. */
void script_monitor_init(struct script_monitor *m, struct world *w, const struct script_options *o);
