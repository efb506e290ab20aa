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

#define TRIES_MIN 2u
#define TRIES     12u

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
    "within 10 %, or twice the\ndifference of two real ones, each made of every second run. Runs "
    "that "
    "others disturbed do not count;\ndocs/calibrate.md says more.\n"
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
         "Real runs of each row (default 12; 2 at least)", "N"},
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

static void make_rows(struct validate *v, const struct cal_order *order)
{
    for (unsigned d = 0; d < G_N_ELEMENTS(delays_ns); d++)
        add_rows(v, CAL_BACK_UFFD, delays_ns[d], CAL_ROW_KINDS);
    if (order->backing == CAL_BACK_FILE)
        add_rows(v, CAL_BACK_FILE, 0, CAL_ROW_FOUR);
}

static bool predict(struct validate *v)
{
    for (unsigned i = 0; i < v->rows; i++) {
        struct validate_row *row = &v->row[i];

        if (!validate_simulate(v, row))
            return false;
        validate_judge(row);
    }
    return true;
}

static bool do_all(struct validate *v, const struct options *o, const struct cal_order *order,
                   struct cal_error *error)
{
    make_rows(v, order);
    return validate_measure(v, order, (unsigned)o->tries_number, error) && predict(v);
}

/* ---- out ---- */

static int write_files(struct validate *v, const char *dir)
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

static GString *render(struct validate *v, int format)
{
    return format == 0 ? validate_text(v) : format == 1 ? validate_json(v) : validate_csv(v);
}

static int publish(struct validate *v, const struct options *o)
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
    validate_free(v);
    return status;
}

int cli_validate(int argc, char **argv)
{
    struct cal_order order = {0};
    struct options o = {.tries_number = TRIES};
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
