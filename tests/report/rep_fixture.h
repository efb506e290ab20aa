/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_fixture.h - a small setting and results made by hand, for the report's tests
 */
#pragma once

#include "rep_summary.h"

/* The order of the reasons here is this test's own: rules find them by key. */
enum {
    WHY_NONE,
    WHY_CPL0,
    WHY_QUEUE_FULL,
    WHY_PV_OFF,
    WHY_INLINE_SWAP,
    WHY_INLINE_ZRAM,
    WHY_IRQ_OFF,
    WHY_MODE_OFF,
    WHY_REPEATED,
    WHY_IRQ_PENDING,
    WHYS
};
enum { KIND_SPINNER, KIND_FAULTER, KINDS };
enum { OFF, HALT, APF };

/* 1 vCPU, off + halt + apf, `replicas` each; swap on a disk with a limit. */
void fixture_setting(struct rep_setting *set, uint32_t replicas);
/* A good run of 1 s: user_ns of it in user mode and the rest in `rest`. */
struct rep_result *fixture_run(uint64_t user_ns, enum ledger_class rest, uint64_t spins,
                               uint64_t faults);
/* n accesses that ended so, for that reason, each after ns. */
void fixture_io(struct rep_result *r, enum outcome outcome, uint32_t why, uint64_t n, sim_ns ns);
/* Modes x replicas of the same three runs, one a mode; fixture_free() them. */
struct rep_result **fixture_runs(const struct rep_setting *set);
/* As if the vCPU had had the first of two shared host CPUs: its time that is not user is exits. */
void fixture_share(struct rep_setting *set, struct rep_result **runs);
/* Two guests, 'web' with the spinner and 'db' with the faulter; each calls the vCPU its own. */
void fixture_guests(struct rep_setting *set);
/* Mode apf does no more than off, and the idle CPU of two polls half the time. */
void fixture_polls(struct rep_setting *set, struct rep_result **runs);
/* Those guests as 'vm.0' and 'vm.1': 1200 and 1000 accesses needed I/O in mode off. */
void fixture_copies(struct rep_setting *set, struct rep_result **runs);
void fixture_free(struct rep_result **runs);

/* What a case changes in the setting and its runs, and what is then said of them. */
typedef void fixture_change(struct rep_setting *set, struct rep_result **runs);
struct fixture_judged {
    struct rep_setting set;
    struct rep_result **runs;
    struct rep_summary *summary;
};
void fixture_judge(struct fixture_judged *ret, uint32_t replicas, fixture_change *change);
void fixture_judged_free(struct fixture_judged *judged);
/* The verdict of that rule; NULL: it is not said. */
const char *fixture_sentence(const struct rep_summary *s, const char *id);
