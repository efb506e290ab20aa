/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_recorder.c - notes of a run as lines of actor streams
 */
#include <inttypes.h>
#include <string.h>

#include "trace_ftrace.h"
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

static void kvm_line(struct line *l, const struct sim_note *n)
{
    char text[LINE_MAX_BYTES - 16];

    if (trace_event_text(n, text, sizeof text))
        ADD(l, "%s %s", n->kind == NOTE_KVM_COMPLETED ? "kworker" : "vmm", text);
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
        kvm_line(&l, n);
    } else if (UFFD_NOTES & SIM_NOTE_BIT(n->kind)) {
        actor = TRACE_UFFD;
        uffd_line(&l, n);
    } else {
        kvm_line(&l, n);
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
