/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_ready.c - pages that have come: completed by a worker, ready by the vCPU
 */
#include <inttypes.h>

#include "cap_vcpu.h"

/* ---- the slot ---- */

/*
 * KVM traces an MSR write behind its effect, so what an ACK sends stands before it: ready and its
 * interrupt, nothing else, then the ACK. *ret_cut: the capture may have ended before it.
 */
static uint32_t ack_around(const struct cap_judging *j, const struct cap_vcpu *v, uint32_t event,
                           bool *ret_cut)
{
    *ret_cut = false;
    while ((event = cap_follows(j, v, event))) {
        const struct cap_event *e = cap_at(j->c, event);

        if (e->kind == CAP_MSR && e->a == APF_MSR_ACK && (e->flags & CAP_WRITE) && (e->b & 1))
            return event;
        if (e->kind != CAP_READY && e->kind != CAP_ACCEPT)
            return 0;
    }
    *ret_cut = j->c->format == CAP_FTRACE;
    return 0;
}

/* Whether any event would show that a ready handler runs. */
static bool handlers_show(const struct cap_judging *j)
{
    return cap_sees(j, CAP_INJ_VIRQ) || cap_sees(j, CAP_EOI) || cap_sees(j, CAP_MSR);
}

static void judge_ack(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    static const char words[] =
        "no ACK of the ready in line %u: this one came by chance, at another exit";
    uint32_t line = cap_at(j->c, v->busy)->line;

    v->unacknowledged++;
    if (!v->no_ack)
        v->no_ack = event;
    cap_found(j, CAP_GUEST, "G-6", event, words, line);
}

/* The slot is busy, K-18, and yet there is another ready. */
static void judge_busy(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    if (!cap_sees(j, CAP_MSR))
        cap_not_judged(j, "kvm_msr is not in the capture: the guest's ACKs are not seen", event);
    else if (!cap_sees(j, CAP_INJ_EXCEPTION) && !cap_sees(j, CAP_ACCEPT))
        cap_not_judged(j, "of which pages the guest was told is not in the capture", event);
    else if (v->handled || !handlers_show(j))
        judge_ack(j, v, event);
    else
        cap_found(j, CAP_HOST, "INV-7", event,
                  "ready while the guest has not taken the one in line %u out of the slot",
                  cap_at(j->c, v->busy)->line);
}

/*
 * Where a capture begins with the slot busy, the first ready may be part of an ACK of one before.
 * Its own ACK cannot follow at once where injections show.
 */
static bool acks_older(const struct cap_judging *j, const struct cap_vcpu *v)
{
    return !v->ever_ready && !v->enabled && j->c->format == CAP_FTRACE && cap_sees(j, CAP_INJ_VIRQ);
}

static void judge_slot(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    bool cut;
    uint32_t ack = ack_around(j, v, event, &cut);

    if (v->busy && cut && v->handled) {
        cap_not_judged(j, "the capture ends inside of an ACK", event);
        v->busy = v->busy_item = 0;
    }
    if (v->busy && v->off_busy)
        v->busy = v->busy_item = 0; /* zeroed while EN was 0, as msr.rst once asked for */
    v->off_busy = false;
    if (!v->busy && ack && acks_older(j, v))
        v->inside_ack = ack;
    if (v->busy && ack && v->inside_ack != ack) {
        if (v->busy_item)
            cap_item_of(j, v->busy_item)->ack = ack;
        v->busy = v->busy_item = 0; /* this ACK has freed it */
        v->inside_ack = ack;
    }
    if (v->busy)
        judge_busy(j, v, event);
    if (v->lapic == CAP_NO && apf_host_rules[j->kernel].dequeue_tests_lapic)
        cap_found(j, CAP_HOST, "K-18", event, "ready while the LAPIC is off");
}

/* ---- ready ---- */

static unsigned item_by_token(const struct cap_vcpu *v, uint32_t token)
{
    for (unsigned i = 0; i < APF_ITEMS; i++)
        if (v->h.item[i].state == APF_ITEM_QUEUED && v->h.item[i].token == token)
            return i;
    return APF_NO_ITEM;
}

static unsigned item_by_gva(const struct cap_vcpu *v, uint64_t gva)
{
    for (unsigned i = 0; i < APF_ITEMS; i++)
        if (v->h.item[i].state == APF_ITEM_QUEUED && v->h.item[i].gva == gva)
            return i;
    return APF_NO_ITEM;
}

/* Was the item `other` surely on `done` before `item`? */
static bool was_first(const struct cap_judging *j, const struct cap_item *other,
                      const struct cap_item *item)
{
    if (!other->completed || other->unsure || item->unsure || !j->ordered)
        return false;
    if (other->completed < item->not_present)
        return true;
    return item->completed > other->completed &&
           cap_at(j->c, other->completed)->thread == cap_at(j->c, item->completed)->thread;
}

/* `done` is a list: K-15 appends, K-17 takes the first. */
static void judge_order(struct cap_judging *j, const struct cap_vcpu *v, unsigned taken,
                        uint32_t event)
{
    if (!cap_sees(j, CAP_MSR)) /* EN := 0 would drop it, unseen */
        return;
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        if (i == taken || !v->item[i] || v->h.item[i].state != APF_ITEM_QUEUED)
            continue;
        if (was_first(j, cap_item_of(j, v->item[i]), cap_item_of(j, v->item[taken]))) {
            cap_found(j, CAP_HOST, "K-17", event,
                      "token 0x%x was done before this one and is not ready yet",
                      v->h.item[i].token);
            return;
        }
    }
}

bool cap_take_done(struct cap_judging *j, struct cap_vcpu *v, uint32_t event,
                   struct apf_host_out *out)
{
    struct apf_host_in in = {.kind = APF_IN_CHECK};

    in.ctx.lapic_enabled = in.ctx.paging = in.ctx.irq_allowed = true;
    v->area.token = 0; /* judged by judge_slot() */
    cap_step(j, v, &in, event, out);
    if (out->item == APF_NO_ITEM)
        return false;
    in.kind = APF_IN_PRESENT;
    cap_step(j, v, &in, event, out);
    v->area.token = 0;
    return true;
}

/* The interrupt stands right behind its ready. */
static void judge_interrupt(struct cap_judging *j, struct cap_vcpu *v, uint32_t event, bool want)
{
    uint32_t next = cap_follows(j, v, event);
    bool got = next && cap_at(j->c, next)->kind == CAP_ACCEPT;

    if (got && !v->vec)
        v->vec = (uint32_t)cap_at(j->c, next)->b;
    if (got && !v->apicid_known) {
        v->apicid_known = true;
        v->apicid = (uint32_t)cap_at(j->c, next)->a;
    }
    if (!cap_sees(j, CAP_ACCEPT) || cap_ends_at(j, event) || (!next && !j->strict)) {
        got = want;
    } else if (got && !want) {
        cap_found(j, CAP_HOST, "INV-6", event,
                  "an interrupt for a token of which the guest was not told");
    } else if (want && !got) {
        cap_found(j, CAP_HOST, "INV-5", event,
                  "the guest waits for this token, and no interrupt is raised with ready");
    }
    if (got || want) {
        v->busy = event;
        v->handled = v->eoi = false;
    }
}

static void return_worker(struct cap_judging *j, struct cap_vcpu *v, unsigned i, uint32_t event)
{
    struct apf_host_in in = {.kind = APF_IN_WORK_RETURN, .item = (uint8_t)i};
    struct apf_host_out out;

    cap_step(j, v, &in, event, &out);
}

/* What `ready` shows: the worker has appended it. */
static void append(struct cap_judging *j, struct cap_vcpu *v, unsigned i, uint32_t event)
{
    struct apf_host_in in = {.kind = APF_IN_WORK_RUN, .item = (uint8_t)i};
    struct apf_host_out out;

    cap_step(j, v, &in, event, &out);
    in.kind = APF_IN_WORK_APPEND;
    cap_step(j, v, &in, event, &out);
    in.kind = APF_IN_WORK_KICK;
    cap_step(j, v, &in, event, &out);
}

/*
 * Whether the interrupt behind a ready of which nothing is known is its own. A timer's may stand
 * there by chance: then no ACK follows before the next ready.
 */
static bool is_its_interrupt(const struct cap_judging *j, const struct cap_vcpu *v, uint32_t event)
{
    uint32_t at = cap_follows(j, v, event);

    if (!at || cap_at(j->c, at)->kind != CAP_ACCEPT)
        return false;
    if (v->vec || !cap_sees(j, CAP_MSR))
        return v->vec != 0;
    while ((at = cap_at(j->c, at)->next)) {
        const struct cap_event *e = cap_at(j->c, at);

        if (e->kind == CAP_READY)
            return false;
        if (e->kind == CAP_MSR && e->a == APF_MSR_ACK && (e->flags & CAP_WRITE))
            return true;
    }
    return false;
}

/* Injections are not in the capture, nor the write of EN: then this interrupt says it. */
static void learn_told(struct cap_judging *j, struct cap_vcpu *v, struct cap_item *item,
                       uint32_t event)
{
    if (v->en_known || apf_host_pv_enabled(&v->h) || !is_its_interrupt(j, v, event))
        return;
    cap_assume_enabled(j, v, false, event);
    item->announced = true;
}

static void ready_item(struct cap_judging *j, struct cap_vcpu *v, unsigned i, uint32_t event)
{
    const struct cap_event *e = cap_at(j->c, event);
    struct cap_item *item = cap_item_of(j, v->item[i]);
    struct apf_host_out out;
    bool announced;

    learn_told(j, v, item, event);
    announced = item->announced;
    if (e->b != item->gva)
        cap_found_surely(j, CAP_HOST, "K-17", event,
                         "token 0x%x belongs to gva 0x%" PRIx64 " (not_present in line %u)",
                         item->token, item->gva, cap_at(j->c, item->not_present)->line);
    if (apf_host_pv_enabled(&v->h))
        judge_slot(j, v, event);
    judge_order(j, v, i, event);
    append(j, v, i, event);
    if (!cap_take_done(j, v, event, &out) || out.token != item->token)
        cap_found(j, CAP_HOST, "K-17", event, "the wake-all of EN is to come first");
    item->ready = event;
    if (apf_host_pv_enabled(&v->h))
        judge_interrupt(j, v, event, announced);
    v->busy_item = v->busy == event ? v->item[i] : 0;
    v->item[i] = 0;
    return_worker(j, v, i, event);
}

static void ready_unknown(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    const struct cap_event *e = cap_at(j->c, event);
    uint64_t id = e->a >> 12;
    unsigned i = item_by_gva(v, e->b);

    if (e->b == 0 && v->h.done_head != APF_NO_ITEM && j->strict)
        cap_found(j, CAP_HOST, "K-19", event,
                  "token 0x%" PRIx64 ", where the wake-all of EN is due", e->a);
    else if (i != APF_NO_ITEM)
        cap_found(j, CAP_HOST, "K-17", event,
                  "ready names token 0x%" PRIx64 "; gva 0x%" PRIx64 " waits with token 0x%x", e->a,
                  e->b, v->h.item[i].token);
    else if (v->began || (v->id_known && id >= v->first_id && j->strict))
        cap_found(j, CAP_HOST, "K-17", event,
                  "ready for token 0x%" PRIx64 ", which is not in flight", e->a);
    else
        cap_not_judged(j, "a ready for a fault before the capture began", event);
    if (is_its_interrupt(j, v, event))
        judge_interrupt(j, v, event, true);
}

static void ready_all(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    unsigned head = v->h.done_head;
    struct apf_host_out out;

    j->out->wake_alls++;
    if (cap_at(j->c, event)->b != 0)
        cap_found_surely(j, CAP_HOST, "K-19", event, "a wake-all has no address");
    if (head == APF_NO_ITEM || !v->h.item[head].wakeup_all) {
        if (j->c->format == CAP_STREAMS || (j->strict && v->int_just_written))
            cap_found(j, CAP_HOST, "K-19", event, "a wake-all, and EN was not written before it");
        cap_assume_enabled(j, v, true, event);
    }
    v->int_just_written = false;
    judge_slot(j, v, event);
    cap_take_done(j, v, event, &out);
    judge_interrupt(j, v, event, true);
    v->busy_item = 0;
}

void cap_on_ready(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    uint32_t token = (uint32_t)cap_at(j->c, event)->a;
    unsigned i = item_by_token(v, token);

    if (token == APF_TOKEN_WAKE_ALL)
        ready_all(j, v, event);
    else if (i == APF_NO_ITEM)
        ready_unknown(j, v, event);
    else
        ready_item(j, v, i, event);
    v->ever_ready = true;
}

/* ---- completed ---- */

/* Items of one gva that are looked at: far more than vCPUs can have in flight or cancel at once. */
#define WAIT_MAX 1024u

/* The oldest item of this gva that waits; unsure when several do. The list runs from new to old. */
static uint32_t waiting_item(const struct cap_judging *j, uint64_t gva, bool *ret_unsure)
{
    int64_t key = (int64_t)gva;
    uint32_t found = 0, at = GPOINTER_TO_UINT(g_hash_table_lookup(j->open, &key));

    *ret_unsure = false;
    for (unsigned n = 0; at && n < WAIT_MAX; at = cap_item_of(j, at)->next_open, n++) {
        if (cap_item_of(j, at)->completed)
            *ret_unsure |= cap_item_of(j, at)->unsure && !cap_item_of(j, at)->ready;
        else {
            *ret_unsure |= found != 0;
            found = at;
        }
    }
    return found;
}

static void mark_unsure(const struct cap_judging *j, uint64_t gva)
{
    int64_t key = (int64_t)gva;
    uint32_t at = GPOINTER_TO_UINT(g_hash_table_lookup(j->open, &key));

    for (unsigned n = 0; at && n < WAIT_MAX; at = cap_item_of(j, at)->next_open, n++)
        if (!cap_item_of(j, at)->completed)
            cap_item_of(j, at)->unsure = true;
}

void cap_on_completed(struct cap_judging *j, uint32_t event)
{
    const struct cap_event *e = cap_at(j->c, event);
    bool unsure;
    uint32_t found = waiting_item(j, e->a, &unsure);

    if (found) {
        if (unsure)
            mark_unsure(j, e->a);
        cap_item_of(j, found)->completed = event;
        return;
    }
    g_array_append_val(j->orphans, event);
}
