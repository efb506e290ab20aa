/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sequence_priv.h - what collecting and drawing a sequence diagram share
 */
#pragma once

#include "sequence.h"

/* Lifelines, from left to right. */
enum seq_column {
    SEQ_TASK, /* and as many more as there are tasks */
    SEQ_KERNEL = SEQUENCE_TASKS,
    SEQ_KVM,
    SEQ_WORKER,
    SEQ_DEVICE,
    SEQ_COLUMNS
};

/* What a lifeline does from a row on. */
enum seq_state { SEQ_NOTHING, SEQ_RUNS, SEQ_WAITS, SEQ_HALTED, SEQ_STATES };

struct seq_row {
    sim_ns when;
    uint8_t from, to; /* columns; equal: a step of its own */
    char *tag;        /* on the arrow; "" */
    char *what;
    const char *function; /* of Linux, or the reason of an outcome; "" */
};

struct seq_mark {
    uint32_t row; /* the state begins there */
    uint8_t column, state;
};

struct seq_token {
    uint32_t token;
    bool told;
};

struct sequence {
    struct sim_observer observer; /* first */
    struct sequence_shape shape;
    char *title, **task_name;
    bool *nested;
    GArray *rows, *marks;
    unsigned left_out;               /* steps beyond SEQUENCE_ROWS */
    uint32_t column[SEQUENCE_TASKS]; /* whose lifelines; ~0: nobody's yet */
    bool monitor;                    /* the device is userfaultfd's monitor */
    /* what is kept from one note to the next */
    struct seq_row fault;   /* of which it is not known yet whether it needs I/O; what NULL: none */
    uint32_t current, told; /* task; token of the #PF that is queued */
    GArray *pages;          /* uint64_t: that this vCPU has touched in vain */
    GArray *tokens;         /* struct seq_token, in flight */
    uint64_t why;
    uint8_t state[SEQ_COLUMNS]; /* enum seq_state */
    bool begun;                 /* the window */
    bool woke;                  /* the host's halt is over, and nothing was touched since */
};

#define SEQ_NO_TASK UINT32_MAX /* as in TASK_SWITCH */

/* What a note becomes. vcpu: which member of the note is the vCPU: 0: a, 2: c, -1: none. */
struct seq_handler {
    void (*handle)(struct sequence *s, const struct sim_note *n);
    int vcpu;
};
extern const struct seq_handler seq_handlers[SIM_NOTE_KINDS];

/* ---- for the handlers ---- */

bool seq_in_window(const struct sequence *s, sim_ns when);
/* Takes the row's texts over. */
void seq_put(struct sequence *s, struct seq_row r);
void seq_row_clear(struct seq_row *r);
void seq_step(struct sequence *s, sim_ns when, unsigned from, unsigned to, const char *tag,
              const char *function, const char *what, ...) G_GNUC_PRINTF(7, 8);
/* From the next row on the lifeline is in that state. */
void seq_mark_state(struct sequence *s, unsigned column, enum seq_state state);
/* The task's lifeline; those that find no place share the last one. Before the window nobody has
 * one. */
unsigned seq_column_of(struct sequence *s, uint32_t task);
const char *seq_name_of(const struct sequence *s, uint32_t task);
