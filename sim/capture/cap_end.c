/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_end.c - what is still open where a capture ends, and why
 */
#include <inttypes.h>

#include "cap_vcpu.h"

#define NEVER_ACKS   4u     /* readies; assumed */
#define EXITS        2u     /* between two of them the guest ran: what the host owed it is due */
#define IN_A_HANDLER 2u     /* other events than its own that ready's handler surely has not */
#define MSR_ICR      0x830u /* an IPI: to the CPU of the task that is woken */

/* Whether the event begins an exit. One of a page fault has up to three events before it ends. */
static bool is_exit(const struct cap_judging *j, const struct cap_event *e)
{
    return e->kind == CAP_MSR || e->kind == CAP_PAGE_FAULT ||
           (e->kind == CAP_TRY && !cap_sees(j, CAP_PAGE_FAULT));
}

/*
 * Whether the vCPU has run in the guest behind the event: only then must have come what KVM does
 * before it enters (K-17, INV-23). Actor streams end when all is over.
 */
static bool ran_since(const struct cap_judging *j, uint32_t thread, uint32_t event)
{
    unsigned n = 0;

    if (j->c->format == CAP_STREAMS)
        return true;
    for (uint32_t i = event + 1; i < j->end && n < EXITS; i++)
        n += cap_at(j->c, i)->thread == thread && is_exit(j, cap_at(j->c, i));
    return n >= EXITS;
}

static const char *name_of(const struct cap_item *item)
{
    return item->announced ? "the guest waits for" : "the host has halted for";
}

/* A page has come and ready has not: whose fault? */
static void no_ready(struct cap_judging *j, struct cap_vcpu *v, const struct cap_item *item)
{
    if (!apf_host_pv_enabled(&v->h)) {
        if (v->en_known || j->strict)
            cap_found(j, CAP_HOST, "INV-22", item->completed,
                      "token 0x%x is done and never ready, and no slot is needed", item->token);
    } else if (v->lapic == CAP_NO) {
        cap_not_judged(j, "the LAPIC is off: what is done waits for it (K-18)", item->completed);
    } else if (!v->ever_accepted) {
        cap_not_judged(j, "no interrupt ever reached this vCPU: its LAPIC may be off (K-18)",
                       item->completed);
    } else if (!v->busy) {
        cap_found(j, CAP_GUEST, "G-6", item->completed,
                  "%s token 0x%x, which is done and never ready: with every ready acknowledged, "
                  "the guest has not zeroed the slot before its ACK (D.1.4)",
                  name_of(item), item->token);
    } else if (v->handled || !v->no_eoi) { /* else no_ack() has said it */
        cap_not_judged(j, "the capture ends with the slot busy", item->completed);
    }
}

/* HOLE-1: EN is written over a slot that the guest has not zeroed. */
static void no_wake_all(struct cap_judging *j, struct cap_vcpu *v)
{
    unsigned head = v->h.done_head;

    if (head == APF_NO_ITEM || !v->h.item[head].wakeup_all || !v->enabled || !j->strict)
        return;
    /* The write of EN is an exit itself: the next one shows that the guest was entered. */
    if (!v->stale || v->lapic == CAP_NO || !ran_since(j, v->thread, v->enabled - 1))
        cap_not_judged(j, "the wake-all of EN has not come when the capture ends", v->enabled);
    else
        cap_found(j, CAP_GUEST, "HOLE-1", v->enabled,
                  "no wake-all follows, nor any ready: the slot still holds the token of an "
                  "earlier ready, which the guest has not zeroed");
}

/* Events of ready's handler itself: a capture may end among them. */
static bool is_of_handler(const struct cap_judging *j, const struct cap_vcpu *v, uint32_t event)
{
    const struct cap_event *e = cap_at(j->c, event);

    return e->kind == CAP_ACCEPT || e->kind == CAP_EOI || cap_writes_eoi(e) ||
           (e->kind == CAP_MSR && e->a == MSR_ICR) || (e->kind == CAP_INJ_VIRQ && e->a == v->vec);
}

/*
 * Whether the handler of the ready is over: behind its EOI something is injected or faults, which
 * its end let in; or the guest does so much else that it is not in it.
 */
static bool handler_ended(const struct cap_judging *j, const struct cap_vcpu *v)
{
    bool taken = false, eoi = false;
    unsigned others = 0;

    for (uint32_t i = v->busy; i && others < IN_A_HANDLER; i = cap_follows(j, v, i)) {
        const struct cap_event *e = cap_at(j->c, i);
        const bool shows_end =
            e->kind == CAP_TRY || e->kind == CAP_INJ_EXCEPTION || e->kind == CAP_INJ_VIRQ;

        if (eoi && shows_end)
            return true;
        others += taken && !is_of_handler(j, v, i);
        eoi |= e->kind == CAP_EOI || cap_writes_eoi(e);
        taken |= eoi || e->kind == CAP_INJ_VIRQ;
    }
    return j->c->format == CAP_STREAMS || others >= IN_A_HANDLER;
}

static void no_ack(struct cap_judging *j, struct cap_vcpu *v)
{
    if (!v->busy || !cap_sees(j, CAP_MSR) || !j->strict)
        return;
    if (!v->handled && v->no_eoi && cap_sees(j, CAP_INJ_VIRQ) && cap_shows_eoi(j, v))
        cap_found(j, CAP_GUEST, "G-6", v->busy,
                  "this interrupt is never taken: no EOI since the injection in line %u",
                  cap_at(j->c, v->no_eoi)->line);
    else if (v->handled && handler_ended(j, v))
        cap_found(j, CAP_GUEST, "G-6", v->busy, "no ACK of this ready follows");
}

/* A guest that never writes ACK: that so many were lost, and no other, does not happen. */
static void never_acks(struct cap_judging *j, const struct cap_vcpu *v)
{
    if (!j->strict && !v->acks && v->unacknowledged >= NEVER_ACKS)
        cap_found_surely(
            j, CAP_GUEST, "G-6", v->no_ack,
            "no ACK of any ready: this one and all others came by chance, at another exit");
}

void cap_end_vcpu(struct cap_judging *j, struct cap_vcpu *v)
{
    bool named = false;

    never_acks(j, v);
    if (!v->stale)
        no_ack(j, v);
    no_wake_all(j, v);
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        const struct cap_item *item = v->item[i] ? cap_item_of(j, v->item[i]) : NULL;

        if (!item || item->ready)
            continue;
        if (!item->completed || item->unsure || !j->strict ||
            !ran_since(j, v->thread, item->completed))
            cap_not_judged(j, "in flight when the capture ends", item->not_present);
        else if (!named && cap_sees(j, CAP_READY))
            no_ready(j, v, item);
        named |= item->completed != 0;
    }
    if (v->vmm_off)
        cap_found(j, CAP_GUEST, "INV-5", v->vmm_off,
                  "the VMM sets EN to 0 with tokens in flight, and no wake-all follows: their "
                  "tasks sleep for ever");
}

/* Whether a vCPU may have had pages in flight when the capture began. */
static bool begins_in_flight(const struct cap_judging *j)
{
    for (guint i = 0; i < j->vcpus->len; i++) {
        const struct cap_vcpu *v = g_ptr_array_index(j->vcpus, i);

        if (v->id_known ? !v->began : !v->enabled && j->c->format != CAP_STREAMS)
            return true;
    }
    return false;
}

void cap_end_orphans(struct cap_judging *j)
{
    const bool older = begins_in_flight(j);

    for (guint i = 0; i < j->orphans->len; i++) {
        uint32_t event = g_array_index(j->orphans, uint32_t, i);

        if (older)
            cap_not_judged(j, "a page completed whose fault came before the capture began", event);
        else if (j->strict && cap_sees(j, CAP_NOT_PRESENT) && cap_sees(j, CAP_READY))
            cap_found(j, CAP_HOST, "K-15", event,
                      "completed, and no not_present of gva 0x%" PRIx64 " waits for it",
                      cap_at(j->c, event)->a);
        else
            cap_not_judged(j, "a page completed whose not_present is missing", event);
    }
    g_array_set_size(j->orphans, 0);
}

void cap_end_items(struct cap_judging *j, uint32_t first)
{
    for (guint i = first; j->strict && i < j->out->items->len; i++) {
        const struct cap_item *item = cap_item_of(j, i + 1);

        if (item->ready && !item->completed && !item->unsure && cap_sees(j, CAP_COMPLETED) &&
            ran_since(j, item->thread, item->ready))
            cap_found(j, CAP_HOST, "K-15", item->ready,
                      "token 0x%x is ready, and its worker never said completed", item->token);
    }
}
