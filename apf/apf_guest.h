/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_guest.h - the guest half: Linux' side of asynchronous page faults, all CPUs of one guest
 *
 * Knows:    apf.h. Plain data, total, bounded; no clock, allocator or random numbers.
 * Sources:  arch/x86/kernel/kvm.c (kvm_async_pf_task_wait_schedule, kvm_async_pf_task_wake,
 *           sysvec_kvm_asyncpf_interrupt, kvm_guest_cpu_init, kvm_guest_cpu_offline).
 *
 * Limits:   APF_GUEST_NODES sleepers and dummies; beyond that a wait returns at once and a dummy
 *           is not made, and out->broken says so.
 *
 * A sleeper is named by a task number that the caller chooses; the guest half says "task t sleeps"
 * and "task t wakes". The ready handler is four steps (EOI | wake | zero | ACK): the caller may let
 * time pass between them, the checker interleaves.
 */
#pragma once

#include "apf.h"

#define APF_NO_TASK 0xffffffffu
#define APF_NO_NODE 0xffffffffu

struct apf_node {
    uint32_t token;
    uint32_t cpu;
    uint32_t task; /* APF_NO_TASK = dummy: ready came before the wait (C.3) */
    uint32_t next; /* chain, or free list */
};

struct apf_guest {
    uint8_t kernel;  /* row of apf_guest_rules */
    uint32_t cpuid;  /* leaf 0x40000001 EAX */
    uint32_t leaked; /* dummies that a wake-all unlinked without freeing (HOLE-2) */
    bool key;        /* static key kvm_async_pf_enabled: CPUID bit 14 seen at boot, no no-kvmapf */
    /* free_node: list of returned nodes. nodes_used: nodes ever taken; those above are untouched.
     */
    uint32_t free_node, nodes_used, sleepers, dummies;
    uint32_t bucket[APF_BUCKETS];
    struct apf_node node[APF_GUEST_NODES];
};
/* Per-CPU word of the guest: kept beside the CPU by the caller, so that any number of CPUs is fine.
 */
struct apf_guest_cpu {
    uint32_t cpu;
    bool enabled; /* async_pf_enabled */
};

enum apf_guest_in_kind {
    APF_GIN_ENABLE,   /* G-1: cpu comes online. value = GPA of the area */
    APF_GIN_ENABLED,  /* G-1, after the EN write returned */
    APF_GIN_DISABLE,  /* G-2, part 1: EN := 0 */
    APF_GIN_DISABLED, /* G-2, part 2: enabled := false, wake-all of this CPU unless shutdown */
    APF_GIN_PF,       /* G-3, G-4: #PF entry with CR2 = value; task, if_flag, cpl, in_nmi */
    APF_GIN_WAIT,     /* of the same CPU, with nothing of that CPU in between. G-5: insert node for
                         token = value and task, or find a dummy */
    APF_GIN_EOI,      /* G-6, split */
    APF_GIN_WAKE,     /* reads the slot; G-7 or G-8 */
    APF_GIN_ZERO,
    APF_GIN_ACK,
    APF_GIN_KINDS
};
struct apf_guest_in {
    enum apf_guest_in_kind kind;
    uint64_t value;
    uint32_t task;
    uint8_t cpl;
    bool if_flag, in_nmi, shutdown;
};

enum apf_guest_verdict {
    APF_GUEST_NOTHING,
    APF_GUEST_ORDINARY_PF, /* a real page fault at CR2 */
    APF_GUEST_NOT_PRESENT, /* token in out->token: caller continues with APF_GIN_WAIT */
    APF_GUEST_SLEEP,       /* the task sleeps on the token */
    APF_GUEST_NO_SLEEP,    /* a dummy was there: return at once, retry the access */
    APF_GUEST_WOKE,        /* out->wake[] tasks woken; give the same input again while out->more */
    APF_GUEST_DUMMY,       /* ready before wait: a dummy was left */
    APF_GUEST_PANIC,       /* out->panic says the kernel's words */
};
enum apf_guest_do_kind {
    APF_GDO_WRMSR, /* msr, value */
    APF_GDO_EOI,
};
#define APF_GUEST_ACTIONS 2
#define APF_GUEST_WAKES   64 /* per step; a wake-all of more says out->more */
struct apf_guest_out {
    enum apf_guest_verdict verdict;
    const char *panic;
    const char *broken;
    uint32_t token;
    uint32_t count; /* of act[] */
    uint32_t wakes; /* of wake[] */
    bool more;
    struct {
        uint8_t kind;
        uint32_t msr;
        uint64_t value;
    } act[APF_GUEST_ACTIONS];
    uint32_t wake[APF_GUEST_WAKES];
};

/* cpuid: leaf 0x40000001 EAX as the guest sees it. no_kvmapf: the command line option. */
void apf_guest_init(struct apf_guest *g, enum apf_kernel kernel, uint32_t cpuid, bool no_kvmapf);
void apf_guest_step(struct apf_guest *g, struct apf_guest_cpu *cpu, struct apf_area *area,
                    const struct apf_guest_in *in, struct apf_guest_out *out);

/* Any task of that guest asleep on the token (a dummy is not a sleeper). */
bool apf_guest_sleeping_on(const struct apf_guest *g, uint32_t token);
/* Full walk over all buckets: first broken invariant, or NULL. */
const char *apf_guest_broken(const struct apf_guest *g);
