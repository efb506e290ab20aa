/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel.c - the guest's kernel: boot, exceptions, interrupts, APF's two handlers
 *
 * Everything here runs in kernel mode with IF = 0, but for HLT.
 */
#include "kernel.h"

#define MSR_APICBASE 0x1bu
#define X2APIC(reg)  (0x800u + ((reg) >> 4))
#define MSR_APF_EN   0x4b564d02u
#define MSR_APF_INT  0x4b564d06u
#define MSR_APF_ACK  0x4b564d07u

extern const char stub_page_fault[], stub_invalid[], stub_ready[], stub_probe[], stub_timer[],
    stub_fatal[];
struct frame *k_boot(uint32_t id);
struct frame *k_page_fault(struct frame *f, uint64_t tsc);
struct frame *k_ready(struct frame *f, uint64_t tsc);
struct frame *k_invalid(struct frame *f, uint64_t tsc);
struct frame *k_probe_irq(struct frame *f, uint64_t tsc);
struct frame *k_timer(struct frame *f, uint64_t tsc);
_Noreturn void k_fatal(uint64_t vector, const uint64_t *stack);

static struct cpu cpus[GUEST_CPUS_MAX];
static struct {
    uint64_t lo, hi;
} idt[GUEST_CPUS_MAX][256];

static _Noreturn void k_end(struct cpu *cpu)
{
    ORDERS->ended[cpu->id] = 1;
    for (;;)
        out(GUEST_PORT_END, cpu->id);
}

_Noreturn void k_fatal(uint64_t vector, const uint64_t *stack)
{
    struct task *t = sched_current();

    note(t->cpu, rdtsc(), t->id, GUEST_L_FATAL, vector, stack[0]);
    k_end(t->cpu);
}

/* ---- asynchronous page faults ---- */

static bool came_early(struct cpu *cpu, uint32_t token)
{
    for (uint32_t i = 0; i < cpu->earlies; i++)
        if (cpu->early[i] == token) {
            cpu->early[i] = cpu->early[--cpu->earlies];
            return true;
        }
    return false;
}

struct frame *k_page_fault(struct frame *f, uint64_t tsc)
{
    struct task *t = sched_current();
    struct cpu *cpu = t->cpu;
    uint32_t flags = cpu->area->flags;
    uint64_t cr2;

    __asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
    if (!(flags & 1)) {
        note(cpu, tsc, t->id, GUEST_L_FATAL, 14, f->rip);
        k_end(cpu);
    }
    cpu->area->flags = 0;
    note(cpu, tsc, t->id, GUEST_L_NOT_PRESENT, cr2, f->error << 8 | flags);
    cpu->outstanding++;
    if (cpu->earlies && came_early(cpu, (uint32_t)cr2))
        return f;
    t->frame = f;
    t->state = TASK_BLOCKED;
    t->token = (uint32_t)cr2;
    t->next = cpu->sleeper[cr2 >> 12 & (SLEEPERS - 1)];
    cpu->sleeper[cr2 >> 12 & (SLEEPERS - 1)] = t;
    return sched_leave(t, GUEST_L_NOT_PRESENT);
}

/* Unlinks who sleeps on that token; NULL: nobody does. */
static struct task *sleeper_take(struct cpu *cpu, uint32_t token)
{
    for (struct task **t = &cpu->sleeper[token >> 12 & (SLEEPERS - 1)]; *t; t = &(*t)->next)
        if ((*t)->token == token) {
            struct task *found = *t;

            *t = found->next;
            return found;
        }
    return NULL;
}

static void wake_all(struct cpu *cpu)
{
    for (uint32_t i = 0; i < SLEEPERS; i++)
        while (cpu->sleeper[i]) {
            struct task *t = cpu->sleeper[i];

            cpu->sleeper[i] = t->next;
            sched_ready(t);
        }
}

/* A task that a wake-all woke may end before its token is ready: that is awaited, too. */
static void end_if_done(struct cpu *cpu)
{
    if (!cpu->alive && (ORDERS->stop || (!cpu->head && cpu->outstanding <= 0)))
        k_end(cpu);
}

/* Returns the task that is to run next for it, or NULL. */
static struct task *wake(struct cpu *cpu, uint32_t token, uint64_t tsc, uint32_t now)
{
    struct task *t = NULL;

    cpu->outstanding -= token != 0xffffffffu;
    if (token == 0xffffffffu)
        wake_all(cpu);
    else if ((t = sleeper_take(cpu, token)))
        ORDERS->preempt ? sched_ready_first(t) : sched_ready(t);
    else if (cpu->earlies < EARLY_MAX)
        cpu->early[cpu->earlies++] = token;
    note(cpu, tsc, now, GUEST_L_READY, token, t ? t->id : GUEST_NOBODY);
    return t;
}

struct frame *k_ready(struct frame *f, uint64_t tsc)
{
    struct task *t = sched_current(), *woken;
    struct cpu *cpu = t->cpu;
    uint32_t token = cpu->area->token;
    uint64_t before;

    wrmsr(X2APIC(0xb0), 0);
    if (!cpu->enabled) {
        note(cpu, tsc, t->id, GUEST_L_STRAY, token, 0);
        cpu->strays++;
        return f;
    }
    woken = wake(cpu, token, tsc, t->id);
    cpu->area->token = 0;
    before = rdtsc();
    if (!ORDERS->no_ack)
        wrmsr(MSR_APF_ACK, 1);
    note(cpu, before, t->id, GUEST_L_ACK, token, rdtsc() - before);
    end_if_done(cpu);
    if (t->kind == GUEST_IDLE ? !cpu->head : !woken || !ORDERS->preempt)
        return f;
    /* The woken task preempts; who ran goes on behind it, before the others. */
    t->frame = f;
    if (t->kind != GUEST_IDLE) {
        struct task *after = woken->next;

        t->state = TASK_READY;
        woken->next = t;
        t->next = after;
        if (cpu->tail == woken)
            cpu->tail = t;
    }
    return sched_leave(t, GUEST_L_READY);
}

static void set_enabled(struct cpu *cpu, bool on)
{
    uint64_t value = on ? (uintptr_t)cpu->area | ORDERS->en_bits : 0;

    note(cpu, rdtsc(), 0, GUEST_L_MSR, value, 0);
    cpu->enabled = on;
    if (!on) /* the host drops what is in flight */
        cpu->outstanding = 0;
    wrmsr(MSR_APF_EN, value);
}

/* What GUEST_ENABLE orders; the #UD gate has cleared IF. */
static void enable_again(struct task *t)
{
    struct cpu *cpu = t->cpu;

    if (t->order->probe != GUEST_E_SAME) {
        while (!cpu->area->token)
            __asm__ volatile("pause");
        note(cpu, rdtsc(), t->id, GUEST_L_SLOT, cpu->area->token, 0);
        set_enabled(cpu, false);
        __asm__ volatile("sti");
        while (!cpu->strays)
            __asm__ volatile("pause");
        __asm__ volatile("cli");
    }
    if (t->order->probe == GUEST_E_ZEROED) {
        cpu->area->token = 0;
        note(cpu, rdtsc(), t->id, GUEST_L_SLOT, 0, 0);
    }
    set_enabled(cpu, true);
}

/* ---- calls, probes, the timer ---- */

/*
 * One instruction between two readings of the clock. What stands around it is the same for each, so
 * that without it is what the rest costs.
 */
#define TIMED(instruction)                                                                         \
    __asm__ volatile("rdtsc; mov %%eax, %0; mov $1, %%eax; xor %%edx, %%edx; " instruction         \
                     "rdtsc; sub %0, %%eax; mov %%eax, %0"                                         \
                     : "=&r"(ticks)                                                                \
                     : "c"(msr), "i"(GUEST_PORT_PROBE)                                             \
                     : "eax", "edx", "memory")

static uint32_t timed(uint32_t probe)
{
    uint32_t msr = probe == GUEST_P_ACK   ? MSR_APF_ACK
                   : probe == GUEST_P_EOI ? X2APIC(0xb0)
                                          : MSR_APF_INT;
    uint32_t ticks;

    switch (probe) {
    case GUEST_P_OUT:
        TIMED("out %%eax, %2; ");
        break;
    case GUEST_P_EOI:
        TIMED("xor %%eax, %%eax; wrmsr; ");
        break;
    case GUEST_P_ACK:
        TIMED("wrmsr; ");
        break;
    case GUEST_P_RDMSR:
        TIMED("rdmsr; ");
        break;
    default:
        TIMED("");
    }
    return ticks;
}

static void kernel_probe(struct task *t)
{
    uint32_t probe = t->order->probe;

    for (uint32_t i = 0; i < t->order->count; i++)
        note(t->cpu, rdtsc(), t->id, GUEST_L_PROBE, GUEST_KERNEL << 8 | probe, timed(probe));
}

struct frame *k_invalid(struct frame *f, uint64_t tsc)
{
    struct task *t = sched_current();

    f->rip += 2; /* UD2 */
    t->frame = f;
    switch (f->rax) {
    case CALL_NOTHING:
        f->rax = tsc;
        return f;
    case CALL_PROBE:
        kernel_probe(t);
        return f;
    case CALL_ENABLE:
        enable_again(t);
        return f;
    case CALL_YIELD:
        f->rax = tsc;
        sched_ready(t);
        return sched_leave(t, GUEST_L_PROBE);
    case CALL_END:
        t->state = TASK_ENDED;
        t->cpu->alive -= t->kind != GUEST_SPIN;
        end_if_done(t->cpu);
        return sched_leave(t, GUEST_L_PROBE);
    default:
        k_fatal(6, &f->rip);
    }
}

struct frame *k_probe_irq(struct frame *f, uint64_t tsc)
{
    struct task *t = sched_current();

    wrmsr(X2APIC(0xb0), 0);
    note(t->cpu, tsc, t->id, GUEST_L_IRQ, t->kind == GUEST_IDLE, GUEST_VECTOR_PROBE);
    return f;
}

struct frame *k_timer(struct frame *f, uint64_t tsc)
{
    struct task *t = sched_current();

    wrmsr(X2APIC(0xb0), 0);
    if (ORDERS->ticks_logged)
        note(t->cpu, tsc, t->id, GUEST_L_IRQ, t->kind == GUEST_IDLE, GUEST_VECTOR_TIMER);
    if (!t->cpu->head)
        return f;
    t->frame = f;
    if (t->kind != GUEST_IDLE)
        sched_ready(t);
    return sched_leave(t, GUEST_L_NONE);
}

/* ---- boot ---- */

static void gate(uint32_t cpu, uint32_t vector, const char *stub)
{
    uint64_t at = (uintptr_t)stub;

    idt[cpu][vector].lo =
        (at & 0xffff) | (uint64_t)SEL_KCODE << 16 | 0x8e00ull << 32 | (at >> 16 & 0xffff) << 48;
    idt[cpu][vector].hi = at >> 32;
}

static void load_tables(struct cpu *cpu)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } table = {sizeof(cpu->gdt) - 1, (uintptr_t)cpu->gdt};
    uint64_t base = (uintptr_t)&cpu->tss;

    cpu->gdt[SEL_KCODE / 8] = 0x00af9b000000ffffull;
    cpu->gdt[SEL_KDATA / 8] = 0x00cf93000000ffffull;
    cpu->gdt[SEL_UDATA / 8] = 0x00cff3000000ffffull;
    cpu->gdt[SEL_UCODE / 8] = 0x00affb000000ffffull;
    cpu->tss.iomap = sizeof(cpu->tss);
    cpu->gdt[SEL_TSS / 8] = (sizeof(cpu->tss) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 |
                            (base >> 24 & 0xff) << 56;
    cpu->gdt[SEL_TSS / 8 + 1] = base >> 32;
    __asm__ volatile("lgdt %0" ::"m"(table) : "memory");
    for (uint32_t v = 0; v < 32; v++)
        gate(cpu->id, v, stub_fatal + 16 * v);
    gate(cpu->id, 14, stub_page_fault);
    gate(cpu->id, 6, stub_invalid);
    gate(cpu->id, GUEST_VECTOR_READY, stub_ready);
    gate(cpu->id, GUEST_VECTOR_PROBE, stub_probe);
    gate(cpu->id, GUEST_VECTOR_TIMER, stub_timer);
    table.limit = sizeof(idt[0]) - 1;
    table.base = (uintptr_t)idt[cpu->id];
    __asm__ volatile("lidt %0; ltr %w1" ::"m"(table), "r"(SEL_TSS) : "memory");
}

static void start_lapic(void)
{
    wrmsr(MSR_APICBASE, rdmsr(MSR_APICBASE) | 0xc00); /* x2APIC */
    wrmsr(X2APIC(0xf0), 0x1ff);
    wrmsr(X2APIC(0x80), 0);
    if (!ORDERS->slice)
        return;
    wrmsr(X2APIC(0x3e0), 0xb); /* divide by 1 */
    wrmsr(X2APIC(0x320), GUEST_VECTOR_TIMER | 1u << 17);
    wrmsr(X2APIC(0x380), ORDERS->slice);
}

static uint32_t features(void)
{
    uint32_t a = 0x40000001u, b, c = 0, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return a;
}

struct frame *k_boot(uint32_t id)
{
    struct cpu *cpu = &cpus[id];

    cpu->id = id;
    cpu->area = (struct guest_area *)(uintptr_t)(GUEST_AREA_GPA + id * sizeof(struct guest_area));
    cpu->log = (struct guest_rec *)(uintptr_t)(GUEST_LOG_GPA + id * GUEST_LOG_BYTES);
    cpu->logged = &ORDERS->logged[id];
    load_tables(cpu);
    start_lapic();
    for (uint32_t i = 0; i < ORDERS->tasks; i++)
        if (ORDERS->task[i].cpu == id && ORDERS->task[i].kind)
            sched_make(cpu, i);
    if (ORDERS->en_bits) {
        wrmsr(MSR_APF_INT, GUEST_VECTOR_READY);
        cpu->enabled = true;
        wrmsr(MSR_APF_EN, (uintptr_t)cpu->area | ORDERS->en_bits);
    }
    note(cpu, rdtsc(), 0, GUEST_L_START, rdmsr(MSR_APF_EN), features());
    return sched_leave(cpu->idle, GUEST_L_START);
}
