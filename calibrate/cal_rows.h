/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_rows.h - small workloads run for real, for comparison with the same ones simulated
 *
 * Tasks run in turns: a timer of ROW_HZ ends each turn if others wait; a woken task queues behind
 * the others. A toucher computes for CAL_ROW_THINK_NS and reads the next page, which is missing.
 */
#pragma once

#include "cal_measure.h"

enum cal_row_kind { CAL_ROW_LONE, CAL_ROW_SPINNER, CAL_ROW_FOUR, CAL_ROW_BURST, CAL_ROW_KINDS };
enum cal_row_mode { CAL_ROW_OFF, CAL_ROW_HALT, CAL_ROW_APF, CAL_ROW_MODES };
extern const char *const cal_row_kind_name[CAL_ROW_KINDS];
extern const char *const cal_row_mode_name[CAL_ROW_MODES];

#define CAL_ROW_HZ       1000u
#define CAL_ROW_THINK_NS 100000u
#define CAL_ROW_WARM_MS  30u
#define CAL_ROW_FOR_MS   250u

struct cal_row {
    enum cal_row_kind kind;
    enum cal_row_mode mode;
    enum cal_backing backing;
    uint64_t delay_ns; /* of the monitor; a file has its own */
};

unsigned cal_row_touchers(enum cal_row_kind kind);
bool cal_row_has_spinner(enum cal_row_kind kind);

/* What a run came to. */
struct cal_row_result {
    double share;      /* time's share in which iterations of the measured tasks ran */
    double latency_ns; /* median of touch to value */
    double held_up;    /* share of the time in which the host ran something else on the CPU */
    size_t touches;
};

/* iterations per microsecond of the loop that thinks and spins; fills *ret. */
bool cal_row_speed(double *ret, struct cal_error *error);
/* The spinner by itself, with the timer: its share, for the quotient that is called utilisation. */
bool cal_row_alone(struct cal_row_result *ret, double speed, struct cal_error *error);
/* memory: of row->backing, large enough (CAL_ROW_PAGES), its delay set to the row's. */
bool cal_row_run(struct cal_row_result *ret, const struct cal_row *row, struct cal_memory *memory,
                 double speed, struct cal_error *error);
/* Median of touch to the monitor's copy, less the monitor's delay, of a lone toucher in that mode.
 */
bool cal_row_overhead(double *ret_ns, double *ret_fault_ns, enum cal_row_mode mode, double speed,
                      struct cal_memory *memory, struct cal_error *error);
/*
 * For each mode: from a touch of a page of the file to its arrival, by a lone toucher, as far as
 * that can be seen: its median less what `after_ns` says comes behind the arrival.
 */
bool cal_row_file(double ret_ns[CAL_ROW_MODES], const double after_ns[CAL_ROW_MODES], double speed,
                  struct cal_memory *memory, struct cal_error *error);

#define CAL_ROW_PAGES 16384u
