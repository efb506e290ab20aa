/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_worker.h - the host's kworkers: one GUP for each work item
 *
 * Knows:    engine, apf (host half), world.h, backing.h.
 * Model:    the worker begins its GUP when the item is queued, waits for the page, and is through
 *           cost.worker after the page is there: append, kick, completed, wake, in this order.
 * Leaves out: limits on the number of kworkers, their CPU time on other CPUs.
 */
#pragma once

#include "world.h"

void apf_worker_schedule(struct vcpu *v, uint8_t item, uint32_t page);
void apf_worker_cancel(struct vcpu *v, uint8_t item);
/* The page that the worker waits for has come. */
void apf_worker_page_came(struct vcpu *v, uint8_t item);
void apf_worker_event(void *ctx, const struct sim_event *ev);
