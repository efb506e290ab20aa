/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_result.h - what was run and what came of it, as plain data
 *
 * Knows:    the engine's words (outcomes, ledger classes, latencies) and its histogram. Neither
 *           models nor configuration: sim/cli hands over every name and number that is not a note.
 * Promise:  rep_setting says what was run; rep_result is one run; rep_result_add() sums runs, so
 *           that a total of several is of the same type. Integers only: sums do not depend on
 * order. Units:    ns of simulated time, bytes, counts.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim.h"
#include "sim_hist.h"
#include "sim_words.h"

#define REP_MODES      3    /* off, halt, apf */
#define REP_KINDS_MAX  64   /* entries of `tasks:` */
#define REP_GUESTS_MAX 16   /* guests that have names */
#define REP_WHYS_MAX   32   /* reasons, number 0 = delivered */
#define REP_VCPUS_MAX  1024 /* vCPUs, and host CPUs */
#define REP_TEXT_BYTES SIM_TEXT_BYTES

/* As the notes number them. */
enum { REP_DISK_PAGING, REP_DISK_MONITOR, REP_DISK_ZRAM, REP_DISK_LINK, REP_DISKS };

struct rep_kind {
    const char *name;
    uint32_t tasks; /* how many tasks are of this kind */
    bool measured;  /* its iterations are the work */
    bool serves;    /* requests, each by a turn of its loop */
    bool open; /* that come whatever becomes of those before: they set the rate, not the tasks */
    uint32_t objective_ppm; /* service level: this share of the requests takes less than */
    sim_ns objective_ns;    /* this; 0: there is none */
    uint32_t guest;         /* where they run */
    bool nested;            /* they are vCPUs of an L2: what they do is on level 2 */
    bool touches;           /* pages of some region */
    bool unclocked;         /* its guest has no ticks, and a scheduler that pre-empts at one */
    bool all_early;         /* it serves requests of a file, and all come within the warm-up */
};

/* One of several guests: its vCPUs are `vcpus` from `first` on. */
struct rep_guest {
    const char *name, *kernel;
    uint64_t memory;
    uint32_t first, vcpus;
};

/* What was run. Strings are lent and must outlive the report. */
struct rep_setting {
    const char *version, *workload, *question; /* question: NULL when the file does not say */
    const char *host_kernel, *guest_kernel, *device;
    const char *command;           /* that repeats it, without a machine's paths; NULL: unknown */
    const char *calibration;       /* which costs were measured, and where; NULL: none */
    const char *monitor_latency;   /* as the user would write it, or NULL */
    const char *monitor_rtt;       /* likewise; NULL: none */
    const char *monitor_bandwidth; /* likewise; NULL: any */
    uint64_t seed, digest, host_limit, guest_memory; /* host_limit: 0 = none */
    uint64_t touched_huge; /* of these, of hugetlb: never paged out, and outside the limit */
    uint64_t touched;      /* bytes that the tasks' loops can reach, of all regions */
    const char *scheduler; /* of the guest; NULL: several guests */
    sim_ns duration, warmup;
    uint32_t replicas, vcpus, kinds, whys, modes;
    uint32_t host_cpus;                   /* that all vCPUs share; 0: each has its own */
    const char *protocol, *protocol_text; /* a what-if: its name, what it is; NULL: x86, as it is */
    bool halts; /* a vCPU that cannot be told is halted; else its thread waits */
    uint32_t channels[REP_DISKS];
    bool host_global; /* the limit is all of the host's memory, with watermarks */
    bool zeroes_slot; /* the guest has the remedy of HOLE-1 */
    bool reads_files; /* some region is file-backed: verdicts about read-around apply */
    uint32_t guests;  /* that have names; 0: there is one, without */
    struct rep_guest guest[REP_GUESTS_MAX];
    struct rep_kind kind[REP_KINDS_MAX];
    const char *why_key[REP_WHYS_MAX], *why_text[REP_WHYS_MAX];
    const char *mode_key[REP_MODES]; /* in the order they are reported */
};

/* What an observer must know to sort notes of one run. task_kind[task] < kinds. */
struct rep_shape {
    uint32_t vcpus, kinds, whys, tasks;
    uint32_t host_cpus; /* 0: no HOST_SEGMENT is said */
    uint32_t channels[REP_DISKS];
    const uint32_t *task_kind;
    uint32_t kind_tasks[REP_KINDS_MAX];
    sim_ns objective_ns[REP_KINDS_MAX]; /* as of struct rep_kind */
    uint64_t remote_pages;              /* behind userfaultfd, and not in memory at t = 0 */
};

struct rep_task_result {
    uint64_t cpu_ns, iterations;
    uint32_t ended;       /* tasks that have ended */
    uint32_t completed;   /* runs in which all have: 0 or 1 for one run */
    sim_ns completion_ns; /* when the last one ended, from t = 0; summed over completed runs */
    struct sim_hist wake; /* runnable to running */
    uint64_t outcome_count[OUTCOME_COUNT];
    uint64_t arrived, dropped; /* requests */
    uint64_t within;           /* answered in time for the service level */
    struct sim_hist request;   /* from arrival to the end of the turn that served it */
};

struct rep_disk_result {
    uint64_t busy_ns;               /* channel time in service, all channels together */
    uint64_t waiting_ns;            /* integral of the number waiting, not in service */
    uint64_t requests[2], pages[2]; /* [write] */
};

/* Host memory, in pages. Keys are JSON keys. */
#define REP_MEMORY(X)                                                                              \
    X(REFAULTS, "refaults", "pages that came back after they had been evicted")                    \
    X(ACTIVATIONS, "activations", "of these, so soon that reclaim took them for the working set")  \
    X(DIRECT, "reclaimed_direct", "reclaimed by the thread that needed memory")                    \
    X(KSWAPD, "reclaimed_kswapd", "reclaimed by kswapd in the background")                         \
    X(PREFETCHED, "prefetched", "sent by the userfaultfd monitor before they were asked for")      \
    X(ZSWAP_STORED, "zswap_stored", "compressed into zswap's pool")                                \
    X(ZSWAP_LOADED, "zswap_loaded", "decompressed from it")                                        \
    X(ZSWAP_REFUSED, "zswap_refused", "written to the device because the pool was full")           \
    X(ZSWAP_WRITTEN_BACK, "zswap_written_back", "written to the device to make the pool smaller")  \
    X(KSWAPD_NS, "kswapd_ns", "ns of CPU time that kswapd took")
#define REP_MEMORY_ENUM(name, key, help) REP_MEMORY_##name,
enum rep_memory { REP_MEMORY(REP_MEMORY_ENUM) REP_MEMORIES };
#undef REP_MEMORY_ENUM
extern const char *const rep_memory_key[REP_MEMORIES], *const rep_memory_help[REP_MEMORIES];

/*
 * Page-ins as a queue. Little's law, exactly: in_flight_ns = sum of the latencies of those that
 * ended, less what they had waited before the measured time, plus what the unfinished have waited.
 */
struct rep_flow_result {
    uint64_t in_flight_ns;  /* integral of the number outstanding */
    uint64_t waited_before; /* by those under way at the begin, until then */
    uint64_t waited_so_far; /* by those under way at the end, until then */
    uint64_t most;          /* outstanding */
    uint64_t unfinished;    /* under way at the end */
};

/* CPUs that went offline in the guest. */
struct rep_hotplug_result {
    uint64_t offlines, offline_ns; /* how often; from being told to being dead, summed */
    uint64_t left_busy;            /* of these, with a token in the slot */
};

struct rep_result {
    enum sim_outcome outcome;
    char text[REP_TEXT_BYTES]; /* what happened, empty when all is well */
    uint64_t order_hash, events;
    sim_ns began; /* when the measured time began */
    sim_ns wall;  /* measured time; 0: the run ended before it began */
    uint32_t runs, vcpus, kinds, whys;
    uint32_t host_cpus;
    uint64_t (*ledger)[LEDGER_COUNT];   /* [vcpu][class] ns */
    uint64_t (*host)[HOST_CLASS_COUNT]; /* [host cpu][class] ns; NULL when they are not shared */
    struct rep_task_result *task;       /* [kind] */
    uint64_t outcome_count[OUTCOME_COUNT], why_count[REP_WHYS_MAX];
    uint64_t attempts, attempts_repeated;
    struct sim_hist latency[LATENCY_COUNT];
    struct rep_disk_result disk[REP_DISKS];
    struct rep_flow_result flow;
    uint64_t memory[REP_MEMORIES];
    uint32_t all_came; /* runs in which all of remote_pages came before any was reclaimed: 0 or 1 */
    sim_ns all_came_ns; /* when, from t = 0; summed over those runs */
    struct rep_hotplug_result hotplug;
    uint64_t apf_most;                /* most work items of one vCPU at a time */
    uint64_t posted_most;             /* most posted events at a time */
    uint64_t reads_most, reads_limit; /* most reads under way at a time, and what was room for */
};

struct rep_result *rep_result_create(uint32_t vcpus, uint32_t kinds, uint32_t whys);
/* Room for the books of so many host CPUs that vCPUs share. */
void rep_result_host(struct rep_result *r, uint32_t host_cpus);
void rep_result_destroy(struct rep_result *r); /* NULL is fine */
/* Sums; maxima for the `most`s. outcome, text, hash and events of `total` stay. Same shape. */
void rep_result_add(struct rep_result *total, const struct rep_result *r);

/* A run whose figures count: it reached its end, or all its tasks did. */
static inline bool rep_outcome_good(enum sim_outcome o)
{
    return o == SIM_HORIZON || o == SIM_ALL_DONE;
}
/* True for the outcomes of accesses that needed I/O. */
bool rep_needs_io(enum outcome o);
uint64_t rep_io_count(const struct rep_result *r);
/* Of the accesses of one guest, those that needed I/O, and of these, those that were delivered. */
uint64_t rep_guest_io(const struct rep_result *r, const struct rep_setting *set, uint32_t guest,
                      uint64_t *ret_delivered);
uint64_t rep_why_sum(const struct rep_result *r); /* without number 0, "delivered" */
uint64_t rep_ledger_sum(const struct rep_result *r, enum ledger_class c); /* over vCPUs */
/* Of the requests answered and dropped, the share answered in time, 0 .. 1; 0 when there was none.
 */
double rep_within(const struct rep_task_result *t);
/* And whether that is as much as the kind's service level asks. */
bool rep_objective_met(const struct rep_kind *kind, const struct rep_task_result *t);
uint64_t rep_guest_ledger(const struct rep_result *r, const struct rep_guest *g,
                          enum ledger_class c);
uint64_t rep_host_sum(const struct rep_result *r, enum host_class c); /* over host CPUs */
/* Number of the reason with that key, or 0. */
uint32_t rep_why_find(const struct rep_setting *s, const char *key);

/* off, halt, apf, NULL; and what each is, or NULL of another word. */
extern const char *const rep_mode_key[REP_MODES + 1];
const char *rep_mode_help(const char *key);
