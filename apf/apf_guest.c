/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_guest.c - Linux as a guest: enabling, the #PF entry, sleepers, the ready interrupt
 *
 * Sources:  arch/x86/kernel/kvm.c. Function names of the kernel stand above the code that follows
 *           them.
 */
#include "apf_guest.h"
#include "apf_guest_inv_step.h"
#include "apf_guest_priv.h"

#include <string.h>

/* kvm_guest_init(). A 5.8 guest looks for the old feature: its half of INT came with 5.9. */
void apf_guest_init(struct apf_guest *g, enum apf_kernel kernel, uint32_t cpuid, bool no_kvmapf)
{
    memset(g, 0, sizeof *g);
    g->kernel = (uint8_t)kernel;
    g->cpuid = cpuid;
    g->key =
        !no_kvmapf &&
        (cpuid & (apf_guest_rules_of(g)->uses_int ? APF_CPUID_ASYNC_PF_INT : APF_CPUID_ASYNC_PF));
    g->preempt = g->send_always = apf_guest_rules_of(g)->ready_by_pf;
    g->free_node = APF_NO_NODE;
    for (unsigned b = 0; b < APF_BUCKETS; b++) {
        g->bucket[b] = APF_NO_NODE;
    }
}

/* ---- the sleeper hash ---- */

/* ---- enabling and disabling: G-1, G-2 ---- */

static void do_wrmsr(struct apf_guest_out *out, uint32_t msr, uint64_t value)
{
    out->act[out->count].kind = APF_GDO_WRMSR;
    out->act[out->count].msr = msr;
    out->act[out->count].value = value;
    out->count++;
}

/* kvm_guest_cpu_init(). SEND_ALWAYS is never set since 5.8. The slot is not zeroed (HOLE-1). */
static void on_enable(const struct apf_guest *g, struct apf_area *area,
                      const struct apf_guest_in *in, struct apf_guest_out *out)
{
    uint64_t en = in->value | APF_EN_ENABLED;

    if (!g->key) {
        return;
    }
    if (g->cpuid & APF_CPUID_ASYNC_PF_VMEXIT) {
        en |= APF_EN_DELIVERY_AS_PF_VMEXIT;
    }
    if (apf_guest_rules_of(g)->uses_int) {
        en |= APF_EN_DELIVERY_AS_INT;
        if (apf_guest_protocol_of(g)->uses_area) {
            do_wrmsr(out, APF_MSR_INT, APF_VECTOR_LINUX);
        }
    }
    if (g->send_always) {
        en |= APF_EN_SEND_ALWAYS;
    }
    if (apf_fix_on(g->fixes, APF_FIX_1)) {
        area->token = 0;
    }
    do_wrmsr(out, APF_MSR_EN, en);
}

/* kvm_pv_disable_apf(). Before 5.13 nobody called it on the boot CPU at a shutdown (BUG-21). */
static void on_disable(const struct apf_guest *g, const struct apf_guest_cpu *cpu,
                       const struct apf_guest_in *in, struct apf_guest_out *out)
{
    if (in->shutdown && cpu->cpu == 0 && apf_bug_on(g->bugs, APF_BUG_21)) {
        return;
    }
    if (cpu->enabled) {
        do_wrmsr(out, APF_MSR_EN, 0);
    }
}

/* kvm_guest_cpu_offline(): at a shutdown nothing may be scheduled any more. */
static void on_disabled(struct apf_guest *g, struct apf_guest_cpu *cpu,
                        const struct apf_guest_in *in, struct apf_guest_out *out)
{
    cpu->enabled = false;
    if (!in->shutdown) {
        /* pfault_cpu_dead(): a floating DONE belongs to no CPU, so s390 wakes all that sleep. */
        bool floats = apf_guest_protocol_of(g)->worker_tells;
        apf_guest_wake_all(g, floats ? APF_EVERY_CPU : cpu->cpu, out);
        out->verdict = APF_GUEST_WOKE;
    }
}

/* ---- not-present: G-3 .. G-5 ---- */

static void panic(struct apf_guest_out *out, const char *words)
{
    out->verdict = APF_GUEST_PANIC;
    out->panic = words;
}

/*
 * __kvm_handle_async_pf(). With the peek (6.12.115) a #PF of an NMI handler that hits while the
 * async #PF is on its way leaves the flags to the outer handler (BUG-29).
 */
static void on_pf(const struct apf_guest *g, const struct apf_guest_cpu *cpu, struct apf_area *area,
                  const struct apf_guest_in *in, struct apf_guest_out *out)
{
    out->verdict = APF_GUEST_ORDINARY_PF;
    if (!g->key || !cpu->enabled || !area->flags) {
        return;
    }
    bool kernel = in->cpl == 0;
    if (APF_GUEST_RULE(g, nmi_peeks_flags, 29) && kernel) {
        if (!in->in_nmi) {
            panic(out, "Host injected async #PF in kernel mode");
        }
        return;
    }
    /* kvm_read_and_reset_apf_flags() */
    uint32_t flags = area->flags;
    area->flags = 0;
    if (!in->if_flag) {
        panic(out, "Host injected async #PF in interrupt disabled region");
        return;
    }
    out->verdict = APF_GUEST_NOTHING; /* unknown flags: warned once, and handled */
    if (flags & APF_REASON_NOT_PRESENT) {
        if (kernel) {
            panic(out, "Host injected async #PF in kernel mode");
            return;
        }
        out->verdict = APF_GUEST_NOT_PRESENT;
        out->token = (uint32_t)in->value;
    }
}

/* vmx_handle_exception_irqoff(), svm_vcpu_run(): kvm_read_and_reset_apf_flags(), G-10 */
static void on_l1_exit(const struct apf_guest_cpu *cpu, struct apf_area *area,
                       struct apf_guest_out *out)
{
    if (cpu->enabled) {
        out->flags = area->flags;
        area->flags = 0;
    }
}

/* kvm_handle_page_fault(), G-12: in L1's kernel, interrupts on, so whatever L2's context was. */
static void on_l1_pf(struct apf_guest *g, struct apf_guest_cpu *cpu, const struct apf_guest_in *in,
                     struct apf_guest_out *out)
{
    if (apf_guest_rules_of(g)->ready_by_pf) {
        apf_guest_old_flags(g, cpu, in->flags, in, out);
    } else if (in->flags == 0) {
        out->verdict = APF_GUEST_ORDINARY_PF; /* L2's own: shadow paging */
    } else if (in->flags & APF_REASON_NOT_PRESENT) {
        out->verdict = APF_GUEST_NOT_PRESENT;
        out->token = (uint32_t)in->value;
    }
}

/* kvm_async_pf_queue_task(): a node that is there already is taken for a dummy and freed. */
static void on_wait(struct apf_guest *g, const struct apf_guest_cpu *cpu,
                    const struct apf_guest_in *in, struct apf_guest_out *out)
{
    uint32_t token = (uint32_t)in->value, *link = apf_node_link(g, token);

    bool halts = apf_guest_rules_of(g)->ready_by_pf && apf_guest_old_halts(g, in);
    /* An L1 thread may have moved since its exit: the token's ready comes to the old CPU. */
    uint32_t owner = in->l1 && apf_fix_on(g->fixes, APF_FIX_4) ? in->exit_cpu : cpu->cpu;
    bool asleep = *link != APF_NO_NODE && g->node[*link].task != APF_NO_TASK;

    out->token = token;
    out->verdict = APF_GUEST_NO_SLEEP;
    out->unwatched = in->idle && apf_bug_on(g->bugs, APF_BUG_3);
    if (asleep && apf_fix_on(g->fixes, APF_FIX_14)) {
        apf_node_wake(g, link, out);
    } else if (*link != APF_NO_NODE) {
        apf_node_take(g, link);
        return;
    }
    if (apf_node_add(g, token, owner, in->task, halts)) {
        out->verdict = halts ? APF_GUEST_HALT_WAIT : APF_GUEST_SLEEP;
    } else {
        apf_guest_no_node(out);
    }
}

/* ---- ready: G-6 .. G-8 ---- */

/* ack_APIC_irq(): a merge mistake lost it once (BUG-19). */
static void on_eoi(const struct apf_guest *g, struct apf_guest_out *out)
{
    if (!apf_bug_on(g->bugs, APF_BUG_19)) {
        out->act[out->count++].kind = APF_GDO_EOI;
    }
}

/* sysvec_kvm_asyncpf_interrupt() in four steps. Not enabled: only the EOI (HOLE-1). */
static inline void on_ready(struct apf_guest *g, struct apf_guest_cpu *cpu, struct apf_area *area,
                            const struct apf_guest_in *in, struct apf_guest_out *out,
                            enum apf_guest_in_kind kind)
{
    if (apf_guest_rules_of(g)->ready_by_pf) {
        if (kind == APF_GIN_WAKE) { /* the rest of a large wake-all */
            apf_guest_wake(g, cpu, (uint32_t)in->value, out);
        }
    } else if (kind == APF_GIN_EOI) {
        on_eoi(g, out);
    } else if (!cpu->enabled) {
        return;
    } else if (kind == APF_GIN_WAKE && apf_guest_protocol_of(g)->shared_pair) {
        apf_guest_pair_wake(g, cpu, area, out);
    } else if (kind == APF_GIN_WAKE) {
        apf_guest_wake(g, cpu, area->token, out);
    } else if (kind == APF_GIN_ZERO) {
        area->token = 0;
        if (apf_guest_protocol_of(g)->shared_pair) {
            area->flags = 0;
        }
    } else {
        do_wrmsr(out, APF_MSR_ACK, 1);
    }
}

/* `kind` is a constant: each input is a stretch of code of its own. */
__attribute__((always_inline)) static inline void
dispatch(struct apf_guest *g, struct apf_guest_cpu *cpu, struct apf_area *area,
         const struct apf_guest_in *in, struct apf_guest_out *out, enum apf_guest_in_kind kind)
{
    switch (kind) {
    case APF_GIN_ENABLE:
        on_enable(g, area, in, out);
        break;
    case APF_GIN_ENABLED:
        cpu->enabled = g->key;
        break;
    case APF_GIN_DISABLE:
        on_disable(g, cpu, in, out);
        break;
    case APF_GIN_DISABLED:
        on_disabled(g, cpu, in, out);
        break;
    case APF_GIN_PF:
        if (apf_guest_rules_of(g)->ready_by_pf) {
            apf_guest_old_pf(g, cpu, area, in, out);
        } else if (!apf_guest_is_x86(g)) {
            apf_guest_event(g, cpu, area, in, out);
        } else {
            on_pf(g, cpu, area, in, out);
        }
        break;
    case APF_GIN_WAIT:
        on_wait(g, cpu, in, out);
        break;
    case APF_GIN_EOI:
    case APF_GIN_WAKE:
    case APF_GIN_ZERO:
    case APF_GIN_ACK:
        on_ready(g, cpu, area, in, out, kind);
        break;
    case APF_GIN_L1_EXIT:
        on_l1_exit(cpu, area, out);
        break;
    case APF_GIN_L1_PF:
        on_l1_pf(g, cpu, in, out);
        break;
    case APF_GIN_DUMMY:
        if (cpu->dummy_due) {
            apf_guest_add_dummy(g, cpu, cpu->dummy, out);
        }
        break;
    case APF_GIN_COMPLETE:
        if (apf_guest_protocol_of(g)->shared_pair) {
            do_wrmsr(out, APF_CALL_COMPLETE, 1);
        }
        break;
    case APF_GIN_DONE:
        apf_guest_done(g, cpu, in, out);
        break;
    case APF_GIN_KINDS:
        break;
    }
}

__attribute__((always_inline)) static inline void
carry_out(struct apf_guest *g, struct apf_guest_cpu *cpu, struct apf_area *area,
          const struct apf_guest_in *in, struct apf_guest_out *out, enum apf_guest_in_kind kind)
{
    struct apf_guest_change c = {
        .area_before = {area->flags, area->token},
        .was_there = kind == APF_GIN_WAIT && apf_guest_sleeping_on(g, (uint32_t)in->value),
        .g = g,
        .cpu = cpu,
        .area = area,
        .in = in,
        .out = out,
    };

    dispatch(g, cpu, area, in, out, kind);
    if (__builtin_expect(!apf_guest_holds(&c, kind), 0) && !out->broken) {
        struct apf_guest_change copy = c; /* as the host's */
        out->broken = apf_guest_step_broken(&copy);
    }
}

/* Functions, so that an input saves no registers but those that it needs. */
#define STEP(kind)                                                                                 \
    __attribute__((noinline)) static void step_##kind(                                             \
        struct apf_guest *g, struct apf_guest_cpu *cpu, struct apf_area *area,                     \
        const struct apf_guest_in *in, struct apf_guest_out *out)                                  \
    {                                                                                              \
        carry_out(g, cpu, area, in, out, APF_GIN_##kind);                                          \
    }
APF_GUEST_INPUTS(STEP)
#undef STEP

void apf_guest_step(struct apf_guest *g, struct apf_guest_cpu *cpu, struct apf_area *area,
                    const struct apf_guest_in *in, struct apf_guest_out *out)
{
    out->verdict = APF_GUEST_NOTHING;
    out->panic = NULL;
    out->broken = NULL;
    out->token = 0;
    out->count = out->wakes = 0;
    out->more = out->unwatched = out->sleeps_locked = false;
    out->flags = 0;
    switch (in->kind) {
#define STEP_CASE(kind)                                                                            \
    case APF_GIN_##kind:                                                                           \
        step_##kind(g, cpu, area, in, out);                                                        \
        break;
        APF_GUEST_INPUTS(STEP_CASE)
#undef STEP_CASE
    case APF_GIN_KINDS:
        break;
    }
}
