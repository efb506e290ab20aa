/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_find.c - the window of a timeline when nobody says which
 */
#include "sim.h"
#include "sim_words.h"
#include "timeline.h"

#define LEAST   1000000  /* ns: a picture of less shows one fault and nothing around it */
#define NOTHING 10000000 /* of a run in which nobody waits */

static void stop(struct timeline_finder *f)
{
    sim_stop(f->sim, SIM_HORIZON, "the window is found");
}

static void close_it(struct timeline_finder *f, struct timeline_found *what, sim_ns when, bool best)
{
    what->to = when;
    what->closed = true;
    if (best)
        stop(f);
}

static void on_not_present(struct timeline_finder *f, const struct sim_note *n)
{
    struct timeline_found *what = n->d ? &f->told : &f->halt;

    if (!what->open)
        *what = (struct timeline_found){
            .open = true, .vcpu = n->a, .token = n->b, .task = UINT64_MAX, .from = n->when};
}

static void on_ready(struct timeline_finder *f, const struct sim_note *n)
{
    if (f->halt.open && !f->halt.closed && f->halt.vcpu == n->a && f->halt.token == n->b)
        close_it(f, &f->halt, n->when, !f->told_can_be);
}

static void on_wait(struct timeline_finder *f, const struct sim_note *n)
{
    if (f->told.open && f->told.vcpu == n->a && f->told.token == n->c)
        f->told.task = n->b;
}

static void on_wake(struct timeline_finder *f, const struct sim_note *n)
{
    if (f->told.open && !f->told.closed && f->told.task == n->b)
        close_it(f, &f->told, n->when, true);
}

static void on_latency(struct timeline_finder *f, const struct sim_note *n)
{
    if (n->a != LATENCY_SYNC_BLOCK || f->sync.open || n->when - n->b < f->begin)
        return;
    f->sync = (struct timeline_found){.open = true, .from = n->when - n->b};
    close_it(f, &f->sync, n->when, !f->told_can_be && !f->halt.open);
}

static void on_note(struct sim_observer *self, const struct sim_note *n)
{
    struct timeline_finder *f = (struct timeline_finder *)(void *)self;

    if (n->kind == NOTE_MEASURE_BEGIN)
        f->begin = n->when;
    if (f->begin == SIM_NEVER)
        return;
    if (n->kind == NOTE_KVM_NOT_PRESENT)
        on_not_present(f, n);
    else if (n->kind == NOTE_KVM_READY)
        on_ready(f, n);
    else if (n->kind == NOTE_APF_WAIT)
        on_wait(f, n);
    else if (n->kind == NOTE_APF_WAKE)
        on_wake(f, n);
    else if (n->kind == NOTE_LATENCY)
        on_latency(f, n);
}

void timeline_finder_init(struct timeline_finder *f, struct sim *sim, bool told_can_be)
{
    *f = (struct timeline_finder){
        .observer = {.note = on_note,
                     .kinds = SIM_NOTE_BIT(NOTE_MEASURE_BEGIN) |
                              SIM_NOTE_BIT(NOTE_KVM_NOT_PRESENT) | SIM_NOTE_BIT(NOTE_KVM_READY) |
                              SIM_NOTE_BIT(NOTE_APF_WAIT) | SIM_NOTE_BIT(NOTE_APF_WAKE) |
                              SIM_NOTE_BIT(NOTE_LATENCY)},
        .sim = sim,
        .told_can_be = told_can_be,
        .begin = SIM_NEVER,
    };
}

/* The next 1, 2 or 5 times a power of ten that is not below ns. */
static sim_ns round_up(sim_ns ns)
{
    static const sim_ns digit[] = {1, 2, 5};
    sim_ns power = 1;

    for (;; power *= 10)
        for (unsigned i = 0; i < 3; i++)
            if (digit[i] * power >= ns)
                return digit[i] * power;
}

const struct timeline_found *timeline_finder_found(const struct timeline_finder *f)
{
    return f->told.open ? &f->told : f->halt.open ? &f->halt : f->sync.open ? &f->sync : NULL;
}

void timeline_finder_window(const struct timeline_finder *f, sim_ns *ret_from, sim_ns *ret_to)
{
    const struct timeline_found *what = timeline_finder_found(f);
    sim_ns begin = f->begin == SIM_NEVER ? 0 : f->begin, span, lead;

    if (!what) {
        *ret_from = begin;
        *ret_to = begin + NOTHING;
        return;
    }
    span = what->closed ? what->to - what->from : TIMELINE_LONGEST;
    span = round_up(span + span / 2 < LEAST ? LEAST : span + span / 2);
    if (span > TIMELINE_LONGEST)
        span = TIMELINE_LONGEST;
    lead = span / 10;
    *ret_from = what->from > lead ? what->from - lead : 0;
    *ret_to = *ret_from + span;
}
