/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_cpu.c - what a guest CPU does next: boot, user code, handlers, switches, idle
 *
 * A CPU is at one `pc` at a time. rule[pc].emit fills in the instruction to carry out there, or
 * (false) has moved to another pc; rule[pc].done is told that it is complete. Handlers do not nest:
 * all kernel code here runs with IF = 0 but idle, an access of a task in the kernel, and the
 * moment behind an access with interrupts off.
 *
 * The kernel modelled does not preempt itself (PREEMPT_NONE or _VOLUNTARY): an interrupt that comes
 * while a kernel access waits for its page returns to that access; the task can be rescheduled when
 * the access is done.
 * Left out: softirqs, RCU, load balancing by the tick, the cost of timer interrupts between ticks.
 */
#include "guest_policy.h"
#include "sim_assert.h"

#define MSR_SPIV              0x80fu
#define MSR_LVTT              0x832u
#define MSR_TSC_DEADLINE      0x6e0u
#define SPIV_ENABLE_VECTOR_FF 0x1ffu
#define LVTT_TSC_DEADLINE     (2u << 17)
/* Longer than any run, yet an event: a task that computes for ever is no deadlock. */
#define FOREVER (SIM_NEVER / 2)

/* Kernel code that takes no time and moves on so often between two instructions never ends. */
#define MOVES_MAX (1u << 22)

static sim_ns now(const struct guest_cpu *c)
{
    return sim_now(c->g->sim);
}

/* ---- instructions ---- */

static bool emit_run(struct guest_cpu *c, struct guest_insn *insn, enum ledger_class ledger)
{
    *insn = (struct guest_insn){
        .op = GUEST_RUN, .ns = c->left, .ledger = (uint8_t)ledger, .task = c->last};
    return true;
}

static bool emit_wrmsr(struct guest_cpu *c, struct guest_insn *insn, uint32_t msr, uint64_t value)
{
    *insn = (struct guest_insn){.op = GUEST_WRMSR,
                                .msr = msr,
                                .value = value,
                                .task = c->last,
                                .ledger = LEDGER_GUEST_KERNEL};
    return true;
}

static bool go(struct guest_cpu *c, enum guest_pc pc)
{
    c->pc = pc;
    return false;
}

/* A stretch of kernel code that takes no time is no instruction. */
static bool stretch(struct guest_cpu *c, enum guest_pc pc, sim_ns ns)
{
    c->left = ns;
    c->pc = pc;
    return ns > 0;
}

/* ---- boot ---- */

static bool spiv_emit(struct guest_cpu *c, struct guest_insn *insn)
{
    return emit_wrmsr(c, insn, MSR_SPIV, SPIV_ENABLE_VECTOR_FF);
}

static void spiv_done(struct guest_cpu *c, sim_ns ran)
{
    (void)ran;
    go(c, AT_LVTT);
}

static bool lvtt_emit(struct guest_cpu *c, struct guest_insn *insn)
{
    return emit_wrmsr(c, insn, MSR_LVTT, LVTT_TSC_DEADLINE | VECTOR_TIMER);
}

static void apf_enabled(struct guest_cpu *c)
{
    guest_apf_simple(c, APF_GIN_ENABLED);
    go(c, AT_LEAVE);
}

static void lvtt_done(struct guest_cpu *c, sim_ns ran)
{
    struct apf_guest_out out;

    (void)ran;
    guest_apf(c, &(struct apf_guest_in){.kind = APF_GIN_ENABLE, .value = GUEST_APF_AREA(c->number)},
              &out);
    if (!c->acts) { /* not offered, or no-kvmapf */
        go(c, AT_LEAVE);
        return;
    }
    for (uint32_t i = 0; i < c->acts; i++)
        if (c->wrmsr[i].msr == APF_MSR_EN && c->g->gp->send_always)
            c->wrmsr[i].value |= APF_EN_SEND_ALWAYS;
    go(c, AT_APF_ENABLE);
}

static bool act_emit(struct guest_cpu *c, struct guest_insn *insn)
{
    return emit_wrmsr(c, insn, c->wrmsr[c->act].msr, c->wrmsr[c->act].value);
}

static void enable_done(struct guest_cpu *c, sim_ns ran)
{
    (void)ran;
    if (++c->act == c->acts)
        apf_enabled(c);
}

/* ---- leaving the kernel ---- */

static sim_ns next_tick(const struct guest_cpu *c)
{
    return (now(c) / c->g->tick + 1) * c->g->tick;
}

/* The deadline that the timer should have: next tick or first sleeper. 0: none. */
static sim_ns wanted_deadline(struct guest_cpu *c)
{
    bool ticks = c->g->tick && (!c->idle || !c->g->gp->tickless);
    sim_ns first = c->timers.count ? (sim_ns)c->timers.item[0].key : 0;

    if (!ticks)
        c->tick_at = 0;
    else if (!c->tick_at)
        c->tick_at = next_tick(c);
    return c->tick_at && (!first || c->tick_at < first) ? c->tick_at : first;
}

/* Back to user code: the point where a woken task is said to run. */
static void resume_task(struct guest_cpu *c)
{
    struct guest_task *t = &c->g->task[c->curr];

    if (t->woken)
        sim_note(c->g->sim, NOTE_LATENCY, LATENCY_WAKE_TO_RUN, now(c) - t->woken_at, guest_vcpu(c),
                 c->curr);
    t->woken = false;
    go(c, AT_USER);
}

/* It is not preempted there. L2's kernel is none of L1's. */
static bool in_kernel(const struct guest_cpu *c)
{
    const struct guest_task *t = &c->g->task[c->curr];

    return t->l1_flags || (task_in_kernel(&t->prog) && !guest_task_nested(c->g, c->curr));
}

static bool leave_emit(struct guest_cpu *c, struct guest_insn *insn)
{
    bool none, resched;

    (void)insn;
    if (c->plug && guest_plug_leaves(c))
        return go(c, AT_PLUG);
    none = c->curr == GUEST_NO_TASK;
    resched = c->need_resched;
    /* An idle CPU looks again only when it was told to: else it would pull at each interrupt. */
    if (none ? !c->idle || resched : resched && !in_kernel(c))
        if (guest_schedule(c) && stretch(c, AT_SWITCH, c->g->p->cost.context_switch))
            return false;
    c->pc = AT_LEAVE;
    c->arming = wanted_deadline(c);
    if (c->arming != c->armed)
        return go(c, AT_ARM);
    if (c->curr == GUEST_NO_TASK)
        return go(c, AT_IDLE);
    resume_task(c);
    return false;
}

static bool switch_emit(struct guest_cpu *c, struct guest_insn *insn)
{
    return emit_run(c, insn, LEDGER_GUEST_SWITCH);
}

static void to_leave(struct guest_cpu *c, sim_ns ran)
{
    (void)ran;
    go(c, AT_LEAVE);
}

static bool arm_emit(struct guest_cpu *c, struct guest_insn *insn)
{
    return emit_wrmsr(c, insn, MSR_TSC_DEADLINE, c->arming);
}

static void arm_done(struct guest_cpu *c, sim_ns ran)
{
    (void)ran;
    c->armed = c->arming;
    go(c, AT_LEAVE);
}

/* ---- idle ---- */

static bool idle_emit(struct guest_cpu *c, struct guest_insn *insn)
{
    struct guest_sched *g = c->g;

    if (c->need_resched)
        return go(c, AT_LEAVE);
    *insn = (struct guest_insn){
        .op = g->ended == g->tasks ? GUEST_STOP : GUEST_HLT,
        .if_flag = true,
        .task = GUEST_NO_TASK,
        .waiting = g->gp->balance == BALANCE_IDEAL ? g->waiting > 0 : c->waiting > 0,
    };
    return true;
}

static void idle_done(struct guest_cpu *c, sim_ns ran)
{
    (void)c;
    (void)ran;
}

/* ---- user code ---- */

static bool user_run(struct guest_cpu *c, struct guest_insn *insn, sim_ns ns)
{
    c->user = true;
    *insn = (struct guest_insn){.op = GUEST_RUN,
                                .ns = ns < FOREVER ? ns : FOREVER,
                                .cpl = 3,
                                .if_flag = true,
                                .ledger = LEDGER_USER,
                                .task = c->curr,
                                .l2 = guest_task_nested(c->g, c->curr)};
    return true;
}

static bool user_touch(struct guest_cpu *c, struct guest_insn *insn, const struct pattern_touch *t)
{
    bool l2 = guest_task_nested(c->g, c->curr);

    c->user = !t->kernel;
    c->irq_off = t->irq_off && !l2; /* L2's IF is not L1's */
    *insn = (struct guest_insn){
        .op = GUEST_TOUCH,
        .ns = c->g->p->cost.touch,
        .cpl = t->kernel ? 0 : 3,
        .if_flag = !c->irq_off,
        .l2 = l2,
        .write = t->write,
        .ledger = t->kernel ? LEDGER_GUEST_KERNEL : LEDGER_USER,
        .task = c->curr,
        .page = t->page,
    };
    return true;
}

static bool user_nap(struct guest_cpu *c, sim_ns ns)
{
    task_queue_push(&c->timers, (int64_t)(now(c) + ns), c->curr);
    sim_note(c->g->sim, NOTE_TASK_SLEEP, c->curr, guest_vcpu(c), REASON_TIMER, 0);
    guest_curr_block(c, GUEST_TASK_NAPPING);
    return go(c, AT_LEAVE);
}

static bool user_yield(struct guest_cpu *c)
{
    guest_task_done(c->g, c->curr, 0);
    c->yields = c->need_resched = true;
    return go(c, AT_LEAVE);
}

static bool user_end(struct guest_cpu *c)
{
    uint32_t task = c->curr;

    guest_curr_block(c, GUEST_TASK_ENDED);
    c->g->ended++;
    sim_note(c->g->sim, NOTE_TASK_EXIT, task, guest_vcpu(c), 0, 0);
    if (c->g->p->task[c->g->task[task].kind].ends_run && --c->g->enders == 0)
        guest_stop(c, SIM_ALL_DONE, "every task with ends_run has ended");
    return go(c, AT_LEAVE);
}

static bool user_unlock(struct guest_cpu *c, uint32_t lock)
{
    guest_lock_give(c, lock);
    return go(c, c->need_resched ? AT_LEAVE : AT_USER);
}

static bool user_emit(struct guest_cpu *c, struct guest_insn *insn)
{
    struct task_want want;

    if (c->g->task[c->curr].l1_flags) /* an interrupt came in between */
        return go(c, AT_L1);
    guest_task_want(c->g, c->curr, &want);
    switch (want.wish) {
    case TASK_RUN:
        return user_run(c, insn, want.ns);
    case TASK_TOUCH:
        return user_touch(c, insn, &want.touch);
    case TASK_NAP:
        return user_nap(c, want.ns);
    case TASK_YIELD:
        return user_yield(c);
    case TASK_SERVE:
        return go(c, guest_service_take(c) ? AT_USER : AT_LEAVE);
    case TASK_LOCK:
        return go(c, guest_lock_take(c, want.lock) ? AT_USER : AT_LEAVE);
    case TASK_UNLOCK:
        return user_unlock(c, want.lock);
    case TASK_END:
        return user_end(c);
    case TASK_STUCK:
        break;
    }
    guest_stop(c, SIM_NO_PROGRESS,
               "a task's loop takes no time: give it a compute or a sleep step");
    return go(c, AT_DEAD);
}

static void user_done(struct guest_cpu *c, sim_ns ran)
{
    struct guest_task *t = &c->g->task[c->curr];

    if (c->user)
        t->ran_unsaid += ran;
    guest_task_done(c->g, c->curr, ran);
    if (!c->user && c->irq_off)
        go(c, AT_IRQ_ON);
    else if (!c->user && c->need_resched) /* back to user mode from an access in the kernel */
        go(c, AT_LEAVE);
}

/* local_irq_enable() behind an access with interrupts off: it takes no time, but what waits for IF
 * comes in here, even when the task's next access turns it off again. */
static bool irq_on_emit(struct guest_cpu *c, struct guest_insn *insn)
{
    c->left = 0;
    emit_run(c, insn, LEDGER_GUEST_KERNEL);
    insn->if_flag = true;
    return true;
}

/* ---- requests ---- */

static void request_eoi_done(struct guest_cpu *c, sim_ns ran)
{
    (void)ran;
    guest_service_interrupt(c);
    go(c, AT_LEAVE);
}

/* ---- timer ---- */

static bool eoi_emit(struct guest_cpu *c, struct guest_insn *insn)
{
    return emit_wrmsr(c, insn, GUEST_MSR_EOI, 0);
}

static void expire(struct guest_cpu *c, uint32_t task, sim_ns due)
{
    struct guest_task *t = &c->g->task[task];

    if (t->state == GUEST_TASK_NEW) {
        guest_task_start(c->g, c, task, true);
        return;
    }
    guest_task_done(c->g, task, 0);
    guest_task_wake(c->g, c, task, REASON_TIMER, due);
}

static void tick_finish(struct guest_cpu *c, sim_ns ran)
{
    (void)ran;
    guest_curr_tick(c);
    go(c, AT_LEAVE);
}

/* Ticks that were missed while the machine stood still are one tick. */
static void timer_eoi_done(struct guest_cpu *c, sim_ns ran)
{
    (void)ran;
    while (c->timers.count && (sim_ns)c->timers.item[0].key <= now(c)) {
        sim_ns due = (sim_ns)c->timers.item[0].key;

        expire(c, task_queue_remove(&c->timers, 0), due);
    }
    if (!c->tick_at || c->tick_at > now(c)) {
        go(c, AT_LEAVE);
        return;
    }
    c->tick_at = next_tick(c);
    if (!stretch(c, AT_TICK, c->g->p->cost.tick))
        tick_finish(c, 0);
}

static bool tick_emit(struct guest_cpu *c, struct guest_insn *insn)
{
    return emit_run(c, insn, LEDGER_GUEST_TICK);
}

/* ---- the end ---- */

static bool dead_emit(struct guest_cpu *c, struct guest_insn *insn)
{
    (void)c;
    *insn = (struct guest_insn){.op = GUEST_STOP, .task = GUEST_NO_TASK};
    return true;
}

/* ---- guest_ops ---- */

static const struct {
    bool (*emit)(struct guest_cpu *c, struct guest_insn *insn);
    void (*done)(struct guest_cpu *c, sim_ns ran);
} rule[AT_COUNT] = {
    [AT_SPIV] = {spiv_emit, spiv_done},
    [AT_LVTT] = {lvtt_emit, lvtt_done},
    [AT_APF_ENABLE] = {act_emit, enable_done},
    [AT_LEAVE] = {leave_emit, idle_done},
    [AT_SWITCH] = {switch_emit, to_leave},
    [AT_ARM] = {arm_emit, arm_done},
    [AT_USER] = {user_emit, user_done},
    [AT_IRQ_ON] = {irq_on_emit, to_leave},
    [AT_IDLE] = {idle_emit, idle_done},
    [AT_PF] = {guest_pf_emit, guest_pf_finish},
    [AT_L1] = {guest_l1_emit, guest_l1_done},
    [AT_PFAULT] = {guest_pfault_emit, guest_pfault_done},
    [AT_READY_EOI] = {act_emit, guest_ready_eoi_done},
    [AT_READY] = {guest_pf_emit, guest_ready_finish},
    [AT_READY_ACK] = {act_emit, to_leave},
    [AT_REQUEST_EOI] = {eoi_emit, request_eoi_done},
    [AT_TIMER_EOI] = {eoi_emit, timer_eoi_done},
    [AT_TICK] = {tick_emit, tick_finish},
    [AT_EOI] = {eoi_emit, to_leave},
    [AT_PLUG] = {guest_plug_emit, guest_plug_done},
    [AT_DEAD] = {dead_emit, idle_done},
};

void guest_cpu_init(struct guest_cpu *c, struct guest_sched *g, uint32_t number)
{
    c->g = g;
    c->number = number;
    c->curr = c->last = GUEST_NO_TASK;
    guest_cpu_boot(c);
    c->apf.cpu = number;
    c->area = g->port.area(g->port.ctx, number);
    g->policy->init(c);
}

/* From place to place, until one has an instruction. */
__attribute__((noinline)) static void move_on(struct guest_cpu *c, struct guest_insn *insn)
{
    for (uint32_t moves = 1; !rule[c->pc].emit(c, insn); moves++)
        if (moves == MOVES_MAX) {
            guest_stop(c, SIM_NO_PROGRESS, "tasks yield to each other for ever and no time passes");
            c->pc = AT_DEAD;
        }
}

void guest_cpu_next(void *guest, uint32_t cpu, struct guest_insn *insn)
{
    struct guest_cpu *c = &((struct guest_sched *)guest)->cpu[cpu];

    if (((struct guest_sched *)guest)->dead)
        c->pc = AT_DEAD;
    if (!rule[c->pc].emit(c, insn))
        move_on(c, insn);
}

void guest_cpu_retire(void *guest, uint32_t cpu, sim_ns ran, uint64_t value)
{
    struct guest_cpu *c = &((struct guest_sched *)guest)->cpu[cpu];

    (void)value;
    rule[c->pc].done(c, ran);
}

void guest_cpu_cut(void *guest, uint32_t cpu, sim_ns ran)
{
    struct guest_cpu *c = &((struct guest_sched *)guest)->cpu[cpu];

    if (c->pc == AT_L1) {
        c->g->task[c->curr].l1_left -= ran;
        return;
    }
    if (c->pc != AT_USER) {
        SIM_ASSERT(ran <= c->left);
        c->left -= ran;
        return;
    }
    if (c->user)
        c->g->task[c->curr].ran_unsaid += ran;
    task_cut(&c->g->task[c->curr].prog, ran);
}

void guest_cpu_exception(void *guest, uint32_t cpu, unsigned vector, uint64_t cr2)
{
    struct guest_cpu *c = &((struct guest_sched *)guest)->cpu[cpu];

    if (vector == 14 && c->pc == AT_USER)
        guest_pf(c, cr2);
    else if (vector == GUEST_L2_PF)
        guest_l1_exit(c, (uint32_t)cr2);
    else if (vector == GUEST_PFAULT_DONE)
        guest_pfault(c, (uint32_t)cr2);
    else
        guest_stop(c, SIM_BROKEN, "guest: an exception in kernel code");
}

static void timer_fired(struct guest_cpu *c)
{
    if (now(c) >= c->armed)
        c->armed = 0;
    go(c, AT_TIMER_EOI);
}

void guest_cpu_interrupt(void *guest, uint32_t cpu, unsigned vector)
{
    struct guest_cpu *c = &((struct guest_sched *)guest)->cpu[cpu];

    if (c->pc == AT_DEAD)
        return;
    SIM_ASSERT(c->pc == AT_USER || c->pc == AT_IRQ_ON || c->pc == AT_IDLE || c->pc == AT_LEAVE ||
               c->pc == AT_PLUG || c->pc == AT_L1);
    if (vector == APF_VECTOR_LINUX) {
        guest_apf_simple(c, APF_GIN_EOI);
        go(c, c->acts ? AT_READY_EOI : AT_LEAVE);
    } else if (vector == VECTOR_TIMER) {
        timer_fired(c);
    } else if (vector == VECTOR_REQUEST) {
        go(c, AT_REQUEST_EOI);
    } else {
        go(c, AT_EOI);
    }
}
