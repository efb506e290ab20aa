/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_result.c - memory and sums of results. Knows nothing of notes.
 */
#include "rep_result.h"

#include <string.h>

#include <glib.h>

#define MEMORY_KEY(name, key, help)  [REP_MEMORY_##name] = key,
#define MEMORY_HELP(name, key, help) [REP_MEMORY_##name] = help,
const char *const rep_memory_key[REP_MEMORIES] = {REP_MEMORY(MEMORY_KEY)};
const char *const rep_memory_help[REP_MEMORIES] = {REP_MEMORY(MEMORY_HELP)};

struct rep_result *rep_result_create(uint32_t vcpus, uint32_t kinds, uint32_t whys)
{
    struct rep_result *r = g_new0(struct rep_result, 1);

    r->vcpus = vcpus;
    r->kinds = kinds;
    r->whys = whys;
    r->ledger = g_malloc0_n(vcpus, sizeof *r->ledger);
    r->task = g_new0(struct rep_task_result, kinds);
    for (uint32_t k = 0; k < kinds; k++) {
        sim_hist_clear(&r->task[k].wake);
        sim_hist_clear(&r->task[k].request);
    }
    for (unsigned l = 0; l < LATENCY_COUNT; l++)
        sim_hist_clear(&r->latency[l]);
    return r;
}

void rep_result_host(struct rep_result *r, uint32_t host_cpus)
{
    r->host_cpus = host_cpus;
    r->host = g_malloc0_n(host_cpus, sizeof *r->host);
}

void rep_result_destroy(struct rep_result *r)
{
    if (!r)
        return;
    g_free(r->ledger);
    g_free(r->host);
    g_free(r->task);
    g_free(r);
}

static void add_tasks(struct rep_result *total, const struct rep_result *r)
{
    for (uint32_t k = 0; k < r->kinds; k++) {
        struct rep_task_result *to = &total->task[k];
        const struct rep_task_result *from = &r->task[k];

        to->cpu_ns += from->cpu_ns;
        to->iterations += from->iterations;
        for (unsigned o = 0; o < OUTCOME_COUNT; o++)
            to->outcome_count[o] += from->outcome_count[o];
        to->ended += from->ended;
        to->completed += from->completed;
        to->completion_ns += from->completion_ns;
        sim_hist_merge(&to->wake, &from->wake);
        to->arrived += from->arrived;
        to->dropped += from->dropped;
        to->within += from->within;
        sim_hist_merge(&to->request, &from->request);
    }
}

static void add_disk(struct rep_disk_result *to, const struct rep_disk_result *from)
{
    to->busy_ns += from->busy_ns;
    to->waiting_ns += from->waiting_ns;
    for (unsigned w = 0; w < 2; w++) {
        to->requests[w] += from->requests[w];
        to->pages[w] += from->pages[w];
    }
}

static void add_flow(struct rep_flow_result *to, const struct rep_flow_result *from)
{
    to->in_flight_ns += from->in_flight_ns;
    to->waited_before += from->waited_before;
    to->waited_so_far += from->waited_so_far;
    to->unfinished += from->unfinished;
    to->most = MAX(to->most, from->most);
}

static void add_faults(struct rep_result *total, const struct rep_result *r)
{
    for (unsigned o = 0; o < OUTCOME_COUNT; o++)
        total->outcome_count[o] += r->outcome_count[o];
    for (unsigned w = 0; w < REP_WHYS_MAX; w++)
        total->why_count[w] += r->why_count[w];
    total->attempts += r->attempts;
    total->attempts_repeated += r->attempts_repeated;
}

void rep_result_add(struct rep_result *total, const struct rep_result *r)
{
    g_assert(total->vcpus == r->vcpus && total->kinds == r->kinds);
    g_assert(total->host_cpus == r->host_cpus);
    total->wall += r->wall;
    total->runs += r->runs;
    for (uint32_t v = 0; v < r->vcpus; v++)
        for (unsigned c = 0; c < LEDGER_COUNT; c++)
            total->ledger[v][c] += r->ledger[v][c];
    for (uint32_t v = 0; v < r->host_cpus; v++)
        for (unsigned c = 0; c < HOST_CLASS_COUNT; c++)
            total->host[v][c] += r->host[v][c];
    add_tasks(total, r);
    add_faults(total, r);
    for (unsigned l = 0; l < LATENCY_COUNT; l++)
        sim_hist_merge(&total->latency[l], &r->latency[l]);
    for (unsigned d = 0; d < REP_DISKS; d++)
        add_disk(&total->disk[d], &r->disk[d]);
    add_flow(&total->flow, &r->flow);
    for (unsigned m = 0; m < REP_MEMORIES; m++)
        total->memory[m] += r->memory[m];
    total->all_came += r->all_came;
    total->all_came_ns += r->all_came_ns;
    total->hotplug.offlines += r->hotplug.offlines;
    total->hotplug.offline_ns += r->hotplug.offline_ns;
    total->hotplug.left_busy += r->hotplug.left_busy;
    total->apf_most = MAX(total->apf_most, r->apf_most);
    total->reads_most = MAX(total->reads_most, r->reads_most);
    total->reads_limit = MAX(total->reads_limit, r->reads_limit);
    total->posted_most = MAX(total->posted_most, r->posted_most);
}

bool rep_needs_io(enum outcome o)
{
    switch (o) {
    case OUTCOME_INLINE:
    case OUTCOME_DELIVERED:
    case OUTCOME_HALTED:
    case OUTCOME_SYNC:
    case OUTCOME_SYNC_PREFAULT:
    case OUTCOME_ERROR:
        return true;
    case OUTCOME_RESIDENT:
    case OUTCOME_MINOR:
    case OUTCOME_STALE:
    case OUTCOME_COUNT:
        break;
    }
    return false;
}

uint64_t rep_io_count(const struct rep_result *r)
{
    uint64_t sum = 0;

    for (unsigned o = 0; o < OUTCOME_COUNT; o++)
        sum += rep_needs_io((enum outcome)o) ? r->outcome_count[o] : 0;
    return sum;
}

uint64_t rep_guest_io(const struct rep_result *r, const struct rep_setting *set, uint32_t guest,
                      uint64_t *ret_delivered)
{
    uint64_t sum = 0;

    *ret_delivered = 0;
    for (uint32_t k = 0; k < r->kinds; k++) {
        if (set->kind[k].guest != guest)
            continue;
        *ret_delivered += r->task[k].outcome_count[OUTCOME_DELIVERED];
        for (unsigned o = 0; o < OUTCOME_COUNT; o++)
            sum += rep_needs_io((enum outcome)o) ? r->task[k].outcome_count[o] : 0;
    }
    return sum;
}

uint64_t rep_guest_ledger(const struct rep_result *r, const struct rep_guest *g,
                          enum ledger_class c)
{
    uint64_t sum = 0;

    for (uint32_t v = g->first; v < g->first + g->vcpus; v++)
        sum += r->ledger[v][c];
    return sum;
}

uint64_t rep_why_sum(const struct rep_result *r)
{
    uint64_t sum = 0;

    for (unsigned w = 1; w < REP_WHYS_MAX; w++)
        sum += r->why_count[w];
    return sum;
}

uint64_t rep_ledger_sum(const struct rep_result *r, enum ledger_class c)
{
    uint64_t sum = 0;

    for (uint32_t v = 0; v < r->vcpus; v++)
        sum += r->ledger[v][c];
    return sum;
}

double rep_within(const struct rep_task_result *t)
{
    uint64_t all = t->request.count + t->dropped;

    return all ? (double)t->within / (double)all : 0;
}

bool rep_objective_met(const struct rep_kind *kind, const struct rep_task_result *t)
{
    uint64_t all = t->request.count + t->dropped;

    return all && (double)t->within * 1e6 >= (double)all * kind->objective_ppm;
}

uint64_t rep_host_sum(const struct rep_result *r, enum host_class c)
{
    uint64_t sum = 0;

    for (uint32_t v = 0; v < r->host_cpus; v++)
        sum += r->host[v][c];
    return sum;
}

uint32_t rep_why_find(const struct rep_setting *s, const char *key)
{
    for (uint32_t w = 1; w < s->whys; w++)
        if (!strcmp(s->why_key[w], key))
            return w;
    return 0;
}

const char *const rep_mode_key[REP_MODES + 1] = {"off", "halt", "apf", NULL};

const char *rep_mode_help(const char *key)
{
    static const char *const help[REP_MODES] = {"host waits in vCPU thread",
                                                "host-side APF, guest not told", "full protocol"};

    for (unsigned m = 0; rep_mode_key[m]; m++)
        if (!strcmp(rep_mode_key[m], key))
            return help[m];
    return NULL;
}
