/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_hist.c - cell of a value: its leading bit chooses the octave, the 7 bits after it the cell
 */
#include "sim_hist.h"

#include <string.h>

#include "sim_assert.h"

#include "sim_poison.h"
#include "sim_poison_alloc.h"

#define HALF ((uint64_t)1 << SIM_HIST_BITS)

static uint64_t middle_of(uint32_t cell)
{
    uint32_t shift;

    if (cell < 2 * HALF)
        return cell;
    shift = (cell >> SIM_HIST_BITS) - 1;
    return ((cell & (HALF - 1)) + HALF) << shift | (uint64_t)1 << shift >> 1;
}

void sim_hist_clear(struct sim_hist *h)
{
    memset(h, 0, sizeof *h);
    h->least = UINT64_MAX;
}

void sim_hist_merge(struct sim_hist *into, const struct sim_hist *from)
{
    uint32_t i;

    into->count += from->count;
    into->least = from->least < into->least ? from->least : into->least;
    into->greatest = from->greatest > into->greatest ? from->greatest : into->greatest;
    sim_hist_add_sum(into, (sim_u128)from->sum_high << 64 | from->sum_low);
    for (i = 0; i < SIM_HIST_CELLS; i++)
        into->cell[i] += from->cell[i];
}

uint64_t sim_hist_percentile(const struct sim_hist *h, uint32_t ppm)
{
    uint64_t rank, seen = 0, value;
    uint32_t i;

    SIM_ASSERT(ppm <= 1000000);
    if (!h->count)
        return 0;
    rank = (uint64_t)(((sim_u128)h->count * ppm + 999999) / 1000000);
    rank = rank ? rank : 1;
    if (rank == h->count)
        return h->greatest;
    for (i = 0; i < SIM_HIST_CELLS - 1; i++) {
        seen += h->cell[i];
        if (seen >= rank)
            break;
    }
    value = middle_of(i);
    value = value < h->least ? h->least : value;
    return value > h->greatest ? h->greatest : value;
}

double sim_hist_mean(const struct sim_hist *h)
{
    if (!h->count)
        return 0;
    return ((double)h->sum_high * 0x1p64 + (double)h->sum_low) / (double)h->count;
}
