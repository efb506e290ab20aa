/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_quantiles.c - quantiles that keep a mean
 */
#include "cfg_quantiles.h"

#include <glib.h>

#include "params.h"

static sim_ns round_ns(double ns)
{
    return ns > 0 ? (sim_ns)(ns + 0.5) : 0;
}

/* Weight of the last point: its share of the last line, half. */
static double last_weight(const struct sim_dist *d)
{
    return (d->q[d->points - 1].ppm - d->q[d->points - 2].ppm) / 2e6;
}

/* Moves the last point so that the mean comes `by` ns nearer, but not below the one before. */
static void move_last(struct sim_dist *d, double by)
{
    sim_ns *last = &d->q[d->points - 1].ns, least = d->q[d->points - 2].ns;
    double to = (double)*last + by / last_weight(d);

    *last = to > (double)least ? round_ns(to) : least;
}

/* A line that is bent has its kink at this share of its width: near the end where it turns. */
#define KINK_FAR  0.875
#define KINK_NEAR 0.125

/* By how much the mean falls (rises) if all behind point i were at its lower (upper) end. */
static double slack_of(const struct sim_dist *d, uint32_t i)
{
    uint32_t width = d->q[i + 1].ppm - d->q[i].ppm;

    return width < 8 ? 0 : (double)(d->q[i + 1].ns - d->q[i].ns) * width / (2.0 * PPM);
}

/* Marks as many lines as there is room for more points, those that weigh most. Their slacks' sum.
 */
static double mark_heaviest(const struct sim_dist *d, bool *mark)
{
    uint32_t lines = d->points - 1, room = SIM_DIST_POINTS - d->points;
    double sum = 0;

    for (; room; room--) {
        uint32_t most = lines;

        for (uint32_t i = 0; i < lines; i++)
            if (!mark[i] && slack_of(d, i) > (most < lines ? slack_of(d, most) : 0))
                most = i;
        if (most == lines)
            break;
        mark[most] = true;
        sum += slack_of(d, most);
    }
    return sum;
}

/* Gives line i of `from` its kink: share 0 leaves it straight, 1 bends it as far as it goes. */
static void add_kink(const struct sim_dist *from, uint32_t i, double share, bool up,
                     struct sim_dist *to)
{
    double low = (double)from->q[i].ns, high = (double)from->q[i + 1].ns;
    uint32_t width = from->q[i + 1].ppm - from->q[i].ppm;
    uint32_t at = (uint32_t)(width * (up ? KINK_NEAR : KINK_FAR));
    double straight = low + (high - low) * at / width;

    to->q[to->points].ppm = from->q[i].ppm + at;
    to->q[to->points++].ns = round_ns(straight + ((up ? high : low) - straight) * share);
}

/* Bends lines, all by the same share, until the mean is right or they go no further. */
static void bend(struct sim_dist *d, double by)
{
    bool mark[SIM_DIST_POINTS] = {false};
    double most = mark_heaviest(d, mark) * KINK_FAR, share = by < 0 ? -by : by;
    struct sim_dist bent = {.kind = SIM_DIST_QUANTILES};

    if (most <= 0)
        return;
    share = share < most ? share / most : 1;
    for (uint32_t i = 0; i < d->points; i++) {
        bent.q[bent.points++] = d->q[i];
        if (mark[i])
            add_kink(d, i, share, by > 0, &bent);
    }
    *d = bent;
}

#define SCALE_MAX (4.0 / 3)

/*
 * What lies between two percentiles the file does not say; that the mean is not that of straight
 * lines says that they are bent. Percentiles stay. Only what bending cannot do is spread over all
 * points alike.
 */
bool cfg_quantiles_fit(struct sim_dist *d, double mean)
{
    double scale;

    bend(d, mean - sim_dist_mean(d));
    if (sim_dist_mean(d) <= 0)
        return mean <= 0;
    scale = mean / sim_dist_mean(d);
    if (scale > SCALE_MAX || scale < 1 / SCALE_MAX)
        return false;
    for (uint32_t i = 0; i < d->points; i++)
        d->q[i].ns = round_ns((double)d->q[i].ns * scale);
    move_last(d, mean - sim_dist_mean(d)); /* what rounding left */
    return true;
}
