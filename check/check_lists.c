/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_lists.c - the rules that are counted, and where each invariant is checked
 */
#include "check.h"

#define RULE_ROW(NAME, id, text) {id, text},
const struct check_rule_info check_rules[CHECK_RULE_COUNT] = {CHECK_RULES(RULE_ROW)};

static const struct check_rule_info left_out[] = {
    {"K-1", "comes before APF is asked: a fault begins here where its page needs I/O"},
    {"K-2", "a page is there or needs I/O: which try finds it is all one to the protocol"},
    {"K-38", "concerns which vCPU thread is given the CPU: here any may run at any time"},
};

const struct check_rule_info *check_rule_left_out(unsigned i)
{
    return i < sizeof left_out / sizeof *left_out ? &left_out[i] : NULL;
}

static const struct check_rule_info unshown[] = {
    {"BUG-12", "it lives in the emulation of L1's VM-entry, which is not modelled"},
    {"BUG-33", "it is about statistics alone: no state differs"},
    {"HOLE-10", "by design: INV-10 says limit and one, and every scope asks it"},
    {"HOLE-11", "no state of the model calls K-17 where the vCPU is not runnable"},
};

const struct check_rule_info *check_unshown(unsigned i)
{
    return i < sizeof unshown / sizeof *unshown ? &unshown[i] : NULL;
}

static const struct check_invariant_info invariants[] = {
    {"INV-1", "host half: state walk, and each fault"},
    {"INV-2", "host half: state walk (breaks for vcpu_id 4095 alone: HOLE-9)"},
    {"INV-3", "host half: state walk; guest half: a wait finds no sleeper on its token"},
    {"INV-4", "checker: items in flight of all vCPUs, after every move"},
    {"INV-5", "checker: as INV-29 (a sleeper without item, ready or wake-all); liveness"},
    {"INV-6", "host half: each ready"},
    {"INV-7", "host half: each step; guest half: writes only zero"},
    {"INV-8", "checker: busy slot without interrupt or handler; host half: slot and interrupt"},
    {"INV-9", "host half: each ready"},
    {"INV-10", "host half: state walk and steps"},
    {"INV-11", "host half: state walk"},
    {"INV-12", "host half: state walk and steps"},
    {"INV-13", "host half: each #PF queued; guest half: panics; checker: a second pending #PF"},
    {"INV-14", "both halves: each step; checker: an async #PF finds its flags set"},
    {"INV-15", "checker: a ready leaves no dummy while its #PF is on the way; host half: the hook"},
    {"INV-16", "checker: a #PF queued for L2 is a VM-exit, and L2 takes none; host half: each #PF"},
    {"INV-17", "host half: each worker step; by construction one thread a vCPU"},
    {"INV-18", "host half: state walk, and at VM destruction"},
    {"INV-19", "host half: a worker that destroys its vCPU (BUG-5); address spaces: not modelled"},
    {"INV-20", "host half: state walk and EN writes"},
    {"INV-21", "host half: each step; guest half: a CPU that goes says so (kexec)"},
    {"INV-22", "checker: blocked vCPU with completions, or a #PF queued, and nobody to wake it"},
    {"INV-23", "checker: un-kicked states; host half: what may leave done leaves"},
    {"INV-24", "liveness: no stuck state; host half: ACK gate"},
    {"INV-25", "checker: artificial halt without anything to end it; host half: each halt"},
    {"INV-26", "liveness: from every retry a good state is reachable"},
    {"INV-27", "checker: enabling with sleepers queues a wake-all"},
    {"INV-28", "host half: each step that clears"},
    {"INV-29", "checker: every sleeper has a ready or a wake-all on its way; liveness"},
    {"INV-30", "guest half: state walk"},
    {"INV-31", "checker: a dummy that nobody will take; dummies left over by a wake-all"},
    {"INV-32", "guest half: each wait; a ready #PF in the idle loop (4.14)"},
    {"INV-33", "checker: a page whose fetch failed is not fetched asynchronously; liveness"},
    {"INV-34", "host half: each ready"},
    {"INV-35", "checker: no halt for a page whose item waits behind a busy slot; liveness"},
    {"INV-36", "host half: MMU of the prefault; memory contents are not modelled"},
    {"INV-37", "host half: state walk and each ready"},
    {"INV-38", "host half: each append"},
    {"INV-39", "checker: a sleeper whose ready would have come from another vCPU"},
    {"INV-40", "checker: kick filter on without an ACK due; host half: each ready and ACK"},
};

const struct check_invariant_info *check_invariant(unsigned i)
{
    return i < sizeof invariants / sizeof *invariants ? &invariants[i] : NULL;
}
