/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_observe.c - telling the observers
 */
#include "sim_assert.h"
#include "sim_internal.h"

#include "sim_poison.h"
#include "sim_poison_alloc.h"

/* Appended, so that observers hear in the order in which they came. */
void sim_observe(struct sim *sim, struct sim_observer *o)
{
    struct sim_observer **at = &sim->observers;
    unsigned kind;

    SIM_ASSERT(o->note);
    while (*at)
        at = &(*at)->next;
    o->next = NULL;
    *at = o;
    for (kind = 0; kind < SIM_NOTE_KINDS; kind++)
        if (o->kinds & SIM_NOTE_BIT(kind))
            sim->only[kind] = sim->head.kinds & SIM_NOTE_BIT(kind) ? NULL : o;
    sim->head.kinds |= o->kinds;
}

__attribute__((cold, noinline)) static void tell_all(const struct sim *sim)
{
    struct sim_observer *o;

    for (o = sim->observers; o; o = o->next)
        if (o->kinds & SIM_NOTE_BIT(sim->note.kind))
            o->note(o, &sim->note);
}

/* The note is the run's own: no frame to set up, and the observer is the last that is called. */
void sim_note_slow(struct sim *sim, enum sim_note_kind kind, uint64_t a, uint64_t b, uint64_t c,
                   uint64_t d)
{
    struct sim_observer *o = sim->only[kind];

    sim->note = (struct sim_note){sim->head.now, kind, a, b, c, d};
    if (__builtin_expect(o != NULL, 1))
        o->note(o, &sim->note);
    else
        tell_all(sim);
}
