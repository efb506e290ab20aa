/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel.h - inside the guest: its tasks, CPUs, and the few instructions that C does not know
 *
 * A task is one page: struct task at its bottom, its kernel stack above. So the task that runs is
 * found from the stack pointer, and no segment register is needed.
 */
#pragma once

#define GUEST_SIDE
#include <stdbool.h>
#include <stddef.h>

#include "guest_abi.h"

#define TASK_BYTES 4096u
#define SLEEPERS   256u /* by token; four times the host's limit for one vCPU */
#define EARLY_MAX  64u

/* As Linux has them: a backend may be quicker with those. */
#define SEL_KCODE 0x10u
#define SEL_KDATA 0x18u
#define SEL_UDATA 0x2bu
#define SEL_UCODE 0x33u
#define SEL_TSS   0x40u

struct frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rbx, rcx, rdx, rax;
    uint64_t error, rip, cs, rflags, rsp, ss;
};

enum task_state { TASK_READY, TASK_RUNS, TASK_BLOCKED, TASK_ENDED };

struct cpu;
struct task {
    struct frame *frame; /* while it does not run */
    struct task *next;   /* run queue */
    struct cpu *cpu;
    uint32_t id, kind, state, token;
    const volatile struct guest_task_order *order;
};

struct __attribute__((packed)) tss {
    uint32_t r0;
    uint64_t rsp0, rsp1, rsp2, r1, ist[7], r2;
    uint16_t r3, iomap;
};

struct cpu {
    struct tss tss;
    uint64_t gdt[10];
    struct task *head, *tail; /* ready, in their order */
    struct task *idle;
    volatile struct guest_area *area;
    struct guest_rec *log;
    volatile uint32_t *logged;
    bool enabled;             /* APF */
    volatile uint32_t strays; /* ready interrupts that found it off */
    uint32_t id, alive;       /* tasks that have not ended, without idle and spinners */
    struct task *sleeper[SLEEPERS];
    uint32_t early[EARLY_MAX], earlies;
    int32_t outstanding; /* tokens announced whose ready has not come; below 0: it came first */
};

#define ORDERS ((volatile struct guest_orders *)(uintptr_t)GUEST_ORDERS_GPA)

/* Calls that a user task makes by UD2, number in rax. */
enum call { CALL_NOTHING, CALL_END, CALL_YIELD, CALL_PROBE, CALL_ENABLE };

static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return lo | (uint64_t)hi << 32;
}
static inline void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}
static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;

    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
    return lo | (uint64_t)hi << 32;
}
static inline void out(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

/* From user and kernel mode; an interrupt may come between any two of its instructions. */
static inline void note(struct cpu *cpu, uint64_t tsc, uint32_t task, uint32_t code, uint64_t a,
                        uint64_t b)
{
    uint32_t index = 1;
    struct guest_rec *rec;

    __asm__ volatile("xaddl %0, %1" : "+r"(index), "+m"(*cpu->logged)::"memory");
    if (index >= GUEST_LOG_MAX)
        return;
    rec = &cpu->log[index];
    rec->tsc = tsc;
    rec->task = task;
    rec->a = a;
    rec->b = b;
    rec->code = code;
}

/* tasks.c */
void task_main(struct task *t);
/* sched.c */
struct task *sched_current(void);
void sched_ready(struct task *t);
void sched_ready_first(struct task *t);
/* Leaves t, whose frame is saved and whose state is set, for whoever is next. */
struct frame *sched_leave(struct task *t, uint64_t why);
void sched_make(struct cpu *cpu, uint32_t id);
