/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sim_slab.c - memory of slabs; get and put are inline in sim_slab.h */
#include "sim_slab.h"

#include <stdlib.h>

#include "sim_poison.h"

bool sim_slab_init(struct sim_slab *s, size_t record_size, uint32_t count)
{
    uint32_t i;

    *s = (struct sim_slab){.size = record_size, .count = count};
    s->record = calloc((size_t)count + 1, record_size);
    s->unused = calloc((size_t)count + 1, sizeof *s->unused);
    if (!s->record || !s->unused) {
        sim_slab_finish(s);
        return false;
    }
    for (i = 0; i < count; i++)
        s->unused[i] = count - 1 - i;
    return true;
}

void sim_slab_finish(struct sim_slab *s)
{
    free(s->record);
    free(s->unused);
    *s = (struct sim_slab){0};
}
