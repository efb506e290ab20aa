/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script_vmm.c - wires a recorded experiment together and runs it
 */
#include "script_vmm.h"

#include <stdlib.h>

#include "machine.h"
#include "script_guest.h"
#include "script_monitor.h"
#include "thread.h"
#include "vcpu.h"
#include "vcpu_msr.h"
#include "world.h"

_Static_assert(SCRIPT_DATA_GPA == (uint64_t)GFN_BASE * PAGE_BYTES,
               "the memory under test is page 0");

/* A vCPU thread that waits for a page is not interrupted: the run may outlive its time-out. */
#define GRACE (4000 * SIM_SEC)

enum host_action { ACT_EN_SAME = 1, ACT_EN_ZERO, ACT_EN_ZERO_SAME, ACT_ACK };

struct script_vmm {
    struct script_options o;
    struct params p;
    struct world *w;
    struct script_guest guest;
    struct script_monitor monitor;
    struct script_record log[SCRIPT_LOG_MAX];
    uint64_t shown;
    sim_actor timeout;
    bool zeroed; /* half of ACT_EN_ZERO_SAME is done */
};

/* ---- the VMM's loop ---- */

static void show_log(struct script_vmm *m)
{
    for (; m->shown < script_guest_records(&m->guest); m->shown++) {
        const struct script_record *r = &m->log[m->shown];

        sim_note(m->w->sim, NOTE_GUEST_MARK, 0, r->mark | (uint64_t)r->task << 8, r->a, r->b);
    }
}

static void set_msr(struct script_vmm *m, struct vcpu *v, uint32_t msr, uint64_t value)
{
    sim_note(m->w->sim, NOTE_GUEST_MARK, 0, SCRIPT_MARK_SET_MSRS, msr, value);
    if (!vcpu_host_wrmsr(v, msr, value))
        sim_note(m->w->sim, NOTE_GUEST_MARK, 0, SCRIPT_MARK_SET_MSRS_REFUSED, 0, 0);
}

/* One KVM_SET_MSRS. True: another one follows when this one has returned. */
static bool act(struct script_vmm *m, struct vcpu *v, enum host_action action)
{
    bool zero = action == ACT_EN_ZERO || (action == ACT_EN_ZERO_SAME && !m->zeroed);

    if (action == ACT_ACK)
        set_msr(m, v, APF_MSR_ACK, 1);
    else if (action >= ACT_EN_SAME && action <= ACT_EN_ZERO_SAME)
        set_msr(m, v, APF_MSR_EN, zero ? 0 : AREA_GPA | m->o.en);
    m->zeroed = zero;
    return zero && action == ACT_EN_ZERO_SAME;
}

static bool on_out(void *ctx, struct vcpu *v, uint64_t value)
{
    struct script_vmm *m = ctx;

    show_log(m);
    if (value >> 32 == SCRIPT_PORT_ACT)
        return act(m, v, (enum host_action)(uint32_t)value);
    if (value >> 32 == SCRIPT_PORT_END)
        sim_stop(m->w->sim, SIM_ALL_DONE, "the guest has come to its end");
    return false;
}

static void on_signal(void *ctx, struct vcpu *v)
{
    struct script_vmm *m = ctx;

    (void)v;
    show_log(m);
    sim_stop(m->w->sim, SIM_HORIZON, "the script's time is over");
}

static void on_timeout(void *ctx, const struct sim_event *ev)
{
    struct script_vmm *m = ctx;

    (void)ev;
    vcpu_signal(&m->w->vcpu[0]);
}

/* ---- making ---- */

static void set_params(struct params *p, const struct script_options *o)
{
    p->walk_every = 1;
    p->host = (struct host_params){
        .kernel = APF_KERNEL_6_1,
        .reclaim = RECLAIM_LRU,
        .worker_cpu = WORKER_CPU_SAME,
        .hz = 250,
        .hlt_in_guest = o->nohlt,
    };
    p->guest.vcpus = 1;
    p->cost = (struct cost_params){
        .exit = 15 * SIM_US,
        .fault = 32 * SIM_US,
        .map = 10 * SIM_US,
        .zero_page = 10 * SIM_US,
        .sync_fault = 40 * SIM_US,
        .prefault = 10 * SIM_US,
        .worker = 90 * SIM_US,
        .vcpu_wake = 40 * SIM_US,
    };
    disk_preset("optane", &p->disk); /* not used: every fault goes to the monitor */
    p->monitor.latency = (struct sim_dist){.kind = SIM_DIST_CONSTANT, .a = SIM_US};
    p->monitor.parallelism = 1;
    p->regions = 1;
    p->region[0] = (struct region_params){
        .name = "data", .size = o->pages * PAGE_BYTES, .backing = o->backing};
}

static void fill(struct script_vmm *m)
{
    if (m->o.backing != BACKING_ANON || !m->o.fill)
        return;
    for (uint32_t page = 0; page < m->o.pages; page++)
        page_make(m->w->pages, page); /* in the VMM's page table, not yet in the guest's */
}

static bool make(struct script_vmm *m)
{
    uint32_t tasks = (uint32_t)m->o.ntask + 2;

    m->w = world_create_bare(&m->p, MODE_APF, 1, tasks, &script_guest_ops, &m->guest);
    if (!m->w)
        return false;
    m->w->eoi_exits = true;
    m->w->vmm_cost = 20 * SIM_US;
    m->w->worker_begin = 160 * SIM_US; /* up to its sleep, and the monitor's wake-up */
    m->w->vmm_out = on_out;
    m->w->vmm_signal = on_signal;
    m->w->vmm_ctx = m;
    script_guest_start(&m->guest, &m->o, m->log);
    m->guest.area = &m->w->vcpu[0].area;
    script_monitor_init(&m->monitor, m->w, &m->o);
    m->timeout = sim_actor_add(m->w->sim, SIM_RANK_CONTROL, on_timeout, m);
    fill(m);
    return true;
}

struct script_vmm *script_vmm_create(const struct script_options *o)
{
    struct script_vmm *m = calloc(1, sizeof *m);

    if (!m)
        return NULL;
    m->o = *o;
    set_params(&m->p, &m->o);
    if (make(m))
        return m;
    script_vmm_destroy(m);
    return NULL;
}

void script_vmm_destroy(struct script_vmm *m)
{
    if (!m)
        return;
    world_destroy(m->w);
    free(m);
}

struct sim *script_vmm_sim(struct script_vmm *m)
{
    return m->w->sim;
}

enum sim_outcome script_vmm_run(struct script_vmm *m)
{
    sim_ns end = m->o.tmoms * SIM_MS;

    vcpu_start(&m->w->vcpu[0]);
    sim_actor_at(m->w->sim, m->timeout, end, 0, 0);
    return sim_run(m->w->sim, end + GRACE);
}
