/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_progress.c - see cli_progress.h
 */
#include "cli_progress.h"

#include <stdio.h>

static double since(const struct timespec *then)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

void cli_progress_begin(struct cli_progress *p, bool on, const char *what, uint32_t before,
                        uint32_t all)
{
    *p = (struct cli_progress){.on = on, .what = what, .before = before, .all = all};
    clock_gettime(CLOCK_MONOTONIC, &p->start);
    p->last = p->start;
}

static void show_left(double seconds)
{
    unsigned long s = (unsigned long)(seconds + 0.5);

    if (s >= 3600)
        fprintf(stderr, ", %lu h %lu min left", s / 3600, s / 60 % 60);
    else if (s >= 60)
        fprintf(stderr, ", %lu min %lu s left", s / 60, s % 60);
    else
        fprintf(stderr, ", %lu s left", s);
}

void cli_progress_show(struct cli_progress *p, uint32_t done)
{
    double rate;

    if (!p->on || since(&p->last) < 0.1)
        return;
    clock_gettime(CLOCK_MONOTONIC, &p->last);
    p->shown = true;
    fprintf(stderr, "\r\033[K%u of %u %s", p->before + done, p->all, p->what);
    if (!done)
        return;
    rate = done / since(&p->start);
    fprintf(stderr, rate < 10 ? ", %.2f a second" : ", %.0f a second", rate);
    show_left((p->all - p->before - done) / rate);
}

void cli_progress_end(struct cli_progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}
