/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * toy.h - a toy token protocol for the explorer: 2 vCPUs x 3 tasks, one fault each
 *
 * Knows:    explore.h. No apf/: toy.c says what the toy's rules are; toy.pml is its twin for Spin.
 * Promise:  TOY_STATES states and TOY_TRANSITIONS transitions, whatever explores it; from each
 *           state all six tasks can exit (EXPLORE_GOOD).
 */
#pragma once

#include "explore.h"

/*
 * A vCPU alone has 1024 states and 2490 transitions. The two have nothing in common: 1024 * 1024
 * states, in each of which either can move. Spin counts one transition more, into the first state.
 */
#define TOY_STATES      1048576
#define TOY_TRANSITIONS 5099520

extern const struct explore_model toy_model;
