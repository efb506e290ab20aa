/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_apf_host_edges.c - the host half where the guest or the VMM goes behind its back: an area
 * that was refused, a pair that was written, tokens that collide, a VM that its worker destroys
 */
#include "apf_guest.h"
#include "apf_guest_priv.h"
#include "apf_host.h"
#include "apf_host_list.h"

#include <criterion/criterion.h>
#include <string.h>

#define CPUID_ALL (APF_CPUID_ASYNC_PF | APF_CPUID_ASYNC_PF_INT | APF_CPUID_ASYNC_PF_VMEXIT)

static struct apf_host h;
static struct apf_area area;
static struct apf_host_out out;

static void given(struct apf_host_in in)
{
    in.ctx =
        (struct apf_host_ctx){.irq_allowed = true, .paging = true, .lapic_enabled = true, .cpl = 3};
    apf_host_step(&h, &area, &in, &out);
}

static void input(enum apf_host_in_kind kind)
{
    given((struct apf_host_in){.kind = kind});
}

static bool did(enum apf_action_kind kind)
{
    for (uint32_t i = 0; i < out.count; i++) {
        if (out.act[i].kind == kind) {
            return true;
        }
    }
    return false;
}

static void write_en(bool area_faults)
{
    bool old = apf_host_rules[h.kernel].ready_by_pf;

    given(
        (struct apf_host_in){.kind = APF_IN_WRMSR,
                             .msr = APF_MSR_EN,
                             .value = 0x10000 | APF_EN_ENABLED | (old ? 0 : APF_EN_DELIVERY_AS_INT),
                             .area_faults = area_faults});
}

/* APF is on, and the wake-all of that time is out of the way. */
static void begin(enum apf_kernel kernel, enum apf_protocol protocol, uint32_t vcpu_id)
{
    memset(&area, 0, sizeof area);
    apf_host_init(&h, kernel, vcpu_id, CPUID_ALL, true);
    h.protocol = (uint8_t)protocol;
    write_en(false);
    for (unsigned n = 0; n < 2 && apf_host_has_done(&h); n++) {
        input(APF_IN_CHECK);
        input(APF_IN_PRESENT);
    }
    memset(&area, 0, sizeof area);
    h.pageready_pending = false;
    h.requests = 0;
    cr_assert_eq(h.queued, 0);
}

/* A page is fetched: its item is on `done`. */
static void complete(uint64_t gfn)
{
    given((struct apf_host_in){.kind = APF_IN_FAULT, .gfn = gfn, .gva = gfn << 12});
    uint8_t item = out.item;
    cr_assert_eq(out.verdict, APF_VERDICT_DELIVERED);
    if (apf_protocol_rules[h.protocol].shared_pair) {
        area = (struct apf_area){0, 0}; /* the guest has read it */
        input(APF_IN_EVENT_TAKEN);
    } else {
        area.flags = 0;
    }
    for (enum apf_host_in_kind k = APF_IN_WORK_RUN; k <= APF_IN_WORK_RETURN; k++) {
        given((struct apf_host_in){.kind = k, .item = item});
    }
    cr_assert(apf_host_has_done(&h));
}

/* BUG-27: EN is stored, and its area refused. What was taken off `done` before is not announced. */
Test(apf_host_edges, no_ready_is_written_to_an_area_that_was_refused)
{
    begin(APF_KERNEL_6_12, APF_X86, 1);
    complete(7);
    input(APF_IN_CHECK);
    cr_assert_neq(h.dequeued, APF_NO_ITEM);
    write_en(true);
    cr_assert(did(APF_DO_GP) && apf_host_pv_enabled(&h) && !h.area_valid);
    input(APF_IN_PRESENT);
    cr_expect_not(did(APF_DO_SET_IRQ));
    cr_expect_eq(area.token, 0);
    cr_expect_not(h.pageready_pending);
    cr_expect_eq(h.queued, 0, "the item is gone all the same");
}

/* The same before 5.8, where the ready is a #PF: it waits for an area. */
Test(apf_host_edges, no_ready_pf_is_queued_without_an_area)
{
    begin(APF_KERNEL_4_14, APF_X86, 1);
    h.bugs = 0;
    given((struct apf_host_in){.kind = APF_IN_FAULT, .gfn = 7});
    uint8_t item = out.item;
    input(APF_IN_NOT_PRESENT);
    cr_assert_eq(out.verdict, APF_VERDICT_DELIVERED);
    area.flags = 0;
    for (enum apf_host_in_kind k = APF_IN_WORK_RUN; k <= APF_IN_WORK_RETURN; k++) {
        given((struct apf_host_in){.kind = k, .item = item});
    }
    write_en(true);
    cr_assert(apf_host_pv_enabled(&h) && !h.area_valid);
    input(APF_IN_CHECK);
    cr_expect_eq(out.item, APF_NO_ITEM);
    write_en(false);
    input(APF_IN_CHECK);
    cr_expect_eq(out.item, item);
}

/* BUG-5: it happens once. */
Test(apf_host_edges, the_last_worker_destroys_the_vm_once)
{
    begin(APF_KERNEL_TIP, APF_X86, 1);
    h.bugs = apf_bug_bit(APF_BUG_5);
    given((struct apf_host_in){.kind = APF_IN_FAULT, .gfn = 7});
    uint8_t item = out.item;
    area.flags = 0;
    given((struct apf_host_in){.kind = APF_IN_WORK_RUN, .item = item});
    input(APF_IN_DESTROY);
    cr_expect(h.destroying && h.queued == 1, "a worker still runs");
    for (enum apf_host_in_kind k = APF_IN_WORK_APPEND; k <= APF_IN_WORK_RETURN; k++) {
        given((struct apf_host_in){.kind = k, .item = item});
    }
    cr_expect_eq(h.queued, 0);
    cr_expect_not(h.destroying);
}

/* HOLE-9 there: the event's token is the wake-all's, which does not take the event back. */
Test(apf_host_edges, arm64_a_wake_all_is_not_the_event_that_has_its_token)
{
    begin(APF_KERNEL_TIP, APF_ARM64_SDEI, 0xfff);
    h.id = 0xfffff;
    given((struct apf_host_in){.kind = APF_IN_FAULT, .gfn = 7});
    cr_assert_eq(h.event_token, APF_TOKEN_WAKE_ALL);
    write_en(false);
    cr_assert(apf_host_has_done(&h) && h.item[h.done_head].wakeup_all);
    input(APF_IN_CHECK);
    cr_expect_eq(out.item, APF_NO_ITEM, "the pair is busy with the event");
    cr_expect(h.event_pending);
}

/* Only the event that the pair still says can be taken back. */
Test(apf_host_edges, arm64_a_pair_that_the_guest_wrote_is_not_the_event)
{
    begin(APF_KERNEL_TIP, APF_ARM64_SDEI, 0);
    h.id = 5;
    given((struct apf_host_in){.kind = APF_IN_FAULT, .gfn = 7});
    uint8_t item = out.item;
    for (enum apf_host_in_kind k = APF_IN_WORK_RUN; k <= APF_IN_WORK_RETURN; k++) {
        given((struct apf_host_in){.kind = k, .item = item});
    }
    area.token++;
    input(APF_IN_CHECK);
    cr_expect_eq(out.item, APF_NO_ITEM);
    area.token--;
    input(APF_IN_CHECK);
    cr_expect_eq(out.item, item);
}

/* arm64: the request stays for what must wait, and not for what the caller is told to take now. */
Test(apf_host_edges, arm64_a_request_stays_only_for_what_must_wait)
{
    begin(APF_KERNEL_TIP, APF_ARM64_SDEI, 0);
    complete(7);
    complete(8);
    h.requests = APF_REQ_READY;
    input(APF_IN_REQ_READY);
    cr_assert_neq(out.item, APF_NO_ITEM);
    cr_expect_eq(h.requests & APF_REQ_READY, 0, "taken: the rest is for behind it");
    input(APF_IN_PRESENT);
    cr_expect_not(out.more);
    cr_expect_neq(h.requests & APF_REQ_READY, 0, "the pair is busy");
}

Test(apf_host_edges, arm64_an_ack_of_a_busy_pair_leaves_the_request)
{
    const struct apf_host_in ack = {.kind = APF_IN_WRMSR, .msr = APF_MSR_ACK, .value = 1};

    begin(APF_KERNEL_TIP, APF_ARM64_SDEI, 0);
    complete(7);
    area.token = 0x9000; /* the guest has not zeroed it */
    h.requests = 0;
    given(ack);
    cr_expect_not(out.more);
    cr_expect_neq(h.requests & APF_REQ_READY, 0);
    area.token = 0;
    h.requests = 0;
    given(ack);
    cr_expect(out.more, "the caller goes on at once");
    cr_expect_eq(h.requests & APF_REQ_READY, 0);
}

/* ---- a state that nobody made ---- */

Test(apf_host_edges, what_is_no_row_has_the_newest_rules_and_those_of_x86)
{
    struct apf_guest g;

    apf_guest_init(&g, APF_KERNEL_5_13, CPUID_ALL, false);
    apf_host_init(&h, APF_KERNEL_5_13, 1, CPUID_ALL, true);
    cr_expect_eq(apf_rules(&h), &apf_host_rules[APF_KERNEL_5_13]);
    cr_expect_eq(apf_guest_rules_of(&g), &apf_guest_rules[APF_KERNEL_5_13]);
    for (unsigned row = APF_KERNEL_ROWS; row < 256; row++) {
        h.kernel = g.kernel = (uint8_t)row;
        cr_expect_eq(apf_rules(&h), &apf_host_rules[APF_KERNEL_TIP], "%u", row);
        cr_expect_eq(apf_guest_rules_of(&g), &apf_guest_rules[APF_KERNEL_TIP], "%u", row);
    }
    for (unsigned row = APF_PROTOCOLS; row < 256; row++) {
        h.protocol = g.protocol = (uint8_t)row;
        cr_expect_eq(apf_protocol_of(&h), &apf_protocol_rules[APF_X86], "%u", row);
        cr_expect_eq(apf_guest_protocol_of(&g), &apf_protocol_rules[APF_X86], "%u", row);
    }
}

Test(apf_host_edges, items_in_a_ring_are_counted_to_an_end)
{
    apf_host_init(&h, APF_KERNEL_TIP, 1, CPUID_ALL, true);
    h.queue_head = h.queue_tail = 0;
    h.item[0].qnext = 0;
    cr_expect_eq(apf_host_real_items(&h), APF_ITEMS);
}
