/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_poison_alloc.h - for files that run after the start, where nothing is allocated
 *
 * Included last, in .c files that have no create or init function.
 */
#pragma once

#pragma GCC poison malloc calloc realloc aligned_alloc posix_memalign strdup free
