/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_slab.c - memory of slabs; get and put are inline in sim_slab.h
 */
#include "sim_slab.h"

#include <stdlib.h>

#include "sim_poison.h"

#define CACHE_LINE ((uintptr_t)64)

bool sim_slab_init(struct sim_slab *s, size_t record_size, uint32_t count)
{
    uint32_t i;

    *s = (struct sim_slab){.size = record_size, .count = count};
    s->memory = calloc(1, record_size * count + CACHE_LINE);
    s->unused = calloc((size_t)count + 1, sizeof *s->unused);
    if (!s->memory || !s->unused) {
        sim_slab_finish(s);
        return false;
    }
    s->record = (unsigned char *)(((uintptr_t)s->memory + CACHE_LINE - 1) & -CACHE_LINE);
    for (i = 0; i < count; i++)
        s->unused[i] = count - 1 - i;
    return true;
}

void sim_slab_finish(struct sim_slab *s)
{
    free(s->memory);
    free(s->unused);
    *s = (struct sim_slab){0};
}
