/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_vmm.c - what comes from outside the guest and KVM: VMM, host memory pressure, timers, SMIs
 */
#include "check_world.h"

#include <string.h>

/* Between two ioctls: every vCPU thread can be brought out of KVM_RUN. */
static bool all_can_stop(const struct check_machine *m, const struct world *w)
{
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        if (w->v[v].pc > T_BLOCKED) {
            return false;
        }
    }
    return true;
}

static bool all_can_shut_down(const struct check_machine *m, const struct world *w)
{
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        if (w->v[v].pc != T_GUEST || w->v[v].gpc != G_RUN || !w->v[v].gc.enabled) {
            return false;
        }
    }
    return true;
}

static bool is_wanted(const struct check_machine *m, const struct world *w, unsigned page)
{
    for (unsigned t = 0; t < m->p.tasks; t++) {
        if (w->t[t].state != TASK_DONE && world_page(m, t, w->t[t].pos) == page) {
            return true;
        }
    }
    return false;
}

/* Moves of the whole machine, listed once, with vCPU 0. */
static void machine_moves(struct check_machine *m, const struct world *w, struct move_list *l)
{
    for (unsigned p = 0; w->budget[CHECK_EVICT] && p < CHECK_PAGES; p++) {
        if (w->page[p] == PAGE_PRESENT && is_wanted(m, w, p)) {
            move_add(l, M_EVICT, 0, p);
        }
    }
    for (unsigned p = 0; w->budget[CHECK_GONE] && p < CHECK_PAGES; p++) {
        if (w->page[p] < PAGE_GONE && is_wanted(m, w, p)) {
            move_add(l, M_GONE, 0, p);
        }
    }
    if (w->budget[CHECK_MIGRATE] && all_can_stop(m, w)) {
        move_add(l, M_MIGRATE, 0, 0);
    }
    if (w->budget[CHECK_RESET] && all_can_stop(m, w)) {
        move_add(l, M_RESET, 0, 0);
    }
    if (w->budget[CHECK_DESTROY] && all_can_stop(m, w)) {
        move_add(l, M_DESTROY, 0, 0);
    }
    if (w->budget[CHECK_KEXEC] && all_can_shut_down(m, w)) {
        move_add(l, M_KEXEC, 0, 0);
    }
}

/* EN is 0 and the guest does not know. */
static bool late_en(const struct check_machine *m, const struct world_vcpu *c)
{
    return (m->p.flags & CHECK_LATE_EN) && c->gc.enabled && !apf_host_pv_enabled(&c->h);
}

void vmm_moves(struct check_machine *m, const struct world *w, unsigned v, struct move_list *l)
{
    const struct world_vcpu *c = &w->v[v];
    bool on = apf_host_pv_enabled(&c->h), stops = c->pc <= T_BLOCKED;

    if (v == 0) {
        machine_moves(m, w, l);
    }
    if (c->pc == T_USER || (late_en(m, c) && stops)) {
        move_add(l, M_VMM_ON, v, 0);
    }
    if (w->budget[CHECK_TIMER] && !c->timer && c->pc <= T_BLOCKED && c->lapic) {
        move_add(l, M_TIMER, v, 0);
    }
    if (w->budget[CHECK_SMM] && c->pc == T_GUEST && c->gpc != G_SMM) {
        move_add(l, M_SMI, v, 0);
    }
    if (w->budget[CHECK_VMM_EN] && on && stops) {
        move_add(l, M_VMM_OFF, v, 0);
    }
    if (w->budget[CHECK_VMM_SAME] && stops) {
        move_add(l, M_VMM_SAME, v, 0);
    }
    if (w->budget[CHECK_BADADDR] && on && stops) {
        move_add(l, M_VMM_BAD, v, 0);
    }
}

static void on_timer(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];

    m->w.budget[CHECK_TIMER]--;
    c->timer = true;
    SAY(m, WORLD, v, "timer interrupt for the guest");
    if (c->pc == T_GUEST) {
        vcpu_exit(m, v);
    } else {
        world_wake_vcpu(m, v);
    }
}

/* enter_smm(): paging goes off */
static void on_smi(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_host_in in = {.kind = APF_IN_PAGING};

    m->w.budget[CHECK_SMM]--;
    SAY(m, WORLD, v, "SMI: paging off");
    c->sret = c->gpc;
    c->siflag = c->iflag;
    c->gpc = G_SMM;
    c->iflag = c->paging = false;
    in.ctx = world_ctx(m, v);
    world_host(m, v, &in);
    c->pc = world_must_wait(c) ? T_CLEAR : T_LOOP;
}

static void on_vmm_off(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];

    m->w.budget[CHECK_VMM_EN]--;
    world_wrmsr(m, v, APF_MSR_EN, 0, true);
    c->pc = !(m->p.flags & CHECK_LATE_EN) ? T_USER : world_must_wait(c) ? T_CLEAR : T_LOOP;
}

static void on_vmm_on(struct check_machine *m, unsigned v)
{
    world_wrmsr(m, v, APF_MSR_EN, m->first.v[v].h.msr_en, true);
    vcpu_exit(m, v);
}

static void on_vmm_same(struct check_machine *m, unsigned v)
{
    m->w.budget[CHECK_VMM_SAME]--;
    world_wrmsr(m, v, APF_MSR_EN, m->w.v[v].h.msr_en, true);
    vcpu_exit(m, v);
}

static void on_vmm_bad(struct check_machine *m, unsigned v)
{
    struct apf_host_in in = {.kind = APF_IN_WRMSR,
                             .msr = APF_MSR_EN,
                             .value = m->w.v[v].h.msr_en,
                             .host_initiated = true,
                             .area_faults = true,
                             .ctx = world_ctx(m, v)};

    m->w.budget[CHECK_BADADDR]--;
    SAY(m, HOST, v, "the VMM writes EN with an address that no memory slot has");
    world_host(m, v, &in);
    vcpu_exit(m, v);
}

/*
 * KVM_GET_VCPU_EVENTS does not say that a #PF is an async VM-exit: restored while L2 runs, it is
 * L2's own unless L1 intercepts #PF (HOLE-5). Its remedy is that it says so.
 */
static void lose_mark(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];

    if (c->pf && c->pf_exit && (m->p.flags & CHECK_L1_IGNORES) &&
        !apf_fix_on(m->p.fixes, APF_FIX_5)) {
        SAY(m, HOST, v, "the pending #PF (%#x) is restored as an ordinary one of L2", c->cr2);
        c->pf_exit = false;
        c->pf_l2 = true;
    }
}

/* The destination: nothing in flight, id 0; memory, LAPIC and MSRs come along. */
static void migrate_vcpu(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    uint64_t en = c->h.msr_en, vector = c->h.msr_int;

    c->h = m->blank.v[v].h;
    memset(c->work, 0, sizeof c->work);
    c->pc = T_LOOP;
    m->host_touched[v] = true;
    lose_mark(m, v);
    if (vector) {
        world_wrmsr(m, v, APF_MSR_INT, vector, true);
    }
    if (en) {
        world_wrmsr(m, v, APF_MSR_EN, en, true);
    }
}

static void on_migrate(struct check_machine *m)
{
    m->w.budget[CHECK_MIGRATE]--;
    SAY(m, WORLD, CHECK_NO_VCPU, "live migration: the items in flight stay behind");
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        migrate_vcpu(m, v);
    }
}

/* Everything but the host's half as a new kernel finds it. */
static void boot_vcpu(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    struct world_vcpu fresh = m->blank.v[v];
    fresh.h = c->h;
    memcpy(fresh.work, c->work, sizeof fresh.work);
    *c = fresh;
    c->gpc = G_ON_INT;
    c->iflag = c->lapic = false;
    c->dead_lapic = true;
    c->pc = world_must_wait(c) ? T_CLEAR : T_LOOP;
}

/* Its programs start where the old ones were. */
static void boot(struct check_machine *m)
{
    m->w.g = m->blank.g;
    m->guest_touched = true;
    for (unsigned t = 0; t < m->p.tasks; t++) {
        if (m->w.t[t].state != TASK_DONE && m->w.t[t].state != TASK_FRESH) {
            m->w.t[t].state = TASK_READY;
        }
        m->w.t[t].waits = 0;
    }
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        boot_vcpu(m, v);
    }
}

static void on_reset(struct check_machine *m)
{
    m->w.budget[CHECK_RESET]--;
    RULE(m, RESET);
    SAY(m, WORLD, CHECK_NO_VCPU, "reset of the machine: a new kernel boots");
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        struct apf_host_in in = {.kind = APF_IN_RESET, .ctx = world_ctx(m, v)};
        world_host(m, v, &in);
    }
    boot(m);
}

/* kvm_pv_reboot_notify(), kvm_crash_shutdown(): the host is told, and nobody is woken. */
static void shut_down(struct check_machine *m, unsigned v)
{
    struct apf_guest_in in = {.kind = APF_GIN_DISABLE, .shutdown = true};

    world_guest(m, v, &in);
    if (m->gout.count) {
        world_wrmsr(m, v, m->gout.act[0].msr, m->gout.act[0].value, false);
    } else {
        SAY(m, GUEST, v, "does not write EN := 0");
    }
    in.kind = APF_GIN_DISABLED;
    world_guest(m, v, &in);
}

static void on_kexec(struct check_machine *m)
{
    m->w.budget[CHECK_KEXEC]--;
    SAY(m, WORLD, CHECK_NO_VCPU, "kexec: the kernel shuts down, a new one begins in its memory");
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        shut_down(m, v);
    }
    boot(m);
}

void world_destroy(struct check_machine *m)
{
    SAY(m, WORLD, CHECK_NO_VCPU, "the VM is destroyed");
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        struct apf_host_in in = {.kind = APF_IN_DESTROY, .ctx = world_ctx(m, v)};
        world_host(m, v, &in);
        m->w.v[v].pc = T_GONE;
    }
}

void vmm_move(struct check_machine *m, enum move_kind kind, unsigned v, unsigned arg)
{
    static void (*const of_vcpu[M_KINDS])(struct check_machine *, unsigned) = {
        [M_SMI] = on_smi,       [M_TIMER] = on_timer,       [M_VMM_OFF] = on_vmm_off,
        [M_VMM_ON] = on_vmm_on, [M_VMM_SAME] = on_vmm_same, [M_VMM_BAD] = on_vmm_bad,
    };

    if (of_vcpu[kind]) {
        of_vcpu[kind](m, v);
    } else if (kind == M_EVICT) {
        m->w.budget[CHECK_EVICT]--;
        m->w.page[arg] = 0;
        SAY(m, WORLD, CHECK_NO_VCPU, "page %u is evicted", arg);
    } else if (kind == M_MIGRATE) {
        on_migrate(m);
    } else if (kind == M_RESET) {
        on_reset(m);
    } else if (kind == M_KEXEC) {
        on_kexec(m);
    } else if (kind == M_GONE) {
        m->w.budget[CHECK_GONE]--;
        m->w.page[arg] = PAGE_GONE;
        SAY(m, WORLD, CHECK_NO_VCPU, "page %u can never come again: its file is truncated", arg);
    } else {
        m->w.budget[CHECK_DESTROY]--;
        world_destroy(m);
    }
}
