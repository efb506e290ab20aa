/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_json.c - a run in Chrome's trace format: its window, and who follows which notes
 */
#include "trace_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The fields as the kernel has them: addresses and registers in base 16. */
static void json_record(struct trace_writer *w, const struct trace_record *r)
{
    const struct trace_row *row = &trace_row[r->event];
    struct chrome_event e = {.phase = 'i',
                             .pid = CHROME_VCPUS,
                             .tid = r->cpu,
                             .when = r->when,
                             .name = row->name,
                             .category = "kvm"};

    for (unsigned f = 0; f < TRACE_FIELDS_MAX && row->field[f].name; f++)
        e.arg[f] = (struct chrome_arg){row->field[f].name,
                                       row->field[f].size == 8 ? CHROME_HEX : CHROME_DEC,
                                       r->value[f], NULL};
    w->told.events += chrome_put(w, &e, false);
}

/* ---- the window ---- */

/* A viewer draws a counter from its first value to its last one: it has both at the borders. */
static void put_counters(struct trace_writer *w, sim_ns at)
{
    sim_ns now = w->now;

    w->now = at;
    json_tasks_count(w);
    json_disks_count(w);
    w->now = now;
}

static void open_window(struct trace_writer *w)
{
    struct json *j = w->self;
    sim_ns now = w->now;

    j->open = true;
    put_counters(w, w->plan.from);
    w->now = w->plan.from;
    json_faults_begin(w);
    w->now = now;
}

static void close_window(struct trace_writer *w, sim_ns at)
{
    struct json *j = w->self;

    if (j->open)
        put_counters(w, at);
    j->to = at;
    j->closed = true;
    json_tasks_end(w, at);
    json_disks_end(w, at);
    json_faults_end(w, at);
}

static json_handler *const handlers[SIM_NOTE_KINDS] = {
    [NOTE_TASK_SWITCH] = json_task_switch, [NOTE_TASK_WAKE] = json_task_wake,
    [NOTE_TASK_SLEEP] = json_task_sleep,   [NOTE_TASK_EXIT] = json_task_exit,
    [NOTE_APF_WAIT] = json_apf_wait,       [NOTE_VCPU_SEGMENT] = json_segment,
    [NOTE_KVM_TRY_ASYNC] = json_try,       [NOTE_KVM_NOT_PRESENT] = json_not_present,
    [NOTE_KVM_READY] = json_ready,         [NOTE_KVM_MSR] = json_msr,
    [NOTE_WORK_START] = json_work,         [NOTE_KVM_COMPLETED] = json_completed,
    [NOTE_IN_FLIGHT] = json_in_flight,     [NOTE_DISK_SUBMIT] = json_submit,
    [NOTE_DISK_START] = json_start,        [NOTE_DISK_DONE] = json_done,
};

#define BIT(kind) SIM_NOTE_BIT(NOTE_##kind)
#define KINDS                                                                                      \
    (BIT(TASK_SWITCH) | BIT(TASK_WAKE) | BIT(TASK_SLEEP) | BIT(TASK_EXIT) | BIT(APF_WAIT) |        \
     BIT(VCPU_SEGMENT) | BIT(KVM_TRY_ASYNC) | BIT(KVM_NOT_PRESENT) | BIT(KVM_READY) |              \
     BIT(KVM_MSR) | BIT(WORK_START) | BIT(KVM_COMPLETED) | BIT(IN_FLIGHT) | BIT(DISK_SUBMIT) |     \
     BIT(DISK_START) | BIT(DISK_DONE))

static void json_note(struct trace_writer *w, const struct sim_note *n)
{
    struct json *j = w->self;

    if (!j->open && n->when >= w->plan.from)
        open_window(w);
    if (!j->closed && (n->when >= j->to || w->told.cut))
        close_window(w, w->told.cut ? w->told.cut_at : j->to);
    handlers[n->kind](w, n);
}

/* ---- begin and end ---- */

static void json_free(struct json *j)
{
    for (unsigned d = 0; j && d < TRACE_DISKS; d++)
        free(j->disk[d].channel);
    if (j) {
        free(j->vcpu);
        free(j->task);
    }
    free(j);
}

static bool make_disks(struct json *j, const struct trace_shape *shape)
{
    uint32_t first = 0;

    for (unsigned d = 0; d < TRACE_DISKS; d++) {
        struct json_disk *disk = &j->disk[d];
        char name[sizeof disk->name];

        disk->channels = shape->channels[d];
        disk->first = first;
        first += disk->channels;
        if (!disk->channels)
            continue;
        disk->channel = calloc(disk->channels, sizeof *disk->channel);
        if (!disk->channel)
            return false;
        snprintf(name, sizeof name, "%s", shape->disk[d]);
        chrome_clean(name);
        memcpy(disk->name, name, sizeof name);
        snprintf(disk->queue, sizeof disk->queue, "queue %s", name);
    }
    return true;
}

static struct json *json_new(const struct trace_writer *w, const struct trace_shape *shape)
{
    struct json *j = calloc(1, sizeof *j);

    if (!j)
        return NULL;
    j->to = w->plan.to;
    j->vcpus = shape->vcpus;
    j->tasks = shape->tasks;
    j->vcpu = calloc(shape->vcpus, sizeof *j->vcpu);
    j->task = calloc((size_t)shape->tasks + 1, sizeof *j->task);
    if (j->vcpu && j->task && make_disks(j, shape))
        return j;
    json_free(j);
    return NULL;
}

static bool json_begin(struct trace_writer *w, const struct trace_shape *shape)
{
    static const char *const process[CHROME_PIDS] = {
        [CHROME_VCPUS] = "vCPUs",
        [CHROME_TASKS] = "guest tasks",
        [CHROME_WORKERS] = "APF workers",
        [CHROME_DEVICES] = "paging",
    };
    struct json *j = json_new(w, shape);
    char name[TRACE_NAME_BYTES];

    if (!j)
        return false;
    w->self = j;
    chrome_open(w);
    for (unsigned p = CHROME_VCPUS; p < CHROME_PIDS; p++)
        chrome_name(w, (enum chrome_pid)p, UINT32_MAX, process[p]);
    for (uint32_t v = 0; v < shape->vcpus; v++) {
        j->vcpu[v].task = -1;
        shape->vcpu_name(shape->self, v, name);
        chrome_clean(name);
        chrome_name(w, CHROME_VCPUS, v, name);
    }
    for (uint32_t t = 0; t < shape->tasks; t++) {
        shape->task_name(shape->self, t, j->task[t].name);
        chrome_clean(j->task[t].name);
        chrome_name(w, CHROME_TASKS, t, j->task[t].name);
    }
    return true;
}

static void json_end(struct trace_writer *w)
{
    struct json *j = w->self;

    if (j->open && !j->closed)
        close_window(w, w->told.cut ? w->told.cut_at : w->now < j->to ? w->now : j->to);
    json_segments_end(w);
    chrome_close(w);
    json_free(j);
}

const struct trace_writer_ops trace_json_ops = {
    .begin = json_begin, .record = json_record, .note = json_note, .kinds = KINDS, .end = json_end};
