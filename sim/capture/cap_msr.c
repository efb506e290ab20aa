/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_msr.c - writes of the protocol's MSRs, of the LAPIC's, and what a VMM remarks of its own
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cap_vcpu.h"

#define MSR_APIC_BASE     0x1bu
#define MSR_X2APIC_SPIV   0x80fu
#define MSR_KVM_PV_EOI_EN 0x4b564d04u
#define APIC_BASE_ENABLE  (1u << 11)
#define SPIV_ENABLE       (1u << 8)

static bool refused(const struct apf_host_out *out)
{
    for (unsigned i = 0; i < out->count; i++)
        if (out->act[i].kind == APF_DO_GP)
            return true;
    return false;
}

/* ---- EN ---- */

/*
 * Was an item on `done` already, so that K-19 skips the wake-all? Its ready comes next then,
 * before any wake-all.
 */
static bool done_before(const struct cap_judging *j, const struct cap_vcpu *v, uint32_t event,
                        unsigned *ret)
{
    for (uint32_t at = cap_at(j->c, event)->next; at; at = cap_at(j->c, at)->next) {
        const struct cap_event *e = cap_at(j->c, at);

        if (e->kind == CAP_MSR && e->a == APF_MSR_EN && (e->flags & CAP_WRITE))
            return false;
        if (e->kind != CAP_READY)
            continue;
        for (*ret = 0; *ret < APF_ITEMS; (*ret)++)
            if (v->h.item[*ret].state == APF_ITEM_QUEUED && v->h.item[*ret].token == e->a)
                return true;
        return false;
    }
    return false;
}

static void append_first(struct cap_judging *j, struct cap_vcpu *v, unsigned i, uint32_t event)
{
    struct apf_host_in in = {.kind = APF_IN_WORK_RUN, .item = (uint8_t)i};
    struct apf_host_out out;

    cap_step(j, v, &in, event, &out);
    in.kind = APF_IN_WORK_APPEND;
    cap_step(j, v, &in, event, &out);
}

/* Whose fault it is when sleepers are forgotten: the guest's, who must wake them, or the VMM's. */
static void cancel_items(struct cap_judging *j, struct cap_vcpu *v, bool by_vmm, const char *why,
                         uint32_t event)
{
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        if (!v->item[i])
            continue;
        struct cap_item *item = cap_item_of(j, v->item[i]);
        item->cancelled = true;
        if (item->announced && by_vmm)
            v->vmm_off = event;
        else if (item->announced)
            cap_not_judged(j, why, event);
        v->item[i] = 0;
    }
}

void cap_reset(struct cap_judging *j, struct cap_vcpu *v, const char *why, uint32_t event)
{
    struct apf_host_in in = {.kind = APF_IN_RESET};
    struct apf_host_out out;

    cap_step(j, v, &in, event, &out);
    cancel_items(j, v, false, why, event);
    v->off_busy = v->busy != 0;
    v->en_known = true;
    v->int_just_written = false;
    v->vec = v->init = 0;
    v->lapic = CAP_UNKNOWN;
    v->older = 0;
}

/*
 * A VMM that resets a machine drops what is in flight (K-37) and no event says so. It is concluded
 * where a guest boots once more, with INT and EN, and of no token that was in flight is anything
 * heard again.
 */
static bool was_reset(const struct cap_judging *j, const struct cap_vcpu *v, uint32_t event)
{
    if (!v->int_just_written || !apf_host_pv_enabled(&v->h) || !apf_host_real_items(&v->h))
        return false;
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        const struct apf_item *item = &v->h.item[i];

        if (item->state == APF_ITEM_FREE || !v->item[i])
            continue;
        if (cap_repeats_behind(j, item->gfn, event) ||
            (item->state == APF_ITEM_QUEUED &&
             cap_ready_ahead(j, cap_item_of(j, v->item[i])->not_present) > event))
            return false;
    }
    return true;
}

static void write_int(struct cap_judging *j, struct cap_vcpu *v, uint32_t vec, uint32_t event)
{
    struct apf_host_in in = {.kind = APF_IN_WRMSR, .msr = APF_MSR_INT, .value = vec};
    struct apf_host_out out;

    in.ctx.lapic_enabled = true;
    cap_step(j, v, &in, event, &out);
}

static void conclude_reset(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    uint32_t vec = v->vec;

    cap_reset(j, v,
              "INT and EN are written anew with tokens in flight, and nothing is heard of them: "
              "a reset by the VMM, which no event shows",
              event);
    write_int(j, v, vec, event);
    v->vec = vec;
}

static void write_en(struct cap_judging *j, struct cap_vcpu *v, struct apf_host_in *in, bool gp,
                     uint32_t event)
{
    struct apf_host_out out;
    bool on = (in->value & 1) && (in->value & APF_EN_DELIVERY_AS_INT);
    unsigned i;

    if (!v->int_seen && j->c->format == CAP_FTRACE)
        write_int(j, v, APF_VECTOR_LINUX, event); /* before the capture, whatever it was */
    if (!gp && on && !in->host_initiated && was_reset(j, v, event))
        conclude_reset(j, v, event);
    v->int_just_written = false;
    if (gp && !(in->value & APF_EN_RESERVED)) {
        cap_not_judged(j, "EN refused: CPUID, LAPIC or address are not in the capture", event);
        return;
    }
    if (!gp && on && done_before(j, v, event, &i))
        append_first(j, v, i, event);
    cap_step(j, v, in, event, &out);
    if (refused(&out) != gp)
        cap_found(j, CAP_HOST, "A.2", event,
                  gp ? "EN refused without a reason" : "reserved bits of EN are accepted");
    v->en_known = true;
    if (!on && !refused(&out)) /* the host half has dropped them; where it refuses, it has not */
        cancel_items(
            j, v, in->host_initiated,
            "EN := 0 with tokens in flight: the guest must wake its sleepers itself (G-2), "
            "which no event shows",
            event);
    v->off_busy |= !on && v->busy;
    if (!gp && on) {
        v->vmm_off = 0; /* a wake-all follows */
        v->enabled = event;
        v->stale = v->busy != 0;
    }
}

/* ---- ACK ---- */

static void write_ack(struct cap_judging *j, struct cap_vcpu *v, struct apf_host_in *in,
                      uint32_t event)
{
    struct apf_host_out out;

    cap_step(j, v, in, event, &out);
    if (!(in->value & 1))
        return;
    j->out->acks++;
    v->acks++;
    v->off_busy = false;
    if (v->inside_ack == event) {
        v->inside_ack = 0; /* it has freed the slot already */
        return;
    }
    if (!v->busy) {
        if (!v->enabled && !v->older_ack && j->c->format == CAP_FTRACE)
            v->older_ack = true; /* of a ready before the capture */
        else if (j->strict && (v->en_known || v->began) && cap_sees_items(j))
            cap_found(j, CAP_GUEST, "G-6", event, "an ACK, and no ready waits for one");
        return;
    }
    if (v->busy_item)
        cap_item_of(j, v->busy_item)->ack = event;
    v->busy = v->busy_item = 0;
}

/* EOI and ACK: either order is good, but a guest has one. */
static void judge_ack_order(struct cap_judging *j, const struct cap_vcpu *v, uint32_t event)
{
    bool shows = cap_sees(j, CAP_EOI) || cap_sees(j, CAP_MSR);

    if (!cap_sees_items(j) || (!v->enabled && !v->acks && j->c->format == CAP_FTRACE))
        return; /* it may be of a ready that the capture does not have */
    if (shows && v->busy && v->inside_ack != event)
        cap_habit(&j->eoi_first, v->eoi, event);
}

/* ---- all of them ---- */

static void apf_msr(struct cap_judging *j, struct cap_vcpu *v, uint32_t msr, uint64_t value,
                    unsigned flags, bool by_vmm, uint32_t event)
{
    struct apf_host_in in = {
        .kind = APF_IN_WRMSR, .msr = msr, .value = value, .host_initiated = by_vmm};
    struct apf_host_out out;

    in.ctx.lapic_enabled = true;
    switch (msr) {
    case APF_MSR_EN:
        write_en(j, v, &in, flags & CAP_GP, event);
        break;
    case APF_MSR_INT:
        if (!(flags & CAP_GP)) {
            cap_step(j, v, &in, event, &out);
            v->vec = value & 0xff;
            v->int_just_written = v->int_seen = true;
        }
        break;
    default:
        write_ack(j, v, &in, event);
        break;
    }
}

static void lapic_msr(struct cap_vcpu *v, uint32_t msr, uint64_t value)
{
    if (msr == MSR_X2APIC_SPIV)
        v->lapic = value & SPIV_ENABLE ? CAP_YES : CAP_NO;
    else if (msr == MSR_APIC_BASE && !(value & APIC_BASE_ENABLE))
        v->lapic = CAP_NO;
    else if (msr == MSR_APIC_BASE && v->lapic == CAP_NO)
        v->lapic = CAP_UNKNOWN;
}

void cap_on_msr(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    const struct cap_event *e = cap_at(j->c, event);

    if (!(e->flags & CAP_WRITE))
        return;
    if (e->a == APF_MSR_EN || e->a == APF_MSR_INT || e->a == APF_MSR_ACK) {
        if (e->a == APF_MSR_ACK && (e->b & 1))
            judge_ack_order(j, v, event);
        apf_msr(j, v, (uint32_t)e->a, e->b, e->flags, false, event);
    } else if (cap_writes_eoi(e)) {
        cap_on_eoi_write(j, v, event);
    } else if (e->a == MSR_KVM_PV_EOI_EN) {
        v->pv_eoi |= e->b & 1;
    } else if (!(e->flags & CAP_GP)) {
        lapic_msr(v, (uint32_t)e->a, e->b);
    }
}

/* "VMM: KVM_SET_MSRS 0x4b564d02 = 0x9009": KVM itself does not trace what a VMM writes. */
void cap_on_mark(struct cap_judging *j, struct cap_vcpu *v, uint32_t event)
{
    static const char set[] = "KVM_SET_MSRS 0x4b564d";
    char words[160];
    const char *at;

    cap_words(j->c, cap_at(j->c, event), words, sizeof words);
    if (strstr(words, " IRQ PAGE-READY "))
        v->handled = true;
    at = strstr(words, set);
    if (at && strstr(at, " = ")) {
        uint32_t msr = (uint32_t)strtoul(at + strlen("KVM_SET_MSRS "), NULL, 16);

        apf_msr(j, v, msr, strtoull(strstr(at, " = ") + 3, NULL, 0), 0, true, event);
    }
}
