/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_script.h - plays a script of experiments, for `sim trace replay` and `sim check`
 */
#pragma once

#include "script_options.h"
#include "trace_streams.h"

/* Plays the script; its streams are added to *ret. An exit status, what is wrong has been said. */
int cli_script_run(const struct script_options *o, struct trace_streams *ret);
