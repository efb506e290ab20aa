/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_case.c - running a case, counting its log, judging the counts
 */
#include "cal_case.h"

#include <stdio.h>
#include <string.h>

#include "cal_need.h"

#define APF_ON  (APF_EN_ENABLED | APF_EN_DELIVERY_AS_INT)
#define TICK_NS 1000000u
#define APART   64u /* pages between the first pages of two tasks, unless they read fewer */

#define COUNT_NAME(name, text) #name,
const char *const cal_count_name[CAL_COUNTS] = {CAL_COUNTS_X(COUNT_NAME)};
#undef COUNT_NAME

const struct cal_case *cal_case_find(const char *name)
{
    for (unsigned i = 0; i < cal_case_count; i++)
        if (!strcmp(cal_cases[i].name, name))
            return &cal_cases[i];
    return NULL;
}

/* ---- the script ---- */

static void add_enabler(struct cal_run_order *o, const struct cal_case *c)
{
    /* IF = 0 from its first instruction: no ready comes before it has looked at the slot. */
    o->task[o->tasks++] = (struct guest_task_order){
        .kind = GUEST_ENABLE, .probe = c->enable, .flags = GUEST_F_IRQ_OFF};
}

static void order_of(struct cal_run_order *o, const struct cal_case *c)
{
    memset(o, 0, sizeof(*o));
    o->vcpus = c->vcpus ? c->vcpus : 1;
    o->en_bits = c->apf_off ? 0 : APF_ON;
    o->preempt = !c->ticks;
    o->no_ack = c->no_ack;
    o->slice_ns = c->ticks ? TICK_NS : 0;
    o->ticks_logged = c->ticks;
    o->reset = c->reset;
    o->may_hang = c->ends_ms;
    o->limit_ms = c->ends_ms;
    for (uint32_t cpu = 0; cpu < o->vcpus; cpu++) {
        for (unsigned i = 0; i < c->touchers; i++) {
            if (i == 1 && c->enables)
                add_enabler(o, c);
            if (c->irq_off)
                o->irq_off |= 1ull << o->tasks;
            o->task[o->tasks++] = (struct guest_task_order){
                .kind = GUEST_TOUCH,
                .cpu = cpu,
                .count = c->pages,
                .stride = 1,
                .first = c->same_page ? 0 : (uint64_t)(cpu * c->touchers + i) * APART,
                .flags = c->irq_off ? GUEST_F_IRQ_OFF : 0};
        }
        if (c->spinner)
            o->task[o->tasks++] = (struct guest_task_order){.kind = GUEST_SPIN, .cpu = cpu};
    }
}

/* ---- counting ---- */

static void count_log(unsigned *n, const struct cal_log *log)
{
    bool came = false;

    for (size_t i = 0; i < log->count; i++) {
        const struct guest_rec *r = &log->rec[i];

        came |= r->code == GUEST_L_READY && r->a != APF_TOKEN_WAKE_ALL;
        n[CAL_N_announced] += r->code == GUEST_L_NOT_PRESENT;
        n[CAL_N_before] += r->code == GUEST_L_NOT_PRESENT && !came;
        n[CAL_N_ready] += r->code == GUEST_L_READY;
        n[CAL_N_stray] += r->code == GUEST_L_STRAY;
    }
    n[CAL_N_wake_all] += (unsigned)log->wake_alls;
    n[CAL_N_async] += (unsigned)cal_log_class_count(log, CAL_ASYNC);
    n[CAL_N_halt] += (unsigned)cal_log_class_count(log, CAL_HALT);
    n[CAL_N_sync] += (unsigned)cal_log_class_count(log, CAL_SYNC);
    n[CAL_N_waited] += (unsigned)cal_log_class_count(log, CAL_WAITED);
}

/* Others may run guests meanwhile: only events of our threads, and pages of our memory. */
static void count_events(unsigned *n, const struct cal_run *run, const struct cal_memory *memory)
{
    static const enum cal_count of[CAL_EV_OTHER] = {
        [CAL_EV_TRY] = CAL_N_t_try,
        [CAL_EV_REPEATED] = CAL_N_t_repeated,
        [CAL_EV_NOT_PRESENT] = CAL_N_t_not_present,
        [CAL_EV_READY] = CAL_N_t_ready,
        [CAL_EV_COMPLETED] = CAL_N_t_completed,
    };
    uint64_t base = (uintptr_t)memory->base;

    for (size_t i = 0; i < run->events.count; i++) {
        const struct cal_event *e = &run->events.event[i];
        bool ours = false;

        for (unsigned cpu = 0; cpu < run->vcpus; cpu++)
            ours |= e->pid == (uint32_t)run->tid[cpu];
        if (e->kind == CAL_EV_COMPLETED)
            ours = e->b >= base && e->b < base + memory->pages * CAL_PAGE;
        if (ours && e->kind < CAL_EV_OTHER && of[e->kind])
            n[of[e->kind]]++;
    }
}

/* If there is a message at all, the first one is the wake-all of enabling. */
static bool begins_with_wake_all(const struct cal_log *log)
{
    for (size_t i = 0; i < log->count; i++)
        if (log->rec[i].code == GUEST_L_READY)
            return log->rec[i].a == APF_TOKEN_WAKE_ALL;
    return true;
}

static void judge(struct cal_case_result *r, const struct cal_case *c)
{
    for (unsigned i = 0; i < CAL_COUNTS; i++) {
        const struct cal_want *w = &c->want[i];
        bool good = w->how == CAL_WANT_ANY ||
                    (w->how == CAL_WANT ? r->count[i] == w->n : r->count[i] >= w->n);

        if (!good && (i < CAL_N_TRACED || r->traced)) {
            snprintf(r->wrong, sizeof(r->wrong), "%s is %u, want %s%u", cal_count_name[i],
                     r->count[i], w->how == CAL_WANT_MIN ? "at least " : "", w->n);
            return;
        }
    }
}

/* ---- running ---- */

static bool run_once(struct cal_case_result *r, const struct cal_case *c, struct cal_check *check,
                     struct cal_trace *trace, struct cal_error *error)
{
    struct cal_memory_order mo = {.backing = CAL_BACK_UFFD,
                                  .pages = APART * GUEST_TASKS_MAX,
                                  .delay_ns = c->delay_ms * 1000000ull,
                                  .batch = c->batch,
                                  .parallelism = GUEST_TASKS_MAX};
    struct cal_run_order o;
    struct cal_memory memory;
    struct cal_run run;

    order_of(&o, c);
    /* Without ACK one ready hides the next: there is no order to compare. And two boots are no run.
     */
    o.check = c->no_ack || c->reset ? NULL : check;
    if (!cal_memory_make(&memory, &mo, error))
        return false;
    if (!cal_run(&run, &o, &memory, trace, error)) {
        cal_memory_free(&memory);
        return false;
    }
    memset(r->count, 0, sizeof(r->count));
    for (unsigned cpu = 0; cpu < run.vcpus; cpu++) {
        count_log(r->count, &run.log[cpu]);
        if (!begins_with_wake_all(&run.log[cpu]))
            snprintf(r->wrong, sizeof(r->wrong), "the first message is no wake-all");
    }
    count_events(r->count, &run, &memory);
    r->traced = trace && trace->dir[0] && !run.events.lost;
    r->count[CAL_N_hung] = run.hung;
    cal_run_free(&run);
    cal_memory_free(&memory);
    return true;
}

bool cal_case_run(struct cal_case_result *ret, const struct cal_case *c, struct cal_trace *trace,
                  struct cal_error *error)
{
    struct cal_check check = {0};
    struct cal_host host;
    unsigned sum = 0, rounds = c->rounds ? c->rounds : 1;

    memset(ret, 0, sizeof(*ret));
    cal_host_describe(&host);
    check.kernel = cal_check_kernel(host.kernel);
    for (unsigned i = 0; i < rounds && !ret->wrong[0] && (!i || sum < c->until); i++) {
        if (!run_once(ret, c, &check, trace, error)) {
            if (error->fault != CAL_BROKEN)
                return false;
            snprintf(ret->wrong, sizeof(ret->wrong), "%s", error->text);
            *error = (struct cal_error){CAL_OK, ""};
            return true;
        }
        sum += ret->count[c->until_count];
        if (ret->count[CAL_N_hung] && ret->count[CAL_N_ready] > ret->count[CAL_N_announced])
            snprintf(ret->wrong, sizeof(ret->wrong), "it hung, though every task was woken");
        if (!ret->wrong[0])
            judge(ret, c);
    }
    ret->cycles = check.cycles;
    if (sum < c->until && !ret->wrong[0])
        snprintf(ret->wrong, sizeof(ret->wrong), "%s is %u in %u runs, want at least %u",
                 cal_count_name[c->until_count], sum, rounds, c->until);
    return true;
}
