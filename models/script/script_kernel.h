/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script_kernel.h - the scripted guest's kernel: boot, traps, scheduler
 *
 * Knows:    script_state.h.
 * A trap changes the kernel's state at once and leaves behind the operations that the vCPU has to
 * carry out, in program order.
 */
#pragma once

#include "script_state.h"

#define SCRIPT_VECTOR_EXIT 0x42u /* a task's last instruction */

/* Fills the guest's list of operations with its boot sequence; makes its tasks. */
void script_kernel_boot(struct script_guest *g);
/* An interrupt, an exception (cr2 for #PF) or a task's INT. */
void script_kernel_trap(struct script_guest *g, unsigned vector, uint64_t cr2);
/* #GP in the middle of the operation list: the access is skipped, or it is the end. */
void script_kernel_gp(struct script_guest *g);
/* Does any task wait for a page? */
bool script_kernel_waiting(const struct script_guest *g);
