/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_capture_workload.h - a capture's faults as a workload
 */
#pragma once

#include "cli_capture.h"

/* Writes `output` (.yaml) and a page trace for each vCPU beside it. CLI_GOOD, or said. */
int cli_capture_workload(const char *path, const struct capture *c,
                         const struct cli_capture_options *o, const char *output);
