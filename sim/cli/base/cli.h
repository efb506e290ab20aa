/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli.h - what the commands share: exit statuses, options, messages, output
 *
 * Knows:    config. Every command includes it, nobody else does.
 * Promise:  a mistake of the user's is one line on stderr and CLI_USAGE. stdout is written through
 *           cli_print(), whose failure (closed, full) is one line and CLI_MISSING; but when the
 *           reader of a pipe has gone, the program ends by SIGPIPE, silently.
 * To add a command: a function `int cli_x(int argc, char **argv)`, a row in commands[] of main.c.
 */
#pragma once

#include "config.h" /* before GLib: its <sched.h> would spoil an enum of params.h */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The contract of exit statuses. */
enum cli_status {
    CLI_GOOD,
    CLI_BROKEN,  /* the run or check found a broken property: deadlock, panic, ... */
    CLI_USAGE,   /* bad usage or input: one line */
    CLI_MISSING, /* a facility is missing or fails, and what to do about it */
};

/* Commands: argv[0] is the command's name. */
int cli_run(int argc, char **argv);
int cli_params(int argc, char **argv);
int cli_workloads(int argc, char **argv);
int cli_trace(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_sweep(int argc, char **argv);
int cli_merge(int argc, char **argv);
int cli_diff(int argc, char **argv);
int cli_report(int argc, char **argv);
int cli_calibrate(int argc, char **argv);
int cli_validate(int argc, char **argv);
/* Pages of `sim help` that are no command. */
int cli_help_workload(void);
int cli_help_words(void);

/* "sim: error: ..." on stderr, one line; returns `status`. */
int cli_fail(enum cli_status status, const char *format, ...) G_GNUC_PRINTF(2, 3);

/*
 * Parses a command's options with GLib after looking for what GLib lets pass: an option given twice
 * (unless its type is an array), an unknown one (with the nearest known), an argument that is no
 * option. Boolean, string and string-array options only; a command that takes arguments has a
 * string array named G_OPTION_REMAINING. False: said, or help was printed, and
 * *ret_status is how to end.
 */
bool cli_parse(int argc, char **argv, const GOptionEntry *entries, const char *summary,
               const char *description, int *ret_status);
/* A whole number lo..hi. False: said. `option`: as the user writes it, "--jobs". */
bool cli_number(const char *option, const char *text, uint64_t lo, uint64_t hi, uint64_t *ret);
/* --jobs=N; NULL: one a CPU. False: said. */
bool cli_threads(const char *jobs, uint64_t *ret);
/* Index of `text` in `names` (NULL-terminated), or -1 with the nearest one suggested. */
int cli_choice(const char *option, const char *text, const char *const *names);

/* All of it, flushed. CLI_GOOD or CLI_MISSING (said); does not return if a pipe is closed. */
int cli_print(const char *text, size_t bytes);

/* Where workloads are looked for, NULL-terminated: workloads/ here, in the source tree that the
 * program was built in, and in the installed data directory; the same folder only once. */
const char *const *cli_workload_dirs(void);
extern const struct cfg_presets cli_presets;
