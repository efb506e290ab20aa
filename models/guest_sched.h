/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_sched.h - the guest kernel: run queues, scheduler, tick, timers, APF sleepers
 *
 * Knows:    engine, apf (guest half), guest.h, tasks.h, params.h. Never the host's models: it meets
 *           the machine only through guest_ops and guest_port.
 */
#pragma once

#include "apf_guest.h"
#include "guest.h"
#include "sim.h"

struct guest_sched;

/* Guest physical address of a CPU's struct kvm_vcpu_pv_apf_data, as written to the EN MSR: kernel
 * data in the second MiB, 64 bytes each. */
#define GUEST_APF_AREA(cpu) (0x100000u + 64u * (cpu))

/* What the machine offers the guest kernel. */
struct guest_port {
    void *ctx;
    void (*send_ipi)(void *ctx, uint32_t cpu,
                     unsigned vector); /* to another CPU: LAPIC, kick or wake */
    struct apf_area *(*area)(void *ctx,
                             uint32_t cpu); /* this CPU's shared area: asked once, at start */
    uint32_t cpuid;                         /* leaf 0x40000001 EAX as the guest sees it */
};

struct guest_sched *guest_sched_create(struct sim *sim, const struct params *p,
                                       const struct page_traces *traces, uint64_t seed,
                                       const struct guest_port *port);
void guest_sched_destroy(struct guest_sched *g);
extern const struct guest_ops guest_sched_ops; /* ctx = struct guest_sched * */

/* Closes the books at a measurement boundary: says TASK_RAN and TASK_ITERATION for what has been
 * done so far. The vCPU has cut its segment first. */
void guest_sched_flush(struct guest_sched *g);
/* All tasks have ended. */
bool guest_sched_all_done(const struct guest_sched *g);
uint32_t guest_sched_tasks(const struct guest_sched *g);
/* Which entry of params.task the task comes from. */
uint32_t guest_sched_kind(const struct guest_sched *g, uint32_t task);
const char *guest_sched_broken(const struct guest_sched *g);
