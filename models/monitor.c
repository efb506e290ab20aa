/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor.c - see monitor.h
 *
 * The lock serves one after the other in the order of arrival, so that it is a time at which it is
 * free again. The threads, and the link, are a disk each: they queue, and say how busy they are.
 */
#include "monitor.h"

#include <stdlib.h>

#include "sim_assert.h"
#include "watermarks.h"

enum stage { STAGE_THREADS, STAGE_ARRIVED };

struct uffd { /* one userfaultfd */
    sim_ns lock_free;
    uint32_t waiting; /* faults that it has not answered */
};

struct asked {
    struct disk_request rq;
    uint32_t uffd;
};

struct monitor {
    struct sim *sim;
    struct monitor_setup setup;
    const struct monitor_params *p;
    struct disk *threads, *link;  /* link: NULL without a bandwidth */
    sim_actor stages, prefetcher; /* only when they are used */
    struct uffd *uffd;
    struct asked *asked;    /* by cookie */
    sim_ns copy_ready;      /* the thread that prefetches has made its last copy */
    uint32_t next, picked;  /* prefetching: place in the order, or page; page on its way */
    uint32_t wanted_cookie; /* of the fault that waits for `picked`; NOT_WANTED: nobody does */
    uint32_t reserve;       /* frames that prefetching leaves free */
};
#define NOT_WANTED UINT32_MAX

/* ---- the way of a fault ---- */

static void arrive(struct monitor *m, uint64_t cookie, bool prefetched)
{
    const struct disk_request rq = m->asked[cookie].rq;

    m->uffd[m->asked[cookie].uffd].waiting--;
    sim_note(m->sim, NOTE_UFFD_COPY, rq.first, prefetched, 0, 0);
    m->setup.done(m->setup.ctx, &rq);
}

static void later(struct monitor *m, enum stage stage, sim_ns when, uint64_t cookie)
{
    sim_post(m->sim, m->stages, SIM_RANK_DEVICE, when, stage, cookie);
}

static void after_link(struct monitor *m, uint64_t cookie)
{
    if (m->p->pipelined && m->p->network_rtt)
        later(m, STAGE_ARRIVED, sim_now(m->sim) + m->p->network_rtt, cookie);
    else
        arrive(m, cookie, false);
}

static void on_answered(void *ctx, const struct disk_request *rq)
{
    struct monitor *m = ctx;

    if (m->link)
        disk_submit(m->link, rq);
    else
        after_link(m, rq->cookie);
}

static void on_stage(void *ctx, const struct sim_event *ev)
{
    struct monitor *m = ctx;

    if (ev->kind == STAGE_THREADS)
        disk_submit(m->threads, &m->asked[ev->arg].rq);
    else
        arrive(m, ev->arg, false);
}

/* When the fault has had the lock. */
static sim_ns through_lock(struct monitor *m, struct uffd *u)
{
    sim_ns now = sim_now(m->sim);

    if (u->lock_free < now)
        u->lock_free = now;
    u->lock_free += m->p->lock_hold + m->p->lock_per_waiter * u->waiting;
    return u->lock_free;
}

void monitor_ask(struct monitor *m, const struct disk_request *rq, uint32_t vcpu)
{
    uint32_t index = m->p->userfaultfd == USERFAULTFD_PER_VCPU ? vcpu : 0;
    sim_ns when = through_lock(m, &m->uffd[index]);

    SIM_ASSERT(rq->cookie < m->setup.requests_max);
    m->uffd[index].waiting++;
    m->asked[rq->cookie] = (struct asked){*rq, index};
    if (m->p->prefetch == PREFETCH_SEQUENTIAL)
        m->next = rq->first + 1;
    if (rq->first == m->picked)
        m->wanted_cookie = (uint32_t)rq->cookie;
    else if (when == sim_now(m->sim))
        disk_submit(m->threads, rq);
    else
        later(m, STAGE_THREADS, when, rq->cookie);
}

/* ---- prefetching ---- */

static bool never_sent(const struct monitor *m, uint32_t page)
{
    return !page_touched_once(m->setup.pages, page);
}

static uint32_t next_recorded(struct monitor *m)
{
    while (m->next < m->setup.order_count)
        if (never_sent(m, m->setup.order[m->next++]))
            return m->setup.order[m->next - 1];
    return PAGE_NONE;
}

/* In [from, to) of the regions behind userfaultfd. */
static uint32_t next_in(struct monitor *m, uint32_t from, uint32_t to)
{
    const struct params *p = m->setup.p;
    uint32_t first = 0, end;

    for (uint32_t r = 0; r < p->regions; r++, first = end) {
        end = first + region_pages(p, r);
        if (p->region[r].backing != BACKING_USERFAULTFD)
            continue;
        for (uint32_t i = first > from ? first : from; i < end && i < to; i++)
            if (never_sent(m, i))
                return i;
    }
    return PAGE_NONE;
}

static uint32_t next_sequential(struct monitor *m)
{
    uint32_t page = next_in(m, m->next, UINT32_MAX);

    if (page == PAGE_NONE)
        page = next_in(m, 0, m->next);
    m->next = page + 1;
    return page;
}

/* Puts the next page on its way. */
static void send_next(struct monitor *m)
{
    m->copy_ready = sim_now(m->sim) + m->p->copy;
    m->picked = m->p->prefetch == PREFETCH_RECORDED ? next_recorded(m) : next_sequential(m);
    if (m->picked == PAGE_NONE)
        return;
    if (m->link)
        disk_submit(m->link, &(struct disk_request){m->picked, 1, false, m->setup.requests_max});
    else
        sim_actor_at(m->sim, m->prefetcher, m->copy_ready, 0, 0);
}

/* The fault that came while the page was on its way has its frame, and ends with this copy. */
static void end_wanted(struct monitor *m)
{
    uint32_t cookie = m->wanted_cookie;

    m->wanted_cookie = NOT_WANTED;
    arrive(m, cookie, true);
}

static void on_prefetcher(void *ctx, const struct sim_event *ev)
{
    struct monitor *m = ctx;
    uint32_t page = m->picked;
    bool wanted = m->wanted_cookie != NOT_WANTED;

    (void)ev;
    m->picked = PAGE_NONE;
    if (wanted)
        end_wanted(m);
    if (!page_cache_has_room(m->setup.pages, 1 + m->reserve))
        return;
    if (page != PAGE_NONE && !wanted) {
        page_make(m->setup.pages, page);
        sim_note(m->sim, NOTE_UFFD_COPY, page, 1, 0, 0);
    }
    send_next(m);
}

static void on_link(void *ctx, const struct disk_request *rq)
{
    struct monitor *m = ctx;
    sim_ns now = sim_now(m->sim);

    if (rq->cookie < m->setup.requests_max)
        after_link(m, rq->cookie);
    else
        sim_actor_at(m->sim, m->prefetcher, now > m->copy_ready ? now : m->copy_ready, 0, 0);
}

/* ---- making ---- */

static bool make_disks(struct monitor *m)
{
    const struct monitor_setup *s = &m->setup;
    struct disk_params threads = {.channels = m->p->parallelism,
                                  .read = m->p->latency,
                                  .write = m->p->latency,
                                  .per_request = m->p->pipelined ? 0 : m->p->network_rtt};
    struct disk_params link = {.channels = 1};

    m->threads = disk_create(m->sim, &threads, s->number, s->seed, SIM_STREAM_MONITOR,
                             s->requests_max, on_answered, m);
    if (!m->p->bandwidth)
        return m->threads;
    link.read.kind = link.write.kind = SIM_DIST_CONSTANT;
    link.read.a = link.write.a = PAGE_BYTES * SIM_SEC / m->p->bandwidth;
    m->link = disk_create(m->sim, &link, s->link_number, s->seed, SIM_STREAM_MONITOR,
                          s->requests_max + 1, on_link, m);
    return m->threads && m->link;
}

void monitor_add_actors(struct monitor *m)
{
    const struct monitor_params *p = m->p;

    if (p->lock_hold || p->lock_per_waiter || p->network_rtt)
        m->stages = sim_actor_add(m->sim, SIM_RANK_DEVICE, on_stage, m);
    if (p->prefetch != PREFETCH_NONE)
        m->prefetcher = sim_actor_add(m->sim, SIM_RANK_DEVICE, on_prefetcher, m);
}

/* The round trip comes once: then pages stream. */
void monitor_start(struct monitor *m)
{
    if (m->p->prefetch != PREFETCH_NONE)
        sim_actor_at(m->sim, m->prefetcher, m->p->network_rtt, 0, 0);
}

struct monitor *monitor_create(struct sim *sim, const struct monitor_setup *setup)
{
    const struct monitor_params *p = &setup->p->monitor;
    struct monitor *m = calloc(1, sizeof *m);

    if (!m)
        return NULL;
    m->sim = sim;
    m->setup = *setup;
    m->p = p;
    m->picked = PAGE_NONE;
    m->wanted_cookie = NOT_WANTED;
    m->reserve = host_watermarks(&setup->p->host).high;
    m->uffd = calloc(all_vcpus(setup->p), sizeof *m->uffd);
    m->asked = calloc(setup->requests_max, sizeof *m->asked);
    if (make_disks(m) && m->uffd && m->asked)
        return m;
    monitor_destroy(m);
    return NULL;
}

void monitor_destroy(struct monitor *m)
{
    if (!m)
        return;
    disk_destroy(m->threads);
    disk_destroy(m->link);
    free(m->asked);
    free(m->uffd);
    free(m);
}
