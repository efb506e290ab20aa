/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu.c - KVM's run loop (vcpu_run, vcpu_enter_guest, vcpu_block) as a list of steps
 *
 * A step returns true when the thread goes on at once, false when an event will continue it. Host
 * time passes in vcpu_spend(), guest time in guest_run(), waiting in vcpu_block().
 */
#include "vcpu.h"

#include <string.h>

#include "apf_step.h"
#include "floating.h"
#include "host_mmu.h"
#include "sim_assert.h"
#include "stuck.h"
#include "thread.h"
#include "vcpu_msr.h"

/* A thread that takes this many steps (or twice) in one instant would go on for ever. */
#define SAME_TIME_MAX 2000000u

/* ---- the run loop: what always follows a step is called by it, without a turn of vcpu_go() ----
 */

static void step(struct vcpu *v, enum apf_host_in_kind kind, struct apf_host_out *out)
{
    struct apf_host_in in = {.kind = kind, .item = v->present_item};

    vcpu_context(v, &in.ctx);
    apf_step(v, &in, out);
}

/*
 * kvm_apic_accept_events(): K-37, kvm_lapic_reset(), and SIPI at once. Guest memory, hence the
 * slot, stays as it is.
 */
static bool on_init(struct vcpu *v)
{
    uint64_t base = v->lapic.base;
    struct apf_host_out out;

    v->guest_mode = false;
    v->init = v->hlt = v->timer_pending = v->pf_pending = v->gp_pending = v->if_flag = false;
    lapic_reset(&v->lapic);
    v->lapic.base = base;
    sim_actor_cancel(v->w->sim, v->timer_actor);
    step(v, APF_IN_RESET, &out);
    v->pc = PC_LOOP_HEAD;
    return v->flush_count ? vcpu_block(v, VCPU_FLUSH, LEDGER_FLUSH_BLOCKED) : true;
}

static bool on_enter(struct vcpu *v);
static bool on_inject(struct vcpu *v);
static bool on_guest(struct vcpu *v);

static enum ledger_class halted_ledger(const struct guest_insn *hlt)
{
    return hlt->offline ? LEDGER_OFFLINE : hlt->waiting ? LEDGER_IDLE_WAITING : LEDGER_IDLE;
}

/*
 * vcpu_run(): K-32. A timer that has fired becomes an interrupt here, in the vCPU's thread, and
 * nowhere else: kvm_inject_pending_timer_irqs().
 */
static bool on_loop_head(struct vcpu *v)
{
    if (v->leave) /* need_resched() */
        return vcpu_leaves(v);
    if (v->init)
        return on_init(v);
    if (v->timer_pending) {
        v->timer_pending = false;
        if (!v->lapic.timer_masked)
            vcpu_irq(v, v->lapic.timer_vector);
    }
    if (v->signal) {
        v->w->vmm_signal(v->w->vmm_ctx, v);
        return vcpu_block(v, VCPU_STOPPED, LEDGER_IDLE);
    }
    if (!v->hlt && !v->apf.halted)
        return on_enter(v);
    if (vcpu_has_events(v)) {
        v->pc = PC_WOKEN;
        return true;
    }
    v->halt_start = sim_now(v->w->sim);
    if (v->hlt)
        return vcpu_block(v, VCPU_HLT, halted_ledger(&v->insn));
    return vcpu_block(v, VCPU_APF_HALTED, LEDGER_APF_HALTED);
}

/*
 * kvm_vcpu_block() has returned. With an event: HALTED -> RUNNABLE, and `halted` goes either way.
 * Without one (a timer, a signal): the run loop sees to it, and the vCPU's state is what it was.
 */
static bool on_woken(struct vcpu *v)
{
    struct apf_host_out out;

    if (!vcpu_has_events(v)) {
        v->pc = PC_LOOP_HEAD;
        return true;
    }
    v->hlt = false;
    step(v, APF_IN_UNHALT, &out);
    v->pc = PC_LOOP_HEAD;
    return true;
}

static void request_halt(struct vcpu *v)
{
    struct apf_host_out out;

    step(v, APF_IN_REQ_HALT, &out);
    v->pc = PC_LOOP_HEAD; /* aborts the pass; later requests remain */
}

/* K-30: the requests that concern APF, in the kernel's order. */
static bool on_enter(struct vcpu *v)
{
    if (v->apf.requests & APF_REQ_HALT) {
        request_halt(v);
    } else if (v->apf.requests & APF_REQ_READY) {
        v->dequeue_ret = v->w->protocol->keeps_request ? PC_INJECT : PC_ENTER;
        v->pc = PC_DEQUEUE;
    } else if (v->w->protocol->worker_tells && apf_host_has_done(&v->apf)) {
        v->dequeue_ret = PC_ENTER; /* vcpu_pre_run() of s390 */
        v->pc = PC_DEQUEUE;
    } else {
        return on_inject(v);
    }
    return true;
}

static bool maps_first(const struct apf_host_out *out)
{
    for (uint32_t i = 0; i < out->count; i++)
        if (out->act[i].kind == APF_DO_PREFAULT)
            return true;
    return false;
}

/* One turn of kvm_check_async_pf_completion(): K-18, unlink, prefault. */
static bool on_dequeue(struct vcpu *v)
{
    struct apf_host_out out;

    bool entering = v->dequeue_ret == PC_ENTER || v->dequeue_ret == PC_INJECT;

    step(v, v->apf.requests & APF_REQ_READY && entering ? APF_IN_REQ_READY : APF_IN_CHECK, &out);
    if (out.item == APF_NO_ITEM) {
        v->pc = v->dequeue_ret;
        return true;
    }
    v->present_item = out.item;
    v->pc = PC_PRESENT;
    if (!maps_first(&out))
        return true;
    return host_mmu_prefault(v, out.item, (uint32_t)(v->apf.item[out.item].gfn - GFN_BASE));
}

static bool on_present(struct vcpu *v)
{
    struct apf_host_out out;
    bool wakeup_all = v->apf.item[v->present_item].wakeup_all;

    step(v, APF_IN_PRESENT, &out);
    v->ready_at = sim_now(v->w->sim);
    if (!wakeup_all && !v->w->protocol->worker_tells)
        sim_note(v->w->sim, NOTE_LATENCY, LATENCY_COMPLETED_TO_READY,
                 v->ready_at - v->worker[v->present_item].completed, v->id, ~0u);
    v->pc = out.more ? PC_DEQUEUE : v->dequeue_ret;
    if (v->flush_count)
        return vcpu_block(v, VCPU_FLUSH, LEDGER_FLUSH_BLOCKED);
    return true;
}

/* Entry: leaves host mode. A host tick is only worth an event while the guest runs. */
static void enter_guest(struct vcpu *v)
{
    uint32_t hz = v->w->p->host.hz;

    v->state = VCPU_GUEST;
    v->pc = PC_GUEST;
    if (!v->tick_armed && hz) {
        sim_ns period = SIM_SEC / hz;

        v->tick_armed = true;
        sim_actor_at(v->w->sim, v->tick_actor, (sim_now(v->w->sim) / period + 1) * period, 0, 0);
    }
}

/* The not-present. arm64: from here on it cannot be withdrawn. */
static void inject_pf(struct vcpu *v)
{
    struct world *w = v->w;
    struct apf_host_out out;

    v->pf_pending = false;
    v->if_flag = false;
    if (w->protocol->cancels)
        step(v, APF_IN_EVENT_TAKEN, &out);
    sim_note(w->sim, NOTE_KVM_INJ_EXCEPTION, v->id, 14, 0, 0);
    v->vm->ops->exception(v->vm->guest, v->cpu, v->pf_vmexit ? GUEST_L2_PF : 14, v->pf_token);
}

/* C-31: something for L1 comes while L2 runs. L0 emulates the VM-exit, then L1 has it. */
static bool leaves_l2(struct vcpu *v)
{
    if (!v->guest_mode || (!v->pf_pending && lapic_pending(&v->lapic) < 0))
        return false;
    v->guest_mode = false;
    v->if_flag = true;
    return true;
}

/* K-31: a pending exception goes first and blocks interrupts in the same pass. */
static bool on_inject(struct vcpu *v)
{
    struct world *w = v->w;
    uint32_t token;
    int vector;

    v->exit_wanted = false;
    if (v->init) { /* no guest code runs before it is seen to */
        v->pc = PC_LOOP_HEAD;
        return true;
    }
    if (leaves_l2(v))
        return vcpu_spend(v, LEDGER_EXIT, w->p->cost.nested_exit, PC_LOOP_HEAD);
    if (v->gp_pending) {
        v->gp_pending = false;
        v->if_flag = false;
        sim_note(w->sim, NOTE_KVM_INJ_EXCEPTION, v->id, 13, 0, 0);
        v->vm->ops->exception(v->vm->guest, v->cpu, 13, 0);
    } else if (v->pf_pending) {
        inject_pf(v);
    } else if (v->if_flag && v->vm->floating.count && floating_take(v, &token)) {
        v->if_flag = false;
        sim_note(w->sim, NOTE_KVM_INJ_VIRQ, v->id, GUEST_PFAULT_DONE, 0, 0);
        v->vm->ops->exception(v->vm->guest, v->cpu, GUEST_PFAULT_DONE, token);
    } else if (v->if_flag && (vector = lapic_pending(&v->lapic)) >= 0) {
        lapic_ack(&v->lapic, (unsigned)vector);
        v->if_flag = false;
        sim_note(w->sim, NOTE_KVM_INJ_VIRQ, v->id, (uint64_t)vector, 0, 0);
        v->vm->ops->interrupt(v->vm->guest, v->cpu, (unsigned)vector);
    }
    if (v->timer_pending || v->signal) { /* kvm_vcpu_exit_request() */
        v->pc = PC_LOOP_HEAD;
        return true;
    }
    enter_guest(v);
    return sim_stopped(w->sim) != SIM_RUNNING || on_guest(v);
}

/* ---- guest mode ---- */

static void retire(struct vcpu *v, sim_ns ran, uint64_t value)
{
    v->running = false;
    v->vm->ops->retire(v->vm->guest, v->cpu, ran, value);
}

/* Lets the instruction's time pass. True when it is over and was retired. */
static bool guest_run(struct vcpu *v, sim_ns ns)
{
    struct sim *sim = v->w->sim;
    sim_ns now = sim_now(sim);

    if (ns == 0) {
        retire(v, 0, 0);
        return true;
    }
    vcpu_segment(v, (enum ledger_class)v->insn.ledger);
    if (ns != SIM_NEVER && sim_try_advance(sim, v->actor, now + ns)) {
        retire(v, ns, 0);
        return true;
    }
    v->running = true;
    v->insn_start = now;
    sim_actor_at(sim, v->actor, ns == SIM_NEVER ? SIM_NEVER : now + ns, 0, 0);
    return false;
}

_Static_assert(GUEST_TOUCH_WRITE == PAGE_TOUCH_WRITE,
               "the guest's touches go to the pages as such");

/*
 * Behind a touch that has hit: the touches that follow, as long as they hit, too, and nothing else
 * happens before they end. Nobody can have asked the vCPU for anything meanwhile, and the segment
 * goes on; each touch moves the clock as if it were alone.
 */
static void touch_ahead(struct vcpu *v)
{
    struct world *w = v->w;
    const uint32_t *touch;
    uint32_t n, hits;

    do {
        uint64_t room = sim_room(w->sim, v->insn.ns);

        n = v->vm->ops->ahead(v->vm->guest, v->cpu, &touch);
        n = n < room ? n : (uint32_t)room;
        hits = page_touch_run(w->pages, touch, n);
        if (!hits)
            return;
        sim_advance(w->sim, v->actor, v->insn.ns, hits);
        v->vm->ops->ran_ahead(v->vm->guest, v->cpu, hits, hits * v->insn.ns);
    } while (hits == n);
}

/* Apart, like all that follows it: most instructions are over in few steps, and save nothing. */
__attribute__((noinline)) static bool guest_touch(struct vcpu *v)
{
    if (page_touch(v->w->pages, v->insn.page, v->insn.write)) {
        if (v->w->access[v->insn.task].open)
            host_mmu_access_done(v);
        if (!guest_run(v, v->insn.ns))
            return false;
        if (v->insn.ns && v->vm->ops->ahead)
            touch_ahead(v);
        return true;
    }
    v->vm->ops->cut(v->vm->guest, v->cpu, 0);
    return vcpu_spend(v, LEDGER_EXIT, v->w->p->cost.exit + v->w->p->cost.fault, PC_FAULT);
}

/* HLT that does not exit (host.hlt_in_guest): the vCPU stays in guest mode until something
 * interrupts it. */
__attribute__((noinline)) static bool guest_hlt(struct vcpu *v)
{
    if (v->insn.if_flag && stuck_found(v, false))
        return false;
    if (!v->w->p->host.hlt_in_guest) {
        retire(v, 0, 0);
        return vcpu_spend(v, LEDGER_EXIT, v->w->p->cost.exit, PC_HLT);
    }
    v->insn.ledger = (uint8_t)halted_ledger(&v->insn);
    return guest_run(v, SIM_NEVER);
}

static bool guest_insn(struct vcpu *v)
{
    sim_ns exit = v->w->p->cost.exit;

    switch (v->insn.op) {
    case GUEST_RUN:
        return guest_run(v, v->insn.ns);
    case GUEST_TOUCH:
        return guest_touch(v);
    case GUEST_WRMSR:
    case GUEST_RDMSR:
        if (v->insn.op == GUEST_WRMSR && v->insn.msr == 0x80b && !v->w->eoi_exits)
            exit = 0; /* APICv: EOI does not exit */
        return vcpu_spend(v, LEDGER_EXIT, exit, PC_MSR);
    case GUEST_HLT:
        return guest_hlt(v);
    case GUEST_OUT:
        return vcpu_spend(v, LEDGER_EXIT, exit, PC_OUT);
    case GUEST_STOP:
        v->pc = PC_STOP;
        return true;
    }
    SIM_ASSERT(!"a guest instruction that does not exist");
    return false;
}

/* L1 resumes L2, an exit that L0 emulates; or L2 has done what L1 must see to. */
__attribute__((noinline)) static bool cross_level(struct vcpu *v)
{
    const struct cost_params *cost = &v->w->p->cost;

    v->vm->ops->cut(v->vm->guest, v->cpu, 0);
    v->guest_mode = v->insn.l2;
    v->if_flag = v->guest_mode;
    return vcpu_spend(v, LEDGER_EXIT,
                      cost->exit + (v->guest_mode ? cost->nested_entry : cost->nested_exit),
                      PC_LOOP_HEAD);
}

/* The interrupt window opens before this instruction. */
__attribute__((noinline)) static bool window_opens(struct vcpu *v)
{
    v->float_due = false;
    v->vm->ops->cut(v->vm->guest, v->cpu, 0);
    return vcpu_spend(v, LEDGER_EXIT, v->w->p->cost.exit, PC_LOOP_HEAD);
}

/* Guest mode: one instruction after the other, until one exits or something comes in. */
static bool on_guest(struct vcpu *v)
{
    if (v->exit_wanted)
        return vcpu_spend(v, LEDGER_EXIT, v->w->p->cost.exit, PC_LOOP_HEAD);
    v->vm->ops->next(v->vm->guest, v->cpu, &v->insn);
    if (v->insn.l2 != v->guest_mode)
        return cross_level(v);
    v->if_flag = v->insn.if_flag;
    v->cpl = v->insn.cpl;
    if (v->if_flag && (lapic_pending(&v->lapic) >= 0 || v->float_due))
        return window_opens(v);
    return guest_insn(v);
}

/* kvm_emulate_halt(). */
static bool on_hlt(struct vcpu *v)
{
    v->hlt = true;
    v->pc = PC_LOOP_HEAD;
    return true;
}

static bool on_out(struct vcpu *v)
{
    retire(v, 0, 0);
    v->pc = PC_VMM;
    return true;
}

/* KVM_RUN has returned. Called again, it goes straight into vcpu_enter_guest(). */
static bool on_vmm(struct vcpu *v)
{
    struct world *w = v->w;
    bool again = w->vmm_out && w->vmm_out(w->vmm_ctx, v, v->insn.value);

    v->pc = again ? PC_VMM : PC_ENTER;
    if (v->drain) {
        v->drain = false;
        v->dequeue_ret = v->pc;
        v->pc = PC_DEQUEUE;
    }
    if (v->flush_count)
        return vcpu_block(v, VCPU_FLUSH, LEDGER_FLUSH_BLOCKED);
    return vcpu_spend(v, LEDGER_EXIT, w->vmm_cost, v->pc);
}

static bool on_stop(struct vcpu *v)
{
    return vcpu_block(v, VCPU_STOPPED, LEDGER_IDLE);
}

/* ---- the thread ---- */

static bool (*const pc_step[PC_COUNT])(struct vcpu *v) = {
    [PC_LOOP_HEAD] = on_loop_head,
    [PC_ENTER] = on_enter,
    [PC_DEQUEUE] = on_dequeue,
    [PC_PRESENT] = on_present,
    [PC_INJECT] = on_inject,
    [PC_GUEST] = on_guest,
    [PC_FAULT] = host_mmu_fault,
    [PC_SYNC_DONE] = host_mmu_sync_done,
    [PC_MSR] = vcpu_do_msr,
    [PC_MSR_DONE] = vcpu_msr_done,
    [PC_HLT] = on_hlt,
    [PC_OUT] = on_out,
    [PC_VMM] = on_vmm,
    [PC_WOKEN] = on_woken,
    [PC_STOP] = on_stop,
};

/* Looks at the clock once in SAME_TIME_MAX steps. */
static bool stands_still(struct vcpu *v)
{
    sim_ns last = v->last_time;

    if (++v->steps < SAME_TIME_MAX)
        return false;
    v->steps = 0;
    v->last_time = sim_now(v->w->sim);
    return v->last_time == last;
}

static void vcpu_go(struct vcpu *v)
{
    while (pc_step[v->pc](v)) {
        if (stands_still(v)) {
            sim_stop(v->w->sim, SIM_NO_PROGRESS,
                     "a vCPU takes steps for ever and no time passes: give the loop a compute "
                     "step, or cost.touch or cost.exit a value");
            return;
        }
        if (sim_stopped(v->w->sim) != SIM_RUNNING)
            return;
    }
}

static void on_event(void *ctx, const struct sim_event *ev)
{
    struct vcpu *v = ctx;

    (void)ev;
    if (v->state == VCPU_GUEST && v->running)
        retire(v, sim_now(v->w->sim) - v->insn_start, 0);
    vcpu_go(v);
}

/* The host's own tick: whatever it does, it takes the vCPU out of guest mode once. */
static void on_host_tick(void *ctx, const struct sim_event *ev)
{
    struct vcpu *v = ctx;

    (void)ev;
    v->tick_armed = false;
    if (v->state != VCPU_GUEST)
        return;
    vcpu_interrupt_guest(v, LEDGER_EXIT, v->w->p->cost.exit);
    if (v->state == VCPU_GUEST)
        enter_guest(v);
}

void vcpu_init(struct vcpu *v, struct vm *vm, uint32_t cpu)
{
    struct world *w = vm->w;
    uint32_t id = vm->first + cpu;
    uint32_t cpuid = APF_CPUID_ASYNC_PF | APF_CPUID_ASYNC_PF_VMEXIT | APF_CPUID_ASYNC_PF_INT;

    memset(v, 0, sizeof *v);
    v->w = w;
    v->vm = vm;
    v->id = id;
    v->cpu = cpu;
    v->paging = true;
    v->pc = PC_LOOP_HEAD;
    v->ledger = LEDGER_EXIT;
    v->sync_next = WAITER_NONE;
    v->present_item = APF_NO_ITEM;
    v->worker = w->workers + (size_t)id * APF_ITEMS;
    v->insn.task = ~0u;
    lapic_reset(&v->lapic);
    v->lapic.base = VCPU_APICBASE | (cpu == 0 ? VCPU_APICBASE_BSP : 0);
    apf_host_init(&v->apf, w->p->host.kernel, cpu, cpuid, true);
    v->apf.protocol = (uint8_t)w->p->protocol;
    v->apf.bugs = w->p->bugs;
    v->apf.fixes = w->p->fixes;
    v->actor = sim_actor_add(w->sim, SIM_RANK_VCPU, on_event, v);
    v->timer_actor = sim_actor_add(w->sim, SIM_RANK_TIMER, vcpu_timer_event, v);
    v->tick_actor = sim_actor_add(w->sim, SIM_RANK_TIMER, on_host_tick, v);
}

void vcpu_start(struct vcpu *v)
{
    v->state = VCPU_EXIT;
    v->owed_ledger = LEDGER_EXIT;
    if (v->w->cpus)
        host_cpus_wake(v->w->cpus, v->id);
    else
        sim_actor_at(v->w->sim, v->actor, 0, 0, 0);
}
