/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * toy.c - the toy of toy.h: what a task and its token go through, one move a step
 *
 * A task touches a page that is not there (RUN). If fewer than LIMIT tokens of its vCPU are in work
 * or done, the fault is asynchronous: the #PF handler holds the vCPU's one not_present word
 * (HANDLER) until the task sleeps and its token is work (QUEUED); while it is held, other tasks'
 * faults wait. A worker fetches the page (FETCH), then the token is the last on done (DONE). When
 * the vCPU's one slot for ready is free, the first of done goes into it (SLOT): written, injected,
 * EOI; the handler's last step wakes the task, zeroes the slot and ACKs, all in one (AWAKE). The
 * task is scheduled, touches its page again (RETRY) and exits. At the limit a fault is synchronous:
 * the task goes straight to its exit. A token in the slot does not count against the limit.
 *
 * Packed, a vCPU is 16 bits: its tasks, 4 bits each; the slot; which task's token is the first of
 * done (number + 1; 0: done is empty). The limit is two, so no more than one is behind the first.
 */
#include "toy.h"

enum task { RUN, HANDLER, QUEUED, FETCH, DONE, SLOT, AWAKE, RETRY, EXITED };
enum slot { FREE, WRITTEN, INJECTED, EOI };
enum { VCPUS = 2, TASKS = 3, LIMIT = 2 };
enum { TASK_BITS = 4, SLOT_AT = 12, FIRST_AT = 14, VCPU_BITS = 16 };
#define ALL_EXITED (EXITED * UINT64_C(0x01110111)) /* six times; slots free, nothing done */

static void toy_init(void *self, uint64_t *ret_state)
{
    (void)self;
    ret_state[0] = 0; /* RUN, six times; slots free, nothing done */
}

static inline unsigned get(uint64_t v, unsigned at, unsigned mask)
{
    return (unsigned)(v >> at) & mask;
}

static inline uint64_t set(uint64_t v, unsigned at, unsigned mask, unsigned value)
{
    return (v & ~((uint64_t)mask << at)) | (uint64_t)value << at;
}

static inline unsigned task_of(uint64_t v, unsigned n)
{
    return get(v, TASK_BITS * n, 15);
}

static inline uint64_t task_set(uint64_t v, unsigned n, enum task task)
{
    return set(v, TASK_BITS * n, 15, task);
}

static inline uint64_t slot_set(uint64_t v, enum slot slot)
{
    return set(v, SLOT_AT, 3, slot);
}

/* A page that is not there; not_present is held as long as a task is in its #PF handler. */
static inline uint64_t fault(uint64_t v, unsigned n)
{
    unsigned tokens = 0;
    bool held = false;

    for (unsigned i = 0; i < TASKS; i++) {
        unsigned task = task_of(v, i);
        tokens += task >= QUEUED && task <= DONE;
        held |= task == HANDLER;
    }
    if (tokens >= LIMIT) {
        return task_set(v, n, EXITED);
    }
    return held ? v : task_set(v, n, HANDLER);
}

static inline uint64_t complete(uint64_t v, unsigned n)
{
    v = task_set(v, n, DONE);
    return get(v, FIRST_AT, 3) ? v : set(v, FIRST_AT, 3, n + 1);
}

/* The first of done into the slot, if that is free; who was behind it is the first. */
static inline uint64_t make_ready(uint64_t v, unsigned n)
{
    if (get(v, FIRST_AT, 3) != n + 1 || get(v, SLOT_AT, 3) != FREE) {
        return v;
    }
    v = set(slot_set(task_set(v, n, SLOT), WRITTEN), FIRST_AT, 3, 0);
    for (unsigned i = 0; i < TASKS; i++) {
        v = task_of(v, i) == DONE ? set(v, FIRST_AT, 3, i + 1) : v;
    }
    return v;
}

static inline uint64_t slot_step(uint64_t v, unsigned n)
{
    unsigned slot = get(v, SLOT_AT, 3);

    return slot == EOI ? slot_set(task_set(v, n, AWAKE), FREE) : slot_set(v, slot + 1);
}

/* The vCPU after the one move that task n, its worker or its token can make, or as it was. */
static inline uint64_t move(uint64_t v, unsigned n)
{
    unsigned task = task_of(v, n);

    switch (task) {
    case RUN:
        return fault(v, n);
    case FETCH:
        return complete(v, n);
    case DONE:
        return make_ready(v, n);
    case SLOT:
        return slot_step(v, n);
    case EXITED:
        return v;
    default:
        return task_set(v, n, task + 1);
    }
}

static unsigned toy_expand(void *self, const uint64_t *state, struct explore_batch *b)
{
    uint64_t s = state[0];

    (void)self;
    for (unsigned i = 0; i < VCPUS * TASKS; i++) {
        unsigned base = i / TASKS * VCPU_BITS;
        uint64_t was = s >> base & 0xffff, v = move(was, i % TASKS);
        if (v != was) {
            b->move[b->count] = i;
            b->finding[b->count] = 0;
            b->final[b->count] = false;
            b->next[b->count++] = s ^ (was ^ v) << base;
        }
    }
    return s == ALL_EXITED ? EXPLORE_GOOD : 0;
}

const struct explore_model toy_model = {.words = 1, .init = toy_init, .expand = toy_expand};
