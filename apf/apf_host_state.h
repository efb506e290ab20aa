/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_host_state.h - the host half's state, inputs and outputs, and questions about them
 *
 * Knows:    apf.h, apf_bugs.h. Plain data without pointers but out->broken; the questions change
 *           nothing. What a step does: apf_host.h.
 * Limits:   the pool holds APF_ITEMS items. An item whose worker has not returned keeps its place;
 *           when that leaves none free, a set-up is refused as "no memory", a wake-all is skipped.
 */
#pragma once

#include "apf.h"
#include "apf_bugs.h"

#if APF_LIMIT < 1 || APF_LIMIT > 128
#error "APF_LIMIT must be 1..128: item numbers and the hash are sized for that"
#endif
#define APF_ITEMS   (APF_LIMIT + 1) /* the wake-all item is not counted against the limit (K-19) */
#define APF_NO_ITEM 0xffu

/* Life of a work item (B.3). The wake-all item goes FREE -> DONE -> DEQUEUED -> FREE. */
enum apf_item_state {
    APF_ITEM_FREE,
    APF_ITEM_QUEUED,    /* work scheduled, not begun */
    APF_ITEM_RUNNING,   /* the worker is in its GUP */
    APF_ITEM_DONE,      /* on the done list; the worker may not have returned yet */
    APF_ITEM_DEQUEUED,  /* off the done list: prefault, then present */
    APF_ITEM_CANCELLED, /* queue cleared under a running worker: waits for it to return */
    APF_ITEM_PRESENTED, /* ready is sent, off every list: only its worker has not returned yet */
    APF_ITEM_STATES
};

struct apf_item {
    uint64_t gfn;
    uint64_t gva; /* cr2_or_gpa */
    uint32_t token;
    uint8_t state; /* enum apf_item_state */
    uint8_t next;  /* done list, APF_NO_ITEM ends it */
    uint8_t qnext; /* `queue`, in allocation order */
    bool wakeup_all;
    bool notpresent_injected;
    bool worker_returned; /* the work function has returned (or never existed) */
    bool notify;          /* this worker found `done` empty: it must do the kick test (K-16) */
    bool unflushed; /* freed by KVM while its worker still ran (BUG-25, before 6.9 and its stable
                       backports) */
    bool l2;        /* the fault was L2's: another MMU than L1's (BUG-4) */
    bool user;      /* the VMM brings the page: no worker (async-pf-user) */
    uint8_t peeked; /* kick filter seen too early (BUG-28): 0 not yet, 1 clear, 2 set */
};

/* KVM_REQ_* bits that concern APF. */
#define APF_REQ_HALT  1u
#define APF_REQ_READY 2u

struct apf_host {
    uint8_t kernel;     /* enum apf_kernel; row of apf_host_rules */
    uint8_t protocol;   /* enum apf_protocol; 0 = x86: set it behind apf_host_init() */
    bool enforce_cpuid; /* KVM_CAP_ENFORCE_PV_FEATURE_CPUID */
    uint32_t cpuid;     /* leaf 0x40000001 EAX */
    bool lapic_in_kernel;
    uint32_t vcpu_id;

    uint64_t msr_en, msr_int;
    bool send_always, as_pf_vmexit;
    bool area_valid; /* hva cache set up */
    uint8_t vec;
    uint32_t id;
    bool halted;
    bool pageready_pending;
    uint32_t requests;       /* APF_REQ_* */
    uint32_t host_apf_flags; /* L1 role */

    uint32_t queued;
    uint8_t queue_head, queue_tail, done_head, done_tail, dequeued;

    uint64_t bugs, fixes; /* sets of enum apf_bug, enum apf_fix; 0 = as the kernel's row says */
    uint64_t error_gfn;   /* with the remedy of HOLE-12: its last fetch failed; else APF_NO_GFN */
    uint8_t hook_item;    /* set up, APF_IN_NOT_PRESENT is due (BUG-32); else APF_NO_ITEM */
    bool destroying;      /* with BUG-5: the last worker to return destroys the vCPU */
    bool event_pending;   /* arm64: a not-present is queued and not delivered yet */
    uint32_t event_token; /* its token */

    /* Last: what is above fits into two lines of a cache. */
    struct apf_item item[APF_ITEMS];
    uint64_t gfns[APF_GFN_SLOTS]; /* open addressing, empty = ~0 */
};

/* What the vCPU is doing when the input arrives: read by K-10, K-11, K-18. */
struct apf_host_ctx {
    bool event_reinject;    /* exception, interrupt or NMI injected and not yet delivered */
    bool exception_pending; /* ordinary, as VM-exit, or triple fault */
    bool hlt_in_guest;      /* HLT does not exit */
    bool irq_allowed;       /* IF = 1, no shadow; or L2 with exit on interrupt */
    bool paging;            /* CR0.PG */
    bool guest_mode;        /* L2 runs */
    bool protected_state;   /* CPL unreadable: `cpl` is what is read all the same */
    bool lapic_enabled;     /* hardware and software */
    uint8_t cpl;
    bool nested_run_pending; /* L1 has executed VMLAUNCH and L2 has not been entered (HOLE-13) */
    bool l1_intercepts_pf;   /* L1's exception bitmap; asked only with BUG-7 */
    bool irq_pending;        /* s390: some interrupt could be delivered now */
};

enum apf_host_in_kind {
    APF_IN_FAULT,    /* K-3: step 2 said needs-I/O. gfn, gva, ctx, prefault, hva_error, no_memory */
    APF_IN_WORK_RUN, /* worker begins. item */
    APF_IN_WORK_APPEND, /* worker: GUP ended, append to done, test first-in-empty, request. item */
    APF_IN_WORK_KICK,   /* worker: the kick decision of K-16, after the barrier. item */
    APF_IN_WORK_RETURN, /* worker: completed traced, vCPU woken, work function returned. item */
    APF_IN_REQ_HALT,    /* vcpu_enter_guest sees APF_HALT (K-30) */
    APF_IN_REQ_READY,   /* vcpu_enter_guest sees APF_READY: consumes it, then as CHECK */
    /*
     * kvm_check_async_pf_completion(): one turn of the loop, K-18 + unlink. out->item is the item
     * taken, or APF_NO_ITEM. A real item comes with APF_DO_PREFAULT; without that action there is
     * nothing to map (a wake-all, or the MMU is another one now): give APF_IN_PRESENT at once.
     */
    APF_IN_CHECK,
    APF_IN_PRESENT,       /* prefault of the dequeued item is over: rest of K-17 */
    APF_IN_UNHALT,        /* vcpu_block() ended with an event (K-32, K-34) */
    APF_IN_WRMSR,         /* EN, INT, ACK. msr, value, area_faults */
    APF_IN_LAPIC_ENABLED, /* SPIV bit 8 or APICBASE enable 0 -> 1 (K-35) */
    APF_IN_PAGING,        /* CR0.PG has changed to ctx.paging (K-35, BUG-26) */
    APF_IN_RESET,         /* vCPU reset or INIT (K-37) */
    APF_IN_DESTROY,       /* vCPU goes away: K-20 */
    /*
     * Without the barrier of BUG-28: the worker (between RUN and APPEND) reads the kick filter, and
     * its KICK goes by what it saw. Ignored where the barrier is. item
     */
    APF_IN_WORK_PEEK,
    /*
     * Where the work is scheduled first (BUG-32): a FAULT that made an item returns out->more and
     * no verdict; this is the rest of it, K-13. Until then the vCPU thread's other inputs are
     * ignored; workers' are not. ctx, area_faults
     */
    APF_IN_NOT_PRESENT,
    APF_IN_FIXUP_PF, /* kvm_fixup_and_inject_pf_error(): an ordinary #PF. gva, ctx (BUG-31) */
    APF_IN_X86_KINDS,
    /*
     * async-pf-user: the VMM's ioctl, KVM_ASYNC_PF_USER_READY: the page of token `value` is there.
     * out->item is APF_NO_ITEM if no such token is with the VMM (-EINVAL there).
     */
    APF_IN_USER_READY = APF_IN_X86_KINDS,
    APF_IN_EVENT_TAKEN, /* arm64: the not-present has been delivered (kvm_sdei notifier) */
    APF_IN_KINDS
};

struct apf_host_in {
    enum apf_host_in_kind kind;
    uint64_t gfn, gva;
    uint32_t msr;
    uint8_t item;
    bool prefault;        /* the fault comes from K-17 itself: never asynchronous */
    bool hva_error;       /* gfn has no usable host address */
    bool no_memory;       /* NOWAIT allocation of the item failed */
    bool area_faults;     /* the host cannot access the shared area */
    bool host_initiated;  /* KVM_SET_MSRS rather than the guest's WRMSR */
    bool user_fault;      /* FAULT: only the VMM can bring the page (async-pf-user) */
    uint32_t guest_token; /* FAULT: what the guest's token word reads (s390) */
    uint64_t value;
    struct apf_host_ctx ctx;
};

/* How K-3 ended, and why not better. One list; report prints the words. */
#define APF_WHYS(X)                                                                                \
    X(NONE, "delivered")                                                                           \
    X(MODE_OFF, "mode off: the host does not try")                                                 \
    X(NO_LAPIC, "can_do 1: no in-kernel LAPIC")                                                    \
    X(REINJECT, "can_do 2: an event waits for re-injection")                                       \
    X(EXCEPTION, "can_do 3: an exception is pending")                                              \
    X(HLT_IN_GUEST, "can_do 4: HLT does not exit and the guest cannot be told")                    \
    X(IRQ_OFF, "can_do 5: interrupts are off in the guest")                                        \
    X(PV_OFF, "can_deliver 1: the guest has not enabled APF")                                      \
    X(CPL0, "can_deliver 2: access from kernel mode, no SEND_ALWAYS")                              \
    X(PROTECTED, "can_deliver 2: protected guest state hides the CPL")                             \
    X(L2, "can_deliver 3: L2 runs and L1 has not opted in")                                        \
    X(PAGING_OFF, "can_deliver 3: paging is off")                                                  \
    X(AREA, "the flags word cannot be written")                                                    \
    X(QUEUE_FULL, "set-up refused: limit of work items per vCPU reached")                          \
    X(HVA, "set-up refused: no usable host address")                                               \
    X(NO_MEMORY, "set-up refused: NOWAIT allocation failed")                                       \
    X(REPEATED, "repeated: this page is already in flight on this vCPU")                           \
    X(PREFAULT, "prefault found the page gone again")                                              \
    X(INLINE_SWAP, "inline: swap read-ahead window 1 is read synchronously by this kernel")        \
    X(INLINE_ZRAM, "inline: synchronous swap device (zram)")                                       \
    X(INLINE_RANDOM, "inline: MADV_RANDOM or no read-ahead: read with the page locked")            \
    X(INLINE_MISSES, "inline: mmap_miss above 100, read-around has stopped")                       \
    X(INLINE_OTHER, "inline: this backing ignores NOWAIT")                                         \
    X(INLINE_ZSWAP, "inline: decompressed from zswap's pool")                                      \
    X(INLINE_HUGETLB, "inline: hugetlbfs ignores NOWAIT, a huge page is made on the spot")         \
    X(INLINE_PRIVATE, "inline: private memory (guest_memfd) is resolved before APF is asked")      \
    X(OUTSTANDING, "arm64: another event of either kind is outstanding")                           \
    X(IRQ_PENDING, "s390: an interrupt is pending at the fault, another vCPU's DONE, too")
#define APF_WHY_ENUM(name, text) APF_WHY_##name,
enum apf_why { APF_WHYS(APF_WHY_ENUM) APF_WHY_COUNT };
#undef APF_WHY_ENUM
extern const char *const apf_why_name[APF_WHY_COUNT]; /* lower case, stable: JSON keys */
extern const char *const apf_why_text[APF_WHY_COUNT];

enum apf_verdict {
    APF_VERDICT_NONE,      /* not a fault input */
    APF_VERDICT_SYNC,      /* step 3: wait in the vCPU thread; why says for what reason */
    APF_VERDICT_DELIVERED, /* not-present queued; RETRY */
    APF_VERDICT_HALT,      /* item made, guest not told: APF_HALT requested; RETRY */
    APF_VERDICT_REPEATED,  /* gfn in flight: APF_HALT requested; RETRY */
};

/* Trace points in the order they fire. */
enum apf_trace {
    APF_TRACE_TRY,         /* gva, gfn */
    APF_TRACE_REPEATED,    /* gva, gfn */
    APF_TRACE_NOT_PRESENT, /* token, gva */
    APF_TRACE_READY,       /* token, gva */
    APF_TRACE_COMPLETED,   /* gva; by the worker, at APF_IN_WORK_RETURN */
};

enum apf_action_kind {
    APF_DO_TRACE,         /* trace, token, gva, gfn */
    APF_DO_QUEUE_PF,      /* queue #PF, error code 0, address = token, marked async. value = the
                             reason word; vmexit: as a VM-exit from L2 to L1. arm64: the SDEI
                             event; s390: the external interrupt INIT */
    APF_DO_SCHEDULE_WORK, /* item, gfn, gva */
    APF_DO_PREFAULT,      /* item, gfn: map the page (may wait), then APF_IN_PRESENT */
    APF_DO_SET_IRQ,       /* value = vector: LAPIC IRR, fixed, edge */
    APF_DO_RUNNABLE,      /* mp_state := RUNNABLE */
    APF_DO_KICK,          /* kvm_vcpu_kick(): IPI if in guest mode, wake if blocked */
    APF_DO_WAKE,          /* __kvm_vcpu_wake_up(), unconditional */
    APF_DO_CANCEL_WORK,   /* item was scheduled and never began: its work will not run */
    APF_DO_WAIT_WORK, /* item's worker still runs: the vCPU thread waits for APF_IN_WORK_RETURN */
    APF_DO_GP,        /* inject #GP: the MSR write is refused */
    APF_DO_REAL_PF,   /* queue an ordinary #PF at gva; vmexit: wrongly marked async (BUG-31) */
    APF_DO_USER_EXIT, /* item, gfn, token: leave to the VMM, which brings the page: USER_READY */
    APF_DO_CANCEL_PF, /* arm64: take the queued not-present back */
    APF_DO_FLOAT_IRQ, /* s390: DONE for `token`, an interrupt that any CPU may take */
};
/* Worst case: clearing a full queue, one action an item, plus a few. */
#define APF_HOST_ACTIONS (APF_ITEMS + 8)

struct apf_action {
    uint8_t kind;  /* enum apf_action_kind */
    uint8_t trace; /* enum apf_trace */
    uint8_t item;
    uint32_t token;
    uint64_t gva, gfn, value;
    bool vmexit;
};

struct apf_host_out {
    uint32_t count;
    uint32_t did; /* kinds that are in act[], as bits: a kind whose bit is clear is not there */
    enum apf_verdict verdict;
    enum apf_why why;
    uint32_t token;
    uint8_t item;       /* the item made, or dequeued */
    bool more;          /* CHECK/PRESENT: K-18 still holds: call CHECK again */
    const char *broken; /* first O(1) invariant that this step found broken, or NULL */
    struct apf_action act[APF_HOST_ACTIONS];
};

/* Value of RDMSR. False: #GP (CPUID gate). */
bool apf_host_rdmsr(const struct apf_host *h, uint32_t msr, uint64_t *ret_value);

/* K-10 and K-11 on their own: APF_WHY_NONE = yes. */
enum apf_why apf_host_can_do(const struct apf_host *h, const struct apf_host_ctx *ctx);
enum apf_why apf_host_can_deliver(const struct apf_host *h, const struct apf_host_ctx *ctx);
/* K-18, where ready is an interrupt. */
bool apf_host_can_dequeue(const struct apf_host *h, const struct apf_area *area,
                          bool lapic_enabled);
/* K-18 in either protocol: would CHECK take an item now? area NULL: no access to it. */
bool apf_host_may_present_done(const struct apf_host *h, const struct apf_area *area,
                               const struct apf_host_ctx *ctx); /* when `done` is not empty */
static inline bool apf_host_has_done(const struct apf_host *h)
{
    return h->done_head != APF_NO_ITEM;
}
static inline bool apf_host_may_present(const struct apf_host *h, const struct apf_area *area,
                                        const struct apf_host_ctx *ctx)
{
    return apf_host_has_done(h) && apf_host_may_present_done(h, area, ctx);
}
bool apf_host_pv_enabled(const struct apf_host *h);
bool apf_host_in_flight(const struct apf_host *h, uint64_t gfn); /* hash lookup */
uint32_t apf_host_real_items(const struct apf_host *h);

/* One row per invariant that the host half can express; the rest is listed in apf_host_inv.c. */
struct apf_invariant {
    const char *id;   /* "INV-12" */
    const char *text; /* "INV-12: ..." */
};
/* Row i of the list of host invariants (state, then step), or NULL behind the last. */
const struct apf_invariant *apf_host_invariant(unsigned i);

/*
 * INV-8 across the halves: with APF on, a busy slot has its interrupt or its handler. under_way:
 * the ready interrupt is pending or in service, or its handler has not written ACK yet. NULL: it
 * holds.
 */
const char *apf_slot_broken(const struct apf_host *h, const struct apf_area *area, bool under_way);
/* The full walk: first broken invariant by name ("INV-12: ..."), or NULL. */
const char *apf_host_broken(const struct apf_host *h, const struct apf_area *area);
