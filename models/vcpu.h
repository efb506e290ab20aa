/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu.h - one vCPU thread: KVM's run loop around a guest CPU (PROTOCOL B.4)
 *
 * Knows:    engine, apf (host half), lapic.h, guest.h, params.h. Calls up into host_mmu through
 *           world.h.
 */
#pragma once

#include "apf_host.h"
#include "guest.h"
#include "lapic.h"
#include "sim.h"

struct world;

/* What the thread is doing. */
enum vcpu_state {
    VCPU_NOT_STARTED,
    VCPU_GUEST,      /* in guest mode */
    VCPU_EXIT,       /* host code on the vCPU's thread */
    VCPU_SYNC,       /* waits for a page in the vCPU thread: serves nothing */
    VCPU_FLUSH,      /* waits in K-20 for a running worker */
    VCPU_APF_HALTED, /* `halted` */
    VCPU_HLT,        /* mp_state HALTED */
    VCPU_STOPPED,
};
struct vcpu; /* world.h */

/* Raises vector in the LAPIC and gets the vCPU's attention. */
void vcpu_irq(struct vcpu *v, unsigned vector);
/* kvm_vcpu_kick() and kvm_vcpu_wake_up(). */
void vcpu_kick(struct vcpu *v);
void vcpu_wake(struct vcpu *v);
/* The page that v waits for in state VCPU_SYNC has come. */
void vcpu_sync_done(struct vcpu *v);
