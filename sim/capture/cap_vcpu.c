/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_vcpu.c - faults and pages that have come, against the host half
 *
 * A worker's append to `done` has no trace point: `completed` comes behind it, and may come behind
 * ready. So an item is appended in the model when its ready shows that it was.
 */
#include "cap_vcpu.h"

#include <inttypes.h>
#include <string.h>

#define SERIAL_KINDS                                                                               \
    (1u << CAP_TRY | 1u << CAP_REPEATED | 1u << CAP_NOT_PRESENT | 1u << CAP_READY |                \
     1u << CAP_MSR | 1u << CAP_INJ_EXCEPTION | 1u << CAP_INJ_VIRQ | 1u << CAP_ACCEPT |             \
     1u << CAP_EOI | 1u << CAP_PAGE_FAULT | 1u << CAP_ENTRY)

#define PFERR_GUEST_FINAL (1ULL << 32) /* arch/x86: the address is guest-physical */

uint32_t cap_follows(const struct cap_judging *j, const struct cap_vcpu *v, uint32_t event)
{
    while ((event = cap_at(j->c, event)->next)) {
        const struct cap_event *e = cap_at(j->c, event);

        /* Other vectors may be accepted at any time, by a timer's interrupt. */
        if (e->kind == CAP_ACCEPT && v->vec && e->b != v->vec)
            continue;
        if (1u << e->kind & SERIAL_KINDS)
            return event;
    }
    return 0;
}

/* "INV-7: what holds" */
static void found_invariant(struct cap_judging *j, const char *broken, uint32_t event)
{
    const char *colon = strchr(broken, ':');
    g_autofree char *label = g_strndup(broken, colon ? (gsize)(colon - broken) : 0);

    cap_found(j, CAP_HOST, colon ? g_intern_string(label) : "INV", event, "%s",
              colon ? colon + 2 : broken);
}

void cap_step(struct cap_judging *j, struct cap_vcpu *v, const struct apf_host_in *in,
              uint32_t event, struct apf_host_out *out)
{
    apf_host_step(&v->h, &v->area, in, out);
    if (out->broken && !apf_host_known_bug(j->kernel, out->broken))
        found_invariant(j, out->broken, event);
}

void cap_assume_enabled(struct cap_judging *j, struct cap_vcpu *v, bool due, uint32_t event)
{
    struct apf_host_in in = {.kind = APF_IN_WRMSR,
                             .msr = APF_MSR_INT,
                             .value = v->vec ? v->vec : APF_VECTOR_LINUX,
                             .host_initiated = true};
    struct apf_host_out out;

    cap_step(j, v, &in, event, &out);
    in.msr = APF_MSR_EN;
    in.value = APF_EN_ENABLED | APF_EN_DELIVERY_AS_INT | APF_EN_DELIVERY_AS_PF_VMEXIT;
    cap_step(j, v, &in, event, &out);
    if (!due)
        cap_take_done(j, v, event, &out);
    v->en_known = true;
    cap_not_judged(j, "APF was enabled before the capture, or by the VMM: EN is not known", event);
}

/* ---- faults ---- */

/* Where injections are not seen: the interrupt that comes with ready tells. */
static enum cap_known was_announced(const struct cap_judging *j, const struct cap_vcpu *v,
                                    uint32_t event)
{
    uint32_t ready = cap_ready_ahead(j, event), next;

    if (!ready || !cap_sees(j, CAP_ACCEPT) || !v->vec ||
        (v->en_known && !apf_host_pv_enabled(&v->h)))
        return CAP_UNKNOWN;
    next = cap_follows(j, v, ready);
    return next && cap_at(j->c, next)->kind == CAP_ACCEPT ? CAP_YES : CAP_NO;
}

/*
 * Was the guest told? The #PF is injected before the guest executes anything, so before whatever
 * the guest causes.
 */
static enum cap_known was_injected(const struct cap_judging *j, const struct cap_vcpu *v,
                                   uint32_t event, uint32_t *ret)
{
    const uint32_t not_present = event;
    const uint64_t token = cap_at(j->c, event)->a;

    *ret = 0;
    if (!cap_sees(j, CAP_INJ_EXCEPTION))
        return was_announced(j, v, event);
    while ((event = cap_at(j->c, event)->next)) {
        const struct cap_event *e = cap_at(j->c, event);

        switch ((enum cap_kind)e->kind) {
        case CAP_INJ_EXCEPTION:
            *ret = event;
            return (e->flags & CAP_PF) && e->a == 0 ? CAP_YES : CAP_NO;
        case CAP_NESTED: /* the token is in the exit qualification, or in EXITINFO2 */
            return e->a == token || e->b == token ? CAP_YES : CAP_NO;
        case CAP_READY:
        case CAP_ACCEPT:
        case CAP_WAKEUP:
        case CAP_COMPLETED:
        case CAP_OTHER:
        case CAP_KINDS:
            continue;
        case CAP_TRY:
        case CAP_REPEATED:
        case CAP_NOT_PRESENT:
        case CAP_MSR:
        case CAP_INJ_VIRQ:
        case CAP_EOI:
        case CAP_PAGE_FAULT:
        case CAP_ENTRY:
        case CAP_MARK:
            return CAP_NO;
        }
    }
    /* The capture ends before the guest went on; a stream is a whole experiment. */
    return j->c->format == CAP_STREAMS ? CAP_UNKNOWN : was_announced(j, v, not_present);
}

/* L2's faults have addresses of L2, which are other pages than L1's. */
static bool of_l2(const struct cap_vcpu *v, uint64_t gfn, uint64_t gva)
{
    return gva >> 12 != gfn && (!v->en_known || (v->h.msr_en & APF_EN_DELIVERY_AS_PF_VMEXIT));
}

/* Was the guest told, by a #PF of its own or as L1 by a VM-exit of its L2? */
static enum cap_known was_told(struct cap_judging *j, struct cap_vcpu *v, uint64_t gfn,
                               uint32_t event)
{
    enum cap_known told = was_injected(j, v, event, &v->pf);

    if (told != CAP_YES)
        v->pf = 0;
    if (!of_l2(v, gfn, cap_at(j->c, event)->b) || v->pf)
        return told;
    if (told == CAP_NO && !cap_sees(j, CAP_NESTED) && was_announced(j, v, event) == CAP_YES) {
        cap_not_judged(j,
                       "a page of an L2, which L1 was told of by a VM-exit that only "
                       "kvm_nested_vmexit_inject shows",
                       event);
        told = CAP_YES;
    }
    j->nested |= told == CAP_YES || !cap_sees(j, CAP_INJ_EXCEPTION);
    return told;
}

static void judge_told(struct cap_judging *j, struct cap_vcpu *v, uint64_t gfn, uint32_t event,
                       enum cap_known told)
{
    if (told == CAP_YES && !apf_host_pv_enabled(&v->h)) {
        if (v->en_known)
            cap_found(j, CAP_HOST, "INV-13", event,
                      "the guest is told of a page, but APF is not enabled (EN 0x%" PRIx64 ")",
                      v->h.msr_en);
        else
            cap_assume_enabled(j, v, false, event);
    }
    if (told == CAP_NO && j->strict && apf_host_pv_enabled(&v->h) && v->h.send_always &&
        cap_at(j->c, event)->b >> 12 == gfn) /* else it may be L2's, and EN bit 2 is clear */
        cap_found(j, CAP_HOST, "K-11", event,
                  "SEND_ALWAYS is set, and the guest is not told of this page");
}

/* The first token says which vCPU this is, and where its ids stand. */
static void learn_id(struct cap_judging *j, struct cap_vcpu *v, uint32_t token, uint32_t event)
{
    if (v->id_known)
        return;
    v->id_known = true;
    v->h.vcpu_id = token & 0xfff;
    if (j->c->format == CAP_STREAMS) { /* a recording begins with the vCPU */
        v->began = true;
        v->first_id = 1;
        return;
    }
    v->h.id = token >> 12;
    v->first_id = token >> 12;
    v->began = v->first_id <= 1;
    if (!v->began)
        cap_not_judged(j, "the capture begins after this vCPU's first fault", event);
}

static void new_item(struct cap_judging *j, struct cap_vcpu *v, const struct apf_host_out *out,
                     uint32_t try_event, uint32_t event)
{
    const struct cap_event *e = cap_at(j->c, event);
    struct cap_item item = {.gva = e->b,
                            .gfn = v->h.item[out->item].gfn,
                            .token = (uint32_t)e->a,
                            .thread = v->thread,
                            .begin = try_event,
                            .not_present = event,
                            .announced = out->verdict == APF_VERDICT_DELIVERED,
                            .pv_off = out->why == APF_WHY_PV_OFF};
    int64_t *key = g_new(int64_t, 1);
    uint32_t plus1;

    *key = (int64_t)e->b;
    item.next_open = GPOINTER_TO_UINT(g_hash_table_lookup(j->open, key));
    while (item.next_open && cap_item_of(j, item.next_open)->completed)
        item.next_open = cap_item_of(j, item.next_open)->next_open;
    g_array_append_val(j->out->items, item);
    plus1 = j->out->items->len;
    g_hash_table_insert(j->open, key, GUINT_TO_POINTER(plus1));
    v->item[out->item] = plus1;
    v->h.item[out->item].token = (uint32_t)e->a;
    j->out->in_flight_max = MAX(j->out->in_flight_max, apf_host_real_items(&v->h));
}

static void judge_token(struct cap_judging *j, struct cap_vcpu *v, uint32_t want, uint32_t event)
{
    uint32_t token = (uint32_t)cap_at(j->c, event)->a;

    if (token == want)
        return;
    if (j->strict && cap_sees(j, CAP_TRY)) /* one that is refused takes an id */
        cap_found(j, CAP_HOST, "A.5", event, "token 0x%x; the next one is 0x%x", token, want);
    else
        cap_not_judged(j, "a token does not follow the one before it: events may be missing",
                       event);
    v->h.id = (token >> 12) + 1;
}

/* A fault that makes an item. gfn is of its try, or concluded from the address. */
static void set_up(struct cap_judging *j, struct cap_vcpu *v, uint64_t gfn, uint32_t try_event,
                   uint32_t event)
{
    const struct cap_event *e = cap_at(j->c, event);
    struct apf_host_in in = {.kind = APF_IN_FAULT, .gfn = gfn, .gva = e->b};
    struct apf_host_out out;
    enum cap_known told = was_told(j, v, gfn, event);

    learn_id(j, v, (uint32_t)e->a, event);
    judge_told(j, v, gfn, event, told);
    in.ctx.irq_allowed = in.ctx.paging = in.ctx.lapic_enabled = true;
    in.ctx.cpl = told == CAP_NO ? 0 : 3;
    /* CPL 0 is no reason with SEND_ALWAYS: then it is taken for paging off. */
    in.ctx.paging = told != CAP_NO || !v->h.send_always;
    cap_step(j, v, &in, event, &out);
    if (out.verdict == APF_VERDICT_DELIVERED || out.verdict == APF_VERDICT_HALT) {
        judge_token(j, v, out.token, event);
        new_item(j, v, &out, try_event, event);
        v->area.flags = 0;
        return;
    }
    if (out.verdict == APF_VERDICT_REPEATED)
        cap_found(j, CAP_HOST, "K-3", event,
                  "gfn 0x%" PRIx64 " is in flight already: want repeated_fault", gfn);
    else if (!cap_sees(j, CAP_READY))
        cap_not_judged(j, "how many items are in flight: kvm_async_pf_ready is not in the capture",
                       event);
    else
        cap_found(j, CAP_HOST, "INV-10", event, "not_present with %u items in flight: %s",
                  v->h.queued, apf_why_text[out.why]);
}

/* No fault has been seen, and EN was written in the capture: so nothing is in flight. */
static bool begins_here(const struct cap_judging *j, const struct cap_vcpu *v)
{
    return !v->id_known && (v->enabled || j->c->format == CAP_STREAMS);
}

static void judge_refused(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    const struct cap_event *e = cap_at(j->c, event);
    struct apf_host_in in = {.kind = APF_IN_FAULT, .gfn = e->b, .gva = e->a, .no_memory = true};
    struct apf_host_out out;
    unsigned in_flight = v->h.queued;

    in.ctx.irq_allowed = in.ctx.paging = true;
    in.ctx.cpl = 3;
    if (cap_ends_at(j, event) || (!cap_at(j->c, event)->next && !j->strict))
        return;
    if (apf_host_in_flight(&v->h, e->b) && !cap_sees(j, CAP_REPEATED)) {
        cap_not_judged(j, "a page in flight, and kvm_async_pf_repeated_fault is not in the capture",
                       event);
        return;
    }
    if (apf_host_in_flight(&v->h, e->b) && j->strict) {
        cap_found(j, CAP_HOST, "K-3", event,
                  "gfn 0x%" PRIx64 " is in flight: want repeated_fault next", e->b);
        return;
    }
    cap_step(j, v, &in, event, &out);
    j->out->refused++;
    if (in_flight >= APF_LIMIT)
        return;
    if (j->strict && cap_sees(j, CAP_NOT_PRESENT) && cap_at(j->c, event)->next &&
        (v->began || begins_here(j, v)))
        cap_found(j, CAP_HOST, "K-12", event,
                  "a try without a consequence, and only %u of %u items in flight", in_flight,
                  APF_LIMIT);
    else
        cap_not_judged(j, "a try without a consequence: refused for want of memory, or lost",
                       event);
}

/*
 * With TDP and no nesting, both name one guest-physical address; with shadow paging, gva is linear,
 * and with nested TDP it is L2's. A nested page fault just before it says which.
 */
static void judge_page(struct cap_judging *j, const struct cap_vcpu *v, bool injected,
                       uint32_t event)
{
    const struct cap_event *e = cap_at(j->c, event), *before = cap_at(j->c, event - 1);

    if (before->next == event && before->kind == CAP_PAGE_FAULT &&
        (before->b & PFERR_GUEST_FINAL) && before->a >> 12 == e->a >> 12)
        j->gfn.kept += 2;
    if (injected || !of_l2(v, e->b, e->a))
        cap_habit(&j->gfn, e->a >> 12 == e->b, event);
    else
        cap_habit(&j->gfn_nested, false, event);
}

void cap_on_try(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    const struct cap_event *e = cap_at(j->c, event), *n;
    uint32_t next = cap_follows(j, v, event);

    n = cap_at(j->c, next);
    j->out->tries++;
    v->tried = 0;
    if (next && n->kind == CAP_REPEATED) {
        v->tried = next;
        judge_page(j, v, false, event);
        if (n->a != e->a || n->b != e->b)
            cap_found(j, CAP_HOST, "K-3", next, "repeated_fault of another page than its try");
        if (!apf_host_in_flight(&v->h, e->b)) {
            if (v->began || (j->strict && v->id_known))
                cap_found(j, CAP_HOST, "K-3", next,
                          "repeated_fault, but gfn 0x%" PRIx64 " is not in flight", e->b);
            else
                cap_not_judged(j, "a page that was in flight before the capture began", next);
        }
        return;
    }
    if (next && n->kind == CAP_NOT_PRESENT) {
        v->tried = next;
        if (n->b != e->a)
            cap_found(j, CAP_HOST, "K-12", next, "not_present of another address than its try");
        set_up(j, v, e->b, event, next);
        judge_page(j, v, v->pf != 0, event);
        return;
    }
    judge_page(j, v, false, event);
    judge_refused(j, v, event);
}

void cap_on_repeated(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    j->out->repeated++;
    if (v->tried != event && cap_sees(j, CAP_TRY)) {
        if (j->strict && !cap_begins_at(j, v, event))
            cap_found(j, CAP_HOST, "K-3", event, "repeated_fault without a try before it");
        else
            cap_not_judged(j, "a repeated_fault whose try is missing", event);
    }
}

void cap_on_not_present(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    if (v->tried == event)
        return;
    if (cap_sees(j, CAP_TRY)) {
        if (j->strict && !cap_begins_at(j, v, event))
            cap_found(j, CAP_HOST, "K-12", event, "not_present without a try before it");
        else
            cap_not_judged(j, "a not_present whose try is missing", event);
    }
    set_up(j, v, cap_at(j->c, event)->b >> 12, 0, event);
}
