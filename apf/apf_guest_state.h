/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_guest_state.h - the guest half's state, inputs and outputs, and questions about them
 *
 * Knows:    apf.h, apf_bugs.h. Plain data; the questions change nothing. What a step does:
 *           apf_guest.h.
 */
#pragma once

#include "apf.h"
#include "apf_bugs.h"

#define APF_NO_TASK 0xffffffffu
#define APF_NO_NODE 0xffffffffu

struct apf_node {
    uint32_t token;
    uint32_t cpu : 31;
    uint32_t halted : 1; /* 4.14: its CPU waits in a halt loop rather than in the scheduler */
    uint32_t task;       /* APF_NO_TASK = dummy: ready came before the wait (C.3) */
    uint32_t next;       /* chain, or free list */
};

struct apf_guest {
    uint8_t kernel;   /* row of apf_guest_rules */
    uint8_t protocol; /* enum apf_protocol; 0 = x86: set it behind apf_guest_init() */
    uint32_t cpuid;   /* leaf 0x40000001 EAX */
    uint32_t leaked;  /* dummies that a wake-all unlinked without freeing (HOLE-2) */
    bool key;         /* static key kvm_async_pf_enabled: CPUID bit 14 seen at boot, no no-kvmapf */
    /* free_node: list of returned nodes. nodes_used: nodes ever taken; those above are untouched.
     */
    uint32_t free_node, nodes_used, sleepers, dummies;
    uint32_t bucket[APF_BUCKETS];
    struct apf_node node[APF_GUEST_NODES];

    uint64_t bugs, fixes; /* sets of enum apf_bug, enum apf_fix */
    /*
     * 4.14 only, both true after apf_guest_init(). preempt: CONFIG_PREEMPT. send_always: EN bit 1,
     * which Linux sets with CONFIG_PREEMPT; apart, so that BUG-9 can be shown.
     */
    bool preempt, send_always;
    bool
        preempt_rt; /* PREEMPT_RT, false after apf_guest_init(): an allocation may sleep (BUG-30) */
};
/* Per-CPU word of the guest: kept beside the CPU by the caller, so that any number of CPUs is fine.
 */
struct apf_guest_cpu {
    uint32_t cpu;
    bool enabled;   /* async_pf_enabled */
    bool dummy_due; /* with BUG-30's switch: allocated with the lock dropped, APF_GIN_DUMMY inserts
                       it */
    uint32_t dummy; /* its token */
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
    /*
     * The L1 role: this guest runs an L2. G-10: a #PF VM-exit, interrupts off: out->flags is what
     * vcpu->arch.apf.host_apf_flags becomes; the caller keeps it with that vCPU's thread.
     */
    APF_GIN_L1_EXIT,
    /*
     * G-12, kvm_handle_page_fault(): flags = host_apf_flags, value = CR2. APF_GUEST_NOT_PRESENT:
     * host_apf_flags := 0, and the vCPU thread goes on with APF_GIN_WAIT (l1 = true), on the CPU
     * that it runs on by then: other inputs may come in between.
     */
    APF_GIN_L1_PF,
    APF_GIN_DUMMY, /* the late half of WAKE, when it left cpu->dummy_due (BUG-30) */
    APF_GIN_X86_KINDS,
    APF_GIN_COMPLETE = APF_GIN_X86_KINDS, /* arm64: the handler of the SDEI event has ended */
    APF_GIN_DONE, /* s390: the external interrupt DONE. value = token, running */
    APF_GIN_KINDS
};
/* What a #PF really is: no guest sees that, the invariants ask. */
enum apf_pf_truth { APF_PF_UNKNOWN, APF_PF_ASYNC, APF_PF_REAL };
/* G-11: a #PF exit with flags belongs to L1 and is never reflected to L2's own guest. */
static inline bool apf_l1_takes_exit(uint32_t host_apf_flags)
{
    return host_apf_flags != 0;
}
struct apf_guest_in {
    enum apf_guest_in_kind kind;
    uint64_t value;
    uint32_t task;
    uint8_t cpl;
    bool if_flag, in_nmi, shutdown; /* shutdown: with DISABLE, too */
    uint8_t truth;                  /* PF, L1_PF: enum apf_pf_truth */
    bool l1;                        /* WAIT: of an L1 vCPU thread */
    uint32_t exit_cpu;              /* WAIT with l1: the CPU of its APF_GIN_L1_EXIT (HOLE-4) */
    uint32_t flags;                 /* L1_PF */
    /* 4.14, PF and WAIT: the interrupted context beside cpl and if_flag. */
    bool idle;             /* the idle task: RCU does not watch the CPU */
    bool preempt_disabled; /* preempt_count() not 0 */
    bool rcu_reader;       /* rcu_preempt_depth() not 0: preempt_count() does not show it */
    bool running; /* DONE: the token's task is runnable, so its INIT is still to come (s390) */
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
    APF_GUEST_HALT_WAIT,   /* 4.14: the CPU halts, interrupts on, until the task's node is gone */
};
enum apf_guest_do_kind {
    APF_GDO_WRMSR, /* msr, value */
    APF_GDO_EOI,
    APF_GDO_IPI, /* value = CPU: reschedule IPI, ends its halted wait (4.14) */
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
    uint32_t flags; /* L1_EXIT */
    bool unwatched; /* locks or the scheduler were used while RCU did not watch (BUG-1, BUG-3) */
    bool sleeps_locked; /* an allocation that may sleep, under a raw lock (BUG-30) */
};

/* Any task of that guest asleep on the token (a dummy is not a sleeper). */
bool apf_guest_sleeping_on(const struct apf_guest *g, uint32_t token);
/* Text of row i of the list of guest invariants (state, then step), or NULL behind the last. */
const char *apf_guest_invariant(unsigned i);
/* Full walk over all buckets: first broken invariant, or NULL. */
const char *apf_guest_broken(const struct apf_guest *g);
