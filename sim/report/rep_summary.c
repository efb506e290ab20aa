/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_summary.c - from runs to means
 *
 * Each figure of a run is a small function of it; one loop makes the array over replicas and takes
 * the mean. Order is by replica number, so that any number of threads gives the same bits.
 */
#include "rep_summary.h"

#include <stdio.h>
#include <string.h>

#include <glib.h>

struct figure_ctx {
    const struct rep_setting *set;
    unsigned index; /* disk, kind or guest */
};
typedef double (*figure)(const struct rep_result *r, const struct figure_ctx *ctx);

static double per_second(uint64_t count, const struct rep_result *r)
{
    return r->wall ? (double)count * 1e9 / (double)r->wall : 0;
}

static double figure_utilization(const struct rep_result *r, const struct figure_ctx *ctx)
{
    (void)ctx;
    if (!r->wall)
        return 0;
    return (double)rep_ledger_sum(r, LEDGER_USER) / ((double)r->wall * r->vcpus);
}

#define ANY_GUEST UINT32_MAX

static bool is_work(const struct rep_setting *set, uint32_t kind, uint32_t guest)
{
    return set->kind[kind].measured && (guest == ANY_GUEST || set->kind[kind].guest == guest);
}

/* The measured time, or until the last measured task ended if all have: a job of fixed length is
 * the faster the sooner it is done. */
static sim_ns work_time(const struct rep_result *r, const struct rep_setting *set, uint32_t guest)
{
    sim_ns end = 0;

    for (uint32_t k = 0; k < r->kinds; k++) {
        if (is_work(set, k, guest) && !r->task[k].completed)
            return r->wall;
        if (is_work(set, k, guest))
            end = MAX(end, r->task[k].completion_ns);
    }
    return end > r->began ? end - r->began : r->wall;
}

static double work_of(const struct rep_result *r, const struct rep_setting *set, uint32_t guest)
{
    sim_ns time = work_time(r, set, guest);
    uint64_t sum = 0;

    for (uint32_t k = 0; k < r->kinds; k++)
        sum += is_work(set, k, guest) ? r->task[k].iterations : 0;
    return time ? (double)sum * 1e9 / (double)time : 0;
}

static double figure_work(const struct rep_result *r, const struct figure_ctx *ctx)
{
    return work_of(r, ctx->set, ANY_GUEST);
}

static double figure_guest_work(const struct rep_result *r, const struct figure_ctx *ctx)
{
    return work_of(r, ctx->set, ctx->index);
}

static double figure_guest_utilization(const struct rep_result *r, const struct figure_ctx *ctx)
{
    const struct rep_guest *g = &ctx->set->guest[ctx->index];
    double time = (double)r->wall * g->vcpus;

    return time > 0 ? (double)rep_guest_ledger(r, g, LEDGER_USER) / time : 0;
}

static double host_busy(const struct rep_result *r)
{
    return (double)r->wall * r->host_cpus - (double)rep_host_sum(r, HOST_IDLE);
}

static double figure_host_utilization(const struct rep_result *r, const struct figure_ctx *ctx)
{
    double time = (double)r->wall * r->host_cpus;

    (void)ctx;
    return time > 0 ? host_busy(r) / time : 0;
}

static double figure_host_work(const struct rep_result *r, const struct figure_ctx *ctx)
{
    double busy = host_busy(r);

    return busy > 0 ? figure_work(r, ctx) * (double)r->wall / busy : 0;
}

static double figure_task_rate(const struct rep_result *r, const struct figure_ctx *ctx)
{
    return per_second(r->task[ctx->index].iterations, r);
}

static double figure_fault_rate(const struct rep_result *r, const struct figure_ctx *ctx)
{
    (void)ctx;
    return per_second(r->latency[LATENCY_FAULT].count, r);
}

static double figure_outstanding(const struct rep_result *r, const struct figure_ctx *ctx)
{
    (void)ctx;
    return r->wall ? (double)r->flow.in_flight_ns / (double)r->wall : 0;
}

static double figure_disk_utilization(const struct rep_result *r, const struct figure_ctx *ctx)
{
    double time = (double)r->wall * ctx->set->channels[ctx->index];

    return time > 0 ? (double)r->disk[ctx->index].busy_ns / time : 0;
}

static double figure_disk_queue(const struct rep_result *r, const struct figure_ctx *ctx)
{
    return r->wall ? (double)r->disk[ctx->index].waiting_ns / (double)r->wall : 0;
}

/* All the runs, and room for two figures of each replica. */
struct maker {
    struct rep_summary *s;
    struct rep_result *const *result;
    uint32_t replicas;
    double *x, *base;
};

static const struct rep_result *run_of(const struct maker *m, uint32_t mode, uint32_t replica)
{
    return m->result[(size_t)mode * m->replicas + replica];
}

static struct rep_mean mean_of(const struct maker *m, uint32_t mode, figure f, unsigned index)
{
    struct figure_ctx ctx = {.set = m->s->set, .index = index};
    uint32_t n = 0;

    for (uint32_t r = 0; r < m->replicas; r++)
        if (rep_outcome_good(run_of(m, mode, r)->outcome))
            m->x[n++] = f(run_of(m, mode, r), &ctx);
    return rep_mean_of(m->x, n);
}

static struct rep_mean ratio_of(const struct maker *m, uint32_t mode, uint32_t base, figure f,
                                unsigned index)
{
    struct figure_ctx ctx = {.set = m->s->set, .index = index};
    uint32_t n = 0;

    for (uint32_t r = 0; r < m->replicas; r++) {
        const struct rep_result *a = run_of(m, mode, r), *b = run_of(m, base, r);

        if (!rep_outcome_good(a->outcome) || !rep_outcome_good(b->outcome))
            continue;
        m->x[n] = f(a, &ctx);
        m->base[n++] = f(b, &ctx);
    }
    return rep_paired_ratio(m->x, m->base, n);
}

/* Of the replicas in which the kind has ended in both modes. */
static struct rep_mean completion_ratio(const struct maker *m, uint32_t mode, uint32_t base,
                                        uint32_t kind)
{
    uint32_t n = 0;

    for (uint32_t r = 0; r < m->replicas; r++) {
        const struct rep_result *a = run_of(m, mode, r), *b = run_of(m, base, r);

        if (!rep_outcome_good(a->outcome) || !rep_outcome_good(b->outcome) ||
            !a->task[kind].completed || !b->task[kind].completed)
            continue;
        m->x[n] = (double)a->task[kind].completion_ns;
        m->base[n++] = (double)b->task[kind].completion_ns;
    }
    return rep_paired_ratio(m->x, m->base, n);
}

static struct rep_mean completion_of(const struct maker *m, uint32_t mode, uint32_t kind)
{
    uint32_t n = 0;

    for (uint32_t r = 0; r < m->replicas; r++) {
        const struct rep_result *run = run_of(m, mode, r);

        if (rep_outcome_good(run->outcome) && run->task[kind].completed)
            m->x[n++] = (double)run->task[kind].completion_ns / 1e9;
    }
    return rep_mean_of(m->x, n);
}

static double figure_request_p50(const struct rep_result *r, const struct figure_ctx *ctx)
{
    return (double)sim_hist_percentile(&r->task[ctx->index].request, 500000);
}

static double figure_request_p99(const struct rep_result *r, const struct figure_ctx *ctx)
{
    return (double)sim_hist_percentile(&r->task[ctx->index].request, 990000);
}

/* Every good run has answered requests of the kind. */
static bool all_answered(const struct maker *m, uint32_t mode, uint32_t kind)
{
    for (uint32_t r = 0; r < m->replicas; r++)
        if (rep_outcome_good(run_of(m, mode, r)->outcome) &&
            !run_of(m, mode, r)->task[kind].request.count)
            return false;
    return true;
}

static struct rep_mean remote_of(const struct maker *m, uint32_t mode)
{
    uint32_t n = 0;

    for (uint32_t r = 0; r < m->replicas; r++) {
        const struct rep_result *run = run_of(m, mode, r);

        if (rep_outcome_good(run->outcome) && run->all_came)
            m->x[n++] = (double)run->all_came_ns / 1e9;
    }
    return rep_mean_of(m->x, n);
}

static void fill_total(const struct maker *m, uint32_t mode)
{
    struct rep_mode_summary *to = &m->s->mode[mode];

    to->total = rep_result_create(m->s->set->vcpus, m->s->set->kinds, m->s->set->whys);
    rep_result_host(to->total, m->s->set->host_cpus);
    for (uint32_t r = 0; r < m->replicas; r++) {
        const struct rep_result *run = run_of(m, mode, r);

        if (rep_outcome_good(run->outcome))
            rep_result_add(to->total, run);
        else
            to->failed++;
    }
}

static void fill_means(const struct maker *m, uint32_t mode)
{
    struct rep_mode_summary *to = &m->s->mode[mode];

    to->utilization = mean_of(m, mode, figure_utilization, 0);
    to->work_per_s = mean_of(m, mode, figure_work, 0);
    to->host_utilization = mean_of(m, mode, figure_host_utilization, 0);
    to->host_work = mean_of(m, mode, figure_host_work, 0);
    to->fault_rate = mean_of(m, mode, figure_fault_rate, 0);
    to->remote_s = remote_of(m, mode);
    to->outstanding = mean_of(m, mode, figure_outstanding, 0);
    for (unsigned d = 0; d < REP_DISKS; d++) {
        to->disk_utilization[d] = mean_of(m, mode, figure_disk_utilization, d);
        to->disk_queue[d] = mean_of(m, mode, figure_disk_queue, d);
    }
    for (uint32_t g = 0; g < m->s->set->guests; g++) {
        to->guest[g].utilization = mean_of(m, mode, figure_guest_utilization, g);
        to->guest[g].work_per_s = mean_of(m, mode, figure_guest_work, g);
    }
    for (uint32_t k = 0; k < m->s->set->kinds; k++) {
        to->task[k].rate = mean_of(m, mode, figure_task_rate, k);
        to->task[k].completion_s = completion_of(m, mode, k);
        if (m->s->set->kind[k].serves && all_answered(m, mode, k)) {
            to->task[k].request_p50 = mean_of(m, mode, figure_request_p50, k);
            to->task[k].request_p99 = mean_of(m, mode, figure_request_p99, k);
        }
    }
}

static void fill_gains(const struct maker *m, uint32_t mode, uint32_t base)
{
    struct rep_mode_summary *to = &m->s->mode[mode];

    if (mode == base)
        return;
    to->gain = ratio_of(m, mode, base, figure_work, 0);
    to->host_gain = ratio_of(m, mode, base, figure_host_work, 0);
    for (uint32_t g = 0; g < m->s->set->guests; g++)
        to->guest[g].gain = ratio_of(m, mode, base, figure_guest_work, g);
    for (uint32_t k = 0; k < m->s->set->kinds; k++) {
        to->task[k].change = ratio_of(m, mode, base, figure_task_rate, k);
        if (to->task[k].request_p99.n && m->s->mode[base].task[k].request_p99.n)
            to->task[k].request_p99_ratio = ratio_of(m, mode, base, figure_request_p99, k);
        to->task[k].completion_change = completion_ratio(m, mode, base, k);
    }
}

/* The first bad run is the outcome; when all are good, the first run's. */
static void fill_outcome(const struct maker *m)
{
    struct rep_summary *s = m->s;

    s->outcome = run_of(m, 0, 0)->outcome;
    for (uint32_t mode = 0; mode < s->modes; mode++) {
        for (uint32_t r = 0; r < m->replicas; r++) {
            const struct rep_result *run = run_of(m, mode, r);

            if (rep_outcome_good(run->outcome))
                continue;
            s->outcome = run->outcome;
            s->bad_mode = mode;
            s->bad_replica = r;
            snprintf(s->text, sizeof s->text, "mode %s, replica %u: %s", s->mode[mode].key, r + 1,
                     run->text);
            return;
        }
    }
}

struct rep_summary *rep_summary_create(const struct rep_setting *set,
                                       struct rep_result *const *result)
{
    struct rep_summary *s = g_new0(struct rep_summary, 1);
    struct maker m = {.s = s, .result = result, .replicas = set->replicas};

    s->set = set;
    s->modes = set->modes;
    m.x = g_new0(double, set->replicas);
    m.base = g_new0(double, set->replicas);
    for (uint32_t mode = 0; mode < s->modes; mode++) {
        s->mode[mode].key = set->mode_key[mode];
        fill_total(&m, mode);
        fill_means(&m, mode);
    }
    for (uint32_t base = 0; base < s->modes; base++)
        if (!strcmp(s->mode[base].key, "off"))
            for (uint32_t mode = 0; mode < s->modes; mode++)
                fill_gains(&m, mode, base);
    fill_outcome(&m);
    g_free(m.x);
    g_free(m.base);
    return s;
}

void rep_summary_destroy(struct rep_summary *s)
{
    if (!s)
        return;
    for (uint32_t mode = 0; mode < s->modes; mode++)
        rep_result_destroy(s->mode[mode].total);
    g_free(s);
}

const struct rep_mode_summary *rep_summary_mode(const struct rep_summary *s, const char *key)
{
    for (uint32_t m = 0; m < s->modes; m++)
        if (!strcmp(s->mode[m].key, key))
            return &s->mode[m];
    return NULL;
}

double rep_share(const struct rep_mode_summary *m, enum ledger_class c)
{
    double time = (double)m->total->wall * m->total->vcpus;

    return time > 0 ? (double)rep_ledger_sum(m->total, c) / time : 0;
}

double rep_host_share(const struct rep_mode_summary *m, enum host_class c)
{
    double time = (double)m->total->wall * m->total->host_cpus;

    return time > 0 ? (double)rep_host_sum(m->total, c) / time : 0;
}

double rep_latency_mean(const struct rep_mode_summary *m, enum latency l)
{
    return sim_hist_mean(&m->total->latency[l]);
}

double rep_wait_mean(const struct rep_mode_summary *m)
{
    bool waited = m->total->latency[LATENCY_SYNC_BLOCK].count > 0;

    return rep_latency_mean(m, waited ? LATENCY_SYNC_BLOCK : LATENCY_FAULT);
}

struct rep_little rep_little_of(const struct rep_mode_summary *m)
{
    struct rep_little l = {0};
    const struct rep_result *t = m->total;
    const struct sim_hist *h = &t->latency[LATENCY_FAULT];

    l.holds = l.judged = true;
    if (!t->wall)
        return l;
    l.outstanding = (double)t->flow.in_flight_ns / (double)t->wall;
    l.rate = (double)h->count * 1e9 / (double)t->wall;
    l.latency_s = rep_latency_mean(m, LATENCY_FAULT) / 1e9;
    l.unfinished = t->flow.unfinished;
    l.waits = h->count + l.unfinished;
    l.judged = t->flow.waited_so_far <= t->flow.in_flight_ns / 2;
    l.holds = t->flow.in_flight_ns + t->flow.waited_before == h->sum_low + t->flow.waited_so_far;
    return l;
}
