/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_kernel.h - the guest kernel's own structures: tasks as the scheduler sees them, its CPUs
 *
 * Knows:    engine, apf (guest half), guest.h, cfs.h, tasks.h. Private to guest_*.c.
 *
 *   guest_sched.c  the guest as a whole: create, destroy, questions from outside
 *   guest_runq.c   run queues: wake-ups, preemption, picking the next task
 *   guest_balance.c  which CPU a task runs on: idle CPUs, pulling
 *   guest_policy_*.c what differs between cfs, eevdf, fifo and rr
 *   guest_cpu.c    what a CPU does next: boot, user code, handlers, switches, idle
 *   guest_events.c  handlers of not-present and ready
 *   guest_l1.c     the guest as L1: a #PF VM-exit of its L2
 *   guest_pfault.c  s390: the interrupt DONE
 *   guest_apf.c    verdicts of the protocol's guest half become tasks and notes
 *   cfs.c, guest_eevdf.c  arithmetic of the fair schedulers
 *   guest_lock.c   locks between tasks
 *   guest_service.c  requests from outside and the tasks that serve them
 *   guest_hotplug.c  a CPU goes offline and comes back
 *   guest_ahead.c  touches that hit, many at once
 */
#pragma once

#include "apf_guest.h"
#include "guest.h"
#include "guest_eevdf.h"
#include "sim.h"
#include "tasks.h"

#define GUEST_NO_TASK 0xffffffffu
#define GUEST_NO_CPU  0xffffffffu

#define VECTOR_TIMER      0xecu /* LOCAL_TIMER_VECTOR */
#define VECTOR_RESCHEDULE 0xfdu /* RESCHEDULE_VECTOR */
#define VECTOR_REQUEST    0x41u /* the device that brings requests: one of the free vectors */

/* Reasons of the notes TASK_WAKE and TASK_SLEEP. */
enum guest_reason { REASON_TIMER, REASON_APF, REASON_OTHER };

enum guest_task_state {
    GUEST_TASK_NEW,     /* starts later: in a timer list */
    GUEST_TASK_QUEUED,  /* in a run queue */
    GUEST_TASK_RUNNING, /* current on its CPU */
    GUEST_TASK_NAPPING, /* in a timer list */
    GUEST_TASK_WAITING, /* for a page */
    GUEST_TASK_BLOCKED, /* for a lock or a request: in its list */
    GUEST_TASK_ENDED,
};
struct guest_task {
    enum guest_task_state state;
    uint32_t kind, cpu;
    uint32_t home; /* the CPU that it asked to be pinned to, or GUEST_NO_CPU */
    bool pinned;   /* to `home`: false while that CPU is offline */
    bool woken;    /* and has not run since */
    bool nested;   /* its kind's: asked at each instruction */
    sim_ns woken_at;
    struct cfs_entity se;
    struct task prog;
    uint32_t token; /* WAITING: for its ready */
    sim_ns waits_since;
    sim_ns ran_unsaid; /* user time not yet said as TASK_RAN */
    uint64_t turns_said;
    uint32_t client;   /* who sent the request being served */
    sim_ns request_at; /* when that came */
    sim_ns lock_since; /* waits for a lock since */
    /* A vCPU of L2: its #PF VM-exit is being handled by L1's KVM (l1_flags not 0). */
    uint32_t l1_flags, l1_token, l1_cpu; /* host_apf_flags; CR2; where it exited */
    sim_ns l1_left;                      /* of the stretch until it waits */
};

/* A mutex of tasks: guest_lock.c. */
struct guest_lock {
    uint32_t owner; /* or GUEST_NO_TASK */
    sim_ns taken;
    int64_t asked; /* keys given out */
    struct task_queue waiters;
};
struct guest_service;

/* What a CPU is in the middle of. Everything but USER, IRQ_ON, IDLE, LEAVE and two steps of PLUG
 * runs with IF = 0. */
enum guest_pc {
    AT_SPIV,       /* boot: enable the LAPIC */
    AT_LVTT,       /* boot: timer to TSC-deadline mode */
    AT_APF_ENABLE, /* boot: G-1 */
    AT_LEAVE,      /* about to leave the kernel: reschedule? arm the timer? */
    AT_SWITCH,
    AT_ARM,
    AT_USER,   /* the current task's code, or its kernel access */
    AT_IRQ_ON, /* behind a kernel access with interrupts off: IF opens */
    AT_IDLE,
    AT_PF,     /* #PF handler, not present */
    AT_L1,     /* L1's KVM behind a #PF VM-exit, interrupts on */
    AT_PFAULT, /* s390: handler of DONE */
    AT_READY_EOI,
    AT_READY,
    AT_READY_ACK,
    AT_REQUEST_EOI,
    AT_TIMER_EOI,
    AT_TICK,
    AT_EOI,  /* reschedule interrupt, or one that nobody wants */
    AT_PLUG, /* on its way offline, or dead: guest_plug says where */
    AT_DEAD,
    AT_COUNT
};

/* Hot-plug. Offline is what lies between SWITCH and DEAD, and COMES. */
enum guest_plug {
    PLUG_ONLINE,
    PLUG_TOLD,   /* to go; goes when it leaves the kernel next */
    PLUG_SWITCH, /* its tasks have left; to the hot-plug thread */
    PLUG_IRQ_ON, /* which runs with interrupts on, and turns them off for G-2 */
    PLUG_STEAL_TIME,
    PLUG_PV_EOI,
    PLUG_MIGRATION,
    PLUG_EN,
    PLUG_IRQ_ON_AGAIN,
    PLUG_TIMER,
    PLUG_DEAD,
    PLUG_COMES, /* INIT has been sent: boots */
};

struct guest_cpu {
    struct guest_sched *g;
    uint32_t number;
    enum guest_pc pc;
    uint32_t curr;     /* current task, or none: idle, or between two */
    uint32_t last;     /* whose registers the CPU holds */
    bool idle;         /* schedule() found nothing */
    bool need_resched; /* TIF_NEED_RESCHED; on an idle CPU: somebody has claimed it */
    bool yields;       /* current asked to be skipped */
    bool user;         /* the instruction given out counts as user time */
    bool irq_off;      /* the touch given out runs with IF = 0 */
    uint32_t waiting;  /* tasks that wait for a page and slept here */
    uint32_t movable;  /* tasks in the run queue that are not pinned */
    sim_ns left;       /* of the kernel stretch that pc is in */
    sim_ns armed;      /* timer deadline that the LAPIC holds, 0 none */
    sim_ns arming;     /* the one being written */
    sim_ns tick_at;    /* 0 = tick is stopped */
    enum guest_plug plug;
    sim_ns plug_since; /* when it was told to go or to come */
    struct apf_guest_cpu apf;
    struct apf_area *area; /* shared with the host */
    uint32_t token;        /* not present: being handled */
    uint32_t acts, act;    /* MSR writes that apf asked for, and the next of them */
    struct {
        uint32_t msr;
        uint64_t value;
    } wrmsr[APF_GUEST_ACTIONS];
    struct task_queue *queue; /* of the policy: those that wait for this CPU */
    struct cfs_rq cfs;        /* cfs, fifo, rr */
    struct eevdf_rq eevdf;
    uint32_t lingering;       /* eevdf: sleepers in the queue */
    sim_ns balance_at;        /* balance load: next look at other queues */
    struct task_queue timers; /* key: when */
};

#define IDLE_WORDS (VCPUS_MAX / 64)

struct guest_sched {
    struct sim *sim;
    const struct params *p;
    const struct guest_params *gp;
    struct guest_port port;
    const struct guest_policy *policy;
    struct cfs_tunables tune;
    struct eevdf_tunables eevdf_tune;
    sim_ns tick;                          /* period, 0 none */
    bool dead;                            /* the guest has panicked, or the run is over */
    uint32_t number, first_vcpu;          /* which guest; its CPU 0 in notes */
    uint32_t cpus, tasks, ended, waiting; /* tasks: of all guests; others' have ended */
    uint32_t enders;                      /* tasks with ends_run that have not ended */
    uint32_t movable;                     /* tasks in CPUs' run queues that are not pinned */
    int64_t arrivals;                     /* fifo: keys given out */
    struct guest_cpu *cpu;
    struct guest_task *task;
    struct pattern_cursor *cursor;
    struct task_kind *kind;         /* p->tasks of them */
    struct guest_service **service; /* by kind; NULL where nothing is served */
    struct guest_lock *lock;        /* p->locks of them */
    struct task_queue global;       /* fifo and ideal: all that are not pinned */
    uint64_t free_cpu[IDLE_WORDS];  /* idle and not claimed */
    sim_actor plug_actor;           /* only with guest.hotplug */
    uint32_t plugs_left;
    struct apf_guest apf;
};

/* The tasks of that kind run in this guest. */
static inline bool guest_owns(const struct guest_sched *g, uint32_t kind)
{
    return g->p->task[kind].guest == g->number;
}
/* A CPU's name in notes. */
static inline uint32_t guest_vcpu(const struct guest_cpu *c)
{
    return c->g->first_vcpu + c->number;
}

/* ---- guest_queue.c ---- */
/* fifo and rr under balance ideal: one queue takes all tasks that may run anywhere. */
bool guest_is_global(const struct guest_sched *g, const struct guest_task *t);
/* The set of idle CPUs that nobody has claimed: c has changed. */
void guest_free_cpu_update(struct guest_cpu *c);
/* resched_curr(), TIF_NEED_RESCHED: an interrupt only when it is another CPU that has not been told
 * yet. */
void guest_resched(struct guest_cpu *c, const struct guest_cpu *by);
/* The current task of c pays for its time, on behalf of CPU `by`. */
void guest_charge(struct guest_cpu *c, const struct guest_cpu *by);
/* Into c's queue, as runnable. */
void guest_enqueue(struct guest_sched *g, struct guest_cpu *c, uint32_t task);
/* The task has come into c's queue (+1) or left it (-1): keeps count of those that may move. */
void guest_count_movable(struct guest_cpu *c, uint32_t task, int by);
/* Where tasks go that cannot stay: the lowest CPU that is online. */
struct guest_cpu *guest_cpu_fallback(struct guest_sched *g);
static inline bool guest_cpu_is_online(const struct guest_cpu *c)
{
    return c->plug <= PLUG_TOLD;
}

/* ---- guest_balance.c ---- */
/* Where a woken task goes; `by` does the waking, or NULL. */
struct guest_cpu *guest_select_cpu(struct guest_sched *g, const struct guest_task *t,
                                   struct guest_cpu *by);
/* A CPU without tasks takes one from another's queue: the task, or none. */
uint32_t guest_pull(struct guest_cpu *c);
/* balance load: at a tick, evens out with the longest queue. */
void guest_balance_tick(struct guest_cpu *c);

/* rq_clock_task(): what tasks are charged by. Time at which the CPU waited for a host CPU does not
 * count, if the guest hears of it: update_rq_clock_task() takes off the steal time. */
static inline sim_ns guest_clock(const struct guest_cpu *c)
{
    const struct guest_port *port = &c->g->port;

    return sim_now(c->g->sim) - (port->steal ? port->steal(port->ctx, c->number) : 0);
}

/* ---- guest_runq.c ---- */
/* A new task, before any CPU runs (late = false) or when its start has come. */
void guest_task_start(struct guest_sched *g, struct guest_cpu *by, uint32_t task, bool late);
/* A sleeper becomes runnable; `by` handles the interrupt that woke it. `due`: when it should have
 * been, which is earlier than now if the machine could not take the interrupt. */
void guest_task_wake(struct guest_sched *g, struct guest_cpu *by, uint32_t task,
                     enum guest_reason reason, sim_ns due);
/* The current task stops being runnable. */
void guest_curr_block(struct guest_cpu *c, enum guest_task_state state);
/* The scheduler's part of a tick. */
void guest_curr_tick(struct guest_cpu *c);
/* Chooses who runs next on c: curr, or none (idle). True: somebody else than the CPU held. */
bool guest_schedule(struct guest_cpu *c);
/* c goes offline: its runnable tasks are moved, pinned ones are so no more. */
void guest_tasks_leave(struct guest_cpu *c);
/* c is online again: the tasks that asked for it are pinned to it again, and come. */
void guest_tasks_return(struct guest_cpu *c);
/* Says what the task has done since the last time: TASK_RAN, TASK_ITERATION. */
void guest_task_say(struct guest_sched *g, uint32_t task);

/* ---- guest_apf.c ---- */
#define GUEST_MSR_EOI 0x80bu /* x2APIC */
/* Ends the run. */
void guest_stop(struct guest_cpu *c, enum sim_outcome outcome, const char *why);
/* One step of the guest half; what it wants written is then in c->wrmsr. */
void guest_apf(struct guest_cpu *c, const struct apf_guest_in *in, struct apf_guest_out *out);
void guest_apf_simple(struct guest_cpu *c, enum apf_guest_in_kind kind);
/* The ready handler: wakes whom the slot names. */
void guest_apf_wake(struct guest_cpu *c);
/* G-2, behind EN := 0: not enabled any more, and all whose ready would have come here wake. */
void guest_apf_disabled(struct guest_cpu *c);
/* The #PF handler: the current task sleeps on c->token, unless its ready has overtaken it. */
void guest_apf_wait(struct guest_cpu *c);

/* A task that slept on that token is woken. */
void guest_apf_woke(struct guest_cpu *c, uint32_t task, uint32_t token);

/* ---- guest_events.c ---- */
/* #PF, or what another protocol has in its place, has come to user code. */
void guest_pf(struct guest_cpu *c, uint64_t cr2);
bool guest_pf_emit(struct guest_cpu *c, struct guest_insn *insn); /* AT_PF, AT_READY */
void guest_pf_finish(struct guest_cpu *c, sim_ns ran);
void guest_ready_eoi_done(struct guest_cpu *c, sim_ns ran);
void guest_ready_finish(struct guest_cpu *c, sim_ns ran);

/* ---- guest_l1.c ---- */
/* The task is a vCPU thread of an L2. */
static inline bool guest_task_nested(const struct guest_sched *g, uint32_t task)
{
    return g->task[task].nested;
}
/* A #PF VM-exit from L2, with interrupts off. */
void guest_l1_exit(struct guest_cpu *c, uint32_t token);
/* AT_L1: then the thread waits. */
bool guest_l1_emit(struct guest_cpu *c, struct guest_insn *insn);
void guest_l1_done(struct guest_cpu *c, sim_ns ran);

/* ---- guest_pfault.c ---- */
/* The external interrupt DONE has been delivered. */
void guest_pfault(struct guest_cpu *c, uint32_t token);
/* Its handler, AT_PFAULT. */
bool guest_pfault_emit(struct guest_cpu *c, struct guest_insn *insn);
void guest_pfault_done(struct guest_cpu *c, sim_ns ran);

/* ---- guest_lock.c ---- */
bool guest_locks_create(struct guest_sched *g);
void guest_locks_destroy(struct guest_sched *g);
/* The current task takes the lock; false: it sleeps until the lock is handed over to it. */
bool guest_lock_take(struct guest_cpu *c, uint32_t lock);
/* It gives it back: to the first that waits, who is woken. */
void guest_lock_give(struct guest_cpu *c, uint32_t lock);

/* ---- guest_service.c ---- */
bool guest_services_create(struct guest_sched *g, const struct page_traces *traces, uint64_t seed);
void guest_services_destroy(struct guest_sched *g);
/* The current task takes the oldest request; false: there is none, and it sleeps. */
bool guest_service_take(struct guest_cpu *c);
/* The task's turn has ended: the request that it served is answered. */
void guest_service_answer(struct guest_sched *g, uint32_t task);
/* c has gone offline or come back: interrupts on their way go elsewhere. */
void guest_service_moves(const struct guest_cpu *c);
/* The interrupt handler: wakes the tasks that requests have been brought to on this CPU. */
void guest_service_interrupt(struct guest_cpu *c);

/* task_want() and task_done() of a task that may serve: the end of its turn is an answer. */
static inline void guest_task_want(struct guest_sched *g, uint32_t task, struct task_want *want)
{
    struct task *prog = &g->task[task].prog;
    bool serving = prog->serving;

    task_want(prog, want);
    if (serving && !prog->serving)
        guest_service_answer(g, task);
}
static inline void guest_task_done(struct guest_sched *g, uint32_t task, sim_ns ran)
{
    struct task *prog = &g->task[task].prog;
    bool serving = prog->serving;

    task_done(prog, ran);
    if (serving && !prog->serving)
        guest_service_answer(g, task);
}

/* ---- guest_cpu.c ---- */
void guest_cpu_init(struct guest_cpu *c, struct guest_sched *g, uint32_t number);
/* The CPU is going to begin at its first instruction. */
static inline void guest_cpu_boot(struct guest_cpu *c)
{
    c->pc = AT_SPIV;
}
/* The members of guest_sched_ops; guest = struct guest_sched *. */
void guest_cpu_next(void *guest, uint32_t cpu, struct guest_insn *insn);
void guest_cpu_retire(void *guest, uint32_t cpu, sim_ns ran, uint64_t value);
void guest_cpu_cut(void *guest, uint32_t cpu, sim_ns ran);
void guest_cpu_exception(void *guest, uint32_t cpu, unsigned vector, uint64_t cr2);
void guest_cpu_interrupt(void *guest, uint32_t cpu, unsigned vector);

/* ---- guest_hotplug.c ---- */
void guest_plug_create(struct guest_sched *g);
/* First event. */
void guest_plug_start(struct guest_sched *g);
/* On the way out of the kernel: true if c is, or is now, on its way offline (AT_PLUG). */
bool guest_plug_leaves(struct guest_cpu *c);
/* The rule of AT_PLUG. */
bool guest_plug_emit(struct guest_cpu *c, struct guest_insn *insn);
void guest_plug_done(struct guest_cpu *c, sim_ns ran);

/* ---- guest_ahead.c: see guest_ops ---- */
uint32_t guest_cpu_ahead(void *guest, uint32_t cpu, const uint32_t **ret_touch);
void guest_cpu_ran_ahead(void *guest, uint32_t cpu, uint32_t n, sim_ns ran);
