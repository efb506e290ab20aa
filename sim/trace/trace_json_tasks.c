/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_json_tasks.c - a track for each task of the guest: runs, may run, waits for what; and how
 *                      many of them run and may run
 */
#include "trace_json.h"

static const char *const state_name[] = {[JSON_TASK_NONE] = "",
                                         [JSON_TASK_RUNNING] = "running",
                                         [JSON_TASK_READY] = "runnable",
                                         [JSON_TASK_TIMER] = "sleeps",
                                         [JSON_TASK_APF] = "waits for a page",
                                         [JSON_TASK_OTHER] = "waits"};

/* Chrome's own colours for what threads do; by name alone, it gives two of these the same. */
static const char *const state_colour[] = {[JSON_TASK_NONE] = NULL,
                                           [JSON_TASK_RUNNING] = "thread_state_running",
                                           [JSON_TASK_READY] = "thread_state_runnable",
                                           [JSON_TASK_TIMER] = "thread_state_sleeping",
                                           [JSON_TASK_APF] = "thread_state_iowait",
                                           [JSON_TASK_OTHER] = "thread_state_uninterruptible"};

static void count_tasks(struct trace_writer *w)
{
    const struct json *j = w->self;

    json_counter(w, "run queue", (struct chrome_arg){"running", CHROME_DEC, j->running, NULL},
                 (struct chrome_arg){"waiting", CHROME_DEC, j->ready, NULL});
}

static void close_task(struct trace_writer *w, uint32_t number, sim_ns until)
{
    const struct json *j = w->self;
    const struct json_task *t = &j->task[number];
    struct chrome_event e = {.pid = CHROME_TASKS,
                             .tid = number,
                             .name = state_name[t->state],
                             .category = "task",
                             .colour = state_colour[t->state]};

    if (t->state == JSON_TASK_APF)
        e.arg[0] = (struct chrome_arg){"token", CHROME_HEX, t->token, NULL};
    else
        e.arg[0] = (struct chrome_arg){"vcpu", CHROME_DEC, t->vcpu, NULL};
    if (t->state != JSON_TASK_NONE)
        json_slice(w, &e, t->since, until);
}

static void set_task(struct trace_writer *w, uint64_t number, uint64_t vcpu,
                     enum json_task_state state)
{
    struct json *j = w->self;
    struct json_task *t = &j->task[number];

    if (number >= j->tasks || (t->state == state && t->vcpu == vcpu))
        return;
    if (json_is_open(w))
        close_task(w, (uint32_t)number, w->now);
    j->running += (state == JSON_TASK_RUNNING) - (uint64_t)(t->state == JSON_TASK_RUNNING);
    j->ready += (state == JSON_TASK_READY) - (uint64_t)(t->state == JSON_TASK_READY);
    t->state = state;
    t->since = w->now;
    t->vcpu = (uint32_t)vcpu;
    count_tasks(w);
}

void json_task_switch(struct trace_writer *w, const struct sim_note *n)
{
    struct json *j = w->self;
    struct json_vcpu *v = &j->vcpu[n->a];

    if (v->task >= 0 && j->task[v->task].state == JSON_TASK_RUNNING)
        set_task(w, (uint64_t)v->task, n->a, JSON_TASK_READY);
    v->task = n->c < j->tasks ? (int64_t)n->c : -1;
    if (v->task >= 0)
        set_task(w, n->c, n->a, JSON_TASK_RUNNING);
}

void json_task_wake(struct trace_writer *w, const struct sim_note *n)
{
    const struct json *j = w->self;

    set_task(w, n->a, n->b,
             j->vcpu[n->b].task == (int64_t)n->a ? JSON_TASK_RUNNING : JSON_TASK_READY);
}

void json_task_sleep(struct trace_writer *w, const struct sim_note *n)
{
    set_task(w, n->a, n->b,
             n->c == 0   ? JSON_TASK_TIMER
             : n->c == 1 ? JSON_TASK_APF
                         : JSON_TASK_OTHER);
}

void json_apf_wait(struct trace_writer *w, const struct sim_note *n)
{
    struct json *j = w->self;

    if (n->b < j->tasks)
        j->task[n->b].token = n->c;
}

void json_task_exit(struct trace_writer *w, const struct sim_note *n)
{
    set_task(w, n->a, n->b, JSON_TASK_NONE);
}

void json_tasks_count(struct trace_writer *w)
{
    const struct json *j = w->self;

    if (j->tasks)
        count_tasks(w);
}

void json_tasks_end(struct trace_writer *w, sim_ns at)
{
    const struct json *j = w->self;

    for (uint32_t t = 0; t < j->tasks; t++)
        close_task(w, t, at);
}
