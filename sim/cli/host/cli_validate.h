/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_validate.h - `sim validate`: the same small workloads for real and simulated, row by row
 *
 * cli_validate_real.c runs them, cli_validate_sim.c simulates, cli_validate_judge.c compares,
 * cli_validate_out.c prints.
 */
#pragma once

#include <stddef.h>

#include "cal_rows.h"
#include "cli.h"

#define VALIDATE_ROWS_MAX 32u

struct validate_quantity { /* one compared figure */
    double predicted;
    double measured[2]; /* every second real run; the others */
    double mean;        /* of the two */
    double spread;      /* how far they are apart */
    double error;       /* predicted - mean */
    double allowed;
    bool pass;
};

#define VALIDATE_QUANTILES 5u /* 0.1, 0.25, 0.5, 0.75, 0.9 */
extern const double validate_quantile[VALIDATE_QUANTILES];

struct validate_run {
    double share;          /* of the time in which the measured tasks ran */
    double alone;          /* of a spinner by itself, right before and behind; 0: both disturbed */
    double held_up;        /* others had the CPU */
    struct cal_samples ns; /* touch to value */
};

struct validate_row {
    struct cal_row real;
    struct validate_run *run;         /* runs of them; to be freed */
    unsigned runs, used;              /* made; quiet enough to count */
    struct validate_quantity use;     /* utilisation, as a share */
    struct validate_quantity latency; /* median of touch to value, ns */
    double predicted_ns[VALIDATE_QUANTILES], measured_ns[VALIDATE_QUANTILES]; /* not judged */
    double held_up; /* the busiest of the runs that count */
    bool pass;
    char reason[160]; /* of a miss */
};

struct validate {
    struct cal_result *costs;
    struct validate_row row[VALIDATE_ROWS_MAX];
    unsigned rows;
    struct cal_row_host host;
    double alone;              /* share of a spinner by itself, measured: median */
    struct cal_samples alones; /* of these shares; to be freed */
    double alone_predicted;    /* the same simulated; 0: not yet */
    double busy;               /* least share of a CPU that others took from a spinner at nice 0 */
    int nice;                  /* of vCPU threads in rows and in the single faults before them */
    /*
     * Single faults: how long a page takes to come, beyond the monitor's delay, [1] while the vCPU
     * is busy (apf only). [file]: all of its time, as far as it is not what comes behind it.
     */
    struct cal_row_way way[2][CAL_ROW_MODES][2];
    double less_ns[2][CAL_ROW_MODES][2]; /* of `way`, what the model spends elsewhere */
};

/*
 * cli_validate_real.c: rows have their `real`, costs are measured; fills what is measured. Each row
 * has so many runs.
 */
bool validate_measure(struct validate *v, const struct cal_order *order, unsigned tries,
                      struct cal_error *error);
void validate_free(struct validate *v);

/* cli_validate_sim.c */
/* Fills what is predicted of that row. */
bool validate_simulate(struct validate *v, struct validate_row *row);
/* Of v->costs; 0 if it was not measured. */
double validate_cost(const struct validate *v, const char *key);

/* cli_validate_judge.c: fills everything from `mean` on, and row->pass and row->reason. */
void validate_judge(struct validate_row *row);
/* Rows of that kind that pass; kind CAL_ROW_KINDS: of all. */
unsigned validate_passed(const struct validate *v, enum cal_row_kind kind, unsigned *ret_of);
/* >= 80 % of all rows, >= 2 of 3 in each kind. */
bool validate_good(const struct validate *v);

/* cli_validate_out.c */
GString *validate_text(const struct validate *v);
GString *validate_json(struct validate *v); /* it sorts samples */
GString *validate_csv(const struct validate *v);
extern const char validate_plot[]; /* gnuplot script over validate.csv */
