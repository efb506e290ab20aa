/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_run.h - the observer of one run: notes in, one rep_result out
 *
 * Knows:    the engine's notes. It looks and never touches: a run with it and one without are the
 *           same run.
 * Promise:  only what lies between MEASURE_BEGIN and MEASURE_END is counted. At the end the books
 *           are checked: the ledger of each vCPU sums to the wall clock exactly, so do the
 *           books of each shared host CPU, and each access
 * that needed I/O was delivered or has one reason. Books that do not balance turn a good run into
 * SIM_BROKEN with the figures in its text. Limits:   what was under way before the observer was
 * attached is unknown to it: attach before the first event.
 */
#pragma once

#include "rep_result.h"

struct rep_run;

/* `shape` and its task_kind are copied. Never NULL. */
struct rep_run *rep_run_create(const struct rep_shape *shape);
/* What to give to sim_observe(), or to call by hand in a test. */
struct sim_observer *rep_run_observer(struct rep_run *run);
/* The observer's part is over: closes the books. `text`: what sim_stop() was told, or NULL. */
struct rep_result *rep_run_finish(struct rep_run *run, enum sim_outcome outcome, const char *text);
/* Frees the observer and, unless it was finished, its result. NULL is fine. */
void rep_run_destroy(struct rep_run *run);
