/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_setting.c - see cli_setting.h
 */
#include "cli_setting.h"

#include <string.h>

#include <glib.h>

#include "apf_host.h"
#include "cli_jobs.h"

/* First member: a report knows it as a rep_setting. */
struct owned {
    struct rep_setting set;
    char *calibration, *monitor_latency, *monitor_rtt, *monitor_bandwidth, *scheduler;
};

/* Times of a file, none of which is of the measured time. */
static bool all_early(const struct cfg *cfg, uint32_t kind)
{
    const struct arrival_times *times = cfg_traces(cfg)->arrivals[kind];

    return times && times->count && times->at[times->count - 1] < cfg_params(cfg)->warmup;
}

static void fill_kinds(struct rep_setting *set, const struct cfg *cfg)
{
    const struct params *p = cfg_params(cfg);

    set->kinds = p->tasks;
    for (uint32_t k = 0; k < p->tasks; k++) {
        enum arrival_process process = p->task[k].arrivals.process;

        set->kind[k].serves = process != ARRIVALS_NONE;
        set->kind[k].open = set->kind[k].serves && process != ARRIVALS_CLIENTS;
        set->kind[k].objective_ppm = p->task[k].objective.share_ppm;
        set->kind[k].objective_ns = p->task[k].objective.limit;
        set->kind[k].name = p->task[k].name;
        set->kind[k].guest = p->task[k].guest;
        set->kind[k].unclocked = !guest_of(p, p->task[k].guest)->hz &&
                                 guest_of(p, p->task[k].guest)->scheduler != GUEST_SCHED_FIFO;
        set->kind[k].all_early = all_early(cfg, k);
        set->kind[k].nested = p->task[k].nested;
        set->kind[k].measured = p->task[k].measure;
        set->kind[k].tasks = kind_tasks(p, k);
        for (uint32_t i = 0; i < p->task[k].steps; i++)
            set->kind[k].touches |= p->task[k].step[i].kind == STEP_TOUCH;
    }
}

/* At most: parts that overlap count twice, up to the whole region. */
static uint64_t reach(const struct params *p, uint32_t region)
{
    uint64_t size = p->region[region].size, sum = 0;

    for (uint32_t k = 0; k < p->tasks; k++) {
        for (uint32_t i = 0; i < p->task[k].steps; i++) {
            const struct step_params *step = &p->task[k].step[i];

            if (step->kind == STEP_TOUCH && step->region == region)
                sum += step->span ? step->span : size - step->first;
        }
    }
    return MIN(sum, size);
}

static void fill_regions(struct rep_setting *set, const struct params *p)
{
    for (uint32_t r = 0; r < p->regions; r++) {
        set->reads_files |= p->region[r].backing == BACKING_FILE;
        set->touched += reach(p, r);
        set->touched_huge += p->region[r].backing == BACKING_HUGETLB ? reach(p, r) : 0;
    }
}

static void fill_guests(struct rep_setting *set, const struct params *p)
{
    _Static_assert(GUESTS_MAX <= REP_GUESTS_MAX, "the report has room for every guest");
    set->guests = p->guests;
    for (uint32_t i = 0; i < p->guests; i++)
        set->guest[i] = (struct rep_guest){.name = p->named[i].name,
                                           .kernel = apf_guest_rules[p->named[i].kernel].name,
                                           .memory = p->named[i].memory,
                                           .first = guest_first_vcpu(p, i),
                                           .vcpus = p->named[i].vcpus};
}

/* "can_do 5: interrupts are off" is of x86's list of decisions; elsewhere only what is behind. */
static const char *why_text(enum apf_why why, const struct apf_protocol_rules *rules)
{
    const char *text = apf_why_text[why];

    if (why == APF_WHY_CPL0 && rules->user_only)
        return rules->user_only;
    if (!rules->halts && g_str_has_prefix(text, "can_"))
        return strchr(text, ':') + 2;
    return text;
}

static void fill_whys(struct rep_setting *set, const struct apf_protocol_rules *rules)
{
    _Static_assert(APF_WHY_COUNT <= REP_WHYS_MAX, "the report has room for every reason");
    set->whys = APF_WHY_COUNT;
    for (unsigned w = 0; w < APF_WHY_COUNT; w++) {
        set->why_key[w] = apf_why_name[w];
        set->why_text[w] = why_text((enum apf_why)w, rules);
    }
}

static void fill_setting(struct rep_setting *set, const struct cfg *cfg)
{
    const struct params *p = cfg_params(cfg);
    const struct apf_protocol_rules *rules = &apf_protocol_rules[p->protocol];
    enum run_mode mode[MODES];

    set->version = APFSIM_VERSION;
    set->workload = p->name;
    set->question = cfg_question(cfg);
    set->host_kernel = apf_host_rules[p->host.kernel].name;
    set->guest_kernel = apf_guest_rules[p->guest.kernel].name;
    set->device = p->disk.device;
    set->seed = p->seed;
    set->host_limit = p->host.memory_limit;
    set->host_global = p->host.memory_kind == MEMORY_GLOBAL;
    set->guest_memory = p->guest.memory;
    set->duration = p->duration;
    set->warmup = p->warmup;
    set->replicas = p->replicas;
    set->vcpus = all_vcpus(p);
    set->host_cpus = p->host.cpus;
    if (p->protocol != APF_X86) {
        set->protocol = rules->name;
        set->protocol_text = rules->what;
    }
    set->halts = rules->halts && !rules->user_exits;
    set->channels[REP_DISK_PAGING] = p->disk.channels;
    set->channels[REP_DISK_MONITOR] = p->monitor.parallelism;
    set->channels[REP_DISK_ZRAM] = set->channels[REP_DISK_LINK] = 1;
    set->zeroes_slot = apf_fix_on(p->fixes, APF_FIX_1);
    fill_regions(set, p);
    set->modes = cli_modes(p, mode, set->mode_key);
    fill_guests(set, p);
    fill_kinds(set, cfg);
    fill_whys(set, rules);
}

struct rep_setting *cli_setting_create(const struct cfg *cfg)
{
    struct owned *o = g_new0(struct owned, 1);

    fill_setting(&o->set, cfg);
    o->monitor_latency = cfg_value_text(cfg, "monitor.latency");
    o->monitor_rtt = cfg_value_text(cfg, "monitor.network_rtt");
    o->monitor_bandwidth = cfg_value_text(cfg, "monitor.bandwidth");
    if (!o->set.guests)
        o->scheduler = cfg_value_text(cfg, "guest.scheduler");
    o->set.scheduler = o->scheduler;
    o->calibration = cfg_calibration_text(cfg);
    o->set.calibration = o->calibration;
    o->set.monitor_latency = o->monitor_latency;
    o->set.monitor_rtt = cfg_params(cfg)->monitor.network_rtt ? o->monitor_rtt : NULL;
    o->set.monitor_bandwidth = cfg_params(cfg)->monitor.bandwidth ? o->monitor_bandwidth : NULL;
    return &o->set;
}

void cli_setting_free(struct rep_setting *set)
{
    struct owned *o = (struct owned *)(void *)set;

    if (!o)
        return;
    g_free(o->calibration);
    g_free(o->scheduler);
    g_free(o->monitor_latency);
    g_free(o->monitor_rtt);
    g_free(o->monitor_bandwidth);
    g_free(o);
}
