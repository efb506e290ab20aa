/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_order.c - a capture whose lines do not stand in the order of time: buffers of several CPUs,
 *               one after the other
 */
#include "capture.h"

static gint by_time(gconstpointer a, gconstpointer b)
{
    const struct cap_event *x = a, *y = b;

    if (x->when != y->when)
        return x->when < y->when ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

gint cap_by_value(gconstpointer a, gconstpointer b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* Times of the first events behind places where events were lost. */
static GArray *losses(const struct capture *c)
{
    GArray *ret = g_array_new(FALSE, FALSE, sizeof(uint64_t));

    for (guint i = 1; i < c->events->len; i++)
        if (cap_at(c, i)->epoch != (i > 1 ? cap_at(c, i - 1)->epoch : 0))
            g_array_append_val(ret, cap_at(c, i)->when);
    g_array_sort(ret, cap_by_value);
    return ret;
}

/* Each thread's events in a chain again; one that a loss interrupts ends there. */
static void link_again(struct capture *c, const GArray *loss)
{
    GHashTable *last = g_hash_table_new(NULL, NULL);
    guint epoch = 0;

    for (guint i = 1; i < c->events->len; i++) {
        struct cap_event *e = &g_array_index(c->events, struct cap_event, i), *before;
        gpointer key = GUINT_TO_POINTER(e->thread), at = g_hash_table_lookup(last, key);

        while (epoch < loss->len && g_array_index(loss, uint64_t, epoch) <= e->when)
            epoch++;
        e->epoch = (uint16_t)epoch;
        e->next = 0;
        before = &g_array_index(c->events, struct cap_event, GPOINTER_TO_UINT(at));
        if (at && before->epoch == e->epoch)
            before->next = i;
        g_hash_table_insert(last, key, GUINT_TO_POINTER(i));
    }
    g_hash_table_destroy(last);
}

uint64_t cap_sort(struct capture *c)
{
    struct cap_event none = *cap_at(c, 0);
    uint64_t backward = 0;
    GArray *loss;

    for (guint i = 2; i < c->events->len; i++)
        backward += cap_at(c, i)->when < cap_at(c, i - 1)->when;
    if (!backward || c->format != CAP_FTRACE)
        return 0;
    loss = losses(c);
    g_array_remove_index(c->events, 0);
    g_array_sort(c->events, by_time);
    g_array_prepend_val(c->events, none);
    link_again(c, loss);
    g_array_free(loss, TRUE);
    return backward;
}
