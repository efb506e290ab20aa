/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_mmu.c - kvm_mmu_page_fault() .. kvm_faultin_pfn(), and what its verdict means for the access
 */
#include "host_mmu.h"

#include "apf_step.h"
#include "backing.h"
#include "region.h"
#include "sim_assert.h"
#include "sim_words.h"
#include "thread.h"

/* ---- one access: its outcome is that of the first attempt that needed I/O ---- */

static struct access *access_open(struct vcpu *v)
{
    struct access *a = &v->w->access[v->insn.task];

    SIM_ASSERT(v->insn.task < v->w->access_max);
    if (!a->open)
        *a = (struct access){.open = true};
    return a;
}

static void in_flight_note(struct world *w)
{
    sim_note(w->sim, NOTE_IN_FLIGHT, w->in_flight, 0, 0, 0);
}

static void classify(struct vcpu *v, enum outcome outcome, enum apf_why why)
{
    struct access *a = access_open(v);
    struct world *w = v->w;

    if (a->needs_io)
        return;
    a->needs_io = true;
    a->outcome = (uint8_t)outcome;
    a->why = (uint8_t)why;
    a->since = sim_now(w->sim);
    w->in_flight++;
    in_flight_note(w);
}

void host_mmu_access_done(struct vcpu *v)
{
    struct world *w = v->w;
    struct access *a = &w->access[v->insn.task];
    sim_ns ns = sim_now(w->sim) - a->since;

    a->open = false;
    sim_note(w->sim, NOTE_ACCESS, v->id, v->insn.task, a->outcome, a->why);
    if (!a->needs_io)
        return;
    w->in_flight--;
    in_flight_note(w);
    sim_note(w->sim, NOTE_LATENCY, LATENCY_FAULT, ns, v->id, v->insn.task);
    sim_note(w->sim, NOTE_ACCESS_DONE, v->id, v->insn.task, a->outcome, ns);
}

/* ---- the pipeline ---- */

/* The page is in memory: map it, re-enter, let the instruction find it. */
static bool map(struct vcpu *v, enum outcome outcome, sim_ns ns)
{
    struct access *a = access_open(v);

    if (!a->needs_io)
        a->outcome = (uint8_t)outcome;
    if (page_state(v->w->pages, v->insn.page) != PAGE_MAPPED)
        page_map(v->w->pages, v->insn.page, v->insn.write);
    return vcpu_spend(v, LEDGER_EXIT, ns, PC_LOOP_HEAD);
}

static void fault_note(struct vcpu *v)
{
    uint64_t gpa = ((uint64_t)GFN_BASE + v->insn.page) * PAGE_BYTES + v->insn.offset;
    bool repeated = apf_host_in_flight(&v->apf, GFN_BASE + (uint64_t)v->insn.page);

    /* PFERR_GUEST_FINAL_MASK, user and write bits of the nested page fault's error code. */
    sim_note(v->w->sim, NOTE_KVM_PAGE_FAULT, v->id, gpa, 0x100000004u | (v->insn.write ? 2u : 0u),
             v->insn.cpl);
    sim_note(v->w->sim, NOTE_ATTEMPT, v->id, v->insn.task, repeated, v->insn.page);
}

/* The thread waits for the page: no interrupt is served. */
static bool wait_here(struct vcpu *v, sim_ns debt)
{
    struct world *w = v->w;

    v->sync_page = v->insn.page;
    v->halt_start = sim_now(w->sim);
    if (backing_wait(w, v->insn.page, v->insn.write, v->id))
        return vcpu_spend(v, LEDGER_EXIT, w->p->cost.sync_fault + debt, PC_SYNC_DONE);
    v->debt = debt;
    return vcpu_block(v, VCPU_SYNC, LEDGER_SYNC_BLOCKED);
}

/* Step 3 of K-2. */
static bool sync_fallback(struct vcpu *v, enum apf_why why, sim_ns debt)
{
    classify(v, OUTCOME_SYNC, why);
    return wait_here(v, debt);
}

/* schedule_work() on this CPU: the new worker runs up to its wait before this thread goes on. */
static sim_ns worker_first(const struct vcpu *v, const struct apf_host_out *out)
{
    return out->verdict != APF_VERDICT_REPEATED && !v->worker[out->item].user ? v->w->worker_begin
                                                                              : 0;
}

/* KVM userfault, which async-pf-user is on top of: only the VMM can bring the page. */
static bool is_for_vmm(const struct vcpu *v)
{
    const struct world *w = v->w;

    return w->protocol->user_exits && backing_of(w, v->insn.page) == BACKING_USERFAULTFD;
}

/* K-3: needs I/O. Ask the host half. */
static bool needs_io(struct vcpu *v, sim_ns ns)
{
    bool user = is_for_vmm(v);
    struct apf_host_in in = {
        .kind = APF_IN_FAULT,
        .gfn = (uint64_t)GFN_BASE + v->insn.page,
        .gva = ((uint64_t)GFN_BASE + v->insn.page) * PAGE_BYTES + v->insn.offset,
        .user_fault = user,
        .guest_token = v->insn.task + 1, /* s390: as the thread's number, which is never 0 */
    };
    struct apf_host_out out;

    vcpu_context(v, &in.ctx);
    ns += user ? v->w->p->cost.user_exit : 0;
    if (v->w->mode == MODE_OFF)
        return sync_fallback(v, APF_WHY_MODE_OFF, ns);
    apf_step(v, &in, &out);
    switch (out.verdict) {
    case APF_VERDICT_DELIVERED:
        classify(v, OUTCOME_DELIVERED, APF_WHY_NONE);
        break;
    case APF_VERDICT_HALT:
        classify(v, OUTCOME_HALTED, out.why);
        break;
    case APF_VERDICT_REPEATED:
        /* arm64 halts nobody: the access is tried again and again. */
        classify(v, v->w->protocol->halts ? OUTCOME_HALTED : OUTCOME_SYNC, APF_WHY_REPEATED);
        break;
    case APF_VERDICT_SYNC:
        return sync_fallback(v, out.why, ns);
    case APF_VERDICT_NONE:
        SIM_ASSERT(!"a fault without a verdict");
    }
    return vcpu_spend(v, LEDGER_EXIT, ns + worker_first(v, &out), PC_LOOP_HEAD);
}

bool host_mmu_fault(struct vcpu *v)
{
    const struct cost_params *cost = &v->w->p->cost;
    enum apf_why why;
    sim_ns ns;

    fault_note(v);
    switch (backing_try(v, v->insn.page, v->insn.write, &why, &ns)) {
    case ATTEMPT_SPURIOUS:
        return map(v, OUTCOME_STALE, 0);
    case ATTEMPT_RESIDENT:
        return map(v, OUTCOME_RESIDENT, cost->map);
    case ATTEMPT_MINOR:
    case ATTEMPT_ZERO:
        return map(v, OUTCOME_MINOR, cost->map + ns);
    case ATTEMPT_INLINE:
        classify(v, OUTCOME_INLINE, why);
        return map(v, OUTCOME_INLINE, cost->map + ns);
    case ATTEMPT_INLINE_WAIT:
        classify(v, OUTCOME_INLINE, why);
        return wait_here(v, ns);
    case ATTEMPT_NEEDS_IO:
        return needs_io(v, ns);
    }
    SIM_ASSERT(!"an attempt that does not exist");
    return false;
}

/* The page that the thread waited for is in memory; when it came by I/O it is mapped, too. */
bool host_mmu_sync_done(struct vcpu *v)
{
    enum page_state state = page_state(v->w->pages, v->sync_page);

    if (state == PAGE_CACHED || state == PAGE_RESIDENT)
        page_map(v->w->pages, v->sync_page, !v->prefault_waits && v->insn.write);
    v->pc = v->prefault_waits ? PC_PRESENT : PC_LOOP_HEAD;
    v->prefault_waits = false;
    return true;
}

/* The access was told to wait for this page, which has gone again. */
static void late(struct vcpu *v, uint32_t task)
{
    struct access *a = &v->w->access[task];

    if (a->open && a->outcome == OUTCOME_DELIVERED) {
        a->outcome = OUTCOME_SYNC_PREFAULT;
        a->why = APF_WHY_PREFAULT;
    }
}

/*
 * kvm_arch_async_page_ready(): maps what the worker brought. Gone again: a prefault never goes
 * asynchronous, the vCPU thread waits for the page here (K-3).
 */
bool host_mmu_prefault(struct vcpu *v, uint8_t item, uint32_t page)
{
    struct world *w = v->w;
    enum page_state state = page_state(w->pages, page);

    if (state == PAGE_MAPPED)
        return true;
    if (state == PAGE_CACHED || state == PAGE_RESIDENT) {
        page_map(w->pages, page, false);
        return vcpu_spend(v, LEDGER_EXIT, w->p->cost.prefault, PC_PRESENT);
    }
    late(v, v->worker[item].task);
    v->sync_page = page;
    v->prefault_waits = true;
    v->halt_start = sim_now(w->sim);
    if (backing_wait(w, page, false, v->id))
        return vcpu_spend(v, LEDGER_EXIT, w->p->cost.sync_fault, PC_SYNC_DONE);
    return vcpu_block(v, VCPU_SYNC, LEDGER_SYNC_BLOCKED);
}
