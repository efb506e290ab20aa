/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_step.h - one step of the host half: ask, perform, check
 *
 * Knows:    apf (host half), machine.h, thread.h, kworker.h.
 * Performs what needs no decision of the caller: trace points, the queued #PF, interrupts, kicks,
 * wake-ups, scheduling and cancelling work. The caller sees to PREFAULT and #GP (they take time).
 * Asks the O(1) invariants at every step and the full walk every check.walk_every steps; a broken
 * one ends the run (SIM_BROKEN).
 */
#pragma once

#include "machine.h"

void apf_step(struct vcpu *v, const struct apf_host_in *in, struct apf_host_out *out);
