/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scenario_teller.h - the observer behind scenario.h: counts, and writes the story
 *
 * Knows: scenario.h.
 */
#pragma once

#include "scenario.h"

struct scenario_teller {
    struct sim_observer observer;
    struct scenario_result *r;
    sim_ns from, until;
    uint32_t vcpus;
    bool measuring;
    bool open[SCENARIO_TASKS]; /* an access of the task has missed and is not complete */
    size_t length;
};

void scenario_listen(struct scenario_teller *t, struct sim *sim, uint32_t vcpus,
                     struct scenario_result *r, const struct scenario_options *o);
