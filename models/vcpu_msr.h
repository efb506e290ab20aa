/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu_msr.h - the MSRs of a vCPU: APF's three, and of the LAPIC what APF needs (x2APIC form)
 *
 * Knows:    machine.h, thread.h, apf_step.h.
 */
#pragma once

#include "machine.h"

/* IA32_APICBASE after reset: enabled; bit 8 marks the boot processor. */
#define VCPU_APICBASE     0xfee00800u
#define VCPU_APICBASE_BSP 0x100u

/* PC_MSR and PC_MSR_DONE: the WRMSR or RDMSR in v->insn. */
bool vcpu_do_msr(struct vcpu *v);
bool vcpu_msr_done(struct vcpu *v);
/* The LAPIC timer's event. */
void vcpu_timer_event(void *ctx, const struct sim_event *ev);
/*
 * KVM_SET_MSRS by the VMM, from vmm_out() only. Whatever has to wait (workers, a drain of `done`)
 * comes before the vCPU is entered and before vmm_out() is called again. False: refused.
 */
bool vcpu_host_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value);
