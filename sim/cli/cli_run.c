/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_run.c - `sim run`: load, simulate, report
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apf_host.h"
#include "cli.h"
#include "cli_files.h"
#include "cli_jobs.h"
#include "rep_out.h"
#include "rep_verdict.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };
static const char *const format_names[] = {"text", "json", "csv", NULL};

/* As the user wrote them; NULL = not given. */
struct run_options {
    char *workload, *modes, *seed, *replicas, *format, *output, *jobs;
    char **set, **files; /* files: as arguments */
    gboolean verbose, quiet;
    /* understood */
    int format_number;
    uint64_t threads;
};

static void options_clear(struct run_options *o)
{
    char *const all[] = {o->workload, o->modes,  o->seed, o->replicas,
                         o->format,   o->output, o->jobs};

    for (unsigned i = 0; i < G_N_ELEMENTS(all); i++)
        g_free(all[i]);
    g_strfreev(o->set);
    g_strfreev(o->files);
}

static const char summary[] =
    "Simulates a workload, each mode on the same random numbers, and reports utilisation, gain,\n"
    "where the time went, how each fault ended and why.";
static const char description[] =
    "--workload=FILE may be written as FILE.yaml alone.\n"
    "FILE is looked for as a path, then in workloads/, then in the installed data directory.\n"
    "sim workloads lists what is there, sim params every KEY; sim help workload says how to write "
    "one.\n"
    "Exit status: 0 good, 1 a run found a broken property, 2 bad usage or input, 3 missing "
    "facility.";

static bool parse(int argc, char **argv, struct run_options *o, int *ret_status)
{
    const GOptionEntry entries[] = {
        {"workload", 0, 0, G_OPTION_ARG_STRING, &o->workload, "What to simulate", "FILE"},
        {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->set,
         "Change a parameter of the file (repeatable; the last one of a key wins)", "KEY=VALUE"},
        {"modes", 0, 0, G_OPTION_ARG_STRING, &o->modes, "Some of off,halt,apf", "LIST"},
        {"seed", 0, 0, G_OPTION_ARG_STRING, &o->seed, "Seed of all random numbers", "N"},
        {"replicas", 0, 0, G_OPTION_ARG_STRING, &o->replicas, "Runs of each mode", "N"},
        {"format", 0, 0, G_OPTION_ARG_STRING, &o->format, "text (default), json or csv", "FORMAT"},
        {"output", 0, 0, G_OPTION_ARG_STRING, &o->output,
         "Also write report.txt, result.json, result.csv and params.txt there", "DIR"},
        {"jobs", 0, 0, G_OPTION_ARG_STRING, &o->jobs,
         "Threads (default: one a CPU); the result is the same", "N"},
        {"verbose", 0, 0, G_OPTION_ARG_NONE, &o->verbose,
         "Also each vCPU's time, what each latency means, Little's law, high-water marks", NULL},
        {"quiet", 0, 0, G_OPTION_ARG_NONE, &o->quiet,
         "No report on standard output and no progress", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->files, NULL, "[FILE.yaml]"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };

    return cli_parse(argc, argv, entries, summary, description, ret_status);
}

/* `sim memhog.yaml` is `sim --workload=memhog.yaml`. */
static bool take_file(struct run_options *o)
{
    if (!o->files)
        return true;
    if (!g_str_has_suffix(o->files[0], ".yaml")) {
        cli_fail(CLI_USAGE,
                 "'%s' is not expected here: a workload ends in .yaml, options begin "
                 "with --",
                 o->files[0]);
        return false;
    }
    if (o->workload || o->files[1]) {
        cli_fail(CLI_USAGE, "'%s' is not expected here: there is a workload already",
                 o->files[o->workload ? 0 : 1]);
        return false;
    }
    o->workload = g_strdup(o->files[0]);
    return true;
}

/* What can be judged without the workload. */
static bool understand(struct run_options *o)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    if (!take_file(o))
        return false;
    if (!o->workload) {
        cli_fail(CLI_USAGE, "no workload: sim FILE.yaml; sim workloads lists what is there");
        return false;
    }
    if (o->format)
        o->format_number = cli_choice("--format", o->format, format_names);
    o->threads = cpus > 0 ? (uint64_t)cpus : 1;
    if (o->jobs && !cli_number("--jobs", o->jobs, 1, 1024, &o->threads))
        return false;
    return o->format_number >= 0;
}

/* --modes, --seed and --replicas are spellings of --set that come last. */
static const char *const short_forms[] = {"modes", "seed", "replicas"};

static GPtrArray *all_sets(const struct run_options *o)
{
    const char *const value[] = {o->modes, o->seed, o->replicas};
    GPtrArray *sets = g_ptr_array_new_with_free_func(g_free);

    for (char **set = o->set; set && *set; set++)
        g_ptr_array_add(sets, g_strdup(*set));
    for (unsigned i = 0; i < G_N_ELEMENTS(short_forms); i++)
        if (value[i])
            g_ptr_array_add(sets, g_strdup_printf("%s=%s", short_forms[i], value[i]));
    g_ptr_array_add(sets, NULL);
    return sets;
}

/* The message is a whole line; it names the option that the user wrote. */
static int fail_loading(const struct run_options *o, const GError *error)
{
    const char *const value[] = {o->modes, o->seed, o->replicas};
    const char *message = error->message;

    for (unsigned i = 0; i < G_N_ELEMENTS(short_forms); i++) {
        g_autofree char *prefix = g_strdup_printf("--set %s=", short_forms[i]);

        if (!value[i] || !g_str_has_prefix(message, prefix))
            continue;
        fprintf(stderr, "--%s\n", message + strlen("--set "));
        return CLI_USAGE;
    }
    fprintf(stderr, "%s\n", message);
    return CLI_USAGE;
}

static void fill_kinds(struct rep_setting *set, const struct params *p)
{
    set->kinds = p->tasks;
    for (uint32_t k = 0; k < p->tasks; k++) {
        enum arrival_process process = p->task[k].arrivals.process;

        set->kind[k].serves = process != ARRIVALS_NONE;
        set->kind[k].open = set->kind[k].serves && process != ARRIVALS_CLIENTS;
        set->kind[k].objective_ppm = p->task[k].objective.share_ppm;
        set->kind[k].objective_ns = p->task[k].objective.limit;
        set->kind[k].name = p->task[k].name;
        set->kind[k].guest = p->task[k].guest;
        set->kind[k].measured = p->task[k].measure;
        set->kind[k].tasks = kind_tasks(p, k);
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

static void fill_whys(struct rep_setting *set)
{
    _Static_assert(APF_WHY_COUNT <= REP_WHYS_MAX, "the report has room for every reason");
    set->whys = APF_WHY_COUNT;
    for (unsigned w = 0; w < APF_WHY_COUNT; w++) {
        set->why_key[w] = apf_why_name[w];
        set->why_text[w] = apf_why_text[w];
    }
}

static void fill_setting(struct rep_setting *set, const struct cfg *cfg)
{
    const struct params *p = cfg_params(cfg);
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
    set->channels[REP_DISK_PAGING] = p->disk.channels;
    set->channels[REP_DISK_MONITOR] = p->monitor.parallelism;
    set->channels[REP_DISK_ZRAM] = 1;
    set->zeroes_slot = apf_fix_on(p->fixes, APF_FIX_1);
    for (uint32_t r = 0; r < p->regions; r++)
        set->reads_files |= p->region[r].backing == BACKING_FILE;
    set->modes = cli_modes(p, mode, set->mode_key);
    fill_guests(set, p);
    fill_kinds(set, p);
    fill_whys(set);
}

static GString *render(const struct rep_summary *s, int format, bool verbose, bool colour)
{
    const struct rep_text_options text = {.colour = colour, .verbose = verbose};
    GString *out = g_string_new(NULL);

    if (format == FORMAT_JSON) {
        rep_json(out, s);
    } else if (format == FORMAT_CSV) {
        rep_csv_header(out, s->set);
        rep_csv_rows(out, s, 0);
    } else {
        rep_text(out, s, &text);
    }
    return out;
}

static int write_files(const char *dir, const struct rep_summary *s, const struct cfg *cfg,
                       bool verbose)
{
    g_autoptr(GString) text = render(s, FORMAT_TEXT, verbose, false);
    g_autoptr(GString) json = render(s, FORMAT_JSON, false, false);
    g_autoptr(GString) csv = render(s, FORMAT_CSV, false, false);
    char *provenance = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&provenance, &bytes);
    int status;

    if (!stream)
        return cli_fail(CLI_MISSING, "no memory for params.txt");
    cfg_print_provenance(cfg, stream);
    fclose(stream);
    const struct cli_file files[] = {
        {"report.txt", text->str, text->len},
        {"result.json", json->str, json->len},
        {"result.csv", csv->str, csv->len},
        {"params.txt", provenance, bytes},
    };
    status = cli_files_write(dir, files, G_N_ELEMENTS(files));
    free(provenance);
    return status;
}

static void say_replay(const struct rep_summary *s, const struct cli_jobs *jobs)
{
    enum run_mode mode[MODES];
    const char *key[MODES];
    g_autofree char *replay = NULL;

    cli_modes(jobs->params, mode, key);
    replay = cli_jobs_replay(jobs, mode[s->bad_mode], s->bad_replica);
    fprintf(stderr, "sim: again: %s\n", replay);
}

/* Files first: they are worth having even when nobody reads standard output any more. */
static int publish(const struct run_options *o, const struct rep_summary *s, const struct cfg *cfg,
                   const struct cli_jobs *jobs)
{
    int status = CLI_GOOD;

    if (o->output)
        status = write_files(o->output, s, cfg, o->verbose);
    if (status == CLI_GOOD && !o->quiet) {
        g_autoptr(GString) out =
            render(s, o->format_number, o->verbose,
                   o->format_number == FORMAT_TEXT && isatty(STDOUT_FILENO) && !getenv("NO_COLOR"));

        status = cli_print(out->str, out->len);
    }
    if (status == CLI_GOOD && !rep_outcome_good(s->outcome)) {
        say_replay(s, jobs);
        fprintf(stderr, "sim: %s: %s\n", sim_outcome_name[s->outcome], s->text);
        status = CLI_BROKEN;
    }
    return status;
}

static int simulate(const struct run_options *o, const struct cfg *cfg)
{
    struct rep_setting *set = g_new0(struct rep_setting, 1);
    g_autofree char *digest = cfg_digest(cfg);
    g_autofree char *monitor_latency = cfg_value_text(cfg, "monitor.latency");
    g_autofree char *monitor_rtt = cfg_value_text(cfg, "monitor.network_rtt");
    const struct cli_jobs jobs = {
        .params = cfg_params(cfg),
        .traces = cfg_traces(cfg),
        .workload = o->workload,
        .sets = (const char *const *)o->set,
        .threads = (uint32_t)o->threads,
        .progress = !o->quiet && isatty(STDERR_FILENO),
    };
    struct rep_result **results = cli_jobs_run(&jobs);
    struct rep_summary *s;
    int status;

    if (!results) {
        g_free(set);
        return cli_fail(CLI_MISSING, "the system makes no thread: fewer processes, or ulimit -u");
    }
    fill_setting(set, cfg);
    set->monitor_latency = monitor_latency;
    set->monitor_rtt = cfg_params(cfg)->monitor.network_rtt ? monitor_rtt : NULL;
    set->digest = cli_jobs_digest(digest, results);
    s = rep_summary_create(set, results);
    rep_verdict_fill(s);
    cli_jobs_free(results);
    status = publish(o, s, cfg, &jobs);
    rep_summary_destroy(s);
    g_free(set);
    return status;
}

static int load_and_simulate(const struct run_options *o)
{
    g_autoptr(GPtrArray) sets = all_sets(o);
    g_autoptr(GError) error = NULL;
    struct cfg *cfg = cfg_load(o->workload, cli_workload_dirs(), &cli_presets,
                               (const char *const *)sets->pdata, &error);
    int status = CLI_GOOD;

    if (!cfg)
        return fail_loading(o, error);
    if (o->output)
        status = cli_files_prepare(o->output);
    if (status == CLI_GOOD)
        status = simulate(o, cfg);
    cfg_free(cfg);
    return status;
}

int cli_run(int argc, char **argv)
{
    struct run_options o = {0};
    int status = CLI_USAGE;

    if (parse(argc, argv, &o, &status) && understand(&o))
        status = load_and_simulate(&o);
    options_clear(&o);
    return status;
}
