/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_irq.c - the interrupts around ready: accepted, injected, ended; and injected exceptions
 *
 * Only strict captures are judged by these: other threads (timers, devices) may raise interrupts,
 * and with APICv or AVIC the processor injects and ends them without an event.
 */
#include "cap_vcpu.h"

void cap_on_exception(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    const struct cap_event *e = cap_at(j->c, event);

    if (!(e->flags & CAP_PF) || e->a != 0 || (e->flags & CAP_AGAIN))
        return;
    if (j->strict && v->told && cap_follows(j, v, v->told) == event) {
        cap_found(j, CAP_HOST, "INV-14", event,
                  "a second #PF before the guest has taken the first");
        return;
    }
    v->told = v->pf == event ? event : 0;
    if (cap_sees(j, CAP_NOT_PRESENT) && v->pf != event)
        cap_not_judged(j, "a #PF that no not_present asked for: the guest's own, or misplaced",
                       event);
    if (v->pf == event)
        v->pf = 0;
}

static uint64_t outstanding(const struct cap_judging *j, gpointer apicid)
{
    return GPOINTER_TO_SIZE(g_hash_table_lookup(j->outstanding, apicid));
}

static void set_outstanding(struct cap_judging *j, gpointer apicid, uint64_t n)
{
    g_hash_table_insert(j->outstanding, apicid, GSIZE_TO_POINTER(n));
}

/* One vCPU of this number: with several VMs in a capture nobody knows which one is meant. */
static void on_init(struct cap_judging *j, uint64_t apicid, uint32_t event)
{
    struct cap_vcpu *found = NULL;

    for (guint i = 0; i < j->vcpus->len; i++) {
        struct cap_vcpu *v = g_ptr_array_index(j->vcpus, i);

        if (v->apicid_known ? v->apicid != apicid : !v->id_known || v->h.vcpu_id != apicid)
            continue;
        if (found)
            return;
        found = v;
    }
    if (found)
        found->init = event;
}

void cap_on_any_accept(struct cap_judging *j, uint32_t event)
{
    const struct cap_event *e = cap_at(j->c, event);
    gpointer apicid = GSIZE_TO_POINTER(e->a);

    if (e->flags & CAP_INIT)
        on_init(j, e->a, event);
    else if (!(e->flags & CAP_NONE))
        set_outstanding(j, apicid, outstanding(j, apicid) + 1);
}

void cap_on_accept(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    const struct cap_event *e = cap_at(j->c, event);

    if (j->strict && v->vec && e->b == v->vec && cap_sees(j, CAP_READY) &&
        !(v->busy && cap_follows(j, v, v->busy) == event))
        cap_found(j, CAP_HOST, "INV-9", event,
                  "the ready interrupt is raised, and no ready with it");
    v->ever_accepted = true;
    v->irr[e->b & 0xff] = true;
}

void cap_on_virq(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    const struct cap_event *e = cap_at(j->c, event);
    unsigned vector = e->a & 0xff;

    if (e->flags & (CAP_AGAIN | CAP_SOFT))
        return;
    if (j->strict && v->vec && vector == v->vec && cap_sees(j, CAP_ACCEPT) && !v->irr[vector])
        cap_found(j, CAP_HOST, "INV-9", event, "vector %u is injected and was not accepted",
                  vector);
    if (j->strict && v->vec == vector && v->no_eoi && v->isr[vector] && cap_shows_eoi(j, v))
        cap_found(j, CAP_GUEST, "G-6", event, "no EOI since the injection in line %u",
                  cap_at(j->c, v->no_eoi)->line);
    v->irr[vector] = false;
    v->isr[vector] = true;
    if (v->vec == vector) {
        v->no_eoi = event;
        v->handled = v->handled || v->busy;
    }
}

/* Either event of an EOI. */
static void ended(struct cap_vcpu *v)
{
    v->eoi = v->eoi || v->busy;
    v->handled = v->handled || v->busy;
    v->no_eoi = 0;
}

static void count_eoi(struct cap_judging *j, struct cap_vcpu *v, uint64_t id, uint32_t event)
{
    gpointer apicid = GSIZE_TO_POINTER(id);
    uint64_t n = outstanding(j, apicid);

    if (n)
        set_outstanding(j, apicid, n - 1);
    if (!n && v->older && v->lapic == CAP_UNKNOWN)
        v->older--;
    else if (cap_sees(j, CAP_ACCEPT))
        cap_habit(&j->eoi_count, n > 0, event);
    ended(v);
}

void cap_on_eoi(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    const struct cap_event *e = cap_at(j->c, event);
    unsigned vector = e->a & 0xff;
    uint32_t next = cap_follows(j, v, event);

    v->eoi_write = next;
    v->apicid = (uint32_t)e->b;
    v->apicid_known = true;
    if (e->flags & CAP_NONE)
        return;
    if (j->strict && v->vec == vector && cap_sees(j, CAP_INJ_VIRQ) && !v->isr[vector])
        cap_found(j, CAP_GUEST, "G-6", event, "EOI of vector %u, which is not in service", vector);
    v->isr[vector] = false;
    count_eoi(j, v, e->b, event);
    if (cap_sees(j, CAP_MSR) && v->lapic != CAP_UNKNOWN && !v->pv_eoi && !cap_ends_at(j, event))
        cap_habit(&j->eoi_pair, next && cap_writes_eoi(cap_at(j->c, next)), event);
}

void cap_on_eoi_write(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    if (!cap_sees(j, CAP_EOI) && v->apicid_known)
        count_eoi(j, v, v->apicid, event);
    else if (cap_sees(j, CAP_EOI) && v->first != event)
        cap_habit(&j->eoi_pair, v->eoi_write == event, event);
    ended(v);
}
