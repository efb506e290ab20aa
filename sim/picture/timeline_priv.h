/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_priv.h - what the parts of a timeline share: what was collected, how it is laid out
 */
#pragma once

#include "sim_words.h"
#include "timeline.h"

/* What a bar shows, on lanes of all kinds. X(NAME, key, in the legend) */
#define PAINTS(X)                                                                                  \
    X(NONE, "none", NULL)                                                                          \
    X(USER, "user", "user mode")                                                                   \
    X(KERNEL, "kernel", "guest kernel")                                                            \
    X(HOST, "host", "host: exits, workers")                                                        \
    X(STANDS, "stands", "vCPU thread waits for page or worker")                                    \
    X(HALTED, "halted", "vCPU halted for a page")                                                  \
    X(WAITS, "waits", "task waits for a page, with a token")                                       \
    X(READY, "ready", "ready, but has no CPU")                                                     \
    X(IDLE_WAITING, "idle_waiting", "idle: all its tasks wait for pages")                          \
    X(IDLE, "idle", "idle or asleep")                                                              \
    X(OFFLINE, "offline", "offline")                                                               \
    X(READS, "reads", "channel reads")                                                             \
    X(WRITES, "writes", "channel writes")
#define PAINT_ENUM(name, key, text) PAINT_##name,
enum paint { PAINTS(PAINT_ENUM) PAINT_COUNT };
#undef PAINT_ENUM
extern const char *const paint_key[PAINT_COUNT], *const paint_text[PAINT_COUNT];

#define NOBODY UINT32_MAX

struct slice {
    sim_ns from, to;
    uint32_t who; /* vCPU's lane: the task; task's: the vCPU, or of WAITS the token; or NOBODY */
    uint8_t paint;
};

struct lane {
    GArray *slices; /* within the window; sorted and without gaps when laid out */
};

/* A token's way. 0: has not happened (in this run nothing of it happens at 0). */
struct token {
    uint32_t vcpu, token, task;
    uint64_t gfn;
    bool told;
    sim_ns not_present, completed, ready, wait, wake;
};

struct occupation { /* of a vCPU by a task, since `when` */
    sim_ns when;
    uint32_t task;
};

struct watched_vcpu {
    sim_ns cursor;      /* up to where its time is known */
    uint32_t now, last; /* the task that runs; the one that was switched to last */
    GArray *since;      /* struct occupation, from the cursor on */
};

struct watched_task {
    sim_ns since;
    uint32_t token;
    uint8_t paint; /* PAINT_USER: it runs, its vCPU's slices say how */
    uint32_t vcpu;
};

struct channel {
    uint32_t disk, number;
    sim_ns since;
    bool busy, write;
    struct lane lane;
};

struct timeline {
    struct sim_observer observer; /* first */
    char *title;
    sim_ns from, to, end; /* end: of the run, or of the window if that is earlier */
    uint32_t vcpus, tasks, slices;
    char **vcpu_name, **task_name;
    struct watched_vcpu *vcpu;
    struct watched_task *task;
    struct lane *vcpu_lane, *task_lane;
    bool of_capture;
    GArray *channels;   /* struct channel, as they were seen */
    GArray *open;       /* struct token, under way */
    GArray *tokens;     /* over, and in the window; by not_present when laid out */
    GArray *broadcasts; /* struct token, of which only vcpu and ready count: wake-all */
};

/* Adds [from, to) to a lane, as far as it lies in the window. */
void timeline_add(struct timeline *t, struct lane *lane, sim_ns from, sim_ns to, enum paint paint,
                  uint32_t who);
/* Notes about tokens; timeline_tokens_end() when the run is over. */
#define TIMELINE_TOKEN_NOTES                                                                       \
    (SIM_NOTE_BIT(NOTE_KVM_NOT_PRESENT) | SIM_NOTE_BIT(NOTE_KVM_READY) |                           \
     SIM_NOTE_BIT(NOTE_KVM_COMPLETED) | SIM_NOTE_BIT(NOTE_APF_WAIT) | SIM_NOTE_BIT(NOTE_APF_WAKE))
void timeline_token_note(struct timeline *t, const struct sim_note *n);
void timeline_tokens_end(struct timeline *t);

/* Closes what is open at t->end and sorts: lanes are gapless from t->from to t->to afterwards. */
void timeline_close(struct timeline *t);
/* True: something of a task's lane is worth a place. */
bool timeline_task_acts(const struct timeline *t, uint32_t task);
