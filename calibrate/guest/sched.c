/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sched.c - the guest's tasks: one queue a CPU, first come, first served, with time slices
 */
#include "kernel.h"

struct task *sched_current(void)
{
    return (struct task *)((uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)(TASK_BYTES - 1));
}

void sched_ready(struct task *t)
{
    struct cpu *cpu = t->cpu;

    t->state = TASK_READY;
    t->next = NULL;
    if (cpu->tail)
        cpu->tail->next = t;
    else
        cpu->head = t;
    cpu->tail = t;
}

void sched_ready_first(struct task *t)
{
    struct cpu *cpu = t->cpu;

    t->state = TASK_READY;
    t->next = cpu->head;
    cpu->head = t;
    if (!cpu->tail)
        cpu->tail = t;
}

static struct task *take(struct cpu *cpu)
{
    struct task *t = cpu->head;

    if (!t)
        return cpu->idle;
    cpu->head = t->next;
    if (!cpu->head)
        cpu->tail = NULL;
    return t;
}

struct frame *sched_leave(struct task *t, uint64_t why)
{
    struct cpu *cpu = t->cpu;
    struct task *next = take(cpu);

    next->state = TASK_RUNS;
    cpu->tss.rsp0 = (uintptr_t)next + TASK_BYTES;
    if (next != t)
        note(cpu, rdtsc(), t->id, GUEST_L_LEAVE, next->id, why);
    return next->frame;
}

static _Noreturn void idle(void)
{
    for (;;)
        __asm__ volatile("sti; hlt; cli");
}

/* Idle that halts has to do so in kernel mode, on the stack of its page. */
static void halts(struct frame *f, struct task *t)
{
    f->rip = (uintptr_t)idle;
    f->cs = SEL_KCODE;
    f->ss = SEL_KDATA;
    f->rsp = (uintptr_t)t + TASK_BYTES;
}

void sched_make(struct cpu *cpu, uint32_t id)
{
    struct task *t = (struct task *)(uintptr_t)(GUEST_STACK_GPA + id * TASK_BYTES);
    struct frame *f = (struct frame *)((uintptr_t)t + TASK_BYTES - sizeof(*f));
    bool irq_off;

    t->order = &ORDERS->task[id];
    t->cpu = cpu;
    t->id = id;
    t->kind = t->order->kind;
    t->token = 0;
    t->frame = f;
    irq_off = t->order->flags & GUEST_F_IRQ_OFF;
    f->rip = (uintptr_t)task_main;
    f->rdi = (uintptr_t)t;
    f->cs = SEL_UCODE;
    f->ss = SEL_UDATA;
    f->rflags = irq_off ? 2 : 0x202;
    f->rsp = GUEST_USER_GPA + (id + 1) * 4096 - 8;
    if (t->kind == GUEST_IDLE) {
        if (!ORDERS->idle_spins)
            halts(f, t);
        t->state = TASK_READY;
        cpu->idle = t;
        return;
    }
    cpu->alive += t->kind != GUEST_SPIN;
    sched_ready(t);
}
