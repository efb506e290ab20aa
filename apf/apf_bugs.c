/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_bugs.c - the table of old bugs, and that of weaknesses with their remedies
 *
 * Each row is one sentence about one fix in Linux; docs/bugs.md is made of these rows. "stuck"
 * behind an invariant: no single step breaks it, a search finds a state without a way out.
 */
#include "apf_bugs.h"

#include <strings.h>

#define HOST  APF_PLACE_HOST
#define GUEST APF_PLACE_GUEST
#define ENV   APF_PLACE_ENVIRONMENT
#define NONE  APF_PLACE_NONE

const struct apf_bug_info apf_bug_table[APF_BUGS] = {
    [APF_BUG_1] = {"BUG-1", "an idle CPU takes a ready #PF while RCU does not watch it",
                   "Resolve RCU vs. async page fault problem, 3.4", GUEST, "4.14", "INV-32",
                   "in->idle at a ready #PF"},
    [APF_BUG_2] = {"BUG-2", "a completion does not make a vCPU in HLT runnable",
                   "a4fa16353108, 3.5", HOST, "4.14", "INV-22 stuck",
                   "HLT exit, then K-17 in the same turn of the run loop"},
    [APF_BUG_3] = {"BUG-3", "a not-present in idle waits while RCU does not watch the CPU",
                   "c5e015d4, 3.7", GUEST, "4.14", "INV-32", "in->idle at the wait"},
    [APF_BUG_4] = {"BUG-4", "an item of L2 is prefaulted with the MMU of L1",
                   "c4806acdcec0, 2.6.38", HOST, NULL, "INV-36",
                   "fault with ctx.guest_mode, completion without"},
    [APF_BUG_5] = {"BUG-5", "a worker drops the last reference to the VM and waits for itself",
                   "22583f0d9c85, 4.9", HOST, NULL, "INV-19", "DESTROY while a worker runs"},
    [APF_BUG_6] = {"BUG-6", "a not-present is injected into L2 although L1 did not ask for it",
                   "9bc1f09f6fa7, 4.12", HOST, NULL, "INV-16", "ctx.guest_mode, EN bit 2 clear"},
    [APF_BUG_7] = {"BUG-7", "L1's exception bitmap decides whether L1 sees the not-present",
                   "adfe20fb4878, 4.13", HOST, NULL, "INV-16",
                   "ctx.guest_mode, EN bit 2, ctx.l1_intercepts_pf false"},
    [APF_BUG_8] = {"BUG-8", "a task is scheduled away inside an RCU read-side section",
                   "b862789aa518, 4.14", GUEST, "4.14", "INV-32", "in->rcu_reader, cpl 0"},
    [APF_BUG_9] = {"BUG-9", "without CONFIG_PREEMPT the kernel is preempted by the wait",
                   "a2b7861bb33b, 4.14", GUEST, "4.14", "INV-32",
                   "guest.preempt false, cpl 0 (EN bit 1 set)"},
    [APF_BUG_10] = {"BUG-10", "a ready #PF on top of a pending not-present #PF: double fault",
                    "9a6e7c39810e, 4.14", HOST, "4.14", "INV-14",
                    "completion before the not-present is injected"},
    [APF_BUG_11] = {"BUG-11", "a pending exception does not hold an APF back", "2a266f23550b, 4.16",
                    HOST, NULL, "INV-13", "ctx.exception_pending at a fault"},
    [APF_BUG_12] = {"BUG-12", "a #PF for L2 breaks L1's VMLAUNCH or VMRESUME", "305d0ab4764d, 4.15",
                    NONE, NULL, "INV-13",
                    "lives in the emulation of L1's VM-entry, which is not modelled"},
    [APF_BUG_13] = {"BUG-13", "artificial halt of a vCPU whose HLT the host does not see",
                    "1dfdb45ec510, 5.3", HOST, NULL, "INV-25", "ctx.hlt_in_guest, undeliverable"},
    [APF_BUG_14] = {"BUG-14", "the reason is read so late that a nested #PF consumes it",
                    "6bca69ada4bc and 3a7c8fafd1b4, 5.8", ENV, "4.14", "INV-14",
                    "an ordinary kernel #PF (APF_PF_REAL) before the async one's APF_GIN_PF"},
    [APF_BUG_15] = {"BUG-15", "a ready #PF comes at any instant, whatever the reason word holds",
                    "2635b5c4a0e4 and 557a961abbe0, 5.8", HOST, "4.14", "INV-14",
                    "completion before the #PF handler has read its reason; also: no kick, no ACK"},
    [APF_BUG_16] = {"BUG-16", "ready for an item that was never announced", "2a18b7e7cd88, 5.8",
                    HOST, NULL, "INV-6", "a halt-type item completes with APF on"},
    [APF_BUG_17] = {"BUG-17", "EN is accepted without an in-kernel LAPIC: null pointer",
                    "9d3c447c72fb, 5.8", HOST, "5.8", "INV-8", "lapic_in_kernel false, EN on"},
    [APF_BUG_18] = {"BUG-18", "EN := 0 is refused without an in-kernel LAPIC",
                    "always allow writing '0' to MSR_KVM_ASYNC_PF_EN, 5.9", HOST, NULL, "ABI",
                    "lapic_in_kernel false, EN := 0"},
    [APF_BUG_19] = {"BUG-19", "the ready handler does not EOI", "cc17b22559d9, 5.9", GUEST, NULL,
                    "INV-29", NULL},
    [APF_BUG_20] = {"BUG-20", "ready while the LAPIC is disabled: slot taken, interrupt dropped",
                    "2f15d027c05f, 5.13", HOST, NULL, "INV-24 stuck", "EN on before the LAPIC"},
    [APF_BUG_21] = {"BUG-21", "the boot CPU leaves EN set at kexec, hibernation or crash",
                    "8b79feffeca2 and 3d6b84132d2a, 5.13", GUEST, NULL, "INV-21",
                    "shutdown of CPU 0"},
    [APF_BUG_22] = {"BUG-22", "the ACK MSR is gated by the wrong feature bit", "0a31df682323, 5.14",
                    HOST, NULL, "INV-24",
                    "CPUID bit 14 without 4, enforce_cpuid once EN is written"},
    [APF_BUG_23] = {"BUG-23", "token 0: the slot reads free after the ready", "6f3c1fc53d86, 5.17",
                    HOST, NULL, "INV-1", "vCPU 0"},
    [APF_BUG_24] = {"BUG-24", "a #PF is queued while paging is off", "57cb3bb0dc89, 5.18", HOST,
                    NULL, "INV-13", "ctx.paging false, cpl not 0 or EN bit 1"},
    [APF_BUG_25] = {"BUG-25", "an item is freed under the last instructions of its worker",
                    "3d75b8aa5c29, 6.9 (in 6.1.192)", HOST, NULL, "INV-18",
                    "DESTROY before RETURN"},
    [APF_BUG_26] = {"BUG-26", "a change of CR0.PG drops what is in flight",
                    "ab4e41eb9fab, 6.19 (in 6.1.192)", HOST, NULL, "INV-5 stuck",
                    "SMM with a sleeper"},
    [APF_BUG_27] = {"BUG-27", "a refused area leaves APF enabled without one", "923ca078f08c, 7.x",
                    HOST, NULL, "INV-20", "EN on with area_faults"},
    [APF_BUG_28] = {"BUG-28", "the worker reads the kick filter before its append is visible",
                    "68c35f89d016, 6.19", HOST, NULL, "INV-23 stuck",
                    "APF_IN_WORK_PEEK between RUN and APPEND, the ACK behind it"},
    [APF_BUG_29] = {"BUG-29", "a #PF inside an NMI consumes the flags of the one on its way",
                    "Don't consume async #PF flags on a kernel #PF in NMI context, 6.12.115", GUEST,
                    NULL, "INV-14", "in->in_nmi, cpl 0, flags 1"},
    [APF_BUG_30] = {"BUG-30", "a draft of the fix inserts the dummy without looking again",
                    "0547758a6de3, 5.19 (looks again)", GUEST, NULL, "INV-30",
                    "a wait between APF_GIN_WAKE and APF_GIN_DUMMY (L1 role)"},
    [APF_BUG_31] = {"BUG-31", "stack garbage marks an ordinary #PF of L2 as async",
                    "2bc685e63332, 5.8", HOST, NULL, "INV-16",
                    "APF_IN_FIXUP_PF with ctx.guest_mode"},
    [APF_BUG_32] = {"BUG-32", "the worker is scheduled before the not-present hook has run",
                    "7863e346e108, 5.8", HOST, NULL, "INV-15",
                    "a worker's step before APF_IN_NOT_PRESENT"},
    [APF_BUG_33] = {"BUG-33", "pf_fixed counted prefaults wrongly", "", NONE, NULL, "",
                    "statistics only: no state"},
    [APF_BUG_34] = {"BUG-34", "ready from the worker, as s390 does (no bug there)",
                    "e0ead41a6dac, 3.14", HOST, NULL, "INV-17", "the worker's append"},
};

const struct apf_bug_info apf_fix_table[APF_FIXES] = {
    [APF_FIX_1] = {"HOLE-1", "the slot of an old epoch stays busy over offline and online",
                   "the guest zeroes the slot before it enables", GUEST, NULL, "INV-8 stuck",
                   "an exit between interrupts off and EN := 0 delivers"},
    [APF_FIX_2] = {"HOLE-2", "a wake-all unlinks dummies without freeing them", "free them", GUEST,
                   NULL, "INV-31", "guest.leaked rises"},
    [APF_FIX_3] = {"HOLE-3", "a late ready of the old epoch leaves a dummy for ever",
                   "that of HOLE-1: the guest zeroes the slot", ENV, NULL, "INV-31",
                   "APF off and on with interrupts off, a ready pending"},
    [APF_FIX_4] = {"HOLE-4", "L1: the node names the CPU of the wait, not that of the VM-exit",
                   "the node names the CPU whose flags were read", GUEST, NULL, "INV-39 stuck",
                   "in->l1, the thread moves between APF_GIN_L1_EXIT and APF_GIN_WAIT"},
    [APF_FIX_5] = {"HOLE-5", "a pending async VM-exit loses its mark over migration",
                   "the saved event says that it is one", ENV, NULL, "INV-16",
                   "restore with flags 1 and the #PF as an ordinary one of L2"},
    [APF_FIX_6] = {"HOLE-6", "a wake-all that cannot be allocated is skipped",
                   "an allocation that cannot fail", HOST, NULL, "INV-27 stuck",
                   "EN on with no_memory"},
    [APF_FIX_7] = {"HOLE-7", "a wake-all is skipped when done is not empty",
                   "append it all the same", HOST, NULL, "INV-27 stuck",
                   "EN rewritten over a done item"},
    [APF_FIX_8] = {"HOLE-8", "the kick filter survives EN := 0 and reset", "clear it", HOST, NULL,
                   "INV-40", "pageready_pending with APF off"},
    [APF_FIX_9] = {"HOLE-9", "an ordinary token can be the wake-all token", "skip that id", HOST,
                   NULL, "INV-2", "vcpu_id 0xfff, id 0xfffff"},
    [APF_FIX_10] = {"HOLE-10", "queued may be one above the limit", NULL, NONE, NULL, "INV-10",
                    "by design: INV-10 says limit and one"},
    [APF_FIX_11] = {"HOLE-11", "ready makes the vCPU runnable whatever its state was", NULL, ENV,
                    NULL, "", "APF_DO_RUNNABLE while mp_state is neither RUNNABLE nor HALTED"},
    [APF_FIX_12] = {"HOLE-12", "a page that never comes makes an endless cycle",
                    "the next fault on that page takes the synchronous path", HOST, NULL,
                    "INV-33 stuck", "APF_IN_WORK_APPEND with hva_error, fault again"},
    [APF_FIX_13] = {"HOLE-13", "a pending VM-entry of L1 counts as interrupts allowed",
                    "it counts as not allowed", HOST, NULL, "INV-13",
                    "ctx.nested_run_pending at a fault"},
    [APF_FIX_14] = {"HOLE-14", "a token used again frees an old sleeper's node",
                    "the wait wakes a sleeper that it finds", GUEST, NULL, "INV-3",
                    "restore with id 0 and no broadcast (HOLE-6, HOLE-1)"},
    [APF_FIX_15] = {"HOLE-15", "an unannounced item waits behind a busy slot",
                    "it leaves done without the slot", HOST, NULL, "INV-35", NULL},
    [APF_FIX_16] = {"HOLE-16", "L1: a wake-all between the VM-exit and the wait finds nobody",
                    "the thread's node is inserted at the VM-exit, interrupts off", ENV, NULL,
                    "INV-29 stuck", "wake-all or offline between APF_GIN_L1_EXIT and APF_GIN_WAIT"},
};

static unsigned row_of(const struct apf_bug_info *table, unsigned rows, const char *id)
{
    for (unsigned i = 1; i < rows; i++) {
        if (!strcasecmp(table[i].id, id)) {
            return i;
        }
    }
    return 0;
}

bool apf_bug_parse(const char *id, enum apf_bug *ret_bug)
{
    unsigned row = row_of(apf_bug_table, APF_BUGS, id);

    if (row) {
        *ret_bug = (enum apf_bug)row;
    }
    return row;
}

bool apf_fix_parse(const char *id, enum apf_fix *ret_fix)
{
    unsigned row = row_of(apf_fix_table, APF_FIXES, id);

    if (row) {
        *ret_fix = (enum apf_fix)row;
    }
    return row;
}
