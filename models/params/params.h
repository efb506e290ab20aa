/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * params.h - everything a run can be told, as plain data
 *
 * Knows:    sim_ns, sim_dist, kernel versions. No strings but names, no pointers.
 * Filled by sim/config (one table row per member: key, unit, range, default, help, source), read by
 * the models. Every number's source stands in that table, not here.
 *
 * Units:    times in ns, memory in bytes (whole pages of 4 KiB), shares in 1e-6 (ppm).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "apf.h"
#include "sim_time.h"
#include "sim_variate.h"

#define PAGE_BYTES     4096u
#define NAME_MAX_LEN   31
#define PATH_MAX_LEN   511
#define VCPUS_MAX      1024
#define GUESTS_MAX     16
#define REGIONS_MAX    16
#define TASK_KINDS_MAX 64      /* entries of `tasks:` */
#define TASKS_MAX      4096    /* tasks after count and per_vcpu are applied */
#define HUGE_PAGES     512u    /* of 4 KiB in one of hugetlb's */
#define STEPS_MAX      16      /* steps in one loop */
#define LOCKS_MAX      64      /* names of locks, over all loops */
#define CLIENTS_MAX    4096    /* of one kind of task that serves them */
#define REQUESTS_MAX   1000000 /* that may wait for one kind of task */
#define PPM            1000000u

enum run_mode { MODE_OFF, MODE_HALT, MODE_APF, MODES };

enum reclaim_policy {
    RECLAIM_LRU,
    RECLAIM_TWO_LIST,
    RECLAIM_RANDOM,
    RECLAIM_MRU,
    RECLAIM_CLOCK,
    RECLAIM_MGLRU,
    RECLAIMS
};
enum memory_kind { MEMORY_CGROUP, MEMORY_GLOBAL };
enum worker_cpu { WORKER_CPU_OTHER, WORKER_CPU_SAME };
enum guest_scheduler {
    GUEST_SCHED_CFS,
    GUEST_SCHED_FIFO,
    GUEST_SCHED_RR,
    GUEST_SCHED_EEVDF,
    GUEST_SCHED_AUTO, /* what the guest's kernel has: guest_scheduler_of() */
    GUEST_SCHEDULERS
};
enum guest_balance { BALANCE_NONE, BALANCE_IDEAL, BALANCE_NEWIDLE, BALANCE_LOAD };
enum backing {
    BACKING_ANON,
    BACKING_SWAP,
    BACKING_ZRAM,
    BACKING_FILE,
    BACKING_USERFAULTFD,
    BACKING_ZSWAP,   /* swap behind a compressed pool */
    BACKING_HUGETLB, /* 2 MiB pages of a pool of their own, never reclaimed */
    BACKING_PRIVATE, /* guest_memfd: never reclaimed */
    BACKINGS
};
enum zswap_compressor { ZSWAP_LZO_RLE, ZSWAP_LZ4, ZSWAP_ZSTD, ZSWAP_COMPRESSORS };
enum userfaultfd { USERFAULTFD_SHARED, USERFAULTFD_PER_VCPU };
enum prefetch { PREFETCH_NONE, PREFETCH_SEQUENTIAL, PREFETCH_RECORDED };
enum advice { ADVICE_NORMAL, ADVICE_RANDOM, ADVICE_SEQUENTIAL };
enum pattern {
    PATTERN_SEQUENTIAL, /* from the task's own place onwards, round and round; tasks share no place
                         */
    PATTERN_CYCLIC,     /* the same, every task from page 0 */
    PATTERN_UNIFORM,
    PATTERN_ZIPF,
    PATTERN_TRACE,
    PATTERNS
};
enum step_kind {
    STEP_COMPUTE,
    STEP_TOUCH,
    STEP_SLEEP,
    STEP_YIELD,
    STEP_EXIT,
    STEP_LOCK,
    STEP_UNLOCK,
    STEP_KINDS
};
enum arrival_process {
    ARRIVALS_NONE,     /* the loop goes round by itself */
    ARRIVALS_POISSON,  /* open: exponential gaps */
    ARRIVALS_CONSTANT, /* open: equal gaps */
    ARRIVALS_BURSTS,   /* open: `burst` requests at once, exponential gaps between bursts */
    ARRIVALS_FILE,     /* open: times from a file */
    ARRIVALS_CLIENTS,  /* closed: clients send, wait for the answer, think */
    ARRIVAL_PROCESSES
};

struct cost_params {   /* ns; the C-n are the cost points of docs/costs.md */
    sim_ns exit;       /* C-1: one VM exit and entry */
    sim_ns fault;      /* C-2, C-3, C-4, C-6: walk, memslot, GUP with NOWAIT, set-up; per attempt */
    sim_ns map;        /* minor and resident faults: map the page, beyond exit and fault */
    sim_ns zero_page;  /* allocate and zero an anonymous page */
    sim_ns sync_fault; /* sleep in GUP and be woken, beyond exit and fault */
    sim_ns prefault;   /* C-19: map a page that the worker brought */
    sim_ns reclaim;    /* C-33: one page reclaimed by the allocating thread */
    sim_ns not_present;    /* C-9, C-10: injection and guest #PF handler */
    sim_ns ready;          /* C-22, C-23: guest ready handler, without the exits */
    sim_ns context_switch; /* C-11, C-25: guest switches tasks */
    sim_ns worker;         /* C-8, C-13: worker wake-up and its GUP, beyond the I/O */
    sim_ns vcpu_wake;      /* C-18: a blocked vCPU thread is woken and runs */
    sim_ns tick;           /* guest tick handler, without exits */
    sim_ns touch;          /* a page touch that hits */
    sim_ns nested_exit;    /* C-31: an exit of L2 is reflected to L1, beyond exit */
    sim_ns nested_entry;   /* C-31: L1's resume of L2 is emulated, beyond exit */
    sim_ns sdei;           /* arm64-sdei: a not-present, beyond not_present and its two exits */
    sim_ns user_exit;      /* async-pf-user: to the VMM's thread and back into KVM_RUN */
    sim_ns user_ready;     /* async-pf-user: the VMM's ioctl that ends a fault */
};

/* A fair scheduler's tunables, the guest's or the host's. */
struct sched_params {
    sim_ns latency, min_granularity, wakeup_granularity; /* before scaling by CPUs */
    bool scaling;        /* times 1 + log2(CPUs), as Linux' default tunable_scaling */
    bool sleeper_credit; /* GENTLE_FAIR_SLEEPERS: half a latency */
    bool wakeup_preemption;
};

struct host_params {
    enum apf_kernel kernel;
    uint64_t memory_limit; /* bytes; 0 = no limit */
    enum memory_kind memory_kind;
    uint64_t min_free;        /* bytes; 0 = Linux' formula: watermarks.h */
    uint32_t watermark_scale; /* low to min, high to low: 1e-4 of memory */
    enum reclaim_policy reclaim;
    enum zswap_compressor zswap_compressor;
    uint32_t zswap_max_pool_ppm; /* of memory_limit */
    uint32_t zswap_accept_ppm;   /* of that: accepts again below */
    uint32_t zswap_ratio_milli;  /* a page becomes 1000 / ratio_milli of it */
    enum worker_cpu worker_cpu;
    uint32_t cpus;             /* that all threads share; 0 = own: one for each vCPU, and for each
                                  worker */
    struct sched_params sched; /* with a number of cpus */
    uint32_t hz;               /* host tick: each is an exit of a running vCPU; 0 = none */
    sim_ns halt_poll;          /* a halted vCPU that is woken within this time costs no vcpu_wake */
    uint32_t page_cluster;     /* swap read-ahead: at most 2^page_cluster pages */
    uint32_t read_around;      /* file read-around window, pages; 0 = off */
    uint32_t fault_around;     /* cached file pages mapped around a minor fault, pages */
    bool hlt_in_guest;         /* HLT does not exit */
};

/* One CPU goes offline and comes back, again and again. */
struct hotplug_params {
    uint32_t count; /* how often; 0 = never */
    uint32_t vcpu;  /* 1 .. vcpus - 1 */
    sim_ns first;   /* told to go for the first time; from the begin of the run */
    sim_ns offline; /* from dead to INIT */
    sim_ns online;  /* from online to told to go again */
};

struct guest_params {
    char name[NAME_MAX_LEN + 1]; /* of one of several; "" when there is only one */
    uint32_t copies;             /* of such a guest, when it is read; run as so many */
    enum apf_kernel kernel;
    uint32_t vcpus;
    uint64_t memory; /* bytes of RAM */
    uint32_t hz;
    bool tickless; /* no tick while idle */
    enum guest_scheduler scheduler;
    enum guest_balance balance;
    struct sched_params cfs;  /* its scaling is that of eevdf, too */
    sim_ns sched_base_slice;  /* eevdf, before scaling by CPUs */
    bool sched_delay_dequeue; /* eevdf */
    bool sched_eevdf_preemption;
    sim_ns sched_rr_slice;
    bool apf;         /* false = no-kvmapf on the guest's command line */
    bool steal_time;  /* with shared host CPUs: tasks are not charged for stolen time */
    bool nested_apf;  /* the host offers delivery while L2 runs: CPUID bit 10, hence EN bit 2 */
    bool send_always; /* EN bit 1 (no Linux since 5.8 sets it) */
    struct hotplug_params hotplug;
};

struct disk_params {
    char device[NAME_MAX_LEN + 1]; /* preset that filled the rest */
    uint32_t channels;
    struct sim_dist read, write; /* service time of one page */
    sim_ns per_page;             /* each further page of a cluster */
    sim_ns per_request;          /* beyond that, in each request; no key */
    sim_ns network_rtt;          /* a read takes so much longer; the channel is free meanwhile */
    bool seek;        /* hdd: read and write are seek + rotation; contiguous requests skip both */
    bool synchronous; /* zram: read inline, SWP_SYNCHRONOUS_IO */
};

struct monitor_params { /* the process that answers userfaultfd */
    struct sim_dist latency;
    uint32_t parallelism;
    sim_ns network_rtt;
    bool pipelined;     /* a thread does not wait for the round trip */
    uint64_t bandwidth; /* bytes a second; 0 = no limit */
    enum prefetch prefetch;
    sim_ns copy; /* one prefetched page, without its transfer */
    enum userfaultfd userfaultfd;
    sim_ns lock_hold, lock_per_waiter;
};

struct region_params {
    char name[NAME_MAX_LEN + 1];
    uint64_t size; /* bytes */
    enum backing backing;
    enum advice advice;
    uint64_t resident; /* bytes resident at t = 0: the last ones of the region */
    bool dirty;        /* and dirty */
    bool unmapped;     /* but not in the guest's page tables */
    uint32_t guest;    /* whose memory it is */
};

struct step_params {
    enum step_kind kind;
    struct sim_dist time; /* compute, sleep */
    /* touch */
    uint32_t region; /* index */
    enum pattern pattern;
    uint32_t pages;       /* touches per step */
    uint32_t stride;      /* pages between neighbours: sequential, cyclic */
    uint64_t first, span; /* part of the region in bytes; span 0 = to the end */
    uint32_t write_ppm, kernel_ppm,
        irq_off_ppm;              /* shares of touches that write; run at CPL 0; with IF = 0 */
    uint32_t zipf_milli;          /* exponent x 1000 */
    uint32_t lock;                /* lock, unlock: index of its name */
    char trace[PATH_MAX_LEN + 1]; /* page trace file, relative to the workload's folder; resolved */
};

struct arrival_params { /* requests that come from outside; each is served by one turn of the loop
                         */
    enum arrival_process process;
    uint32_t rate_milli;         /* open: requests in 1000 s, as written; 0: interval was */
    sim_ns interval;             /* open: mean time between requests */
    uint32_t burst;              /* bursts: requests that come together */
    uint32_t clients;            /* closed */
    struct sim_dist think;       /* closed: from answer to next request */
    uint32_t queue;              /* requests that may wait; one more is dropped */
    char file[PATH_MAX_LEN + 1]; /* file: times, relative to the workload's folder; resolved */
};

/* "p99 < 5ms": at least `share_ppm` of the requests take less than `limit`. limit 0: none. */
struct objective_params {
    uint32_t share_ppm;
    sim_ns limit;
};

struct task_params {
    char name[NAME_MAX_LEN + 1];
    uint32_t guest; /* where they run */
    uint32_t count; /* tasks of this kind; with per_vcpu: on each vCPU */
    bool per_vcpu;
    int32_t vcpu; /* pinned there; -1: anywhere (starts on task number mod vCPUs) */
    bool measure; /* its iterations are the `work` */
    bool nested;  /* a thread of L1 that runs a vCPU of L2: the loop is what L2 does */
    int32_t nice;
    uint64_t iterations; /* turns of the loop before it ends; 0 = for ever */
    bool ends_run;       /* when all such tasks of its guest have ended, so has the run */
    sim_ns start;        /* begins this late */
    struct arrival_params arrivals;
    struct objective_params objective; /* of what it serves */
    uint32_t steps;
    struct step_params step[STEPS_MAX];
};

struct params {
    char name[NAME_MAX_LEN + 1]; /* workload's file name without .yaml */
    sim_ns duration;             /* measured time, after warm-up */
    sim_ns warmup;
    uint64_t seed;
    uint32_t replicas;
    bool mode[MODES];
    uint64_t bugs, fixes; /* sets of enum apf_bug, enum apf_fix, in both halves */
    enum apf_protocol protocol;
    uint32_t walk_every; /* full invariant walk every n-th protocol step; 0 = never */
    struct host_params host;
    struct guest_params guest; /* the only one, or what each of several defaults to */
    uint32_t guests;           /* several guests, 0: there is only one */
    struct guest_params named[GUESTS_MAX];
    struct cost_params cost;
    struct disk_params disk;
    struct monitor_params monitor;
    uint32_t regions, tasks;
    uint32_t locks;
    char lock[LOCKS_MAX][NAME_MAX_LEN + 1];
    struct region_params region[REGIONS_MAX];
    struct task_params task[TASK_KINDS_MAX];
};

/* EEVDF took CFS's place in Linux 6.6: the rows from 6.12 on. */
static inline enum guest_scheduler guest_scheduler_of(const struct guest_params *gp)
{
    if (gp->scheduler != GUEST_SCHED_AUTO)
        return gp->scheduler;
    return gp->kernel >= APF_KERNEL_6_12 && gp->kernel < APF_KERNELS ? GUEST_SCHED_EEVDF
                                                                     : GUEST_SCHED_CFS;
}

/* A page trace, loaded by sim/config and lent to the models; pages are folded touches. */
struct page_trace {
    const uint32_t *page; /* bit 31: write; low 31 bits: page number from 0 */
    uint64_t count;
    uint32_t pages;         /* page numbers are below this */
    const uint32_t *gap_ns; /* user time before each touch */
};
/* Times at which requests come, loaded likewise: rising, from the start of the run. */
struct arrival_times {
    const sim_ns *at;
    uint64_t count;
};
struct page_traces {
    const struct page_trace *of[TASK_KINDS_MAX][STEPS_MAX]; /* NULL where no trace is used */
    const struct arrival_times *arrivals[TASK_KINDS_MAX];   /* NULL where none are read */
};

/* Pages are numbered from 0 through all regions, in order. */
static inline uint32_t region_pages(const struct params *p, uint32_t region)
{
    return (uint32_t)(p->region[region].size / PAGE_BYTES);
}
static inline uint32_t region_first(const struct params *p, uint32_t region)
{
    uint32_t first = 0;

    for (uint32_t i = 0; i < region; i++)
        first += region_pages(p, i);
    return first;
}
static inline uint32_t all_pages(const struct params *p)
{
    return region_first(p, p->regions);
}

/* Guests are numbered from 0 in the order of the file, their vCPUs through all of them. */
static inline uint32_t guest_count(const struct params *p)
{
    return p->guests ? p->guests : 1;
}
static inline const struct guest_params *guest_of(const struct params *p, uint32_t guest)
{
    return p->guests ? &p->named[guest] : &p->guest;
}
/* The first vCPU of that guest; of guest_count(): how many there are in all. */
static inline uint32_t guest_first_vcpu(const struct params *p, uint32_t guest)
{
    uint32_t first = 0;

    for (uint32_t i = 0; i < guest; i++)
        first += guest_of(p, i)->vcpus;
    return first;
}
/* Whose that vCPU is, of those numbered through all guests. */
static inline uint32_t guest_of_vcpu(const struct params *p, uint32_t vcpu)
{
    uint32_t guest = 0;

    while (guest + 1 < guest_count(p) && guest_first_vcpu(p, guest + 1) <= vcpu)
        guest++;
    return guest;
}
static inline uint32_t all_vcpus(const struct params *p)
{
    return guest_first_vcpu(p, guest_count(p));
}
/* How many tasks an entry of `tasks:` is. Tasks are numbered through all entries. */
static inline uint32_t kind_tasks(const struct params *p, uint32_t kind)
{
    const struct task_params *t = &p->task[kind];

    return t->per_vcpu ? t->count * guest_of(p, t->guest)->vcpus : t->count;
}
