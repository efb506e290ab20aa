/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_trace.h - `sim trace`: its commands on page traces
 */
#pragma once

int cli_trace_record(int argc, char **argv);
int cli_trace_import(int argc, char **argv);
