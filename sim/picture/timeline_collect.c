/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_collect.c - notes in, slices of lanes out
 *
 * A vCPU's slices are its ledger's. A task's are what its vCPU did while it was the current one,
 * and what the notes say of it otherwise; since a vCPU's slice is told when it is over, switches
 * between are kept until then.
 */
#include <stddef.h>
#include <string.h>

#include "sim_assert.h"
#include "timeline_priv.h"

#define NO_TASK UINT32_MAX /* as in TASK_SWITCH */

#define PAINT_KEY(name, key, text)  [PAINT_##name] = key,
#define PAINT_TEXT(name, key, text) [PAINT_##name] = text,
const char *const paint_key[PAINT_COUNT] = {PAINTS(PAINT_KEY)};
const char *const paint_text[PAINT_COUNT] = {PAINTS(PAINT_TEXT)};

static const uint8_t paint_of[LEDGER_COUNT] = {
    [LEDGER_USER] = PAINT_USER,
    [LEDGER_GUEST_APF] = PAINT_KERNEL,
    [LEDGER_GUEST_SWITCH] = PAINT_KERNEL,
    [LEDGER_GUEST_TICK] = PAINT_KERNEL,
    [LEDGER_GUEST_KERNEL] = PAINT_KERNEL,
    [LEDGER_EXIT] = PAINT_HOST,
    [LEDGER_WORKER] = PAINT_HOST,
    [LEDGER_SYNC_BLOCKED] = PAINT_STANDS,
    [LEDGER_APF_HALTED] = PAINT_HALTED,
    [LEDGER_IDLE_WAITING] = PAINT_IDLE_WAITING,
    [LEDGER_IDLE] = PAINT_IDLE,
    [LEDGER_STOLEN] = PAINT_READY,
    [LEDGER_FLUSH_BLOCKED] = PAINT_STANDS,
    [LEDGER_OFFLINE] = PAINT_OFFLINE,
};

/* ---- lanes ---- */

void timeline_add(struct timeline *t, struct lane *lane, sim_ns from, sim_ns to, enum paint paint,
                  uint32_t who)
{
    struct slice s = {MAX(from, t->from), MIN(to, t->to), who, (uint8_t)paint};
    struct slice *last;

    if (s.from >= s.to || t->slices > TIMELINE_SLICES_MAX)
        return;
    if (lane->slices->len) {
        last = &g_array_index(lane->slices, struct slice, lane->slices->len - 1);
        if (last->to == s.from && last->paint == s.paint && last->who == s.who) {
            last->to = s.to;
            return;
        }
    }
    t->slices++;
    g_array_append_val(lane->slices, s);
}

/* ---- tasks ---- */

/* What the task was until `when`; running is told by its vCPU's slices. */
static void task_was(struct timeline *t, uint32_t task, sim_ns when)
{
    struct watched_task *k = &t->task[task];

    if (k->paint != PAINT_USER)
        timeline_add(t, &t->task_lane[task], k->since, when, (enum paint)k->paint,
                     k->paint == PAINT_WAITS ? k->token : NOBODY);
}

static void task_becomes(struct timeline *t, uint32_t task, sim_ns when, enum paint paint)
{
    SIM_ASSERT(task < t->tasks);
    task_was(t, task, when);
    t->task[task].since = when;
    t->task[task].paint = (uint8_t)paint;
}

/* From `when` on `task` (or NO_TASK) is what the vCPU's slices are about. */
static void occupy(struct timeline *t, uint32_t vcpu, sim_ns when, uint32_t task)
{
    struct watched_vcpu *v = &t->vcpu[vcpu];
    const struct occupation o = {when, task};

    v->now = task;
    g_array_append_val(v->since, o);
}

static void task_leaves(struct timeline *t, uint32_t task, sim_ns when, enum paint paint)
{
    SIM_ASSERT(task < t->tasks);
    if (t->task[task].paint == PAINT_USER && t->vcpu[t->task[task].vcpu].now == task)
        occupy(t, t->task[task].vcpu, when, NO_TASK);
    task_becomes(t, task, when, paint);
}

static void task_runs(struct timeline *t, uint32_t task, uint32_t vcpu, sim_ns when)
{
    task_becomes(t, task, when, PAINT_USER);
    t->task[task].vcpu = vcpu;
    occupy(t, vcpu, when, task);
}

static void on_switch(struct timeline *t, const struct sim_note *n)
{
    uint32_t vcpu = (uint32_t)n->a, prev = t->vcpu[vcpu].now, next = (uint32_t)n->c;

    if (prev != NO_TASK)
        task_leaves(t, prev, n->when, PAINT_READY);
    t->vcpu[vcpu].last = next;
    if (next != NO_TASK)
        task_runs(t, next, vcpu, n->when);
}

/* ---- vCPUs ---- */

static void slice_of_task(struct timeline *t, uint32_t vcpu, sim_ns from, sim_ns to, uint32_t task,
                          enum paint paint)
{
    if (from >= to)
        return;
    timeline_add(t, &t->vcpu_lane[vcpu], from, to, paint, paint == PAINT_USER ? task : NOBODY);
    if (task != NO_TASK)
        timeline_add(t, &t->task_lane[task], from, to, paint, vcpu);
}

static void on_segment(struct timeline *t, const struct sim_note *n)
{
    uint32_t vcpu = (uint32_t)n->a, task;
    struct watched_vcpu *v = &t->vcpu[vcpu];
    sim_ns at = v->cursor, end = at + n->c;
    enum paint paint = (enum paint)paint_of[n->b];
    guint used = 0;

    task = g_array_index(v->since, struct occupation, 0).task;
    /* A task that was to sleep and has been woken before the switch runs on, unsaid. */
    if (n->b == LEDGER_USER && task == NO_TASK && v->since->len == 1 && v->last != NO_TASK)
        task_runs(t, v->last, vcpu, at);
    while (used < v->since->len && at <= end) {
        const struct occupation *next =
            used + 1 < v->since->len ? &g_array_index(v->since, struct occupation, used + 1) : NULL;
        sim_ns until = next && next->when < end ? MAX(next->when, at) : end;

        slice_of_task(t, vcpu, at, until, task, paint);
        at = until;
        if (!next || next->when > end)
            break;
        task = next->task;
        used++;
    }
    g_array_remove_range(v->since, 0, used);
    v->cursor = end;
}

/* ---- devices ---- */

static struct channel *channel_of(struct timeline *t, uint64_t disk, uint64_t number)
{
    struct channel fresh = {.disk = (uint32_t)disk, .number = (uint32_t)number};
    guint i = 0;

    for (; i < t->channels->len; i++) {
        struct channel *c = &g_array_index(t->channels, struct channel, i);

        if (c->disk == fresh.disk && c->number == fresh.number)
            return c;
        if (c->disk > fresh.disk || (c->disk == fresh.disk && c->number > fresh.number))
            break;
    }
    fresh.lane.slices = g_array_new(FALSE, FALSE, sizeof(struct slice));
    g_array_insert_val(t->channels, i, fresh);
    return &g_array_index(t->channels, struct channel, i);
}

static void channel_over(struct timeline *t, struct channel *c, sim_ns when)
{
    if (c->busy)
        timeline_add(t, &c->lane, c->since, when, c->write ? PAINT_WRITES : PAINT_READS, NOBODY);
    c->busy = false;
}

static void on_disk(struct timeline *t, const struct sim_note *n)
{
    struct channel *c = channel_of(t, n->a, n->b);

    if (n->kind == NOTE_DISK_DONE) {
        channel_over(t, c, n->when);
        return;
    }
    c->busy = true;
    c->since = n->when;
    c->write = n->c != 0;
}

/* ---- the observer ---- */

static void on_task(struct timeline *t, const struct sim_note *n)
{
    uint32_t task = (uint32_t)n->a;

    if (n->kind == NOTE_TASK_EXIT) {
        task_leaves(t, task, n->when, PAINT_NONE);
    } else if (n->kind == NOTE_TASK_WAKE) {
        task_leaves(t, task, n->when, PAINT_READY);
    } else if (n->c != 1) { /* one that sleeps on a token is told of by APF_WAIT */
        task_leaves(t, task, n->when, PAINT_IDLE);
    }
}

static void on_note(struct sim_observer *self, const struct sim_note *n)
{
    struct timeline *t = (struct timeline *)(void *)self;

    if (SIM_NOTE_BIT(n->kind) & TIMELINE_TOKEN_NOTES)
        timeline_token_note(t, n);
    if (n->kind == NOTE_VCPU_SEGMENT)
        on_segment(t, n);
    else if (n->kind == NOTE_TASK_SWITCH)
        on_switch(t, n);
    else if (n->kind == NOTE_DISK_START || n->kind == NOTE_DISK_DONE)
        on_disk(t, n);
    else if (n->kind == NOTE_MEASURE_END)
        t->end = MIN(n->when, t->to);
    else if (n->kind == NOTE_APF_WAIT) {
        task_leaves(t, (uint32_t)n->b, n->when, PAINT_WAITS);
        t->task[n->b].token = (uint32_t)n->c;
    } else if (n->kind == NOTE_TASK_WAKE || n->kind == NOTE_TASK_SLEEP || n->kind == NOTE_TASK_EXIT)
        on_task(t, n);
}

static GArray *slices_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(struct slice));
}

static void watch(struct timeline *t, const struct timeline_shape *shape)
{
    const struct occupation nobody = {0, NO_TASK};

    for (uint32_t v = 0; v < t->vcpus; v++) {
        t->vcpu_lane[v].slices = slices_new();
        t->vcpu[v] = (struct watched_vcpu){.now = NO_TASK, .last = NO_TASK};
        t->vcpu[v].since = g_array_new(FALSE, FALSE, sizeof(struct occupation));
        g_array_append_val(t->vcpu[v].since, nobody);
        t->vcpu_name[v] = g_strdup(shape->vcpu_name[v]);
    }
    for (uint32_t k = 0; k < t->tasks; k++) {
        t->task_lane[k].slices = slices_new();
        t->task[k].paint = shape->task_late[k] ? PAINT_NONE : PAINT_READY;
        t->task_name[k] = g_strdup(shape->task_name[k]);
    }
}

struct timeline *timeline_create(const struct timeline_shape *shape)
{
    struct timeline *t = g_new0(struct timeline, 1);

    SIM_ASSERT(shape->from < shape->to && shape->to - shape->from <= TIMELINE_WINDOW_MAX);
    t->title = g_strdup(shape->title);
    t->of_capture = shape->of_capture;
    t->from = shape->from;
    t->to = t->end = shape->to;
    t->vcpus = shape->vcpus;
    t->tasks = shape->tasks;
    t->vcpu = g_new0(struct watched_vcpu, t->vcpus + 1);
    t->task = g_new0(struct watched_task, t->tasks + 1);
    t->vcpu_lane = g_new0(struct lane, t->vcpus + 1);
    t->task_lane = g_new0(struct lane, t->tasks + 1);
    t->vcpu_name = g_new0(char *, t->vcpus + 1);
    t->task_name = g_new0(char *, t->tasks + 1);
    t->channels = g_array_new(FALSE, FALSE, sizeof(struct channel));
    t->open = g_array_new(FALSE, FALSE, sizeof(struct token));
    t->tokens = g_array_new(FALSE, FALSE, sizeof(struct token));
    t->broadcasts = g_array_new(FALSE, FALSE, sizeof(struct token));
    watch(t, shape);
    t->observer.note = on_note;
    t->observer.kinds = TIMELINE_TOKEN_NOTES | SIM_NOTE_BIT(NOTE_VCPU_SEGMENT) |
                        SIM_NOTE_BIT(NOTE_TASK_SWITCH) | SIM_NOTE_BIT(NOTE_TASK_WAKE) |
                        SIM_NOTE_BIT(NOTE_TASK_SLEEP) | SIM_NOTE_BIT(NOTE_TASK_EXIT) |
                        SIM_NOTE_BIT(NOTE_DISK_START) | SIM_NOTE_BIT(NOTE_DISK_DONE) |
                        SIM_NOTE_BIT(NOTE_MEASURE_END);
    return t;
}
_Static_assert(offsetof(struct timeline, observer) == 0, "on_note() casts");

struct sim_observer *timeline_observer(struct timeline *t)
{
    return &t->observer;
}

void timeline_slept(struct timeline *t, uint32_t vcpu, sim_ns from, sim_ns to, bool for_page)
{
    SIM_ASSERT(vcpu < t->vcpus);
    timeline_add(t, &t->vcpu_lane[vcpu], from, to, for_page ? PAINT_HALTED : PAINT_IDLE, NOBODY);
}

bool timeline_overflowed(const struct timeline *t)
{
    return t->slices > TIMELINE_SLICES_MAX;
}

void timeline_free(struct timeline *t)
{
    if (!t)
        return;
    for (uint32_t v = 0; v < t->vcpus; v++) {
        g_array_free(t->vcpu[v].since, TRUE);
        g_array_free(t->vcpu_lane[v].slices, TRUE);
    }
    for (uint32_t k = 0; k < t->tasks; k++)
        g_array_free(t->task_lane[k].slices, TRUE);
    for (guint i = 0; i < t->channels->len; i++)
        g_array_free(g_array_index(t->channels, struct channel, i).lane.slices, TRUE);
    g_array_free(t->channels, TRUE);
    g_array_free(t->open, TRUE);
    g_array_free(t->tokens, TRUE);
    g_array_free(t->broadcasts, TRUE);
    g_strfreev(t->vcpu_name);
    g_strfreev(t->task_name);
    g_free(t->vcpu);
    g_free(t->task);
    g_free(t->vcpu_lane);
    g_free(t->task_lane);
    g_free(t->title);
    g_free(t);
}
