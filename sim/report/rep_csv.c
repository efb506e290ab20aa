/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_csv.c - RFC 4180 (with LF as line end), one row a mode
 *
 * Columns depend on the axes, the workload's task and guest names, what struct rep_csv says and the
 * kernel's reasons only, never on what happened: rows of different points fit under one header. An
 * empty field means "no such figure".
 */
#include "rep_out.h"

#include <inttypes.h>
#include <string.h>

#include "rep_number.h"

static const struct {
    const char *name;
    uint32_t ppm;
} quantiles[] = {{"p50", 500000}, {"p90", 900000}, {"p99", 990000}, {"p999", 999000}};

static const char *const disk_name[REP_DISKS] = {"disk", "monitor", "zram", "link"};

/* The link, which is last, only where there is one. */
static unsigned disks_of(const struct rep_csv *csv)
{
    return csv->link ? REP_DISKS : REP_DISK_LINK;
}

/* Quotes only where a reader would stumble. */
static void field(GString *out, const char *text)
{
    if (out->len && out->str[out->len - 1] != '\n')
        g_string_append_c(out, ',');
    if (*text && !strpbrk(text, "\",\r\n") && text[0] != ' ' && text[strlen(text) - 1] != ' ') {
        g_string_append(out, text);
        return;
    }
    g_string_append_c(out, '"');
    for (const char *c = text; *c; c++)
        g_string_append_printf(out, *c == '"' ? "\"%c" : "%c", *c);
    g_string_append_c(out, '"');
}

static void field_u64(GString *out, uint64_t n)
{
    g_string_append_printf(out, ",%" PRIu64, n);
}

static void field_double(GString *out, double x)
{
    g_string_append_c(out, ',');
    rep_number(out, x);
}

static void field_mean(GString *out, const struct rep_mean *m)
{
    g_string_append_c(out, ',');
    if (m->n)
        rep_number(out, m->mean);
    g_string_append_c(out, ',');
    if (rep_mean_has_interval(m))
        rep_number(out, m->ci95);
}

static void name_of(GString *out, const char *prefix, const char *name, const char *suffix)
{
    g_autofree char *full = g_strconcat(prefix, name, suffix, NULL);

    field(out, full);
}

struct rep_csv rep_csv_of(const struct rep_setting *set)
{
    struct rep_csv csv = {.host = set->host_cpus > 0,
                          .link = set->monitor_bandwidth,
                          .guests = set->guests,
                          .kinds = set->kinds};

    for (uint32_t g = 0; g < set->guests; g++)
        csv.guest[g] = set->guest[g].name;
    for (uint32_t k = 0; k < set->kinds; k++) {
        csv.kind[k] = set->kind[k].name;
        csv.serves[k] = set->kind[k].serves;
    }
    return csv;
}

/* How many columns a kind of task, a guest, requests and host CPUs have. */
enum {
    TASK_FIGURES = 5,
    GUEST_FIGURES = 9,
    REQUEST_FIGURES = 10 + G_N_ELEMENTS(quantiles),
    HOST_FIGURES = 6 + HOST_CLASS_COUNT
};

/* `count` fields without a figure. */
static void no_figures(GString *out, unsigned count)
{
    while (count--)
        g_string_append_c(out, ',');
}

static void header_means(GString *out)
{
    static const char *const names[] = {
        "point",
        "workload",
        "mode",
        "seed",
        "replicas",
        "runs",
        "outcome",
        "digest",
        "wall_ns",
        "utilization_share",
        "utilization_ci95",
        "work_per_s",
        "work_per_s_ci95",
        "gain_ratio",
        "gain_ratio_ci95",
        "outstanding_faults_mean",
        "faults_per_s",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        field(out, names[i]);
}

static void header_latencies(GString *out)
{
    for (unsigned l = 0; l < LATENCY_COUNT; l++) {
        name_of(out, latency_key[l], "", "_count");
        name_of(out, latency_key[l], "_mean", "_ns");
        for (unsigned q = 0; q < G_N_ELEMENTS(quantiles); q++) {
            g_autofree char *suffix = g_strconcat("_", quantiles[q].name, "_ns", NULL);

            name_of(out, latency_key[l], "", suffix);
        }
        name_of(out, latency_key[l], "_max", "_ns");
    }
}

/* Only of tasks that serve. */
static void header_requests(GString *out, const char *kind)
{
    g_autofree char *prefix = g_strconcat("task_", kind, NULL);

    name_of(out, prefix, "_requests", "_count");
    name_of(out, prefix, "_dropped", "_count");
    name_of(out, prefix, "_answered", "_count");
    name_of(out, prefix, "_request_mean", "_ns");
    for (unsigned q = 0; q < G_N_ELEMENTS(quantiles); q++) {
        g_autofree char *suffix = g_strconcat("_request_", quantiles[q].name, "_ns", NULL);

        name_of(out, prefix, "", suffix);
    }
    name_of(out, prefix, "_request_max", "_ns");
    name_of(out, prefix, "_within_objective", "_share");
    name_of(out, prefix, "_request_p50_ns", "_ci95");
    name_of(out, prefix, "_request_p99_ns", "_ci95");
    name_of(out, prefix, "_request_p99_ratio", "");
    name_of(out, prefix, "_request_p99_ratio", "_ci95");
}

static void header_host(GString *out)
{
    static const char *const names[] = {"host_utilization_share", "host_utilization_ci95",
                                        "host_work_per_cpu_s",    "host_work_per_cpu_s_ci95",
                                        "host_gain_ratio",        "host_gain_ratio_ci95"};

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        field(out, names[i]);
    for (unsigned c = 0; c < HOST_CLASS_COUNT; c++)
        name_of(out, "host_", host_key[c], "_ns");
}

static void header_guests(GString *out, const struct rep_csv *csv)
{
    static const char *const names[GUEST_FIGURES] = {
        "_utilization_share", "_utilization_ci95", "_work_per_s",
        "_work_per_s_ci95",   "_gain_ratio",       "_gain_ratio_ci95",
        "_needed_io_count",   "_delivered_count",  "_stolen_ns"};

    for (uint32_t g = 0; g < csv->guests; g++)
        for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
            name_of(out, "guest_", csv->guest[g], names[i]);
}

void rep_csv_header(GString *out, const struct rep_setting *set, const struct rep_csv *csv)
{
    for (uint32_t a = 0; a < csv->axes; a++)
        field(out, csv->axis[a]);
    header_means(out);
    for (unsigned c = 0; c < LEDGER_COUNT; c++)
        name_of(out, "ledger_", ledger_key[c], "_ns");
    for (unsigned o = 0; o < OUTCOME_COUNT; o++)
        name_of(out, "faults_", outcome_key[o], "_count");
    field(out, "attempts_count");
    field(out, "attempts_repeated_count");
    for (uint32_t w = 1; w < set->whys; w++)
        name_of(out, "why_", set->why_key[w], "_count");
    header_latencies(out);
    if (csv->host)
        header_host(out);
    header_guests(out, csv);
    for (unsigned d = 0; d < disks_of(csv); d++) {
        name_of(out, disk_name[d], "_utilization", "_share");
        name_of(out, disk_name[d], "_queue", "_mean");
    }
    for (unsigned i = 0; i < REP_MEMORIES; i++)
        name_of(out, "memory_", rep_memory_key[i], i == REP_MEMORY_KSWAPD_NS ? "" : "_count");
    for (uint32_t k = 0; k < csv->kinds; k++) {
        name_of(out, "task_", csv->kind[k], "_per_s");
        name_of(out, "task_", csv->kind[k], "_per_s_ci95");
        name_of(out, "task_", csv->kind[k], "_cpu_s");
        name_of(out, "task_", csv->kind[k], "_completion_s");
        name_of(out, "task_", csv->kind[k], "_wake_p99_ns");
        if (csv->serves[k])
            header_requests(out, csv->kind[k]);
    }
    g_string_append_c(out, '\n');
}

static void row_means(GString *out, const struct rep_summary *s, const struct rep_mode_summary *m,
                      uint32_t point)
{
    char text[20];

    g_snprintf(text, sizeof text, "%" PRIu32, point);
    field(out, text);
    field(out, s->set->workload);
    field(out, m->key);
    field_u64(out, s->set->seed);
    field_u64(out, s->set->replicas);
    field_u64(out, m->total->runs);
    field(out, sim_outcome_name[s->outcome]);
    g_snprintf(text, sizeof text, "%016" PRIx64, s->set->digest);
    field(out, text);
    field_u64(out, m->total->wall);
    field_mean(out, &m->utilization);
    field_mean(out, &m->work_per_s);
    field_mean(out, &m->gain);
    field_double(out, m->outstanding.mean);
    field_double(out, m->fault_rate.mean);
}

static void row_counts(GString *out, const struct rep_summary *s, const struct rep_mode_summary *m)
{
    for (unsigned c = 0; c < LEDGER_COUNT; c++)
        field_u64(out, rep_ledger_sum(m->total, (enum ledger_class)c));
    for (unsigned o = 0; o < OUTCOME_COUNT; o++)
        field_u64(out, m->total->outcome_count[o]);
    field_u64(out, m->total->attempts);
    field_u64(out, m->total->attempts_repeated);
    for (uint32_t w = 1; w < s->set->whys; w++)
        field_u64(out, m->total->why_count[w]);
}

/* Without a single value there are no percentiles: fields stay empty. */
static void row_latency(GString *out, const struct sim_hist *h)
{
    field_u64(out, h->count);
    if (!h->count) {
        g_string_append(out, ",,,,,,");
        return;
    }
    field_double(out, sim_hist_mean(h));
    for (unsigned q = 0; q < G_N_ELEMENTS(quantiles); q++)
        field_u64(out, sim_hist_percentile(h, quantiles[q].ppm));
    field_u64(out, h->greatest);
}

static void field_interval(GString *out, const struct rep_mean *m)
{
    g_string_append_c(out, ',');
    if (rep_mean_has_interval(m))
        rep_number(out, m->ci95);
}

static void row_requests(GString *out, const struct rep_kind *kind,
                         const struct rep_task_summary *s, const struct rep_task_result *t)
{
    field_u64(out, t->arrived);
    field_u64(out, t->dropped);
    row_latency(out, &t->request);
    g_string_append_c(out, ',');
    if (kind->objective_ns)
        rep_number(out, rep_within(t));
    field_interval(out, &s->request_p50);
    field_interval(out, &s->request_p99);
    field_mean(out, &s->request_p99_ratio);
}

static void row_host(GString *out, const struct rep_mode_summary *m)
{
    if (!m->total->host_cpus) {
        no_figures(out, HOST_FIGURES);
        return;
    }
    field_mean(out, &m->host_utilization);
    field_mean(out, &m->host_work);
    field_mean(out, &m->host_gain);
    for (unsigned c = 0; c < HOST_CLASS_COUNT; c++)
        field_u64(out, rep_host_sum(m->total, (enum host_class)c));
}

static void row_guest(GString *out, const struct rep_setting *set, const struct rep_mode_summary *m,
                      uint32_t g)
{
    uint64_t delivered, io = rep_guest_io(m->total, set, g, &delivered);

    field_mean(out, &m->guest[g].utilization);
    field_mean(out, &m->guest[g].work_per_s);
    field_mean(out, &m->guest[g].gain);
    field_u64(out, io);
    field_u64(out, delivered);
    field_u64(out, rep_guest_ledger(m->total, &set->guest[g], LEDGER_STOLEN));
}

static void row_guests(GString *out, const struct rep_setting *set,
                       const struct rep_mode_summary *m, const struct rep_csv *csv)
{
    for (uint32_t c = 0; c < csv->guests; c++) {
        uint32_t g = 0;

        while (g < set->guests && strcmp(set->guest[g].name, csv->guest[c]) != 0)
            g++;
        if (g < set->guests)
            row_guest(out, set, m, g);
        else
            no_figures(out, GUEST_FIGURES);
    }
}

static void row_task(GString *out, const struct rep_task_summary *s,
                     const struct rep_task_result *t)
{
    field_mean(out, &s->rate);
    field_double(out, (double)t->cpu_ns / 1e9);
    g_string_append_c(out, ',');
    if (s->completion_s.n)
        rep_number(out, s->completion_s.mean);
    g_string_append_c(out, ',');
    if (t->wake.count)
        g_string_append_printf(out, "%" PRIu64, sim_hist_percentile(&t->wake, 990000));
}

/* Number of the kind with that name, or set->kinds; mostly it is the one with the same number. */
static uint32_t find_kind(const struct rep_setting *set, const char *name, uint32_t guess)
{
    if (guess < set->kinds && !strcmp(set->kind[guess].name, name))
        return guess;
    for (guess = 0; guess < set->kinds && strcmp(set->kind[guess].name, name) != 0;)
        guess++;
    return guess;
}

static void row_tasks(GString *out, const struct rep_setting *set, const struct rep_mode_summary *m,
                      const struct rep_csv *csv)
{
    for (uint32_t c = 0; c < csv->kinds; c++) {
        uint32_t k = find_kind(set, csv->kind[c], c);
        bool there = k < set->kinds;

        if (there)
            row_task(out, &m->task[k], &m->total->task[k]);
        else
            no_figures(out, TASK_FIGURES);
        if (there && set->kind[k].serves)
            row_requests(out, &set->kind[k], &m->task[k], &m->total->task[k]);
        else if (csv->serves[c])
            no_figures(out, REQUEST_FIGURES);
    }
}

void rep_csv_rows(GString *out, const struct rep_summary *s, const struct rep_csv *csv,
                  uint32_t point, const char *const *cell)
{
    for (uint32_t i = 0; i < s->modes; i++) {
        const struct rep_mode_summary *m = &s->mode[i];

        for (uint32_t a = 0; a < csv->axes; a++)
            field(out, cell[a]);
        row_means(out, s, m, point);
        row_counts(out, s, m);
        for (unsigned l = 0; l < LATENCY_COUNT; l++)
            row_latency(out, &m->total->latency[l]);
        if (csv->host)
            row_host(out, m);
        row_guests(out, s->set, m, csv);
        for (unsigned d = 0; d < disks_of(csv); d++) {
            field_double(out, m->disk_utilization[d].mean);
            field_double(out, m->disk_queue[d].mean);
        }
        for (unsigned n = 0; n < REP_MEMORIES; n++)
            field_u64(out, m->total->memory[n]);
        row_tasks(out, s->set, m, csv);
        g_string_append_c(out, '\n');
    }
}
