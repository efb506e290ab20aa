/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu_msr.h - the MSRs of a vCPU: APF's three, and of the LAPIC what APF needs (x2APIC form)
 *
 * Knows:    machine.h, thread.h, apf_step.h.
 */
#pragma once

#include "machine.h"

/* PC_MSR and PC_MSR_DONE: the WRMSR or RDMSR in v->insn. */
bool vcpu_do_msr(struct vcpu *v);
bool vcpu_msr_done(struct vcpu *v);
/* The LAPIC timer's event. */
void vcpu_timer_event(void *ctx, const struct sim_event *ev);
/* KVM_SET_MSRS by the VMM, outside KVM_RUN; the thread may have to wait for workers afterwards. */
void vcpu_host_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value);
