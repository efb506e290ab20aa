/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_validate_judge.c - when prediction and measurement agree
 *
 * Utilisation: within 5 points, medians within 10 %, or twice the difference of two real runs of
 * the same row, whichever is more.
 */
#include <math.h>

#include "cli_validate.h"

#define USE_POINTS    0.05
#define LATENCY_SHARE 0.10
#define SPREADS       2.0
#define HELD_UP       0.05 /* from here on a busy host is named as the reason */

static void compare(struct validate_quantity *q, double floor)
{
    q->mean = (q->measured[0] + q->measured[1]) / 2;
    q->spread = fabs(q->measured[0] - q->measured[1]);
    q->error = q->predicted - q->mean;
    q->allowed = fmax(floor, SPREADS * q->spread);
    q->pass = fabs(q->error) <= q->allowed;
}

void validate_judge(struct validate_row *row)
{
    struct validate_quantity *use = &row->use, *latency = &row->latency;
    const char *what;

    compare(use, USE_POINTS);
    compare(latency, LATENCY_SHARE * (latency->measured[0] + latency->measured[1]) / 2);
    row->pass = use->pass && latency->pass;
    row->reason[0] = '\0';
    if (row->pass)
        return;
    what = use->pass ? "median" : latency->pass ? "utilisation" : "utilisation and median";
    if (row->held_up > HELD_UP)
        g_snprintf(row->reason, sizeof(row->reason),
                   "%s; the host ran something else on the vCPU's CPU for %.0f %% of the time",
                   what, 100 * row->held_up);
    else
        g_snprintf(row->reason, sizeof(row->reason),
                   "%s; the host was quiet, so the model or its costs are off by %+.1f points, "
                   "%+.0f %%",
                   what, 100 * use->error, 100 * latency->error / latency->mean);
}

unsigned validate_passed(const struct validate *v, enum cal_row_kind kind, unsigned *ret_of)
{
    unsigned passed = 0;

    *ret_of = 0;
    for (unsigned i = 0; i < v->rows; i++) {
        if (kind != CAL_ROW_KINDS && v->row[i].real.kind != kind)
            continue;
        ++*ret_of;
        passed += v->row[i].pass;
    }
    return passed;
}

bool validate_good(const struct validate *v)
{
    unsigned of, passed = validate_passed(v, CAL_ROW_KINDS, &of);

    if (passed * 5 < of * 4)
        return false;
    for (unsigned k = 0; k < CAL_ROW_KINDS; k++) {
        passed = validate_passed(v, (enum cal_row_kind)k, &of);
        if (passed * 3 < of * 2)
            return false;
    }
    return true;
}
