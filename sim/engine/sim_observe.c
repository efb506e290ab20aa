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

void sim_note_slow(struct sim *sim, enum sim_note_kind kind, uint64_t a, uint64_t b, uint64_t c,
                   uint64_t d)
{
    const struct sim_note note = {sim->head.now, kind, a, b, c, d};
    struct sim_observer *o = sim->only[kind];

    if (o) {
        o->note(o, &note);
        return;
    }
    for (o = sim->observers; o; o = o->next)
        if (o->kinds & SIM_NOTE_BIT(kind))
            o->note(o, &note);
}
