/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_event.h - one line of a capture: what KVM's trace point says, and who said it
 *
 * Knows:    libc.
 * Sources:  include/trace/events/kvm.h, arch/x86/kvm/trace.h: the print formats of the events.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(NAME, the event's name in the kernel) */
#define CAP_KINDS_X(X)                                                                             \
    X(TRY, "kvm_try_async_get_page")                                                               \
    X(REPEATED, "kvm_async_pf_repeated_fault")                                                     \
    X(NOT_PRESENT, "kvm_async_pf_not_present")                                                     \
    X(READY, "kvm_async_pf_ready")                                                                 \
    X(COMPLETED, "kvm_async_pf_completed")                                                         \
    X(MSR, "kvm_msr")                                                                              \
    X(INJ_EXCEPTION, "kvm_inj_exception")                                                          \
    X(INJ_VIRQ, "kvm_inj_virq")                                                                    \
    X(ACCEPT, "kvm_apic_accept_irq")                                                               \
    X(EOI, "kvm_eoi")                                                                              \
    X(PAGE_FAULT, "kvm_page_fault")                                                                \
    X(ENTRY, "kvm_entry")                                                                          \
    X(WAKEUP, "kvm_vcpu_wakeup")                                                                   \
    X(NESTED, "kvm_nested_vmexit_inject")                                                          \
    X(MARK, "tracing_mark_write")
#define CAP_KIND_ENUM(name, text) CAP_##name,
enum cap_kind { CAP_KINDS_X(CAP_KIND_ENUM) CAP_OTHER, CAP_KINDS };
#undef CAP_KIND_ENUM
extern const char *const cap_kind_name[CAP_KINDS];

enum cap_flag {
    CAP_WRITE = 1,  /* MSR: a write */
    CAP_GP = 2,     /* MSR: refused */
    CAP_AGAIN = 4,  /* injected once more */
    CAP_PF = 8,     /* INJ_EXCEPTION: #PF */
    CAP_SOFT = 16,  /* INJ_VIRQ: a software interrupt */
    CAP_POLL = 32,  /* WAKEUP: found by polling, no halt */
    CAP_NONE = 64,  /* EOI: of nothing; ACCEPT: of what has no EOI (NMI, SMI, SIPI, ...) */
    CAP_INIT = 128, /* ACCEPT: an INIT */
};

#define CAP_MSR_EOI 0x80bu /* of the x2APIC */

/*
 * a, b by kind: TRY, REPEATED: gva, gfn. NOT_PRESENT, READY: token, gva. COMPLETED: gva, address.
 * MSR: number, value. INJ_EXCEPTION: error code. INJ_VIRQ, EOI: vector. ACCEPT: apicid, vector.
 * PAGE_FAULT: address, error code. WAKEUP: ns. NESTED: exit_info1, exit_info2.
 */
struct cap_event {
    uint64_t when; /* ns, or ticks of the capture's clock; 0 where lines carry no time */
    uint64_t a, b;
    uint64_t offset; /* of the line in the file */
    uint32_t line;   /* from 1 */
    uint32_t thread; /* pid; of an actor stream: enum cap_actor */
    uint32_t next;   /* the same thread's next event, 0 = none */
    uint16_t epoch;  /* grows where events were lost, and with each case */
    uint8_t kind, flags;
};

/* The write of the EOI register; kvm_eoi is another event, which comes with it. */
static inline bool cap_writes_eoi(const struct cap_event *e)
{
    return e->kind == CAP_MSR && e->a == CAP_MSR_EOI;
}

/*
 * Reads "kvm_async_pf_ready: token 0x1000 gva 0x0" (perf's "kvm:" before it, and any number of
 * blanks behind the colon, are as good). False: an event that we know, with words that we do not.
 * An unknown event is CAP_OTHER and true.
 */
bool cap_event_parse(const char *text, size_t bytes, struct cap_event *ret);
