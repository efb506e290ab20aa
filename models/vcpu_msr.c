/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu_msr.c - the MSRs of a vCPU: APF's three, and of the LAPIC what APF needs (x2APIC form)
 *
 * kvm_msr is traced after the write has been carried out, as in KVM: whatever the write sets in
 * motion is traced first.
 */
#include "vcpu_msr.h"

#include "apf_step.h"
#include "sim_assert.h"
#include "stuck.h"
#include "thread.h"

#define MSR_APICBASE     0x1bu
#define MSR_TSC_DEADLINE 0x6e0u
#define MSR_STEAL_TIME   0x4b564d03u
#define MSR_PV_EOI       0x4b564d04u
#define MSR_MIGRATION    0x4b564d08u
#define MSR_X2APIC_FIRST 0x800u
#define MSR_X2APIC_LAST  0x8ffu
#define MSR_X2APIC_EOI   0x80bu
#define MSR_X2APIC_SPIV  0x80fu
#define MSR_X2APIC_LVTT  0x832u
#define MSR_X2APIC_TMICT 0x838u
#define MSR_X2APIC_TDCR  0x83eu
#define APICBASE_ENABLE  0x800u
#define SPIV_ENABLE      0x100u
#define LVTT_PERIODIC    0x20000u
#define LVTT_MASKED      0x10000u
#define TIMER_PERIOD_MIN 200000u /* kvm.min_timer_period_us */

static void timer_arm(struct vcpu *v, uint64_t at)
{
    sim_ns now = sim_now(v->w->sim);

    v->lapic.timer_at = at;
    sim_actor_at(v->w->sim, v->timer_actor, at == 0 ? SIM_NEVER : at < now ? now : at, 0, 0);
}

void vcpu_timer_event(void *ctx, const struct sim_event *ev)
{
    struct vcpu *v = ctx;

    (void)ev;
    if (v->lapic.timer_periodic)
        timer_arm(v, v->lapic.timer_at + v->lapic.timer_period);
    else
        v->lapic.timer_at = 0;
    vcpu_timer_fired(v);
}

/* K-35: the LAPIC has become enabled. */
static void lapic_change(struct vcpu *v, bool hw, bool sw)
{
    bool before = lapic_enabled(&v->lapic);
    struct apf_host_in in = {.kind = APF_IN_LAPIC_ENABLED};
    struct apf_host_out out;

    v->lapic.hw_enabled = hw;
    v->lapic.sw_enabled = sw;
    if (!sw)
        v->lapic.timer_masked = true; /* apic_set_spiv() masks every LVT entry */
    if (before || !lapic_enabled(&v->lapic))
        return;
    vcpu_context(v, &in.ctx);
    apf_step(v, &in, &out);
}

static void eoi(struct vcpu *v)
{
    int vector = lapic_eoi(&v->lapic);

    if (vector >= 0)
        sim_note(v->w->sim, NOTE_KVM_EOI, v->id, (uint64_t)vector, 0, 0);
}

/* kvm_set_msr_common() for APF: true when `done` may now be drained (ACK). */
static bool apf_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value, bool host)
{
    struct apf_host_in in = {
        .kind = APF_IN_WRMSR, .msr = msr, .value = value, .host_initiated = host};
    struct apf_host_out out;

    vcpu_context(v, &in.ctx);
    if (msr == APF_MSR_EN && stuck_found(v, true))
        return false;
    if (msr == APF_MSR_ACK && v->apf.pageready_pending)
        sim_note(v->w->sim, NOTE_LATENCY, LATENCY_READY_TO_ACK, sim_now(v->w->sim) - v->ready_at,
                 v->id, ~0u);
    apf_step(v, &in, &out);
    for (uint32_t i = 0; i < out.count; i++)
        if (out.act[i].kind == APF_DO_GP)
            v->msr_gp = true;
    if (msr == APF_MSR_EN && apf_host_pv_enabled(&v->apf))
        v->enabled_at = sim_now(v->w->sim);
    return out.more;
}

/* 1 ns a count: the bus clock is 1 GHz, divided by 1. limit_periodic_timer_frequency(). */
static void set_timer_count(struct vcpu *v, uint64_t count)
{
    if (count && count < TIMER_PERIOD_MIN)
        count = TIMER_PERIOD_MIN;
    v->lapic.timer_period = count;
    timer_arm(v, count ? sim_now(v->w->sim) + count : 0);
}

/* A LAPIC that is software-disabled keeps its LVT entries masked. */
static void set_timer_mode(struct vcpu *v, uint64_t value)
{
    v->lapic.timer_vector = (uint8_t)value;
    v->lapic.timer_periodic = value & LVTT_PERIODIC;
    v->lapic.timer_masked = (value & LVTT_MASKED) || !v->lapic.sw_enabled;
}

/* kvm_lapic_msr_write(): bits 63:32 of an x2APIC register are reserved. */
static bool is_refused(uint32_t msr, uint64_t value)
{
    return msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST && value >> 32;
}

static bool wrmsr(struct vcpu *v, uint32_t msr, uint64_t value)
{
    if (is_refused(msr, value)) {
        v->msr_gp = true;
        return false;
    }
    switch (msr) {
    case APF_MSR_EN:
    case APF_MSR_INT:
    case APF_MSR_ACK:
    case APF_CALL_COMPLETE:
        return apf_wrmsr(v, msr, value, false);
    case MSR_X2APIC_EOI:
        eoi(v);
        break;
    case MSR_TSC_DEADLINE:
        timer_arm(v, value);
        break;
    case MSR_APICBASE:
        v->lapic.base = value;
        lapic_change(v, value & APICBASE_ENABLE, v->lapic.sw_enabled);
        break;
    case MSR_X2APIC_SPIV:
        lapic_change(v, v->lapic.hw_enabled, value & SPIV_ENABLE);
        break;
    case MSR_X2APIC_LVTT:
        set_timer_mode(v, value);
        break;
    case MSR_X2APIC_TMICT:
        set_timer_count(v, value);
        break;
    case MSR_X2APIC_TDCR:
    case MSR_STEAL_TIME: /* KVM's, of which only the exit matters here */
    case MSR_PV_EOI:
    case MSR_MIGRATION:
        break;
    default:
        v->msr_gp = true;
        break;
    }
    return false;
}

static uint64_t rdmsr(struct vcpu *v, uint32_t msr)
{
    uint64_t value = 0;

    if (msr == MSR_APICBASE)
        return v->lapic.base;
    v->msr_gp = !apf_host_rdmsr(&v->apf, msr, &value);
    return value;
}

bool vcpu_do_msr(struct vcpu *v)
{
    bool drain = false;

    v->msr_gp = false;
    v->msr_value = v->insn.value;
    v->pc = PC_MSR_DONE;
    if (v->insn.op == GUEST_RDMSR)
        v->msr_value = rdmsr(v, v->insn.msr);
    else
        drain = wrmsr(v, v->insn.msr, v->insn.value);
    if (v->flush_count)
        return vcpu_block(v, VCPU_FLUSH, LEDGER_FLUSH_BLOCKED);
    if (drain) {
        v->dequeue_ret = PC_MSR_DONE;
        v->pc = PC_DEQUEUE;
        return true;
    }
    return sim_stopped(v->w->sim) != SIM_RUNNING || vcpu_msr_done(v);
}

bool vcpu_msr_done(struct vcpu *v)
{
    sim_note(v->w->sim, NOTE_KVM_MSR, v->id, v->insn.msr, v->msr_value,
             (v->insn.op == GUEST_WRMSR ? 1u : 0u) | (v->msr_gp ? 2u : 0u));
    v->pc = PC_LOOP_HEAD;
    if (v->msr_gp)
        v->gp_pending = true;
    else
        v->vm->ops->retire(v->vm->guest, v->cpu, 0, v->msr_value);
    return true;
}

bool vcpu_host_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value)
{
    SIM_ASSERT(v->state == VCPU_EXIT);
    v->msr_gp = false;
    if (apf_wrmsr(v, msr, value, true))
        v->drain = true;
    return !v->msr_gp;
}
