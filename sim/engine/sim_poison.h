/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_poison.h - what would make a run depend on more than its workload and seed
 *
 * Included last, in .c files of the engine and the models: using one of these does not compile.
 */
#pragma once

#pragma GCC poison rand random srand srandom drand48 lrand48 time gettimeofday clock_gettime clock
