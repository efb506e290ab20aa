/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_rules_host.c - APF on a host whose CPUs are shared, and between guests
 */
#include "rep_rules.h"

/* From so much use on, a vCPU that does not wait takes its CPU from another. */
#define SATURATED 0.97

bool rep_host_is_saturated(const struct rep_facts *f)
{
    return f->set->host_cpus && f->apf && f->off && f->apf->host_gain.n && f->io_apf &&
           f->apf->host_utilization.mean >= SATURATED;
}

bool rep_rule_host_saturated(const struct rep_facts *f)
{
    char ci[REP_NUMBER_BYTES];

    if (!rep_host_is_saturated(f))
        return false;
    return rep_say(
        f,
        "The host's CPUs are %.1f %% busy with APF (%.1f %% without): time that a vCPU "
        "does not wait in is time that another does not get. Per second of CPU the host "
        "has %.3f (%s) of the work of mode off done: what is less went to APF itself and to "
        "tasks that are not counted.",
        100 * f->apf->host_utilization.mean, 100 * f->off->host_utilization.mean,
        f->apf->host_gain.mean, rep_interval(ci, &f->apf->host_gain));
}

#define ROSE 1.05
#define FELL 0.95

/* The guests with the greatest and the least gain. */
bool rep_rule_guests_differ(const struct rep_facts *f)
{
    uint32_t best = 0, worst = 0;
    const struct rep_mean *up, *down;

    if (f->set->guests < 2 || !f->apf || !f->off)
        return false;
    for (uint32_t g = 0; g < f->set->guests; g++) {
        const struct rep_mean *gain = &f->apf->guest[g].gain;

        if (gain->n && gain->mean > f->apf->guest[best].gain.mean)
            best = g;
        if (gain->n && gain->mean < f->apf->guest[worst].gain.mean)
            worst = g;
    }
    up = &f->apf->guest[best].gain;
    down = &f->apf->guest[worst].gain;
    if (!up->n || !down->n || up->mean - up->ci95 < ROSE || down->mean + down->ci95 > FELL)
        return false;
    return rep_say(f,
                   "Guests do not gain alike: '%s' does %.2fx its work with APF, '%s' only %.2f of "
                   "it. They share the host's CPUs, memory limit and disk: a guest that waits less "
                   "has more of them, and its neighbour less.",
                   f->set->guest[best].name, up->mean, f->set->guest[worst].name, down->mean);
}
