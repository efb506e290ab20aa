/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lapic.h - a minimal local APIC: IRR, ISR, priority by class, EOI, software enable, one timer
 *
 * Knows:    nothing but libc types. Pure state, no time.
 * Leaves out: TPR (always 0), level-triggered interrupts, IPIs, APICv.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct lapic {
    uint64_t irr[4], isr[4];
    uint64_t base; /* IA32_APICBASE as last written */
    bool hw_enabled, sw_enabled;
    uint8_t timer_vector;
    bool timer_periodic, timer_masked;
    uint64_t timer_period; /* ns */
    uint64_t timer_at;     /* absolute ns, 0 = disarmed */
};

void lapic_reset(struct lapic *l);
/* The vector is pending or in service. */
bool lapic_has(const struct lapic *l, unsigned vector);
static inline bool lapic_enabled(const struct lapic *l)
{
    return l->hw_enabled && l->sw_enabled;
}
/* True: the vector is newly pending in IRR. False: it already was, or the LAPIC is off. */
bool lapic_accept(struct lapic *l, unsigned vector);
int lapic_pick(const struct lapic *l);
/* Highest pending vector that priority lets through, or -1. Mostly there is none at all. */
static inline int lapic_pending(const struct lapic *l)
{
    return l->irr[0] | l->irr[1] | l->irr[2] | l->irr[3] ? lapic_pick(l) : -1;
}
/* IRR -> ISR of what lapic_pending() said. */
void lapic_ack(struct lapic *l, unsigned vector);
/* Ends the highest in-service vector; returns it, or -1. */
int lapic_eoi(struct lapic *l);
