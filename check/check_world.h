/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_world.h - inside check/: the state of a machine, and what its parts share
 *
 * A world is plain data without pointers. Parts: vCPU threads (world_vcpu.c), workers
 * (world_worker.c), guest CPUs and tasks (world_guest.c; before 5.8: world_old.c; L1: world_l1.c),
 * VMM and machine (world_vmm.c); what is asked after every step is in world_inv.c, the packed form
 * in world_pack.c.
 *
 * The environment never copies a rule of the protocol: it asks apf/ and performs the actions.
 */
#pragma once

#include "apf_guest.h"
#include "apf_host.h"
#include "check.h"

/* Names of this room that exist once a build. */
#define world_build      CHECK_NAME(world_build)
#define world_moves      CHECK_NAME(world_moves)
#define world_move       CHECK_NAME(world_move)
#define world_init       CHECK_NAME(world_init)
#define world_say        CHECK_NAME(world_say)
#define world_event      CHECK_NAME(world_event)
#define world_held       CHECK_NAME(world_held)
#define world_describe   CHECK_NAME(world_describe)
#define world_mark       CHECK_NAME(world_mark)
#define world_host       CHECK_NAME(world_host)
#define world_guest      CHECK_NAME(world_guest)
#define world_wrmsr      CHECK_NAME(world_wrmsr)
#define world_wake_vcpu  CHECK_NAME(world_wake_vcpu)
#define world_ctx        CHECK_NAME(world_ctx)
#define world_page       CHECK_NAME(world_page)
#define world_page_comes CHECK_NAME(world_page_comes)
#define world_owns       CHECK_NAME(world_owns)
#define world_destroy    CHECK_NAME(world_destroy)
#define world_must_wait  CHECK_NAME(world_must_wait)
#define world_take_irq   CHECK_NAME(world_take_irq)
#define world_deliver    CHECK_NAME(world_deliver)
#define world_verdict    CHECK_NAME(world_verdict)
#define world_broken     CHECK_NAME(world_broken)
#define world_good       CHECK_NAME(world_good)
#define world_unkicked   CHECK_NAME(world_unkicked)
#define world_pack       CHECK_NAME(world_pack)
#define world_rename     CHECK_NAME(world_rename)
#define world_unpack     CHECK_NAME(world_unpack)
#define world_words      CHECK_NAME(world_words)
#define world_ctx_of     CHECK_NAME(world_ctx_of)
#define world_is_kernel  CHECK_NAME(world_is_kernel)
#define l1_exit          CHECK_NAME(l1_exit)
#define l1_fixup         CHECK_NAME(l1_fixup)
#define old_move         CHECK_NAME(old_move)
#define old_moves        CHECK_NAME(old_moves)
#define old_ready_coming CHECK_NAME(old_ready_coming)
#define vcpu_moves       CHECK_NAME(vcpu_moves)
#define vcpu_move        CHECK_NAME(vcpu_move)
#define vcpu_exit        CHECK_NAME(vcpu_exit)
#define worker_moves     CHECK_NAME(worker_moves)
#define worker_move      CHECK_NAME(worker_move)
#define guest_moves      CHECK_NAME(guest_moves)
#define guest_move       CHECK_NAME(guest_move)
#define task_cpu_is_away CHECK_NAME(task_cpu_is_away)
#define task_can_pick    CHECK_NAME(task_can_pick)
#define task_wake_all    CHECK_NAME(task_wake_all)
#define task_put_current CHECK_NAME(task_put_current)
#define task_waits       CHECK_NAME(task_waits)
#define l1_kernel_pf     CHECK_NAME(l1_kernel_pf)
#define l1_l2_pf         CHECK_NAME(l1_l2_pf)
#define l1_launch        CHECK_NAME(l1_launch)
#define l1_waits         CHECK_NAME(l1_waits)
#define script_step      CHECK_NAME(script_step)
#define script_begin     CHECK_NAME(script_begin)
#define vmm_moves        CHECK_NAME(vmm_moves)
#define vmm_move         CHECK_NAME(vmm_move)

#ifndef CHECK_VCPUS
#error "build of the checker without its sizes: see check/meson.build"
#endif
#define CHECK_PAGES   (CHECK_TASKS * CHECK_FAULTS)
#define CHECK_NO_TASK 0xffu
/* Where a page may never come; more than there are items, so that tokens in flight differ. */
#define IDS_OF_A_CYCLE 8u

/* Where a vCPU's host thread is. */
enum thread_pc {
    T_GUEST,   /* the guest runs */
    T_LOOP,    /* head of vcpu_run(), then one pass of vcpu_enter_guest() */
    T_BLOCKED, /* in kvm_vcpu_block(), until somebody wakes it */
    T_DRAIN,   /* waits for a worker's return inside K-17, then goes on with done */
    T_CLEAR,   /* waits for workers' return inside K-20 */
    T_HOOK,    /* between scheduling the work and the not-present hook (BUG-32) */
    T_USER,    /* in the VMM, which has written EN := 0 and will write it back */
    T_GONE,    /* the VM was destroyed */
};

/* Where a guest CPU is. */
enum guest_pc {
    G_RUN,   /* a task runs, or the idle loop */
    G_PF,    /* #PF entry, async, before the flags are read */
    G_WAKE,  /* ready interrupt: EOI is done */
    G_DUMMY, /* ... the dummy is allocated, not inserted (BUG-30) */
    G_ZERO,
    G_ACK,
    G_L1_EXIT,   /* VM-exit of L2 by an async #PF, interrupts off */
    G_OFF_STEAL, /* kvm_guest_cpu_offline(): one WRMSR each */
    G_OFF_PV_EOI,
    G_OFF_MIGRATION,
    G_OFF_EN,
    G_OFF_ENABLED, /* `enabled` := false, wake-all */
    G_OFFLINE,
    G_ON_INT, /* kvm_guest_cpu_init() */
    G_ON_EN,
    G_ON_ENABLED,
    G_ON_LAPIC, /* only if it was off all the time */
    G_SMM,
    G_HALTED, /* 4.14: waits for a token with the CPU: `sti; hlt` until its node is gone */
    G_L2_PF,  /* L2's own #PF entry: the mark of a pending VM-exit was lost (HOLE-5) */
};

enum page_state {
    PAGE_ABSENT,
    PAGE_PRESENT,
    PAGE_GONE,   /* can never come: its file is truncated, say */
    PAGE_FAILED, /* ... and a worker has found that out */
};

enum task_state {
    TASK_FRESH, /* has not run yet: such tasks are alike, so only the first is ever taken */
    TASK_READY,
    TASK_RUNS,
    TASK_SLEEPS,
    TASK_DONE,
};

/* What a worker has done, beside its item's state. */
enum {
    WORK_KICK = 1, /* decided to kick, has not yet */
    WORK_CAME = 2, /* its page has come, and may have gone again */
};

struct world_vcpu {
    struct apf_host h;
    struct apf_area area;
    struct apf_guest_cpu gc;
    uint8_t pc, gpc;
    uint8_t gret;         /* where the ready interrupt returns to */
    uint8_t sret;         /* where RSM returns to */
    uint8_t task;         /* that runs, or CHECK_NO_TASK: the idle loop */
    bool iflag, siflag;   /* interrupts on; the same before the SMI */
    bool mp_halted;       /* mp_state HALTED */
    bool irr, isr, timer; /* 0xf3 pending, in service; another interrupt pending */
    bool lapic, paging, suspending, dead_lapic;
    bool pf;      /* async #PF queued, not injected */
    bool pf_exit; /* ... to leave L2 as a VM-exit */
    bool pf_l2;   /* ... that was to do so, and now is L2's (HOLE-5) */
    bool launch;  /* L1's VM-entry is emulated, the hardware has not entered L2 yet */
    uint32_t cr2;
    uint8_t work[APF_ITEMS];
};

struct world_task {
    uint8_t state, pos, cpu;
    uint32_t waits; /* L1: token whose wait is still to be made, or 0 */
    uint8_t exit_cpu;
};

struct world {
    struct world_vcpu v[CHECK_VCPUS];
    struct world_task t[CHECK_TASKS];
    struct apf_guest g;
    uint8_t page[CHECK_PAGES]; /* enum page_state */
    uint8_t budget[CHECK_BUDGET_COUNT];
};

struct check_machine {
    struct check_params p;
    struct world blank, w, next, found;
    struct world first;
    bool old;           /* ready comes by #PF (4.14) */
    const char *broken; /* by the move being made */
    bool fatal;         /* ... and there is no going on */
    struct check_tale *tale;
    bool said;                            /* the last line found room in the tale */
    struct check_event held[CHECK_VCPUS]; /* kvm_msr of an exit that is not over yet */
    uint64_t rules;
    bool host_touched[CHECK_VCPUS], guest_touched;
    struct apf_host_out out;
    struct apf_guest_out gout;
    unsigned findings;
    const char *finding[EXPLORE_FINDINGS];
    uint32_t list[CHECK_MOVES];
    unsigned words;
    uint64_t packed; /* states so far */
};

/* ---- moves: kind, vCPU, argument in one word ---- */
enum move_kind {
    M_PASS,  /* vCPU thread: loop head and one pass */
    M_GO_ON, /* vCPU thread: the wait for workers is over */
    M_HOOK,  /* vCPU thread: the late half of a fault (BUG-32) */
    M_EXIT,  /* an exit for an unrelated reason (host tick) */
    M_WORK_RUN,
    M_WORK_PEEK, /* BUG-28 */
    M_WORK_APPEND,
    M_WORK_TEST,
    M_WORK_KICK,
    M_WORK_RETURN,
    M_PF,  /* guest: #PF prologue and wait */
    M_IRQ, /* ready interrupt: taken, EOI */
    M_WAKE,
    M_ZERO,
    M_ACK,
    M_TIMER_IRQ, /* another interrupt: the task goes on */
    M_PREEMPT,   /* another interrupt: the task is preempted */
    M_PICK,      /* arg: task */
    M_TOUCH,
    M_HLT,
    M_L1_EXIT,
    M_DUMMY,  /* the late half of a wake (BUG-30) */
    M_SCRIPT, /* next step of offline or online */
    M_OFFLINE,
    M_SUSPEND,
    M_GUEST_EN,
    M_LAPIC_OFF,
    M_LAPIC_ON,
    M_RSM,
    M_NMI,
    M_SMI,
    M_TIMER,
    M_EVICT, /* arg: page */
    M_VMM_OFF,
    M_VMM_ON,
    M_VMM_SAME,
    M_VMM_BAD,
    M_MIGRATE,
    M_RESET,
    M_DESTROY,
    M_HALT_WAIT, /* 4.14: one turn of the halt loop */
    M_PF_NESTED, /* 4.14: #PF whose entry code faults itself */
    M_FIXUP,     /* L2 faults for itself (BUG-31) */
    M_KEXEC,     /* all CPUs shut down, a new kernel begins (BUG-21) */
    M_GONE,      /* arg: page */
    M_LAUNCH,    /* guest: L1 executes VMLAUNCH or VMRESUME */
    M_KERNEL_PF, /* guest: an ordinary page fault of its kernel */
    M_KINDS
};
static inline uint32_t move_make(enum move_kind kind, unsigned v, unsigned arg)
{
    return (uint32_t)kind | v << 8 | arg << 16;
}
static inline enum move_kind move_kind(uint32_t move)
{
    return (enum move_kind)(move & 255);
}
static inline unsigned move_vcpu(uint32_t move)
{
    return move >> 8 & 255;
}
static inline unsigned move_arg(uint32_t move)
{
    return move >> 16;
}
struct move_list {
    uint32_t *move;
    unsigned count;
};
static inline void move_add(struct move_list *l, enum move_kind kind, unsigned v, unsigned arg)
{
    if (l->count < CHECK_MOVES) {
        l->move[l->count++] = move_make(kind, v, arg);
    }
}

/* Words of the move being made; costs nothing when nobody listens. */
#define SAY(m, side, v, ...)                                                                       \
    do {                                                                                           \
        if ((m)->tale) {                                                                           \
            world_say(m, CHECK_SIDE_##side, v, __VA_ARGS__);                                       \
        }                                                                                          \
    } while (0)
/* The line said last is this trace point, too. */
#define EVENT(m, kind, a, b)                                                                       \
    do {                                                                                           \
        if ((m)->tale) {                                                                           \
            world_event(m, CHECK_EVENT_##kind, a, b);                                              \
        }                                                                                          \
    } while (0)
/* A trace point that the words need not tell. */
#define QUIET(m, v, kind, a, b)                                                                    \
    do {                                                                                           \
        SAY(m, HOST, v, "%s", "");                                                                 \
        EVENT(m, kind, a, b);                                                                      \
    } while (0)
#define RULE(m, name) ((m)->rules |= UINT64_C(1) << CHECK_RULE_##name)
/* `finding` is static text. The first one of a move counts. */
#define BROKEN(m, text) ((m)->broken = (m)->broken ? (m)->broken : (text))

void world_say(struct check_machine *m, enum check_side side, unsigned v, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void world_event(struct check_machine *m, enum check_event_kind kind, uint64_t a, uint64_t b);
/* The MSR exit of vCPU v ends: its kvm_msr comes behind what the exit did. */
void world_held(struct check_machine *m, unsigned v);
void world_describe(const struct check_machine *m, char *ret_text, size_t bytes);
bool world_init(struct check_machine *m);
unsigned world_moves(struct check_machine *m, const struct world *w, uint32_t *ret_moves);
/* Makes the move in m->w. */
void world_move(struct check_machine *m, uint32_t move);

/* One step of a half: performs the actions, notes what broke. Results in m->out, m->gout. */
void world_host(struct check_machine *m, unsigned v, struct apf_host_in *in);
void world_guest(struct check_machine *m, unsigned v, struct apf_guest_in *in);
void world_wrmsr(struct check_machine *m, unsigned v, uint32_t msr, uint64_t value, bool vmm);
struct apf_host_ctx world_ctx(const struct check_machine *m, unsigned v);
struct apf_host_ctx world_ctx_of(const struct check_machine *m, const struct world_vcpu *c);
/* Bit `task` of a mask of the parameters; tasks above its width are of no such kind. */
static inline bool world_has(unsigned mask, unsigned task)
{
    return task < 8 && (mask >> task & 1);
}
bool world_is_kernel(const struct check_params *p, unsigned task);
void world_wake_vcpu(struct check_machine *m, unsigned v);
unsigned world_page(const struct check_machine *m, unsigned task, unsigned pos);
void world_page_comes(struct check_machine *m, uint64_t page);              /* unless it cannot */
bool world_owns(const struct check_machine *m, unsigned v, uint32_t token); /* by its low bits */
bool world_must_wait(const struct world_vcpu *c);
bool world_deliver(const struct world_vcpu *c); /* 0xf3 can be taken now */
const char *world_broken(struct check_machine *m);
bool world_good(const struct check_machine *m, const struct world *w);
bool world_unkicked(const struct check_machine *m, const struct world *w);
/* How the fault of vCPU v ended, in m->out: the page comes, or a halt is due. */
void world_verdict(struct check_machine *m, unsigned v, unsigned page);

void vcpu_moves(struct check_machine *m, const struct world *w, unsigned v, struct move_list *l);
void vcpu_move(struct check_machine *m, enum move_kind kind, unsigned v);
void vcpu_exit(struct check_machine *m, unsigned v); /* out of the guest, to the loop */
void worker_moves(struct check_machine *m, const struct world *w, unsigned v, struct move_list *l);
void worker_move(struct check_machine *m, enum move_kind kind, unsigned v, unsigned item);
void guest_moves(struct check_machine *m, const struct world *w, unsigned v, struct move_list *l);
void guest_move(struct check_machine *m, enum move_kind kind, unsigned v, unsigned arg);
/* world_task.c */
bool task_cpu_is_away(const struct world_vcpu *c); /* between offline and online */
bool task_can_pick(const struct check_machine *m, const struct world *w, unsigned t, unsigned v);
/* Tasks that the last step of the guest half woke; the running task becomes runnable. */
void task_wake_all(struct check_machine *m, unsigned v);
void task_put_current(struct check_machine *m, unsigned v);
/* The running task, or L1's thread of it, waits for that token. */
void task_waits(struct check_machine *m, unsigned v, uint32_t token, bool l1);

void script_step(struct check_machine *m, unsigned v);
void script_begin(struct check_machine *m, unsigned v, bool suspend);
void vmm_moves(struct check_machine *m, const struct world *w, unsigned v, struct move_list *l);
void vmm_move(struct check_machine *m, enum move_kind kind, unsigned v, unsigned arg);
void world_destroy(struct check_machine *m);

/* world_l1.c */
void l1_exit(struct check_machine *m, unsigned v);
void l1_waits(struct check_machine *m, unsigned v);
void l1_l2_pf(struct check_machine *m, unsigned v);
void l1_kernel_pf(struct check_machine *m, unsigned v);
void l1_launch(struct check_machine *m, unsigned v);
void l1_fixup(struct check_machine *m, unsigned v);

/* world_old.c: guests before 5.8. Moves of a CPU at a #PF entry or in a halted wait. */
bool old_moves(const struct check_machine *m, const struct world_vcpu *c, unsigned v,
               struct move_list *l);
void old_move(struct check_machine *m, enum move_kind kind, unsigned v);
/* A ready #PF with that token is queued or being taken. */
bool old_ready_coming(const struct world_vcpu *c, uint32_t token);

/* world_pack.c: false: a value does not fit, which is a defect of the field's width. */
/* world_rename.c: tokens get the least ids; the world is only good for packing then. */
void world_rename(const struct check_machine *m, struct world *w);
unsigned world_words(const struct check_machine *m);
bool world_pack(const struct check_machine *m, const struct world *w, uint64_t *ret_words);
void world_unpack(const struct check_machine *m, const uint64_t *words, struct world *ret_world);

/* KVM's number of the vCPU, of which the low 12 bits are in its tokens. */
static inline uint32_t world_vcpu_id(const struct check_params *p, unsigned v)
{
    return p->vcpu_id + v * (p->vcpu_step ? p->vcpu_step : 1u);
}

static inline uint64_t world_gpa(unsigned v)
{
    return 0x1000u * (v + 1);
}

/* Pages are told by number; as guest memory they lie from here on. The VMM has it at WORLD_HVA. */
#define WORLD_DATA UINT64_C(0x40000000)
#define WORLD_HVA  UINT64_C(0x7f0000000000)
static inline uint64_t world_page_gpa(uint64_t page)
{
    return WORLD_DATA + page * 4096u;
}
