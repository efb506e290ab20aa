/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_mmu.h - the fault pipeline: from an EPT/NPT violation to one of the outcomes
 *
 * Knows:    engine, apf (host half), page_cache.h, disk.h, backing.h, machine.h.
 * Model:    K-1 .. K-6: three attempts at a host page (fast GUP, GUP with NOWAIT, GUP that waits),
 *           the host half of the protocol between the second and the third.
 * Leaves out: huge pages, several memslots a region, mmu_lock contention, write-protection faults.
 */
#pragma once

#include "machine.h"

/* PC_FAULT: the touch in v->insn missed. Like every step: true = go on at once. */
bool host_mmu_fault(struct vcpu *v);
/* PC_SYNC_DONE. */
bool host_mmu_sync_done(struct vcpu *v);
/* The prefault of K-17 for item's page: true = PC_PRESENT may run (perhaps after time was spent).
 */
bool host_mmu_prefault(struct vcpu *v, uint8_t item, uint32_t page);
/* The touch in v->insn hit: closes the access if there is one. */
void host_mmu_access_done(struct vcpu *v);
