/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stuck.c - see stuck.h.
 */
#include "stuck.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "guest_sched.h"

#define NAMED 3 /* sleepers that the text names; the others are counted */

struct text {
    char at[SIM_TEXT_BYTES];
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...)
{
    size_t room = sizeof t->at - t->used;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(t->at + t->used, room, format, args);
    va_end(args);
    t->used += (size_t)n < room ? (size_t)n : room - 1;
}

static void add_time(struct text *t, sim_ns at)
{
    add(t, "%" PRIu64 ".%06" PRIu64 " s", at / SIM_SEC, at % SIM_SEC / SIM_US);
}

/* "; asleep: task 3 (reader) on 0x5a001 since 0.544000 s, ..."; returns how many there are. */
static uint32_t add_sleepers(struct text *t, const struct vcpu *v)
{
    const struct guest_sched *g = v->vm->sched;
    uint32_t found = 0, token = 0, tasks = guest_sched_tasks(g);
    sim_ns since = 0;

    for (uint32_t i = 0; (i = guest_sched_sleeper(g, v->cpu, i, &token, &since)) < tasks; i++) {
        if (found++ >= NAMED)
            continue;
        add(t, "%s task %" PRIu32 " (%s) on %#" PRIx32 " since ", found == 1 ? "; asleep:" : ",", i,
            v->w->p->task[guest_sched_kind(g, i)].name, token);
        add_time(t, since);
    }
    if (found > NAMED)
        add(t, " and %" PRIu32 " more", found - NAMED);
    return found;
}

bool stuck_found(struct vcpu *v, bool last_look)
{
    bool under_way = lapic_has(&v->lapic, v->apf.vec) ||
                     (v->vm->sched && guest_sched_handles_ready(v->vm->sched, v->cpu));
    const char *broken = apf_slot_broken(&v->apf, &v->area, under_way);
    struct text t = {.used = 0};
    uint32_t sleepers;

    if (!broken || !v->vm->sched)
        return false;
    if (!last_look && guest_sched_more_may_sleep(v->vm->sched, v->cpu))
        return false;
    add(&t, "vCPU %" PRIu32 ": %s; it holds %#" PRIx32 " since ", v->id, broken, v->area.token);
    add_time(&t, v->ready_at);
    if (v->enabled_at > v->ready_at)
        add(&t, ", before APF was enabled again (HOLE-1)");
    sleepers = add_sleepers(&t, v);
    if (!sleepers && !last_look)
        return false;
    sim_stop(v->w->sim, sleepers ? SIM_STUCK_TASKS : SIM_BROKEN, t.at);
    return true;
}
