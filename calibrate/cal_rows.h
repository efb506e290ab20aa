/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_rows.h - small workloads run for real, for comparison with the same ones simulated
 *
 * Tasks run in turns: a timer of ROW_HZ ends each turn if others wait; a woken task queues behind
 * the others. A toucher computes and reads the next page, which is missing. It computes for a time
 * that is drawn evenly from 0 to CAL_ROW_THINK_NS, one period of the timer: so that touches come at
 * all phases of it. With a fixed time they lock to it, and half of a row's latencies are exactly a
 * turn longer than the other half: then a median says which of the two has one more.
 */
#pragma once

#include "cal_measure.h"

enum cal_row_kind { CAL_ROW_LONE, CAL_ROW_SPINNER, CAL_ROW_FOUR, CAL_ROW_BURST, CAL_ROW_KINDS };
enum cal_row_mode { CAL_ROW_OFF, CAL_ROW_HALT, CAL_ROW_APF, CAL_ROW_MODES };
extern const char *const cal_row_kind_name[CAL_ROW_KINDS];
extern const char *const cal_row_mode_name[CAL_ROW_MODES];

#define CAL_ROW_HZ       1000u
#define CAL_ROW_THINK_NS 1000000u /* a period of CAL_ROW_HZ */
#define CAL_ROW_WARM_MS  30u
#define CAL_ROW_FOR_MS   120u
#define CAL_ROW_ALONE_MS 60u

struct cal_row {
    enum cal_row_kind kind;
    enum cal_row_mode mode;
    enum cal_backing backing;
    uint64_t delay_ns; /* of the monitor; a file has its own */
    int nice;          /* of the vCPU's thread */
};

unsigned cal_row_touchers(enum cal_row_kind kind);
bool cal_row_has_spinner(enum cal_row_kind kind);

/* What all runs have in common. */
struct cal_row_host {
    double speed;            /* of cal_row_speed() */
    struct cal_trace *trace; /* says who else had the CPU; NULL or closed: schedstat does */
};

/* What a run came to. */
struct cal_row_result {
    double share;          /* time's share in which iterations of the measured tasks ran */
    double held_up;        /* share of the time in which the host ran something else on the CPU */
    struct cal_samples ns; /* touch to value; to be freed */
};

/* iterations per microsecond of the loop that thinks and spins; fills *ret. */
bool cal_row_speed(double *ret, struct cal_error *error);
/* The spinner by itself, with the timer: its share, for the quotient that is called utilisation. */
bool cal_row_alone(struct cal_row_result *ret, const struct cal_row_host *host, int nice,
                   struct cal_error *error);
/* memory: of row->backing, large enough (CAL_ROW_PAGES), its delay set to the row's. */
bool cal_row_run(struct cal_row_result *ret, const struct cal_row *row, struct cal_memory *memory,
                 const struct cal_row_host *host, struct cal_error *error);
/*
 * One fault at a time, less the monitor's delay: a lone toucher's way from the touch to the
 * monitor's copy; or, beside a spinner, where the worker has to get its CPU from a busy vCPU, to
 * the ready handler. Faults that others disturbed are left out, as in the probes.
 */
struct cal_row_way {
    struct cal_samples ns;    /* to be freed */
    struct cal_samples after; /* lone only: from the copy to the value; to be freed */
};
/* Adds to *ret. */
bool cal_row_single(struct cal_row_way *ret, const struct cal_row *row,
                    const struct cal_row_host *host, struct cal_memory *memory,
                    struct cal_error *error);

/* More than a run can touch; of a file every 512th page counts. */
#define CAL_ROW_PAGES      16384u
#define CAL_ROW_FILE_PAGES 131072u
