/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kworker.h - posting the steps of APF workers: when a worker begins, when it is through
 *
 * Knows:    machine.h, host_cpu.h, engine. What the steps do stands in apf_worker.c.
 */
#pragma once

#include "host_cpu.h"
#include "machine.h"

enum kworker_event { KWORKER_BEGIN, KWORKER_THROUGH };

/* The item has been queued: its worker begins its GUP (K-14). */
void kworker_schedule(struct vcpu *v, uint8_t item, uint32_t page);
/* async-pf-user: the VMM is given the item instead, and asks for the page when it has it. */
void kworker_user(struct vcpu *v, uint8_t item, uint32_t page);
/* The item was taken back before its worker began (K-20). */
void kworker_cancel(struct vcpu *v, uint8_t item);
/* The page that the worker waits for has come: it is through cost.worker later, or when it has had
 * a shared host CPU for so long. */
void kworker_page_came(struct vcpu *v, uint8_t item);
/* Shared host CPUs: the worker has got one; is to leave it. */
void kworker_on_cpu(struct world *w, uint32_t waiter);
enum host_off kworker_off_cpu(struct world *w, uint32_t waiter);
/* Name of a worker in a list of waiters. */
uint32_t kworker_waiter(const struct vcpu *v, uint8_t item);
