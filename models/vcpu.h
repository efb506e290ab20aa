/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu.h - one vCPU thread: KVM's run loop around a guest CPU
 *
 * Knows:    machine.h, thread.h, apf_step.h, host_mmu.h, vcpu_msr.h.
 * The thread is a list of steps (enum vcpu_pc in machine.h); a step takes no time, spends host
 * time, or waits. Time in guest mode runs until the guest's instruction ends or something needs an
 * exit.
 */
#pragma once

#include "machine.h"

/* Number `cpu` of that guest. */
void vcpu_init(struct vcpu *v, struct vm *vm, uint32_t cpu);
/* First event at time 0. */
void vcpu_start(struct vcpu *v);
