/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_host_msr.c - the three MSRs, and everything that throws the queue away
 *
 * Sources:  kvm_set_msr_common(), kvm_get_msr_common(), kvm_pv_enable_async_pf(),
 *           kvm_async_pf_wakeup_all(), kvm_clear_async_pf_completion_queue(), kvm_vcpu_reset(),
 *           kvm_post_set_cr0().
 */
#include "apf_host_list.h"
#include "apf_host_state.h"

/* guest_pv_has(): without KVM_CAP_ENFORCE_PV_FEATURE_CPUID every feature counts as present. */
static bool has(const struct apf_host *h, uint32_t feature)
{
    return !h->enforce_cpuid || (h->cpuid & feature);
}

/* Whether the guest may touch this MSR at all. ACK had the wrong gate before 5.14 (BUG-22). */
static bool gate_open(const struct apf_host *h, uint32_t msr)
{
    if (apf_rules(h)->ready_by_pf && msr != APF_MSR_EN) {
        return false;
    }
    switch (msr) {
    case APF_MSR_EN:
        return has(h, APF_CPUID_ASYNC_PF);
    case APF_MSR_INT:
        return has(h, APF_CPUID_ASYNC_PF_INT);
    case APF_MSR_ACK:
        return has(h,
                   APF_RULE(h, ack_gated_by_int, 22) ? APF_CPUID_ASYNC_PF_INT : APF_CPUID_ASYNC_PF);
    default:
        return false;
    }
}

bool apf_host_rdmsr(const struct apf_host *h, uint32_t msr, uint64_t *ret_value)
{
    if (!gate_open(h, msr)) {
        return false;
    }
    *ret_value = msr == APF_MSR_EN ? h->msr_en : msr == APF_MSR_INT ? h->msr_int : 0;
    return true;
}

/* ---- K-20 ---- */

/* The head of `queue`: cancel_work_sync(). What is done or dequeued is left to the drain. */
static void cancel_head(struct apf_host *h, struct apf_host_out *out)
{
    unsigned i = h->queue_head;
    struct apf_item *item = &h->item[i];

    apf_queue_remove(h, i);
    if (item->state == APF_ITEM_QUEUED) {
        apf_do_item(out, APF_DO_CANCEL_WORK, h, i);
        apf_item_free(h, i);
    } else if (item->user && item->state == APF_ITEM_RUNNING) {
        apf_item_free(h, i); /* the VMM's ioctl will not find its token */
    } else if (item->state == APF_ITEM_RUNNING) {
        item->state = APF_ITEM_CANCELLED;
        apf_do_item(out, APF_DO_WAIT_WORK, h, i);
    }
}

/* An item off `done`. Before 6.9 it was freed under its worker's last instructions (BUG-25). */
static void drain(struct apf_host *h, unsigned i, struct apf_host_out *out)
{
    if (h->item[i].worker_returned) {
        apf_item_free(h, i);
        return;
    }
    h->item[i].state = APF_ITEM_CANCELLED;
    if (APF_RULE(h, flush_on_free, 25)) {
        apf_do_item(out, APF_DO_WAIT_WORK, h, i);
    } else {
        h->item[i].unflushed = true;
    }
}

/* kvm_clear_async_pf_completion_queue(), and kvm_async_pf_hash_reset() that goes with it. */
void apf_host_clear(struct apf_host *h, struct apf_host_out *out)
{
    for (unsigned n = 0; n < APF_ITEMS && h->queue_head != APF_NO_ITEM; n++) {
        cancel_head(h, out);
    }
    for (unsigned n = 0; n < APF_ITEMS && h->done_head != APF_NO_ITEM; n++) {
        drain(h, apf_done_take(h), out);
    }
    /* Only a caller that clears in the middle of K-17 has one; KVM's vCPU thread cannot. */
    if (h->dequeued != APF_NO_ITEM) {
        drain(h, h->dequeued, out);
        h->dequeued = APF_NO_ITEM;
    }
    h->queued = 0;
    apf_gfn_reset(h);
    if (apf_fix(h, APF_FIX_8)) {
        h->pageready_pending = false;
    }
}

static bool a_worker_runs(const struct apf_host *h, unsigned but)
{
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        const struct apf_item *item = &h->item[i];
        if (i != but && item->state != APF_ITEM_FREE && !item->worker_returned) {
            return true;
        }
    }
    return false;
}

/*
 * kvm_destroy_vm(). Until 4.9 each item held a reference to the VM: the last worker dropped the
 * last one, and came here itself (BUG-5).
 */
void apf_host_destroy(struct apf_host *h, struct apf_host_out *out)
{
    if (apf_bug(h, APF_BUG_5) && a_worker_runs(h, APF_NO_ITEM)) {
        h->destroying = true;
        return;
    }
    apf_host_clear(h, out);
}

/* The end of a worker whose item is `i`. */
void apf_host_last_put(struct apf_host *h, unsigned i, struct apf_host_out *out)
{
    if (h->destroying && !a_worker_runs(h, i)) {
        h->destroying = false;
        apf_host_clear(h, out);
    }
}

/* kvm_vcpu_reset(), K-37. id, pageready_pending, the vector and guest memory stay (HOLE-8). */
void apf_host_reset(struct apf_host *h, struct apf_host_out *out)
{
    h->msr_en = 0;
    h->msr_int = 0;
    h->event_pending = false;
    apf_host_clear(h, out);
    h->halted = false;
}

/* kvm_post_set_cr0(). Until 6.19 a change of CR0.PG lost what was in flight (BUG-26). */
void apf_host_paging(struct apf_host *h, bool paging, struct apf_host_out *out)
{
    if (!APF_RULE(h, pg_keeps_queue, 26)) {
        apf_host_clear(h, out);
    } else if (paging && apf_pv_on(h)) {
        h->requests |= APF_REQ_READY;
    }
}

/* ---- writes ---- */

/* kvm_async_pf_wakeup_all(), K-19 */
static void wakeup_all(struct apf_host *h, bool no_memory, struct apf_host_out *out)
{
    /* An item on `done` is taken for a wake-all that is on its way (HOLE-7). */
    if (apf_host_has_done(h) && !apf_fix(h, APF_FIX_7)) {
        return;
    }
    unsigned i = no_memory && !apf_fix(h, APF_FIX_6) ? APF_NO_ITEM : apf_item_alloc(h);
    if (i == APF_NO_ITEM) {
        return; /* -ENOMEM, which the caller ignores (HOLE-6) */
    }
    h->item[i].wakeup_all = true;
    h->item[i].worker_returned = true;
    h->item[i].token = APF_TOKEN_WAKE_ALL;
    h->queued++;
    /* kvm_arch_async_page_present_queued(), for the first on `done` */
    if (apf_done_append(h, i) && !apf_rules(h)->ready_by_pf) {
        h->requests |= APF_REQ_READY;
        if (!h->pageready_pending) {
            apf_do_item(out, APF_DO_KICK, h, i);
        }
    }
    out->item = (uint8_t)i;
}

/* The tests of kvm_pv_enable_async_pf() that come before anything is stored. */
static bool en_refused(const struct apf_host *h, uint64_t value)
{
    return (value & APF_EN_RESERVED) ||
           (apf_rules(h)->ready_by_pf && (value & APF_EN_DELIVERY_AS_INT)) ||
           (!has(h, APF_CPUID_ASYNC_PF_VMEXIT) && (value & APF_EN_DELIVERY_AS_PF_VMEXIT)) ||
           (!has(h, APF_CPUID_ASYNC_PF_INT) && (value & APF_EN_DELIVERY_AS_INT));
}

static bool en_turns_on(const struct apf_host *h, uint64_t value)
{
    return (value & APF_EN_ENABLED) &&
           (apf_rules(h)->ready_by_pf || (value & APF_EN_DELIVERY_AS_INT));
}

/* kvm_pv_enable_async_pf() */
static bool write_en(struct apf_host *h, const struct apf_host_in *in, struct apf_host_out *out)
{
    if (en_refused(h, in->value)) {
        return false;
    }
    /* 0 is always accepted: a VMM restores it without knowing (BUG-18). */
    if (!h->lapic_in_kernel && !apf_bug(h, APF_BUG_17)) {
        return in->value == 0 && !apf_bug(h, APF_BUG_18);
    }
    bool on = en_turns_on(h, in->value), bad_area = on && in->area_faults;
    if (bad_area && APF_RULE(h, en_checks_area_first, 27)) {
        return false;
    }
    h->msr_en = in->value;
    if (!on) {
        if (!apf_protocol_of(h)->off_keeps) {
            apf_host_clear(h, out);
        }
        return true;
    }
    h->area_valid = !bad_area;
    if (bad_area) {
        return false; /* stored all the same: enabled without an area (BUG-27) */
    }
    h->send_always = in->value & APF_EN_SEND_ALWAYS;
    h->as_pf_vmexit = in->value & APF_EN_DELIVERY_AS_PF_VMEXIT;
    if (apf_protocol_of(h)->wakes_all) {
        wakeup_all(h, in->no_memory, out);
    }
    return true;
}

/* kvm_pv_enable_async_pf_int() and its tests in kvm_set_msr_common() */
static bool write_int(struct apf_host *h, uint64_t value)
{
    if ((value >> 8) || !h->lapic_in_kernel) {
        return false;
    }
    h->msr_int = value;
    h->vec = (uint8_t)value;
    return true;
}

/* kvm_set_msr_common(), K-36: then the caller runs kvm_check_async_pf_completion(). */
static void write_ack(struct apf_host *h, const struct apf_area *area, const struct apf_host_in *in,
                      struct apf_host_out *out)
{
    if (in->value & 1) {
        h->pageready_pending = false;
        out->more = apf_host_may_present(h, in->area_faults ? NULL : area, &in->ctx);
        apf_keep_request(h, out->more);
    }
}

void apf_host_wrmsr(struct apf_host *h, const struct apf_area *area, const struct apf_host_in *in,
                    struct apf_host_out *out)
{
    bool accepted = gate_open(h, in->msr);

    if (in->msr == APF_CALL_COMPLETE && apf_protocol_of(h)->shared_pair) {
        return; /* the exit alone: what waits is looked at before the next entry */
    }
    if (accepted && in->msr == APF_MSR_EN) {
        accepted = write_en(h, in, out);
    } else if (accepted && in->msr == APF_MSR_INT) {
        accepted = write_int(h, in->value);
    } else if (accepted) {
        write_ack(h, area, in, out);
    }
    if (!accepted) {
        apf_do(out, APF_DO_GP);
    }
}
