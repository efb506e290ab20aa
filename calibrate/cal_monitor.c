/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_monitor.c - a queue of missing pages, `parallelism` servers, each busy for `delay` a page
 *
 * One thread plays all servers: it sleeps until the next event or the next page that is due. It
 * copies a page, and records when it was asked, began to copy, and had copied.
 */
#include "cal_monitor.h"

#include <errno.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cal_thread.h"
#include "guest_abi.h"

#define WAITING_MAX 256u /* more than APF and all vCPUs can have in flight */

struct monitor {
    struct cal_monitor *m;
    uint64_t waiting[WAITING_MAX]; /* pages, oldest first */
    unsigned waits;
    struct {
        uint64_t page, due;
    } busy[WAITING_MAX];
    unsigned servers;
    unsigned collected; /* of a batch */
};

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void serve(struct monitor *o)
{
    struct cal_monitor *m = o->m;
    unsigned limit = m->parallelism < WAITING_MAX ? m->parallelism : WAITING_MAX;

    if (m->batch && o->collected < m->batch)
        return;
    while (o->waits && o->servers < limit) {
        o->busy[o->servers].page = o->waiting[0];
        o->busy[o->servers++].due = now_ns() + m->delay_ns;
        memmove(o->waiting, o->waiting + 1, --o->waits * sizeof(o->waiting[0]));
    }
}

static void take_events(struct monitor *o)
{
    struct cal_monitor *m = o->m;
    struct uffd_msg msg;

    while (o->waits < WAITING_MAX && read(m->fd, &msg, sizeof(msg)) == (ssize_t)sizeof(msg)) {
        uint64_t page = (msg.arg.pagefault.address - (uintptr_t)m->base) / CAL_PAGE;
        bool known = false;

        if (msg.event != UFFD_EVENT_PAGEFAULT || page >= m->pages)
            continue;
        for (unsigned i = 0; i < o->waits; i++)
            known |= o->waiting[i] == page;
        for (unsigned i = 0; i < o->servers; i++)
            known |= o->busy[i].page == page;
        if (known)
            continue;
        m->answer[page].asked = cal_tsc();
        o->waiting[o->waits++] = page;
        o->collected++;
    }
}

static void supply(struct monitor *o, uint64_t page)
{
    static _Thread_local uint64_t contents[CAL_PAGE / 8] __attribute__((aligned(CAL_PAGE)));
    struct cal_monitor *m = o->m;
    struct uffdio_copy copy = {
        .dst = (uintptr_t)m->base + page * CAL_PAGE,
        .src = m->source ? (uintptr_t)m->source + page * CAL_PAGE : (uintptr_t)contents,
        .len = CAL_PAGE,
    };
    uint64_t before = cal_tsc();

    contents[0] = GUEST_MAGIC | page;
    while (ioctl(m->fd, UFFDIO_COPY, &copy) && errno == EAGAIN)
        copy.copy = 0;
    m->answer[page].copied = cal_tsc();
    m->answer[page].copy = before;
}

/* Copies what is due; returns how long it is to the next. */
static uint64_t supply_due(struct monitor *o)
{
    uint64_t now = now_ns(), next = 1000000000;

    for (unsigned i = 0; i < o->servers;) {
        if (o->busy[i].due > now) {
            uint64_t left = o->busy[i++].due - now;

            next = left < next ? left : next;
            continue;
        }
        supply(o, o->busy[i].page);
        o->servers--;
        memmove(o->busy + i, o->busy + i + 1, (o->servers - i) * sizeof(o->busy[0]));
    }
    if (o->m->batch && !o->servers && !o->waits)
        o->collected = 0;
    return next;
}

/*
 * The monitor plays a device: it is to be on time. CPU 0 is where no pinned vCPU is, unless there
 * is but one. A real-time priority is asked for, and done without if that is refused; nice alone is
 * nothing between sessions (autogroups). It needs some microseconds a page.
 */
static void stand_apart(struct cal_monitor *m)
{
    struct sched_param first = {.sched_priority = 1};

    if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
        cal_thread_pin(CAL_MONITOR_CPU);
    m->tid = (int)syscall(SYS_gettid);
    m->prompt = !pthread_setschedparam(pthread_self(), SCHED_FIFO, &first);
    if (!m->prompt)
        setpriority(PRIO_PROCESS, (id_t)m->tid, -20);
}

static void *monitor_main(void *arg)
{
    struct monitor o = {.m = arg};
    struct pollfd fds[2] = {{o.m->fd, POLLIN, 0}, {o.m->stop[0], POLLIN, 0}};

    stand_apart(o.m);
    prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul);
    while (!fds[1].revents) {
        uint64_t left = supply_due(&o);
        struct timespec wait;

        serve(&o);
        if (o.servers && left == 1000000000)
            continue;
        wait = (struct timespec){(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
        if (ppoll(fds, 2, &wait, NULL) > 0 && fds[0].revents)
            take_events(&o);
    }
    return NULL;
}

bool cal_monitor_start(struct cal_monitor *m, struct cal_error *error)
{
    m->stop[0] = m->stop[1] = -1;
    m->answer = calloc(m->pages, sizeof(*m->answer));
    if (!m->answer || pipe(m->stop) || pthread_create(&m->thread, NULL, monitor_main, m))
        return cal_fail(error, CAL_MISSING, "no thread for the monitor: %s", strerror(errno));
    m->threaded = true;
    return true;
}

void cal_monitor_stop(struct cal_monitor *m)
{
    if (!m->answer)
        return;
    for (int i = 1; i >= 0; i--) {
        if (m->stop[i] >= 0)
            close(m->stop[i]); /* the end that it polls is closed when it is gone */
        if (i == 1 && m->threaded)
            pthread_join(m->thread, NULL);
    }
    free(m->answer);
    m->answer = NULL;
}
