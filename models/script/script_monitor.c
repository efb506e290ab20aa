/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script_monitor.c - the userfaultfd thread of a recorded experiment
 */
#include "script_monitor.h"

#include <string.h>

#include "backing.h"
#include "sim_assert.h"
#include "thread.h"

/* Measured: time stamps of the same experiments on an emulated host with one CPU. */
#define NS_WAKE     (155 * SIM_US) /* from a worker's begin to the thread's read() */
#define NS_READ     (40 * SIM_US)  /* behind it, until the vCPU's thread has the CPU again */
#define NS_BEFORE   (40 * SIM_US)  /* from waking up to a copy */
#define NS_COPY     (95 * SIM_US)  /* UFFDIO_COPY, its remark, the wake-up of the worker */
#define NS_SLEEP    (123 * SIM_US) /* usleep() beyond its argument: slack, wake-up */
#define NS_AGAIN    (50 * SIM_US)  /* between a copy and the next sleep */
#define NS_PATIENCE (300 * SIM_MS) /* poll() for the rest of a batch */

static void runs(struct script_monitor *m, sim_ns ns)
{
    vcpu_worker_preempts(&m->w->vcpu[0], ns);
}

static void at(struct script_monitor *m, enum script_monitor_state state, sim_ns in)
{
    m->state = state;
    sim_actor_at(m->w->sim, m->actor, in == SIM_NEVER ? SIM_NEVER : sim_now(m->w->sim) + in, 0, 0);
}

static void poll_again(struct script_monitor *m)
{
    if (m->fd_count)
        at(m, SCRIPT_MONITOR_WAKES, NS_READ);
    else
        at(m, SCRIPT_MONITOR_POLLS, m->held_count ? NS_PATIENCE : SIM_NEVER);
}

/* The next page, `ns` of other work ahead of it. Without a sleep the thread keeps the CPU. */
static void copy_in(struct script_monitor *m, sim_ns ns)
{
    if (m->o->delay) {
        at(m, SCRIPT_MONITOR_SLEEPS, ns + m->o->delay * SIM_US + NS_SLEEP);
        return;
    }
    runs(m, ns + NS_BEFORE);
    at(m, SCRIPT_MONITOR_COPIES, ns + NS_BEFORE);
}

static void wake_up(struct script_monitor *m)
{
    runs(m, NS_BEFORE);
    at(m, SCRIPT_MONITOR_COPIES, NS_BEFORE);
}

static struct script_event take(struct script_event *queue, uint32_t *count, bool last)
{
    struct script_event e = last ? queue[*count - 1] : queue[0];

    SIM_ASSERT(*count > 0);
    (*count)--;
    if (!last)
        memmove(queue, queue + 1, *count * sizeof *queue);
    return e;
}

static void read_one(struct script_monitor *m)
{
    struct script_event e = take(m->fd, &m->fd_count, false);

    runs(m, NS_READ);
    sim_note(m->w->sim, NOTE_UFFD_EVENT, e.rq.first, e.write, 0, 0);
    m->held[m->held_count++] = e;
    if (m->held_count >= m->o->batch)
        copy_in(m, 0);
    else
        poll_again(m);
}

static void copy_one(struct script_monitor *m)
{
    struct script_event e = take(m->held, &m->held_count, m->o->lifo != 0);

    runs(m, NS_COPY);
    if (m->held_count)
        copy_in(m, NS_AGAIN);
    else
        poll_again(m);
    sim_note(m->w->sim, NOTE_UFFD_COPY, e.rq.first, 0, 0, 0);
    backing_monitor_done(m->w, &e.rq);
}

static void on_monitor(void *ctx, const struct sim_event *ev)
{
    struct script_monitor *m = ctx;

    (void)ev;
    if (m->state == SCRIPT_MONITOR_WAKES)
        read_one(m);
    else if (m->state == SCRIPT_MONITOR_SLEEPS)
        wake_up(m);
    else if (m->state == SCRIPT_MONITOR_COPIES)
        copy_one(m);
    else
        copy_in(m, 0); /* patience has run out: what there is */
}

static void on_submit(void *ctx, const struct disk_request *rq, bool write)
{
    struct script_monitor *m = ctx;

    SIM_ASSERT(m->fd_count < SCRIPT_BATCH_MAX);
    m->fd[m->fd_count++] = (struct script_event){*rq, write};
    if (m->state == SCRIPT_MONITOR_POLLS)
        at(m, SCRIPT_MONITOR_WAKES, NS_WAKE);
}

void script_monitor_init(struct script_monitor *m, struct world *w, const struct script_options *o)
{
    *m = (struct script_monitor){.w = w, .o = o, .state = SCRIPT_MONITOR_POLLS};
    m->actor = sim_actor_add(w->sim, SIM_RANK_DEVICE, on_monitor, m);
    w->monitor_submit = on_submit;
    w->monitor_ctx = m;
}
