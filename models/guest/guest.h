/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest.h - the border between a vCPU (the machine) and whatever runs on it
 *
 * Knows:    params.h, sim_words.h.
 * A vCPU asks its guest for one instruction at a time (a coarse one: "compute for 3 ms", "touch
 * page 7", "write this MSR", "halt") and tells it what happened: it was carried out, it was cut
 * short by an interrupt, an exception came. Two guests exist: guest_sched.c (Linux with tasks) and
 * the scripted guest of tests and `sim trace replay`.
 *
 * Time only passes in GUEST_RUN and in the exits that the others cause.
 */
#pragma once

#include "apf.h"
#include "params.h"
#include "sim_words.h"

#define GUEST_TOUCH_WRITE (1u << 31)

enum guest_op {
    GUEST_RUN,   /* execute for ns (SIM_NEVER: until interrupted), accounted to `ledger` */
    GUEST_TOUCH, /* access page `page`; write; costs ns if it hits */
    GUEST_WRMSR, /* msr, value: exits. MSRs known: APF's three, EOI 0x80b, SPIV 0x80f, APICBASE
                    0x1b, TSC_DEADLINE 0x6e0 (value = absolute ns, 0 = disarm), timer 0x832, 0x838,
                    0x83e; steal time, PV EOI and migration control (no effect) */
    GUEST_RDMSR, /* msr: exits; value comes with retire() */
    GUEST_HLT,   /* exits unless host.hlt_in_guest; ends at the next interrupt */
    GUEST_OUT,   /* port write to the VMM: exits to user space; value is for vmm_out() */
    GUEST_STOP,  /* this CPU has nothing left to do, ever */
};

/* One instruction and the context it runs in. */
struct guest_insn {
    enum guest_op op;
    sim_ns ns;
    uint8_t cpl;
    bool if_flag;
    bool write;
    uint8_t ledger;  /* enum ledger_class for RUN and for a touch that hits */
    uint32_t task;   /* who: number of the current task, ~0 = none (notes only) */
    uint32_t page;   /* page number in the host's table */
    uint32_t offset; /* byte within the page (the rig writes at 8) */
    uint32_t msr;
    uint64_t value;
    bool l2;      /* L2's, on this CPU of L1: what comes in first leaves L2 */
    bool waiting; /* HLT: some task waits for a page (idle_waiting rather than idle) */
    bool offline; /* HLT: of a CPU that is offline, until it is sent INIT */
};

struct guest_ops {
    /* What does CPU `cpu` do next? Called with interrupts delivered; must fill *insn. */
    void (*next)(void *guest, uint32_t cpu, struct guest_insn *insn);
    /* The instruction is complete. ran = time it took in guest mode; value: RDMSR's. */
    void (*retire)(void *guest, uint32_t cpu, sim_ns ran, uint64_t value);
    /* GUEST_RUN was interrupted after `ran` ns, or a TOUCH faulted (ran = 0): it is not complete.
     * next() is asked again later, and gives the rest. */
    void (*cut)(void *guest, uint32_t cpu, sim_ns ran);
    /* An exception is delivered: #PF (vector 14, cr2; or what another protocol has in its place),
     * #GP (13), or what comes with a parameter (GUEST_...). IF is 0 from here on until the
     * guest says otherwise in its next instruction. */
    void (*exception)(void *guest, uint32_t cpu, unsigned vector, uint64_t cr2);
    /* An interrupt is delivered. */
    void (*interrupt)(void *guest, uint32_t cpu, unsigned vector);
    /*
     * Run-ahead; both or neither. After a GUEST_TOUCH that was carried out, ahead() may show what
     * the next calls of next() would give: n touches that differ from it in nothing but page and
     * write, as page | GUEST_TOUCH_WRITE. ran_ahead(): the first n (> 0) of them have been carried
     * out, in `ran` ns altogether. So that a touch that hits costs no more than itself.
     */
    uint32_t (*ahead)(void *guest, uint32_t cpu, const uint32_t **ret_touch);
    void (*ran_ahead)(void *guest, uint32_t cpu, uint32_t n, sim_ns ran);
};

/* Vector of the external interrupt DONE of s390, for exception(): its code there; cr2 = token. */
#define GUEST_PFAULT_DONE 0x2603u

/* A #PF VM-exit from L2, for exception(): L1's KVM has it; cr2 = token. Not a vector. */
#define GUEST_L2_PF 0x10eu

/* Guest physical address of a CPU's struct kvm_vcpu_pv_apf_data, as written to the EN MSR: kernel
 * data in the second MiB, 64 bytes each. */
#define GUEST_APF_AREA(cpu) (0x100000u + 64u * (cpu))

/* What the machine offers the guest kernel. */
struct guest_port {
    void *ctx;
    void (*send_ipi)(void *ctx, uint32_t cpu,
                     unsigned vector);          /* to another CPU: LAPIC, kick or wake */
    void (*send_init)(void *ctx, uint32_t cpu); /* INIT and SIPI to a CPU that is offline */
    struct apf_area *(*area)(void *ctx,
                             uint32_t cpu); /* this CPU's shared area: asked once, at start */
    uint32_t cpuid;                         /* leaf 0x40000001 EAX as the guest sees it */
    /* How long this CPU has waited for a host CPU, all in all; NULL: the guest does not ask. */
    sim_ns (*steal)(void *ctx, uint32_t cpu);
};
