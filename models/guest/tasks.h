/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tasks.h - what tasks do: the interpreter of `tasks:` loops
 *
 * Knows:    params.h, pattern.h, variates. No scheduler, no clock, no notes.
 * Use:      task_want() says what the task does next and says the same until it is told that this
 *           was done (task_done) or done in part (task_cut). A touch that faults is cut with ran 0
 *           and wanted again: same page, nothing is drawn anew.
 * Turns:    a loop turn is counted when its last step is done. A loop that is one constant compute
 *           is run in bulk: one RUN without end (or to its last turn), turns = time / period with
 *           the remainder kept. A turn that ends in an exit step is not counted.
 * Requests: a kind that serves wants TASK_SERVE before each turn, and `serving` ends with the turn.
 * Limits:   a loop that goes round TASK_FREE_TURNS times without wanting anything that takes time
 *           is TASK_STUCK.
 */
#pragma once

#include "params.h"
#include "pattern.h"
#include "sim_variate.h"

#define TASK_FREE_TURNS 65536u

enum task_wish {
    TASK_RUN,   /* ns of user time; SIM_NEVER: without end */
    TASK_TOUCH, /* touch */
    TASK_NAP,   /* sleep for ns */
    TASK_YIELD,
    TASK_SERVE,  /* a request: task_serve() begins the turn */
    TASK_LOCK,   /* lock: task_done(t, 0) when it is the task's */
    TASK_UNLOCK, /* lock: task_done(t, 0) at once */
    TASK_END,    /* exit, or all its turns are done */
    TASK_STUCK,  /* its loop costs no time */
};
struct task_want {
    enum task_wish wish;
    sim_ns ns;
    struct pattern_touch touch;
    uint32_t lock;
};

/* One step of a kind, prepared: all tasks of the kind share it. */
struct task_step {
    enum step_kind kind;
    struct sim_variate time;
    struct touch_pattern pattern;
    uint32_t cursor; /* touch: which of the task's cursors */
    uint32_t lock;
};
struct task_kind {
    uint32_t steps, cursors;
    uint64_t iterations;
    sim_ns period; /* bulk loops: length of a turn, else 0 */
    bool serves;   /* each turn begins with a request */
    struct task_step step[STEPS_MAX];
};

struct task {
    const struct task_kind *kind;
    struct pattern_cursor *cursor;
    struct sim_rng compute, sleep;
    uint32_t step, touches; /* touches left in this step */
    bool begun;             /* the step's time or first touch has been drawn */
    bool ended;
    bool faulted; /* the touch has been tried */
    bool serving; /* a request, until the end of the turn */
    sim_ns left;  /* of the compute, gap or nap */
    sim_ns carry; /* bulk: time since the last whole turn */
    struct pattern_touch touch;
    uint64_t turns; /* done so far */
};

/* False when memory is short. traces may be NULL when no step needs one. */
bool task_kind_init(struct task_kind *k, const struct params *p, uint32_t kind,
                    const struct page_traces *traces);
void task_kind_finish(struct task_kind *k);
/* Task number `number` is the nth of `of` of its kind; cursor: k->cursors of them, caller's. */
void task_init(struct task *t, const struct task_kind *k, struct pattern_cursor *cursor,
               uint64_t seed, uint32_t number, uint32_t nth, uint32_t of);
/* Fills *want. TASK_YIELD is to be followed by task_done(t, 0) at once, TASK_NAP by the same when
 * the nap is over. */
void task_want(struct task *t, struct task_want *want);
void task_done(struct task *t, sim_ns ran);
void task_cut(struct task *t, sim_ns ran);
/* The request that TASK_SERVE wanted is there. */
void task_serve(struct task *t);
/*
 * The touches that task_want() would give next, if each is done at once: page, with
 * PATTERN_AHEAD_WRITE. Returns how many are known (0: it wants something else, or a touch in the
 * kernel, or one with a gap). task_ran_ahead(): the first n (> 0) are done.
 */
uint32_t task_ahead(struct task *t, const uint32_t **ret_touch);
void task_ran_ahead(struct task *t, uint32_t n);

/* It is in the kernel, in the middle of an access that has faulted at CPL 0. */
static inline bool task_in_kernel(const struct task *t)
{
    return t->faulted && t->touch.kernel;
}
