/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_time.h - simulated time
 *
 * Time is an integer number of nanoseconds since the start of the run. Doubles may compute a draw,
 * they never order events.
 */
#pragma once

#include <stdint.h>

typedef uint64_t sim_ns;

#define SIM_NEVER UINT64_MAX
#define SIM_US    ((sim_ns)1000)
#define SIM_MS    ((sim_ns)1000000)
#define SIM_SEC   ((sim_ns)1000000000)
