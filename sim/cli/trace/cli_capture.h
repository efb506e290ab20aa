/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_capture.h - commands on captures of KVM's trace events: `sim trace check` and its kin
 */
#pragma once

#include "cap_judge.h"

/* argv[0] is the command's name. */
int cli_capture_check(int argc, char **argv);
int cli_capture_stats(int argc, char **argv);
int cli_capture_explain(int argc, char **argv);
int cli_capture_convert(int argc, char **argv);
int cli_capture_timeline(int argc, char **argv);

struct cli_capture_options {
    char *format, *kernel, *mhz;
    gboolean strict, tolerant;
    enum cap_format format_kind;
    enum apf_kernel kernel_kind;
    enum cap_mode mode;
    double mhz_number; /* 0: not given */
    bool may_be_cut;   /* in the middle of the last line */
    unsigned digits;   /* of the second, of a trace.dat; 0: all */
};

/* What all of them take. CLI_GOOD, or said. */
int cli_capture_options(struct cli_capture_options *o);
void cli_capture_options_clear(struct cli_capture_options *o);
/* CLI_GOOD, or said: FILE:LINE:COLUMN: error: ... */
int cli_capture_load(const char *path, const struct cli_capture_options *o, struct capture *ret);
