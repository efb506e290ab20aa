/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_progress.h - one line on a terminal that replaces itself: points done, rate, time left
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct cli_progress {
    bool on, shown;
    const char *what;     /* "points" */
    uint32_t before, all; /* points that were there at the start; of all */
    struct timespec start, last;
};

void cli_progress_begin(struct cli_progress *p, bool on, const char *what, uint32_t before,
                        uint32_t all);
/* done: points since the start. Not more often than ten times a second. */
void cli_progress_show(struct cli_progress *p, uint32_t done);
void cli_progress_end(struct cli_progress *p); /* clears the line */
