/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_measure.h - what the steps of an asynchronous page fault cost on this host
 *
 * Knows:    apf, libc, the kernel's user headers. No parameter of the simulator but by name.
 * Promise:  every sample is classified from the guest's own log; every cycle is checked against
 *           apf's host half. Nothing is left behind, however the process ends (cal_guard.h).
 */
#pragma once

#include <stdio.h>

#include "cal_need.h"
#include "cal_stage.h"

struct cal_order {
    enum cal_backing backing; /* CAL_BACK_UFFD or CAL_BACK_FILE */
    const char *folder;       /* of CAL_BACK_FILE */
    unsigned samples;         /* asynchronous cycles of the main probe */
    bool single_only;         /* probes with one fault at a time on one vCPU, and no others */
    void (*progress)(const char *what); /* may be NULL */
};

/* What a capture of somebody else's guest shows of a cost may be a part or more than it. */
enum cal_bound { CAL_MEASURED, CAL_AT_LEAST, CAL_AT_MOST, CAL_HOST_PART, CAL_BOUNDS };
extern const char *const cal_bound_text[CAL_BOUNDS]; /* "", "at least: ", ... */

/* A cost of the simulator, as measured. */
struct cal_cost {
    const char *key; /* "cost.exit" */
    const char *how; /* from which stages */
    enum cal_bound bound;
    double ns;       /* sum of the centres of what it is made of */
    double p10, p90; /* spread, likewise */
    size_t samples;  /* the least of what it is made of */
};
#define CAL_COSTS_MAX 16u

/* Where the figures come from, if not from guests of our own. */
struct cal_source {
    const char *file;  /* NULL: measured here */
    const char *clock; /* as the provenance says it */
    uint64_t cycles;
    unsigned vcpus;
    const char *whole; /* was nothing lost: "true", "false", "unknown" */
};

struct cal_result {
    struct cal_source source;
    struct cal_host host;
    uint64_t tsc_khz;
    bool traced;
    char untraced_why[CAL_TEXT_MAX];
    enum cal_backing backing;
    uint64_t delay_ns;
    uint64_t halt_poll_ns; /* of the host's KVM; UINT64_MAX: not readable */
    struct cal_samples stage[CAL_STAGES];
    uint64_t class[CAL_CLASSES];
    struct cal_check check;
    struct cal_cost cost[CAL_COSTS_MAX];
    unsigned costs;
};

/* False: *error. Free the result in either case. */
bool cal_measure(struct cal_result *r, const struct cal_order *order, struct cal_error *error);
/* The same in several rounds, whose samples are put together: what drifts is then in all of them.
 */
void cal_measure_begin(struct cal_result *r, const struct cal_order *order);
bool cal_measure_round(struct cal_result *r, const struct cal_order *order,
                       struct cal_error *error);
void cal_measure_end(struct cal_result *r);
void cal_result_free(struct cal_result *r);
/* cal_costs.c: fills cost[]. */
void cal_costs(struct cal_result *r);
/* One of cost[], or NULL. */
const struct cal_cost *cal_cost_of(const struct cal_result *r, const char *key);
/* Its keys that cost[] lacks, one a call; NULL: no more. *at is 0 before the first. */
const char *cal_cost_missing(const struct cal_result *r, unsigned *at);
/* cal_write.c: calibration.yaml (date: YYYY-MM-DD), and a report for people. */
void cal_write(FILE *out, struct cal_result *r, const char *version, const char *date);
void cal_text(FILE *out, struct cal_result *r);
/* Of that, the tables of stages and costs. */
void cal_text_tables(FILE *out, struct cal_result *r);

#define CAL_DELAY_NS 500000u /* of the monitor, in the probes */
