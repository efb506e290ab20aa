/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_stats.c - samples of one stage and their quantiles
 */
#include "cal_stats.h"

#include <stdlib.h>
#include <string.h>

void cal_samples_add(struct cal_samples *s, double ns)
{
    ns = ns > 0 ? ns : 0; /* less than what the clock costs to read */
    if (s->count == CAL_SAMPLES_MAX)
        return;
    if (s->count == s->room) {
        size_t room = s->room ? s->room * 2 : 256;
        double *more = realloc(s->ns, room * sizeof(*more));

        if (!more)
            return;
        s->ns = more;
        s->room = room;
    }
    s->ns[s->count++] = ns;
    s->sorted = false;
}

void cal_samples_free(struct cal_samples *s)
{
    free(s->ns);
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
