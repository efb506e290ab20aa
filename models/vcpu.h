/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu.h - one vCPU thread: KVM's run loop around a guest CPU
 *
 * Knows:    engine, apf (host half), lapic.h, guest.h, params.h.
 * The thread is a list of steps (enum vcpu_pc in world.h); a step takes no time, spends host time,
 * or waits. Time in guest mode runs until the guest's instruction ends or something needs an exit.
 */
#pragma once

#include "apf_host.h"
#include "guest.h"
#include "lapic.h"
#include "sim.h"

struct world;
struct vcpu; /* world.h */

/* What the thread is doing. */
enum vcpu_state {
    VCPU_GUEST,      /* in guest mode */
    VCPU_EXIT,       /* host code on the vCPU's thread */
    VCPU_SYNC,       /* waits for a page in the vCPU thread: serves nothing */
    VCPU_FLUSH,      /* waits for a running worker (K-20, or an item dequeued early) */
    VCPU_APF_HALTED, /* `halted` */
    VCPU_HLT,        /* mp_state HALTED */
    VCPU_STOPPED,
};

void vcpu_init(struct vcpu *v, struct world *w, uint32_t id);
/* First event at time 0. */
void vcpu_start(struct vcpu *v);
/* Raises vector in the LAPIC and gets the vCPU's attention. */
void vcpu_irq(struct vcpu *v, unsigned vector);
/* kvm_vcpu_kick(): IPI if in guest mode, wake if blocked. */
void vcpu_kick(struct vcpu *v);
/* kvm_vcpu_wake_up(): a blocked thread looks again; others are not disturbed. */
void vcpu_wake(struct vcpu *v);
/* The page that v waits for in state VCPU_SYNC has come. */
void vcpu_sync_done(struct vcpu *v);
/* A worker that the thread waits for in state VCPU_FLUSH has returned. */
void vcpu_flushed(struct vcpu *v);
/* The worker takes this vCPU's host CPU for ns (host.worker_cpu: same). */
void vcpu_worker_preempts(struct vcpu *v, sim_ns ns);
/* Closes the running segment at a measurement boundary and goes on. */
void vcpu_split(struct vcpu *v);

/* For vcpu_msr.c and host_mmu.c. Spends host time, then continues at pc; true: no time passed, go
 * on at once; false: an event will continue. */
bool vcpu_spend(struct vcpu *v, enum ledger_class ledger, sim_ns ns, int pc);
/* The thread sleeps in `state`, accounted to `ledger`. Always false. */
bool vcpu_block(struct vcpu *v, enum vcpu_state state, enum ledger_class ledger);

/* vcpu_msr.c: the instruction in v->insn. */
bool vcpu_do_msr(struct vcpu *v);
bool vcpu_msr_done(struct vcpu *v);
void vcpu_timer_event(void *ctx, const struct sim_event *ev);
/* KVM_SET_MSRS by the VMM, outside KVM_RUN. True: done; false: the thread waits in VCPU_FLUSH. */
bool vcpu_host_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value);
