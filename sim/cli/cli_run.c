/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_run.c - `sim run`: load, simulate, report
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "cli_files.h"
#include "cli_jobs.h"
#include "cli_run_trace.h"
#include "cli_sequence.h"
#include "cli_setting.h"
#include "cli_source.h"
#include "cli_timeline.h"
#include "rep_explain.h"
#include "rep_out.h"
#include "rep_verdict.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };
static const char *const format_names[] = {"text", "json", "csv", NULL};

/* As the user wrote them; NULL = not given. */
struct run_options {
    struct cli_source source;
    struct cli_trace_options trace;
    struct cli_timeline_options timeline;
    struct cli_sequence_options sequence;
    char *format, *output, *jobs;
    gboolean verbose, quiet, explain;
    /* understood */
    int format_number;
    uint64_t threads;
};

static void options_clear(struct run_options *o)
{
    cli_source_clear(&o->source);
    cli_trace_options_clear(&o->trace);
    g_free(o->format);
    g_free(o->output);
    g_free(o->jobs);
    cli_timeline_options_clear(&o->timeline);
    cli_sequence_options_clear(&o->sequence);
}

static const char summary[] =
    "Simulates a workload, each mode on the same random numbers, and reports utilisation, gain,\n"
    "where the time went, how each fault ended and why.";
static const char description[] =
    "--workload=FILE may be written as FILE.yaml alone.\n"
    "FILE is looked for as a path, then in workloads/ here, in the source tree that the program\n"
    "was built in, and in the installed data directory. Paths in a workload begin at its folder,\n"
    "those of --set at the shell's.\n"
    "sim workloads lists what is there, sim params every KEY; sim help workload says how to write "
    "one.\n"
    "Exit status: 0 good, 1 a run found a broken property, 2 bad usage or input, 3 missing "
    "facility.";

static bool parse(int argc, char **argv, struct run_options *o, int *ret_status)
{
    const GOptionEntry entries[] = {
        {"workload", 0, 0, G_OPTION_ARG_STRING, &o->source.workload, "What to simulate", "FILE"},
        {"calibration", 0, 0, G_OPTION_ARG_STRING, &o->source.calibration,
         "Costs measured by sim calibrate, in place of the defaults", "FILE"},
        {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->source.set,
         "Change a parameter of the file (repeatable; the last one of a key wins)", "KEY=VALUE"},
        {"modes", 0, 0, G_OPTION_ARG_STRING, &o->source.modes, "Some of off,halt,apf", "LIST"},
        {"seed", 0, 0, G_OPTION_ARG_STRING, &o->source.seed, "Seed of all random numbers", "N"},
        {"replicas", 0, 0, G_OPTION_ARG_STRING, &o->source.replicas, "Runs of each mode", "N"},
        {"format", 0, 0, G_OPTION_ARG_STRING, &o->format, "text (default), json or csv", "FORMAT"},
        {"output", 0, 0, G_OPTION_ARG_STRING, &o->output,
         "Also write report.txt, result.json and more there; sim report DIR draws them", "DIR"},
        {"jobs", 0, 0, G_OPTION_ARG_STRING, &o->jobs,
         "Threads (default: one a CPU); the result is the same", "N"},
        {"verbose", 0, 0, G_OPTION_ARG_NONE, &o->verbose,
         "Also each vCPU's time, what each latency means, Little's law, high-water marks", NULL},
        {"explain", 0, 0, G_OPTION_ARG_NONE, &o->explain,
         "Instead of the report: why faults were not asynchronous, as a tree with counts", NULL},
        {"quiet", 0, 0, G_OPTION_ARG_NONE, &o->quiet,
         "No report on standard output and no progress", NULL},
        CLI_TRACE_ENTRIES(&o->trace),
        CLI_TIMELINE_ENTRIES(&o->timeline),
        CLI_SEQUENCE_ENTRIES(&o->sequence),
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->source.files, NULL,
         "[FILE.yaml]"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };

    return cli_parse(argc, argv, entries, summary, description, ret_status);
}

/* What can be judged without the workload. */
static bool understand(struct run_options *o)
{
    if (!cli_source_complete(&o->source, "sim FILE.yaml"))
        return false;
    if (o->format)
        o->format_number = cli_choice("--format", o->format, format_names);
    return cli_threads(o->jobs, &o->threads) && o->format_number >= 0 &&
           cli_timeline_understand(&o->timeline) && cli_sequence_understand(&o->sequence);
}

static GString *render(const struct rep_summary *s, int format, bool verbose, bool colour)
{
    const struct rep_text_options text = {.colour = colour, .verbose = verbose};
    GString *out = g_string_new(NULL);

    if (format == FORMAT_JSON) {
        rep_json(out, s);
    } else if (format == FORMAT_CSV) {
        const struct rep_csv csv = rep_csv_of(s->set);

        rep_csv_header(out, s->set, &csv);
        rep_csv_rows(out, s, &csv, 0, NULL);
    } else {
        rep_text(out, s, &text);
    }
    return out;
}

/* A path as its user wrote it; of an absolute one the name alone, for reports that go elsewhere. */
static const char *without_machine(const char *path)
{
    return path && g_path_is_absolute(path) ? strrchr(path, '/') + 1 : path;
}

/* What repeats the run: options that change no result are left out. */
static GString *command_line(const struct cli_source *source, bool for_report)
{
    GString *out = g_string_new("sim run");

    cli_source_option(out, "workload",
                      for_report ? without_machine(source->workload) : source->workload);
    cli_source_option(out, "calibration",
                      for_report ? without_machine(source->calibration) : source->calibration);
    for (char **set = source->set; set && *set; set++)
        cli_source_option(out, "set", *set);
    cli_source_option(out, "modes", source->modes);
    cli_source_option(out, "seed", source->seed);
    cli_source_option(out, "replicas", source->replicas);
    return out;
}

static int write_files(const struct run_options *o, const struct rep_summary *s,
                       const struct cfg *cfg)
{
    g_autoptr(GString) text = render(s, FORMAT_TEXT, o->verbose, false);
    g_autoptr(GString) json = render(s, FORMAT_JSON, false, false);
    g_autoptr(GString) csv = render(s, FORMAT_CSV, false, false);
    g_autoptr(GString) latencies = g_string_new(NULL), command = command_line(&o->source, false);
    char *provenance = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&provenance, &bytes);
    int status;

    if (!stream)
        return cli_fail(CLI_MISSING, "no memory for params.txt");
    cfg_print_provenance(cfg, stream);
    fclose(stream);
    rep_csv_latencies(latencies, s);
    g_string_append_c(command, '\n');
    const struct cli_file files[] = {
        {"report.txt", text->str, text->len}, {"result.json", json->str, json->len},
        {"result.csv", csv->str, csv->len},   {"latencies.csv", latencies->str, latencies->len},
        {"params.txt", provenance, bytes},    {"command.txt", command->str, command->len},
    };
    status = cli_files_write(o->output, files, G_N_ELEMENTS(files));
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
                   const struct cli_jobs *jobs, bool silent)
{
    int status = CLI_GOOD;

    if (o->output)
        status = write_files(o, s, cfg);
    if (status == CLI_GOOD && !silent) {
        g_autoptr(GString) out = o->explain
                                     ? g_string_new(NULL)
                                     : render(s, o->format_number, o->verbose,
                                              o->format_number == FORMAT_TEXT &&
                                                  isatty(STDOUT_FILENO) && !getenv("NO_COLOR"));

        if (o->explain)
            rep_explain(out, s);
        status = cli_print(out->str, out->len);
    }
    if (status == CLI_GOOD && !rep_outcome_good(s->outcome)) {
        say_replay(s, jobs);
        fprintf(stderr, "sim: %s: %s\n", sim_outcome_name[s->outcome], s->text);
        status = CLI_BROKEN;
    }
    return status;
}

/* What looks at one of the runs; NULL: nothing of that kind is wanted. */
struct looks {
    struct cli_trace *trace;
    struct cli_timeline *timeline;
    struct cli_sequence *sequence;
};

/* As a list of taps. */
static struct cli_tap *taps_of(const struct looks *looks)
{
    struct cli_tap *list = looks->trace ? cli_trace_tap(looks->trace) : NULL;

    if (looks->timeline) {
        looks->timeline->tap.next = list;
        list = &looks->timeline->tap;
    }
    if (looks->sequence) {
        looks->sequence->tap.next = list;
        list = &looks->sequence->tap;
    }
    return list;
}

static int draw(const struct looks *looks)
{
    int timeline = looks->timeline ? cli_timeline_draw(looks->timeline) : CLI_GOOD;
    int sequence = looks->sequence ? cli_sequence_draw(looks->sequence) : CLI_GOOD;

    return MAX(timeline, sequence);
}

static int simulate(const struct run_options *o, const struct cfg *cfg, const struct looks *looks)
{
    g_autofree char *digest = cfg_digest(cfg);
    g_autoptr(GString) command = command_line(&o->source, true);
    struct rep_setting *set;
    const struct cli_jobs jobs = {
        .params = cfg_params(cfg),
        .traces = cfg_traces(cfg),
        .workload = o->source.workload,
        .calibration = o->source.calibration,
        .sets = (const char *const *)o->source.set,
        .threads = (uint32_t)o->threads,
        .progress = !o->quiet && isatty(STDERR_FILENO),
        .taps = taps_of(looks),
    };
    struct rep_result **results = cli_jobs_run(&jobs);
    struct rep_summary *s;
    int status, drawn;

    if (!results)
        return cli_fail(CLI_MISSING, "the system makes no thread: fewer processes, or ulimit -u");
    set = cli_setting_create(cfg);
    set->command = command->str;
    set->digest = cli_jobs_digest(digest, results);
    s = rep_summary_create(set, results);
    rep_verdict_fill(s);
    cli_jobs_free(results);
    drawn = draw(looks);
    status = publish(o, s, cfg, &jobs, o->quiet || cli_trace_on_stdout(looks->trace));
    rep_summary_destroy(s);
    cli_setting_free(set);
    return MAX(status, drawn);
}

static int load_and_simulate(const struct run_options *o)
{
    struct cfg *cfg = cli_source_load(&o->source);
    struct looks looks = {0};
    int status = CLI_GOOD, closed = CLI_GOOD;

    if (!cfg)
        return CLI_USAGE;
    if (o->output)
        status = cli_files_prepare(o->output);
    if (status == CLI_GOOD)
        status = cli_timeline_begin(&o->timeline, cfg, &looks.timeline);
    if (status == CLI_GOOD)
        status = cli_sequence_begin(&o->sequence, cfg, &looks.sequence);
    if (status == CLI_GOOD)
        status = cli_trace_open(&o->trace, cfg_params(cfg), &looks.trace);
    if (status == CLI_GOOD)
        status = simulate(o, cfg, &looks);
    if (looks.trace)
        closed = cli_trace_close(looks.trace);
    status = MAX(status, closed);
    cli_timeline_free(looks.timeline);
    cli_sequence_free(looks.sequence);
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
