/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script_state.h - the scripted guest as plain data: marks, operations, tasks
 *
 * Knows:    script_options.h, apf.h. No functions: script_kernel.c decides, script_guest.c carries
 *           out.
 */
#pragma once

#include "apf.h"
#include "script_options.h"

/* What the guest says, and (from SCRIPT_MARK_VMM on) its VMM. NOTE_GUEST_MARK carries
 * mark | task << 8. */
enum script_mark {
    SCRIPT_MARK_NONE,
    SCRIPT_MARK_START,
    SCRIPT_MARK_CPUID,
    SCRIPT_MARK_ENABLED,
    SCRIPT_MARK_TOUCH,
    SCRIPT_MARK_DONE,
    SCRIPT_MARK_NOT_PRESENT,
    SCRIPT_MARK_READY,
    SCRIPT_MARK_SWITCH,
    SCRIPT_MARK_TIMER,
    SCRIPT_MARK_EXIT,
    SCRIPT_MARK_BAD_PF,
    SCRIPT_MARK_FAULT,
    SCRIPT_MARK_STATS,
    SCRIPT_MARK_REENABLE,
    SCRIPT_MARK_WAKE,
    SCRIPT_MARK_BAD_DATA,
    SCRIPT_MARK_SPURIOUS,
    SCRIPT_MARK_READY_EARLY,
    SCRIPT_MARK_MSR_GP,
    SCRIPT_MARK_VMM,
    SCRIPT_MARK_SET_MSRS = SCRIPT_MARK_VMM,
    SCRIPT_MARK_SET_MSRS_REFUSED,
    SCRIPT_MARKS
};

/* Ports: GUEST_OUT's value is port << 32 | what is written. */
#define SCRIPT_PORT_LOG 0xe0u
#define SCRIPT_PORT_ACT 0xe2u
#define SCRIPT_PORT_END 0xe4u

struct script_record {
    uint32_t mark, task;
    uint64_t a, b;
};

enum script_op_kind {
    SCRIPT_OP_RDMSR,      /* into seen[reg] */
    SCRIPT_OP_WRMSR,      /* value a; reg 1: | seen[0] */
    SCRIPT_OP_LOG,        /* mark; reg 1: a = seen[0], b = seen[1]; reg 2: a = seen[0] */
    SCRIPT_OP_LOG_IF_GP,  /* only if #GP has come since it was expected */
    SCRIPT_OP_OUT,        /* port, value a */
    SCRIPT_OP_CLEAR_SLOT, /* the shared area's token := 0 */
    SCRIPT_OP_EXPECT_GP,  /* a: 1 from here on, 0 no more */
    SCRIPT_OP_RUN,        /* for a ns */
};

/* One step of a handler, or of boot. */
struct script_op {
    uint8_t kind, reg;
    uint32_t what, task; /* MSR, mark or port; the task that a log record names */
    uint64_t a, b;
};
#define SCRIPT_OPS_MAX 256 /* a wake-all says one line a task */

enum script_task_kind { SCRIPT_TOUCHER, SCRIPT_COUNTER, SCRIPT_IDLER };
enum script_task_state { SCRIPT_READY, SCRIPT_BLOCKED, SCRIPT_DEAD };
enum script_phase {
    SCRIPT_SAY_TOUCH,
    SCRIPT_DO_TOUCH,
    SCRIPT_SAY_BAD,
    SCRIPT_SAY_DONE,
    SCRIPT_END
};

struct script_task {
    enum script_task_kind kind;
    enum script_task_state state;
    enum script_phase phase; /* of a toucher, in its turn `turn` */
    uint64_t turn;
    uint32_t token; /* BLOCKED: waits for it */
};

struct script_guest {
    const struct script_options *o;
    struct apf_area *area; /* of its vCPU */

    struct script_task task[SCRIPT_TASKS_MAX];
    uint32_t tasks, current, idler, touchers_alive;
    uint32_t early[64], early_count; /* tokens that were ready before anybody waited */
    bool rearmed, gp_expected, gp_seen;
    uint64_t timers;

    struct script_op op[SCRIPT_OPS_MAX]; /* under way; empty: the current task runs */
    uint32_t op_first, op_count;
    uint64_t seen[2]; /* by RDMSR */
    bool entered;     /* the way into the guest ahead of the next instruction is behind it */

    struct script_record *log; /* SCRIPT_LOG_MAX of the caller's */
    uint64_t logged;           /* records said, kept or not */
};
