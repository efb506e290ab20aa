/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kworker.h - posting the steps of APF workers: when a worker begins, when it is through
 *
 * Knows:    machine.h, engine. What the steps do stands in apf_worker.c.
 */
#pragma once

#include "machine.h"

enum kworker_event { KWORKER_BEGIN, KWORKER_THROUGH };

/* The item has been queued: its worker begins its GUP (K-14). */
void kworker_schedule(struct vcpu *v, uint8_t item, uint32_t page);
/* The item was taken back before its worker began (K-20). */
void kworker_cancel(struct vcpu *v, uint8_t item);
/* The page that the worker waits for has come: it is through cost.worker later. */
void kworker_page_came(struct vcpu *v, uint8_t item);
/* Name of a worker in a list of waiters. */
uint32_t kworker_waiter(const struct vcpu *v, uint8_t item);
