/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thread.c - see thread.h.
 */
#include "thread.h"

#include "host_cpu.h"
#include "sim_assert.h"
#include "sim_words.h"

/* ---- segments: every nanosecond in exactly one ledger class ---- */

static void segment_note(struct vcpu *v, sim_ns ns)
{
    if (ns)
        sim_note(v->w->sim, NOTE_VCPU_SEGMENT, v->id, v->ledger, ns, v->insn.task);
}

/* A part of the segment was others'. */
static void segment_preempted(struct vcpu *v, sim_ns ns)
{
    sim_ns part = v->preempted < ns ? v->preempted : ns;

    if (part)
        sim_note(v->w->sim, NOTE_VCPU_SEGMENT, v->id, LEDGER_WORKER, part, v->insn.task);
    v->preempted = 0;
    segment_note(v, ns - part);
}

/* What a host CPU does while a vCPU thread that has it is in a ledger class. */
static enum host_class host_class(const struct vcpu *v)
{
    if (v->polling)
        return HOST_POLL;
    return v->ledger == LEDGER_USER   ? HOST_GUEST_USER
           : v->ledger == LEDGER_EXIT ? HOST_EXIT
                                      : HOST_GUEST_OTHER;
}

/* With shared host CPUs. */
__attribute__((noinline)) static void segment_shared(struct vcpu *v, sim_ns ns)
{
    if (v->on_cpu)
        host_cpus_book(v->w->cpus, v->id, host_class(v), ns);
    else if (v->ledger == LEDGER_STOLEN)
        v->stolen += ns;
}

static void segment_end(struct vcpu *v)
{
    sim_ns now = sim_now(v->w->sim), ns = now - v->segment_start;

    v->accounted += ns;
    v->segment_start = now;
    if (v->w->cpus)
        segment_shared(v, ns);
    if (v->preempted)
        segment_preempted(v, ns);
    else
        segment_note(v, ns);
}

void vcpu_segment(struct vcpu *v, enum ledger_class ledger)
{
    if (v->segment_start != sim_now(v->w->sim) || v->ledger != ledger)
        segment_end(v);
    v->ledger = (uint8_t)ledger;
}

bool vcpu_spend(struct vcpu *v, enum ledger_class ledger, sim_ns ns, enum vcpu_pc pc)
{
    sim_ns end;

    v->pc = pc;
    v->state = VCPU_EXIT;
    if (ns == 0)
        return true;
    end = sim_now(v->w->sim) + ns;
    vcpu_segment(v, ledger);
    if (sim_try_advance(v->w->sim, v->actor, end))
        return true;
    sim_actor_at(v->w->sim, v->actor, end, 0, 0);
    return false;
}

static void sleep_now(struct vcpu *v)
{
    v->on_cpu = v->polling = false;
    host_cpus_sleep(v->w->cpus, v->id);
}

/* kvm_vcpu_halt() polls while nobody else wants the CPU; kvm_vcpu_block() of the artificial halt
 * does not. */
static void release_cpu(struct vcpu *v)
{
    sim_ns poll = v->w->p->host.halt_poll;

    v->leave = false;
    if (v->state != VCPU_HLT || !poll || host_cpus_wanted(v->w->cpus, v->id)) {
        sleep_now(v);
        return;
    }
    v->polling = true;
    host_cpus_alarm(v->w->cpus, v->id, sim_now(v->w->sim) + poll, true);
}

bool vcpu_block(struct vcpu *v, enum vcpu_state state, enum ledger_class ledger)
{
    v->state = state;
    vcpu_segment(v, ledger);
    sim_actor_cancel(v->w->sim, v->actor);
    if (v->w->cpus)
        release_cpu(v);
    return false;
}

/*
 * Somebody else's event gives the thread work: it goes on in an event of its own, so that it never
 * runs (and never moves the clock) inside another actor's step.
 */
static void vcpu_resume(struct vcpu *v, enum ledger_class ledger, sim_ns ns, enum vcpu_pc pc)
{
    v->pc = pc;
    v->state = VCPU_EXIT;
    vcpu_segment(v, ledger);
    sim_actor_at(v->w->sim, v->actor, sim_now(v->w->sim) + ns, 0, 0);
}

/* The thread is woken; it spends ns of host time when it has a CPU, then continues at pc. */
static void vcpu_ready(struct vcpu *v, sim_ns ns, enum vcpu_pc pc)
{
    if (!v->w->cpus) {
        vcpu_resume(v, LEDGER_EXIT, ns, pc);
        return;
    }
    v->pc = pc;
    v->state = VCPU_EXIT;
    v->owed = ns;
    v->owed_ledger = LEDGER_EXIT;
    vcpu_segment(v, LEDGER_STOLEN);
    host_cpus_wake(v->w->cpus, v->id);
}

/* ---- shared host CPUs ---- */

void vcpu_on_cpu(struct vcpu *v)
{
    vcpu_segment(v, (enum ledger_class)v->owed_ledger);
    v->on_cpu = true;
    sim_actor_at(v->w->sim, v->actor, sim_now(v->w->sim) + v->owed, 0, 0);
}

/* Off the CPU, what is left of its host time is owed. */
static void set_aside(struct vcpu *v, sim_ns owed)
{
    v->owed = owed;
    v->owed_ledger = v->ledger;
    sim_actor_cancel(v->w->sim, v->actor);
    vcpu_segment(v, LEDGER_STOLEN);
    v->on_cpu = v->leave = false;
}

enum host_off vcpu_off_cpu(struct vcpu *v)
{
    if (v->polling) {
        vcpu_poll_over(v);
        return HOST_ASLEEP;
    }
    if (v->state == VCPU_GUEST) /* the scheduler's IPI: one exit */
        vcpu_interrupt_guest(v, LEDGER_EXIT, v->w->p->cost.exit);
    if (v->state == VCPU_GUEST) {
        v->leave = true;
        return HOST_LATER;
    }
    set_aside(v, sim_actor_when(v->w->sim, v->actor) - sim_now(v->w->sim));
    return HOST_OFF;
}

bool vcpu_leaves(struct vcpu *v)
{
    v->state = VCPU_EXIT;
    set_aside(v, 0);
    host_cpus_leave(v->w->cpus, v->id);
    return false;
}

void vcpu_poll_over(struct vcpu *v)
{
    SIM_ASSERT(v->polling);
    segment_end(v);
    sleep_now(v);
}

sim_ns vcpu_stolen(const struct vcpu *v)
{
    bool waits = v->ledger == LEDGER_STOLEN;

    return v->stolen + (waits ? sim_now(v->w->sim) - v->segment_start : 0);
}

/* ---- what others may do to a thread ---- */

bool vcpu_has_events(const struct vcpu *v)
{
    bool done = apf_host_has_done(&v->apf) && !v->w->protocol->worker_tells;

    return done || v->pf_pending || v->gp_pending ||
           (vcpu_takes_irq(v) && (lapic_pending(&v->lapic) >= 0 || v->vm->floating.count));
}

/* Takes the vCPU out of guest mode in the middle of an instruction; spends ns of host time. */
void vcpu_interrupt_guest(struct vcpu *v, enum ledger_class ledger, sim_ns ns)
{
    struct world *w = v->w;

    SIM_ASSERT(v->state == VCPU_GUEST);
    if (!v->running || v->insn.op == GUEST_TOUCH) {
        v->exit_wanted = true; /* a touch is not divided; between two instructions: next */
        return;
    }
    v->running = false; /* its end moves: vcpu_resume() */
    if (v->insn.op == GUEST_HLT)
        v->vm->ops->retire(v->vm->guest, v->cpu, 0, 0);
    else
        v->vm->ops->cut(v->vm->guest, v->cpu, sim_now(w->sim) - v->insn_start);
    vcpu_resume(v, ledger, ns, PC_LOOP_HEAD);
}

/* The poll was worth it: the thread has its CPU still. */
static void polled(struct vcpu *v)
{
    segment_end(v);
    v->polling = false;
    host_cpus_alarm(v->w->cpus, v->id, SIM_NEVER, false);
    vcpu_resume(v, LEDGER_EXIT, 0, PC_WOKEN);
}

void vcpu_wake(struct vcpu *v)
{
    sim_ns slept = sim_now(v->w->sim) - v->halt_start, cost = v->w->p->cost.vcpu_wake;

    if (v->state != VCPU_HLT && v->state != VCPU_APF_HALTED)
        return;
    if (!vcpu_has_events(v) && !v->timer_pending && !v->signal &&
        !v->init) /* kvm_vcpu_check_block() */
        return;
    /* kvm_vcpu_halt() polls first; kvm_vcpu_block() of the artificial halt does not. */
    if (v->w->cpus ? v->polling : v->state == VCPU_HLT && slept <= v->w->p->host.halt_poll)
        cost = 0;
    sim_note(v->w->sim, NOTE_KVM_VCPU_WAKEUP, v->id, slept, cost == 0, 0);
    if (v->state == VCPU_APF_HALTED)
        sim_note(v->w->sim, NOTE_LATENCY, LATENCY_APF_HALT, slept, v->id, v->insn.task);
    if (v->polling)
        polled(v);
    else
        vcpu_ready(v, cost, PC_WOKEN);
}

void vcpu_kick(struct vcpu *v)
{
    if (v->state == VCPU_GUEST)
        vcpu_interrupt_guest(v, LEDGER_EXIT, v->w->p->cost.exit);
    else
        vcpu_wake(v);
}

void vcpu_irq(struct vcpu *v, unsigned vector)
{
    /* __apic_accept_irq() traces first, then finds out whether the LAPIC takes it. */
    sim_note(v->w->sim, NOTE_KVM_APIC_ACCEPT_IRQ, v->id, vector, 0, 0);
    if (!lapic_accept(&v->lapic, vector))
        return;
    if (v->state != VCPU_GUEST)
        vcpu_wake(v);
    else if (vcpu_takes_irq(v))
        vcpu_interrupt_guest(v, LEDGER_EXIT, v->w->p->cost.exit);
    /* IF = 0: on_guest() finds it when the window opens. */
}

void vcpu_sync_done(struct vcpu *v)
{
    SIM_ASSERT(v->state == VCPU_SYNC);
    sim_note(v->w->sim, NOTE_LATENCY, LATENCY_SYNC_BLOCK, sim_now(v->w->sim) - v->halt_start, v->id,
             v->insn.task);
    vcpu_ready(v, v->w->p->cost.sync_fault + v->debt, PC_SYNC_DONE);
    v->debt = 0;
}

void vcpu_flushed(struct vcpu *v)
{
    SIM_ASSERT(v->flush_count > 0);
    v->flush_count--;
    if (v->flush_count == 0 && v->state == VCPU_FLUSH)
        vcpu_ready(v, 0, v->pc);
}

/* apic_timer_expired(): counted as pending, and a kick. Expirations that nobody saw are one. */
void vcpu_timer_fired(struct vcpu *v)
{
    v->timer_pending = true;
    vcpu_kick(v);
}

/* Delivery modes (APIC_DM_* >> 8), and the page with which a CPU starts: assumed, below 1 MiB. */
enum { APIC_INIT = 5, APIC_SIPI = 6, SIPI_PAGE = 0x98 };

void vcpu_send_init(struct vcpu *v)
{
    sim_note(v->w->sim, NOTE_KVM_APIC_ACCEPT_IRQ, v->id, 0, APIC_INIT, 0);
    sim_note(v->w->sim, NOTE_KVM_APIC_ACCEPT_IRQ, v->id, SIPI_PAGE, APIC_SIPI, 0);
    v->init = true;
    vcpu_kick(v);
}

void vcpu_signal(struct vcpu *v)
{
    v->signal = true;
    vcpu_kick(v);
}

void vcpu_worker_preempts(struct vcpu *v, sim_ns ns)
{
    sim_ns end = sim_actor_when(v->w->sim, v->actor);

    if (v->state == VCPU_GUEST) {
        vcpu_interrupt_guest(v, LEDGER_WORKER, ns);
    } else if (v->state == VCPU_EXIT && end != SIM_NEVER && ns) {
        v->preempted += ns; /* host code on the vCPU's thread goes on so much later */
        sim_actor_at(v->w->sim, v->actor, end + ns, 0, 0);
    }
}

void vcpu_split(struct vcpu *v)
{
    if (v->state == VCPU_GUEST && v->running && v->insn.op == GUEST_RUN) {
        v->running = false;
        sim_actor_cancel(v->w->sim, v->actor);
        v->vm->ops->cut(v->vm->guest, v->cpu, sim_now(v->w->sim) - v->insn_start);
        sim_actor_at(v->w->sim, v->actor, sim_now(v->w->sim), 0, 0);
    }
    segment_end(v);
}
