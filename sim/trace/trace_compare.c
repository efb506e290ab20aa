/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_compare.c - walks two sets of streams side by side
 */
#include "trace_compare.h"

#include <string.h>

#define CONTEXT 4

static size_t next_event(const struct trace_lines *l, size_t at, bool events_only)
{
    while (at < l->count && events_only && !trace_kind_info[trace_kind_of(l->line[at])].compared)
        at++;
    return at;
}

static bool same_line(const struct trace_lines *a, size_t i, const struct trace_lines *b, size_t k)
{
    if (i == a->count || k == b->count)
        return i == a->count && k == b->count;
    return !strcmp(a->line[i], b->line[k]);
}

/* False: *ret_i and *ret_k are where they part. */
static bool same_lines(const struct trace_lines *a, const struct trace_lines *b, bool events_only,
                       size_t ret[2])
{
    size_t i = 0, k = 0;

    for (;; i++, k++) {
        i = next_event(a, i, events_only);
        k = next_event(b, k, events_only);
        if (!same_line(a, i, b, k))
            break;
        if (i == a->count)
            return true;
    }
    ret[0] = i;
    ret[1] = k;
    return false;
}

static bool same_streams(const struct trace_streams *a, const struct trace_streams *b,
                         bool events_only, struct trace_difference *ret)
{
    for (unsigned actor = 0; actor < TRACE_ACTORS; actor++)
        if (!same_lines(&a->of[actor], &b->of[actor], events_only, ret->at)) {
            ret->actor = (enum trace_actor)actor;
            return false;
        }
    return true;
}

enum trace_agreement trace_compare(const struct trace_streams *a, const struct trace_streams *b,
                                   struct trace_difference *ret)
{
    if (!same_streams(a, b, true, ret))
        return TRACE_DIFFERENT;
    return same_streams(a, b, false, ret) ? TRACE_SAME : TRACE_SAME_EVENTS;
}

static void print_side(const struct trace_lines *l, size_t at, const char *name, FILE *out)
{
    size_t from = at > CONTEXT ? at - CONTEXT : 0, to = at + CONTEXT;

    fprintf(out, "  %s:\n", name);
    for (size_t i = from; i <= to && i < l->count; i++)
        fprintf(out, "  %s %5zu  %s\n", i == at ? ">" : " ", i + 1, l->line[i]);
    if (at >= l->count)
        fprintf(out, "  > %5zu  (end)\n", l->count + 1);
}

void trace_difference_print(const struct trace_difference *d, const struct trace_streams *a,
                            const char *a_name, const struct trace_streams *b, const char *b_name,
                            FILE *out)
{
    print_side(&a->of[d->actor], d->at[0], a_name, out);
    print_side(&b->of[d->actor], d->at[1], b_name, out);
}
