/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_calibrate.h - what `sim calibrate` and `sim validate` share
 */
#pragma once

#include "cal_measure.h"
#include "cli.h"
#include "cli_capture.h"

/* Says it; the exit status. */
int cli_calibrate_fail(const struct cal_error *error);
/* --backing. text may be NULL. False: said. */
bool cli_calibrate_backing(const char *text, struct cal_order *order, int *ret_status);
void cli_calibrate_progress(struct cal_order *order, bool quiet);
/* Writes calibration.yaml; the exit status. */
int cli_calibrate_write(const char *path, struct cal_result *r);
/* Prints a report: its head, and what `tell` says. The exit status. */
int cli_calibrate_print(void (*tell)(FILE *, void *), void *of);

/* cli_calibrate_trace.c: costs from a capture. */
struct cli_calibrate_trace {
    const char *path, *output, *backend; /* the last two may be NULL */
    bool quiet;
    struct cli_capture_options capture;
};
int cli_calibrate_from_trace(const struct cli_calibrate_trace *o);
/* --case: names with commas between, "all", or "list". */
int cli_calibrate_cases(const char *names, bool quiet);
struct cli_calibrate_linux {
    const char *guest; /* "linux:KERNEL" */
    uint64_t offlines; /* CPU 1 goes and comes so often; 0: rounds without */
    uint64_t seconds;  /* until it is given up */
    bool quiet;
};
/* --guest */
int cli_calibrate_linux(const struct cli_calibrate_linux *o);
