/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_calibrate.c - `sim calibrate`: real guests through /dev/kvm, and what each step costs
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cal_guard.h"
#include "cal_measure.h"
#include "cli.h"
#include "cli_calibrate.h"
#include "cli_files.h"

#define SAMPLES_DEFAULT 300
#define SAMPLES_MAX     5000
#define SECONDS_DEFAULT 600 /* for a Linux guest */

struct options {
    char *backing, *output, *samples, *from_trace, *backend, *cases, *guest, *offlines, *seconds;
    gboolean quiet;
    struct cli_capture_options capture;
};

static const char summary[] =
    "Runs real guests through /dev/kvm, measures what each step of an asynchronous page fault "
    "costs\non this host, checks every cycle against the protocol, and writes calibration.yaml.";
static const char description[] =
    "--backing says where pages come from: userfaultfd (default), or file:DIR, a nameless file of "
    "128 MiB\nin that directory.\n"
    "--from-trace=FILE measures nothing here: it fits costs to a capture of KVM's trace events, of "
    "whatever\nhost and guest (docs/capture.md: how to record one).\n"
    "sim run --calibration=FILE uses what was measured. docs/calibrate.md says what it needs.\n"
    "--case=NAME,... runs corners of the protocol instead: one line each, and what differs.\n"
    "--guest=linux:BZIMAGE boots that kernel, takes its memory away and brings it back, and says\n"
    "how many faults it was told of (not on kvm_pvm).\n"
    "Exit status: 0 good, 1 the real host differs from the protocol, 2 bad usage, 3 a facility is "
    "missing.";

static bool parse(int argc, char **argv, struct options *o, int *ret_status)
{
    const GOptionEntry entries[] = {
        {"backing", 0, 0, G_OPTION_ARG_STRING, &o->backing, "userfaultfd or file:DIR", "WHAT"},
        {"output", 0, 0, G_OPTION_ARG_STRING, &o->output,
         "Where the values go (default: none is written)", "FILE.yaml"},
        {"samples", 0, 0, G_OPTION_ARG_STRING, &o->samples,
         "Asynchronous cycles of the main probe (default 300)", "N"},
        {"case", 0, 0, G_OPTION_ARG_STRING, &o->cases,
         "Corners of the protocol instead of costs: NAME,... or all; list names them", "NAME"},
        {"guest", 0, 0, G_OPTION_ARG_STRING, &o->guest,
         "A stock Linux kernel as the guest instead: linux:BZIMAGE", "WHAT"},
        {"offlines", 0, 0, G_OPTION_ARG_STRING, &o->offlines,
         "With --guest: two vCPUs, and one goes offline and comes back so often", "N"},
        {"seconds", 0, 0, G_OPTION_ARG_STRING, &o->seconds,
         "With --guest: given up after so long (default 600)", "N"},
        {"quiet", 0, 0, G_OPTION_ARG_NONE, &o->quiet, "No report and no progress", NULL},
        {"from-trace", 0, 0, G_OPTION_ARG_STRING, &o->from_trace,
         "A capture: ftrace text, trace.dat, trace-cmd report, perf script", "FILE"},
        {"mhz", 0, 0, G_OPTION_ARG_STRING, &o->capture.mhz,
         "Its clock's rate, if it counts ticks (default: this machine's TSC)", "N"},
        {"backend", 0, 0, G_OPTION_ARG_STRING, &o->backend,
         "Whose costs these are: kvm_intel, kvm_amd (default: unknown)", "NAME"},
        {"kernel", 0, 0, G_OPTION_ARG_STRING, &o->capture.kernel,
         "Host kernel of the capture: 5.8 .. tip (default: rules of 6.12)", "VERSION"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };

    return cli_parse(argc, argv, entries, summary, description, ret_status);
}

int cli_calibrate_fail(const struct cal_error *error)
{
    static const enum cli_status status[] = {
        [CAL_OK] = CLI_BROKEN,
        [CAL_MISSING] = CLI_MISSING,
        [CAL_USAGE] = CLI_USAGE,
        [CAL_BROKEN] = CLI_BROKEN,
    };

    return cli_fail(status[error->fault], "%s", error->text);
}

bool cli_calibrate_backing(const char *text, struct cal_order *order, int *ret_status)
{
    order->backing = CAL_BACK_UFFD;
    if (!text || !strcmp(text, "userfaultfd"))
        return true;
    if (!g_str_has_prefix(text, "file:") || !text[5]) {
        *ret_status = cli_fail(CLI_USAGE,
                               "--backing=%s: write userfaultfd, or file:DIR with a "
                               "directory on the disk in question",
                               text);
        return false;
    }
    order->backing = CAL_BACK_FILE;
    order->folder = text + 5;
    return true;
}

static void tell_progress(const char *what)
{
    fprintf(stderr, "\r\033[Ksim: %s", what);
}

void cli_calibrate_progress(struct cal_order *order, bool quiet)
{
    order->progress = !quiet && isatty(STDERR_FILENO) ? tell_progress : NULL;
}

int cli_calibrate_write(const char *path, struct cal_result *r)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *date = g_date_time_format(now, "%Y-%m-%d");
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    int status;

    if (!stream)
        return cli_fail(CLI_MISSING, "no memory for %s", path);
    cal_write(stream, r, APFSIM_VERSION, date);
    fclose(stream);
    status = cli_files_write_path(path, text, bytes);
    free(text);
    return status;
}

int cli_calibrate_print(void (*tell)(FILE *, void *), void *of)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    int status;

    if (!stream)
        return cli_fail(CLI_MISSING, "no memory for the report");
    fprintf(stream, "apfsim " APFSIM_VERSION ": calibrate\n");
    tell(stream, of);
    fclose(stream);
    status = cli_print(text, bytes);
    free(text);
    return status;
}

static void tell_costs(FILE *out, void *result)
{
    cal_text(out, result);
}

static int measure(const struct options *o, const struct cal_order *order)
{
    struct cal_result *r = g_new0(struct cal_result, 1);
    struct cal_error error = {CAL_OK, ""};
    int status = CLI_GOOD;

    if (!cal_guard_start(&error) || !cal_measure(r, order, &error))
        status = cli_calibrate_fail(&error);
    if (order->progress)
        fputs("\r\033[K", stderr);
    if (status == CLI_GOOD && o->output)
        status = cli_calibrate_write(o->output, r);
    if (status == CLI_GOOD && !o->quiet)
        status = cli_calibrate_print(tell_costs, r);
    cal_guard_end();
    cal_result_free(r);
    g_free(r);
    return status;
}

/* Judged before a minute is spent. */
static int check_output(const char *path)
{
    g_autofree char *dir = g_path_get_dirname(path);

    if (!*path || g_str_has_suffix(path, "/") || g_file_test(path, G_FILE_TEST_IS_DIR))
        return cli_fail(CLI_USAGE, "--output=%s: is no file; name one, such as calibration.yaml",
                        path);
    return cli_files_prepare(dir);
}

/* Options that belong to the other way of measuring. */
static int check_way(const struct options *o)
{
    if ((o->cases || o->guest) &&
        (o->backing || o->output || o->samples || o->from_trace || (o->cases && o->guest)))
        return cli_fail(CLI_USAGE,
                        "--%s goes with none of --backing, --output, --samples, --from-trace and "
                        "--%s",
                        o->cases ? "case" : "guest", o->cases ? "guest" : "case");
    if ((o->offlines || o->seconds) && !o->guest)
        return cli_fail(CLI_USAGE, "--%s is about --guest=linux:BZIMAGE",
                        o->offlines ? "offlines" : "seconds");
    if (o->from_trace && (o->backing || o->samples))
        return cli_fail(CLI_USAGE, "--from-trace runs no guest: --%s has no meaning with it",
                        o->backing ? "backing" : "samples");
    if (!o->from_trace && (o->capture.mhz || o->backend || o->capture.kernel))
        return cli_fail(CLI_USAGE, "--%s is about a capture: --from-trace=FILE",
                        o->capture.mhz ? "mhz"
                        : o->backend   ? "backend"
                                       : "kernel");
    if (o->backend &&
        (!*o->backend || strlen(o->backend) >= sizeof(((struct cal_host *)0)->backend) ||
         strspn(o->backend, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-") != strlen(o->backend)))
        return cli_fail(CLI_USAGE, "--backend=%s: want a name such as kvm_intel, up to 15 letters",
                        o->backend);
    return o->output ? check_output(o->output) : CLI_GOOD;
}

static int from_trace(struct options *o)
{
    struct cli_calibrate_trace t = {
        .path = o->from_trace, .output = o->output, .backend = o->backend, .quiet = o->quiet};
    int status = cli_capture_options(&o->capture);

    t.capture = o->capture;
    t.capture.may_be_cut = true;
    return status == CLI_GOOD ? cli_calibrate_from_trace(&t) : status;
}

static int on_guests(const struct options *o)
{
    struct cal_order order = {.samples = SAMPLES_DEFAULT};
    uint64_t samples = SAMPLES_DEFAULT;
    int status = CLI_USAGE;

    if (!cli_calibrate_backing(o->backing, &order, &status) ||
        (o->samples && !cli_number("--samples", o->samples, 10, SAMPLES_MAX, &samples)))
        return status;
    order.samples = (unsigned)samples;
    cli_calibrate_progress(&order, o->quiet);
    return measure(o, &order);
}

static int on_linux(const struct options *o)
{
    struct cli_calibrate_linux l = {
        .guest = o->guest, .seconds = SECONDS_DEFAULT, .quiet = o->quiet};

    if ((o->offlines && !cli_number("--offlines", o->offlines, 1, 10000, &l.offlines)) ||
        (o->seconds && !cli_number("--seconds", o->seconds, 1, 86400, &l.seconds)))
        return CLI_USAGE;
    return cli_calibrate_linux(&l);
}

int cli_calibrate(int argc, char **argv)
{
    struct options o = {0};
    int status = CLI_USAGE;

    if (parse(argc, argv, &o, &status)) {
        status = check_way(&o);
        if (status == CLI_GOOD)
            status = o.from_trace ? from_trace(&o)
                     : o.cases    ? cli_calibrate_cases(o.cases, o.quiet)
                     : o.guest    ? on_linux(&o)
                                  : on_guests(&o);
    }
    g_free(o.backing);
    g_free(o.output);
    g_free(o.samples);
    g_free(o.from_trace);
    g_free(o.backend);
    cli_capture_options_clear(&o.capture);
    g_free(o.cases);
    g_free(o.guest);
    g_free(o.offlines);
    g_free(o.seconds);
    return status;
}
