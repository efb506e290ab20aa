/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task_queue.c - a binary heap in an array
 */
#include "task_queue.h"

#include <stdlib.h>

#include "sim_assert.h"

bool task_queue_init(struct task_queue *q, uint32_t limit)
{
    *q = (struct task_queue){.item = calloc(limit ? limit : 1, sizeof *q->item), .limit = limit};
    return q->item != NULL;
}

void task_queue_finish(struct task_queue *q)
{
    free(q->item);
    *q = (struct task_queue){0};
}

/* Lets `it` rise from the hole at `at` to its place. */
static void rise(struct task_queue *q, uint32_t at, struct task_queue_item it)
{
    while (at && task_queue_before(&it, &q->item[(at - 1) / 2])) {
        q->item[at] = q->item[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    q->item[at] = it;
}

/* Moves the hole at `at` down to a leaf, along the lesser children. */
static uint32_t sink_hole(struct task_queue *q, uint32_t at)
{
    for (uint32_t child; (child = 2 * at + 1) < q->count; at = child) {
        if (child + 1 < q->count && task_queue_before(&q->item[child + 1], &q->item[child]))
            child++;
        q->item[at] = q->item[child];
    }
    return at;
}

void task_queue_push(struct task_queue *q, int64_t key, uint32_t task)
{
    SIM_ASSERT(q->count < q->limit);
    rise(q, q->count++, (struct task_queue_item){.key = key, .task = task});
}

uint32_t task_queue_remove(struct task_queue *q, uint32_t at)
{
    SIM_ASSERT(at < q->count);
    uint32_t task = q->item[at].task;
    struct task_queue_item last = q->item[--q->count];

    if (at < q->count)
        rise(q, sink_hole(q, at), last);
    return task;
}
