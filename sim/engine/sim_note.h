/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_note.h - trace points: what the models say, and nobody but observers hears
 *
 * Knows:    sim_ns. Not the models: a note is a kind and four integers.
 * Promise:  a run with observers and a run without are the same run.
 *           Identifiers are stable: append, never reuse or reorder.
 * Cost:     one test of a byte when nobody listens to the kind.
 *
 * One list makes the enum, the names, the printers and the report.
 * X(NAME, "what it means", a, b, c, d): the names of the four arguments; "_" marks an unused one.
 */
#pragma once

#include <stdint.h>

#include "sim_time.h"

#define SIM_NOTES(X)                                                                               \
    /* the kernel's own trace points, with the kernel's arguments */                               \
    X(KVM_PAGE_FAULT, "EPT/NPT violation reached the host", vcpu, gpa, error_code, cpl)            \
    X(KVM_TRY_ASYNC, "kvm_try_async_get_page", vcpu, gva, gfn, _)                                  \
    X(KVM_REPEATED, "kvm_async_pf_repeated_fault", vcpu, gva, gfn, _)                              \
    X(KVM_NOT_PRESENT, "kvm_async_pf_not_present", vcpu, token, gva, injected)                     \
    X(KVM_READY, "kvm_async_pf_ready", vcpu, token, gva, _)                                        \
    X(KVM_COMPLETED, "kvm_async_pf_completed (said by the worker)", vcpu, gva, hva, token)         \
    X(KVM_MSR, "kvm_msr; flags: 1 write, 2 #GP", vcpu, msr, value, flags)                          \
    X(KVM_INJ_EXCEPTION, "kvm_inj_exception", vcpu, vector, error_code, reinjected)                \
    X(KVM_INJ_VIRQ, "kvm_inj_virq", vcpu, vector, reinjected, _)                                   \
    X(KVM_APIC_ACCEPT_IRQ, "kvm_apic_accept_irq", vcpu, vector, mode, _)                           \
    X(KVM_EOI, "kvm_eoi", vcpu, vector, _, _)                                                      \
    X(KVM_VCPU_WAKEUP, "kvm_vcpu_wakeup", vcpu, ns, polled, _)                                     \
    /* accounting */                                                                               \
    X(MEASURE_BEGIN, "warm-up is over: statistics start", _, _, _, _)                              \
    X(MEASURE_END, "end of the run: statistics close", _, _, _, _)                                 \
    X(VCPU_SEGMENT, "a stretch of a vCPU's wall time has ended", vcpu, ledger_class, ns, task)     \
    X(ATTEMPT, "a fault exit on a page (one access may need several)", vcpu, task, repeated, page) \
    X(ACCESS, "an access has found its outcome", vcpu, task, outcome, why)                         \
    X(ACCESS_DONE, "an access that exited is complete; ns since its first exit", vcpu, task,       \
      outcome, ns)                                                                                 \
    X(LATENCY, "a named latency", name, ns, vcpu, task)                                            \
    X(IN_FLIGHT, "page-ins that an access waits for, host wide, have changed to n", n, _, _, _)    \
    X(APF_QUEUED, "real work items of a vCPU have changed to n", vcpu, n, _, _)                    \
    /* guest tasks */                                                                              \
    X(TASK_SWITCH, "guest CPU switches tasks (~0 = idle)", vcpu, prev, next, _)                    \
    X(TASK_RAN, "a task has had ns of user time", task, ns, vcpu, _)                               \
    X(TASK_ITERATION, "a task has finished n turns of its loop", task, n, _, _)                    \
    X(TASK_WAKE, "a sleeping task becomes runnable; reason: 0 timer, 1 APF ready, 2 other", task,  \
      vcpu, reason, _)                                                                             \
    X(TASK_SLEEP, "a task stops being runnable; reason as TASK_WAKE", task, vcpu, reason, _)       \
    X(TASK_EXIT, "a task has ended", task, vcpu, _, _)                                             \
    X(APF_WAIT, "guest: task sleeps on token", vcpu, task, token, _)                               \
    X(APF_WAKE, "guest: task woken by token", vcpu, task, token, _)                                \
    /* paging */                                                                                   \
    X(DISK_SUBMIT, "request joins the device queue", disk, pages, write, queued)                   \
    X(DISK_START, "a channel takes the request; ns waited", disk, channel, write, ns)              \
    X(DISK_DONE, "request complete; ns of service", disk, channel, write, ns)                      \
    X(PAGE_IN, "page became resident", page, readahead, _, _)                                      \
    X(PAGE_OUT, "page evicted", page, dirty, _, _)                                                 \
    X(UFFD_EVENT, "userfaultfd monitor hears of a missing page; flags 1 = write", page, flags, _,  \
      _)                                                                                           \
    X(UFFD_COPY, "userfaultfd monitor supplies the page", page, prefetched, _, _)                  \
    X(WORK_START, "APF worker begins its GUP", vcpu, token, gfn, _)                                \
    X(GUEST_MARK, "scripted guest says something", vcpu, mark, a, b)                               \
    X(HOST_SEGMENT, "a stretch of a shared host CPU's time has ended", cpu, host_class, ns, _)     \
    X(PAGE_REFAULT, "an evicted page comes back; evictions (mglru: generations) since", page,      \
      distance, recent, _)                                                                         \
    X(RECLAIM, "a page was reclaimed by enum reclaimer", page, by, _, _)                           \
    X(KSWAPD, "kswapd has worked for ns", ns, _, _, _)                                             \
    X(ZSWAP, "enum zswap_event has happened to a page", page, what, _, _)                          \
    /* services */                                                                                 \
    X(REQUEST, "a request has come for a kind of task; waiting: before it", kind, waiting,         \
      dropped, _)                                                                                  \
    X(REQUEST_DONE, "a task has served a request; ns since it came", task, ns, vcpu, _)            \
    /* hot-plug */                                                                                 \
    X(CPU_OFFLINE, "guest CPU is offline; ns since it was told to go; its slot", vcpu, ns, token,  \
      _)                                                                                           \
    X(CPU_ONLINE, "guest CPU is online again; ns since INIT", vcpu, ns, _, _)                      \
    /* a ready before its wait */                                                                  \
    X(APF_EARLY, "guest: taken 0: a ready found nobody and leaves a dummy; 1: the wait finds it",  \
      vcpu, token, taken, _)

#define SIM_NOTE_ENUM(name, help, a, b, c, d) NOTE_##name,
enum sim_note_kind { SIM_NOTES(SIM_NOTE_ENUM) SIM_NOTE_KINDS };
#undef SIM_NOTE_ENUM

/* One note. Meaning of a..d by kind: sim_note_info[]. */
struct sim_note {
    sim_ns when;
    enum sim_note_kind kind;
    uint64_t a, b, c, d;
};

struct sim_note_info {
    const char *name, *help, *arg[4];
};
extern const struct sim_note_info sim_note_info[SIM_NOTE_KINDS];

struct sim_observer;
typedef void (*sim_note_fn)(struct sim_observer *self, const struct sim_note *n);

/* An observer sees every note of the kinds it asked for, in order. It must not touch the run. */
struct sim_observer {
    sim_note_fn note;
    const sim_note_fn
        *by_kind;   /* instead of `note`: SIM_NOTE_KINDS of them, not NULL where asked */
    uint64_t kinds; /* bit set of enum sim_note_kind */
    struct sim_observer *next;
};
#define SIM_NOTE_BIT(kind) ((uint64_t)1 << (kind))
#define SIM_NOTE_ALL       UINT64_MAX
_Static_assert(SIM_NOTE_KINDS <= 64, "observer masks are one word");
