/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_tree.c - memory of the tournament; the walk itself is inline in sim_tree.h
 */
#include "sim_tree.h"

#include <stdlib.h>
#include <string.h>

#include "sim_poison.h"

static size_t leaves_for(uint32_t slots)
{
    size_t leaves = 1;

    while (leaves < slots)
        leaves *= 2;
    return leaves;
}

bool sim_tree_init(struct sim_tree *t, uint32_t slots)
{
    size_t leaves = leaves_for(slots), i;

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

void sim_tree_use(struct sim_tree *t, uint32_t slots)
{
    size_t old = t->leaves, leaves = leaves_for(slots), kept = old < leaves ? old : leaves, i;

    if (leaves == old)
        return;
    memmove(&t->node[leaves], &t->node[old], kept * sizeof *t->node);
    for (i = leaves + kept; i < 2 * leaves; i++)
        t->node[i] = SIM_KEY_NONE;
    for (i = leaves - 1; i > 0; i--)
        t->node[i] = sim_key_min(t->node[2 * i], t->node[2 * i + 1]);
    t->leaves = (uint32_t)leaves;
}
