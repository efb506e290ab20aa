/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_others.c - spans of others from the scheduler's trace point
 */
#include "cal_others.h"

#include <stdlib.h>
#include <string.h>

static bool is_own(const int own[CAL_OWN_MAX], uint64_t pid)
{
    for (unsigned i = 0; i < CAL_OWN_MAX && own[i]; i++)
        if ((uint64_t)own[i] == pid)
            return true;
    return !pid; /* idle */
}

/* A span that is not kept is one that is not left out: so without memory, nobody is known. */
static void add(struct cal_others *o, uint64_t from)
{
    if (o->count == o->room) {
        size_t room = o->room ? o->room * 2 : 256;
        struct cal_span *more = realloc(o->span, room * sizeof(*more));

        if (!more) {
            o->since = UINT64_MAX;
            return;
        }
        o->span = more;
        o->room = room;
    }
    o->span[o->count++] = (struct cal_span){from, UINT64_MAX};
}

void cal_others_make(struct cal_others *o, const struct cal_events *events, unsigned cpu,
                     const int own[CAL_OWN_MAX])
{
    bool first = true, open = false;

    memset(o, 0, sizeof(*o));
    for (size_t i = 0; i < events->count; i++) {
        const struct cal_event *e = &events->event[i];
        bool other;

        if (e->kind != CAL_EV_SWITCH || e->cpu != cpu)
            continue;
        if (first && !is_own(own, e->pid)) {
            add(o, 0); /* it ran when recording began */
            open = o->count;
        }
        if (first && events->lost)
            o->since = e->tsc;
        first = false;
        other = !is_own(own, e->a) && !e->b;
        if (open)
            o->span[o->count - 1].to = e->tsc;
        if (other)
            add(o, e->tsc);
        open = other && o->since != UINT64_MAX;
        o->known = true;
    }
}

void cal_others_free(struct cal_others *o)
{
    free(o->span);
    memset(o, 0, sizeof(*o));
}

uint64_t cal_others_time(const struct cal_others *o, uint64_t from, uint64_t to)
{
    uint64_t ticks = 0;

    for (size_t i = 0; i < o->count; i++) {
        uint64_t begin = o->span[i].from > from ? o->span[i].from : from;
        uint64_t end = o->span[i].to < to ? o->span[i].to : to;

        ticks += end > begin ? end - begin : 0;
    }
    return ticks;
}

bool cal_others_quiet(const struct cal_others *o, uint64_t from, uint64_t to)
{
    size_t lo = 0, hi = o->count;

    if (from < o->since)
        return false;
    while (lo < hi) { /* the first that ends behind `from` */
        size_t middle = lo + (hi - lo) / 2;

        if (o->span[middle].to <= from)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo == o->count || o->span[lo].from >= to;
}
