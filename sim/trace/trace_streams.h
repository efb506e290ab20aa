/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_streams.h - event streams of the actors of one vCPU: its thread, the APF workers, the
 *                   userfaultfd thread
 *
 * Knows:    libc, sim_note.h.
 * Form:     lines as ftrace prints them, without times, pids and addresses of the recording host:
 *           "vmm kvm_async_pf_ready: token 0x1000 gva 0x40000000". One sequence an actor: how the
 *           host's scheduler interleaved the actors is not part of it.
 * Promise:  our own lines and recorded ones go through the same trace_line_normalize().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim_note.h"

enum trace_actor { TRACE_VCPU, TRACE_WORKER, TRACE_UFFD, TRACE_ACTORS };
extern const char *const trace_actor_name[TRACE_ACTORS];

struct trace_lines {
    char **line;
    size_t count, room;
};

struct trace_streams {
    struct trace_lines of[TRACE_ACTORS];
    bool no_memory; /* lines are missing */
};

void trace_streams_init(struct trace_streams *s);
void trace_streams_finish(struct trace_streams *s);
/* Adds a line, normalised; one that normalisation drops is no error. */
void trace_streams_add(struct trace_streams *s, enum trace_actor actor, const char *text);
void trace_streams_print(const struct trace_streams *s, FILE *out);

/*
 * In place: takes out what differs from run to run on a real host (times, host addresses, addresses
 * of guest code, counts) and trailing blanks. False: the whole line is to be dropped: injections
 * that were repeated because an exit had hit the first, faults on the guest's own low memory, the
 * recorder's remarks.
 */
bool trace_line_normalize(char *text);

/* ---- what a line says ---- */

/*
 * X(NAME, needle, compared, counted): compared: belongs to the streams that must agree event for
 * event; counted: how many there are does not depend on how actors interleave.
 */
#define TRACE_KINDS_X(X)                                                                           \
    X(TRY, "kvm_try_async_get_page: ", true, false)                                                \
    X(REPEATED, "kvm_async_pf_repeated_fault: ", true, false)                                      \
    X(NOT_PRESENT, "kvm_async_pf_not_present: ", true, true)                                       \
    X(READY, "kvm_async_pf_ready: ", true, true)                                                   \
    X(COMPLETED, "kvm_async_pf_completed: ", true, true)                                           \
    X(MSR_EN, " 4b564d02 = ", true, true)                                                          \
    X(MSR_INT, " 4b564d06 = ", true, true)                                                         \
    X(MSR_ACK, " 4b564d07 = ", true, true)                                                         \
    X(INJ_EXCEPTION, "kvm_inj_exception: ", true, true)                                            \
    X(ACCEPT_IRQ, "kvm_apic_accept_irq: ", true, true)                                             \
    X(INJ_VIRQ, "kvm_inj_virq: ", true, true)                                                      \
    X(EOI, "kvm_eoi: ", true, true)                                                                \
    X(TOUCH, " TOUCH page ", true, true)                                                           \
    X(TOUCH_DONE, " TOUCH-DONE page ", true, true)                                                 \
    X(MARK_NOT_PRESENT, " #PF NOT-PRESENT ", true, true)                                           \
    X(MARK_READY, " IRQ PAGE-READY ", true, true)                                                  \
    X(WAKE, " WAKE task", true, true)                                                              \
    X(SWITCH, " SWITCH task", true, false)                                                         \
    X(TASK_EXIT, " TASK-EXIT ", false, true)                                                       \
    X(SET_MSRS, "VMM: KVM_SET_MSRS ", false, true)                                                 \
    X(UFFD_EVENT, "UFFD: event page ", true, true)                                                 \
    X(UFFD_COPY, "UFFD: copy page ", true, true)
#define TRACE_KIND_ENUM(name, needle, compared, counted) TRACE_##name,
enum trace_kind { TRACE_KINDS_X(TRACE_KIND_ENUM) TRACE_OTHER, TRACE_KINDS };
#undef TRACE_KIND_ENUM
struct trace_kind_info {
    const char *name, *needle;
    bool compared, counted;
};
extern const struct trace_kind_info trace_kind_info[TRACE_KINDS];
enum trace_kind trace_kind_of(const char *text);

/* ---- from a run ---- */

/* Prints the notes of a run with one vCPU into `streams`. */
struct trace_recorder {
    struct sim_observer observer; /* first: the observer is the recorder */
    struct trace_streams *streams;
    const char *const *mark_text; /* by mark, NULL = not shown; directives: script_guest.h */
    unsigned marks;
};
void trace_recorder_init(struct trace_recorder *r, struct trace_streams *streams,
                         const char *const *mark_text, unsigned marks);
