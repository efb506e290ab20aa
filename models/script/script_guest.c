/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script_guest.c - carries out what the scripted kernel has listed, and its tasks' programs
 *
 * Nothing happens when an instruction is fetched (it may be cut and fetched again), everything when
 * it retires; but for stores to the shared area in a handler, where nothing can cut in.
 */
#include "script_guest.h"

#include <string.h>

#include "script_kernel.h"
#include "sim_assert.h"

#define NS_RECORD 20u /* write a log record without ringing */
#define NS_TRAP   20u /* INT */
#define NS_TOUCH  100u
/*
 * From the host's look at its requests to the next exit, measured. It is guest time, because a
 * thread that loses its CPU there looks again before it enters.
 */
#define NS_ENTER 12000u

const char *const script_mark_text[SCRIPT_MARKS] = {
    [SCRIPT_MARK_START] = "G: task%t START %A %B",
    [SCRIPT_MARK_CPUID] = "G: task%t CPUID %A %B",
    [SCRIPT_MARK_ENABLED] = "G: task%t ENABLED %A %B",
    [SCRIPT_MARK_TOUCH] = "G: task%t TOUCH page %a (gpa %B)",
    [SCRIPT_MARK_DONE] = "G: task%t TOUCH-DONE page %a",
    [SCRIPT_MARK_NOT_PRESENT] = "G: task%t #PF NOT-PRESENT token(cr2)=%A flags=%0 err=%1 cpl=%2",
    [SCRIPT_MARK_READY] = "G: task%t IRQ PAGE-READY token=%A flags=%B",
    [SCRIPT_MARK_SWITCH] = "G: SWITCH task%a -> task%b",
    [SCRIPT_MARK_TIMER] = "G: task%t TIMER %A %B",
    [SCRIPT_MARK_EXIT] = "G: task%t TASK-EXIT %A %B",
    [SCRIPT_MARK_BAD_PF] = "G: task%t BAD-#PF %A %B",
    [SCRIPT_MARK_FAULT] = "G: task%t FAULT %A %B",
    [SCRIPT_MARK_REENABLE] = "G: task%t REENABLE %A %B",
    [SCRIPT_MARK_WAKE] = "G: WAKE task%a by token %B",
    [SCRIPT_MARK_BAD_DATA] = "G: task%t BAD-DATA %A %B",
    [SCRIPT_MARK_SPURIOUS] = "G: task%t SPURIOUS %A %B",
    [SCRIPT_MARK_READY_EARLY] = "G: task%t READY-BEFORE-NOTPRESENT %A %B",
    [SCRIPT_MARK_MSR_GP] = "G: task%t MSR-#GP %A %B",
    [SCRIPT_MARK_SET_MSRS] = "VMM: KVM_SET_MSRS %A = %B",
    [SCRIPT_MARK_SET_MSRS_REFUSED] = "VMM: KVM_SET_MSRS refused",
};

/* ---- log ---- */

static uint64_t records_max(const struct script_guest *g)
{
    return g->o->maxlog < SCRIPT_LOG_MAX ? g->o->maxlog : SCRIPT_LOG_MAX;
}

uint64_t script_guest_records(const struct script_guest *g)
{
    return g->logged < records_max(g) ? g->logged : records_max(g);
}

static void record(struct script_guest *g, struct script_record r)
{
    if (g->logged < records_max(g))
        g->log[g->logged] = r;
    g->logged++;
}

/* A record past the limit is neither kept nor rung. */
static void say_insn(const struct script_guest *g, struct guest_insn *insn)
{
    insn->op = GUEST_RUN;
    insn->ns = NS_RECORD;
    if (!g->o->live || g->logged >= g->o->maxlog)
        return;
    insn->op = GUEST_OUT;
    insn->value = (uint64_t)SCRIPT_PORT_LOG << 32;
}

/* ---- the kernel's operations ---- */

static struct script_op *op_now(struct script_guest *g)
{
    return &g->op[g->op_first];
}

static void op_pop(struct script_guest *g)
{
    g->op_count--;
    g->op_first = g->op_count ? g->op_first + 1 : 0;
}

/* Operations that take no time. False: this one is an instruction of the vCPU. */
static bool op_instant(struct script_guest *g, const struct script_op *op)
{
    if (op->kind == SCRIPT_OP_CLEAR_SLOT) {
        g->area->token = 0;
    } else if (op->kind == SCRIPT_OP_EXPECT_GP) {
        g->gp_expected = op->a;
        g->gp_seen &= op->a == 0;
    } else if (op->kind != SCRIPT_OP_LOG_IF_GP || g->gp_seen) {
        return false;
    }
    op_pop(g);
    return true;
}

static void op_insn(const struct script_guest *g, const struct script_op *op,
                    struct guest_insn *insn)
{
    insn->msr = op->what;
    insn->value = op->a;
    insn->ledger = LEDGER_GUEST_APF;
    switch ((enum script_op_kind)op->kind) {
    case SCRIPT_OP_RDMSR:
        insn->op = GUEST_RDMSR;
        break;
    case SCRIPT_OP_WRMSR:
        insn->op = GUEST_WRMSR;
        insn->value |= op->reg ? g->seen[0] : 0;
        break;
    case SCRIPT_OP_OUT:
        insn->op = GUEST_OUT;
        insn->value = (uint64_t)op->what << 32 | (uint32_t)op->a;
        break;
    case SCRIPT_OP_RUN:
        insn->op = GUEST_RUN;
        insn->ns = op->a;
        break;
    case SCRIPT_OP_LOG:
    case SCRIPT_OP_LOG_IF_GP:
        say_insn(g, insn);
        break;
    case SCRIPT_OP_CLEAR_SLOT:
    case SCRIPT_OP_EXPECT_GP:
        SIM_ASSERT(!"an instant operation as an instruction");
    }
}

static void op_retire(struct script_guest *g, uint64_t value)
{
    struct script_op op = *op_now(g);

    op_pop(g);
    if (op.kind == SCRIPT_OP_RDMSR)
        g->seen[op.reg] = value;
    if (op.kind == SCRIPT_OP_LOG || op.kind == SCRIPT_OP_LOG_IF_GP)
        record(g, (struct script_record){op.what, op.task, op.reg ? g->seen[0] : op.a,
                                         op.reg == 1 ? g->seen[1] : op.b});
}

/* ---- the tasks' programs ---- */

static uint64_t toucher_page(const struct script_guest *g, uint32_t task)
{
    const struct script_options *o = g->o;
    uint64_t turn = g->task[task].turn;

    return (o->base + (o->same ? turn : task * o->npages + turn)) * o->stride;
}

static void touch_insn(const struct script_guest *g, struct guest_insn *insn)
{
    insn->op = GUEST_TOUCH;
    insn->ns = NS_TOUCH;
    insn->page = (uint32_t)toucher_page(g, g->current);
    insn->write = g->o->write;
    insn->offset = g->o->write ? 8 : 0; /* the first word holds the page's number */
}

static void task_insn(const struct script_guest *g, struct guest_insn *insn)
{
    const struct script_task *t = &g->task[g->current];

    insn->ledger = LEDGER_USER;
    insn->if_flag = t->kind != SCRIPT_TOUCHER || !g->o->cli;
    insn->cpl = t->kind != SCRIPT_IDLER && g->o->cpl ? 3 : 0;
    insn->op = GUEST_RUN;
    insn->ns = NS_TRAP;
    if (t->kind == SCRIPT_IDLER) {
        insn->op = GUEST_HLT;
        insn->waiting = script_kernel_waiting(g);
    } else if (t->kind == SCRIPT_COUNTER) {
        insn->ns = g->touchers_alive ? SIM_NEVER : NS_TRAP;
    } else if (t->phase == SCRIPT_DO_TOUCH) {
        touch_insn(g, insn);
    } else if (t->phase != SCRIPT_END) {
        say_insn(g, insn);
    }
}

/* Anonymous memory that was never filled reads as zero. */
static enum script_phase after_touch(const struct script_guest *g)
{
    return g->o->backing == BACKING_ANON && !g->o->fill ? SCRIPT_SAY_BAD : SCRIPT_SAY_DONE;
}

static void task_say(struct script_guest *g, enum script_mark mark, uint64_t b)
{
    record(g, (struct script_record){mark, g->current, toucher_page(g, g->current), b});
}

static void toucher_retire(struct script_guest *g, struct script_task *t)
{
    switch (t->phase) {
    case SCRIPT_SAY_TOUCH:
        task_say(g, SCRIPT_MARK_TOUCH, SCRIPT_DATA_GPA + toucher_page(g, g->current) * PAGE_BYTES);
        t->phase = SCRIPT_DO_TOUCH;
        break;
    case SCRIPT_DO_TOUCH:
        t->phase = after_touch(g);
        break;
    case SCRIPT_SAY_BAD:
        task_say(g, SCRIPT_MARK_BAD_DATA, 0);
        t->phase = SCRIPT_SAY_DONE;
        break;
    case SCRIPT_SAY_DONE:
        task_say(g, SCRIPT_MARK_DONE, 0);
        t->turn++;
        t->phase = t->turn < g->o->npages ? SCRIPT_SAY_TOUCH : SCRIPT_END;
        break;
    case SCRIPT_END:
        script_kernel_trap(g, SCRIPT_VECTOR_EXIT, 0);
        break;
    }
}

static void task_retire(struct script_guest *g)
{
    struct script_task *t = &g->task[g->current];

    if (t->kind == SCRIPT_TOUCHER)
        toucher_retire(g, t);
    else if (t->kind == SCRIPT_COUNTER && !g->touchers_alive)
        script_kernel_trap(g, SCRIPT_VECTOR_EXIT, 0);
}

/* ---- the border to the vCPU ---- */

/* Nothing ahead of an instruction that has no end of its own. */
static bool is_idle(const struct script_guest *g)
{
    const struct script_task *t = &g->task[g->current];

    return !g->op_count &&
           (t->kind == SCRIPT_IDLER || (t->kind == SCRIPT_COUNTER && g->touchers_alive));
}

static void on_next(void *guest, uint32_t cpu, struct guest_insn *insn)
{
    struct script_guest *g = guest;

    (void)cpu;
    while (g->op_count && op_instant(g, op_now(g)))
        ;
    *insn = (struct guest_insn){.task = g->current};
    if (g->op_count)
        op_insn(g, op_now(g), insn);
    else
        task_insn(g, insn);
    if (!g->entered && !is_idle(g)) {
        insn->op = GUEST_RUN;
        insn->ns = NS_ENTER;
    }
}

static void on_retire(void *guest, uint32_t cpu, sim_ns ran, uint64_t value)
{
    struct script_guest *g = guest;

    (void)cpu;
    (void)ran;
    if (!g->entered && !is_idle(g)) {
        g->entered = true;
        return;
    }
    g->entered = false;
    if (g->op_count)
        op_retire(g, value);
    else
        task_retire(g);
}

static void on_cut(void *guest, uint32_t cpu, sim_ns ran)
{
    (void)guest;
    (void)cpu;
    (void)ran;
}

static void on_exception(void *guest, uint32_t cpu, unsigned vector, uint64_t cr2)
{
    struct script_guest *g = guest;

    (void)cpu;
    g->entered = false;
    if (vector == 13)
        script_kernel_gp(g);
    else
        script_kernel_trap(g, vector, cr2);
}

static void on_interrupt(void *guest, uint32_t cpu, unsigned vector)
{
    struct script_guest *g = guest;

    (void)cpu;
    g->entered = false;
    SIM_ASSERT(g->op_count == 0); /* handlers run with interrupts off */
    script_kernel_trap(g, vector, 0);
}

const struct guest_ops script_guest_ops = {
    .next = on_next,
    .retire = on_retire,
    .cut = on_cut,
    .exception = on_exception,
    .interrupt = on_interrupt,
};

void script_guest_start(struct script_guest *g, const struct script_options *o,
                        struct script_record *log)
{
    memset(g, 0, sizeof *g);
    g->o = o;
    g->log = log;
    script_kernel_boot(g);
}
