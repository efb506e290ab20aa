/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script_guest.h - a small guest kernel that a script drives, behind guest.h
 *
 * Knows:    script_state.h, guest.h.
 * Model:    the guest of the recorded experiments. It enables its LAPIC and APF, starts tasks that
 *           touch pages, one that counts and one that idles, and says at every turn what it does.
 *           Its kernel is handlers with interrupts off: a trap computes a list of operations (MSR
 *           accesses, log records, stores to the shared area) which the vCPU then carries out one
 *           by one, each where the real guest has it, because the host acts at every exit.
 * Log:      a record becomes visible to the VMM when the VMM looks: when its doorbell is rung, at a
 *           host action, at the end.
 * Leaves out: page faults of its own (its memory is resident), addresses of its code.
 */
#pragma once

#include "guest.h"
#include "script_state.h"

/*
 * How a mark reads, NULL for one that is not shown: %t task, %a %b decimal, %A %B as %#llx;
 * %0 %1 %2 are b's bits 7:0, 31:8, 63:32 in decimal.
 */
extern const char *const script_mark_text[SCRIPT_MARKS];

extern const struct guest_ops script_guest_ops; /* guest = struct script_guest */

/* At its first instruction. `o`, `area` and `log` must outlive it. */
void script_guest_start(struct script_guest *g, const struct script_options *o,
                        struct script_record *log);
/* Records that the VMM can see: kept ones. */
uint64_t script_guest_records(const struct script_guest *g);
