/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tasks.c - what the guest's tasks do, in user mode
 *
 * Ordinary code at CPL 3: native on every backend, and where faults are asynchronous.
 */
#include "kernel.h"

#define SPIN_CHUNK 4000u /* iterations between two looks at the clock and the orders */

static inline uint64_t call(uint64_t number)
{
    __asm__ volatile("ud2" : "+a"(number)::"memory");
    return number;
}

static inline void burn(uint64_t iterations)
{
    if (iterations)
        __asm__ volatile("1: dec %0; jnz 1b" : "+r"(iterations)::"cc");
}

/* xorshift64 (Marsaglia, 2003). A run begins somewhere else than the one before. */
static uint64_t draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state >> 48;
}

static void touch(struct task *t)
{
    const volatile struct guest_task_order *o = t->order;
    uint64_t page = o->first, group = o->group, state = (rdtsc() + t->id) * 0x9e3779b97f4a7c15u | 1;

    for (uint32_t i = 0; i < o->count && !ORDERS->stop; i++, page += o->stride) {
        volatile uint64_t *p = (uint64_t *)(uintptr_t)(GUEST_DATA_GPA + page * 4096);
        uint64_t before, value, after, think = o->think;

        if (o->flags & GUEST_F_RANDOM)
            think = think * draw(&state) >> 16;
        burn(think);
        ORDERS->spins[t->id] += think;
        before = rdtsc();
        value = p[0];
        if (o->flags & GUEST_F_WRITE)
            p[1] = t->id;
        after = rdtsc();
        note(t->cpu, before, t->id, GUEST_L_TOUCH, page, after - before);
        if (value != (GUEST_MAGIC | page) && !(o->flags & GUEST_F_BLANK))
            note(t->cpu, before, t->id, GUEST_L_BAD_DATA, page, value);
        if (group && (i + 1) % group == 0)
            call(CALL_YIELD);
    }
}

/* A gap of more than 10 000 ticks between two chunks is time that others had. */
static void spin(struct task *t)
{
    uint64_t last = rdtsc();

    while (!ORDERS->stop && (t->cpu->alive || t->order->count)) {
        uint64_t now;

        burn(SPIN_CHUNK);
        ORDERS->spins[t->id] += SPIN_CHUNK;
        now = rdtsc();
        if (now - last > 10000 && !t->order->group)
            note(t->cpu, now, t->id, GUEST_L_RUNS, last, 0);
        last = now;
    }
}

static void clock_pairs(struct task *t)
{
    for (uint32_t i = 0; i < t->order->count; i++) {
        uint64_t before = rdtsc(), after = rdtsc();

        note(t->cpu, before, t->id, GUEST_L_PROBE, GUEST_CLOCK << 8, after - before);
        before = rdtsc();
        burn(t->order->think);
        after = rdtsc();
        note(t->cpu, before, t->id, GUEST_L_PROBE, GUEST_CLOCK << 8 | 1, after - before);
    }
}

/* Time to the handler's first rdtsc, and for the way there and back. */
static void traps(struct task *t)
{
    for (uint32_t i = 0; i < t->order->count; i++) {
        uint64_t before = rdtsc(), inside = call(CALL_NOTHING), after = rdtsc();

        note(t->cpu, before, t->id, GUEST_L_PROBE, GUEST_TRAP << 8, inside - before);
        note(t->cpu, before, t->id, GUEST_L_PROBE, GUEST_TRAP << 8 | 1, after - before);
    }
}

static void mmio(struct task *t)
{
    for (uint32_t i = 0; i < t->order->count; i++) {
        uint64_t before = rdtsc(), after;

        (void)*(volatile uint32_t *)(uintptr_t)GUEST_MMIO_GPA;
        after = rdtsc();
        note(t->cpu, before, t->id, GUEST_L_PROBE, GUEST_MMIO << 8, after - before);
    }
}

static void cpuids(struct task *t)
{
    for (uint32_t i = 0; i < t->order->count; i++) {
        uint64_t before = rdtsc(), after;
        uint32_t a = 0, b, c = 0, d;

        __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
        after = rdtsc();
        note(t->cpu, before, t->id, GUEST_L_PROBE, GUEST_CPUID << 8, after - before);
    }
}

/* Two of these on one CPU: each call leads through the other's return. */
static void yields(struct task *t)
{
    for (uint32_t i = 0; i < t->order->count; i++) {
        uint64_t before = rdtsc(), after;

        call(CALL_YIELD);
        after = rdtsc();
        note(t->cpu, before, t->id, GUEST_L_PROBE, GUEST_YIELD << 8, after - before);
    }
}

static void idle(void)
{
    for (;;)
        __asm__ volatile("pause");
}

void task_main(struct task *t)
{
    while (!ORDERS->start)
        __asm__ volatile("pause");
    switch (t->kind) {
    case GUEST_TOUCH:
        touch(t);
        break;
    case GUEST_SPIN:
        spin(t);
        break;
    case GUEST_CLOCK:
        clock_pairs(t);
        break;
    case GUEST_KERNEL:
        call(CALL_PROBE);
        break;
    case GUEST_ENABLE:
        call(CALL_ENABLE);
        break;
    case GUEST_TRAP:
        traps(t);
        break;
    case GUEST_MMIO:
        mmio(t);
        break;
    case GUEST_CPUID:
        cpuids(t);
        break;
    case GUEST_YIELD:
        yields(t);
        break;
    default:
        idle();
    }
    call(CALL_END);
}
