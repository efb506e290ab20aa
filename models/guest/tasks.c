/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tasks.c - the interpreter of loops
 *
 * State of a step: not begun -> begun (its time, its number of touches drawn) -> done. A touch step
 * draws each touch when the one before is done; a trace's gap is run before its touch.
 */
#include "tasks.h"

#include <string.h>

#include "sim_assert.h"

/* Time is counted, not stepped, for a loop that does nothing but compute the same. */
static sim_ns bulk_period(const struct task_params *tp)
{
    const struct step_params *s = &tp->step[0];

    return tp->steps == 1 && s->kind == STEP_COMPUTE && s->time.kind == SIM_DIST_CONSTANT &&
                   tp->arrivals.process == ARRIVALS_NONE
               ? s->time.a
               : 0;
}

bool task_kind_init(struct task_kind *k, const struct params *p, uint32_t kind,
                    const struct page_traces *traces)
{
    const struct task_params *tp = &p->task[kind];
    bool ok = true;

    SIM_ASSERT(tp->steps > 0 && tp->steps <= STEPS_MAX);
    memset(k, 0, sizeof *k);
    k->iterations = tp->iterations;
    k->period = bulk_period(tp);
    k->serves = tp->arrivals.process != ARRIVALS_NONE;
    for (uint32_t i = 0; ok && i < tp->steps; i++) {
        struct task_step *s = &k->step[k->steps++];

        s->kind = tp->step[i].kind;
        s->lock = tp->step[i].lock;
        if (s->kind == STEP_COMPUTE || s->kind == STEP_SLEEP)
            sim_variate_init(&s->time, &tp->step[i].time);
        if (s->kind != STEP_TOUCH)
            continue;
        s->cursor = k->cursors++;
        ok = pattern_init(&s->pattern, p, &tp->step[i], traces ? traces->of[kind][i] : NULL);
    }
    return ok;
}

void task_kind_finish(struct task_kind *k)
{
    for (uint32_t i = 0; i < k->steps; i++)
        pattern_finish(&k->step[i].pattern);
}

void task_init(struct task *t, const struct task_kind *k, struct pattern_cursor *cursor,
               uint64_t seed, uint32_t number, uint32_t nth, uint32_t of)
{
    *t = (struct task){.kind = k, .cursor = cursor};
    sim_rng_init(&t->compute, seed, SIM_STREAM_COMPUTE, number);
    sim_rng_init(&t->sleep, seed, SIM_STREAM_SLEEP, number);
    for (uint32_t i = 0; i < k->steps; i++)
        if (k->step[i].kind == STEP_TOUCH)
            pattern_start(&k->step[i].pattern, &cursor[k->step[i].cursor], seed, number, i, nth,
                          of);
}

static void touch_draw(struct task *t, const struct task_step *s)
{
    pattern_next(&s->pattern, &t->cursor[s->cursor], &t->touch);
    t->left = t->touch.gap;
    t->faulted = false;
}

static void turn_done(struct task *t)
{
    t->step = 0;
    t->turns++;
    t->serving = false;
    if (t->kind->iterations && t->turns >= t->kind->iterations)
        t->ended = true;
}

static void step_done(struct task *t)
{
    t->begun = false;
    t->faulted = false;
    if (++t->step == t->kind->steps)
        turn_done(t);
}

static void step_begin(struct task *t, const struct task_step *s)
{
    t->begun = true;
    switch (s->kind) {
    case STEP_COMPUTE:
        t->left = sim_variate_draw(&s->time, &t->compute);
        break;
    case STEP_SLEEP:
        t->left = sim_variate_draw(&s->time, &t->sleep);
        break;
    case STEP_TOUCH:
        t->touches = s->pattern.touches;
        if (t->touches)
            touch_draw(t, s);
        break;
    case STEP_YIELD:
    case STEP_EXIT:
    case STEP_LOCK:
    case STEP_UNLOCK:
    case STEP_KINDS:
        break;
    }
}

/* The step that has begun wants something; false: it is over without. */
static bool step_want(struct task *t, const struct task_step *s, struct task_want *want)
{
    switch (s->kind) {
    case STEP_COMPUTE:
        *want = (struct task_want){.wish = TASK_RUN, .ns = t->left};
        return t->left > 0;
    case STEP_SLEEP:
        *want = (struct task_want){.wish = TASK_NAP, .ns = t->left};
        return t->left > 0;
    case STEP_TOUCH:
        want->wish = t->left ? TASK_RUN : TASK_TOUCH;
        want->ns = t->left;
        want->touch = t->touch;
        return t->touches > 0;
    case STEP_YIELD:
        *want = (struct task_want){.wish = TASK_YIELD};
        return true;
    case STEP_LOCK:
    case STEP_UNLOCK:
        want->wish = s->kind == STEP_LOCK ? TASK_LOCK : TASK_UNLOCK;
        want->lock = s->lock;
        return true;
    case STEP_EXIT:
        t->ended = true;
        *want = (struct task_want){.wish = TASK_END};
        return true;
    case STEP_KINDS:
        break;
    }
    return false;
}

/* Bulk: from here to the last turn, or for ever. */
static sim_ns bulk_left(const struct task *t)
{
    const struct task_kind *k = t->kind;
    sim_ns all;

    if (!k->iterations || __builtin_mul_overflow(k->iterations - t->turns, k->period, &all))
        return SIM_NEVER;
    return all - t->carry;
}

void task_want(struct task *t, struct task_want *want)
{
    uint64_t turns = t->turns;

    if (t->kind->period && !t->ended) {
        *want = (struct task_want){.wish = TASK_RUN, .ns = bulk_left(t)};
        return;
    }
    while (!t->ended && t->turns - turns < TASK_FREE_TURNS) {
        const struct task_step *s = &t->kind->step[t->step];

        if (t->kind->serves && !t->serving) {
            *want = (struct task_want){.wish = TASK_SERVE};
            return;
        }
        if (!t->begun)
            step_begin(t, s);
        if (step_want(t, s, want))
            return;
        step_done(t);
    }
    *want = (struct task_want){.wish = t->ended ? TASK_END : TASK_STUCK};
}

static void bulk_ran(struct task *t, sim_ns ran)
{
    t->carry += ran;
    t->turns += t->carry / t->kind->period;
    t->carry %= t->kind->period;
    t->ended = t->kind->iterations && t->turns >= t->kind->iterations;
}

void task_done(struct task *t, sim_ns ran)
{
    const struct task_step *s = &t->kind->step[t->step];

    if (t->kind->period) {
        bulk_ran(t, ran);
        return;
    }
    SIM_ASSERT(t->begun);
    if (s->kind != STEP_TOUCH) {
        step_done(t);
    } else if (t->left) { /* the gap before a touch */
        t->left = 0;
    } else if (--t->touches) {
        touch_draw(t, s);
    } else {
        step_done(t);
    }
}

void task_cut(struct task *t, sim_ns ran)
{
    const struct task_step *s = &t->kind->step[t->step];

    if (t->kind->period) {
        bulk_ran(t, ran);
        return;
    }
    if (!t->begun)
        return;
    SIM_ASSERT(ran <= t->left);
    if (s->kind == STEP_TOUCH && !t->left)
        t->faulted = true;
    else
        t->left -= ran;
}

void task_serve(struct task *t)
{
    SIM_ASSERT(t->kind->serves && !t->serving && !t->begun);
    t->serving = true;
}

/* The current turn may be followed by others without end that are nothing but such touches. */
static bool only_touches(const struct task_kind *k)
{
    return k->steps == 1 && !k->iterations && !k->serves;
}

uint32_t task_ahead(struct task *t, const uint32_t **ret_touch)
{
    const struct task_step *s = &t->kind->step[t->step];
    uint32_t n;

    if (s->kind != STEP_TOUCH || t->ended || !s->pattern.plain || !s->pattern.touches)
        return 0;
    if (t->kind->serves && !t->serving)
        return 0;
    if (!t->begun)
        step_begin(t, s); /* as task_want() would */
    n = pattern_ahead(&t->cursor[s->cursor], ret_touch);
    if (t->kind->serves) /* the scheduler is to see the end of the turn */
        return n < t->touches ? n : t->touches - 1;
    return n <= t->touches || only_touches(t->kind) ? n : t->touches;
}

/* `last`: of the touches since the turn began, the number of the last that is done, from 0. */
void task_ran_ahead(struct task *t, uint32_t n)
{
    const struct task_step *s = &t->kind->step[t->step];
    uint32_t per_turn = s->pattern.touches, last = per_turn - t->touches + n - 1;

    t->turns += last / per_turn;
    t->touches = per_turn - 1 - last % per_turn;
    pattern_skip(&t->cursor[s->cursor], n - 1);
    if (t->touches)
        touch_draw(t, s);
    else
        step_done(t);
}
