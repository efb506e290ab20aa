/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_stats.c - samples of one stage and their quantiles
 */
#include "cal_stats.h"

#include <stdlib.h>
#include <string.h>

static bool push(double **ns, size_t *count, size_t *room, double value)
{
    if (*count == CAL_SAMPLES_MAX)
        return false;
    if (*count == *room) {
        size_t more = *room ? *room * 2 : 256;
        double *moved = realloc(*ns, more * sizeof(*moved));

        if (!moved)
            return false;
        *ns = moved;
        *room = more;
    }
    (*ns)[(*count)++] = value > 0 ? value : 0; /* less than what the clock costs to read */
    return true;
}

void cal_samples_add(struct cal_samples *s, double ns)
{
    if (push(&s->ns, &s->count, &s->room, ns))
        s->sorted = false;
}

void cal_samples_leave(struct cal_samples *s, double ns)
{
    push(&s->out, &s->outs, &s->out_room, ns);
}

void cal_samples_settle(struct cal_samples *s)
{
    if (s->count >= CAL_QUIET_MIN || !s->outs)
        return;
    for (size_t i = 0; i < s->outs; i++)
        cal_samples_add(s, s->out[i]);
    s->outs = 0;
    s->disturbed = true;
}

void cal_samples_free(struct cal_samples *s)
{
    free(s->ns);
    free(s->out);
    memset(s, 0, sizeof(*s));
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double cal_quantile(struct cal_samples *s, double q)
{
    size_t at;

    if (!s->count)
        return 0;
    if (!s->sorted)
        qsort(s->ns, s->count, sizeof(*s->ns), by_size);
    s->sorted = true;
    at = (size_t)(q * (double)s->count);
    return s->ns[at < s->count ? at : s->count - 1];
}

double cal_centre(struct cal_samples *s)
{
    size_t half = (s->count + 1) / 2, best = 0;

    if (!s->count)
        return 0;
    cal_quantile(s, 0); /* sorts */
    for (size_t i = 1; i + half <= s->count; i++)
        if (s->ns[i + half - 1] - s->ns[i] < s->ns[best + half - 1] - s->ns[best])
            best = i;
    return s->ns[best + half / 2];
}
