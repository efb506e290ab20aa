/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script_monitor.c - the userfaultfd thread of a recorded experiment
 */
#include "script_monitor.h"

#include <string.h>

#include "backing.h"
#include "sim_assert.h"
#include "thread.h"

/* Assumed, on the slow side, as the recording machine was. */
#define NS_WAKE     (30 * SIM_US)  /* from the fault to the thread's read() */
#define NS_RUN      (10 * SIM_US)  /* one read() or one UFFDIO_COPY, on the vCPU's CPU */
#define NS_SLACK    (60 * SIM_US)  /* timer slack of usleep(), and the way out of it */
#define NS_PATIENCE (300 * SIM_MS) /* poll() for the rest of a batch */

static void runs(struct script_monitor *m)
{
    vcpu_worker_preempts(&m->w->vcpu[0], NS_RUN);
}

static void at(struct script_monitor *m, enum script_monitor_state state, sim_ns in)
{
    m->state = state;
    sim_actor_at(m->w->sim, m->actor, in == SIM_NEVER ? SIM_NEVER : sim_now(m->w->sim) + in, 0, 0);
}

static void poll_again(struct script_monitor *m)
{
    if (m->fd_count)
        at(m, SCRIPT_MONITOR_WAKES, NS_RUN);
    else
        at(m, SCRIPT_MONITOR_POLLS, m->held_count ? NS_PATIENCE : SIM_NEVER);
}

static void copy_next(struct script_monitor *m)
{
    at(m, SCRIPT_MONITOR_COPIES, m->o->delay ? m->o->delay * SIM_US + NS_SLACK : NS_RUN);
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

    runs(m);
    sim_note(m->w->sim, NOTE_UFFD_EVENT, e.rq.first, e.write, 0, 0);
    m->held[m->held_count++] = e;
    if (m->held_count >= m->o->batch)
        copy_next(m);
    else
        poll_again(m);
}

static void copy_one(struct script_monitor *m)
{
    struct script_event e = take(m->held, &m->held_count, m->o->lifo != 0);

    runs(m);
    if (m->held_count)
        copy_next(m);
    else
        poll_again(m);
    backing_monitor_done(m->w, &e.rq);
}

static void on_monitor(void *ctx, const struct sim_event *ev)
{
    struct script_monitor *m = ctx;

    (void)ev;
    if (m->state == SCRIPT_MONITOR_WAKES)
        read_one(m);
    else if (m->state == SCRIPT_MONITOR_COPIES)
        copy_one(m);
    else
        copy_next(m); /* patience has run out: what there is */
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
