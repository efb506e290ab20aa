/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_json.c - docs/results.schema.json, schema 1
 *
 * Written by hand: fixed key order, one nesting helper, numbers always finite (null where there is
 * none). A small writer keeps commas and indentation.
 */
#include "rep_levels.h"
#include "rep_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "rep_number.h"

struct json {
    GString *out;
    unsigned depth;
    bool first;
};

static void json_next(struct json *j)
{
    g_string_append(j->out, j->first ? "\n" : ",\n");
    g_string_append_printf(j->out, "%*s", (int)(2 * j->depth), "");
    j->first = false;
}

static void json_string(struct json *j, const char *text)
{
    g_string_append_c(j->out, '"');
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            g_string_append_printf(j->out, "\\%c", *c);
        else if (*c < 0x20 || *c == 0x7f)
            g_string_append_printf(j->out, "\\u%04x", *c);
        else
            g_string_append_c(j->out, (char)*c);
    }
    g_string_append_c(j->out, '"');
}

static void json_key(struct json *j, const char *key)
{
    json_next(j);
    json_string(j, key);
    g_string_append(j->out, ": ");
}

/* key NULL: an element of an array, or the document. */
static void json_open(struct json *j, const char *key, char bracket)
{
    if (key)
        json_key(j, key);
    g_string_append_c(j->out, bracket);
    j->depth++;
    j->first = true;
}

static void json_close(struct json *j, char bracket)
{
    j->depth--;
    if (!j->first)
        g_string_append_printf(j->out, "\n%*s", (int)(2 * j->depth), "");
    g_string_append_c(j->out, bracket);
    j->first = false;
}

static void json_u64(struct json *j, const char *key, uint64_t n)
{
    json_key(j, key);
    g_string_append_printf(j->out, "%" PRIu64, n);
}

static void json_double(struct json *j, const char *key, double x)
{
    json_key(j, key);
    rep_number(j->out, x);
}

static void json_null(struct json *j, const char *key)
{
    json_key(j, key);
    g_string_append(j->out, "null");
}

static void json_text(struct json *j, const char *key, const char *text)
{
    json_key(j, key);
    json_string(j, text);
}

static void json_mean(struct json *j, const char *key, const struct rep_mean *m)
{
    json_open(j, key, '{');
    if (m->n)
        json_double(j, "mean", m->mean);
    else
        json_null(j, "mean");
    if (rep_mean_has_interval(m))
        json_double(j, "ci95", m->ci95);
    else
        json_null(j, "ci95");
    json_close(j, '}');
}

static void json_latency(struct json *j, const char *key, const struct sim_hist *h)
{
    json_open(j, key, '{');
    json_u64(j, "count", h->count);
    json_double(j, "mean", sim_hist_mean(h));
    json_u64(j, "p50", sim_hist_percentile(h, 500000));
    json_u64(j, "p90", sim_hist_percentile(h, 900000));
    json_u64(j, "p99", sim_hist_percentile(h, 990000));
    json_u64(j, "p999", sim_hist_percentile(h, 999000));
    json_u64(j, "max", h->greatest);
    json_close(j, '}');
}

/* Only of tasks that serve. */
static void json_requests(struct json *j, const struct rep_kind *kind,
                          const struct rep_task_result *t)
{
    json_open(j, "requests", '{');
    json_u64(j, "arrived", t->arrived);
    json_u64(j, "dropped", t->dropped);
    json_latency(j, "latency_ns", &t->request);
    if (kind->objective_ns) {
        json_open(j, "objective", '{');
        json_double(j, "share", kind->objective_ppm / 1e6);
        json_u64(j, "below_ns", kind->objective_ns);
        json_double(j, "within_share", rep_within(t));
        json_key(j, "met");
        g_string_append(j->out, rep_objective_met(kind, t) ? "true" : "false");
        json_close(j, '}');
    }
    json_close(j, '}');
}

static void json_tasks(struct json *j, const struct rep_setting *set,
                       const struct rep_mode_summary *m)
{
    json_open(j, "tasks", '{');
    for (uint32_t k = 0; k < set->kinds; k++) {
        const struct rep_task_result *t = &m->total->task[k];
        const struct rep_mean *completion = &m->task[k].completion_s;

        json_open(j, set->kind[k].name, '{');
        json_double(j, "cpu_s", (double)t->cpu_ns / 1e9);
        json_u64(j, "iterations", t->iterations);
        if (completion->n)
            json_double(j, "completion_s", completion->mean);
        else
            json_null(j, "completion_s");
        json_open(j, "latency_ns", '{');
        json_latency(j, "wake_to_run", &t->wake);
        json_close(j, '}');
        json_key(j, "measured");
        g_string_append(j->out, set->kind[k].measured ? "true" : "false");
        json_mean(j, "iterations_per_s", &m->task[k].rate);
        json_mean(j, "change", &m->task[k].change);
        if (set->kind[k].serves)
            json_requests(j, &set->kind[k], t);
        json_close(j, '}');
    }
    json_close(j, '}');
}

static void json_faults(struct json *j, const struct rep_setting *set,
                        const struct rep_mode_summary *m)
{
    const struct rep_result *t = m->total;

    json_open(j, "faults", '{');
    for (unsigned o = 0; o < OUTCOME_COUNT; o++)
        json_u64(j, outcome_key[o], t->outcome_count[o]);
    json_close(j, '}');
    json_open(j, "attempts", '{');
    json_u64(j, "total", t->attempts);
    json_u64(j, "repeated", t->attempts_repeated);
    json_close(j, '}');
    json_open(j, "why", '{');
    for (uint32_t w = 1; w < set->whys; w++)
        if (t->why_count[w])
            json_u64(j, set->why_key[w], t->why_count[w]);
    json_close(j, '}');
}

static void json_disk(struct json *j, const struct rep_mode_summary *m)
{
    static const char *const key[REP_DISKS] = {"disk", "monitor", "zram", "link"};

    for (unsigned d = 0; d < REP_DISKS; d++) {
        const struct rep_disk_result *disk = &m->total->disk[d];

        if (d && !disk->busy_ns && !disk->requests[0] && !disk->requests[1])
            continue;
        json_open(j, key[d], '{');
        json_double(j, "utilization", m->disk_utilization[d].mean);
        json_double(j, "queue_mean", m->disk_queue[d].mean);
        json_u64(j, "reads", disk->requests[0]);
        json_u64(j, "read_pages", disk->pages[0]);
        json_u64(j, "writes", disk->requests[1]);
        json_u64(j, "written_pages", disk->pages[1]);
        json_close(j, '}');
    }
}

static void json_memory(struct json *j, const struct rep_result *t)
{
    json_open(j, "memory", '{');
    for (unsigned m = 0; m < REP_MEMORIES; m++)
        json_u64(j, rep_memory_key[m], t->memory[m]);
    json_close(j, '}');
}

static void json_high_water(struct json *j, const struct rep_result *t)
{
    json_open(j, "high_water", '{');
    json_u64(j, "faults", t->flow.most);
    json_u64(j, "work_items", t->apf_most);
    json_u64(j, "reads", t->reads_most);
    json_u64(j, "reads_limit", t->reads_limit);
    json_u64(j, "posted_events", t->posted_most);
    json_close(j, '}');
}

static void json_outstanding(struct json *j, const struct rep_mode_summary *m)
{
    struct rep_little l = rep_little_of(m);

    json_open(j, "outstanding", '{');
    json_double(j, "mean", l.outstanding);
    json_double(j, "faults_per_s", l.rate);
    json_double(j, "latency_s", l.latency_s);
    json_close(j, '}');
}

/* Only when vCPUs share host CPUs. */
static void json_host(struct json *j, const struct rep_mode_summary *m)
{
    if (!m->total->host_cpus)
        return;
    json_open(j, "host", '{');
    json_mean(j, "utilization", &m->host_utilization);
    json_mean(j, "work_per_cpu_s", &m->host_work);
    json_mean(j, "gain", &m->host_gain);
    json_open(j, "ledger_ns", '{');
    for (unsigned c = 0; c < HOST_CLASS_COUNT; c++)
        json_u64(j, host_key[c], rep_host_sum(m->total, (enum host_class)c));
    json_close(j, '}');
    json_close(j, '}');
}

/* Only of guests that have names. */
static void json_guests(struct json *j, const struct rep_setting *set,
                        const struct rep_mode_summary *m)
{
    if (!set->guests)
        return;
    json_open(j, "guests", '{');
    for (uint32_t g = 0; g < set->guests; g++) {
        uint64_t delivered, io = rep_guest_io(m->total, set, g, &delivered);

        json_open(j, set->guest[g].name, '{');
        json_u64(j, "vcpus", set->guest[g].vcpus);
        json_mean(j, "utilization", &m->guest[g].utilization);
        json_mean(j, "work_per_s", &m->guest[g].work_per_s);
        json_mean(j, "gain", &m->guest[g].gain);
        json_u64(j, "needed_io", io);
        json_u64(j, "delivered", delivered);
        json_open(j, "ledger_ns", '{');
        for (unsigned c = 0; c < LEDGER_COUNT; c++)
            json_u64(j, ledger_key[c],
                     rep_guest_ledger(m->total, &set->guest[g], (enum ledger_class)c));
        json_close(j, '}');
        json_close(j, '}');
    }
    json_close(j, '}');
}

/* Only when some task is a vCPU of an L2. */
static void json_levels(struct json *j, const struct rep_setting *set,
                        const struct rep_mode_summary *m)
{
    if (!rep_has_levels(set))
        return;
    json_open(j, "levels", '{');
    for (unsigned nested = 0; nested < 2; nested++) {
        struct rep_level level = rep_level_of(m->total, set, nested);

        json_open(j, nested ? "L2" : "L1", '{');
        json_u64(j, "user_ns", level.cpu_ns);
        json_u64(j, "needed_io", level.needed_io);
        json_open(j, "outcomes", '{');
        for (unsigned o = 0; o < OUTCOME_COUNT; o++)
            json_u64(j, outcome_key[o], level.outcome_count[o]);
        json_close(j, '}');
        json_close(j, '}');
    }
    json_close(j, '}');
}

static void json_mode(struct json *j, const struct rep_setting *set,
                      const struct rep_mode_summary *m)
{
    json_open(j, m->key, '{');
    json_mean(j, "utilization", &m->utilization);
    json_mean(j, "work_per_s", &m->work_per_s);
    json_tasks(j, set, m);
    json_faults(j, set, m);
    json_open(j, "latency_ns", '{');
    for (unsigned l = 0; l < LATENCY_COUNT; l++)
        if (m->total->latency[l].count)
            json_latency(j, latency_key[l], &m->total->latency[l]);
    json_close(j, '}');
    json_open(j, "ledger_ns", '{');
    for (unsigned c = 0; c < LEDGER_COUNT; c++)
        json_u64(j, ledger_key[c], rep_ledger_sum(m->total, (enum ledger_class)c));
    json_close(j, '}');
    json_guests(j, set, m);
    json_levels(j, set, m);
    json_host(j, m);
    json_disk(j, m);
    if (m->remote_s.n)
        json_double(j, "remote_complete_s", m->remote_s.mean);
    json_memory(j, m->total);
    json_outstanding(j, m);
    json_high_water(j, m->total);
    json_u64(j, "runs", m->total->runs);
    json_u64(j, "wall_ns", m->total->wall);
    json_close(j, '}');
}

static void json_gain(struct json *j, const struct rep_summary *s)
{
    json_open(j, "gain", '{');
    for (uint32_t i = 0; i < s->modes; i++)
        if (s->mode[i].gain.n)
            json_mean(j, s->mode[i].key, &s->mode[i].gain);
    json_close(j, '}');
}

static void json_verdict(struct json *j, const struct rep_summary *s)
{
    json_open(j, "verdict", '[');
    for (uint32_t i = 0; i < s->verdicts; i++) {
        json_next(j);
        json_string(j, s->verdict[i]);
    }
    json_close(j, ']');
}

void rep_json(GString *out, const struct rep_summary *s)
{
    struct json j = {.out = out};
    char digest[20];

    g_snprintf(digest, sizeof digest, "%016" PRIx64, s->set->digest);
    json_open(&j, NULL, '{');
    json_u64(&j, "schema", 1);
    json_text(&j, "workload", s->set->workload);
    json_u64(&j, "seed", s->set->seed);
    json_u64(&j, "replicas", s->set->replicas);
    json_text(&j, "digest", digest);
    json_text(&j, "outcome", sim_outcome_name[s->outcome]);
    json_open(&j, "modes", '{');
    for (uint32_t i = 0; i < s->modes; i++)
        json_mode(&j, s->set, &s->mode[i]);
    json_close(&j, '}');
    json_gain(&j, s);
    json_verdict(&j, s);
    json_u64(&j, "vcpus", s->set->vcpus);
    if (s->set->host_cpus)
        json_u64(&j, "host_cpus", s->set->host_cpus);
    if (s->set->protocol)
        json_text(&j, "protocol", s->set->protocol);
    if (s->set->calibration)
        json_text(&j, "calibration", s->set->calibration);
    json_text(&j, "outcome_text", s->text);
    json_text(&j, "version", s->set->version);
    json_close(&j, '}');
    g_string_append_c(out, '\n');
}
