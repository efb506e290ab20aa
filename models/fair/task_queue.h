/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task_queue.h - tasks in the order of a 64-bit key: run queues and timer lists of the guest
 *
 * Knows:    nothing but libc types.
 * Promise:  the first item is the least (key, task); a task number is unique in a queue, so equal
 *           items cannot exist and the order never depends on how the heap came about.
 * Limits:   capacity is fixed by task_queue_init(); more is our own bug.
 * Cost:     push and pop O(log n), remove of a known position O(log n), search O(n).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct task_queue_item {
    int64_t key;
    uint32_t task, pad;
};
struct task_queue {
    struct task_queue_item *item;
    uint32_t count, limit;
};

/* False when memory is short. Memory that is never used is never touched. */
bool task_queue_init(struct task_queue *q, uint32_t limit);
void task_queue_finish(struct task_queue *q);
void task_queue_push(struct task_queue *q, int64_t key, uint32_t task);
/* Takes out item[at]; 0 is the first. Returns its task. */
uint32_t task_queue_remove(struct task_queue *q, uint32_t at);

static inline bool task_queue_before(const struct task_queue_item *a,
                                     const struct task_queue_item *b)
{
    return a->key != b->key ? a->key < b->key : a->task < b->task;
}
