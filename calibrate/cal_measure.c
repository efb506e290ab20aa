/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_measure.c - the probes, one run of the guest each
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cal_measure.h"

#define APF_ON         (APF_EN_ENABLED | APF_EN_DELIVERY_AS_INT)
#define STEP_COUNT     300u    /* repetitions of a micro-cost */
#define TICK_NS        200000u /* KVM's shortest period (min_timer_period_us) */
#define FILE_STRIDE    512u    /* pages: one read of 2 MiB each */
#define PRESENT_STRIDE 16u     /* a backend that maps neighbours ahead takes 8 */
#define FILE_TOUCHES   64u     /* in one pass over the file */

struct bench {
    struct cal_result *r;
    const struct cal_order *order;
    struct cal_trace trace;
    struct cal_error *error;
};

static double median(struct cal_result *r, enum cal_stage stage)
{
    return cal_quantile(&r->stage[stage], 0.5);
}

static void say(const struct bench *b, const char *what)
{
    if (b->order->progress)
        b->order->progress(what);
}

static struct cal_memory_order memory_of(const struct bench *b, enum cal_backing backing,
                                         uint64_t pages)
{
    return (struct cal_memory_order){
        .backing = backing,
        .folder = b->order->folder,
        .pages = pages,
        .delay_ns = CAL_DELAY_NS,
        .parallelism = APF_LIMIT,
    };
}

/* Runs on memory of its own. */
static bool run_once(struct bench *b, struct cal_run *run, const struct cal_run_order *o,
                     struct cal_memory *memory, const struct cal_memory_order *mo)
{
    if (!cal_memory_make(memory, mo, b->error))
        return false;
    if (cal_run(run, o, memory, &b->trace, b->error)) {
        b->r->tsc_khz = run->tsc_khz;
        return true;
    }
    cal_memory_free(memory);
    return false;
}

/* answer: of the page in question, or NULL. */
static void take(struct cal_result *r, const struct cal_run *run, enum cal_stage stage,
                 const struct cal_answer *answer, uint64_t from, uint64_t to, double less)
{
    if (cal_run_quiet_around(run, 0, answer, from, to))
        cal_samples_add(&r->stage[stage], cal_ns(run, to - from) - less);
    else
        cal_samples_leave(&r->stage[stage], cal_ns(run, to - from) - less);
}

/* ---- micro-costs, no page faults ---- */

/* A probe record's stage; the second reading of #UD is the way there and back. */
static int stage_of_probe(uint64_t which)
{
    switch (which) {
    case GUEST_CLOCK << 8:
        return CAL_ST_rdtsc_user;
    case GUEST_KERNEL << 8 | GUEST_P_NOTHING:
        return CAL_ST_rdtsc_kernel;
    case GUEST_KERNEL << 8 | GUEST_P_OUT:
        return CAL_ST_exit_out;
    case GUEST_KERNEL << 8 | GUEST_P_ACK:
        return CAL_ST_ack;
    case GUEST_KERNEL << 8 | GUEST_P_EOI:
        return CAL_ST_eoi;
    case GUEST_KERNEL << 8 | GUEST_P_RDMSR:
        return CAL_ST_rdmsr;
    case GUEST_TRAP << 8:
        return CAL_ST_exception;
    case GUEST_TRAP << 8 | 1:
        return CAL_ST_exception_return;
    case GUEST_MMIO << 8:
        return CAL_ST_exit_mmio;
    case GUEST_CPUID << 8:
        return CAL_ST_exit_cpuid;
    default:
        return -1;
    }
}

/* What two readings of the clock cost themselves, where a stage is "net". */
static double reading(struct cal_result *r, int stage)
{
    if (stage == CAL_ST_exit_out || stage == CAL_ST_ack || stage == CAL_ST_eoi ||
        stage == CAL_ST_rdmsr)
        return median(r, CAL_ST_rdtsc_kernel);
    return stage == CAL_ST_exit_mmio || stage == CAL_ST_exit_cpuid ? median(r, CAL_ST_rdtsc_user)
                                                                   : 0;
}

static void take_probes(struct cal_result *r, const struct cal_run *run, bool of_the_clock)
{
    for (size_t i = 0; i < run->log[0].count; i++) {
        const struct guest_rec *rec = &run->log[0].rec[i];
        int stage = rec->code == GUEST_L_PROBE ? stage_of_probe(rec->a) : -1;

        if (stage < 0 ||
            (stage == CAL_ST_rdtsc_user || stage == CAL_ST_rdtsc_kernel) != of_the_clock)
            continue;
        cal_samples_add(&r->stage[stage], cal_ns(run, rec->b) - reading(r, stage));
    }
}

/* The hypervisor below, if there is one, stops at every CPUID: so do some exits of KVM there. */
static void probe_host(struct cal_result *r)
{
    double clock = median(r, CAL_ST_rdtsc_user);

    for (unsigned i = 0; i < STEP_COUNT; i++) {
        unsigned a = 0, b, c = 0, d;
        uint64_t before = cal_tsc();

        __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
        cal_samples_add(&r->stage[CAL_ST_host_cpuid],
                        (double)(cal_tsc() - before) * 1e6 / (double)r->tsc_khz - clock);
    }
}

static bool probe_steps(struct bench *b)
{
    struct cal_memory_order mo = memory_of(b, CAL_BACK_PRESENT, 256);
    struct cal_run_order o = {.vcpus = 1, .en_bits = APF_ON, .preempt = true};
    static const uint32_t kinds[] = {GUEST_CLOCK, GUEST_TRAP, GUEST_MMIO, GUEST_CPUID};
    struct cal_memory memory;
    struct cal_run run;

    say(b, "exits, exceptions, MSRs");
    for (uint32_t p = GUEST_P_NOTHING; p <= GUEST_P_RDMSR; p++)
        o.task[o.tasks++] =
            (struct guest_task_order){.kind = GUEST_KERNEL, .probe = p, .count = STEP_COUNT};
    for (unsigned i = 0; i < 4; i++)
        o.task[o.tasks++] = (struct guest_task_order){.kind = kinds[i], .count = STEP_COUNT};
    if (!run_once(b, &run, &o, &memory, &mo))
        return false;
    take_probes(b->r, &run, true);
    take_probes(b->r, &run, false);
    probe_host(b->r);
    cal_run_free(&run);
    cal_memory_free(&memory);
    return true;
}

/* From a call in one task to the return of the other's call. */
static bool probe_switch(struct bench *b)
{
    struct cal_memory_order mo = memory_of(b, CAL_BACK_PRESENT, 256);
    struct cal_run_order o = {.vcpus = 1, .tasks = 2};
    struct cal_memory memory;
    struct cal_run run;

    say(b, "task switches");
    o.task[0] = o.task[1] = (struct guest_task_order){.kind = GUEST_YIELD, .count = STEP_COUNT};
    if (!run_once(b, &run, &o, &memory, &mo))
        return false;
    for (size_t i = 0; i < run.log[0].count; i++) {
        const struct guest_rec *rec = &run.log[0].rec[i];

        if (rec->code == GUEST_L_PROBE && rec->a == GUEST_YIELD << 8)
            cal_samples_add(&b->r->stage[CAL_ST_guest_switch], cal_ns(&run, rec->b) / 2);
    }
    cal_run_free(&run);
    cal_memory_free(&memory);
    return true;
}

/* Each interrupt that was sent is the next that the log has. */
static void take_interrupts(struct cal_result *r, const struct cal_run *run, enum cal_stage stage,
                            bool idle)
{
    size_t at = 0;

    for (unsigned i = 0; i < run->interrupts; i++) {
        const struct guest_rec *rec = NULL;

        for (; at < run->log[0].count; at++) {
            rec = &run->log[0].rec[at];
            if (rec->code == GUEST_L_IRQ && rec->tsc > run->sent[i])
                break;
            rec = NULL;
        }
        if (rec && rec->a == idle && (i + 1 == run->interrupts || rec->tsc < run->sent[i + 1]))
            take(r, run, stage, NULL, run->sent[i], rec->tsc, 0);
    }
}

static bool probe_interrupts(struct bench *b, bool halted)
{
    struct cal_memory_order mo = memory_of(b, CAL_BACK_PRESENT, 256);
    struct cal_run_order o = {.vcpus = 1, .interrupts = STEP_COUNT, .gap_us = 400};
    struct cal_memory memory;
    struct cal_run run;

    say(b, halted ? "interrupts, vCPU halted" : "interrupts, vCPU running");
    if (!halted)
        o.task[o.tasks++] = (struct guest_task_order){.kind = GUEST_SPIN, .count = 1, .group = 1};
    if (!run_once(b, &run, &o, &memory, &mo))
        return false;
    take_interrupts(b->r, &run, halted ? CAL_ST_interrupt_halted : CAL_ST_interrupt_running,
                    halted);
    cal_run_free(&run);
    cal_memory_free(&memory);
    return true;
}

/* A spinner's gap around the timer's interrupt. */
static void take_gap(struct cal_result *r, const struct cal_run *run,
                     const struct guest_rec *const rec[3])
{
    take(r, run, CAL_ST_tick, NULL, rec[2]->a, rec[2]->tsc, 0);
}

/* x gave way to y and came back: when x was seen last, it says then. */
static void take_turn(struct cal_result *r, const struct cal_run *run,
                      const struct guest_rec *const rec[3])
{
    if (rec[0] && rec[0]->task == rec[2]->task && rec[1]->task != rec[2]->task)
        take(r, run, CAL_ST_tick_switch, NULL, rec[2]->a, rec[1]->tsc, 0);
}

/* One spinner, which the timer interrupts; two, whose turns it ends. */
static bool probe_tick(struct bench *b, bool turns)
{
    struct cal_memory_order mo = memory_of(b, CAL_BACK_PRESENT, 256);
    struct cal_run_order o = {
        .vcpus = 1, .tasks = turns ? 2 : 1, .slice_ns = 1000000, .for_ms = STEP_COUNT};
    const struct guest_rec *rec[3] = {NULL};
    struct cal_memory memory;
    struct cal_run run;

    say(b, turns ? "timer, turns" : "timer");
    o.task[0] = o.task[1] = (struct guest_task_order){.kind = GUEST_SPIN, .count = 1};
    if (!run_once(b, &run, &o, &memory, &mo))
        return false;
    for (size_t i = 0; i < run.log[0].count; i++) {
        if (run.log[0].rec[i].code != GUEST_L_RUNS)
            continue;
        rec[0] = rec[1];
        rec[1] = rec[2];
        rec[2] = &run.log[0].rec[i];
        if (turns)
            take_turn(b->r, &run, rec);
        else
            take_gap(b->r, &run, rec);
    }
    cal_run_free(&run);
    cal_memory_free(&memory);
    return true;
}

/* ---- page faults that nobody has to wait for ---- */

static bool probe_present(struct bench *b, enum cal_backing backing)
{
    struct cal_memory_order mo = memory_of(b, backing, 400 * PRESENT_STRIDE);
    struct cal_run_order o = {.vcpus = 1, .tasks = 2};
    bool zero = backing == CAL_BACK_ZERO;
    double clock = median(b->r, CAL_ST_rdtsc_user);
    struct cal_memory memory;
    struct cal_run run;

    say(b, zero ? "zero pages" : "minor faults");
    /* One after the other: the second one finds every page mapped. */
    o.task[0] = (struct guest_task_order){.kind = GUEST_TOUCH,
                                          .count = 400,
                                          .stride = PRESENT_STRIDE,
                                          .flags = zero ? GUEST_F_BLANK : 0};
    o.task[1] = o.task[0];
    if (!cal_memory_make(&memory, &mo, b->error))
        return false;
    if (!cal_run(&run, &o, &memory, &b->trace, b->error)) {
        cal_memory_free(&memory);
        return false;
    }
    for (size_t i = 0; i < run.log[0].touches; i++) {
        const struct cal_touch *t = &run.log[0].touch[i];
        enum cal_stage stage = t->task ? CAL_ST_touch_hit
                               : zero  ? CAL_ST_zero_fault
                                       : CAL_ST_minor_fault;

        if (stage != CAL_ST_touch_hit || !zero)
            take(b->r, &run, stage, NULL, t->before, t->after, clock);
    }
    cal_run_free(&run);
    cal_memory_free(&memory);
    return true;
}

/* ---- page faults that wait ---- */

static void count_classes(struct cal_result *r, const struct cal_run *run)
{
    for (unsigned cpu = 0; cpu < run->vcpus; cpu++)
        for (size_t i = 0; i < run->log[cpu].touches; i++)
            r->class[run->log[cpu].touch[i].class]++;
}

/* Touches that were not told of: how long they took, and from the monitor's copy on. */
static void take_waits(struct cal_result *r, const struct cal_run *run,
                       const struct cal_memory *memory, enum cal_class class, enum cal_stage whole,
                       enum cal_stage wake)
{
    for (size_t i = 0; i < run->log[0].touches; i++) {
        const struct cal_touch *t = &run->log[0].touch[i];
        const struct cal_answer *a =
            memory->monitor.answer ? &memory->monitor.answer[t->page] : NULL;

        if (t->class != class)
            continue;
        take(r, run, whole, a, t->before, t->after, 0);
        if (a && a->copy < t->after)
            take(r, run, wake, a, a->copy, t->after, 0);
    }
}

/* spinner: the vCPU runs when ready comes; else it halts. */
static bool probe_cycles(struct bench *b, unsigned vcpus, bool spinner, unsigned count)
{
    struct cal_memory_order mo = memory_of(b, CAL_BACK_UFFD, (uint64_t)count * vcpus);
    struct cal_run_order o = {
        .vcpus = vcpus, .en_bits = APF_ON, .preempt = true, .check = &b->r->check};
    struct cal_memory memory;
    struct cal_run run;

    say(b, vcpus > 1 ? "cycles on two vCPUs" : spinner ? "cycles, vCPU running" : "cycles, halted");
    for (unsigned cpu = 0; cpu < vcpus; cpu++) {
        o.task[o.tasks++] = (struct guest_task_order){.kind = GUEST_TOUCH,
                                                      .cpu = cpu,
                                                      .count = count,
                                                      .first = (uint64_t)cpu * count,
                                                      .stride = 1,
                                                      .think = 10000};
        if (spinner)
            o.task[o.tasks++] = (struct guest_task_order){.kind = GUEST_SPIN, .cpu = cpu};
    }
    if (!run_once(b, &run, &o, &memory, &mo))
        return false;
    count_classes(b->r, &run);
    cal_stage_cycles(b->r->stage, &run, &memory, median(b->r, CAL_ST_rdtsc_kernel));
    cal_run_free(&run);
    cal_memory_free(&memory);
    return true;
}

/* irq_off: synchronous; else a guest that has not enabled APF: halted. */
static bool probe_waits(struct bench *b, bool irq_off, unsigned count)
{
    struct cal_memory_order mo = memory_of(b, CAL_BACK_UFFD, count);
    struct cal_run_order o = {.vcpus = 1,
                              .tasks = 1,
                              .en_bits = irq_off ? APF_ON : 0,
                              .slice_ns = TICK_NS,
                              .ticks_logged = true,
                              .check = &b->r->check,
                              .irq_off = irq_off};
    struct cal_memory memory;
    struct cal_run run;

    say(b, irq_off ? "synchronous faults" : "faults halted by the host");
    o.task[0] = (struct guest_task_order){.kind = GUEST_TOUCH,
                                          .count = count,
                                          .stride = 1,
                                          .think = 10000,
                                          .flags = irq_off ? GUEST_F_IRQ_OFF : 0};
    if (!run_once(b, &run, &o, &memory, &mo))
        return false;
    count_classes(b->r, &run);
    if (irq_off)
        take_waits(b->r, &run, &memory, CAL_SYNC, CAL_ST_sync_fault, CAL_ST_sync_wake);
    else
        take_waits(b->r, &run, &memory, CAL_HALT, CAL_ST_halt_fault, CAL_ST_halt_wake);
    cal_run_free(&run);
    cal_memory_free(&memory);
    return true;
}

/* ---- a file on a disk ---- */

static bool file_pass(struct bench *b, struct cal_memory *memory, bool irq_off)
{
    struct cal_run_order o = {.vcpus = 1,
                              .en_bits = APF_ON,
                              .preempt = true,
                              .check = &b->r->check,
                              .irq_off = irq_off,
                              .slice_ns = irq_off ? TICK_NS : 0,
                              .ticks_logged = irq_off};
    struct cal_run run;

    o.task[o.tasks++] = (struct guest_task_order){.kind = GUEST_TOUCH,
                                                  .count = FILE_TOUCHES,
                                                  .stride = FILE_STRIDE,
                                                  .think = 10000,
                                                  .flags = irq_off ? GUEST_F_IRQ_OFF : 0};
    if (!irq_off)
        o.task[o.tasks++] = (struct guest_task_order){.kind = GUEST_SPIN};
    if (!cal_run(&run, &o, memory, &b->trace, b->error))
        return false;
    count_classes(b->r, &run);
    if (irq_off)
        take_waits(b->r, &run, memory, CAL_SYNC, CAL_ST_sync_file, CAL_ST_sync_file);
    else
        cal_stage_cycles(b->r->stage, &run, memory, median(b->r, CAL_ST_rdtsc_kernel));
    cal_run_free(&run);
    return true;
}

static bool probe_file(struct bench *b)
{
    struct cal_memory_order mo = memory_of(b, CAL_BACK_FILE, FILE_STRIDE * FILE_TOUCHES);
    struct cal_memory memory;
    bool good = true;

    say(b, "file");
    if (!cal_memory_make(&memory, &mo, b->error))
        return false;
    for (unsigned i = 0; good && i * FILE_TOUCHES < b->order->samples; i++)
        good = file_pass(b, &memory, false);
    good = good && file_pass(b, &memory, true);
    cal_memory_free(&memory);
    return good;
}

/* ---- all of it ---- */

/*
 * Rounds of all probes with faults, one probe after the other: what disturbs comes and goes. One is
 * enough on a quiet machine; on a busy one more follow until the stages that costs are made of have
 * QUIET_GOAL samples in which nobody else ran, or time is up.
 */
#define QUIET_GOAL 50u
#define PATIENCE_S 25
#define SINGLE_S   1 /* between rows of `sim validate`, once in a pass */

static bool enough(const struct cal_result *r)
{
    static const enum cal_stage uffd[] = {
        CAL_ST_touch_to_handler, CAL_ST_left_to_other,          CAL_ST_handler_to_ack,
        CAL_ST_copy_to_handler,  CAL_ST_copy_to_handler_halted, CAL_ST_sync_wake,
        CAL_ST_halt_wake,
    };

    for (unsigned i = 0; i < sizeof(uffd) / sizeof(uffd[0]); i++)
        if (r->stage[uffd[i]].count < QUIET_GOAL && r->stage[uffd[i]].outs)
            return false;
    return true;
}

static bool probe_faults(struct bench *b, unsigned samples)
{
    unsigned some = samples / 3 + 1;

    return probe_cycles(b, 1, true, samples) && probe_cycles(b, 1, false, some) &&
           probe_waits(b, true, some) && probe_waits(b, false, some) &&
           (b->order->single_only || probe_cycles(b, 2, true, some));
}

static bool probe_all(struct bench *b)
{
    unsigned samples = b->order->samples;
    bool uffd = b->order->backing == CAL_BACK_UFFD;
    time_t end = time(NULL) + (b->order->single_only ? SINGLE_S : PATIENCE_S);

    if (!probe_steps(b) || !probe_switch(b) || !probe_interrupts(b, false) ||
        !probe_interrupts(b, true) || !probe_tick(b, false) || !probe_tick(b, true) ||
        !probe_present(b, CAL_BACK_PRESENT) || !probe_present(b, CAL_BACK_ZERO))
        return false;
    if (!uffd)
        return probe_file(b);
    if (!probe_faults(b, samples))
        return false;
    while (!enough(b->r) && time(NULL) < end)
        if (!probe_faults(b, samples < 60 ? samples : 60))
            return false;
    return true;
}

static uint64_t halt_poll_ns(void)
{
    FILE *file = fopen("/sys/module/kvm/parameters/halt_poll_ns", "r");
    unsigned long long ns = UINT64_MAX;

    /* NOLINTNEXTLINE(cert-err34-c): what cannot be read leaves it as it is */
    if (file && fscanf(file, "%llu", &ns) != 1)
        ns = UINT64_MAX;
    if (file)
        fclose(file);
    return ns;
}

void cal_measure_begin(struct cal_result *r, const struct cal_order *order)
{
    memset(r, 0, sizeof(*r));
    cal_host_describe(&r->host);
    r->backing = order->backing;
    r->delay_ns = CAL_DELAY_NS;
    r->halt_poll_ns = halt_poll_ns();
    r->check.file = order->backing == CAL_BACK_FILE;
    r->check.kernel = cal_check_kernel(r->host.kernel);
}

bool cal_measure_round(struct cal_result *r, const struct cal_order *order, struct cal_error *error)
{
    struct bench b = {.r = r, .order = order, .error = error};
    bool good;

    r->traced = cal_has_tracefs(r->untraced_why) && cal_trace_open(&b.trace);
    good = probe_all(&b);
    cal_trace_close(&b.trace);
    return good;
}

void cal_measure_end(struct cal_result *r)
{
    for (unsigned i = 0; i < CAL_STAGES; i++)
        cal_samples_settle(&r->stage[i]);
    cal_costs(r);
}

bool cal_measure(struct cal_result *r, const struct cal_order *order, struct cal_error *error)
{
    cal_measure_begin(r, order);
    if (!cal_measure_round(r, order, error))
        return false;
    cal_measure_end(r);
    return true;
}

void cal_result_free(struct cal_result *r)
{
    for (unsigned i = 0; i < CAL_STAGES; i++)
        cal_samples_free(&r->stage[i]);
}
