/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_machine.c - see fake_machine.h
 */
#include "fake_machine.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "guest_kernel.h"

void fake_params(struct params *p)
{
    memset(p, 0, sizeof *p);
    p->guest.kernel = APF_KERNEL_6_12;
    p->guest.vcpus = 1;
    p->guest.scheduler = GUEST_SCHED_CFS;
    p->guest.tickless = true;
    p->guest.apf = true;
    p->guest.cfs.latency = 6 * SIM_MS;
    p->guest.cfs.min_granularity = 750 * SIM_US;
    p->guest.cfs.wakeup_granularity = SIM_MS;
    p->guest.cfs.sleeper_credit = p->guest.cfs.wakeup_preemption = true;
    p->regions = 1;
    p->region[0].size = 1 << 20;
}

struct task_params *fake_task(struct params *p)
{
    struct task_params *t = &p->task[p->tasks++];

    t->count = 1;
    t->vcpu = -1;
    return t;
}

struct step_params *fake_step(struct task_params *t, enum step_kind kind)
{
    struct step_params *s = &t->step[t->steps++];

    s->kind = kind;
    s->pages = s->stride = 1;
    s->zipf_milli = 1000;
    return s;
}

void fake_timed(struct task_params *t, enum step_kind kind, sim_ns ns)
{
    fake_step(t, kind)->time = (struct sim_dist){.kind = SIM_DIST_CONSTANT, .a = ns};
}

static void __attribute__((format(printf, 2, 3))) say(struct fake *f, const char *fmt, ...)
{
    size_t used = strlen(f->log);
    va_list ap;

    if (!f->logging)
        return;
    va_start(ap, fmt);
    vsnprintf(f->log + used, sizeof f->log - used, fmt, ap);
    va_end(ap);
}

static void raise_irq(struct fake_cpu *c, unsigned vector)
{
    c->irr[vector / 64] |= (uint64_t)1 << vector % 64;
}

static void send_ipi(void *ctx, uint32_t cpu, unsigned vector)
{
    struct fake *f = ctx;

    say(f, "ipi %x to %u\n", vector, cpu);
    raise_irq(&f->cpu[cpu], vector);
}

static struct apf_area *area(void *ctx, uint32_t cpu)
{
    return &((struct fake *)ctx)->cpu[cpu].area;
}

static sim_ns steal(void *ctx, uint32_t cpu)
{
    struct fake *f = ctx;
    const struct fake_cpu *c = &f->cpu[cpu];
    bool now = c->state == FAKE_AWAY && !c->serves;

    return c->away + (now ? sim_now(f->sim) - c->start : 0);
}

static void note(struct sim_observer *self, const struct sim_note *n)
{
    struct fake *f = (struct fake *)((char *)self - offsetof(struct fake, observer));

    if (n->kind == NOTE_TASK_RAN)
        f->ran[n->a] += n->b;
    if (n->kind == NOTE_TASK_ITERATION)
        f->turns[n->a] += n->b;
    f->switches += n->kind == NOTE_TASK_SWITCH;
    f->wakes += n->kind == NOTE_TASK_WAKE;
    if (n->kind == NOTE_TASK_EXIT) {
        f->exits++;
        f->exited_at[n->a] = n->when;
    }
    if (n->kind == NOTE_LATENCY && n->a == LATENCY_WAKE_TO_RUN && n->b > f->wake_to_run_max)
        f->wake_to_run_max = n->b;
}

static void nothing(void *ctx, const struct sim_event *ev)
{
    (void)ctx;
    (void)ev;
}

void fake_start(struct fake *f, struct params *p, bool apf, const struct page_traces *traces)
{
    struct guest_port port = {.ctx = f,
                              .send_ipi = send_ipi,
                              .area = area,
                              .cpuid = APF_CPUID_ASYNC_PF | APF_CPUID_ASYNC_PF_VMEXIT};

    memset(f, 0, sizeof *f);
    f->p = p;
    port.steal = p->guest.steal_time ? steal : NULL;
    f->cpus = p->guest.vcpus;
    cr_assert(f->cpus <= FAKE_CPUS);
    f->sim = sim_create(2, 1);
    f->actor = sim_actor_add(f->sim, SIM_RANK_VCPU, nothing, NULL);
    sim_actor_at(f->sim, sim_actor_add(f->sim, SIM_RANK_VCPU, nothing, NULL), 1000 * SIM_SEC, 0, 0);
    f->observer = (struct sim_observer){.note = note, .kinds = SIM_NOTE_ALL};
    sim_observe(f->sim, &f->observer);
    if (apf)
        port.cpuid |= APF_CPUID_ASYNC_PF_INT;
    f->g = guest_sched_create(f->sim, p, traces, 1, 0, &port);
    cr_assert(f->g && guest_sched_tasks(f->g) <= FAKE_TASKS);
}

void fake_finish(struct fake *f)
{
    cr_assert_null(guest_sched_broken(f->g), "%s", guest_sched_broken(f->g));
    guest_sched_destroy(f->g);
    sim_destroy(f->sim);
}

/* One slot, one announced ready at a time. */
static void deliver_ready(struct fake_cpu *c)
{
    if (!c->ready_count || c->unacked || c->area.token)
        return;
    c->area.token = c->ready[0];
    memmove(c->ready, c->ready + 1, --c->ready_count * sizeof c->ready[0]);
    c->unacked = true;
    raise_irq(c, APF_VECTOR_LINUX);
}

static int pending(const struct fake_cpu *c)
{
    for (int i = 3; i >= 0; i--)
        if (c->irr[i])
            return i * 64 + 63 - __builtin_clzll(c->irr[i]);
    return -1;
}

static void wrmsr(struct fake *f, struct fake_cpu *c)
{
    const struct guest_insn *in = &c->insn;

    say(f, "wrmsr %x %llx\n", in->msr, (unsigned long long)in->value);
    if (in->msr == 0x6e0) {
        c->deadline = in->value;
        c->ticks_written++;
    } else if (in->msr == APF_MSR_EN) {
        c->ready[c->ready_count++] = APF_TOKEN_WAKE_ALL;
    } else if (in->msr == APF_MSR_ACK) {
        c->unacked = false;
    }
    deliver_ready(c);
    c->state = FAKE_NEXT;
    guest_sched_ops.retire(f->g, (uint32_t)(c - f->cpu), 0, 0);
}

/* The access has missed. Its page arrives `ns` later. */
static void miss(struct fake *f, uint32_t cpu, enum fake_miss how, sim_ns ns)
{
    struct fake_cpu *c = &f->cpu[cpu];

    f->comes[c->insn.task] = sim_now(f->sim) + ns + 1;
    guest_sched_ops.cut(f->g, cpu, 0);
    say(f, "miss %u\n", c->insn.page);
    if (how == FAKE_ASYNC) {
        uint32_t token = ++f->token << 12 | cpu;

        cr_assert(f->arrivals < FAKE_ARRIVALS);
        f->arrival[f->arrivals].when = sim_now(f->sim) + ns;
        f->arrival[f->arrivals].cpu = cpu;
        f->arrival[f->arrivals++].token = token;
        c->area.flags = APF_REASON_NOT_PRESENT;
        c->state = FAKE_NEXT;
        c->if_flag = false;
        guest_sched_ops.exception(f->g, cpu, 14, token);
        return;
    }
    c->state = FAKE_AWAY;
    c->serves = how == FAKE_HALT;
    c->start = sim_now(f->sim);
    c->end = sim_now(f->sim) + ns;
}

static void touch(struct fake *f, uint32_t cpu)
{
    struct fake_cpu *c = &f->cpu[cpu];
    enum fake_miss how = FAKE_HIT;
    sim_ns ns = 0, now = sim_now(f->sim);

    f->touches++;
    if (f->comes[c->insn.task] > now + 1) { /* repeated */
        ns = f->comes[c->insn.task] - 1 - now;
        how = FAKE_HALT;
    } else if (f->miss && !f->comes[c->insn.task]) {
        how = f->miss(f, cpu, &c->insn, &ns);
        f->misses += how != FAKE_HIT;
    }
    if (how != FAKE_HIT) {
        miss(f, cpu, how, ns);
        return;
    }
    f->comes[c->insn.task] = 0;
    c->state = FAKE_BUSY;
    c->start = now;
    c->end = c->start + c->insn.ns;
}

static void execute(struct fake *f, uint32_t cpu)
{
    struct fake_cpu *c = &f->cpu[cpu];

    switch (c->insn.op) {
    case GUEST_RUN:
        say(f, "run %s %lld cpl %u if %u\n", ledger_key[c->insn.ledger], (long long)c->insn.ns,
            c->insn.cpl, c->insn.if_flag);
        cr_assert(c->insn.ns > 0 || c->insn.if_flag);
        c->state = FAKE_BUSY;
        c->start = sim_now(f->sim);
        c->end = c->insn.ns == SIM_NEVER ? SIM_NEVER : c->start + c->insn.ns;
        break;
    case GUEST_TOUCH:
        touch(f, cpu);
        break;
    case GUEST_WRMSR:
        wrmsr(f, c);
        break;
    case GUEST_HLT:
        say(f, c->insn.waiting ? "hlt waiting\n" : "hlt\n");
        c->state = FAKE_HALTED;
        c->halted_at = sim_now(f->sim);
        guest_sched_ops.retire(f->g, cpu, 0, 0);
        break;
    case GUEST_STOP:
        c->state = FAKE_STOPPED;
        break;
    case GUEST_RDMSR:
    case GUEST_OUT:
        cr_assert_fail("the guest kernel does not do that");
    }
}

static void interrupt(struct fake *f, uint32_t cpu, int vector)
{
    struct fake_cpu *c = &f->cpu[cpu];

    if (c->state == FAKE_BUSY) {
        sim_ns ran = sim_now(f->sim) - c->start;

        c->user += c->insn.ledger == LEDGER_USER ? ran : 0;
        guest_sched_ops.cut(f->g, cpu, ran);
    }
    if (c->state == FAKE_HALTED)
        c->idle += sim_now(f->sim) - c->halted_at;
    c->irr[vector / 64] &= ~((uint64_t)1 << vector % 64);
    c->if_flag = false;
    c->state = FAKE_NEXT;
    say(f, "irq %x\n", (unsigned)vector);
    guest_sched_ops.interrupt(f->g, cpu, (unsigned)vector);
}

/* One thing that CPU does without time passing; false: it needs time. */
static bool cpu_step(struct fake *f, uint32_t cpu)
{
    struct fake_cpu *c = &f->cpu[cpu];
    sim_ns now = sim_now(f->sim);
    int vector = pending(c);

    if (c->state == FAKE_STOPPED)
        return false;
    if (c->state == FAKE_BUSY && c->end <= now) {
        c->user += c->insn.ledger == LEDGER_USER ? now - c->start : 0;
        c->state = FAKE_NEXT;
        guest_sched_ops.retire(f->g, cpu, now - c->start, 0);
        return true;
    }
    if (c->state == FAKE_AWAY && c->end <= now) {
        c->away += c->serves ? 0 : now - c->start;
        c->state = FAKE_NEXT;
        return true;
    }
    if (vector >= 0 && c->if_flag && (c->state != FAKE_AWAY || c->serves) &&
        !(c->state == FAKE_BUSY && c->insn.op == GUEST_TOUCH)) {
        interrupt(f, cpu, vector);
        return true;
    }
    if (c->state != FAKE_NEXT)
        return false;
    guest_sched_ops.next(f->g, cpu, &c->insn);
    c->if_flag = c->insn.if_flag;
    if (!c->if_flag || vector < 0)
        execute(f, cpu);
    return true;
}

static void fire(struct fake *f)
{
    sim_ns now = sim_now(f->sim);

    for (uint32_t i = 0; i < f->cpus; i++) {
        struct fake_cpu *c = &f->cpu[i];

        if (c->deadline && c->deadline <= now) {
            c->deadline = 0;
            raise_irq(c, VECTOR_TIMER);
        }
    }
    for (uint32_t i = 0; i < f->arrivals;) {
        struct fake_cpu *c = &f->cpu[f->arrival[i].cpu];

        if (f->arrival[i].when > now) {
            i++;
            continue;
        }
        cr_assert(c->ready_count < FAKE_ARRIVALS);
        c->ready[c->ready_count++] = f->arrival[i].token;
        f->arrivals--;
        memmove(&f->arrival[i], &f->arrival[i + 1], (f->arrivals - i) * sizeof f->arrival[0]);
        deliver_ready(c);
    }
}

static sim_ns next_time(const struct fake *f)
{
    sim_ns when = SIM_NEVER;

    for (uint32_t i = 0; i < f->cpus; i++) {
        const struct fake_cpu *c = &f->cpu[i];

        if ((c->state == FAKE_BUSY || c->state == FAKE_AWAY) && c->end < when)
            when = c->end;
        if (c->deadline && c->deadline < when)
            when = c->deadline;
    }
    for (uint32_t i = 0; i < f->arrivals; i++)
        if (f->arrival[i].when < when)
            when = f->arrival[i].when;
    return when;
}

/* With balance ideal no CPU is idle while a task that may run there is queued. */
static void check_conserves_work(const struct fake *f)
{
    bool halted = false;

    if (f->p->guest.balance != BALANCE_IDEAL)
        return;
    for (uint32_t i = 0; i < f->cpus; i++)
        halted |= f->cpu[i].state == FAKE_HALTED;
    for (uint32_t t = 0; halted && t < f->g->tasks; t++)
        cr_assert(f->g->task[t].pinned || f->g->task[t].state != GUEST_TASK_QUEUED);
}

static void settle(struct fake *f)
{
    bool busy = true;

    for (uint32_t turns = 0; busy && turns < 100000; turns++) {
        busy = false;
        fire(f);
        for (uint32_t i = 0; i < f->cpus; i++)
            busy |= cpu_step(f, i);
        if (sim_stopped(f->sim) != SIM_RUNNING)
            return;
    }
    cr_assert(!busy, "time stands still");
    check_conserves_work(f);
}

/* The engine's clock only moves with its events; a far one keeps the queue from being empty. */
static void advance(struct fake *f, sim_ns when)
{
    sim_actor_at(f->sim, f->actor, when, 0, 0);
    cr_assert_eq(sim_run(f->sim, when), SIM_HORIZON);
}

/* Takes the user RUNs apart at the boundary, as a measurement does. */
static void split(struct fake *f)
{
    for (uint32_t i = 0; i < f->cpus; i++) {
        struct fake_cpu *c = &f->cpu[i];
        sim_ns ran = sim_now(f->sim) - c->start;

        if (c->state != FAKE_BUSY || c->insn.op != GUEST_RUN)
            continue;
        c->user += c->insn.ledger == LEDGER_USER ? ran : 0;
        guest_sched_ops.cut(f->g, i, ran);
        c->state = FAKE_NEXT;
    }
}

void fake_run(struct fake *f, sim_ns until)
{
    for (;;) {
        sim_ns when;

        settle(f);
        if (sim_stopped(f->sim) != SIM_RUNNING)
            return;
        when = next_time(f);
        if (when > until)
            break;
        advance(f, when);
    }
    advance(f, until);
    split(f);
    guest_sched_flush(f->g);
}
