/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_guard.h - nothing is left behind, however a measurement ends
 *
 * What outlives a process is its tracefs instance alone: memory, files without a name, VMs and
 * threads go with it. A guardian, forked before anything is made, waits for the end of its parent
 * (a pipe that closes, even by SIGKILL) and removes the instance. When both are killed, the next
 * start does: instances bear the number of their process.
 */
#pragma once

#include "cal_error.h"

/* Sees to tracefs, removes what processes that are gone have left, then forks the guardian. */
bool cal_guard_start(struct cal_error *error);
/* The guardian's process, 0: there is none. For tests. */
int cal_guard_pid(void);
/* All is removed: the guardian may go. */
void cal_guard_end(void);
