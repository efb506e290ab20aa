/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_close.c - the run is over: lanes become gapless
 */
#include "timeline_priv.h"

static gint by_from(gconstpointer a, gconstpointer b)
{
    const struct slice *x = a, *y = b;

    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

static void append(GArray *to, struct slice s)
{
    struct slice *last = to->len ? &g_array_index(to, struct slice, to->len - 1) : NULL;

    if (s.from >= s.to)
        return;
    if (last && last->to == s.from && last->paint == s.paint && last->who == s.who)
        last->to = s.to;
    else
        g_array_append_val(to, s);
}

static void close_lane(struct timeline *t, struct lane *lane)
{
    GArray *out = g_array_sized_new(FALSE, FALSE, sizeof(struct slice), lane->slices->len + 2);
    sim_ns at = t->from;

    g_array_sort(lane->slices, by_from);
    for (guint i = 0; i < lane->slices->len; i++) {
        struct slice s = g_array_index(lane->slices, struct slice, i);

        append(out, (struct slice){at, s.from, NOBODY, PAINT_NONE});
        s.from = MAX(s.from, at);
        append(out, s);
        at = MAX(at, s.to);
    }
    append(out, (struct slice){at, t->to, NOBODY, PAINT_NONE});
    g_array_free(lane->slices, TRUE);
    lane->slices = out;
}

void timeline_close(struct timeline *t)
{
    timeline_tokens_end(t);
    for (uint32_t k = 0; k < t->tasks; k++) {
        const struct watched_task *w = &t->task[k];

        if (w->paint != PAINT_USER)
            timeline_add(t, &t->task_lane[k], w->since, t->end, (enum paint)w->paint,
                         w->paint == PAINT_WAITS ? w->token : NOBODY);
        close_lane(t, &t->task_lane[k]);
    }
    for (uint32_t v = 0; v < t->vcpus; v++)
        close_lane(t, &t->vcpu_lane[v]);
    for (guint i = 0; i < t->channels->len; i++) {
        struct channel *c = &g_array_index(t->channels, struct channel, i);

        if (c->busy)
            timeline_add(t, &c->lane, c->since, t->end, c->write ? PAINT_WRITES : PAINT_READS,
                         NOBODY);
        c->busy = false;
        close_lane(t, &c->lane);
    }
}

bool timeline_task_acts(const struct timeline *t, uint32_t task)
{
    const GArray *slices = t->task_lane[task].slices;

    for (guint i = 0; i < slices->len; i++) {
        enum paint paint = (enum paint)g_array_index(slices, struct slice, i).paint;

        if (paint != PAINT_NONE && paint != PAINT_IDLE && paint != PAINT_READY)
            return true;
    }
    return false;
}
