/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scenario.c - see scenario.h */
#include "scenario.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "scenario_teller.h"

static struct params params;
static struct scenario_result results[4];

/* ---- parameters ---- */

static const struct cost_params legible = {
    .exit = 1000,
    .fault = 200,
    .map = 30,
    .zero_page = 4,
    .sync_fault = 2000,
    .prefault = 500,
    .reclaim = 7,
    .not_present = 400,
    .ready = 600,
    .context_switch = 1500,
    .worker = 3000,
    .vcpu_wake = 6000,
    .tick = 50,
    .touch = 10,
};

static struct sim_dist constant(sim_ns ns)
{
    return (struct sim_dist){.kind = SIM_DIST_CONSTANT, .a = ns};
}

struct params *scenario(void)
{
    memset(&params, 0, sizeof params);
    params.duration = 10 * SIM_MS;
    params.replicas = 1;
    params.walk_every = 1;
    params.cost = legible;
    params.host = (struct host_params){.kernel = APF_KERNEL_6_12,
                                       .page_cluster = 0,
                                       .watermark_scale = 10,
                                       .zswap_max_pool_ppm = PPM / 5,
                                       .zswap_accept_ppm = PPM / 10 * 9,
                                       .zswap_ratio_milli = 3000,
                                       .sched = {.latency = 6 * SIM_MS,
                                                 .min_granularity = 750 * SIM_US,
                                                 .wakeup_granularity = SIM_MS,
                                                 .scaling = true,
                                                 .sleeper_credit = true,
                                                 .wakeup_preemption = true}};
    params.guest = (struct guest_params){.kernel = APF_KERNEL_6_12,
                                         .vcpus = 1,
                                         .memory = (uint64_t)1 << 40,
                                         .tickless = true,
                                         .scheduler = GUEST_SCHED_FIFO,
                                         .cfs.latency = 6 * SIM_MS,
                                         .cfs.min_granularity = 750 * SIM_US,
                                         .cfs.wakeup_granularity = SIM_MS,
                                         .cfs.sleeper_credit = true,
                                         .cfs.wakeup_preemption = true,
                                         .apf = true,
                                         .steal_time = true};
    params.disk = (struct disk_params){.device = "custom",
                                       .channels = 1,
                                       .read = constant(100 * SIM_US),
                                       .write = constant(100 * SIM_US),
                                       .per_page = SIM_US};
    params.monitor = (struct monitor_params){.latency = constant(50 * SIM_US), .parallelism = 1};
    return &params;
}

uint32_t scenario_region(struct params *p, enum backing backing, uint32_t pages, uint32_t resident)
{
    struct region_params *r = &p->region[p->regions];

    cr_assert_lt(p->regions, REGIONS_MAX);
    *r = (struct region_params){.size = (uint64_t)pages * PAGE_BYTES,
                                .backing = backing,
                                .resident = (uint64_t)resident * PAGE_BYTES};
    snprintf(r->name, sizeof r->name, "r%u", p->regions);
    return p->regions++;
}

struct task_params *scenario_task(struct params *p)
{
    struct task_params *t = &p->task[p->tasks++];

    cr_assert_leq(p->tasks, TASK_KINDS_MAX);
    *t = (struct task_params){.count = 1, .vcpu = 0, .iterations = 1};
    return t;
}

struct step_params *scenario_step(struct task_params *t, enum step_kind kind)
{
    struct step_params *s = &t->step[t->steps++];

    cr_assert_leq(t->steps, STEPS_MAX);
    *s = (struct step_params){.kind = kind, .pages = 1, .stride = 1, .zipf_milli = 1000};
    return s;
}

void scenario_compute(struct task_params *t, sim_ns ns)
{
    scenario_step(t, STEP_COMPUTE)->time = constant(ns);
}

struct step_params *scenario_touch(struct task_params *t, uint32_t first, uint32_t pages)
{
    struct step_params *s = scenario_step(t, STEP_TOUCH);

    s->pattern = PATTERN_CYCLIC;
    s->first = (uint64_t)first * PAGE_BYTES;
    s->pages = pages;
    s->write_ppm = PPM;
    return s;
}

/* ---- running ---- */

/* The books of shared host CPUs, and that they and the vCPUs' agree. */
static void check_host(const struct params *p, const struct scenario_result *r)
{
    uint64_t all = 0, guest = 0;

    for (unsigned c = 0; c < HOST_CLASS_COUNT; c++)
        all += r->host[c];
    for (unsigned c = LEDGER_USER; c <= LEDGER_GUEST_KERNEL; c++)
        guest += r->ledger[c];
    cr_assert_eq(all, r->now * p->host.cpus, "the host's books sum to wall time x CPUs");
    if (!p->host.cpus || p->host.hlt_in_guest)
        return;
    cr_assert_eq(r->host[HOST_GUEST_USER], r->ledger[LEDGER_USER], "user time is user time");
    cr_assert_eq(r->host[HOST_GUEST_USER] + r->host[HOST_GUEST_OTHER], guest,
                 "guest time is guest time");
    cr_assert_leq(r->host[HOST_POLL], r->ledger[LEDGER_IDLE] + r->ledger[LEDGER_IDLE_WAITING]);
}

/* What holds after every run. */
static void check(const struct params *p, const struct scenario_result *r, bool may_break)
{
    uint64_t all = 0, whys = 0, io = 0;

    for (unsigned c = 0; c < LEDGER_COUNT; c++)
        all += r->ledger[c];
    cr_assert_eq(all, r->now * all_vcpus(p), "the ledger sums to wall time x vCPUs");
    cr_assert_eq(r->measured_ledger, (r->measure_end - r->measure_begin) * all_vcpus(p),
                 "and so within the measurement");
    check_host(p, r);
    for (unsigned w = 1; w < APF_WHY_COUNT; w++)
        whys += r->whys[w];
    for (unsigned o = OUTCOME_INLINE; o < OUTCOME_COUNT; o++)
        io += o == OUTCOME_STALE ? 0 : r->outcomes[o];
    cr_assert_eq(io, r->needed_io, "accesses that needed I/O are those that say when they end");
    cr_assert_eq(r->outcomes[OUTCOME_DELIVERED] + whys, r->needed_io,
                 "delivered or not asynchronous for a reason");
    if (!may_break)
        cr_assert_null(r->broken, "%s", r->broken);
}

const struct scenario_result *scenario_run(const struct params *p, const struct scenario_options *o,
                                           unsigned slot)
{
    struct scenario_result *r = &results[slot];
    struct scenario_teller teller;
    struct world *w = world_create(p, NULL, o->mode, o->seed);

    cr_assert_not_null(w);
    cr_assert_lt(slot, sizeof results / sizeof results[0]);
    cr_assert_leq(world_tasks(w), SCENARIO_TASKS);
    memset(r, 0, sizeof *r);
    if (!o->silent)
        scenario_listen(&teller, world_sim(w), all_vcpus(p), r, o);
    if (o->shuffle)
        sim_shuffle_ties(world_sim(w), o->shuffle);
    r->outcome = world_run(w);
    r->hash = sim_order_hash(world_sim(w));
    r->events = sim_events_handled(world_sim(w));
    r->now = sim_now(world_sim(w));
    r->broken = world_broken(w);
    snprintf(r->end_text, sizeof r->end_text, "%s", sim_stop_text(world_sim(w)));
    world_destroy(w);
    if (!o->silent)
        check(p, r, o->may_break);
    return r;
}

const struct scenario_result *scenario_mode(const struct params *p, enum run_mode mode)
{
    return scenario_run(p, &(struct scenario_options){.mode = mode, .seed = 1}, 0);
}

/* ---- comparing ---- */

void scenario_story(const struct scenario_result *r, const char *expected)
{
    size_t same = 0;
    unsigned line = 1;

    while (expected[same] && expected[same] == r->text[same])
        line += expected[same++] == '\n';
    cr_assert_str_eq(r->text, expected, "first difference in line %u\n--- told\n%s--- expected\n%s",
                     line, r->text, expected);
}

void scenario_expect(const struct scenario_result *r, enum outcome outcome, uint64_t count)
{
    cr_assert_eq(r->outcomes[outcome], count, "%s: %lu, expected %lu", outcome_key[outcome],
                 (unsigned long)r->outcomes[outcome], (unsigned long)count);
}

void scenario_expect_why(const struct scenario_result *r, enum apf_why why, uint64_t count)
{
    cr_assert_eq(r->whys[why], count, "%s: %lu, expected %lu", apf_why_name[why],
                 (unsigned long)r->whys[why], (unsigned long)count);
}
