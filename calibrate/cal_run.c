/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_run.c - one run of the guest
 */
#include "cal_run.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cal_thread.h"

#define LIMIT_MS 20000u

static void sleep_us(unsigned us)
{
    struct timespec t = {us / 1000000, (long)(us % 1000000) * 1000};

    nanosleep(&t, NULL);
}

static void tell(struct guest_orders *orders, const struct cal_run_order *o)
{
    memcpy(orders->task, o->task, sizeof(o->task));
    orders->tasks = o->tasks;
    for (unsigned cpu = 0; cpu < o->vcpus; cpu++)
        orders->task[orders->tasks++] = (struct guest_task_order){.cpu = cpu, .kind = GUEST_IDLE};
    orders->en_bits = o->en_bits;
    orders->slice = o->slice_ns; /* KVM's LAPIC timer counts nanoseconds */
    orders->preempt = o->preempt;
    orders->no_ack = o->no_ack;
    orders->ticks_logged = o->ticks_logged;
    orders->idle_spins = o->hlt_in_guest;
}

static void send_interrupts(struct cal_run *run, const struct cal_run_order *o, struct cal_vm *vm)
{
    unsigned seed = 1;
    cpu_set_t before;

    /* Where the monitor is in other runs: a sender on the vCPU's own CPU has to give way first. */
    pthread_getaffinity_np(pthread_self(), sizeof(before), &before);
    cal_thread_pin(CAL_MONITOR_CPU);
    sleep_us(5000); /* the guest boots */
    for (unsigned i = 0; i < o->interrupts && i < CAL_INTERRUPTS_MAX; i++) {
        /* Not in step with anything. */
        sleep_us(o->gap_us + (unsigned)(rand_r(&seed) % (int)(o->gap_us + 1)));
        run->sent[run->interrupts++] = cal_tsc();
        cal_vm_interrupt(vm, 0, GUEST_VECTOR_PROBE);
    }
    sleep_us(2000);
    pthread_setaffinity_np(pthread_self(), sizeof(before), &before);
}

/* How long a thread of ours has waited for a CPU so far; 0 if the kernel does not tell. */
static uint64_t waited_ns(int tid)
{
    char path[64];
    unsigned long long ran, waited = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", tid);
    file = fopen(path, "r");
    /* NOLINTNEXTLINE(cert-err34-c): what cannot be read is 0 */
    if (file && fscanf(file, "%llu %llu", &ran, &waited) != 2)
        waited = 0;
    if (file)
        fclose(file);
    return waited;
}

/* What counts: from here to the stop. */
static void run_for(struct cal_run *run, const struct cal_run_order *o, struct cal_vm *vm)
{
    const volatile struct guest_orders *orders = cal_vm_orders(vm);
    uint64_t waited, after;

    sleep_us(o->warm_ms * 1000);
    waited = waited_ns(vm->vcpu[0].tid);
    run->began = cal_tsc();
    for (unsigned i = 0; i < GUEST_TASKS_MAX; i++)
        run->spins[i] = orders->spins[i];
    sleep_us(o->for_ms * 1000);
    run->ended = cal_tsc();
    for (unsigned i = 0; i < GUEST_TASKS_MAX; i++)
        run->spins[i] = orders->spins[i] - run->spins[i];
    after = waited_ns(vm->vcpu[0].tid); /* 0: the guest has ended, and its thread */
    run->held_up_ns = after > waited ? after - waited : 0;
}

#define SETTLE_US 20000u /* the vCPU has asked for a page: until it is halted, or runs on */

/* Only behind the fault, so that the guest is where it waits for the page. */
static void reset_in_fault(struct cal_vm *vm)
{
    const volatile struct cal_answer *answer = vm->memory->monitor.answer;

    for (unsigned ms = 0; ms < LIMIT_MS && !answer[0].asked; ms++)
        sleep_us(1000);
    sleep_us(SETTLE_US);
    cal_vm_reset(vm);
}

static uint64_t records(const struct cal_vm *vm)
{
    const volatile struct guest_orders *orders = cal_vm_orders((struct cal_vm *)vm);
    uint64_t n = 0;

    for (unsigned cpu = 0; cpu < vm->vcpus; cpu++)
        n += orders->logged[cpu];
    return n;
}

#define SLICES 10u /* a guest that logs on may take so many times its limit */

/* False: it has hung, or *error. On a busy host a guest is slow, but its log grows. */
static bool wait_for_end(const struct cal_run_order *o, struct cal_vm *vm, struct cal_error *error)
{
    unsigned limit = o->limit_ms ? o->limit_ms : LIMIT_MS, still = 0;
    uint64_t last = 0;

    for (unsigned i = 0; i < SLICES * SLICES && still < SLICES; i++) {
        if (cal_vm_wait(vm, limit / SLICES, error))
            return true;
        if (error->fault)
            return false;
        still = records(vm) == last ? still + 1 : 0;
        last = records(vm);
    }
    return false;
}

static bool run_guest(struct cal_run *run, const struct cal_run_order *o, struct cal_vm *vm,
                      struct cal_error *error)
{
    struct guest_orders *orders = cal_vm_orders(vm);

    run->began = cal_tsc();
    if (!cal_vm_start(vm, error))
        return false;
    if (o->reset)
        reset_in_fault(vm);
    if (o->interrupts)
        send_interrupts(run, o, vm);
    if (o->for_ms)
        run_for(run, o, vm);
    if (o->interrupts || o->for_ms) {
        if (!run->ended)
            run->ended = cal_tsc();
        __atomic_store_n(&orders->stop, 1, __ATOMIC_RELEASE);
    }
    if (!o->interrupts && !wait_for_end(o, vm, error)) {
        if (error->fault)
            return false;
        run->hung = true;
        if (!o->may_hang)
            return cal_fail(error, CAL_BROKEN, "the guest does not come to its end");
    }
    if (!run->ended)
        run->ended = cal_tsc();
    return true;
}

static bool read_back(struct cal_run *run, const struct cal_run_order *o, struct cal_vm *vm,
                      struct cal_error *error)
{
    uint64_t wait = vm->memory->backing == CAL_BACK_UFFD ? vm->memory->monitor.delay_ns / 2 : 30000;

    if (!o->for_ms)
        memcpy(run->spins, cal_vm_orders(vm)->spins, sizeof(run->spins));
    for (unsigned cpu = 0; cpu < o->vcpus; cpu++) {
        run->tid[cpu] = vm->vcpu[cpu].tid;
        if (!cal_log_read(&run->log[cpu], vm, cpu, wait * vm->tsc_khz / 1000000, error))
            return false;
        if (!o->check || run->log[cpu].lost)
            continue;
        if (!cal_check_log(o->check, &run->log[cpu], cpu, o->irq_off))
            return cal_fail(error, CAL_BROKEN, "the real host differs from the protocol: %s",
                            o->check->broken);
    }
    return true;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void find_others(struct cal_run *run, const struct cal_run_order *o, const struct cal_vm *vm)
{
    int own[CAL_OWN_MAX] = {0};
    unsigned n = 0;

    for (unsigned cpu = 0; cpu < o->vcpus; cpu++)
        own[n++] = vm->vcpu[cpu].tid;
    own[n] = vm->memory->monitor.tid;
    run->prompt = vm->memory->monitor.prompt;
    for (unsigned cpu = 0; cpu < o->vcpus; cpu++)
        cal_others_make(&run->others[cpu], &run->events, cal_vm_cpu(cpu), own);
    cal_others_make(&run->others_monitor, &run->events, CAL_MONITOR_CPU, own);
    if (run->others[0].known)
        run->held_up_ns =
            least(run->held_up_ns,
                  (uint64_t)cal_ns(run, cal_others_time(&run->others[0], run->began, run->ended)));
}

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

bool cal_run_quiet(const struct cal_run *run, unsigned vcpu, uint64_t from, uint64_t to)
{
    uint64_t cold = CAL_COLD_NS * run->tsc_khz / 1000000;

    return cal_others_quiet(&run->others[vcpu], from > cold ? from - cold : 0, to);
}

bool cal_run_monitor_quiet(const struct cal_run *run, const struct cal_answer *answer,
                           uint64_t from, uint64_t to)
{
    const struct cal_others *o = &run->others_monitor;

    if (!answer || run->prompt)
        return true;
    if (from < answer->asked && !cal_others_quiet(o, from, least(to, answer->asked)))
        return false;
    return to < answer->copy ||
           cal_others_quiet(o, most(from, answer->asked + run->delay), answer->copied);
}

bool cal_run_quiet_around(const struct cal_run *run, unsigned vcpu, const struct cal_answer *answer,
                          uint64_t from, uint64_t to)
{
    if (!answer)
        return cal_run_quiet(run, vcpu, from, to);
    return cal_run_monitor_quiet(run, answer, from, to) &&
           (from >= answer->asked || cal_run_quiet(run, vcpu, from, answer->asked)) &&
           (to <= answer->copy || cal_others_quiet(&run->others[vcpu], answer->copy, to));
}

bool cal_run(struct cal_run *run, const struct cal_run_order *o, struct cal_memory *memory,
             struct cal_trace *trace, struct cal_error *error)
{
    struct cal_vm_order vm_order = {
        .vcpus = o->vcpus, .hlt_in_guest = o->hlt_in_guest, .pin = true, .nice = o->nice};
    struct cal_vm vm;
    bool good;

    memset(run, 0, sizeof(*run));
    run->vcpus = o->vcpus;
    if (!cal_memory_evict(memory, error) || !cal_vm_make(&vm, &vm_order, memory, error))
        return false;
    run->tsc_khz = vm.tsc_khz;
    run->delay = memory->monitor.delay_ns * vm.tsc_khz / 1000000;
    tell(cal_vm_orders(&vm), o);
    if (trace)
        cal_trace_begin(trace);
    good = run_guest(run, o, &vm, error);
    cal_vm_stop(&vm);
    if (trace)
        cal_trace_read(trace, &run->events);
    find_others(run, o, &vm);
    good = good && read_back(run, o, &vm, error);
    cal_vm_free(&vm);
    if (!good)
        cal_run_free(run);
    return good;
}

void cal_run_free(struct cal_run *run)
{
    for (unsigned cpu = 0; cpu < GUEST_CPUS_MAX; cpu++) {
        cal_log_free(&run->log[cpu]);
        cal_others_free(&run->others[cpu]);
    }
    cal_others_free(&run->others_monitor);
    free(run->events.event);
    memset(&run->events, 0, sizeof(run->events));
}
