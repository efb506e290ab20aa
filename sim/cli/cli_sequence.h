/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_sequence.h - `sim run --sequence=x.svg`: a window of one run, step by step
 */
#pragma once

#include <glib.h>

#include "cli_jobs.h"
#include "config.h"

struct cli_sequence_options {
    char *path, *window, *vcpu; /* as the user wrote them; NULL = not given */
};
#define CLI_SEQUENCE_ENTRIES(o)                                                                    \
    {"sequence",                                                                                   \
     0,                                                                                            \
     0,                                                                                            \
     G_OPTION_ARG_STRING,                                                                          \
     &(o)->path,                                                                                   \
     "Also draw what guest, KVM, worker and device say to one another, with the kernel's "         \
     "functions",                                                                                  \
     "FILE.svg"},                                                                                  \
        {"sequence-window",                                                                        \
         0,                                                                                        \
         0,                                                                                        \
         G_OPTION_ARG_STRING,                                                                      \
         &(o)->window,                                                                             \
         "When, since the run began (default: the first token of the measured time)",              \
         "FROM..TO"},                                                                              \
    {                                                                                              \
        "sequence-vcpu", 0, 0, G_OPTION_ARG_STRING, &(o)->vcpu,                                    \
            "Of which vCPU (default: that of the token, or 0)", "N"                                \
    }
void cli_sequence_options_clear(struct cli_sequence_options *o);
/* What can be judged without the workload. False: said. */
bool cli_sequence_understand(const struct cli_sequence_options *o);

struct cli_sequence {
    struct cli_tap tap; /* first; what else is here is cli_sequence.c's */
    const struct cli_sequence_options *options;
    const struct params *params;
    sim_ns from, to;
    uint32_t vcpu;
    struct sequence *sequence; /* made when its run begins */
};

/* As those of cli_timeline.h. */
int cli_sequence_begin(const struct cli_sequence_options *o, const struct cfg *cfg,
                       struct cli_sequence **ret);
int cli_sequence_draw(struct cli_sequence *q);
void cli_sequence_free(struct cli_sequence *q); /* NULL is fine */
