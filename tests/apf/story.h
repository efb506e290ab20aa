/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * story.h - both halves on one vCPU, told as a transcript
 *
 * A story is one text. Lines that begin with "> " are steps; the lines behind a step are what the
 * halves did. The kit performs the steps, writes the transcript anew and compares: a mismatch
 * prints both. Both full walks follow every step and write a line "BROKEN ..." when one fails.
 *
 * Steps:  online | offline | shutdown      the guest's CPU hotplug, with its MSR writes
 *         booted                           online and enter, told by one story and silent here
 *         fault GFN TASK                   a touch that needs I/O; TASK sleeps if told
 *         prefault GFN                     K-17's own fault
 *         run I, append I, kick I, return I; work I = all four
 *         enter                            one pass of vcpu_enter_guest, then the guest's handlers
 *         exit                             an exit without a reason of its own: requests only
 *         eoi | wake | zero | ack          the ready handler, step by step
 *         pf TASK                          the #PF entry, without the pass
 *         wrmsr MSR VALUE                  by number
 *         set WORD N                       the context: irq, user, lapic, paging, reinject,
 *                                          exception, hlt, l2, nmi, badarea, nomemory, badpage,
 *                                          nestedrun, l1pf, idle, rcu, preemptoff, real (what a
 *                                          #PF is: 1 async, 2 ordinary); of the machine: apic (in
 *                                          the kernel), enforce, cpuid, vcpu, id, config_preempt
 *         halt                             HLT exits, and the rest of that turn of the run loop
 *         hook, peek I, fixup, dummy       inputs that only switches of apf_bugs.h call for
 *         l1exit, l1pf TASK, l1wait TASK   the guest as L1: #PF VM-exit, its handling, the wait
 *         cpu N                            guest code runs on CPU N, which shares nothing with 0
 *         pg 0|1 | lapic 0|1 | reset | destroy | state
 */
#pragma once

#include "apf_bugs.h"

#include <stdint.h>

/* kernel: or a protocol other than x86, on the newest kernel. */
void story(const char *kernel, const char *transcript);

/*
 * The transcript of the steps, with sets of switches in one half, or with APF_PLACE_NONE in both;
 * valid until the next story.
 */
const char *story_run_in(enum apf_place half, const char *kernel, uint64_t bugs, uint64_t fixes,
                         const char *steps);

static inline const char *story_run(const char *kernel, uint64_t bugs, uint64_t fixes,
                                    const char *steps)
{
    return story_run_in(APF_PLACE_NONE, kernel, bugs, fixes, steps);
}
