/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_capture.h - commands on captures of KVM's trace events: `sim trace check` and its kin
 */
#pragma once

#include "cap_judge.h"

/* argv[0] is the command's name. */
int cli_capture_check(int argc, char **argv);

struct cli_capture_options {
    char *format, *kernel;
    gboolean strict, tolerant;
    enum cap_format format_kind;
    enum apf_kernel kernel_kind;
    enum cap_mode mode;
};

/* What all of them take. CLI_GOOD, or said. */
int cli_capture_options(struct cli_capture_options *o);
/* CLI_GOOD, or said: FILE:LINE:COLUMN: error: ... */
int cli_capture_load(const char *path, const struct cli_capture_options *o, struct capture *ret);
