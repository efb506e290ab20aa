/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_window.h - a stretch of a run as its user writes it: "1s..1.2s"
 *
 * Times are since the run's beginning, warm-up included, in the units of workloads.
 */
#pragma once

#include <stdbool.h>

#include "sim_time.h"

struct cli_window {
    sim_ns from, to; /* from < to */
};

/* False: said. `option`: as the user writes it, "--timeline-window". `end`: of the run; a window
 * that begins after it is refused. */
bool cli_window_parse(const char *option, const char *text, sim_ns end, struct cli_window *ret);
