/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_words.h - outcomes, ledger classes and latencies that notes carry, with their names
 *
 * Knows: nothing. Shared by the models that say them and the observers that print them.
 * Names are stable: they are JSON keys (docs/results.schema.json).
 */
#pragma once

/* Final outcome of one access. Each access has exactly one. */
#define OUTCOMES(X)                                                                                \
    X(RESIDENT, "resident", "in the host's page table; only EPT/NPT was missing")                  \
    X(MINOR, "minor", "page was in memory or made on the spot; no I/O")                            \
    X(INLINE, "inline", "read at once in the vCPU thread: the backing ignores NOWAIT")             \
    X(DELIVERED, "delivered", "guest was told; its other tasks ran on")                            \
    X(HALTED, "halted", "vCPU halted by the host, interrupts still served")                        \
    X(SYNC, "sync", "vCPU thread waited, nothing else ran")                                        \
    X(SYNC_PREFAULT, "sync_prefault", "page was gone again when ready was due")                    \
    X(STALE, "stale", "another vCPU mapped the page first, or an invalidation raced")              \
    X(ERROR, "error", "page cannot come")
#define OUTCOME_ENUM(name, key, help) OUTCOME_##name,
enum outcome { OUTCOMES(OUTCOME_ENUM) OUTCOME_COUNT };
#undef OUTCOME_ENUM

/* Every nanosecond of a vCPU's wall time is in exactly one class. */
#define LEDGER_CLASSES(X)                                                                          \
    X(USER, "user", "guest user mode: the work")                                                   \
    X(GUEST_APF, "guest_apf", "guest kernel: APF handlers")                                        \
    X(GUEST_SWITCH, "guest_switch", "guest kernel: task switches")                                 \
    X(GUEST_TICK, "guest_tick", "guest kernel: tick and timers")                                   \
    X(GUEST_KERNEL, "guest_kernel", "guest kernel: what tasks ask for")                            \
    X(EXIT, "exit", "host: exits, fault handling, reclaim")                                        \
    X(WORKER, "worker", "APF worker on this vCPU's CPU")                                           \
    X(SYNC_BLOCKED, "sync_blocked", "vCPU thread waits for a page")                                \
    X(APF_HALTED, "apf_halted", "halted by the host for a page")                                   \
    X(IDLE_WAITING, "idle_waiting", "guest idle, tasks wait for pages")                            \
    X(IDLE, "idle", "guest idle, no task wants to run")                                            \
    X(STOLEN, "stolen", "ready to run, host CPU is busy with others")                              \
    X(FLUSH_BLOCKED, "flush_blocked", "vCPU thread waits for an APF worker to end")                \
    X(OFFLINE, "offline", "CPU is offline in the guest")
#define LEDGER_ENUM(name, key, help) LEDGER_##name,
enum ledger_class { LEDGER_CLASSES(LEDGER_ENUM) LEDGER_COUNT };
#undef LEDGER_ENUM
/* These came later: digests know them only of a vCPU that has such time. */
#define LEDGER_FIRST_LATER LEDGER_FLUSH_BLOCKED

/* Every nanosecond of a shared host CPU is in exactly one class. */
#define HOST_CLASSES(X)                                                                            \
    X(GUEST_USER, "guest_user", "guest user mode: the work")                                       \
    X(GUEST_OTHER, "guest_other", "guest kernel: handlers, switches, ticks, accesses")             \
    X(EXIT, "exit", "exits, fault handling, reclaim, wake-ups")                                    \
    X(WORKER, "worker", "APF workers")                                                             \
    X(POLL, "halt_poll", "polls for a halted vCPU's wake-up")                                      \
    X(IDLE, "idle", "no thread wants it")
#define HOST_ENUM(name, key, help) HOST_##name,
enum host_class { HOST_CLASSES(HOST_ENUM) HOST_CLASS_COUNT };
#undef HOST_ENUM

#define LATENCIES(X)                                                                               \
    X(FAULT, "fault",                                                                              \
      "from finding the page absent until the access is complete: page wait and the task's wait "  \
      "for the CPU")                                                                               \
    X(PAGE_IN, "page_in", "not_present to completed: the page itself")                             \
    X(COMPLETED_TO_READY, "completed_to_ready", "worker done to ready sent")                       \
    X(READY_TO_ACK, "ready_to_ack", "ready sent to ACK")                                           \
    X(WAKE_TO_RUN, "wake_to_run",                                                                  \
      "guest task due to run (woken, or its timer expired) to running")                            \
    X(SYNC_BLOCK, "sync_block", "one synchronous wait of a vCPU thread")                           \
    X(APF_HALT, "apf_halt", "one halt of a vCPU by the host")                                      \
    X(DISK_WAIT, "disk_wait", "device queue")                                                      \
    X(DISK_SERVICE, "disk_service", "device service")                                              \
    X(LOCK_WAIT, "lock_wait",                                                                      \
      "guest task asked for a lock that was held, until it was handed over")                       \
    X(LOCK_HOLD, "lock_hold", "guest task took a lock until it gave it back")
#define LATENCY_ENUM(name, key, help) LATENCY_##name,
enum latency { LATENCIES(LATENCY_ENUM) LATENCY_COUNT };
#undef LATENCY_ENUM

/* Who took a page out. */
enum zswap_event { ZSWAP_STORED, ZSWAP_LOADED, ZSWAP_REFUSED, ZSWAP_WRITTEN_BACK, ZSWAP_EVENTS };
enum reclaimer { RECLAIMER_DIRECT, RECLAIMER_KSWAPD, RECLAIMERS };

extern const char *const outcome_key[OUTCOME_COUNT], *const outcome_help[OUTCOME_COUNT];
extern const char *const ledger_key[LEDGER_COUNT], *const ledger_help[LEDGER_COUNT];
extern const char *const host_key[HOST_CLASS_COUNT], *const host_help[HOST_CLASS_COUNT];
extern const char *const latency_key[LATENCY_COUNT], *const latency_help[LATENCY_COUNT];
