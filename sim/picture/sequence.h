/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sequence.h - a window of a run as a sequence diagram: who says what to whom, step by step, with
 * the kernel's function names
 *
 * Knows:    engine's notes, report's number formats, GLib.
 * Picture:  SVG. Lifelines: tasks, guest kernel, KVM's thread of one vCPU, its APF workers, the
 *           device; beside each step what happens and in which functions of Linux (6.12). The
 *           vertical axis is order; times stand at the left, and long pauses have a line of their
 * own. Promise:  the same notes give the same bytes. Limits:   one vCPU; SEQUENCE_ROWS steps,
 * SEQUENCE_TASKS tasks; what is left out is said. Requests of a device other than userfaultfd's are
 * only known to be this vCPU's in runs with one.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim_note.h"

#define SEQUENCE_ROWS  90u
#define SEQUENCE_TASKS 4u

struct sequence;

struct sequence_shape {
    const char *title;
    sim_ns from, to;
    uint32_t vcpu, vcpus, tasks, whys;
    char *const *task_name;      /* copied */
    const bool *task_nested;     /* copied: a vCPU of L2, the guest being L1 */
    const char *const *why_text; /* of the reasons in ACCESS; not copied */
    uint32_t gfn_base;           /* gfn of page 0 of the run */
};

struct sequence *sequence_create(const struct sequence_shape *shape); /* never NULL */
struct sim_observer *sequence_observer(struct sequence *s);
void sequence_svg(const struct sequence *s, GString *out);
void sequence_free(struct sequence *s); /* NULL is fine */
