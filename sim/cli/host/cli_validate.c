/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_validate.c - `sim validate`: predicts small workloads from single-fault probes, runs them
 */
#include <stdio.h>
#include <string.h>

#include "cal_guard.h"
#include "cli_calibrate.h"
#include "cli_files.h"
#include "cli_gnuplot.h"
#include "cli_validate.h"

#define SAMPLES   300
#define QUIET     0.02 /* of the time the host may run something else in a quiet run */
#define BUSY      0.1  /* if others take more, vCPU threads are raised */
#define RAISED    (-19)
#define TRIES_MIN 2u
#define TRIES_MAX 6u

static const uint64_t delays_ns[] = {500000, 5000000};
static const char *const format_names[] = {"text", "json", "csv", NULL};

struct options {
    char *backing, *output, *format, *tries;
    gboolean quiet;
    uint64_t tries_number;
    int format_number;
};

static const char summary[] =
    "Runs 24 small workloads as real guests through /dev/kvm, and simulates the same with costs "
    "that were\nmeasured just before, on single faults alone: is the prediction right?";
static const char description[] =
    "{a lone toucher; toucher and spinner; 4 touchers and spinner; 8 touchers} x {off, halt, apf} "
    "x {0.5, 5 ms}.\nA row agrees when utilisation is within 5 points and the median latency "
    "within 10 %, or twice the\ndifference of two real runs. Each row runs until two runs are not "
    "disturbed by others, or --tries\nhave been made; docs/calibrate.md says more.\n"
    "--backing=file:DIR adds rows on a file in that directory.\n"
    "Exit status: 0 at least 80 % of the rows agree, 2 in 3 of each workload; 1 fewer do; 2 bad "
    "usage, 3 a facility\nis missing.";

static bool parse(int argc, char **argv, struct options *o, int *ret_status)
{
    const GOptionEntry entries[] = {
        {"backing", 0, 0, G_OPTION_ARG_STRING, &o->backing,
         "userfaultfd (default), or file:DIR to add rows", "WHAT"},
        {"format", 0, 0, G_OPTION_ARG_STRING, &o->format, "text (default), json or csv", "FORMAT"},
        {"output", 0, 0, G_OPTION_ARG_STRING, &o->output,
         "Also write validate.txt, .json, .csv, a gnuplot script and its picture there", "DIR"},
        {"tries", 0, 0, G_OPTION_ARG_STRING, &o->tries,
         "Real runs of a row at most (default 6; 2 at least)", "N"},
        {"quiet", 0, 0, G_OPTION_ARG_NONE, &o->quiet, "No report and no progress", NULL},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };

    return cli_parse(argc, argv, entries, summary, description, ret_status);
}

static void add_rows(struct validate *v, enum cal_backing backing, uint64_t delay_ns,
                     unsigned kinds)
{
    for (unsigned k = 0; k < kinds; k++)
        for (unsigned m = 0; m < CAL_ROW_MODES; m++)
            v->row[v->rows++].real =
                (struct cal_row){(enum cal_row_kind)k, (enum cal_row_mode)m, backing, delay_ns};
}

/* ---- real ---- */

/* The two quietest of all runs so far; a later one replaces the noisier of the two. */
struct best {
    struct cal_row_result run[2];
    unsigned tries;
};

static bool best_done(const struct best *b, unsigned most)
{
    return b->tries >= most ||
           (b->tries >= TRIES_MIN && b->run[0].held_up <= QUIET && b->run[1].held_up <= QUIET);
}

static void best_take(struct best *b, const struct cal_row_result *run)
{
    unsigned worse = b->tries >= 2 && b->run[0].held_up > b->run[1].held_up ? 0 : 1;

    if (b->tries < 2)
        b->run[b->tries] = *run;
    else if (run->held_up < b->run[worse].held_up)
        b->run[worse] = *run;
    b->tries++;
}

/* Time that the host gave to others is no time of the guest's. */
static double share_of(const struct cal_row_result *r)
{
    return r->held_up < 1 ? r->share / (1 - r->held_up) : 0;
}

static bool run_alone(struct validate *v, struct best *b, int nice, unsigned most,
                      struct cal_error *error)
{
    struct cal_row_result run;

    *b = (struct best){.tries = 0};
    while (!best_done(b, most)) {
        if (!cal_row_alone(&run, v->speed, nice, error))
            return false;
        best_take(b, &run);
    }
    return true;
}

/*
 * On a quiet host nobody's priority is touched. On a busy one the vCPU would measure its
 * competitors, so it is raised; its own APF worker then waits for it, which the single faults
 * before the rows find out.
 */
static bool measure_alone(struct validate *v, unsigned most, struct cal_error *error)
{
    struct best b;

    if (!run_alone(v, &b, 0, most, error))
        return false;
    v->busy = MAX(b.run[0].held_up, b.run[1].held_up);
    v->nice = v->busy > BUSY ? RAISED : 0;
    if (v->nice && !run_alone(v, &b, v->nice, most, error))
        return false;
    v->alone = (share_of(&b.run[0]) + share_of(&b.run[1])) / 2;
    return true;
}

static void keep(struct validate_row *row, const struct best *b, double alone)
{
    for (unsigned i = 0; i < 2; i++) {
        row->use.measured[i] = share_of(&b->run[i]) / alone;
        row->latency.measured[i] = b->run[i].latency_ns;
        row->held_up = MAX(row->held_up, b->run[i].held_up);
    }
    row->tries = b->tries;
}

/* ---- both, alternating ---- */

static bool do_row(struct validate *v, struct validate_row *row, struct cal_memory *memory,
                   unsigned most, struct cal_error *error)
{
    struct best b = {.tries = 0};
    struct cal_row_result run;

    if (!validate_simulate(v, &row->real, &row->use.predicted, &row->latency.predicted))
        return false;
    while (!best_done(&b, most)) {
        if (!cal_row_run(&run, &row->real, memory, v->speed, error))
            return false;
        best_take(&b, &run);
    }
    keep(row, &b, v->alone);
    validate_judge(row);
    return true;
}

/*
 * A lone toucher's way ends where the model's monitor does, but it begins an exit and a fault
 * later. The way beside a spinner ends where the ready handler begins: worker, kick, prefault and
 * the injection lie between. A file shows but the whole.
 */
static double spent_elsewhere(const struct validate *v, bool file, bool busy, double after_ns)
{
    double fault = validate_cost(v, "cost.exit") + validate_cost(v, "cost.fault");

    if (file)
        return fault + after_ns;
    if (!busy)
        return fault;
    return fault + validate_cost(v, "cost.worker") + validate_cost(v, "cost.exit") +
           validate_cost(v, "cost.prefault") + validate_cost(v, "cost.ready") -
           cal_centre(&v->costs->stage[CAL_ST_handler_to_ack]) -
           cal_centre(&v->costs->stage[CAL_ST_left_to_other]) +
           validate_cost(v, "cost.context_switch");
}

/* The quietest of a few runs, as for rows: on a busy host the worker may wait for milliseconds. */
static bool single_fault(struct validate *v, struct cal_row_way *best, const struct cal_row *row,
                         struct cal_memory *memory, unsigned most, struct cal_error *error)
{
    struct cal_row_way way;

    for (unsigned i = 0; i < most; i++) {
        if (!cal_row_single(&way, row, v->speed, memory, error))
            return false;
        if (way.ns.count && (!best->ns.count || way.held_up < best->held_up)) {
            cal_samples_free(&best->ns);
            *best = way;
        } else {
            cal_samples_free(&way.ns);
        }
        if (best->ns.count && best->held_up <= QUIET)
            break;
    }
    return best->ns.count ||
           cal_fail(error, CAL_BROKEN,
                    "no fault of a single task came to its end in a run of %u ms", CAL_ROW_FOR_MS);
}

static bool single_faults(struct validate *v, enum cal_backing backing, struct cal_memory *memory,
                          unsigned most, struct cal_error *error)
{
    bool file = backing == CAL_BACK_FILE;

    for (unsigned m = 0; m < CAL_ROW_MODES; m++) {
        struct cal_row row = {CAL_ROW_LONE, (enum cal_row_mode)m, backing, file ? 0 : CAL_DELAY_NS,
                              v->nice};
        struct cal_row_way *way = v->way[file][m];
        double after_ns;

        if (!single_fault(v, &way[0], &row, memory, most, error))
            return false;
        /* Nobody sees a page of a file come: what is behind that is as with userfaultfd. */
        after_ns = v->way[0][m][0].after_ns;
        v->less_ns[file][m][0] = spent_elsewhere(v, file, false, after_ns);
        if (m != CAL_ROW_APF)
            continue;
        row.kind = file ? CAL_ROW_LONE : CAL_ROW_SPINNER;
        if (!single_fault(v, &way[1], &row, memory, most, error))
            return false;
        v->less_ns[file][m][1] = spent_elsewhere(v, file, true, after_ns);
    }
    return true;
}

static bool do_rows(struct validate *v, enum cal_backing backing, const struct options *o,
                    const struct cal_order *order, struct cal_error *error)
{
    struct cal_memory_order mo = {.backing = backing,
                                  .folder = order->folder,
                                  .pages =
                                      backing == CAL_BACK_FILE ? CAL_ROW_FILE_PAGES : CAL_ROW_PAGES,
                                  .parallelism = APF_LIMIT,
                                  .delay_ns = CAL_DELAY_NS};
    struct cal_memory memory;
    bool good;

    if (!cal_memory_make(&memory, &mo, error))
        return false;
    good = single_faults(v, backing, &memory, (unsigned)o->tries_number, error);
    for (unsigned i = 0; good && i < v->rows; i++) {
        struct validate_row *row = &v->row[i];

        if (row->real.backing != backing)
            continue;
        row->real.nice = v->nice;
        if (order->progress)
            order->progress(cal_row_kind_name[row->real.kind]);
        good = do_row(v, row, &memory, (unsigned)o->tries_number, error);
    }
    cal_memory_free(&memory);
    return good;
}

static bool do_all(struct validate *v, const struct options *o, const struct cal_order *order,
                   struct cal_error *error)
{
    struct cal_order probes = *order;

    probes.backing = CAL_BACK_UFFD;
    probes.single_only = true;
    for (unsigned d = 0; d < G_N_ELEMENTS(delays_ns); d++)
        add_rows(v, CAL_BACK_UFFD, delays_ns[d], CAL_ROW_KINDS);
    if (order->backing == CAL_BACK_FILE)
        add_rows(v, CAL_BACK_FILE, 0, CAL_ROW_FOUR);
    return cal_measure(v->costs, &probes, error) && cal_row_speed(&v->speed, error) &&
           measure_alone(v, (unsigned)o->tries_number, error) &&
           do_rows(v, CAL_BACK_UFFD, o, order, error) &&
           (order->backing != CAL_BACK_FILE || do_rows(v, CAL_BACK_FILE, o, order, error));
}

/* ---- out ---- */

static int write_files(const struct validate *v, const char *dir)
{
    g_autoptr(GString) text = validate_text(v), json = validate_json(v), csv = validate_csv(v);
    const struct cli_file files[] = {
        {"validate.txt", text->str, text->len},
        {"validate.json", json->str, json->len},
        {"validate.csv", csv->str, csv->len},
        {"validate.gp", validate_plot, strlen(validate_plot)},
    };
    int status = cli_files_write(dir, files, G_N_ELEMENTS(files));

    return status == CLI_GOOD ? cli_gnuplot(dir, "validate") : status;
}

static GString *render(const struct validate *v, int format)
{
    return format == 0 ? validate_text(v) : format == 1 ? validate_json(v) : validate_csv(v);
}

static int publish(const struct validate *v, const struct options *o)
{
    int status = CLI_GOOD;

    if (o->output)
        status = write_files(v, o->output);
    if (!o->quiet) {
        g_autoptr(GString) out = render(v, o->format_number);
        int printed = cli_print(out->str, out->len);

        status = status == CLI_GOOD ? printed : status;
    }
    return status == CLI_GOOD && !validate_good(v) ? CLI_BROKEN : status;
}

static int validate(const struct options *o, struct cal_order *order)
{
    struct validate *v = g_new0(struct validate, 1);
    struct cal_error error = {CAL_OK, ""};
    int status;

    v->costs = g_new0(struct cal_result, 1);
    if (cal_guard_start(&error) && do_all(v, o, order, &error)) {
        if (order->progress)
            fputs("\r\033[K", stderr);
        status = publish(v, o);
    } else {
        status = error.fault ? cli_calibrate_fail(&error) : CLI_MISSING; /* or said already */
    }
    cal_guard_end();
    for (unsigned i = 0; i < sizeof(v->way) / sizeof(v->way[0][0][0]); i++)
        cal_samples_free(&(&v->way[0][0][0])[i].ns);
    cal_result_free(v->costs);
    g_free(v->costs);
    g_free(v);
    return status;
}

int cli_validate(int argc, char **argv)
{
    struct cal_order order = {.samples = SAMPLES};
    struct options o = {.tries_number = TRIES_MAX};
    int status = CLI_USAGE;

    if (parse(argc, argv, &o, &status) && cli_calibrate_backing(o.backing, &order, &status) &&
        (!o.tries || cli_number("--tries", o.tries, TRIES_MIN, 1000, &o.tries_number))) {
        o.format_number = o.format ? cli_choice("--format", o.format, format_names) : 0;
        status = o.format_number < 0 ? CLI_USAGE
                 : o.output          ? cli_files_prepare(o.output)
                                     : CLI_GOOD;
        cli_calibrate_progress(&order, o.quiet);
        if (status == CLI_GOOD)
            status = validate(&o, &order);
    }
    g_free(o.backing);
    g_free(o.output);
    g_free(o.format);
    g_free(o.tries);
    return status;
}
