/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_guest.h - the guest half: Linux' side of asynchronous page faults, all CPUs of one guest
 *
 * Knows:    apf.h. Plain data, total, bounded; no clock, allocator or random numbers.
 * Sources:  arch/x86/kernel/kvm.c (kvm_async_pf_task_wait_schedule, kvm_async_pf_task_wake,
 *           sysvec_kvm_asyncpf_interrupt, kvm_guest_cpu_init, kvm_guest_cpu_offline).
 *
 * Limits:   APF_GUEST_NODES sleepers and dummies; beyond that a wait returns at once and a dummy
 *           is not made, and out->broken says so.
 *
 * A sleeper is named by a task number that the caller chooses; the guest half says "task t sleeps"
 * and "task t wakes". The ready handler is four steps (EOI | wake | zero | ACK): the caller may let
 * time pass between them, the checker interleaves.
 *
 * A guest whose ready comes by #PF (4.14) has no such handler: its APF_GIN_PF says APF_GUEST_WOKE
 * or APF_GUEST_DUMMY; while out->more, go on with APF_GIN_WAKE, value = out->token.
 */
#pragma once

#include "apf_guest_state.h"

/* cpuid: leaf 0x40000001 EAX as the guest sees it. no_kvmapf: the command line option. */
void apf_guest_init(struct apf_guest *g, enum apf_kernel kernel, uint32_t cpuid, bool no_kvmapf);
void apf_guest_step(struct apf_guest *g, struct apf_guest_cpu *cpu, struct apf_area *area,
                    const struct apf_guest_in *in, struct apf_guest_out *out);
