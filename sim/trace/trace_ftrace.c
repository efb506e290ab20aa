/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_ftrace.c - the kernel's print formats, and the columns around them
 *
 * The kernel's %#llx keeps its 0x for zero, libc's does not: hence 0x%.
 */
#include "trace_ftrace.h"

#include <inttypes.h>
#include <string.h>

#define X64 "0x%" PRIx64

enum { PID_VMM = 1000, PID_VCPU = 1001, PID_WORKER = 101 };

static const char *exception_name(uint64_t vector)
{
    return vector == 14 ? "#PF" : vector == 13 ? "#GP" : "#??";
}

static int apf_text(const struct sim_note *n, char *text, size_t bytes)
{
    switch ((int)n->kind) {
    case NOTE_KVM_TRY_ASYNC:
        return snprintf(text, bytes, "kvm_try_async_get_page: gva = " X64 ", gfn = " X64, n->b,
                        n->c);
    case NOTE_KVM_REPEATED:
        return snprintf(text, bytes, "kvm_async_pf_repeated_fault: gva = " X64 ", gfn = " X64, n->b,
                        n->c);
    case NOTE_KVM_NOT_PRESENT:
        return snprintf(text, bytes, "kvm_async_pf_not_present: token " X64 " gva " X64, n->b,
                        n->c);
    case NOTE_KVM_READY:
        return snprintf(text, bytes, "kvm_async_pf_ready: token " X64 " gva " X64, n->b, n->c);
    case NOTE_KVM_COMPLETED:
        return snprintf(text, bytes, "kvm_async_pf_completed: gva " X64 " address " X64, n->b,
                        n->c);
    default:
        return 0;
    }
}

static int cpu_text(const struct sim_note *n, char *text, size_t bytes)
{
    const char *again = " [reinjected]";

    switch ((int)n->kind) {
    case NOTE_KVM_PAGE_FAULT:
        return snprintf(text, bytes,
                        "kvm_page_fault: vcpu %" PRIu64 " rip 0x0 address 0x%016" PRIx64
                        " error_code " X64,
                        n->a, n->b, n->c);
    case NOTE_KVM_MSR:
        return snprintf(text, bytes, "kvm_msr: msr_%s %" PRIx64 " = " X64 "%s",
                        n->d & 1 ? "write" : "read", n->b, n->c, n->d & 2 ? " (#GP)" : "");
    case NOTE_KVM_INJ_EXCEPTION:
        return snprintf(text, bytes, "kvm_inj_exception: %s (" X64 ")%s", exception_name(n->b),
                        n->c, n->d ? again : "");
    case NOTE_KVM_INJ_VIRQ:
        return snprintf(text, bytes, "kvm_inj_virq: IRQ " X64 "%s", n->b, n->c ? again : "");
    case NOTE_KVM_APIC_ACCEPT_IRQ:
        return snprintf(text, bytes,
                        "kvm_apic_accept_irq: apicid %" PRIx64 " vec %" PRIu64 " (Fixed|edge)",
                        n->a, n->b);
    case NOTE_KVM_EOI:
        return snprintf(text, bytes, "kvm_eoi: apicid %" PRIx64 " vector %" PRIu64, n->a, n->b);
    case NOTE_KVM_VCPU_WAKEUP:
        return snprintf(text, bytes, "kvm_vcpu_wakeup: %s time %" PRIu64 " ns, polling valid",
                        n->c ? "poll" : "wait", n->b);
    default:
        return 0;
    }
}

bool trace_event_text(const struct sim_note *n, char *ret_text, size_t bytes)
{
    return apf_text(n, ret_text, bytes) > 0 || cpu_text(n, ret_text, bytes) > 0;
}

/* ---- columns ---- */

void trace_ftrace_head(FILE *out, uint64_t events, unsigned cpus)
{
    fprintf(out,
            "# tracer: nop\n#\n# entries-in-buffer/entries-written: %" PRIu64 "/%" PRIu64
            "   #P:%u\n#\n",
            events, events, cpus);
    fputs("#                                _-----=> irqs-off/BH-disabled\n"
          "#                               / _----=> need-resched\n"
          "#                              | / _---=> hardirq/softirq\n"
          "#                              || / _--=> preempt-depth\n"
          "#                              ||| / _-=> migrate-disable\n"
          "#                              |||| /     delay\n"
          "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
          "#              | |         |   |||||     |         |\n",
          out);
}

static void line(FILE *out, const char *comm, unsigned pid, unsigned cpu, sim_ns when,
                 const char *text)
{
    uint64_t us = (uint64_t)when / 1000;

    fprintf(out, "%16s-%-7u [%03u] ..... %5" PRIu64 ".%06" PRIu64 ": %s\n", comm, pid, cpu,
            us / 1000000, us % 1000000, text);
}

bool trace_ftrace_event(FILE *out, const struct sim_note *n)
{
    bool worker = n->kind == NOTE_KVM_COMPLETED;
    unsigned v = (unsigned)n->a;
    char text[256], comm[32];

    if (!trace_event_text(n, text, sizeof text))
        return false;
    snprintf(comm, sizeof comm, worker ? "kworker/%u:1" : "CPU %u/KVM", v);
    line(out, comm, (worker ? PID_WORKER : PID_VCPU) + v, v, n->when, text);
    return true;
}

void trace_ftrace_mark(FILE *out, sim_ns when, const char *text)
{
    static const char head[] = "tracing_mark_write: ";
    char words[512];

    snprintf(words, sizeof words, "%s%s", head, text);
    line(out, "vmm", PID_VMM, 0, when, words);
}
