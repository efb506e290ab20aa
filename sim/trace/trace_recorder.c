/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_recorder.c - notes of a run as lines of actor streams
 *
 * Sources:  include/trace/events/kvm.h, arch/x86/kvm/trace.h: the print formats.
 */
#include <inttypes.h>
#include <string.h>

#include "trace_streams.h"

#define LINE_MAX_BYTES 256
#define HLLX           "%#" PRIx64 /* of zero: "0" in a mark */

struct line {
    char text[LINE_MAX_BYTES];
    size_t length;
};

#define ADD(l, ...)                                                                                \
    ((l)->length +=                                                                                \
     (size_t)snprintf((l)->text + (l)->length, sizeof(l)->text - (l)->length, __VA_ARGS__))

/* ---- marks ---- */

static void add_directive(struct line *l, char directive, uint32_t task, uint64_t a, uint64_t b)
{
    switch (directive) {
    case 't':
        ADD(l, "%" PRIu32, task);
        break;
    case 'a':
        ADD(l, "%" PRIu64, a);
        break;
    case 'b':
        ADD(l, "%" PRIu64, b);
        break;
    case 'A':
        ADD(l, HLLX, a);
        break;
    case 'B':
        ADD(l, HLLX, b);
        break;
    case '0':
        ADD(l, "%" PRIu64, b & 0xff);
        break;
    case '1':
        ADD(l, "%" PRIu64, b >> 8 & 0xffffff);
        break;
    case '2':
        ADD(l, "%" PRIu64, b >> 32);
        break;
    default:
        break;
    }
}

static void mark_line(struct line *l, const char *text, const struct sim_note *n)
{
    uint32_t task = (uint32_t)(n->b >> 8);

    ADD(l, "vmm tracing_mark_write: ");
    for (; *text && l->length < LINE_MAX_BYTES - 32; text++)
        if (text[0] == '%' && text[1])
            add_directive(l, *++text, task, n->c, n->d);
        else
            l->text[l->length++] = *text;
    l->text[l->length] = '\0';
}

static bool mark(const struct trace_recorder *r, struct line *l, const struct sim_note *n)
{
    unsigned number = n->b & 0xff;

    if (number >= r->marks || !r->mark_text[number])
        return false;
    mark_line(l, r->mark_text[number], n);
    return true;
}

/* ---- trace points ---- */

static const char *exception_name(uint64_t vector)
{
    return vector == 14 ? "#PF" : vector == 13 ? "#GP" : "#??";
}

static void apf_line(struct line *l, const struct sim_note *n)
{
    switch ((int)n->kind) {
    case NOTE_KVM_TRY_ASYNC:
        ADD(l, "vmm kvm_try_async_get_page: gva = 0x%" PRIx64 ", gfn = 0x%" PRIx64, n->b, n->c);
        break;
    case NOTE_KVM_REPEATED:
        ADD(l, "vmm kvm_async_pf_repeated_fault: gva = 0x%" PRIx64 ", gfn = 0x%" PRIx64, n->b,
            n->c);
        break;
    case NOTE_KVM_NOT_PRESENT:
        ADD(l, "vmm kvm_async_pf_not_present: token 0x%" PRIx64 " gva 0x%" PRIx64, n->b, n->c);
        break;
    case NOTE_KVM_READY:
        ADD(l, "vmm kvm_async_pf_ready: token 0x%" PRIx64 " gva 0x%" PRIx64, n->b, n->c);
        break;
    case NOTE_KVM_COMPLETED:
        ADD(l, "kworker kvm_async_pf_completed: gva 0x%" PRIx64 " address 0x%" PRIx64, n->b, n->c);
        break;
    default:
        break;
    }
}

static void cpu_line(struct line *l, const struct sim_note *n)
{
    switch ((int)n->kind) {
    case NOTE_KVM_PAGE_FAULT:
        ADD(l,
            "vmm kvm_page_fault: vcpu %" PRIu64 "  address 0x%016" PRIx64 " error_code 0x%" PRIx64,
            n->a, n->b, n->c);
        break;
    case NOTE_KVM_MSR:
        ADD(l, "vmm kvm_msr: msr_%s %" PRIx64 " = 0x%" PRIx64 "%s", n->d & 1 ? "write" : "read",
            n->b, n->c, n->d & 2 ? " (#GP)" : "");
        break;
    case NOTE_KVM_INJ_EXCEPTION:
        ADD(l, "vmm kvm_inj_exception: %s (0x%" PRIx64 ")%s", exception_name(n->b), n->c,
            n->d ? " [reinjected]" : "");
        break;
    case NOTE_KVM_INJ_VIRQ:
        ADD(l, "vmm kvm_inj_virq: IRQ 0x%" PRIx64 "%s", n->b, n->c ? " [reinjected]" : "");
        break;
    case NOTE_KVM_APIC_ACCEPT_IRQ:
        ADD(l, "vmm kvm_apic_accept_irq: apicid %" PRIx64 " vec %" PRIu64 " (Fixed|edge)", n->a,
            n->b);
        break;
    case NOTE_KVM_EOI:
        ADD(l, "vmm kvm_eoi: apicid %" PRIx64 " vector %" PRIu64, n->a, n->b);
        break;
    default:
        break;
    }
}

static void uffd_line(struct line *l, const struct sim_note *n)
{
    if (n->kind == NOTE_UFFD_EVENT)
        ADD(l, "vmm tracing_mark_write: UFFD: event page %" PRIu64 " flags " HLLX, n->a, n->b);
    else
        ADD(l, "vmm tracing_mark_write: UFFD: copy page %" PRIu64, n->a);
}

#define APF_NOTES                                                                                  \
    (SIM_NOTE_BIT(NOTE_KVM_TRY_ASYNC) | SIM_NOTE_BIT(NOTE_KVM_REPEATED) |                          \
     SIM_NOTE_BIT(NOTE_KVM_NOT_PRESENT) | SIM_NOTE_BIT(NOTE_KVM_READY) |                           \
     SIM_NOTE_BIT(NOTE_KVM_COMPLETED))
#define UFFD_NOTES (SIM_NOTE_BIT(NOTE_UFFD_EVENT) | SIM_NOTE_BIT(NOTE_UFFD_COPY))
#define CPU_NOTES                                                                                  \
    (SIM_NOTE_BIT(NOTE_KVM_PAGE_FAULT) | SIM_NOTE_BIT(NOTE_KVM_MSR) |                              \
     SIM_NOTE_BIT(NOTE_KVM_INJ_EXCEPTION) | SIM_NOTE_BIT(NOTE_KVM_INJ_VIRQ) |                      \
     SIM_NOTE_BIT(NOTE_KVM_APIC_ACCEPT_IRQ) | SIM_NOTE_BIT(NOTE_KVM_EOI))

static void on_note(struct sim_observer *self, const struct sim_note *n)
{
    struct trace_recorder *r = (struct trace_recorder *)self;
    enum trace_actor actor = TRACE_VCPU;
    struct line l = {.length = 0};

    if (n->kind == NOTE_GUEST_MARK) {
        if (!mark(r, &l, n))
            return;
    } else if (APF_NOTES & SIM_NOTE_BIT(n->kind)) {
        actor = n->kind == NOTE_KVM_COMPLETED ? TRACE_WORKER : TRACE_VCPU;
        apf_line(&l, n);
    } else if (UFFD_NOTES & SIM_NOTE_BIT(n->kind)) {
        actor = TRACE_UFFD;
        uffd_line(&l, n);
    } else {
        cpu_line(&l, n);
    }
    trace_streams_add(r->streams, actor, l.text);
}

void trace_recorder_init(struct trace_recorder *r, struct trace_streams *streams,
                         const char *const *mark_text, unsigned marks)
{
    *r = (struct trace_recorder){
        .observer = {.note = on_note,
                     .kinds = APF_NOTES | UFFD_NOTES | CPU_NOTES | SIM_NOTE_BIT(NOTE_GUEST_MARK)},
        .streams = streams,
        .mark_text = mark_text,
        .marks = marks,
    };
}
