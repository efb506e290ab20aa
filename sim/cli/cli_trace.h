/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_trace.h - `sim trace`: what others of this room may ask for
 */
#pragma once

#include "script_options.h"
#include "trace_streams.h"

int cli_trace_record(int argc, char **argv);
int cli_trace_import(int argc, char **argv);
/* Plays the script; its streams are added to *ret. An exit status, what is wrong has been said. */
int cli_script_run(const struct script_options *o, struct trace_streams *ret);
