/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_stage.h - the steps of the protocol that are measured
 *
 * Clock of all: the TSC, which guest, monitor and trace points share. "net": less the cost of
 * reading it twice in the same mode.
 */
#pragma once

#include "cal_run.h"
#include "cal_stats.h"

/* What it takes to measure a stage. */
#define CAL_TRACED 1u /* trace points */
#define CAL_UFFD   2u /* userfaultfd as backing */
#define CAL_FILE   4u /* a file as backing */
#define CAL_OTHER  8u /* a capture of somebody else's guest: cal_result.source */
/* And what it hangs on: the length of the guest's code. */
#define CAL_GUEST 16u

/* name, these, what it is */
#define CAL_STAGES_X(X)                                                                            \
    X(rdtsc_user, 0, "two readings of the clock in user mode")                                     \
    X(rdtsc_kernel, 0, "two readings of the clock in kernel mode")                                 \
    X(host_cpuid, 0, "CPUID on the host: an exit of its own, where it is a virtual machine, net")  \
    X(exit_out, 0, "exit to the VMM and back: OUT in kernel mode, net")                            \
    X(exit_mmio, 0, "exit to the VMM and back: MMIO read in user mode, net")                       \
    X(exit_cpuid, 0, "exit to KVM and back: CPUID in user mode, net")                              \
    X(ack, 0, "WRMSR of ACK, nothing waiting, net")                                                \
    X(eoi, 0, "WRMSR of EOI, net")                                                                 \
    X(rdmsr, 0, "RDMSR of INT, net")                                                               \
    X(exception, 0, "#UD in user mode to the handler's first instruction")                         \
    X(exception_return, CAL_GUEST, "#UD in user mode and back")                                    \
    X(interrupt_running, 0, "KVM_SIGNAL_MSI to handler, vCPU in user mode")                        \
    X(interrupt_halted, 0, "KVM_SIGNAL_MSI to handler, vCPU in HLT")                               \
    X(guest_switch, CAL_GUEST, "task to task by a call: half of there and back")                   \
    X(tick, CAL_GUEST, "LAPIC timer interrupt: what it takes from a running task")                 \
    X(tick_switch, CAL_GUEST, "the same, from the running task to the next one")                   \
    X(touch_hit, 0, "read of a page that is mapped, net")                                          \
    X(minor_fault, 0, "read of a page that is in memory and not mapped, net")                      \
    X(zero_fault, 0, "read of anonymous memory never touched, net")                                \
    X(touch_to_try, CAL_TRACED, "touch to kvm_try_async_get_page")                                 \
    X(try_to_not_present, CAL_TRACED, "to kvm_async_pf_not_present")                               \
    X(not_present_to_inject, CAL_TRACED,                                                           \
      "to kvm_inj_exception: the worker may run first on this CPU")                                \
    X(inject_to_handler, CAL_TRACED, "to the #PF handler's first instruction")                     \
    X(touch_to_handler, 0, "touch to the #PF handler's first instruction")                         \
    X(handler_to_left, CAL_GUEST, "#PF handler, up to the choice of another task")                 \
    X(left_to_other, CAL_GUEST, "to the other task's first look at the clock")                     \
    X(touch_to_asked, CAL_UFFD, "touch to the monitor's event")                                    \
    X(copy_to_completed, CAL_TRACED | CAL_UFFD,                                                    \
      "monitor begins to copy, to kvm_async_pf_completed")                                         \
    X(completed_to_ready, CAL_TRACED, "to kvm_async_pf_ready, vCPU running")                       \
    X(completed_to_ready_halted, CAL_TRACED | CAL_UFFD, "to kvm_async_pf_ready, vCPU in HLT")      \
    X(ready_to_accept, CAL_TRACED, "to kvm_apic_accept_irq")                                       \
    X(accept_to_handler, CAL_TRACED, "to the ready handler's first instruction, vCPU running")     \
    X(accept_to_handler_halted, CAL_TRACED | CAL_UFFD, "the same, vCPU in HLT")                    \
    X(copy_to_handler, CAL_UFFD, "monitor begins to copy, to the ready handler, vCPU running")     \
    X(copy_to_handler_halted, CAL_UFFD,                                                            \
      "monitor begins to copy, to the ready handler, vCPU in HLT")                                 \
    X(handler_to_ack, CAL_GUEST, "ready handler up to ACK")                                        \
    X(ready_ack, 0, "WRMSR of ACK in the ready handler, net")                                      \
    X(ack_to_resumed, CAL_GUEST, "ACK to the value in the woken task")                             \
    X(ready_to_resumed, CAL_GUEST, "ready handler to the value in the woken task")                 \
    X(cycle, CAL_UFFD | CAL_GUEST, "touch to value, told by APF, other tasks run")                 \
    X(sync_fault, CAL_UFFD, "touch to value, IF = 0: the vCPU waits")                              \
    X(sync_wake, CAL_UFFD, "monitor begins to copy, to value, IF = 0")                             \
    X(halt_fault, CAL_UFFD, "touch to value, guest without APF: halted by the host")               \
    X(halt_wake, CAL_UFFD, "monitor begins to copy, to value, halted by the host")                 \
    X(page_in_userfaultfd, CAL_UFFD, "monitor: asked to its copying, its delay included")          \
    X(page_in_file, CAL_TRACED | CAL_FILE, "not_present to completed, file")                       \
    X(cycle_file, CAL_FILE | CAL_GUEST, "touch to value, told by APF, file")                       \
    X(sync_file, CAL_FILE, "touch to value, IF = 0, file")                                         \
    X(cycle_smp, CAL_UFFD | CAL_GUEST, "touch to value, told by APF, on each of two vCPUs")        \
    X(page_fault_to_try, CAL_OTHER, "kvm_page_fault to kvm_try_async_get_page")                    \
    X(not_present_to_completed, CAL_OTHER,                                                         \
      "kvm_async_pf_not_present to kvm_async_pf_completed: page-in")                               \
    X(accept_to_ack, CAL_OTHER | CAL_GUEST, "kvm_apic_accept_irq to kvm_msr of the ACK")           \
    X(ready_to_ack, CAL_OTHER | CAL_GUEST, "kvm_async_pf_ready to kvm_msr of the ACK")             \
    X(msr_to_ack, CAL_OTHER | CAL_GUEST, "kvm_msr to the next, an ACK")                            \
    X(msr_to_eoi, CAL_OTHER | CAL_GUEST, "kvm_msr to the next, an EOI")                            \
    X(msr_to_rdmsr, CAL_OTHER | CAL_GUEST, "kvm_msr to the next, a read")                          \
    X(msr_to_msr, CAL_OTHER | CAL_GUEST,                                                           \
      "kvm_msr to the next, of the pair of MSRs that comes closest")

#define CAL_STAGE_ENUM(name, flags, text) CAL_ST_##name,
enum cal_stage { CAL_STAGES_X(CAL_STAGE_ENUM) CAL_STAGES };
#undef CAL_STAGE_ENUM

struct cal_stage_info {
    const char *name, *text;
    unsigned flags; /* CAL_TRACED ... */
};
extern const struct cal_stage_info cal_stage_info[CAL_STAGES];

/* Samples of the stages that every asynchronous cycle has; other stages are the probes' affair. */
void cal_stage_cycles(struct cal_samples *stage, const struct cal_run *run,
                      const struct cal_memory *memory, double rdtsc_kernel);
