/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_run_trace.h - `sim run --trace=PATH`: a trace of one run, written while it runs
 *
 * Promise:  as cli_stream.h; a pipe gets the bytes that a file gets.
 */
#pragma once

#include "cli_jobs.h"

#include <glib.h>

/* As the user wrote them; NULL = not given. */
struct cli_trace_options {
    char *path, *format, *window, *cap, *mode, *replica;
};
/* For the table of options. */
#define CLI_TRACE_ENTRIES(o)                                                                       \
    {"trace",                                                                                      \
     0,                                                                                            \
     0,                                                                                            \
     G_OPTION_ARG_STRING,                                                                          \
     &(o)->path,                                                                                   \
     "Also write what happens in one run: x.json (Chrome, Perfetto), x.dat (trace-cmd, "           \
     "KernelShark), x.txt (ftrace text), - (standard output, in place of the report)",             \
     "PATH"},                                                                                      \
        {"trace-format",                                                                           \
         0,                                                                                        \
         0,                                                                                        \
         G_OPTION_ARG_STRING,                                                                      \
         &(o)->format,                                                                             \
         "json, dat or txt, where PATH does not end so",                                           \
         "FORMAT"},                                                                                \
        {"trace-window",                                                                           \
         0,                                                                                        \
         0,                                                                                        \
         G_OPTION_ARG_STRING,                                                                      \
         &(o)->window,                                                                             \
         "Only this time, warm-up included, such as 1s..1.2s",                                     \
         "FROM..TO"},                                                                              \
        {"trace-cap", 0,                                                                           \
         0,           G_OPTION_ARG_STRING,                                                         \
         &(o)->cap,   "Bytes after which the trace is cut (default: 1GiB), or none",               \
         "SIZE"},                                                                                  \
        {"trace-mode",                                                                             \
         0,                                                                                        \
         0,                                                                                        \
         G_OPTION_ARG_STRING,                                                                      \
         &(o)->mode,                                                                               \
         "Of which mode (default: apf, or else the last that is run)",                             \
         "MODE"},                                                                                  \
    {                                                                                              \
        "trace-replica", 0, 0, G_OPTION_ARG_STRING, &(o)->replica,                                 \
            "Of which replica (default: 0)", "N"                                                   \
    }
void cli_trace_options_clear(struct cli_trace_options *o);

struct cli_trace;

/* Judges the options and opens the file. *ret is NULL when no trace is asked for. A cli_status;
 * what is wrong has been said. `p` must outlive *ret. */
int cli_trace_open(const struct cli_trace_options *o, const struct params *p,
                   struct cli_trace **ret);
struct cli_tap *cli_trace_tap(struct cli_trace *t);
/* Does it go to standard output, where the report would? NULL: no. */
bool cli_trace_on_stdout(const struct cli_trace *t);
/* After the jobs: puts the file in its place, and says if it was cut. A cli_status; t is freed. */
int cli_trace_close(struct cli_trace *t);
