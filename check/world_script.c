/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_script.c - a guest CPU that goes offline, comes online, suspends: one exit for each WRMSR
 *
 * Sources: kvm_guest_cpu_offline(), kvm_guest_cpu_init(), kvm_suspend(), kvm_resume().
 */
#include "check_world.h"

/* The WRMSR among the guest's actions, as an exit of its own. */
static void script_wrmsr(struct check_machine *m, unsigned v, uint32_t msr)
{
    struct world_vcpu *c = &m->w.v[v];

    vcpu_exit(m, v);
    for (uint32_t i = 0; i < m->gout.count; i++) {
        if (m->gout.act[i].kind == APF_GDO_WRMSR && m->gout.act[i].msr == msr) {
            world_wrmsr(m, v, msr, m->gout.act[i].value, false);
            break;
        }
    }
    if (world_must_wait(c)) {
        c->pc = T_CLEAR;
    }
}

static void script_disabled(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_guest_in in = {.kind = APF_GIN_DISABLED};

    SAY(m, GUEST, v, "async_pf_enabled := false, wake-all of this CPU");
    do {
        world_guest(m, v, &in);
        task_wake_all(m, v);
    } while (m->gout.more);
    c->gpc = c->suspending ? G_ON_INT : G_OFFLINE;
    c->iflag = !c->suspending;
}

/* kvm_vcpu_reset() by INIT, if the CPU comes back that way */
static void script_online(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_host_in in = {.kind = APF_IN_RESET, .ctx = world_ctx(m, v)};

    SAY(m, GUEST, v, "CPU comes online, interrupts off");
    c->iflag = false;
    c->gpc = G_ON_INT;
    if (m->p.flags & CHECK_INIT) {
        RULE(m, INIT);
        SAY(m, HOST, v, "INIT: LAPIC reset, APF off");
        world_host(m, v, &in);
        c->irr = c->isr = c->timer = false;
        vcpu_exit(m, v);
        if (world_must_wait(c)) {
            c->pc = T_CLEAR;
        }
    }
}

static void script_lapic(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_host_in in = {.kind = APF_IN_LAPIC_ENABLED, .ctx = world_ctx(m, v)};

    RULE(m, LAPIC_ON);
    SAY(m, GUEST, v, "enables the LAPIC");
    c->lapic = true;
    c->dead_lapic = false;
    c->gpc = G_RUN;
    world_host(m, v, &in);
    vcpu_exit(m, v);
}

static void script_enabled(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_guest_in in = {.kind = APF_GIN_ENABLED};

    world_guest(m, v, &in);
    SAY(m, GUEST, v, "async_pf_enabled := true, interrupts on");
    c->suspending = false;
    c->iflag = true;
    c->gpc = c->dead_lapic ? G_ON_LAPIC : G_RUN;
}

void script_step(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_guest_in in = {.kind = APF_GIN_ENABLE, .value = world_gpa(v)};

    switch ((enum guest_pc)c->gpc) {
    case G_OFF_STEAL:
    case G_OFF_PV_EOI:
    case G_OFF_MIGRATION:
        SAY(m, GUEST, v, "WRMSR %s := 0",
            c->gpc == G_OFF_STEAL    ? "steal time"
            : c->gpc == G_OFF_PV_EOI ? "PV EOI"
                                     : "migration control");
        c->gpc++;
        vcpu_exit(m, v);
        break;
    case G_OFF_EN:
        RULE(m, DISABLE);
        in.kind = APF_GIN_DISABLE;
        world_guest(m, v, &in);
        c->gpc = G_OFF_ENABLED;
        script_wrmsr(m, v, APF_MSR_EN);
        break;
    case G_OFF_ENABLED:
        script_disabled(m, v);
        break;
    case G_OFFLINE:
        script_online(m, v);
        break;
    case G_ON_INT:
        RULE(m, ENABLE);
        world_guest(m, v, &in);
        c->gpc = G_ON_EN;
        script_wrmsr(m, v, APF_MSR_INT);
        break;
    case G_ON_EN:
        world_guest(m, v, &in);
        c->gpc = G_ON_ENABLED;
        script_wrmsr(m, v, APF_MSR_EN);
        break;
    case G_ON_ENABLED:
        script_enabled(m, v);
        break;
    case G_ON_LAPIC:
        script_lapic(m, v);
        break;
    case G_RUN:
    case G_PF:
    case G_WAKE:
    case G_DUMMY:
    case G_ZERO:
    case G_ACK:
    case G_L1_EXIT:
    case G_SMM:
    case G_HALTED:
    case G_L2_PF:
        break;
    }
}

void script_begin(struct check_machine *m, unsigned v, bool suspend)
{
    struct world_vcpu *c = &m->w.v[v];

    m->w.budget[suspend ? CHECK_SUSPEND : CHECK_HOTPLUG]--;
    SAY(m, GUEST, v, "CPU %s, interrupts off", suspend ? "suspends" : "goes offline");
    c->suspending = suspend;
    c->iflag = false;
    c->gpc = suspend ? G_OFF_EN : G_OFF_STEAL;
    task_put_current(m, v);
}
