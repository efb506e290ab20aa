/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_apf_inv_made.h - a step of the host made by hand, for cases to corrupt
 *
 * Each file that includes it has one of its own.
 */
#pragma once

#include "test_apf_invariants.h"

static struct apf_host h;
static struct apf_area area;
static struct apf_host_in in;
static struct apf_host_out out;
static struct apf_step_change change;

static struct apf_action *act(enum apf_action_kind kind)
{
    struct apf_action *a = apf_do(&out, kind);

    a->token = TOKEN;
    a->gfn = GFN;
    return a;
}

/* A user-mode guest with APF on, nothing in flight; the step does nothing. */
static void nothing_changes(enum apf_host_in_kind kind)
{
    memset(&area, 0, sizeof area);
    memset(&change, 0, sizeof change);
    memset(&out, 0, sizeof out);
    apf_host_init(&h, APF_KERNEL_TIP, 1, CPUID_ALL, true);
    h.msr_en = APF_EN_ENABLED | APF_EN_DELIVERY_AS_INT;
    h.area_valid = true;
    in = (struct apf_host_in){
        .kind = kind,
        .gfn = GFN,
        .ctx = {.irq_allowed = true, .paging = true, .lapic_enabled = true, .cpl = 3}};
    out.item = APF_NO_ITEM;
    change.pv_before = true;
    change.hook_before = change.done_before = APF_NO_ITEM;
    change.h = &h;
    change.area = &area;
    change.in = &in;
    change.out = &out;
}

/* The guest is told of GFN; what the area holds then hangs on the protocol. */
static inline void told(void)
{
    nothing_changes(APF_IN_FAULT);
    out.verdict = APF_VERDICT_DELIVERED;
    out.item = 0;
    out.token = TOKEN;
    apf_gfn_add(&h, GFN);
    change.announced = true;
    act(APF_DO_QUEUE_PF)->value = APF_REASON_NOT_PRESENT;
}
