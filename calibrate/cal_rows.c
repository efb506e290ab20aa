/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_rows.c - small workloads run for real
 */
#include "cal_rows.h"

#include <string.h>

#define PROBE_ITERATIONS 100000u /* some 15 us: seldom interrupted */

const char *const cal_row_kind_name[CAL_ROW_KINDS] = {"lone", "spinner", "four", "burst"};
const char *const cal_row_mode_name[CAL_ROW_MODES] = {"off", "halt", "apf"};

unsigned cal_row_touchers(enum cal_row_kind kind)
{
    static const unsigned touchers[CAL_ROW_KINDS] = {1, 1, 4, 8};

    return touchers[kind];
}

bool cal_row_has_spinner(enum cal_row_kind kind)
{
    return kind == CAL_ROW_SPINNER || kind == CAL_ROW_FOUR;
}

bool cal_row_speed(double *ret, struct cal_error *error)
{
    struct cal_memory_order mo = {.backing = CAL_BACK_PRESENT, .pages = 256};
    struct cal_run_order o = {.vcpus = 1, .tasks = 1};
    struct cal_samples ns = {0};
    struct cal_memory memory;
    struct cal_run run;

    o.task[0] =
        (struct guest_task_order){.kind = GUEST_CLOCK, .count = 500, .think = PROBE_ITERATIONS};
    if (!cal_memory_make(&memory, &mo, error))
        return false;
    if (!cal_run(&run, &o, &memory, NULL, error)) {
        cal_memory_free(&memory);
        return false;
    }
    for (size_t i = 0; i < run.log[0].count; i++)
        if (run.log[0].rec[i].code == GUEST_L_PROBE &&
            run.log[0].rec[i].a == (GUEST_CLOCK << 8 | 1))
            cal_samples_add(&ns, cal_ns(&run, run.log[0].rec[i].b));
    *ret = PROBE_ITERATIONS * 1e3 / cal_centre(&ns);
    cal_samples_free(&ns);
    cal_run_free(&run);
    cal_memory_free(&memory);
    return true;
}

static void order_mode(struct cal_run_order *o, enum cal_row_mode mode)
{
    o->en_bits = mode == CAL_ROW_APF ? APF_EN_ENABLED | APF_EN_DELIVERY_AS_INT : 0;
    o->hlt_in_guest = mode == CAL_ROW_OFF; /* can_do 4: the host must wait in the vCPU's thread */
}

static void order_tasks(struct cal_run_order *o, const struct cal_row *row, double speed,
                        uint64_t pages)
{
    unsigned touchers = cal_row_touchers(row->kind);
    uint32_t stride = row->backing == CAL_BACK_FILE ? 512 : 1;
    uint32_t each = (uint32_t)(pages / stride / touchers);

    for (unsigned i = 0; i < touchers; i++)
        o->task[o->tasks++] = (struct guest_task_order){
            .kind = GUEST_TOUCH,
            .count = each,
            .first = (uint64_t)i * each * stride,
            .stride = stride,
            .flags = GUEST_F_RANDOM,
            .think = (uint64_t)(speed * CAL_ROW_THINK_NS / 1e3),
        };
    if (cal_row_has_spinner(row->kind))
        o->task[o->tasks++] = (struct guest_task_order){.kind = GUEST_SPIN, .count = 1, .group = 1};
}

static void take(struct cal_row_result *ret, const struct cal_run *run, unsigned first,
                 unsigned tasks, double speed)
{
    double wall = cal_ns(run, run->ended - run->began), iterations = 0;

    memset(ret, 0, sizeof(*ret));
    for (unsigned i = first; i < first + tasks; i++)
        iterations += (double)run->spins[i];
    ret->share = iterations * 1e3 / speed / wall;
    ret->held_up = (double)run->held_up_ns / wall;
    for (size_t i = 0; i < run->log[0].touches; i++) {
        const struct cal_touch *t = &run->log[0].touch[i];

        if (t->before >= run->began && t->after <= run->ended)
            cal_samples_add(&ret->ns, cal_ns(run, t->after - t->before));
    }
}

bool cal_row_alone(struct cal_row_result *ret, const struct cal_row_host *host, int nice,
                   struct cal_error *error)
{
    struct cal_memory_order mo = {.backing = CAL_BACK_PRESENT, .pages = 256};
    struct cal_run_order o = {.vcpus = 1,
                              .tasks = 1,
                              .nice = nice,
                              .slice_ns = 1000000000u / CAL_ROW_HZ,
                              .warm_ms = CAL_ROW_WARM_MS,
                              .for_ms = CAL_ROW_ALONE_MS};
    struct cal_memory memory;
    struct cal_run run;

    o.task[0] = (struct guest_task_order){.kind = GUEST_SPIN, .count = 1, .group = 1};
    if (!cal_memory_make(&memory, &mo, error))
        return false;
    if (!cal_run(&run, &o, &memory, host->trace, error)) {
        cal_memory_free(&memory);
        return false;
    }
    take(ret, &run, 0, 1, host->speed);
    cal_run_free(&run);
    cal_memory_free(&memory);
    return true;
}

static bool run_row(struct cal_run *run, const struct cal_row *row, struct cal_memory *memory,
                    const struct cal_row_host *host, struct cal_error *error)
{
    struct cal_run_order o = {.vcpus = 1,
                              .nice = row->nice,
                              .slice_ns = 1000000000u / CAL_ROW_HZ,
                              .warm_ms = CAL_ROW_WARM_MS,
                              .for_ms = CAL_ROW_FOR_MS};

    memory->monitor.delay_ns = row->delay_ns;
    order_mode(&o, row->mode);
    order_tasks(&o, row, host->speed, memory->pages);
    return cal_run(run, &o, memory, host->trace, error);
}

bool cal_row_run(struct cal_row_result *ret, const struct cal_row *row, struct cal_memory *memory,
                 const struct cal_row_host *host, struct cal_error *error)
{
    unsigned touchers = cal_row_touchers(row->kind);
    struct cal_run run;

    if (!run_row(&run, row, memory, host, error))
        return false;
    if (cal_row_has_spinner(row->kind))
        take(ret, &run, touchers, 1, host->speed);
    else
        take(ret, &run, 0, touchers, host->speed);
    cal_run_free(&run);
    return true;
}

static void take_way(struct cal_row_way *ret, const struct cal_run *run, const struct cal_row *row,
                     const struct cal_answer *a, const struct cal_touch *t)
{
    bool lone = row->kind == CAL_ROW_LONE;
    uint64_t end = !a ? t->after : lone ? a->copy : t->ready;
    double way = cal_ns(run, end - t->before) - (double)row->delay_ns;

    if (end <= t->before || end > t->after)
        return;
    if (cal_run_quiet_around(run, 0, a, t->before, end))
        cal_samples_add(&ret->ns, way);
    else
        cal_samples_leave(&ret->ns, way);
    if (cal_run_quiet(run, 0, end, t->after))
        cal_samples_add(&ret->after, cal_ns(run, t->after - end));
    else
        cal_samples_leave(&ret->after, cal_ns(run, t->after - end));
}

bool cal_row_single(struct cal_row_way *ret, const struct cal_row *row,
                    const struct cal_row_host *host, struct cal_memory *memory,
                    struct cal_error *error)
{
    struct cal_run run;

    if (!run_row(&run, row, memory, host, error))
        return false;
    for (size_t i = 0; i < run.log[0].touches; i++) {
        const struct cal_touch *t = &run.log[0].touch[i];

        take_way(ret, &run, row, memory->monitor.answer ? &memory->monitor.answer[t->page] : NULL,
                 t);
    }
    cal_run_free(&run);
    return true;
}
