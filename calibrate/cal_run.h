/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_run.h - one run of the guest: what it is told, and what is known of it afterwards
 */
#pragma once

#include "cal_check.h"
#include "cal_log.h"
#include "cal_others.h"
#include "cal_trace.h"

#define CAL_INTERRUPTS_MAX 1000u

struct cal_run_order {
    struct guest_task_order task[GUEST_TASKS_MAX];
    uint32_t tasks; /* without idle tasks, which cal_run() adds */
    uint64_t en_bits;
    uint32_t slice_ns; /* LAPIC timer; 0: none */
    bool preempt, no_ack, ticks_logged, hlt_in_guest;
    unsigned vcpus;
    int nice;            /* of vCPU threads */
    unsigned interrupts; /* to vCPU 0, `gap_us` apart; then the guest is told to stop */
    unsigned gap_us;
    unsigned warm_ms;        /* before what is counted begins */
    unsigned for_ms;         /* then the guest is told to stop; 0: it ends by itself */
    unsigned limit_ms;       /* so long without a record: the run has hung; 0: 20 s */
    bool may_hang;           /* that is then no error */
    bool reset;              /* the machine, when its first page has been asked for */
    struct cal_check *check; /* NULL: not checked */
    uint64_t irq_off;        /* tasks that run with IF = 0, for the check */
};

struct cal_run {
    struct cal_log log[GUEST_CPUS_MAX];
    struct cal_events events;
    struct cal_others others[GUEST_CPUS_MAX]; /* on the vCPU's host CPU */
    struct cal_others others_monitor;         /* on the monitor's */
    int tid[GUEST_CPUS_MAX];
    unsigned vcpus;
    uint64_t tsc_khz;
    uint64_t delay;                    /* of the monitor, TSC */
    bool prompt;                       /* the monitor: others do not keep it from its CPU */
    uint64_t sent[CAL_INTERRUPTS_MAX]; /* TSC before each interrupt */
    unsigned interrupts;
    uint64_t spins[GUEST_TASKS_MAX]; /* iterations between began and ended */
    uint64_t began, ended;           /* TSC, warm-up excluded */
    /*
     * Of that, vCPU 0's thread waited for its CPU while others had it: the lesser of its wait,
     * which APF's own workers are in, and of what others had by sched_switch, also while it slept.
     * Without trace points, its wait.
     */
    uint64_t held_up_ns;
    bool hung;
};

/* trace: NULL or closed: none. memory: lent, its pages are evicted before the run. */
bool cal_run(struct cal_run *run, const struct cal_run_order *order, struct cal_memory *memory,
             struct cal_trace *trace, struct cal_error *error);
void cal_run_free(struct cal_run *run);

/*
 * Nobody else had the vCPU's CPU between the two, nor right before, when he would have left its
 * caches cold: CAL_COLD_NS, assumed (a step of a microsecond takes twice as long in them).
 */
#define CAL_COLD_NS 500000u
bool cal_run_quiet(const struct cal_run *run, unsigned vcpu, uint64_t from, uint64_t to);
/* Nobody kept the monitor from hearing of a page and from copying it when it was due. */
bool cal_run_monitor_quiet(const struct cal_run *run, const struct cal_answer *answer,
                           uint64_t from, uint64_t to);
/*
 * The same, and nobody else had the vCPU's CPU before the page was asked for or behind its copy.
 * With no answer, there is no monitor, and nobody else may have had the CPU at all.
 */
bool cal_run_quiet_around(const struct cal_run *run, unsigned vcpu, const struct cal_answer *answer,
                          uint64_t from, uint64_t to);

static inline double cal_ns(const struct cal_run *run, uint64_t ticks)
{
    return (double)ticks * 1e6 / (double)run->tsc_khz;
}
