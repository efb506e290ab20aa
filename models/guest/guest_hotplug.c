/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_hotplug.c - a guest CPU goes offline and comes back, as often as guest.hotplug says
 *
 * Sources:  kernel/cpu.c (the order of the steps), kernel/sched/core.c (sched_cpu_deactivate),
 *           arch/x86/kernel/kvm.c (kvm_guest_cpu_offline, kvm_guest_cpu_init).
 *
 *   told      an interrupt; the CPU finishes what its task does in the kernel
 *   leaves    runnable tasks and interrupts of devices go to another CPU; a switch to the thread
 *             of hot-plug
 *   G-2       interrupts off; one exit for each WRMSR: steal time, PV EOI, migration control, EN
 *             (K-20 waits in it for running workers); enabled := false, wake-all; interrupts on
 *   dead      timers go to another CPU, LAPIC timer off, HLT with interrupts off
 *   comes     INIT and SIPI (K-37), then the boot path of guest_cpu.c with G-1
 *
 * Left out: what else the kernel does on that way (RCU, stop_machine, firmware) takes no time.
 */
#include "guest_kernel.h"
#include "sim_assert.h"

#define MSR_KVM_STEAL_TIME        0x4b564d03u
#define MSR_KVM_PV_EOI_EN         0x4b564d04u
#define MSR_KVM_MIGRATION_CONTROL 0x4b564d08u
#define MSR_TSC_DEADLINE          0x6e0u

enum { EVENT_GO, EVENT_COME };

static void set_event(struct guest_sched *g, uint32_t kind, sim_ns after)
{
    sim_actor_at(g->sim, g->plug_actor, sim_now(g->sim) + after, kind, 0);
}

/* ---- going ---- */

/* True once the CPU is on its way; until then it still has to leave the kernel. */
static bool may_go(struct guest_cpu *c)
{
    return c->curr == GUEST_NO_TASK || !task_in_kernel(&c->g->task[c->curr].prog);
}

static void go(struct guest_cpu *c)
{
    if (c->last != GUEST_NO_TASK)
        sim_note(c->g->sim, NOTE_TASK_SWITCH, guest_vcpu(c), c->last, GUEST_NO_TASK, 0);
    c->plug = PLUG_SWITCH;
    c->left = c->g->p->cost.context_switch;
    guest_tasks_leave(c);
    guest_service_moves(c);
    c->last = GUEST_NO_TASK;
}

bool guest_plug_leaves(struct guest_cpu *c)
{
    switch (c->plug) {
    case PLUG_ONLINE:
        return false;
    case PLUG_TOLD:
        if (!may_go(c))
            return false;
        go(c);
        return true;
    case PLUG_COMES:
        c->plug = PLUG_ONLINE;
        sim_note(c->g->sim, NOTE_CPU_ONLINE, guest_vcpu(c), sim_now(c->g->sim) - c->plug_since, 0,
                 0);
        guest_tasks_return(c);
        guest_service_moves(c);
        if (--c->g->plugs_left)
            set_event(c->g, EVENT_GO, c->g->gp->hotplug.online);
        return false;
    case PLUG_SWITCH:
    case PLUG_IRQ_ON:
    case PLUG_STEAL_TIME:
    case PLUG_PV_EOI:
    case PLUG_MIGRATION:
    case PLUG_EN:
    case PLUG_IRQ_ON_AGAIN:
    case PLUG_TIMER:
    case PLUG_DEAD:
        break;
    }
    return true;
}

static void emit_wrmsr(struct guest_insn *insn, uint32_t msr, uint64_t value)
{
    insn->op = GUEST_WRMSR;
    insn->msr = msr;
    insn->value = value;
}

bool guest_plug_emit(struct guest_cpu *c, struct guest_insn *insn)
{
    *insn =
        (struct guest_insn){.op = GUEST_RUN, .task = GUEST_NO_TASK, .ledger = LEDGER_GUEST_KERNEL};
    switch (c->plug) {
    case PLUG_SWITCH:
        insn->ns = c->left;
        insn->ledger = LEDGER_GUEST_SWITCH;
        break;
    case PLUG_IRQ_ON: /* takes no time, but what waits for IF comes in here */
    case PLUG_IRQ_ON_AGAIN:
        insn->if_flag = true;
        break;
    case PLUG_STEAL_TIME:
        emit_wrmsr(insn, MSR_KVM_STEAL_TIME, 0);
        break;
    case PLUG_PV_EOI:
        emit_wrmsr(insn, MSR_KVM_PV_EOI_EN, 0);
        break;
    case PLUG_MIGRATION:
        emit_wrmsr(insn, MSR_KVM_MIGRATION_CONTROL, 0);
        break;
    case PLUG_EN:
        emit_wrmsr(insn, c->wrmsr[c->act].msr, c->wrmsr[c->act].value);
        break;
    case PLUG_TIMER:
        emit_wrmsr(insn, MSR_TSC_DEADLINE, 0);
        break;
    case PLUG_DEAD: /* native_play_dead() */
        insn->op = GUEST_HLT;
        insn->offline = true;
        break;
    case PLUG_ONLINE:
    case PLUG_TOLD:
    case PLUG_COMES:
        SIM_ASSERT(!"a CPU that is online takes no step of hot-plug");
    }
    return true;
}

/* hrtimers_cpu_dying(), timers_dead_cpu(): whoever sleeps or starts later is woken elsewhere. */
static void timers_leave(struct guest_cpu *c)
{
    struct guest_cpu *to = guest_cpu_fallback(c->g);

    c->tick_at = 0;
    if (!c->timers.count)
        return;
    while (c->timers.count) {
        int64_t key = c->timers.item[0].key;

        task_queue_push(&to->timers, key, task_queue_remove(&c->timers, 0));
    }
    guest_resched(to, c); /* it looks at its timer on the way out of the kernel */
}

static void die(struct guest_cpu *c)
{
    c->plug = PLUG_DEAD;
    sim_note(c->g->sim, NOTE_CPU_OFFLINE, guest_vcpu(c), sim_now(c->g->sim) - c->plug_since,
             c->area->token, 0);
    set_event(c->g, EVENT_COME, c->g->gp->hotplug.offline);
}

void guest_plug_done(struct guest_cpu *c, sim_ns ran)
{
    (void)ran;
    switch (c->plug) {
    case PLUG_SWITCH:
    case PLUG_IRQ_ON:
    case PLUG_STEAL_TIME:
    case PLUG_PV_EOI:
        c->plug++;
        break;
    case PLUG_MIGRATION:
        guest_apf_simple(c, APF_GIN_DISABLE);
        c->plug = PLUG_EN;
        if (!c->acts) { /* APF was not enabled */
            guest_apf_disabled(c);
            c->plug = PLUG_IRQ_ON_AGAIN;
        }
        break;
    case PLUG_EN:
        guest_apf_disabled(c);
        c->plug = PLUG_IRQ_ON_AGAIN;
        break;
    case PLUG_IRQ_ON_AGAIN:
        timers_leave(c);
        if (c->armed)
            c->plug = PLUG_TIMER;
        else
            die(c);
        break;
    case PLUG_TIMER:
        c->armed = 0;
        die(c);
        break;
    case PLUG_DEAD:
    case PLUG_ONLINE:
    case PLUG_TOLD:
    case PLUG_COMES:
        break;
    }
}

/* ---- the one who says so ---- */

static void on_event(void *ctx, const struct sim_event *ev)
{
    struct guest_sched *g = ctx;
    struct guest_cpu *c = &g->cpu[g->gp->hotplug.vcpu];

    if (g->dead || g->ended == g->tasks)
        return;
    c->plug_since = sim_now(g->sim);
    if (ev->kind == EVENT_GO) {
        c->plug = PLUG_TOLD;
        guest_resched(c, NULL);
    } else {
        g->port.send_init(g->port.ctx, c->number);
        c->plug = PLUG_COMES;
        guest_cpu_boot(c);
    }
}

void guest_plug_create(struct guest_sched *g)
{
    const struct hotplug_params *hp = &g->gp->hotplug;

    if (!hp->count)
        return;
    SIM_ASSERT(hp->vcpu > 0 && hp->vcpu < g->cpus);
    g->plugs_left = hp->count;
    g->plug_actor = sim_actor_add(g->sim, SIM_RANK_TIMER, on_event, g);
}

void guest_plug_start(struct guest_sched *g)
{
    if (g->plugs_left)
        set_event(g, EVENT_GO, g->gp->hotplug.first);
}
