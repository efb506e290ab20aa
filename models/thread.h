/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thread.h - a vCPU thread's time: spending it, blocking, being woken, kicked, interrupted
 *
 * Knows:    machine.h, host_cpu.h, engine, apf (host half, read only).
 * Promise:  every nanosecond of the thread is in exactly one ledger class (NOTE_VCPU_SEGMENT), and
 *           the sum is kept in vcpu.accounted. A thread is only ever continued by an event of its
 *           own, so that nobody moves the clock inside another actor's step.
 */
#pragma once

#include "host_cpu.h"
#include "machine.h"
#include "sim_words.h"

/* Spends host time, then continues at pc (enum vcpu_pc). True: no event is needed, go on at once.
 */
bool vcpu_spend(struct vcpu *v, enum ledger_class ledger, sim_ns ns, enum vcpu_pc pc);
/* The thread sleeps in `state`, accounted to `ledger`. Always false. */
bool vcpu_block(struct vcpu *v, enum vcpu_state state, enum ledger_class ledger);
/* Accounts from now on to `ledger`. */
void vcpu_segment(struct vcpu *v, enum ledger_class ledger);

/* Interrupts are taken: L1 has them exit whatever L2's IF is. */
static inline bool vcpu_takes_irq(const struct vcpu *v)
{
    return v->if_flag || v->guest_mode;
}

/* Into an input whose context is zero. In place: a struct of bytes that is returned is read again
 * as words, which have to wait until the bytes have reached the cache. */
static inline void vcpu_context(const struct vcpu *v, struct apf_host_ctx *ret)
{
    ret->exception_pending = v->pf_pending || v->gp_pending;
    ret->hlt_in_guest = v->w->p->host.hlt_in_guest;
    ret->irq_allowed = vcpu_takes_irq(v);
    ret->paging = v->paging;
    ret->guest_mode = v->guest_mode;
    ret->lapic_enabled = lapic_enabled(&v->lapic);
    ret->cpl = v->cpl;
    ret->irq_pending =
        v->vm->floating.token && (v->vm->floating.count || lapic_pending(&v->lapic) >= 0);
}

/* K-33: kvm_vcpu_has_events(), in its order. The done list counts whether or not K-18 holds. */
bool vcpu_has_events(const struct vcpu *v);

/* Takes the vCPU out of guest mode in the middle of an instruction; spends ns of host time. */
void vcpu_interrupt_guest(struct vcpu *v, enum ledger_class ledger, sim_ns ns);
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
/* The LAPIC timer has fired: the vCPU comes out and its run loop raises the interrupt. */
void vcpu_timer_fired(struct vcpu *v);
/* INIT and SIPI from another CPU: the vCPU, which is in HLT for good, is reset and runs. */
void vcpu_send_init(struct vcpu *v);
/* A signal for the VMM's thread: KVM_RUN returns as soon as the thread can be interrupted. */
void vcpu_signal(struct vcpu *v);
/* Somebody else takes this vCPU's host CPU for ns (host.worker_cpu: same). */
void vcpu_worker_preempts(struct vcpu *v, sim_ns ns);
/* Shared host CPUs: the thread has got one; is to leave it; does so where it was told HOST_LATER
 * (always false, as a step); has polled long enough. */
void vcpu_on_cpu(struct vcpu *v);
enum host_off vcpu_off_cpu(struct vcpu *v);
bool vcpu_leaves(struct vcpu *v);
void vcpu_poll_over(struct vcpu *v);
/* How long it has waited for a host CPU since the start: sched_info.run_delay, which KVM tells the
 * guest as steal time; here at once, not at the next entry only. */
sim_ns vcpu_stolen(const struct vcpu *v);
/* Closes the running segment at a measurement boundary and goes on. */
void vcpu_split(struct vcpu *v);
