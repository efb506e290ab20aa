/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script_kernel.c - boot, traps and scheduler of the scripted guest
 */
#include "script_kernel.h"

#include "sim_assert.h"

#define MSR_APICBASE     0x1bu
#define MSR_X2APIC_EOI   0x80bu
#define MSR_X2APIC_SPIV  0x80fu
#define MSR_X2APIC_LVTT  0x832u
#define MSR_X2APIC_TMICT 0x838u
#define MSR_X2APIC_TDCR  0x83eu
#define APICBASE_X2APIC  0xc00u
#define SPIV_ON          0x1ffu
#define LVTT_PERIODIC    (1u << 17)
#define TDCR_BY_1        0xbu
#define VECTOR_PF        14u
#define VECTOR_TIMER     0x40u
#define VECTOR_YIELD     0x41u
#define VECTOR_SPURIOUS  0xffu
#define AREA_GPA         0x9000u
#define CPUID_SIGNATURE  0x564b4d564b4d564bu /* KVMKVMKVM: EBX, ECX */
#define CPUID_FEATURES   0x1007efbu          /* what Linux 6.1 offers on AMD, leaf 0x40000001 */
#define TIMER_MARKS_MAX  40u
#define NS_ENTRY         15000u /* from the injection to the handler's first exit, measured */
#define EARLY_MAX        64u
#define REENABLE_BY_HOST 16u /* added to the action's number in the log */

/* ---- lists of operations ---- */

static struct script_op *op_add(struct script_guest *g, enum script_op_kind kind, uint32_t what,
                                uint64_t a, uint64_t b)
{
    struct script_op *op = &g->op[g->op_first + g->op_count];

    SIM_ASSERT(g->op_first + g->op_count < SCRIPT_OPS_MAX);
    g->op_count++;
    *op =
        (struct script_op){.kind = (uint8_t)kind, .what = what, .task = g->current, .a = a, .b = b};
    return op;
}

static void wrmsr(struct script_guest *g, uint32_t msr, uint64_t value)
{
    op_add(g, SCRIPT_OP_WRMSR, msr, value, 0);
}

static void rdmsr(struct script_guest *g, uint32_t msr, uint8_t reg)
{
    op_add(g, SCRIPT_OP_RDMSR, msr, 0, 0)->reg = reg;
}

static void say(struct script_guest *g, enum script_mark mark, uint64_t a, uint64_t b)
{
    op_add(g, SCRIPT_OP_LOG, mark, a, b);
}

static uint64_t en_value(const struct script_guest *g)
{
    return AREA_GPA | g->o->en;
}

/* Two records for the laboratory's own counts, and no more instructions. */
static void finish(struct script_guest *g)
{
    say(g, SCRIPT_MARK_STATS, 0, 0);
    rdmsr(g, APF_MSR_EN, 0);
    say(g, SCRIPT_MARK_STATS, 0, 0);
    op_add(g, SCRIPT_OP_OUT, SCRIPT_PORT_END, 0, 0);
}

/* ---- scheduler ---- */

static void switch_to(struct script_guest *g, uint32_t next)
{
    uint32_t prev = g->current;

    g->current = next;
    if (prev != next)
        say(g, SCRIPT_MARK_SWITCH, prev, next);
}

static bool is_ready(const struct script_guest *g, uint32_t i, enum script_task_kind kind)
{
    return g->task[i].state == SCRIPT_READY && g->task[i].kind == kind;
}

/*
 * Touchers in turn, from the one after the current; with round_robin the counter takes its turn
 * among them, otherwise it runs only when no toucher can; the idler when nobody can.
 */
static uint32_t choose(const struct script_guest *g, bool round_robin)
{
    for (uint32_t i = 1; i <= g->tasks; i++) {
        uint32_t t = (g->current + i) % g->tasks;

        if (is_ready(g, t, SCRIPT_TOUCHER) || (round_robin && is_ready(g, t, SCRIPT_COUNTER)))
            return t;
    }
    for (uint32_t t = 0; t < g->tasks; t++)
        if (is_ready(g, t, SCRIPT_COUNTER))
            return t;
    return g->idler;
}

static void schedule(struct script_guest *g, bool round_robin)
{
    switch_to(g, choose(g, round_robin));
}

static void wake(struct script_guest *g, uint32_t task, uint32_t token)
{
    g->task[task].state = SCRIPT_READY;
    g->task[task].token = 0;
    say(g, SCRIPT_MARK_WAKE, task, token);
}

/* Returns the last one woken, or -1. */
static int wake_all(struct script_guest *g, uint32_t token)
{
    int last = -1;

    for (uint32_t i = 0; i < g->tasks; i++)
        if (g->task[i].state == SCRIPT_BLOCKED) {
            wake(g, i, token);
            last = (int)i;
        }
    return last;
}

static int wake_by_token(struct script_guest *g, uint32_t token)
{
    for (uint32_t i = 0; i < g->tasks; i++)
        if (g->task[i].state == SCRIPT_BLOCKED && g->task[i].token == token) {
            wake(g, i, token);
            return (int)i;
        }
    say(g, SCRIPT_MARK_READY_EARLY, token, 0);
    if (g->early_count < EARLY_MAX)
        g->early[g->early_count++] = token;
    return -1;
}

bool script_kernel_waiting(const struct script_guest *g)
{
    for (uint32_t i = 0; i < g->tasks; i++)
        if (g->task[i].state == SCRIPT_BLOCKED)
            return true;
    return false;
}

/* ---- not present ---- */

static bool take_early(struct script_guest *g, uint32_t token)
{
    for (uint32_t i = 0; i < g->early_count; i++)
        if (g->early[i] == token) {
            g->early[i] = g->early[--g->early_count];
            return true;
        }
    return false;
}

/*
 * Once in a run, while a fault is in flight. After a zero the host has forgotten what was in
 * flight, so the guest wakes everybody by itself.
 */
static void reenable(struct script_guest *g)
{
    uint64_t how = g->o->reenable;

    say(g, SCRIPT_MARK_REENABLE, how, en_value(g));
    if (how == 2 || how == 3)
        wrmsr(g, APF_MSR_EN, 0);
    if (how != 2)
        wrmsr(g, APF_MSR_EN, en_value(g));
    if (how >= 2)
        wake_all(g, 0);
}

static void ask_host(struct script_guest *g)
{
    say(g, SCRIPT_MARK_REENABLE, REENABLE_BY_HOST + g->o->hostact, 0);
    op_add(g, SCRIPT_OP_OUT, SCRIPT_PORT_ACT, g->o->hostact, 0);
}

static void meddle(struct script_guest *g)
{
    if (g->rearmed)
        return;
    g->rearmed = g->o->reenable || g->o->hostact;
    if (g->o->reenable)
        reenable(g);
    else if (g->o->hostact)
        ask_host(g);
}

static void bad_fault(struct script_guest *g, uint64_t cr2)
{
    say(g, SCRIPT_MARK_BAD_PF, cr2, 0);
    say(g, SCRIPT_MARK_BAD_PF, 0, 0);
    finish(g);
}

static void on_not_present(struct script_guest *g, uint64_t cr2)
{
    struct script_task *t = &g->task[g->current];
    uint32_t flags = g->area->flags, token = (uint32_t)cr2;
    uint64_t cpl = g->o->cpl ? 3 : 0;

    if (!(flags & APF_REASON_NOT_PRESENT)) {
        bad_fault(g, cr2);
        return;
    }
    g->area->flags = 0;
    say(g, SCRIPT_MARK_NOT_PRESENT, cr2, (flags & 0xff) | cpl << 32);
    if (take_early(g, token))
        return;
    t->token = token;
    t->state = SCRIPT_BLOCKED;
    meddle(g);
    schedule(g, false);
}

/* ---- ready ---- */

static void on_ready(struct script_guest *g)
{
    uint32_t token = g->area->token;
    int woken = -1;

    if (!g->o->noeoi)
        wrmsr(g, MSR_X2APIC_EOI, 0);
    say(g, SCRIPT_MARK_READY, token, g->area->flags);
    if (token == APF_TOKEN_WAKE_ALL)
        woken = wake_all(g, token);
    else if (token == 0)
        say(g, SCRIPT_MARK_SPURIOUS, 0, 0);
    else
        woken = wake_by_token(g, token);
    if (!g->o->noclear)
        op_add(g, SCRIPT_OP_CLEAR_SLOT, 0, 0, 0);
    if (!g->o->noack)
        wrmsr(g, APF_MSR_ACK, 1);
    if (woken >= 0)
        switch_to(g, (uint32_t)woken);
}

/* ---- the other traps ---- */

static void on_timer(struct script_guest *g)
{
    g->timers++;
    wrmsr(g, MSR_X2APIC_EOI, 0);
    if (g->timers <= TIMER_MARKS_MAX)
        say(g, SCRIPT_MARK_TIMER, g->timers, 0);
    schedule(g, true);
}

static bool all_dead(const struct script_guest *g)
{
    for (uint32_t i = 0; i < g->tasks; i++)
        if (g->task[i].kind != SCRIPT_IDLER && g->task[i].state != SCRIPT_DEAD)
            return false;
    return true;
}

static void on_exit_task(struct script_guest *g)
{
    struct script_task *t = &g->task[g->current];

    t->state = SCRIPT_DEAD;
    say(g, SCRIPT_MARK_EXIT, g->current, 0);
    if (t->kind == SCRIPT_TOUCHER)
        g->touchers_alive--;
    if (all_dead(g))
        finish(g);
    else
        schedule(g, false);
}

static void on_fault(struct script_guest *g, unsigned vector)
{
    say(g, SCRIPT_MARK_FAULT, vector, 0);
    finish(g);
}

void script_kernel_trap(struct script_guest *g, unsigned vector, uint64_t cr2)
{
    op_add(g, SCRIPT_OP_RUN, 0, NS_ENTRY, 0);
    if (vector == VECTOR_PF)
        on_not_present(g, cr2);
    else if (vector == g->o->vec)
        on_ready(g);
    else if (vector == VECTOR_TIMER)
        on_timer(g);
    else if (vector == VECTOR_YIELD)
        schedule(g, false);
    else if (vector == SCRIPT_VECTOR_EXIT)
        on_exit_task(g);
    else if (vector == VECTOR_SPURIOUS)
        say(g, SCRIPT_MARK_SPURIOUS, vector, 0);
    else
        on_fault(g, vector);
}

void script_kernel_gp(struct script_guest *g)
{
    SIM_ASSERT(g->op_count > 0);
    if (g->gp_expected) {
        g->gp_seen = true;
        g->op_first++; /* the handler skips the WRMSR; boot has more to do behind it */
        g->op_count--;
        return;
    }
    g->op_first = g->op_count = 0;
    on_fault(g, 13);
}

/* ---- boot ---- */

static void boot_apic(struct script_guest *g)
{
    rdmsr(g, MSR_APICBASE, 0);
    op_add(g, SCRIPT_OP_WRMSR, MSR_APICBASE, APICBASE_X2APIC, 0)->reg = 1;
    if (!g->o->noapic)
        wrmsr(g, MSR_X2APIC_SPIV, SPIV_ON);
    rdmsr(g, MSR_APICBASE, 0);
    op_add(g, SCRIPT_OP_LOG, SCRIPT_MARK_START, 0, CPUID_SIGNATURE)->reg = 2;
    say(g, SCRIPT_MARK_CPUID, CPUID_FEATURES & g->o->kvmfeat, 0);
}

static void boot_apf(struct script_guest *g)
{
    if (g->o->en & APF_EN_ENABLED) {
        op_add(g, SCRIPT_OP_EXPECT_GP, 0, 1, 0);
        wrmsr(g, APF_MSR_INT, g->o->vec);
        wrmsr(g, APF_MSR_EN, en_value(g));
        op_add(g, SCRIPT_OP_EXPECT_GP, 0, 0, 0);
        op_add(g, SCRIPT_OP_LOG_IF_GP, SCRIPT_MARK_MSR_GP, g->o->en, 0);
    }
    rdmsr(g, APF_MSR_INT, 1);
    rdmsr(g, APF_MSR_EN, 0);
    op_add(g, SCRIPT_OP_LOG, SCRIPT_MARK_ENABLED, 0, 0)->reg = 1;
}

static void boot_timer(struct script_guest *g)
{
    if (!g->o->timer)
        return;
    wrmsr(g, MSR_X2APIC_TDCR, TDCR_BY_1);
    wrmsr(g, MSR_X2APIC_LVTT, LVTT_PERIODIC | VECTOR_TIMER);
    wrmsr(g, MSR_X2APIC_TMICT, g->o->timer);
}

static uint32_t task_add(struct script_guest *g, enum script_task_kind kind)
{
    g->task[g->tasks] = (struct script_task){
        .kind = kind,
        .phase = g->o->npages ? SCRIPT_SAY_TOUCH : SCRIPT_END,
    };
    return g->tasks++;
}

void script_kernel_boot(struct script_guest *g)
{
    boot_apic(g);
    boot_apf(g);
    boot_timer(g);
    for (uint64_t i = 0; i < g->o->ntask; i++)
        task_add(g, SCRIPT_TOUCHER);
    g->touchers_alive = g->tasks;
    if (g->o->counter)
        task_add(g, SCRIPT_COUNTER);
    g->idler = task_add(g, SCRIPT_IDLER);
}
