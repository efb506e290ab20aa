/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check.h - the machine that surrounds the protocol, its scopes, and how to run them
 *
 * Knows:    apf's words (versions, switches), the explorer. libc.
 * Promise:  a run is a function of its parameters: same counts, same trails everywhere. The clock
 *           is the caller's: explore_limits.go_on().
 *
 * A machine is apf's host half per vCPU, its guest half, and an environment: vCPU threads, workers,
 * LAPICs, guest CPUs, tasks, pages, a VMM. Each step of it is a *move*, a number that means the
 * same in every run, so that a list of moves is a trail that can be played again.
 */
#pragma once

#include "apf.h"
#include "apf_bugs.h"
#include "explore.h"

#include <stdio.h>

/* What the environment may do, and how often in one run. */
#define CHECK_BUDGETS(X)                                                                           \
    X(TIMER, timer, "timer interrupts")                                                            \
    X(EVICT, evict, "evictions of a page that had come")                                           \
    X(HOTPLUG, hotplug, "CPUs going offline and online")                                           \
    X(SUSPEND, suspend, "APF off and on with interrupts off (suspend)")                            \
    X(GUEST_EN, guest_en, "EN written again by the guest")                                         \
    X(VMM_EN, vmm_en, "EN written 0 and back by the VMM")                                          \
    X(VMM_SAME, vmm_same, "EN written again by the VMM")                                           \
    X(LAPIC, lapic, "LAPIC off and on")                                                            \
    X(SMM, smm, "SMIs (paging off and on)")                                                        \
    X(NMI, nmi, "NMIs on the way into the #PF handler")                                            \
    X(MIGRATE, migrate, "live migrations")                                                         \
    X(RESET, reset, "resets of the machine")                                                       \
    X(DESTROY, destroy, "VM destroyed, at any time")                                               \
    X(BADADDR, badaddr, "EN written with a bad address by the VMM")                                \
    X(REAL, real_exception, "faults with an exception pending")                                    \
    X(KEXEC, kexec, "shutdowns of all CPUs, then a new kernel without a reset")                    \
    X(GONE, gone, "pages that can never come again")                                               \
    X(LAUNCH, launch, "VM-entries of L1, which L0 emulates")                                       \
    X(KERNEL_PF, kernel_pf, "ordinary page faults of the guest's kernel")
#define CHECK_BUDGET_ENUM(NAME, name, text) CHECK_##NAME,
enum check_budget { CHECK_BUDGETS(CHECK_BUDGET_ENUM) CHECK_BUDGET_COUNT };
#undef CHECK_BUDGET_ENUM

enum check_flag {
    CHECK_BOOT = 1,             /* APF is still off and the LAPIC too: EN first, then the LAPIC */
    CHECK_INIT = 2,             /* a CPU comes back through INIT: APF_IN_RESET, LAPIC reset */
    CHECK_ROAM = 4,             /* a runnable task may run on any CPU */
    CHECK_SHARED = 8,           /* all tasks want the same pages */
    CHECK_OWN_HLT = 16,         /* HLT does not exit */
    CHECK_ACK_FIRST = 32,       /* the ready handler ACKs before it zeroes the slot */
    CHECK_HALF_CPUID = 64,      /* CPUID has bit 14, not 4, and is enforced once EN is written */
    CHECK_NO_VMEXIT = 128,      /* CPUID bit 10 is missing: L1 does not opt in to events of L2 */
    CHECK_NO_MEMORY = 256,      /* the allocation of a wake-all fails */
    CHECK_L1_IGNORES = 512,     /* L1's exception bitmap lets #PF through to L2 */
    CHECK_FULL_STEPS = 1024,    /* worker: the kick is a step behind its decision */
    CHECK_USER_LAPIC = 2048,    /* the LAPIC is emulated by the VMM */
    CHECK_NO_PAGING = 4096,     /* the guest runs with CR0.PG = 0 */
    CHECK_NO_PREEMPT = 8192,    /* 4.14: the guest is built without CONFIG_PREEMPT */
    CHECK_ENTRY_FAULTS = 16384, /* 4.14: the #PF entry code may fault itself */
    CHECK_FIXUP = 32768,        /* L2 faults for itself, and L0 corrects the error code */
    CHECK_LATE_EN = 65536,      /* the guest runs between the VMM's EN := 0 and its EN on */
};

struct check_params {
    uint8_t vcpus, tasks, faults; /* faults: of each task */
    /* Of tasks 0 to 7; those above are plain programs. */
    uint8_t kernel_tasks; /* bit t: task t faults in kernel mode */
    uint8_t l2_tasks;     /* bit t: task t is an L1 vCPU thread that runs L2 */
    /* Kernel code, too, of a guest of 4.14, where that may be told. Bit t: task t ... */
    uint8_t rcu_tasks;    /* is inside an RCU read-side section */
    uint8_t atomic_tasks; /* has preemption off */
    uint8_t idle_tasks;   /* stands for an access of the idle loop: runs when no other can */
    uint8_t budget[CHECK_BUDGET_COUNT];
    uint32_t flags; /* enum check_flag */
    enum apf_kernel host, guest;
    uint64_t bugs, fixes; /* apf_bugs.h */
    /* KVM's vcpu_id of vCPU 0, and from one vCPU to the next (0: 1); id of each first token. */
    uint16_t vcpu_id, vcpu_step;
    uint32_t token_id;
};

/* Rule labels whose code ran: docs/protocol-rules.md says what each is. */
#define CHECK_RULES(X)                                                                             \
    X(FAULT, "K-3", "fault needs I/O: asynchronous if it may be")                                  \
    X(REPEATED, "K-3 repeated", "gfn in flight: halt")                                             \
    X(RETRY, "K-6", "retry: the instruction runs again and finds its page")                        \
    X(SYNC, "K-10", "may not start: synchronous")                                                  \
    X(MAP, "K-4", "synchronous success is 0 = continue: the page is mapped")                       \
    X(HALT, "K-11", "guest may not be told: artificial halt")                                      \
    X(ERROR, "K-5", "the page cannot come: exit to the VMM with an error")                         \
    X(SETUP, "K-12", "set-up of a work item")                                                      \
    X(LIMIT, "K-12 refused", "limit reached: synchronous")                                         \
    X(NOT_PRESENT, "K-13", "not-present queued")                                                   \
    X(WORK, "K-14", "work begins")                                                                 \
    X(APPEND, "K-15", "worker appends to done")                                                    \
    X(KICK, "K-16", "worker notifies, and kicks")                                                  \
    X(FILTER, "K-16 filtered", "worker notifies: an ACK is due, no kick")                          \
    X(RETURN, "K-15 wake", "worker returns: trace, wake")                                          \
    X(READY, "K-17", "item dequeued, ready sent")                                                  \
    X(SILENT, "K-17 silent", "item dequeued that was not announced")                               \
    X(PREFAULT, "K-17 prefault", "prefault finds the page gone: synchronous")                      \
    X(READY_WAIT, "K-17 wait", "ready waits for the worker to return")                             \
    X(SLOT_BUSY, "K-18 busy", "slot busy: done must wait")                                         \
    X(LAPIC_OFF, "K-18 LAPIC", "LAPIC off: done must wait")                                        \
    X(WAKE_ALL, "K-19", "wake-all queued")                                                         \
    X(NO_WAKE_ALL, "K-19 skipped", "wake-all skipped: done is not empty, or no memory")            \
    X(CLEAR, "K-20", "queue cleared, nothing in flight")                                           \
    X(CLEAR_CANCEL, "K-20 cancel", "queue cleared, work not begun is cancelled")                   \
    X(CLEAR_WAIT, "K-20 wait", "queue cleared, running work is waited for")                        \
    X(REQ_HALT, "K-30 halt", "request: artificial halt")                                           \
    X(REQ_READY, "K-30 ready", "request: completions")                                             \
    X(INJECT, "K-31", "exception injected before interrupts")                                      \
    X(BLOCK, "K-32", "vCPU thread blocks")                                                         \
    X(DONE_EVENT, "K-33", "done is an event: HLT does not block")                                  \
    X(HALT_END, "K-34", "artificial halt ended by an interrupt")                                   \
    X(LAPIC_ON, "K-35 LAPIC", "LAPIC enabled: request raised")                                     \
    X(PAGING_ON, "K-35 PG", "paging on: request raised")                                           \
    X(ACK_NEXT, "K-36", "ACK: the next item leaves in the same exit")                              \
    X(RESET, "K-37", "reset of the machine")                                                       \
    X(INIT, "K-37 INIT", "a CPU comes back through INIT")                                          \
    X(ENABLE, "G-1", "guest enables")                                                              \
    X(DISABLE, "G-2", "guest disables")                                                            \
    X(PF, "G-3", "#PF entry reads the flags")                                                      \
    X(TOLD, "G-4", "flags say not-present: CR2 is the token")                                      \
    X(PANIC, "G-4 panic", "flags where no not-present may come: panic")                            \
    X(NMI, "G-4 NMI", "#PF inside an NMI leaves the flags alone")                                  \
    X(SLEEP, "G-5", "task sleeps on its token")                                                    \
    X(NO_SLEEP, "G-5 dummy", "wait finds a dummy: no sleep")                                       \
    X(ACK, "G-6", "ready interrupt, ACK")                                                          \
    X(IRQ_OFF, "G-6 off", "ready interrupt while APF is off: EOI only")                            \
    X(WAKE, "G-7", "one task woken")                                                               \
    X(DUMMY, "G-7 dummy", "ready before wait: a dummy")                                            \
    X(BROADCAST, "G-8", "wake-all by token")                                                       \
    X(L1_EXIT, "G-10", "L1 reads the flags at the VM-exit of L2")                                  \
    X(L1_TAKES, "G-11", "such an exit is L1's own, not that of L2's guest")                        \
    X(L1_SLEEP, "G-12", "L1's vCPU thread sleeps on the token")
#define CHECK_RULE_ENUM(NAME, id, text) CHECK_RULE_##NAME,
enum check_rule { CHECK_RULES(CHECK_RULE_ENUM) CHECK_RULE_COUNT };
#undef CHECK_RULE_ENUM
struct check_rule_info {
    const char *id, *text;
};
extern const struct check_rule_info check_rules[CHECK_RULE_COUNT];
/* Rules that no scope can use, and why. Row i, or NULL behind the last. */
const struct check_rule_info *check_rule_left_out(unsigned i);
_Static_assert(CHECK_RULE_COUNT <= 64, "rules are bits of one word");

/* What a trace point of KVM would say, with its own arguments (include/trace/events/kvm.h). */
enum check_event_kind {
    CHECK_EVENT_NONE,
    CHECK_EVENT_PAGE_FAULT,    /* a: gpa, b: error code */
    CHECK_EVENT_TRY,           /* a: gpa, b: gfn */
    CHECK_EVENT_REPEATED,      /* a: gpa, b: gfn */
    CHECK_EVENT_NOT_PRESENT,   /* a: token, b: gpa */
    CHECK_EVENT_READY,         /* a: token, b: gpa */
    CHECK_EVENT_COMPLETED,     /* by the worker. a: gpa, b: hva */
    CHECK_EVENT_MSR_WRITE,     /* by the guest. a: msr, b: value */
    CHECK_EVENT_MSR_REFUSED,   /* the same, #GP */
    CHECK_EVENT_INJ_EXCEPTION, /* a: vector, b: error code */
    CHECK_EVENT_ACCEPT_IRQ,    /* a: vector */
    CHECK_EVENT_INJ_VIRQ,      /* a: vector */
    CHECK_EVENT_EOI,           /* a: vector */
};
struct check_event {
    uint8_t kind; /* enum check_event_kind */
    uint64_t a, b;
};

/* One line of a trail: who does what, in words, as an event, or both. */
enum check_side { CHECK_SIDE_HOST, CHECK_SIDE_GUEST, CHECK_SIDE_WORLD };
#define CHECK_TALE_LINES 32
#define CHECK_TALE_WORDS 160
#define CHECK_NO_VCPU    0xff /* the line is about the whole machine */
struct check_line {
    uint8_t side, vcpu;
    struct check_event event;
    char words[CHECK_TALE_WORDS]; /* may be empty */
};
/* What one move says. */
struct check_tale {
    unsigned count;
    enum check_budget spent; /* what the environment did, or CHECK_BUDGET_COUNT */
    struct check_line line[CHECK_TALE_LINES];
};

/*
 * A machine. Two builds of the same code: `small` has packed states for the explorer (up to 2
 * vCPUs, 4 tasks, limit 3), `large` runs at random (up to 4 vCPUs, 96 tasks, limit 64).
 */
struct check_machine;
#define CHECK_MOVES 2048 /* moves out of one state, at most */

struct check_build {
    const char *name;
    unsigned vcpus, tasks, faults, limit; /* the most that it can hold */
    uint32_t fetch_kind;                  /* low byte of the moves by which a page comes */
    /* NULL: out of memory, or the parameters do not fit. */
    struct check_machine *(*create)(const struct check_params *params);
    void (*destroy)(struct check_machine *m);
    void (*reset)(struct check_machine *m); /* to the first state */
    /* Moves that the state allows, at most CHECK_MOVES. */
    unsigned (*moves)(struct check_machine *m, uint32_t *ret_moves);
    /* Makes one move that moves() named. What it broke, or NULL; tale: what it says, or NULL. */
    const char *(*move)(struct check_machine *m, uint32_t move, struct check_tale *ret_tale);
    unsigned (*bits)(struct check_machine *m); /* EXPLORE_GOOD, EXPLORE_MARKED */
    /* What the state is, in words: slots, done lists, who waits for what and why. */
    void (*describe)(struct check_machine *m, char *ret_text, size_t bytes);
    uint64_t (*rules)(const struct check_machine *m); /* bits of enum check_rule that fired */
    /* For the explorer; NULL in a build that cannot pack. */
    void (*explore)(struct check_machine *m, struct explore_model *ret_model);
    /* Words of finding `number` of explore_result, or NULL. */
    const char *(*finding)(const struct check_machine *m, unsigned number);
};
extern const struct check_build check_small, check_large;

/* ---- scopes ---- */
struct check_scope {
    const char *name, *question;
    struct check_params params;
    /*
     * What must come out: NULL or "" = nothing broken; "INV-8" = that is broken. Invariants in
     * `known` may break besides, through weaknesses that today's kernels have.
     */
    const char *broken, *known;
    bool stuck, unkicked; /* must be found, or must not */
    const char *cause;    /* by which weaknesses all that comes about; NULL: nothing does */
    uint8_t slow_gib;     /* not part of the CI run: memory that it takes, in GiB; 0: it is part */
    /*
     * The row belongs to this switch, and is searched with and without it. `broken` breaks with it
     * alone, and `stuck` is with it. May break besides: with the switch what `with` names; on both
     * sides `known`, and `left`, through other holes that are open in this row.
     */
    const char *bug, *with, *left;
    bool stuck_without;
};
/* Row i, or NULL behind the last. Those of bugs come last. */
const struct check_scope *check_scope(unsigned i);

/* What a search found: the first trail to each broken property, to a stuck and an un-kicked state.
 */
#define CHECK_TRAIL    512
#define CHECK_FOUND    12
#define CHECK_DESCRIBE 8192
struct check_trail {
    unsigned length;
    uint32_t move[CHECK_TRAIL];
};
struct check_report {
    struct check_params params;
    struct explore_result result;
    unsigned words; /* of a packed state */
    unsigned found; /* of text[] */
    const char *text[CHECK_FOUND];
    uint64_t count[CHECK_FOUND];
    struct check_trail trail[CHECK_FOUND], stuck, unkicked;
    uint64_t rules;
    bool as_expected;
    const char *why; /* if not */
};
/* False: the parameters do not fit, or there is no memory. */
bool check_search(const struct check_params *params, const struct explore_limits *limits,
                  struct check_report *ret_report);
/* The same for a run with switches of the caller's: nothing may break but what `known` names. */
void check_judge_clean(const struct check_scope *scope, struct check_report *report);
/* Fills as_expected and why; with_bug: which side of a switch's row. */
void check_judge(const struct check_scope *scope, bool with_bug, struct check_report *report);

/*
 * Switches that no search can show, and why. Row i, or NULL behind the last.
 */
const struct check_rule_info *check_unshown(unsigned i);

/* Every invariant: where it is checked, or why it is not. Row i, or NULL behind the last. */
struct check_invariant_info {
    const char *id, *where;
};
const struct check_invariant_info *check_invariant(unsigned i);

/* ---- random runs (check_fuzz.c) ---- */
struct check_run {
    const struct check_build *build;
    const struct check_params *params;
    uint64_t seed;
    uint32_t steps; /* then the environment rests, and everybody must come to an end */
    /* In: room; out: the moves made. */
    uint32_t *moves;
    uint32_t limit, count;
    uint32_t left_out;  /* by check_play(): the first move that could not be made */
    const char *broken; /* NULL: nothing was */
    uint64_t rules;
};
/* False: out of memory. */
bool check_random(struct check_run *run);
/* Plays moves to their end, leaving out those that the state does not allow; broken: the last. */
bool check_play(struct check_run *run);
/* Fewer moves that break the same thing (delta debugging). */
bool check_shrink(struct check_run *run);
