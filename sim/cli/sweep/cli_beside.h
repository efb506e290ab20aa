/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_beside.h - what lies beside a CSV of results and says where it comes from
 */
#pragma once

#include "rep_html.h"

struct cli_beside {
    char *question, *command, *report, *params; /* as in struct rep_page; NULL: not there */
    GArray *facts;                              /* of struct rep_fact */
};

/* report.txt, params.txt and command.txt of a run, sweep.json of a sweep. */
void cli_beside_read(struct cli_beside *b, const char *dir, const struct rep_study *study);
void cli_beside_clear(struct cli_beside *b);
