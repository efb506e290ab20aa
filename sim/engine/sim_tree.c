/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_tree.c - memory of the tournament; the walk itself is inline in sim_tree.h
 */
#include "sim_tree.h"

#include <stdlib.h>

#include "sim_poison.h"

bool sim_tree_init(struct sim_tree *t, uint32_t slots)
{
    size_t leaves = 1, i;

    while (leaves < slots)
        leaves *= 2;
    t->leaves = (uint32_t)leaves;
    t->node = aligned_alloc(64, (2 * leaves * sizeof *t->node + 63) / 64 * 64);
    if (!t->node)
        return false;
    for (i = 0; i < 2 * leaves; i++)
        t->node[i] = SIM_KEY_NONE;
    return true;
}

void sim_tree_finish(struct sim_tree *t)
{
    free(t->node);
    t->node = NULL;
}
