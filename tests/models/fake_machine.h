/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_machine.h - a machine without costs, to run a guest on in tests
 *
 * Knows:    guest.h, guest_sched.h. It is not the product's vCPU: exits take no time, a page is
 *           missing when the test's `miss` says so, and what the guest did is kept as text.
 * Promise:  one instruction a step, CPUs in the order of their numbers, interrupts by descending
 *           vector as soon as IF allows.
 */
#pragma once

#include "guest_sched.h"

#define FAKE_CPUS     8
#define FAKE_TASKS    64
#define FAKE_ARRIVALS 256

enum fake_miss { FAKE_HIT, FAKE_STALL, FAKE_ASYNC, FAKE_HALT };

struct fake_cpu {
    struct guest_insn insn;
    enum { FAKE_NEXT, FAKE_BUSY, FAKE_AWAY, FAKE_HALTED, FAKE_STOPPED } state;
    sim_ns start, end;    /* busy: the instruction; away: host has the CPU until end */
    bool if_flag, serves; /* serves: interrupts end the absence (host halt) */
    uint64_t irr[4];
    sim_ns deadline;
    struct apf_area area;
    uint32_t ready[FAKE_ARRIVALS], ready_count;
    bool unacked;
    sim_ns user, idle; /* time in user RUNs and hits, time halted */
    sim_ns away;       /* time in stalls that are over */
    sim_ns halted_at;
    uint32_t ticks_written; /* writes of the deadline MSR */
};
struct fake {
    struct sim *sim;
    sim_actor actor;
    struct params *p;
    struct guest_sched *g;
    uint32_t cpus, token;
    struct fake_cpu cpu[FAKE_CPUS];
    struct {
        sim_ns when;
        uint32_t cpu, token;
    } arrival[FAKE_ARRIVALS];
    uint32_t arrivals;
    /* Is this access a miss? *ns: how long the page takes. NULL: all hit. The retry is not asked
     * about: it hits when the page has come. */
    enum fake_miss (*miss)(struct fake *f, uint32_t cpu, const struct guest_insn *insn, sim_ns *ns);
    sim_ns comes[FAKE_TASKS]; /* 1 + when the page comes that the task has missed, 0 none */
    uint64_t touches, misses;
    bool logging;
    char log[4096];
    /* from notes */
    struct sim_observer observer;
    uint64_t ran[FAKE_TASKS], turns[FAKE_TASKS], switches, exits, wakes;
    sim_ns wake_to_run_max;
    sim_ns exited_at[FAKE_TASKS];
};

/* A guest of one CPU, cfs, no costs, no tick, one region of 1 MiB called `r`, no tasks. */
void fake_params(struct params *p);
/* Adds a task kind with no steps; count 1, pinned nowhere. */
struct task_params *fake_task(struct params *p);
struct step_params *fake_step(struct task_params *t, enum step_kind kind);
/* A step of constant time. */
void fake_timed(struct task_params *t, enum step_kind kind, sim_ns ns);

/* p->guest.steal_time: the guest hears that its stalls were stolen time. */
void fake_start(struct fake *f, struct params *p, bool apf, const struct page_traces *traces);
/* Runs up to `until` and flushes the guest's books. */
void fake_run(struct fake *f, sim_ns until);
void fake_finish(struct fake *f);
