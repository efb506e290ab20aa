/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_stage.c - the stages of asynchronous cycles: guest's log, monitor's times, trace points
 */
#include "cal_stage.h"

#define CAL_STAGE_INFO(name, flags, text) {#name, text, flags},
const struct cal_stage_info cal_stage_info[CAL_STAGES] = {CAL_STAGES_X(CAL_STAGE_INFO)};

struct context {
    struct cal_samples *stage;
    const struct cal_run *run;
    const struct cal_memory *memory;
    unsigned cpu;
    const struct cal_answer *answer; /* of the touch's page; NULL: there is no monitor */
};

static void keep(struct context *c, enum cal_stage stage, uint64_t from, uint64_t to, bool quiet)
{
    if (!from || to <= from)
        return;
    if (quiet)
        cal_samples_add(&c->stage[stage], cal_ns(c->run, to - from));
    else
        cal_samples_leave(&c->stage[stage], cal_ns(c->run, to - from));
}

static void add(struct context *c, enum cal_stage stage, uint64_t from, uint64_t to)
{
    keep(c, stage, from, to,
         cal_run_quiet(c->run, c->cpu, from, to) &&
             (!(cal_stage_info[stage].flags & CAL_UFFD) ||
              cal_run_monitor_quiet(c->run, c->answer, from, to)));
}

/* From before the page is asked for to behind its coming: others may run while it is on its way. */
static void add_around(struct context *c, enum cal_stage stage, uint64_t from, uint64_t to)
{
    keep(c, stage, from, to, cal_run_quiet_around(c->run, c->cpu, c->answer, from, to));
}

/* The first event of that kind and thread (0: any) at or after *at whose a (or b) is `value`. */
static const struct cal_event *find(const struct cal_events *all, uint64_t from, uint64_t until,
                                    enum cal_event_kind kind, int pid, uint64_t value)
{
    size_t lo = 0, hi = all->count;

    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;

        if (all->event[middle].tsc < from)
            lo = middle + 1;
        else
            hi = middle;
    }
    for (; lo < all->count && all->event[lo].tsc <= until; lo++) {
        const struct cal_event *e = &all->event[lo];

        if (e->kind == (uint32_t)kind && (!pid || e->pid == (uint32_t)pid) &&
            (value == UINT64_MAX || (kind == CAL_EV_COMPLETED ? e->b : e->a) == value))
            return e;
    }
    return NULL;
}

static uint64_t tsc_of(const struct cal_event *e)
{
    return e ? e->tsc : 0;
}

/* The trace points of one cycle lie in this order; the first that is missing ends the search. */
static void add_traced(struct context *c, const struct cal_touch *t, int pid)
{
    const struct cal_events *all = &c->run->events;
    uint64_t copy = c->answer ? c->answer->copy : 0;
    uint64_t host = (uintptr_t)c->memory->base + t->page * CAL_PAGE;
    uint64_t try = tsc_of(find(all, t->before, t->not_present, CAL_EV_TRY, pid, UINT64_MAX));
    uint64_t np = tsc_of(find(all, t->before, t->not_present, CAL_EV_NOT_PRESENT, pid, t->token));
    uint64_t inject, done, ready, accept;

    if (!try || !np)
        return;
    inject = tsc_of(find(all, np, t->not_present, CAL_EV_INJECT, pid, UINT64_MAX));
    done = tsc_of(find(all, np, t->ready, CAL_EV_COMPLETED, 0, host));
    ready = tsc_of(find(all, np, t->ready, CAL_EV_READY, pid, t->token));
    accept = ready ? tsc_of(find(all, ready, t->ready, CAL_EV_ACCEPT, 0, GUEST_VECTOR_READY)) : 0;
    add(c, CAL_ST_touch_to_try, t->before, try);
    add(c, CAL_ST_try_to_not_present, try, np);
    add(c, CAL_ST_not_present_to_inject, np, inject);
    add(c, CAL_ST_inject_to_handler, inject, t->not_present);
    if (c->memory->backing == CAL_BACK_FILE)
        add(c, CAL_ST_page_in_file, np, done);
    else
        add(c, CAL_ST_copy_to_completed, copy, done);
    add(c, t->idle ? CAL_ST_completed_to_ready_halted : CAL_ST_completed_to_ready, done, ready);
    add(c, CAL_ST_ready_to_accept, ready, accept);
    add(c, t->idle ? CAL_ST_accept_to_handler_halted : CAL_ST_accept_to_handler, accept, t->ready);
}

static void add_cycle(struct context *c, const struct cal_touch *t, int pid, double rdtsc_kernel)
{
    const struct cal_answer *a = c->answer;

    add(c, CAL_ST_touch_to_handler, t->before, t->not_present);
    add(c, CAL_ST_handler_to_left, t->not_present, t->left);
    add(c, CAL_ST_left_to_other, t->left, t->other);
    if (a) {
        add(c, CAL_ST_touch_to_asked, t->before, a->asked);
        add_around(c, CAL_ST_page_in_userfaultfd, a->asked, a->copy);
        add(c, t->idle ? CAL_ST_copy_to_handler_halted : CAL_ST_copy_to_handler, a->copy, t->ready);
    }
    add(c, CAL_ST_handler_to_ack, t->ready, t->ack);
    cal_samples_add(&c->stage[CAL_ST_ready_ack],
                    cal_ns(c->run, t->ack_done - t->ack) - rdtsc_kernel);
    add(c, CAL_ST_ack_to_resumed, t->ack_done, t->after);
    add(c, CAL_ST_ready_to_resumed, t->ready, t->after);
    add_around(c,
               c->run->vcpus > 1                     ? CAL_ST_cycle_smp
               : c->memory->backing == CAL_BACK_FILE ? CAL_ST_cycle_file
                                                     : CAL_ST_cycle,
               t->before, t->after);
    if (c->run->events.count)
        add_traced(c, t, pid);
}

void cal_stage_cycles(struct cal_samples *stage, const struct cal_run *run,
                      const struct cal_memory *memory, double rdtsc_kernel)
{
    struct context c = {stage, run, memory, 0, NULL};

    for (c.cpu = 0; c.cpu < run->vcpus; c.cpu++)
        for (size_t i = 0; i < run->log[c.cpu].touches; i++) {
            const struct cal_touch *t = &run->log[c.cpu].touch[i];

            c.answer = memory->monitor.answer ? &memory->monitor.answer[t->page] : NULL;
            if (t->class == CAL_ASYNC)
                add_cycle(&c, t, run->tid[c.cpu], rdtsc_kernel);
        }
}
