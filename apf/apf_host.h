/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_host.h - the host half: one vCPU's side of KVM's asynchronous page faults
 *
 * Knows:    apf_host_state.h. No clock, allocator, random numbers or stdio.
 * Promise:  apf_host_step() is total (every input is legal in every state: a stale item number is
 *           ignored), bounded (APF_HOST_ACTIONS actions), and works on plain data without pointers,
 *           so that a state can be copied with `=`, hashed and compared.
 * Callers:  models/host_mmu.c and models/vcpu.c perform the actions in simulated time; the checker
 *           enumerates the inputs; trace check feeds it what a real host did.
 *
 * A step reads and writes the shared area (guest memory) through `area`, as KVM does through its
 * gfn-to-hva cache; in->area_faults says that this access fails.
 */
#pragma once

#include "apf_host_state.h"

void apf_host_init(struct apf_host *h, enum apf_kernel kernel, uint32_t vcpu_id, uint32_t cpuid,
                   bool lapic_in_kernel);

/* Fills only out's header and the first out->count actions (no 2 KiB memset a step). */
void apf_host_step(struct apf_host *h, struct apf_area *area, const struct apf_host_in *in,
                   struct apf_host_out *out);

/*
 * Who calls what: the vCPU thread gives FAULT, REQ_*, CHECK, PRESENT, UNHALT, WRMSR, RESET...; a
 * worker gives RUN, APPEND, KICK, RETURN of its item, in that order. After APF_DO_WAIT_WORK the
 * vCPU thread gives nothing until that item's RETURN. CHECK and PRESENT read ctx.lapic_enabled, and
 * so does a write of ACK, which is the first half of CHECK: it clears the kick filter, and sets
 * out->more if the caller is to go on with CHECK, inside the same MSR exit (K-36).
 * A write of EN never sets out->more: its wake-all is taken before the next entry, by
 * APF_REQ_READY. out->item names the wake-all item then.
 * Where ready comes by #PF (4.14) nothing is requested: give CHECK behind each vcpu_enter_guest()
 * and vcpu_block(), as its run loop does. For CHECK and PRESENT the whole ctx counts there, and
 * PRESENT may come with APF_DO_QUEUE_PF, value APF_REASON_READY.
 */
