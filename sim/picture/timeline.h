/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline.h - a window of a run as a picture: who ran, who waited, which tokens were under way
 *
 * Knows:    engine's notes, report's number formats, GLib.
 * Picture:  SVG without scripts: a lane for each vCPU with the tokens in flight under it, for each
 *           task, and for each channel of a device. A token is an arrow from its not_present (on
 * the vCPU's lane) to the wake-up (on the task's lane), or to its ready when nobody was told.
 * Promise:  the same notes give the same bytes. Nothing lies outside the window; on each lane the
 *           areas of the bars are the times that the notes say, also where slices thinner than a
 *           pixel are drawn as one: it is divided in height as they were in time.
 * Limits:   TIMELINE_WINDOW_MAX, TIMELINE_SLICES_MAX; lanes and bars as timeline_svg() says.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim_note.h"

#define TIMELINE_WINDOW_MAX 10000000000 /* ns */
#define TIMELINE_SLICES_MAX 4000000u    /* of all lanes together; 24 bytes each */

struct timeline;

struct timeline_shape {
    const char *title; /* above the picture: workload, mode, seed */
    sim_ns from, to;   /* from < to, at most TIMELINE_WINDOW_MAX apart */
    uint32_t vcpus, tasks;
    char *const *vcpu_name, *const *task_name; /* copied */
    const bool *task_late;                     /* of each task: it begins some time after the run */
    bool of_capture; /* notes are of tokens alone; times count from its first event */
};

/* Never NULL. */
struct timeline *timeline_create(const struct timeline_shape *shape);
/* To be attached before the first event: what was under way is not known otherwise. */
struct sim_observer *timeline_observer(struct timeline *t);
/* Of a capture, whose notes are of tokens alone: the vCPU's thread slept; for_page: halted by the
 * host. What it did otherwise is not known, and stays blank. Between notes, in the order of time.
 */
void timeline_slept(struct timeline *t, uint32_t vcpu, sim_ns from, sim_ns to, bool for_page);
/* True: the window has more slices than TIMELINE_SLICES_MAX, and there is no picture. */
bool timeline_overflowed(const struct timeline *t);
/*
 * The picture, when the run is over. At most TIMELINE_VCPUS, _TASKS and _CHANNELS lanes (tasks:
 * those that ran or waited for a page in the window come first) and TIMELINE_BARS bars; what is
 * left out is said in it.
 */
void timeline_svg(struct timeline *t, GString *out);
void timeline_free(struct timeline *t); /* NULL is fine */

#define TIMELINE_VCPUS    32u
#define TIMELINE_TASKS    48u
#define TIMELINE_CHANNELS 16u
#define TIMELINE_BARS     20000u

/*
 * Which window to show when nobody says: from a little before the first not_present of the measured
 * time that the guest was told of to a little after the wake-up (half as long again as the wait,
 * rounded up to 1, 2 or 5 times a power of ten, a tenth of it before); 1 ms at least,
 * TIMELINE_LONGEST at most. Without such a token around the first halt of the host's, then around
 * the first synchronous wait, and without any the first 10 ms.
 */
#define TIMELINE_LONGEST 1000000000 /* ns */

struct sim;
struct timeline_finder {
    struct sim_observer observer; /* first */
    struct sim *sim;              /* stopped when nothing better can come; it is no run to report */
    bool told_can_be;             /* mode apf */
    sim_ns begin;                 /* of the measured time */
    struct timeline_found {
        bool open, closed;
        uint64_t vcpu, token, task;
        sim_ns from, to;
    } told, halt, sync;
};
void timeline_finder_init(struct timeline_finder *f, struct sim *sim, bool told_can_be);
/* What was found: the token that was told of, or the next best; NULL: nobody waited. */
const struct timeline_found *timeline_finder_found(const struct timeline_finder *f);
void timeline_finder_window(const struct timeline_finder *f, sim_ns *ret_from, sim_ns *ret_to);
