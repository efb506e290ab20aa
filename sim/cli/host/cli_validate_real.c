/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_validate_real.c - the real side: passes over all rows, and what their runs come to
 *
 * Each pass runs single faults once, and each row once, and a spinner by itself between two rows:
 * what drifts on a shared machine (clock rate, neighbours) drifts for all of them.
 */
#include <math.h>
#include <string.h>

#include "cli_validate.h"

#define QUIET      0.02 /* of the time the host may run something else in a quiet run */
#define BUSY       0.1  /* if others take more, vCPU threads are raised */
#define RAISED     (-19)
#define BUSY_TRIES 3u
#define SAMPLES    60 /* asynchronous cycles of the main probe, in each pass */

const double validate_quantile[VALIDATE_QUANTILES] = {0.1, 0.25, 0.5, 0.75, 0.9};

/* ---- runs ---- */

/* Time that the host gave to others is no time of the guest's. */
static double share_of(const struct cal_row_result *r)
{
    return r->held_up < 1 ? r->share / (1 - r->held_up) : 0;
}

/* *ret_share is 0 when others disturbed it. */
static bool run_alone(struct validate *v, double *ret_share, struct cal_error *error)
{
    struct cal_row_result run;
    double share;

    if (!cal_row_alone(&run, &v->host, v->nice, error))
        return false;
    cal_samples_free(&run.ns);
    share = share_of(&run);
    *ret_share = run.held_up <= QUIET ? share : 0;
    if (run.held_up <= QUIET)
        cal_samples_add(&v->alones, share);
    else
        cal_samples_leave(&v->alones, share);
    v->busy = fmin(v->busy, run.held_up);
    return true;
}

/*
 * On a quiet host nobody's priority is touched. On a busy one the vCPU would measure its
 * competitors, so it is raised; its own APF worker then waits for it, which the single faults
 * beside the rows find out.
 */
static bool choose_nice(struct validate *v, struct cal_error *error)
{
    double share;

    v->busy = 1;
    for (unsigned i = 0; i < BUSY_TRIES; i++)
        if (!run_alone(v, &share, error))
            return false;
    v->nice = v->busy > BUSY ? RAISED : 0;
    cal_samples_free(&v->alones);
    return true;
}

/* *alone: a spinner's share right before; then, right behind. */
static bool run_row(struct validate *v, struct validate_row *row, struct cal_memory *memory,
                    double *alone, struct cal_error *error)
{
    struct validate_run *one = &row->run[row->runs];
    struct cal_row_result run;
    double before = *alone;

    row->real.nice = v->nice;
    if (!cal_row_run(&run, &row->real, memory, &v->host, error))
        return false;
    *one = (struct validate_run){share_of(&run), 0, run.held_up, run.ns};
    row->runs++;
    if (!run_alone(v, alone, error))
        return false;
    one->alone = before > 0 && *alone > 0 ? (before + *alone) / 2 : fmax(before, *alone);
    return true;
}

static bool run_single(struct validate *v, enum cal_backing backing, struct cal_memory *memory,
                       struct cal_error *error)
{
    bool file = backing == CAL_BACK_FILE;

    for (unsigned m = 0; m < CAL_ROW_MODES; m++) {
        struct cal_row row = {CAL_ROW_LONE, (enum cal_row_mode)m, backing, file ? 0 : CAL_DELAY_NS,
                              v->nice};
        struct cal_row_way *way = v->way[file][m];

        if (!cal_row_single(&way[0], &row, &v->host, memory, error))
            return false;
        if (m != CAL_ROW_APF)
            continue;
        row.kind = file ? CAL_ROW_LONE : CAL_ROW_SPINNER;
        if (!cal_row_single(&way[1], &row, &v->host, memory, error))
            return false;
    }
    return true;
}

static bool run_rows(struct validate *v, enum cal_backing backing, struct cal_memory *memory,
                     const struct cal_order *order, struct cal_error *error)
{
    double alone;

    if (!run_single(v, backing, memory, error) || !run_alone(v, &alone, error))
        return false;
    for (unsigned i = 0; i < v->rows; i++) {
        struct validate_row *row = &v->row[i];

        if (row->real.backing != backing)
            continue;
        if (order->progress)
            order->progress(cal_row_kind_name[row->real.kind]);
        if (!run_row(v, row, memory, &alone, error))
            return false;
    }
    return true;
}

/* Trace points, where there are any, say who else ran; the probes have their own. */
static bool pass(struct validate *v, enum cal_backing backing, struct cal_memory *memory,
                 const struct cal_order *order, struct cal_error *error)
{
    struct cal_order probes = {
        .samples = SAMPLES, .single_only = true, .progress = order->progress}; /* userfaultfd */
    struct cal_trace trace;
    bool good;

    if (!cal_measure_round(v->costs, &probes, error))
        return false;
    cal_trace_open(&trace);
    v->host.trace = &trace;
    good = run_rows(v, backing, memory, order, error);
    cal_trace_close(&trace);
    v->host.trace = NULL;
    return good;
}

static bool passes(struct validate *v, enum cal_backing backing, const struct cal_order *order,
                   unsigned count, struct cal_error *error)
{
    struct cal_memory_order mo = {.backing = backing,
                                  .folder = order->folder,
                                  .pages =
                                      backing == CAL_BACK_FILE ? CAL_ROW_FILE_PAGES : CAL_ROW_PAGES,
                                  .parallelism = APF_LIMIT,
                                  .delay_ns = CAL_DELAY_NS};
    struct cal_memory memory;
    bool good = true;

    if (!cal_memory_make(&memory, &mo, error))
        return false;
    for (unsigned i = 0; good && i < count; i++)
        good = pass(v, backing, &memory, order, error);
    cal_memory_free(&memory);
    return good;
}

/* ---- what single faults say of a page's way ---- */

/* From kvm_async_pf_ready to the ready handler: in the model a part of cost.ready. */
static double entry(const struct validate *v)
{
    struct cal_samples *stage = v->costs->stage;

    if (stage[CAL_ST_accept_to_handler].count)
        return cal_centre(&stage[CAL_ST_ready_to_accept]) +
               cal_centre(&stage[CAL_ST_accept_to_handler]);
    return cal_centre(&stage[CAL_ST_interrupt_running]) - validate_cost(v, "cost.exit");
}

/*
 * A lone toucher's way ends where the model's monitor does, but it begins an exit and a fault
 * later. The way beside a spinner ends where the ready handler begins: worker, prefault and the
 * injection lie between; the worker has put the vCPU out of guest mode, so no kick does. A file
 * shows but the whole.
 */
static double spent_elsewhere(const struct validate *v, bool file, bool busy, double after_ns)
{
    double fault = validate_cost(v, "cost.exit") + validate_cost(v, "cost.fault");

    if (file)
        return fault + after_ns;
    if (!busy)
        return fault;
    return fault + validate_cost(v, "cost.worker") + validate_cost(v, "cost.prefault") + entry(v);
}

static bool settle_ways(struct validate *v, bool file, struct cal_error *error)
{
    for (unsigned m = 0; m < CAL_ROW_MODES; m++)
        for (unsigned busy = 0; busy < 1u + (m == CAL_ROW_APF); busy++) {
            struct cal_row_way *way = &v->way[file][m][busy];

            cal_samples_settle(&way->ns);
            cal_samples_settle(&way->after);
            if (!way->ns.count)
                return cal_fail(error, CAL_BROKEN,
                                "no fault of a single task came to its end in runs of %u ms",
                                CAL_ROW_FOR_MS);
            /* Nobody sees a page of a file come: what is behind that is as with userfaultfd. */
            v->less_ns[file][m][busy] =
                spent_elsewhere(v, file, busy, cal_centre(&v->way[0][m][0].after));
        }
    return true;
}

/* ---- two halves of what was measured ---- */

/* The least share of others above which a run does not count: two runs always do. */
static double limit_of(const struct validate_row *row)
{
    double least = 1, second = 1;

    for (unsigned i = 0; i < row->runs; i++) {
        double held_up = row->run[i].held_up;

        if (held_up < least) {
            second = least;
            least = held_up;
        } else if (held_up < second) {
            second = held_up;
        }
    }
    return fmax(QUIET, second);
}

/* Quiet runs go to the two halves in turns. */
static void pool(const struct validate *v, struct validate_row *row)
{
    struct cal_samples ns[2] = {{0}}, all = {0};
    double limit = limit_of(row), share[2] = {0, 0}, alone[2] = {0, 0};

    for (unsigned i = 0; i < row->runs; i++) {
        const struct validate_run *run = &row->run[i];
        unsigned half = row->used % 2;

        if (run->held_up > limit)
            continue;
        row->used++;
        row->held_up = fmax(row->held_up, run->held_up);
        share[half] += run->share;
        alone[half] += run->alone > 0 ? run->alone : v->alone;
        for (size_t k = 0; k < run->ns.count; k++) {
            cal_samples_add(&ns[half], run->ns.ns[k]);
            cal_samples_add(&all, run->ns.ns[k]);
        }
    }
    for (unsigned q = 0; q < VALIDATE_QUANTILES; q++)
        row->measured_ns[q] = cal_quantile(&all, validate_quantile[q]);
    cal_samples_free(&all);
    for (unsigned half = 0; half < 2; half++) {
        row->use.measured[half] = alone[half] > 0 ? share[half] / alone[half] : 0;
        row->latency.measured[half] = cal_quantile(&ns[half], 0.5);
        cal_samples_free(&ns[half]);
    }
}

bool validate_measure(struct validate *v, const struct cal_order *order, unsigned tries,
                      struct cal_error *error)
{
    bool file = order->backing == CAL_BACK_FILE;
    struct cal_order probes = {.backing = CAL_BACK_UFFD, .samples = SAMPLES};

    cal_measure_begin(v->costs, &probes);
    if (!cal_row_speed(&v->host.speed, error) || !choose_nice(v, error))
        return false;
    for (unsigned i = 0; i < v->rows; i++)
        v->row[i].run = g_new0(struct validate_run, tries);
    if (!passes(v, CAL_BACK_UFFD, order, tries, error) ||
        (file && !passes(v, CAL_BACK_FILE, order, tries, error)))
        return false;
    cal_measure_end(v->costs);
    if (!settle_ways(v, false, error) || (file && !settle_ways(v, true, error)))
        return false;
    cal_samples_settle(&v->alones);
    v->alone = cal_quantile(&v->alones, 0.5);
    for (unsigned i = 0; i < v->rows; i++)
        pool(v, &v->row[i]);
    return true;
}

void validate_free(struct validate *v)
{
    for (unsigned i = 0; i < v->rows; i++) {
        for (unsigned k = 0; k < v->row[i].runs; k++)
            cal_samples_free(&v->row[i].run[k].ns);
        g_free(v->row[i].run);
    }
    for (unsigned i = 0; i < sizeof(v->way) / sizeof(v->way[0][0][0]); i++) {
        cal_samples_free(&(&v->way[0][0][0])[i].ns);
        cal_samples_free(&(&v->way[0][0][0])[i].after);
    }
    cal_samples_free(&v->alones);
    if (v->costs)
        cal_result_free(v->costs);
    g_free(v->costs);
    g_free(v);
}
