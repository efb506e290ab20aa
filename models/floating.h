/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * floating.h - s390's floating interrupts, of which pfault's DONE is one
 *
 * Knows:    machine.h, thread.h.
 * Source:   __floating_irq_kick(), arch/s390/kvm/interrupt.c: an idle vCPU is told, else the next
 * in turn; whichever vCPU enters the guest first with interrupts open takes it.
 */
#pragma once

#include "machine.h"

/* False: no memory. room: as many as may ever wait. */
bool floating_create(struct vm *vm, uint32_t room);
void floating_destroy(struct vm *vm);
void floating_post(struct vm *vm, uint32_t token);
/* At an entry with interrupts open. False: there is none. */
bool floating_take(struct vcpu *v, uint32_t *ret_token);
