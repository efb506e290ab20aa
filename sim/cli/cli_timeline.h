/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_timeline.h - `sim run --timeline=x.svg`: a window of one run as a picture
 */
#pragma once

#include <glib.h>

#include "cli_jobs.h"
#include "config.h"

struct cli_timeline_options {
    char *path, *window; /* as the user wrote them; NULL = not given */
};
#define CLI_TIMELINE_ENTRIES(o)                                                                    \
    {"timeline", 0,                                                                                \
     0,          G_OPTION_ARG_STRING,                                                              \
     &(o)->path, "Also draw a window of one run: vCPUs, tasks, tokens, devices",                   \
     "FILE.svg"},                                                                                  \
    {                                                                                              \
        "timeline-window", 0, 0, G_OPTION_ARG_STRING, &(o)->window,                                \
            "Which, since the run began (default: around the first token of the measured time)",   \
            "FROM..TO"                                                                             \
    }
void cli_timeline_options_clear(struct cli_timeline_options *o);
/* What can be judged without the workload. False: said. */
bool cli_timeline_understand(const struct cli_timeline_options *o);

struct cli_timeline {
    struct cli_tap tap; /* first; what else is here is cli_timeline.c's */
    const struct cli_timeline_options *options;
    const struct params *params;
    sim_ns from, to;
    struct timeline *timeline; /* made when its run begins */
};

/* What is to look at the run of mode cli_looked_at() and replica 0; *ret NULL: no picture is
 * wanted. Without a window one is looked for: that is a run of its own, up to there. A cli_status,
 * said. */
int cli_timeline_begin(const struct cli_timeline_options *o, const struct cfg *cfg,
                       struct cli_timeline **ret);
/* Writes the picture when the run is over. A cli_status, said. */
int cli_timeline_draw(struct cli_timeline *t);
void cli_timeline_free(struct cli_timeline *t); /* NULL is fine */
