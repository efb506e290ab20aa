/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_observe.c - telling the observers
 */
#include "sim_assert.h"
#include "sim_internal.h"

#include "sim_poison.h"
#include "sim_poison_alloc.h"

static sim_note_fn hears(const struct sim_observer *o, unsigned kind)
{
    return o->by_kind ? o->by_kind[kind] : o->note;
}

/* self: `all` of a run. */
static void tell_all(struct sim_observer *self, const struct sim_note *n)
{
    struct sim_observer *o;

    for (o = self->next; o; o = o->next)
        if (o->kinds & SIM_NOTE_BIT(n->kind))
            hears(o, n->kind)(o, n);
}

/* Appended, so that observers hear in the order in which they came. */
void sim_observe(struct sim *sim, struct sim_observer *o)
{
    struct sim_observer **at = &sim->all.next;
    unsigned kind;

    while (*at)
        at = &(*at)->next;
    o->next = NULL;
    *at = o;
    for (kind = 0; kind < SIM_NOTE_KINDS; kind++) {
        if (!(o->kinds & SIM_NOTE_BIT(kind)))
            continue;
        SIM_ASSERT(hears(o, kind));
        sim->ear[kind] = sim->head.kinds & SIM_NOTE_BIT(kind)
                             ? (struct sim_ear){tell_all, &sim->all}
                             : (struct sim_ear){hears(o, kind), o};
    }
    sim->head.kinds |= o->kinds;
}

/* The note is the run's own: no frame to set up, and the observer is the last that is called. */
void sim_note_slow(struct sim *sim, enum sim_note_kind kind, uint64_t a, uint64_t b, uint64_t c,
                   uint64_t d)
{
    const struct sim_ear *ear = &sim->ear[kind];

    sim->note = (struct sim_note){sim->head.now, kind, a, b, c, d};
    ear->fn(ear->who, &sim->note);
}
