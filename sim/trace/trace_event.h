/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_event.h - KVM's trace points as records: fields, print formats, and which note is which
 *
 * Knows:    libc, sim_note.h.
 * Sources:  include/trace/events/kvm.h, arch/x86/kvm/trace.h: names, fields and print formats as
 *           Linux 6.12 has them on x86-64.
 * Form:     a row for each trace point. A record's values are in the order of its fields.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim_note.h"

enum {
    TRACE_FIELDS_MAX = 4,
    TRACE_HEAD_BYTES = 8,   /* common_type, _flags, _preempt_count, _pid */
    TRACE_EVENT_BYTES = 40, /* the longest, its head included */
    TRACE_TEXT_MAX = 160,   /* the longest event as text, its name included */
};

enum trace_event {
    TRACE_KVM_TRY_ASYNC,
    TRACE_KVM_REPEATED,
    TRACE_KVM_NOT_PRESENT,
    TRACE_KVM_READY,
    TRACE_KVM_COMPLETED,
    TRACE_KVM_PAGE_FAULT,
    TRACE_KVM_MSR,
    TRACE_KVM_INJ_EXCEPTION,
    TRACE_KVM_INJ_VIRQ,
    TRACE_KVM_APIC_ACCEPT_IRQ,
    TRACE_KVM_EOI,
    TRACE_KVM_VCPU_WAKEUP,
    TRACE_EVENTS
};

struct trace_field {
    const char *type, *name, *old; /* old: what earlier kernels called it, or NULL */
    uint8_t offset, size;
    bool is_signed; /* a record has it with its sign in all 64 bits */
};

struct trace_row {
    const char *name, *old;
    struct trace_field field[TRACE_FIELDS_MAX]; /* ends with a NULL name */
    const char *format;                         /* "print fmt:" of the event's format file */
    /* What the kernel prints behind the name. Up to TRACE_TEXT_MAX bytes less the name. */
    char *(*text)(char *to, const uint64_t *value);
    /* The same, to be read back: trace_record_scan(). */
    const char *pattern;
    bool by_worker; /* an APF worker says it, not the vCPU's thread */
};
extern const struct trace_row trace_row[TRACE_EVENTS];

/* One event of one thread. */
struct trace_record {
    sim_ns when;
    enum trace_event event;
    uint32_t cpu, pid;
    uint8_t flags, preempt; /* common_flags, common_preempt_count; 0 in runs */
    uint64_t value[TRACE_FIELDS_MAX];
};

/* False: no trace point of the kernel is meant by this kind. cpu: the vCPU; pid: of its thread or
 * of its worker, made up: trace_thread_comm() says whose. */
bool trace_record_of(const struct sim_note *n, struct trace_record *ret);
/* And back: all but rip, apicid and what a note has besides (d of NOT_PRESENT and COMPLETED: 0). */
void trace_note_of(const struct trace_record *r, struct sim_note *ret);
/* Kinds of notes that trace_record_of() knows. */
uint64_t trace_record_kinds(void);

/* "kvm_async_pf_ready: token 0x1000 gva 0x0", up to TRACE_TEXT_MAX bytes; returns its end. */
char *trace_record_text(char *to, const struct trace_record *r);

/* Reads it back: event and values of *ret. False: no event of ours, or not as the kernel prints it
 * today. "kvm:" may stand before it, and blanks wherever there is one. */
bool trace_record_scan(const char *text, size_t bytes, struct trace_record *ret);

/* Pids of vCPU n's thread and of its workers, and who writes marks. */
enum { TRACE_PID_VCPU = 1001, TRACE_PID_WORKER = 100001, TRACE_PID_VMM = 1000 };
/* "CPU n/KVM", as QEMU names it, or "kworker/n:1". Returns its end; at most 20 bytes. */
char *trace_thread_comm(char *to, uint32_t vcpu, bool worker);
