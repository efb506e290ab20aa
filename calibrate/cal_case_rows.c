/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_case_rows.c - the cases
 *
 * Counts are what the rules say (docs/protocol-rules.md; labels in the comments). Where a host may
 * look at a page in flight more often than once, it is "at least". kvm_async_pf_completed is
 * counted and not judged: the worker may say it when the guest has ended.
 */
#include "apf.h"
#include "cal_case.h"

/* clang-format off */
#define IS(number)  {CAL_WANT, number}
#define MIN(number) {CAL_WANT_MIN, number}

const struct cal_case cal_cases[] = {
    {"full-cycle", "each touch is announced, another task runs, the same token wakes",
     .touchers = 1, .pages = 20, .delay_ms = 2, .spinner = true,
     .want = {[CAL_N_announced] = IS(20), [CAL_N_ready] = IS(21), [CAL_N_wake_all] = IS(1),
              [CAL_N_async] = IS(20), [CAL_N_hung] = IS(0),
              [CAL_N_t_try] = IS(20), [CAL_N_t_not_present] = IS(20), [CAL_N_t_repeated] = IS(0),
              [CAL_N_t_ready] = IS(21)}},
    {"two-vcpus", "the same on two vCPUs, each with tokens of its own",
     .vcpus = 2, .touchers = 1, .pages = 20, .delay_ms = 2, .spinner = true,
     .want = {[CAL_N_announced] = IS(40), [CAL_N_ready] = IS(42), [CAL_N_wake_all] = IS(2),
              [CAL_N_async] = IS(40), [CAL_N_hung] = IS(0),
              [CAL_N_t_not_present] = IS(40)}},
    /* K-30: halted, not synchronous; each tick ends the halt, and the page is then in flight. A
     * busy host hides interrupts: so several times. */
    {"halt", "a guest that has not enabled APF is halted by the host, and serves interrupts",
     .touchers = 1, .pages = 20, .delay_ms = 10, .apf_off = true, .ticks = true,
     .rounds = 10, .until_count = CAL_N_halt, .until = 5,
     .want = {[CAL_N_announced] = IS(0), [CAL_N_ready] = IS(0), [CAL_N_async] = IS(0),
              [CAL_N_hung] = IS(0),
              [CAL_N_t_not_present] = IS(20), [CAL_N_t_ready] = IS(20)}},
    /* K-10: no trace point fires; one ready is the wake-all. */
    {"irq-off", "with IF = 0 the vCPU waits, and nothing is asynchronous",
     .touchers = 1, .pages = 20, .delay_ms = 10, .irq_off = true, .ticks = true,
     .want = {[CAL_N_announced] = IS(0), [CAL_N_sync] = IS(20), [CAL_N_async] = IS(0),
              [CAL_N_hung] = IS(0),
              [CAL_N_t_try] = IS(0), [CAL_N_t_not_present] = IS(0),
              [CAL_N_t_ready] = IS(1)}},
    {"limit", "64 pages are in flight; the 65th is waited for",
     .touchers = APF_LIMIT + 1, .pages = 1, .delay_ms = 5, .batch = APF_LIMIT + 1,
     .want = {[CAL_N_announced] = IS(APF_LIMIT), [CAL_N_before] = IS(APF_LIMIT),
              [CAL_N_ready] = IS(APF_LIMIT + 1), [CAL_N_async] = IS(APF_LIMIT),
              [CAL_N_waited] = IS(1), [CAL_N_hung] = IS(0),
              [CAL_N_t_try] = IS(APF_LIMIT + 1), [CAL_N_t_not_present] = IS(APF_LIMIT)}},
    {"repeated", "a page in flight is announced once; who else touches it is halted",
     .touchers = 2, .pages = 1, .delay_ms = 1000, .same_page = true,
     .want = {[CAL_N_announced] = IS(1), [CAL_N_ready] = IS(2), [CAL_N_async] = IS(1),
              [CAL_N_waited] = IS(1), [CAL_N_hung] = IS(0),
              [CAL_N_t_try] = MIN(2), [CAL_N_t_not_present] = IS(1), [CAL_N_t_repeated] = MIN(1)}},
    /* K-19: the work stays in flight, so that who is woken meets it again. */
    {"wake-all", "EN written again with a page in flight: all are woken, the page still comes",
     .touchers = 2, .pages = 1, .delay_ms = 500, .enables = true, .enable = GUEST_E_SAME,
     .want = {[CAL_N_announced] = IS(2), [CAL_N_ready] = IS(4), [CAL_N_wake_all] = IS(2),
              [CAL_N_hung] = IS(0),
              [CAL_N_t_try] = MIN(3), [CAL_N_t_not_present] = IS(2), [CAL_N_t_repeated] = MIN(1),
              [CAL_N_t_ready] = IS(4)}},
    /*
     * K-16: the worker kicks only when no ready is pending, and nobody ends that without an ACK.
     * An exit that comes for another reason may still save the guest: so several times.
     */
    {"no-ack", "eight pages come together and the guest leaves ACK out: it sleeps on",
     .touchers = 8, .pages = 1, .delay_ms = 5, .batch = 8, .no_ack = true,
     .rounds = 20, .until_count = CAL_N_hung, .until = 1, .ends_ms = 500,
     .want = {[CAL_N_announced] = IS(8), [CAL_N_t_not_present] = IS(8)}},
    /* HOLE-1 */
    {"slot-left", "a token left in the slot while APF goes off and on: never a ready again",
     .touchers = 2, .pages = 1, .delay_ms = 20, .enables = true, .enable = GUEST_E_LEFT,
     .ends_ms = 700,
     .want = {[CAL_N_announced] = IS(2), [CAL_N_ready] = IS(1), [CAL_N_wake_all] = IS(1),
              [CAL_N_stray] = IS(1), [CAL_N_async] = IS(0), [CAL_N_hung] = IS(1),
              [CAL_N_t_not_present] = IS(2),
              [CAL_N_t_ready] = IS(2)}},
    {"slot-zeroed", "the same with the slot emptied before APF goes on: a wake-all, and on it goes",
     .touchers = 2, .pages = 1, .delay_ms = 20, .enables = true, .enable = GUEST_E_ZEROED,
     .want = {[CAL_N_announced] = IS(2), [CAL_N_ready] = IS(3), [CAL_N_wake_all] = IS(2),
              [CAL_N_stray] = IS(1), [CAL_N_async] = IS(1), [CAL_N_hung] = IS(0),
              [CAL_N_t_not_present] = IS(2),
              [CAL_N_t_ready] = IS(4)}},
    /* docs/findings/reset-halt.md: whoever empties the queue leaves the halt. */
    {"reset-halted", "a reset while the host halts the vCPU for a page: it stays halted for ever",
     .touchers = 1, .pages = 1, .delay_ms = 200, .apf_off = true, .reset = true, .ends_ms = 1000,
     .want = {[CAL_N_announced] = IS(0), [CAL_N_hung] = IS(1), [CAL_N_t_not_present] = IS(1)}},
    {"reset-told", "the same when the guest was told, and another task runs: it boots again",
     .touchers = 1, .pages = 1, .delay_ms = 200, .spinner = true, .reset = true,
     .want = {[CAL_N_announced] = IS(1), [CAL_N_wake_all] = IS(2), [CAL_N_hung] = IS(0),
              [CAL_N_t_not_present] = IS(1)}},
};
const unsigned cal_case_count = sizeof(cal_cases) / sizeof(cal_cases[0]);
