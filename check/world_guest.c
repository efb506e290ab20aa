/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_guest.c - guest CPUs: tasks, #PF entry, ready interrupt, HLT
 *
 * Sources: kvm_handle_async_pf(), sysvec_kvm_asyncpf_interrupt(). Offline and online:
 * world_script.c.
 */
#include "check_world.h"

/* A read through nested page tables: PFERR_USER_MASK | PFERR_GUEST_FINAL_MASK. */
#define PFERR_READ UINT64_C(0x100000004)

/* ---- not-present ---- */

/* kvm_handle_async_pf() with the wait, interrupts off */
static void on_pf(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_guest_in in = {.kind = APF_GIN_PF,
                              .value = c->cr2,
                              .task = c->task,
                              .cpl = 3,
                              .if_flag = true,
                              .truth = APF_PF_ASYNC};

    RULE(m, PF);
    world_guest(m, v, &in);
    c->gpc = G_RUN;
    c->iflag = true;
    if (m->gout.verdict == APF_GUEST_NOT_PRESENT) {
        uint32_t token = m->gout.token;
        RULE(m, TOLD);
        c->cr2 = 0;
        task_waits(m, v, token, false);
    } else if (m->gout.verdict != APF_GUEST_PANIC) {
        BROKEN(m, "INV-14: an async #PF finds its flags set");
        SAY(m, GUEST, v, "#PF: flags are 0, token %#x is taken for an address", c->cr2);
        m->fatal = true;
    }
}

/* A #PF inside an NMI that hits before the handler's first instruction (BUG-29). */
static void on_nmi(struct check_machine *m, unsigned v)
{
    struct apf_guest_in in = {
        .kind = APF_GIN_PF, .value = 0xdead000, .in_nmi = true, .truth = APF_PF_REAL};

    m->w.budget[CHECK_NMI]--;
    SAY(m, GUEST, v, "NMI before the handler's first instruction; its handler faults");
    world_guest(m, v, &in);
    if (m->gout.verdict == APF_GUEST_ORDINARY_PF) {
        RULE(m, NMI);
    }
}

/* ---- ready ---- */

static void on_irq(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_guest_in in = {.kind = APF_GIN_EOI};

    c->irr = false;
    c->isr = true;
    world_guest(m, v, &in);
    for (uint32_t i = 0; i < m->gout.count; i++) {
        c->isr = m->gout.act[i].kind == APF_GDO_EOI ? false : c->isr;
    }
    SAY(m, GUEST, v, "interrupt 0xf3, %s", c->isr ? "no EOI" : "EOI");
    EVENT(m, INJ_VIRQ, APF_VECTOR_LINUX, 0);
    if (!c->isr) {
        QUIET(m, v, EOI, APF_VECTOR_LINUX, 0);
    }
    if (!c->gc.enabled) {
        RULE(m, IRQ_OFF);
        SAY(m, GUEST, v, "APF is off here: nothing more; the slot keeps %#x", c->area.token);
        return;
    }
    c->gret = c->gpc;
    c->gpc = G_WAKE;
    c->iflag = false;
}

/* A dummy is right only for an L1 thread that is about to wait. */
static void judge_dummy(struct check_machine *m, unsigned v)
{
    for (unsigned t = 0; t < m->p.tasks; t++) {
        if (m->w.t[t].waits == m->gout.token) {
            return;
        }
    }
    if (m->w.v[v].cr2 == m->gout.token) {
        BROKEN(m, "INV-15: not-present is handled before ready for the same token");
    }
    BROKEN(m, "INV-31: no ready leaves a dummy that nobody will take");
}

static void on_wake(struct check_machine *m, unsigned v)
{
    struct apf_guest_in in = {.kind = APF_GIN_WAKE};

    SAY(m, GUEST, v, "reads the slot: %#x", m->w.v[v].area.token);
    if (m->w.v[v].area.token == APF_TOKEN_WAKE_ALL) {
        RULE(m, BROADCAST);
    }
    do {
        world_guest(m, v, &in);
        task_wake_all(m, v);
    } while (m->gout.more);
    if (m->gout.verdict == APF_GUEST_DUMMY) {
        RULE(m, DUMMY);
        SAY(m, GUEST, v, "nobody sleeps on token %#x: a dummy is left", m->gout.token);
        judge_dummy(m, v);
    }
    m->w.v[v].gpc = m->w.v[v].gc.dummy_due         ? G_DUMMY
                    : m->p.flags & CHECK_ACK_FIRST ? G_ACK
                                                   : G_ZERO;
}

/* The late half of a wake that found nobody: the lock was dropped in between. */
static void on_dummy(struct check_machine *m, unsigned v)
{
    struct apf_guest_in in = {.kind = APF_GIN_DUMMY};

    SAY(m, GUEST, v, "the dummy is inserted");
    world_guest(m, v, &in);
    m->w.v[v].gpc = G_ZERO;
}

static void iret(struct world_vcpu *c)
{
    c->gpc = c->gret;
    c->gret = 0;
    c->iflag = true;
}

static void on_zero(struct check_machine *m, unsigned v)
{
    struct apf_guest_in in = {.kind = APF_GIN_ZERO};

    SAY(m, GUEST, v, "slot := 0");
    world_guest(m, v, &in);
    if (m->p.flags & CHECK_ACK_FIRST) {
        iret(&m->w.v[v]);
    } else {
        m->w.v[v].gpc = G_ACK;
    }
}

/* kvm_set_msr_common(): ACK, then kvm_check_async_pf_completion() in the same exit */
static void ack_exit(struct check_machine *m, unsigned v)
{
    world_wrmsr(m, v, APF_MSR_ACK, 1, false);
    vcpu_exit(m, v);
    if (m->out.more) {
        RULE(m, ACK_NEXT);
        m->w.v[v].pc = T_DRAIN; /* the loop of K-17 is a move of its own */
    }
}

static void on_ack(struct check_machine *m, unsigned v)
{
    struct apf_guest_in in = {.kind = APF_GIN_ACK};

    RULE(m, ACK);
    SAY(m, GUEST, v, "writes ACK");
    world_guest(m, v, &in);
    if (m->p.flags & CHECK_ACK_FIRST) {
        m->w.v[v].gpc = G_ZERO;
    } else {
        iret(&m->w.v[v]);
    }
    if (m->gout.count) {
        ack_exit(m, v);
    }
}

/* ---- running ---- */

static void fault(struct check_machine *m, unsigned v, unsigned page, bool exception)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_host_in in = {
        .kind = APF_IN_FAULT, .gfn = page, .gva = world_page_gpa(page), .ctx = world_ctx(m, v)};

    in.ctx.exception_pending |= exception;
    if (m->p.budget[CHECK_GONE]) {
        c->h.id &= IDS_OF_A_CYCLE - 1; /* ids come round sooner than in KVM: a cycle is one here */
    }
    SAY(m, GUEST, v, "task %u touches page %u%s", c->task, page,
        in.ctx.guest_mode ? " in L2"
        : in.ctx.cpl      ? ""
                          : " in kernel mode");
    QUIET(m, v, PAGE_FAULT, in.gva, PFERR_READ);
    RULE(m, FAULT);
    world_host(m, v, &in);
    vcpu_exit(m, v);
    if (m->out.more && m->out.verdict == APF_VERDICT_NONE) {
        m->w.v[v].pc = T_HOOK;
    } else {
        world_verdict(m, v, page);
    }
}

static void on_touch(struct check_machine *m, unsigned v, bool exception)
{
    struct world_vcpu *c = &m->w.v[v];
    struct world_task *t = &m->w.t[c->task];

    if (exception) {
        m->w.budget[CHECK_REAL]--;
    }
    if (t->waits) {
        l1_waits(m, v);
        return;
    }
    unsigned page = world_page(m, c->task, t->pos);
    if (m->w.page[page] != PAGE_PRESENT) {
        fault(m, v, page, exception);
        return;
    }
    RULE(m, RETRY);
    SAY(m, GUEST, v, "task %u has page %u", c->task, page);
    if (++t->pos == m->p.faults) {
        t->state = TASK_DONE;
        c->task = CHECK_NO_TASK;
    }
}

static void on_pick(struct check_machine *m, unsigned v, unsigned t)
{
    m->w.t[t].state = TASK_RUNS;
    if (!(m->p.flags & CHECK_ROAM)) { /* else nobody asks, and a state would remember it */
        m->w.t[t].cpu = (uint8_t)v;
    }
    m->w.v[v].task = (uint8_t)t;
    SAY(m, GUEST, v, "task %u runs", t);
}

static void on_lapic(struct check_machine *m, unsigned v, bool on)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_host_in in = {.kind = APF_IN_LAPIC_ENABLED, .ctx = world_ctx(m, v)};

    c->lapic = on;
    SAY(m, GUEST, v, "LAPIC %s", on ? "enabled" : "disabled");
    if (on) {
        RULE(m, LAPIC_ON);
        world_host(m, v, &in);
    } else {
        m->w.budget[CHECK_LAPIC]--;
    }
    vcpu_exit(m, v);
}

static void on_rsm(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_host_in in = {.kind = APF_IN_PAGING};

    SAY(m, GUEST, v, "RSM: paging on");
    c->gpc = c->sret;
    c->iflag = c->siflag;
    c->sret = 0;
    c->siflag = false;
    c->paging = true;
    in.ctx = world_ctx(m, v);
    world_host(m, v, &in);
    if (c->h.requests & APF_REQ_READY) {
        RULE(m, PAGING_ON);
    }
    c->pc = world_must_wait(c) ? T_CLEAR : T_LOOP;
}

static void on_timer_irq(struct check_machine *m, unsigned v, bool preempt)
{
    m->w.v[v].timer = false;
    SAY(m, GUEST, v, "another interrupt%s", preempt ? ": the task is preempted" : "");
    if (preempt) {
        task_put_current(m, v);
    }
}

static void on_hlt(struct check_machine *m, unsigned v)
{
    SAY(m, GUEST, v, "idle: HLT");
    m->w.v[v].mp_halted = true;
    vcpu_exit(m, v);
}

static void on_guest_en(struct check_machine *m, unsigned v)
{
    m->w.budget[CHECK_GUEST_EN]--;
    SAY(m, GUEST, v, "writes EN again");
    vcpu_exit(m, v);
    world_wrmsr(m, v, APF_MSR_EN, m->w.v[v].h.msr_en, false);
}

/* ---- which moves ---- */

static bool others_are_here(const struct check_machine *m, const struct world *w, unsigned v)
{
    for (unsigned u = 0; u < m->p.vcpus; u++) {
        if (u != v && task_cpu_is_away(&w->v[u])) {
            return false;
        }
    }
    return true;
}

/* Kernel code that may not be interrupted by the scheduler keeps its CPU. */
static bool may_preempt(const struct check_params *p, const struct world_vcpu *c)
{
    return c->task == CHECK_NO_TASK ||
           !world_has(p->rcu_tasks | p->atomic_tasks | p->idle_tasks, c->task);
}

static void pick_moves(struct check_machine *m, const struct world *w, unsigned v, bool idle,
                       struct move_list *l)
{
    for (unsigned t = 0; t < m->p.tasks; t++) {
        if (world_has(m->p.idle_tasks, t) == idle && task_can_pick(m, w, t, v)) {
            move_add(l, M_PICK, v, t);
        }
    }
}

static void run_moves(struct check_machine *m, const struct world *w, unsigned v,
                      struct move_list *l)
{
    const struct world_vcpu *c = &w->v[v];
    unsigned count = l->count;

    if (c->task != CHECK_NO_TASK) {
        if (w->budget[CHECK_LAUNCH] && world_has(m->p.l2_tasks, c->task)) {
            move_add(l, M_LAUNCH, v, 0);
        }
        if (w->budget[CHECK_KERNEL_PF]) {
            move_add(l, M_KERNEL_PF, v, 0);
        }
        move_add(l, M_TOUCH, v, 0);
        if (w->budget[CHECK_REAL]) {
            move_add(l, M_TOUCH, v, 1);
        }
        if ((m->p.flags & CHECK_FIXUP) && world_has(m->p.l2_tasks, c->task) &&
            !w->t[c->task].waits) {
            move_add(l, M_FIXUP, v, 0);
        }
        return;
    }
    pick_moves(m, w, v, false, l);
    if (l->count == count) {
        pick_moves(m, w, v, true, l);
    }
    if (l->count == count && c->lapic && !(m->p.flags & CHECK_OWN_HLT)) {
        move_add(l, M_HLT, v, 0);
    }
}

static void own_moves(struct check_machine *m, const struct world *w, unsigned v,
                      struct move_list *l)
{
    const struct world_vcpu *c = &w->v[v];

    run_moves(m, w, v, l);
    if (!may_preempt(&m->p, c)) {
        return;
    }
    if (w->budget[CHECK_HOTPLUG] && c->gc.enabled && c->lapic && others_are_here(m, w, v)) {
        move_add(l, M_OFFLINE, v, 0);
    }
    if (w->budget[CHECK_SUSPEND] && c->gc.enabled && c->lapic && others_are_here(m, w, v)) {
        move_add(l, M_SUSPEND, v, 0);
    }
    if (w->budget[CHECK_GUEST_EN] && apf_host_pv_enabled(&c->h)) {
        move_add(l, M_GUEST_EN, v, 0);
    }
    if (w->budget[CHECK_LAPIC] && c->lapic) {
        move_add(l, M_LAPIC_OFF, v, 0);
    }
    if (!c->lapic) {
        move_add(l, M_LAPIC_ON, v, 0);
    }
}

/* Between two instructions an interrupt that can be taken is taken. */
static bool irq_moves(const struct check_params *p, const struct world_vcpu *c, unsigned v,
                      struct move_list *l)
{
    if (world_deliver(c)) {
        move_add(l, M_IRQ, v, 0);
    } else if (c->timer && c->iflag) {
        move_add(l, M_TIMER_IRQ, v, 0);
        if (c->task != CHECK_NO_TASK && may_preempt(p, c)) {
            move_add(l, M_PREEMPT, v, 0);
        }
    } else {
        return false;
    }
    return true;
}

void guest_moves(struct check_machine *m, const struct world *w, unsigned v, struct move_list *l)
{
    const struct world_vcpu *c = &w->v[v];
    static const uint8_t only[] = {
        [G_PF] = M_PF,           [G_WAKE] = M_WAKE, [G_ZERO] = M_ZERO,   [G_ACK] = M_ACK,
        [G_L1_EXIT] = M_L1_EXIT, [G_SMM] = M_RSM,   [G_DUMMY] = M_DUMMY, [G_L2_PF] = M_PF,
    };

    if (irq_moves(&m->p, c, v, l) || old_moves(m, c, v, l)) {
        return;
    }
    if (c->gpc == G_RUN) {
        own_moves(m, w, v, l);
    } else if (only[c->gpc]) {
        move_add(l, (enum move_kind)only[c->gpc], v, 0);
    } else {
        move_add(l, M_SCRIPT, v, 0);
    }
    if (c->gpc == G_PF && w->budget[CHECK_NMI]) {
        move_add(l, M_NMI, v, 0);
    }
}

void guest_move(struct check_machine *m, enum move_kind kind, unsigned v, unsigned arg)
{
    static void (*const plain[M_KINDS])(struct check_machine *, unsigned) = {
        [M_PF] = on_pf,
        [M_IRQ] = on_irq,
        [M_WAKE] = on_wake,
        [M_ZERO] = on_zero,
        [M_ACK] = on_ack,
        [M_HLT] = on_hlt,
        [M_L1_EXIT] = l1_exit,
        [M_SCRIPT] = script_step,
        [M_GUEST_EN] = on_guest_en,
        [M_RSM] = on_rsm,
        [M_NMI] = on_nmi,
        [M_DUMMY] = on_dummy,
        [M_LAUNCH] = l1_launch,
        [M_KERNEL_PF] = l1_kernel_pf,
        [M_FIXUP] = l1_fixup,
    };

    if (kind == M_PF && m->w.v[v].gpc == G_L2_PF) {
        l1_l2_pf(m, v);
    } else if (plain[kind]) {
        plain[kind](m, v);
    } else if (kind == M_TIMER_IRQ || kind == M_PREEMPT) {
        on_timer_irq(m, v, kind == M_PREEMPT);
    } else if (kind == M_PICK) {
        on_pick(m, v, arg);
    } else if (kind == M_TOUCH) {
        on_touch(m, v, arg);
    } else if (kind == M_OFFLINE || kind == M_SUSPEND) {
        script_begin(m, v, kind == M_SUSPEND);
    } else {
        on_lapic(m, v, kind == M_LAPIC_ON);
    }
}
