/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_log.c - the guest's log: its records in order of time, and what became of each touch
 */
#include "cal_log.h"

#include <stdlib.h>
#include <string.h>

const char *const cal_class_name[CAL_CLASSES] = {
    [CAL_PROMPT] = "prompt", [CAL_ASYNC] = "async",   [CAL_HALT] = "halt",
    [CAL_SYNC] = "sync",     [CAL_WAITED] = "waited",
};

static int by_tsc(const void *a, const void *b)
{
    const struct guest_rec *x = a, *y = b;

    return (x->tsc > y->tsc) - (x->tsc < y->tsc);
}

static bool take_records(struct cal_log *log, struct cal_vm *vm, unsigned vcpu,
                         struct cal_error *error)
{
    const struct guest_orders *orders = cal_vm_orders(vm);
    const struct guest_rec *from =
        (const struct guest_rec *)(vm->low + GUEST_LOG_GPA + vcpu * GUEST_LOG_BYTES);
    uint32_t logged = orders->logged[vcpu];

    if (logged > GUEST_LOG_MAX) {
        log->lost = logged - GUEST_LOG_MAX;
        logged = GUEST_LOG_MAX;
    }
    log->rec = calloc(logged + 1, sizeof(*log->rec));
    log->touch = calloc(logged + 1, sizeof(*log->touch));
    if (!log->rec || !log->touch)
        return cal_fail(error, CAL_MISSING, "no memory");
    for (uint32_t i = 0; i < logged; i++)
        if (from[i].code)
            log->rec[log->count++] = from[i];
    qsort(log->rec, log->count, sizeof(*log->rec), by_tsc);
    return true;
}

static void count_others(struct cal_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        const struct guest_rec *r = &log->rec[i];

        if (r->code == GUEST_L_START) {
            log->en = r->a;
            log->features = r->b;
        }
        log->bad_data += r->code == GUEST_L_BAD_DATA;
        log->fatal += r->code == GUEST_L_FATAL;
        log->wake_alls += r->code == GUEST_L_READY && r->a == 0xffffffffu;
    }
}

/* What the log says between the touch's two readings of the clock. at: its own record. */
static void follow(const struct cal_log *log, size_t at, struct cal_touch *t)
{
    for (size_t i = at + 1; i < log->count && log->rec[i].tsc < t->after; i++) {
        const struct guest_rec *r = &log->rec[i];

        if (r->code == GUEST_L_NOT_PRESENT && r->task == t->task && !t->token) {
            t->token = (uint32_t)r->a;
            t->not_present = r->tsc;
        } else if (r->code == GUEST_L_READY && t->token && r->a == t->token) {
            t->ready = r->tsc;
            t->idle = r->task == log->idle;
        } else if (r->code == GUEST_L_ACK && t->ready && !t->ack && r->a == t->token) {
            t->ack = r->tsc;
            t->ack_done = r->tsc + r->b;
        } else if (r->code == GUEST_L_LEAVE && t->not_present && !t->left && r->task == t->task) {
            t->left = r->tsc;
        } else if (r->code == GUEST_L_RUNS && t->left && !t->other && !t->ready) {
            t->other = r->tsc;
        }
    }
}

/*
 * A vCPU that waits synchronously serves no interrupt before the page is there; one that halts
 * does. The last quarter of the wait does not count: an interrupt that was held up is served there.
 */
static bool served_interrupt(const struct cal_log *log, size_t at, const struct cal_touch *t)
{
    uint64_t until = t->after - (t->after - t->before) / 4;

    for (size_t i = at + 1; i < log->count && log->rec[i].tsc < until; i++)
        if (log->rec[i].code == GUEST_L_IRQ)
            return true;
    return false;
}

static void classify(const struct cal_log *log, size_t at, struct cal_touch *t, uint64_t wait_ticks,
                     bool ticks)
{
    if (t->token)
        t->class = t->ready && t->ack ? CAL_ASYNC : CAL_WAITED;
    else if (t->after - t->before < wait_ticks)
        t->class = CAL_PROMPT;
    else if (!ticks)
        t->class = CAL_WAITED;
    else
        t->class = served_interrupt(log, at, t) ? CAL_HALT : CAL_SYNC;
}

bool cal_log_read(struct cal_log *log, struct cal_vm *vm, unsigned vcpu, uint64_t wait_ticks,
                  struct cal_error *error)
{
    bool ticks = cal_vm_orders(vm)->ticks_logged;

    memset(log, 0, sizeof(*log));
    log->idle = cal_vm_orders(vm)->tasks - vm->vcpus + vcpu;
    if (!take_records(log, vm, vcpu, error))
        return false;
    count_others(log);
    for (size_t i = 0; i < log->count; i++) {
        const struct guest_rec *r = &log->rec[i];
        struct cal_touch *t = &log->touch[log->touches];

        if (r->code != GUEST_L_TOUCH)
            continue;
        *t = (struct cal_touch){
            .page = r->a, .before = r->tsc, .after = r->tsc + r->b, .task = r->task};
        follow(log, i, t);
        classify(log, i, t, wait_ticks, ticks);
        log->touches++;
    }
    if (log->fatal || log->bad_data)
        return cal_fail(error, CAL_BROKEN, "guest: %llu wrong pages, %llu unexpected exceptions",
                        (unsigned long long)log->bad_data, (unsigned long long)log->fatal);
    return true;
}

void cal_log_free(struct cal_log *log)
{
    free(log->rec);
    free(log->touch);
    memset(log, 0, sizeof(*log));
}

size_t cal_log_class_count(const struct cal_log *log, enum cal_class class)
{
    size_t n = 0;

    for (size_t i = 0; i < log->touches; i++)
        n += log->touch[i].class == class;
    return n;
}
