/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_sweep.c - `sim sweep`: a workload at every point of a grid, into one CSV file
 */
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cfg_value.h"
#include "cli.h"
#include "cli_files.h"
#include "cli_grid.h"
#include "cli_pool.h"
#include "cli_table.h"

/* As the user wrote them; NULL = not given. */
struct sweep_options {
    struct cli_source source;
    char **vary;
    char *output, *jobs, *shard, *precision, *most;
    gboolean quiet;
    /* understood */
    uint64_t threads, replicas_most;
    uint32_t precision_ppm;
    struct cli_shard part;
};

static void options_clear(struct sweep_options *o)
{
    char *const all[] = {o->output, o->jobs, o->shard, o->precision, o->most};

    cli_source_clear(&o->source);
    g_strfreev(o->vary);
    for (unsigned i = 0; i < G_N_ELEMENTS(all); i++)
        g_free(all[i]);
}

static const char summary[] = "Simulates a workload at every point of a grid of parameters, and "
                              "writes one row for each point\n"
                              "and mode to DIR/sweep.csv, with what was run in DIR/sweep.json.";
static const char description[] =
    "KEY is any parameter of `sim params` (sim help workload says how they are written).\n"
    "  --vary guest.vcpus=1,2,4           these values; words and distributions as well\n"
    "  --vary disk.read=1us..20ms:20:log  20 values in constant ratio, without :log in equal "
    "steps\n"
    "Several --vary make a grid; the last one goes round fastest. A workload may have its own "
    "axes\n"
    "under `sweep:`; --vary of the same KEY takes their place.\n"
    "Stopped or killed, the same command goes on; points that ended are not run again.\n"
    "Shards: point i is of shard i mod N. Without --shard they are taken from SLURM_ARRAY_TASK_ID "
    "and\n"
    "SLURM_ARRAY_TASK_COUNT, or from JOB_COMPLETION_INDEX and JOB_COMPLETIONS, when these are "
    "set.\n"
    "All shards write into one DIR, sim merge DIR makes the files of it: docs/scale-out.md.\n"
    "Exit status: 0 good, 1 a run found a broken property, 2 bad usage or input, 3 missing "
    "facility.";

static bool parse(int argc, char **argv, struct sweep_options *o, int *ret_status)
{
    const GOptionEntry entries[] = {
        {"workload", 0, 0, G_OPTION_ARG_STRING, &o->source.workload, "What to simulate", "FILE"},
        {"vary", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->vary,
         "An axis: KEY=A,B,C or KEY=LO..HI:N or KEY=LO..HI:N:log (repeatable)", "KEY=VALUES"},
        {"output", 0, 0, G_OPTION_ARG_STRING, &o->output, "Where the results go", "DIR"},
        {"calibration", 0, 0, G_OPTION_ARG_STRING, &o->source.calibration,
         "Costs measured by sim calibrate, in place of the defaults", "FILE"},
        {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->source.set,
         "Change a parameter at all points (repeatable)", "KEY=VALUE"},
        {"modes", 0, 0, G_OPTION_ARG_STRING, &o->source.modes, "Some of off,halt,apf", "LIST"},
        {"seed", 0, 0, G_OPTION_ARG_STRING, &o->source.seed, "Seed of all random numbers", "N"},
        {"replicas", 0, 0, G_OPTION_ARG_STRING, &o->source.replicas,
         "Runs of each mode at each point", "N"},
        {"precision", 0, 0, G_OPTION_ARG_STRING, &o->precision,
         "Add replicas until the 95 % intervals of gain and utilisation are so narrow, relatively",
         "1%"},
        {"replicas-most", 0, 0, G_OPTION_ARG_STRING, &o->most,
         "With --precision: but not more than so many (default 100)", "N"},
        {"jobs", 0, 0, G_OPTION_ARG_STRING, &o->jobs,
         "Threads (default: one a CPU); the result is the same", "N"},
        {"shard", 0, 0, G_OPTION_ARG_STRING, &o->shard, "Only part K of N, K from 0", "K/N"},
        {"quiet", 0, 0, G_OPTION_ARG_NONE, &o->quiet, "Nothing on standard output and no progress",
         NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->source.files, NULL,
         "[FILE.yaml]"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };

    return cli_parse(argc, argv, entries, summary, description, ret_status);
}

static bool understand_precision(struct sweep_options *o)
{
    g_autofree char *why = NULL;

    o->replicas_most = 100;
    if (o->most && !o->precision) {
        cli_fail(CLI_USAGE, "--replicas-most needs --precision; without it --replicas says how "
                            "many");
        return false;
    }
    if (o->most && !cli_number("--replicas-most", o->most, 2, 1000, &o->replicas_most))
        return false;
    if (!o->precision)
        return true;
    why = cfg_parse_share(o->precision, &o->precision_ppm);
    if (!why && !o->precision_ppm)
        why = g_strdup("0% is never reached; write for example 1%");
    if (why)
        cli_fail(CLI_USAGE, "--precision: %s", why);
    return !why;
}

/* What can be judged without the workload. */
static bool understand(struct sweep_options *o)
{
    if (!cli_source_complete(&o->source, "sim sweep --workload=FILE.yaml"))
        return false;
    if (!o->output) {
        cli_fail(CLI_USAGE, "no --output=DIR: where are the results to go?");
        return false;
    }
    return understand_precision(o) && cli_threads(o->jobs, &o->threads) &&
           cli_shard_choose(o->shard, &o->part);
}

static struct cli_points *open_store(const struct sweep_options *o, const struct cli_grid *g,
                                     const struct cli_identity *id, int *ret_status)
{
    g_autoptr(GString) header = g_string_new(NULL);

    rep_csv_header(header, g->set, &g->csv);
    *ret_status = cli_files_prepare(o->output);
    if (*ret_status == CLI_GOOD)
        *ret_status = cli_shard_alone(o->output, &o->part);
    if (*ret_status != CLI_GOOD)
        return NULL;
    return cli_points_open(o->output, &o->part, id, header->str, ret_status);
}

static int run_all(const struct sweep_options *o, const struct cli_grid *g,
                   struct cli_points *store)
{
    const struct cli_pool pool = {
        .grid = g,
        .store = store,
        .shard = o->part,
        .threads = (uint32_t)o->threads,
        .progress = !o->quiet && isatty(STDERR_FILENO),
    };
    uint32_t before = cli_points_count(store), all = cli_shard_points(&o->part, g->points);
    int status = CLI_GOOD;

    if (before && before < all) {
        fprintf(stderr, "sim: %u of %u points are there already\n", before, all);
        status = cli_pool_compare(&pool);
    }
    if (status == CLI_GOOD)
        status = cli_pool_check(&pool);
    if (status == CLI_GOOD)
        status = cli_pool_run(&pool);
    if (status == CLI_GOOD && before < all && !cli_grid_unchanged(g))
        status = CLI_USAGE;
    if (status == CLI_GOOD && !cli_points_end(store))
        status = CLI_MISSING;
    return status;
}

/* A whole sweep becomes its files at once; a part waits for the others. */
static int publish(const struct sweep_options *o, struct cli_points *store, uint32_t points)
{
    struct cli_table_sum sum;
    int status;

    if (o->part.count > 1) {
        g_autofree char *line =
            g_strdup_printf("%s: %u points\n", cli_points_path(store), cli_points_count(store));

        return o->quiet ? CLI_GOOD : cli_print(line, strlen(line));
    }
    cli_files_forget(o->output, "sweep."); /* the lock on the points is ours */
    status = cli_table_write(o->output, &store, &sum);
    if (status != CLI_GOOD)
        return status;
    unlink(cli_points_path(store));
    return cli_table_say(o->output, &sum, points, o->quiet);
}

static int sweep(const struct sweep_options *o, const struct cli_grid *g)
{
    g_autofree char *provenance = cli_grid_provenance(g);
    const struct cli_identity id = {APFSIM_VERSION, g->workload_digest, g->grid_digest, g->points,
                                    provenance};
    struct cli_points *store;
    uint32_t bad = 0;
    bool there;
    int status = cli_table_there(o->output, &id, &there, &bad);

    if (status != CLI_GOOD)
        return status;
    if (there && cli_table_whole(o->output)) {
        fprintf(stderr, "sim: this sweep is there already, in %s/%s\n", o->output, CLI_TABLE_CSV);
        return bad ? CLI_BROKEN : CLI_GOOD;
    }
    if (there)
        fprintf(stderr, "sim: %s/%s is damaged: it is made again\n", o->output, CLI_TABLE_CSV);
    store = open_store(o, g, &id, &status);
    if (!store)
        return status;
    status = run_all(o, g, store);
    if (status == CLI_GOOD)
        status = publish(o, store, g->points);
    else
        cli_points_forget_empty(store);
    cli_points_close(store);
    return status;
}

int cli_sweep(int argc, char **argv)
{
    struct sweep_options o = {0};
    int status = CLI_USAGE;

    /* Each point takes some MiB and gives them back: to keep them saves a third of the CPU time of
     * a point that simulates nothing, most of it page faults. */
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    if (parse(argc, argv, &o, &status) && understand(&o)) {
        struct cli_grid *g =
            cli_grid_create(&o.source, o.vary, o.precision_ppm, (uint32_t)o.replicas_most);

        status = g ? sweep(&o, g) : CLI_USAGE;
        cli_grid_free(g);
    }
    options_clear(&o);
    return status;
}
