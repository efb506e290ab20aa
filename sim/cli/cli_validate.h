/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_validate.h - `sim validate`: the same small workloads for real and simulated, row by row
 *
 * cli_validate.c runs them, cli_validate_sim.c simulates, cli_validate_judge.c compares,
 * cli_validate_out.c prints.
 */
#pragma once

#include <stddef.h>

#include "cal_rows.h"
#include "cli.h"

#define VALIDATE_ROWS_MAX 32u

struct validate_quantity { /* one compared figure */
    double predicted;
    double measured[2]; /* two real runs */
    double mean;        /* of them */
    double spread;      /* how far they are apart */
    double error;       /* predicted - mean */
    double allowed;
    bool pass;
};

struct validate_row {
    struct cal_row real;
    struct validate_quantity use;     /* utilisation, as a share */
    struct validate_quantity latency; /* median of touch to value, ns */
    double held_up;                   /* the busier of the two runs */
    unsigned tries;                   /* real runs until two were quiet enough, or patience ended */
    bool pass;
    char reason[160]; /* of a miss */
};

struct validate {
    struct cal_result *costs;
    struct validate_row row[VALIDATE_ROWS_MAX];
    unsigned rows;
    double speed; /* iterations per us */
    double alone; /* share of a spinner by itself, measured */
    double alone_held_up;
    double overhead_ns[CAL_ROW_MODES];   /* touch to the monitor's copy, less its delay */
    double after_ns[CAL_ROW_MODES];      /* from there to the value */
    double file_fault_ns[CAL_ROW_MODES]; /* touch to a page of the file being there */
};

/* cli_validate_sim.c. monitor_ns: from the fault's exit to the page. */
bool validate_simulate(const struct validate *v, const struct cal_row *row, double monitor_ns,
                       double *ret_use, double *ret_latency_ns);
/* What the fault's exit takes in the model, before the monitor hears of it. */
double validate_fault_ns(const struct validate *v);

/* cli_validate_judge.c: fills everything from `mean` on, and row->pass and row->reason. */
void validate_judge(struct validate_row *row);
/* Rows of that kind that pass; kind CAL_ROW_KINDS: of all. */
unsigned validate_passed(const struct validate *v, enum cal_row_kind kind, unsigned *ret_of);
/* >= 80 % of all rows, >= 2 of 3 in each kind. */
bool validate_good(const struct validate *v);

/* cli_validate_out.c */
GString *validate_text(const struct validate *v);
GString *validate_json(const struct validate *v);
GString *validate_csv(const struct validate *v);
extern const char validate_plot[]; /* gnuplot script over validate.csv */
