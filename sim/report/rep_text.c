/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_text.c - the report that people read
 *
 * One function a section, in the order in which a reader asks: what was run; what came out; where
 * the time went; how the faults ended and why; how long things took; what it means. Rows that are
 * zero in every mode are left out.
 */
#include "rep_out.h"

#include <inttypes.h>
#include <string.h>

#include "rep_format.h"
#include "rep_levels.h"
#include "rep_text_cells.h"
#include "rep_text_ends.h"
#include "rep_text_faults.h"
#include "rep_text_host.h"
#include "rep_text_service.h"

/* Each guest's share of the machine, when there are several. */
static void guest_lines(GString *out, const struct rep_setting *set)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char memory[REP_NUMBER_BYTES];

    for (uint32_t g = 0; g < set->guests; g++)
        g_string_append_printf(
            text, "%s%s: %" PRIu32 " vCPU%s, %s, kernel %s", g ? "; " : "", set->guest[g].name,
            set->guest[g].vcpus, set->guest[g].vcpus == 1 ? "" : "s",
            rep_format_bytes(memory, set->guest[g].memory), set->guest[g].kernel);
    if (set->guests)
        rep_wrap(out, "  guests   ", text->str);
}

static void machine_line(GString *out, const struct rep_setting *set)
{
    char memory[REP_NUMBER_BYTES], limit[REP_NUMBER_BYTES];

    g_string_append_printf(out, "  machine  %" PRIu32 " vCPU%s", set->vcpus,
                           set->vcpus == 1 ? "" : "s");
    if (set->guests)
        g_string_append_printf(out, " in %" PRIu32 " guest%s, ", set->guests,
                               set->guests == 1 ? "" : "s");
    else
        g_string_append_printf(out, ", %s guest, ", rep_format_bytes(memory, set->guest_memory));
    if (set->host_limit)
        g_string_append_printf(out, "host memory %s %s", set->host_global ? "of" : "limit",
                               rep_format_bytes(limit, set->host_limit));
    else
        g_string_append(out, "no host memory limit");
    g_string_append_printf(out, ", kernels: host %s", set->host_kernel);
    if (!set->guests)
        g_string_append_printf(out, ", guest %s", set->guest_kernel);
    g_string_append_c(out, '\n');
    guest_lines(out, set);
    if (set->host_cpus)
        g_string_append_printf(out, "  host     %" PRIu32 " CPU%s that all vCPUs share\n",
                               set->host_cpus, set->host_cpus == 1 ? "" : "s");
}

static void protocol_lines(GString *out, const struct rep_setting *set)
{
    g_autofree char *text = NULL;

    if (!set->protocol)
        return;
    text = g_strdup_printf("%s, a what-if: %s", set->protocol, set->protocol_text);
    rep_wrap(out, "  protocol ", text);
}

/* The question without the workload's name before it, beginning with a capital. */
static void question_lines(GString *out, const struct rep_setting *set)
{
    g_autofree char *text = NULL;
    g_autofree char *prefix = g_strconcat(set->workload, ": ", NULL);
    const char *question = set->question;

    if (!question || !question[0])
        return;
    if (g_str_has_prefix(question, prefix))
        question += strlen(prefix);
    text = g_strdup(question);
    text[0] = g_ascii_toupper(text[0]);
    rep_wrap(out, "  ", text);
}

static bool is_used(const struct rep_summary *s, unsigned disk)
{
    for (uint32_t i = 0; i < s->modes; i++) {
        const struct rep_disk_result *d = &s->mode[i].total->disk[disk];

        if (d->requests[0] || d->requests[1])
            return true;
    }
    return false;
}

static bool any_ran(const struct rep_summary *s)
{
    for (uint32_t i = 0; i < s->modes; i++)
        if (s->mode[i].total->runs)
            return true;
    return false;
}

/* Faults that had that reason, in any mode. */
static bool decompressed(const struct rep_summary *s, const char *why)
{
    uint32_t w = rep_why_find(s->set, why);

    for (uint32_t i = 0; w && i < s->modes; i++)
        if (s->mode[i].total->why_count[w])
            return true;
    return false;
}

static const char *plural(uint32_t n)
{
    return n == 1 ? "" : "s";
}

static void monitor_line(GString *out, const struct rep_setting *set)
{
    g_autofree char *text = g_strdup_printf(
        "answers userfaultfd in %s%s%s, %" PRIu32 " fault%s at a time%s%s%s",
        set->monitor_latency ? set->monitor_latency : "some time",
        set->monitor_rtt ? " and a round trip of " : "", set->monitor_rtt ? set->monitor_rtt : "",
        set->channels[REP_DISK_MONITOR], plural(set->channels[REP_DISK_MONITOR]),
        set->monitor_bandwidth ? ", over a link of " : "",
        set->monitor_bandwidth ? set->monitor_bandwidth : "",
        set->monitor_bandwidth ? " a second" : "");

    rep_wrap(out, "  monitor  ", text);
}

/* Only what was asked for a page: many a workload never uses its disk. */
static void device_lines(GString *out, const struct rep_summary *s)
{
    const struct rep_setting *set = s->set;
    bool disk = is_used(s, REP_DISK_PAGING),
         monitor = is_used(s, REP_DISK_MONITOR) || is_used(s, REP_DISK_LINK);

    if (disk)
        g_string_append_printf(out, "  device   %s, %" PRIu32 " channel%s\n", set->device,
                               set->channels[REP_DISK_PAGING],
                               plural(set->channels[REP_DISK_PAGING]));
    if (monitor)
        monitor_line(out, set);
    if (decompressed(s, "inline_zram"))
        g_string_append(out, "  device   zram: pages are decompressed at once\n");
    else if (!disk && !monitor && any_ran(s))
        g_string_append(out, "  device   none: no request was made\n");
}

static void mode_lines(GString *out, const struct rep_summary *s)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned m = 0; rep_mode_key[m]; m++)
        if (rep_summary_mode(s, rep_mode_key[m]))
            g_string_append_printf(text, "%s%s: %s", text->len ? "; " : "", rep_mode_key[m],
                                   rep_mode_help(rep_mode_key[m]));
    rep_wrap(out, "  modes    ", text->str);
}

static void section_what(GString *out, const struct rep_summary *s,
                         const struct rep_text_options *o)
{
    const struct rep_setting *set = s->set;
    char duration[REP_NUMBER_BYTES], warmup[REP_NUMBER_BYTES];

    g_string_append_printf(out, "%sapfsim %s: %s%s\n", o->colour ? "\033[1m" : "", set->version,
                           set->workload, o->colour ? "\033[0m" : "");
    question_lines(out, set);
    if (s->verdicts)
        rep_wrap(out, "  answer   ", s->verdict[0]);
    g_string_append_c(out, '\n');
    machine_line(out, set);
    protocol_lines(out, set);
    device_lines(out, s);
    g_string_append_printf(
        out,
        "  run      %s%s measured after %s of warm-up, %" PRIu32 " replica%s, seed %" PRIu64 "\n",
        s->outcome == SIM_ALL_DONE ? "at most " : "", rep_format_span(duration, set->duration),
        rep_format_span(warmup, set->warmup), set->replicas, plural(set->replicas), set->seed);
    mode_lines(out, s);
    if (set->calibration)
        rep_wrap(out, "  costs    ", set->calibration);
    if (set->command)
        rep_wrap(out, "  command  ", set->command);
    g_string_append_printf(out, "  digest   %016" PRIx64 "\n", set->digest);
}

static void section_gain(GString *out, const struct rep_summary *s,
                         const struct rep_text_options *o)
{
    struct rep_table *t = rep_table_new("lrlrlrl");
    char a[REP_NUMBER_BYTES];

    rep_heading(out, o->colour, "UTILISATION AND GAIN",
                s->set->replicas > 1 ? "mean and 95 % interval over replicas; gain is paired"
                                     : "one replica: no intervals");
    for (const char *const *h =
             (const char *const[]){"mode", "user time %", "", "work/s", "", "gain", NULL};
         *h; h++)
        rep_table_cell(t, "%s", *h);
    rep_table_row(t);
    for (uint32_t i = 0; i < s->modes; i++) {
        const struct rep_mode_summary *m = &s->mode[i];

        rep_table_cell(t, "%s", m->key);
        rep_cell_of(t, m, "%s", rep_format_percent(a, m->utilization.mean));
        rep_table_cell(t, "%s", rep_format_ci(a, &m->utilization, 100, 2));
        rep_cell_of(t, m, "%s", rep_format_rate(a, m->work_per_s.mean));
        rep_table_cell(t, "%s",
                       rep_format_ci(a, &m->work_per_s, 1, m->work_per_s.mean < 1000 ? 2 : 0));
        rep_cell_gain(t, m, &m->gain);
        rep_table_row(t);
    }
    rep_table_print(t, out);
}

static void cell_task_mode(struct rep_table *t, const struct rep_mode_summary *m, uint32_t kind)
{
    const struct rep_task_summary *task = &m->task[kind];
    char a[REP_NUMBER_BYTES];

    rep_cell_of(t, m, "%s", rep_format_rate(a, task->rate.mean));
    rep_cell_change(t, &task->change);
}

static void section_tasks(GString *out, const struct rep_summary *s,
                          const struct rep_text_options *o)
{
    struct rep_table *t = rep_table_new("lrrlrlrl");

    rep_heading(out, o->colour, "RATE OF EACH TASK",
                "iterations a second; x: against off, ~: no clear change; *: this is the work");
    rep_table_cell(t, "task");
    rep_table_cell(t, "tasks");
    for (uint32_t i = 0; i < s->modes; i++) {
        rep_table_cell(t, "%s", s->mode[i].key);
        rep_table_cell(t, " ");
    }
    rep_table_row(t);
    for (uint32_t k = 0; k < s->set->kinds; k++) {
        rep_table_cell(t, "%s%s", s->set->kind[k].name, s->set->kind[k].measured ? " *" : "");
        rep_table_cell(t, "%" PRIu32, s->set->kind[k].tasks);
        for (uint32_t i = 0; i < s->modes; i++)
            cell_task_mode(t, &s->mode[i], k);
        rep_table_row(t);
    }
    rep_table_print(t, out);
}

static void ledger_row(struct rep_table *t, const struct rep_summary *s, unsigned c)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < s->modes; i++)
        sum += rep_ledger_sum(s->mode[i].total, (enum ledger_class)c);
    if (!sum)
        return;
    rep_table_cell(t, "%s", ledger_key[c]);
    for (uint32_t i = 0; i < s->modes; i++)
        rep_cell_of(t, &s->mode[i], "%.3f", 100 * rep_share(&s->mode[i], (enum ledger_class)c));
    rep_table_cell(t, "%s", ledger_help[c]);
    rep_table_row(t);
}

static void section_ledger(GString *out, const struct rep_summary *s,
                           const struct rep_text_options *o)
{
    struct rep_table *t = rep_table_new(rep_ledger_align(s->modes));

    rep_heading(out, o->colour, "WHERE THE TIME OF THE vCPUs WENT",
                "% of wall time, mean over vCPUs; the classes sum to it exactly");
    rep_header_of_modes(t, s, "class", "");
    for (unsigned c = 0; c < LEDGER_COUNT; c++)
        ledger_row(t, s, c);
    rep_table_print(t, out);
}

/* One line a vCPU and class that it has spent time in. */
static void section_ledger_each(GString *out, const struct rep_summary *s,
                                const struct rep_text_options *o)
{
    rep_heading(out, o->colour, "THE SAME FOR EACH vCPU", "% of its wall time");
    for (uint32_t v = 0; v < s->set->vcpus; v++) {
        struct rep_table *t = rep_table_new(rep_ledger_align(s->modes));
        char name[32];

        g_snprintf(name, sizeof name, "vCPU %" PRIu32, v);
        rep_header_of_modes(t, s, name, "");
        for (unsigned c = 0; c < LEDGER_COUNT; c++) {
            uint64_t sum = 0;

            for (uint32_t i = 0; i < s->modes; i++)
                sum += s->mode[i].total->ledger[v][c];
            if (!sum)
                continue;
            rep_table_cell(t, "  %s", ledger_key[c]);
            for (uint32_t i = 0; i < s->modes; i++) {
                const struct rep_result *r = s->mode[i].total;

                rep_cell_of(t, &s->mode[i], "%.3f",
                            r->wall ? 100.0 * (double)r->ledger[v][c] / (double)r->wall : 0.0);
            }
            rep_table_row(t);
        }
        rep_table_print(t, out);
    }
}

static void section_verdict(GString *out, const struct rep_summary *s,
                            const struct rep_text_options *o)
{
    rep_heading(out, o->colour, "VERDICT", NULL);
    for (uint32_t i = 0; i < s->verdicts; i++)
        rep_wrap(out, "  - ", s->verdict[i]);
    g_string_append_printf(out, "\noutcome: %s", sim_outcome_name[s->outcome]);
    if (s->text[0])
        g_string_append_printf(out, ": %s", s->text);
    else
        g_string_append(out, s->outcome == SIM_ALL_DONE
                                 ? " (all tasks have ended, or all that end the run)"
                                 : " (every run reached its end)");
    g_string_append_c(out, '\n');
}

/* Of the runs that count. */
static void figures(GString *out, const struct rep_summary *s, const struct rep_text_options *o)
{
    section_gain(out, s, o);
    rep_text_guests(out, s, o);
    section_tasks(out, s, o);
    rep_text_levels(out, s, o);
    rep_text_ends(out, s, o);
    rep_text_service(out, s, o);
    section_ledger(out, s, o);
    rep_text_host(out, s, o);
    if (o->verbose)
        section_ledger_each(out, s, o);
    rep_text_faults(out, s, o);
}

void rep_text(GString *out, const struct rep_summary *s, const struct rep_text_options *o)
{
    section_what(out, s, o);
    if (any_ran(s))
        figures(out, s, o);
    section_verdict(out, s, o);
}
