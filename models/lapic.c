/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lapic.c - see lapic.h.
 */
#include "lapic.h"

#include <string.h>

void lapic_reset(struct lapic *l)
{
    memset(l, 0, sizeof *l);
    l->hw_enabled = true;
}

static bool get_bit(const uint64_t *set, unsigned vector)
{
    return set[vector / 64] >> vector % 64 & 1;
}

static void put_bit(uint64_t *set, unsigned vector, bool value)
{
    uint64_t bit = (uint64_t)1 << vector % 64;

    set[vector / 64] = value ? set[vector / 64] | bit : set[vector / 64] & ~bit;
}

static int highest(const uint64_t *set)
{
    for (int i = 3; i >= 0; i--)
        if (set[i])
            return i * 64 + 63 - __builtin_clzll(set[i]);
    return -1;
}

bool lapic_accept(struct lapic *l, unsigned vector)
{
    bool fresh = lapic_enabled(l) && !get_bit(l->irr, vector);

    if (fresh)
        put_bit(l->irr, vector, true);
    return fresh;
}

bool lapic_has(const struct lapic *l, unsigned vector)
{
    return get_bit(l->irr, vector) || get_bit(l->isr, vector);
}

int lapic_pick(const struct lapic *l)
{
    int irr = highest(l->irr), isr = highest(l->isr);

    /* Vectors below 16 are reserved: they sit in IRR and are never delivered (INV-34). */
    if (irr < 16 || irr / 16 <= isr / 16)
        return -1;
    return irr;
}

void lapic_ack(struct lapic *l, unsigned vector)
{
    put_bit(l->irr, vector, false);
    put_bit(l->isr, vector, true);
}

int lapic_eoi(struct lapic *l)
{
    int isr = highest(l->isr);

    if (isr >= 0)
        put_bit(l->isr, (unsigned)isr, false);
    return isr;
}
