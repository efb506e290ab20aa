/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine.h - the state of one run's host: plain structs that the models' files share
 *
 * Knows:    the models' parts below it (lapic, page_cache, disk, guest). No functions: who changes
 *           what is said at each member; the files and their duties are listed in ARCHITECTURE.md.
 * Outside the models nobody includes this: world.h is the door.
 */
#pragma once

#include "apf_host.h"
#include "disk.h"
#include "guest.h"
#include "lapic.h"
#include "monitor.h"
#include "page_cache.h"
#include "sim.h"
#include "watermarks.h"
#include "zswap.h"

#define GFN_BASE 0x40000u        /* page 0 of the first region: guest-physical 1 GiB */
#define HVA_BASE 0x7f0000000000u /* and where the VMM has it */
#define AREA_GPA 0x9000u         /* the shared area of each vCPU, as a guest-physical address */

struct guest_sched;
struct host_cpus;
struct world;

/* What the vCPU thread is doing. */
enum vcpu_state {
    VCPU_GUEST,      /* in guest mode */
    VCPU_EXIT,       /* host code on the vCPU's thread */
    VCPU_SYNC,       /* waits for a page in the vCPU thread: serves nothing */
    VCPU_FLUSH,      /* waits for a running worker (K-20, or an item dequeued early) */
    VCPU_APF_HALTED, /* `halted` */
    VCPU_HLT,        /* mp_state HALTED */
    VCPU_STOPPED,
};

/* What the vCPU thread does next. Each is one function: pc_step[] in vcpu.c. */
enum vcpu_pc {
    PC_LOOP_HEAD, /* vcpu_run(): runnable, or block */
    PC_ENTER,     /* vcpu_enter_guest(): requests */
    PC_DEQUEUE,   /* one turn of kvm_check_async_pf_completion() */
    PC_PRESENT,   /* second half of that turn, after the prefault */
    PC_INJECT,    /* exception, interrupt, entry */
    PC_GUEST,     /* guest mode */
    PC_FAULT,     /* EPT violation, after exit and walk */
    PC_SYNC_DONE, /* the page that the thread waited for has come */
    PC_MSR,       /* WRMSR or RDMSR exit */
    PC_MSR_DONE,
    PC_HLT,
    PC_OUT,   /* exit to the VMM */
    PC_VMM,   /* in the VMM: it may act on the vCPU several times before it enters again */
    PC_WOKEN, /* woken out of HLT or the artificial halt */
    PC_STOP,
    PC_COUNT
};

struct vcpu {
    struct world *w;
    struct vm *vm;
    uint32_t id, cpu; /* in the host; in its guest */
    sim_actor actor, timer_actor, tick_actor;
    enum vcpu_state state;
    enum vcpu_pc pc, dequeue_ret; /* dequeue_ret: where PC_DEQUEUE goes on to when K-18 fails */
    struct apf_area area;
    struct lapic lapic;

    bool if_flag, paging, hlt; /* hlt: mp_state HALTED */
    uint8_t cpl;
    bool pf_pending, gp_pending; /* queued exceptions */
    uint32_t pf_token;
    bool timer_pending; /* the LAPIC timer has fired; the run loop makes an interrupt of it */
    bool init;          /* INIT and SIPI have come; the run loop sees to it */
    bool signal;        /* KVM_RUN is to return to the VMM at the next turn of the run loop */
    bool guest_mode;    /* L2 runs on it, or will from the next entry on */
    bool pf_vmexit;     /* the queued #PF is a VM-exit from L2 to L1 */
    bool float_due;     /* s390: this vCPU was chosen for a floating interrupt */
    bool drain;         /* an ACK by KVM_SET_MSRS: `done` is looked at before it returns */

    struct guest_insn insn;
    bool running;     /* insn is under way in guest mode, its end is this actor's event */
    bool exit_wanted; /* kicked while in the middle of an instruction that is not cut */
    sim_ns insn_start;
    uint64_t msr_value;
    bool msr_gp;

    uint8_t present_item;          /* PC_PRESENT: the item taken off `done` */
    bool prefault_waits;           /* VCPU_SYNC belongs to a prefault, not to an access */
    uint32_t sync_page, sync_next; /* page waited for; list of waiters */
    sim_ns debt;          /* host time of the attempt (reclaim), paid when the wait is over */
    uint32_t flush_count; /* workers that K-20 or a dequeue waits for */

    uint8_t ledger;
    sim_ns segment_start, accounted; /* accounted: sum of all segments so far */
    sim_ns preempted;                /* of the running segment: others had this CPU */
    /* With shared host CPUs (thread.c): */
    bool on_cpu;         /* has one */
    bool polling;        /* VCPU_HLT: kvm_vcpu_halt() polls on it */
    bool leave;          /* gives it up at the next turn of the run loop */
    sim_ns owed, stolen; /* host time left to spend when it gets one; all its waits for one */
    uint8_t owed_ledger;
    sim_ns halt_start, ready_at;
    sim_ns enabled_at; /* last EN write that turned APF on */
    bool tick_armed;
    sim_ns last_time;      /* guards against a loop that costs nothing: clock at the last look */
    uint32_t steps;        /* since then */
    struct worker *worker; /* APF_ITEMS of them */
    struct apf_host apf;   /* last: it is large, and few of its lines are used */
};

/* The host thread that fetches a page for one work item. */
struct worker {
    uint32_t token;              /* generation: an event for another token is stale */
    uint32_t page, task;         /* task: whose access it serves */
    bool active, began, awaited; /* awaited: the vCPU thread is in VCPU_FLUSH for it */
    bool user;                   /* no worker: the VMM has the fault (async-pf-user) */
    uint32_t next;               /* list of waiters */
    sim_ns since, completed;     /* not_present; work function through */
    sim_ns left;                 /* of cost.worker, when it has no CPU */
};

/* One access of a task from its first exit until it is complete. */
struct access {
    bool open, needs_io;
    uint8_t outcome, why;
    sim_ns since; /* when the host found that it needs I/O */
};

/* Read-ahead state of a region: one swapped VMA, or one open file. */
struct backing_state {
    uint32_t first, pages;
    uint32_t ra_hits, ra_window, ra_prev; /* swap */
    uint32_t mmap_miss;                   /* file: f_ra.mmap_miss */
};

/* A read under way; its pages complete together. */
struct io {
    uint32_t first, pages, fault_page;
    uint32_t waiters; /* list: vCPU id, or vcpus + vCPU * APF_ITEMS + item */
    uint32_t next_free;
};
#define WAITER_NONE 0xffffffffu

/* s390: DONE interrupts that any vCPU of the guest may take, oldest first. */
struct floating {
    uint32_t *token; /* ring of `size`; NULL in other protocols */
    uint32_t size, first, count;
    uint32_t next_cpu; /* whose turn it is when nobody is idle */
};

/* One guest: some of the host's vCPUs and what runs on them. */
struct vm {
    struct world *w;
    uint32_t first, vcpus;
    struct guest_sched *sched; /* NULL when another guest was given */
    void *guest;
    const struct guest_ops *ops;
    struct floating floating;
};

struct world {
    const struct params *p;
    const struct apf_protocol_rules *protocol;
    enum run_mode mode;
    struct sim *sim;
    uint32_t vcpus;
    struct vcpu *vcpu;
    struct worker *workers;
    struct page_cache *pages;
    struct disk *disk, *zram;
    struct monitor *monitor;
    uint32_t *recorded; /* pages in the order in which an earlier run missed them */
    uint32_t recorded_count;
    struct host_cpus *cpus; /* NULL: each thread has one of its own. Threads of it are numbered as
                               waiters are: vCPUs, then workers */
    struct watermarks watermark;
    sim_actor kswapd; /* only with watermarks */
    bool kswapd_awake;
    struct zswap *zswap; /* only with a region behind it; so is: */
    sim_actor shrinker;
    bool shrinker_awake;
    sim_actor worker_actor;
    uint32_t io_max, io_free, io_used, io_high_water;
    struct io *io;
    struct backing_state backing[REGIONS_MAX];
    struct access *access; /* by task */
    uint32_t access_max, in_flight;
    uint64_t known_bugs; /* findings that the chosen host kernel is known for */
    uint32_t protocol_steps;
    bool eoi_exits;      /* no APICv: EOI is an exit */
    sim_ns vmm_cost;     /* behind a port write: the VMM's way back into KVM_RUN */
    sim_ns worker_begin; /* worker_cpu same: until a new worker waits, the vCPU's thread does not
                            run */
    bool measuring;

    uint32_t vms;
    struct vm vm[GUESTS_MAX];
    /* A port write has reached the VMM. True: it acted on the vCPU (vcpu_host_wrmsr) and wants to
     * be called again when that is through, before the vCPU is entered. */
    bool (*vmm_out)(void *ctx, struct vcpu *v, uint64_t value);
    /* KVM_RUN has returned because of a signal; the vCPU is not entered again. */
    void (*vmm_signal)(void *ctx, struct vcpu *v);
    void *vmm_ctx;
    /* Hears of the pages that userfaultfd misses, instead of `monitor`; a page is supplied by
     * backing_monitor_done(). It says NOTE_UFFD_EVENT itself, when it reads the event. */
    void (*monitor_submit)(void *ctx, const struct disk_request *rq, bool write);
    void *monitor_ctx;
};
