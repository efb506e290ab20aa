/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_apf_host.c - the host half alone: predicates, MSRs, limits, tokens
 */
#include "apf_host.h"
#include "apf_host_list.h"

#include <criterion/criterion.h>
#include <string.h>

#define CPUID_ALL (APF_CPUID_ASYNC_PF | APF_CPUID_ASYNC_PF_INT | APF_CPUID_ASYNC_PF_VMEXIT)

static struct apf_host h;
static struct apf_area area;
static struct apf_host_out out;
static struct apf_host_ctx ctx;

static void given(struct apf_host_in in)
{
    in.ctx = ctx;
    apf_host_step(&h, &area, &in, &out);
}

static void wrmsr(uint32_t msr, uint64_t value)
{
    given((struct apf_host_in){.kind = APF_IN_WRMSR, .msr = msr, .value = value});
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

static void fault(uint64_t gfn)
{
    given((struct apf_host_in){.kind = APF_IN_FAULT, .gfn = gfn, .gva = gfn << 12});
}

static void work(uint8_t item)
{
    for (enum apf_host_in_kind k = APF_IN_WORK_RUN; k <= APF_IN_WORK_RETURN; k++) {
        given((struct apf_host_in){.kind = k, .item = item});
    }
}

static void sound(void)
{
    const char *broken = apf_host_broken(&h, &area);

    cr_assert_null(broken, "%s", broken);
    cr_assert_null(out.broken, "%s", out.broken);
}

/* A user-mode guest that can be told, with nothing on its way. */
static void begin(enum apf_kernel kernel, uint32_t vcpu_id)
{
    memset(&area, 0, sizeof area);
    apf_host_init(&h, kernel, vcpu_id, CPUID_ALL, true);
    ctx =
        (struct apf_host_ctx){.irq_allowed = true, .paging = true, .lapic_enabled = true, .cpl = 3};
}

static void begin_on(enum apf_kernel kernel, uint32_t vcpu_id)
{
    begin(kernel, vcpu_id);
    wrmsr(APF_MSR_INT, APF_VECTOR_LINUX);
    wrmsr(APF_MSR_EN, 0x10000 | APF_EN_ENABLED | APF_EN_DELIVERY_AS_INT);
    given((struct apf_host_in){.kind = APF_IN_REQ_READY});
    given((struct apf_host_in){.kind = APF_IN_PRESENT});
    area.token = 0;
    wrmsr(APF_MSR_ACK, 1);
    sound();
}

/* ---- predicates ---- */

/*
 * Each row clears one more obstacle, from the first test to the last: so the answer names the
 * first obstacle that is left, which fixes the order.
 */
Test(apf_host, can_do_asks_in_the_kernels_order)
{
    begin(APF_KERNEL_6_12, 0);
    h.lapic_in_kernel = false;
    ctx.event_reinject = ctx.exception_pending = ctx.hlt_in_guest = true;
    ctx.irq_allowed = false;
    cr_expect_eq(apf_host_can_do(&h, &ctx), APF_WHY_NO_LAPIC);
    h.lapic_in_kernel = true;
    cr_expect_eq(apf_host_can_do(&h, &ctx), APF_WHY_REINJECT);
    ctx.event_reinject = false;
    cr_expect_eq(apf_host_can_do(&h, &ctx), APF_WHY_EXCEPTION);
    ctx.exception_pending = false;
    cr_expect_eq(apf_host_can_do(&h, &ctx), APF_WHY_HLT_IN_GUEST);
    h.msr_en = APF_EN_ENABLED | APF_EN_DELIVERY_AS_INT;
    cr_expect_eq(apf_host_can_do(&h, &ctx), APF_WHY_IRQ_OFF);
    ctx.hlt_in_guest = false;
    h.msr_en = 0;
    cr_expect_eq(apf_host_can_do(&h, &ctx), APF_WHY_IRQ_OFF);
    ctx.irq_allowed = true;
    cr_expect_eq(apf_host_can_do(&h, &ctx), APF_WHY_NONE);
}

Test(apf_host, can_deliver_asks_in_the_kernels_order)
{
    begin(APF_KERNEL_TIP, 0);
    ctx.paging = false;
    ctx.cpl = 0;
    ctx.protected_state = true;
    cr_expect_eq(apf_host_can_deliver(&h, &ctx), APF_WHY_PV_OFF);
    h.msr_en = APF_EN_ENABLED;
    cr_expect_eq(apf_host_can_deliver(&h, &ctx), APF_WHY_PV_OFF);
    h.msr_en = APF_EN_DELIVERY_AS_INT;
    cr_expect_eq(apf_host_can_deliver(&h, &ctx), APF_WHY_PV_OFF);
    h.msr_en = APF_EN_ENABLED | APF_EN_DELIVERY_AS_INT;
    cr_expect_eq(apf_host_can_deliver(&h, &ctx), APF_WHY_PROTECTED);
    ctx.protected_state = false;
    cr_expect_eq(apf_host_can_deliver(&h, &ctx), APF_WHY_CPL0);
    ctx.cpl = 3;
    cr_expect_eq(apf_host_can_deliver(&h, &ctx), APF_WHY_PAGING_OFF);
    ctx.guest_mode = true;
    cr_expect_eq(apf_host_can_deliver(&h, &ctx), APF_WHY_L2);
    h.as_pf_vmexit = true;
    cr_expect_eq(apf_host_can_deliver(&h, &ctx), APF_WHY_NONE);
    ctx.guest_mode = false;
    ctx.paging = true;
    cr_expect_eq(apf_host_can_deliver(&h, &ctx), APF_WHY_NONE);
    h.send_always = true;
    ctx.cpl = 0;
    ctx.protected_state = true;
    cr_expect_eq(apf_host_can_deliver(&h, &ctx), APF_WHY_NONE);
}

Test(apf_host, paging_is_tested_since_5_18)
{
    for (unsigned k = 0; k < APF_KERNELS; k++) {
        begin_on((enum apf_kernel)k, 1);
        ctx.paging = false;
        cr_expect_eq(apf_host_can_deliver(&h, &ctx),
                     k >= APF_KERNEL_6_1 ? APF_WHY_PAGING_OFF : APF_WHY_NONE);
    }
}

/* Before, whatever reads as the CPL of a protected guest decides. */
Test(apf_host, protected_state_is_tested_since_6_15)
{
    for (unsigned k = 0; k < APF_KERNELS; k++) {
        bool tests = k >= APF_KERNEL_TIP;

        begin_on((enum apf_kernel)k, 1);
        ctx.protected_state = true;
        cr_expect_eq(apf_host_can_deliver(&h, &ctx), tests ? APF_WHY_PROTECTED : APF_WHY_NONE);
        ctx.cpl = 0;
        cr_expect_eq(apf_host_can_deliver(&h, &ctx), tests ? APF_WHY_PROTECTED : APF_WHY_CPL0);
    }
}

Test(apf_host, an_item_is_taken_only_by_a_free_slot_and_a_live_lapic)
{
    begin_on(APF_KERNEL_6_12, 0);
    cr_expect_not(apf_host_can_dequeue(&h, &area, true), "nothing is done");
    fault(1);
    work(0);
    cr_expect(apf_host_can_dequeue(&h, &area, true));
    cr_expect_not(apf_host_can_dequeue(&h, &area, false), "LAPIC off");
    cr_expect_not(apf_host_can_dequeue(&h, NULL, true), "slot unreadable");
    area.token = 5;
    cr_expect_not(apf_host_can_dequeue(&h, &area, true), "slot busy");
    h.msr_en = 0;
    cr_expect(apf_host_can_dequeue(&h, &area, false), "PV off asks neither");
    h.msr_en = APF_EN_ENABLED | APF_EN_DELIVERY_AS_INT;
    h.kernel = APF_KERNEL_5_10;
    area.token = 0;
    cr_expect(apf_host_can_dequeue(&h, &area, false), "5.10 does not ask the LAPIC");
}

/* ---- MSRs ---- */

Test(apf_host, writes_are_refused_as_the_kernel_refuses_them)
{
    static const struct {
        uint32_t msr;
        uint64_t value;
        uint32_t cpuid;
        bool enforce, lapic, gp;
    } rows[] = {
        {APF_MSR_EN, 0x10009, CPUID_ALL, true, true, false},
        {APF_MSR_EN, 0x10, CPUID_ALL, true, true, true},
        {APF_MSR_EN, 0x20, CPUID_ALL, true, true, true},
        {APF_MSR_EN, 0x1000d, CPUID_ALL & ~APF_CPUID_ASYNC_PF_VMEXIT, true, true, true},
        {APF_MSR_EN, 0x1000d, CPUID_ALL & ~APF_CPUID_ASYNC_PF_VMEXIT, false, true, false},
        {APF_MSR_EN, 0x10009, APF_CPUID_ASYNC_PF, true, true, true},
        {APF_MSR_EN, 0x10001, APF_CPUID_ASYNC_PF, true, true, false},
        {APF_MSR_EN, 0, APF_CPUID_ASYNC_PF_INT, true, true, true},
        {APF_MSR_EN, 0, 0, false, true, false},
        {APF_MSR_EN, 0, CPUID_ALL, true, false, false},
        {APF_MSR_EN, 0x10009, CPUID_ALL, true, false, true},
        {APF_MSR_EN, 0x10001, CPUID_ALL, true, false, true},
        {APF_MSR_INT, 0xf3, CPUID_ALL, true, true, false},
        {APF_MSR_INT, 0x1f3, CPUID_ALL, true, true, true},
        {APF_MSR_INT, 0xf3, CPUID_ALL, true, false, true},
        {APF_MSR_INT, 0xf3, APF_CPUID_ASYNC_PF, true, true, true},
        {APF_MSR_ACK, 1, CPUID_ALL, true, true, false},
        {APF_MSR_ACK, 0xfffffffffffffffe, CPUID_ALL, true, true, false},
        {APF_MSR_ACK, 1, CPUID_ALL, true, false, false},
        {APF_MSR_ACK, 1, APF_CPUID_ASYNC_PF, true, true, true},
        {APF_MSR_ACK, 1, APF_CPUID_ASYNC_PF_INT, true, true, false},
        {0x4b564d03, 0, CPUID_ALL, false, true, true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(APF_KERNEL_6_12, 0);
        h.cpuid = rows[i].cpuid;
        h.enforce_cpuid = rows[i].enforce;
        h.lapic_in_kernel = rows[i].lapic;
        wrmsr(rows[i].msr, rows[i].value);
        cr_expect_eq(did(APF_DO_GP), rows[i].gp, "row %zu", i);
        sound();
    }
}

Test(apf_host, reads_give_what_was_stored)
{
    uint64_t value = 1;

    begin_on(APF_KERNEL_6_12, 0);
    cr_expect(apf_host_rdmsr(&h, APF_MSR_EN, &value) && value == 0x10009);
    cr_expect(apf_host_rdmsr(&h, APF_MSR_INT, &value) && value == 0xf3);
    cr_expect(apf_host_rdmsr(&h, APF_MSR_ACK, &value) && value == 0);
    cr_expect_not(apf_host_rdmsr(&h, 0x4b564d03, &value));
    h.enforce_cpuid = true;
    h.cpuid = APF_CPUID_ASYNC_PF;
    cr_expect(apf_host_rdmsr(&h, APF_MSR_EN, &value));
    cr_expect_not(apf_host_rdmsr(&h, APF_MSR_INT, &value));
    cr_expect_not(apf_host_rdmsr(&h, APF_MSR_ACK, &value));
    h.kernel = APF_KERNEL_5_13;
    cr_expect(apf_host_rdmsr(&h, APF_MSR_ACK, &value), "BUG-22: gated by bit 4 before 5.14");
}

Test(apf_host, a_bad_area_is_stored_before_tip_and_refused_by_tip)
{
    const struct apf_host_in bad = {
        .kind = APF_IN_WRMSR, .msr = APF_MSR_EN, .value = 0x2000b, .area_faults = true};

    begin_on(APF_KERNEL_TIP, 0);
    given(bad);
    cr_expect(did(APF_DO_GP));
    cr_expect_eq(h.msr_en, 0x10009);
    cr_expect(h.area_valid);
    sound();
    begin_on(APF_KERNEL_6_12, 0);
    given(bad);
    cr_expect(did(APF_DO_GP));
    cr_expect_eq(h.msr_en, 0x2000b);
    cr_expect_not(h.send_always, "latched only behind the cache set-up");
    cr_expect_str_eq(apf_host_known_bug(APF_KERNEL_6_12, out.broken), "BUG-27");
}

Test(apf_host, the_ack_acts_by_bit_0_only)
{
    begin_on(APF_KERNEL_6_12, 0);
    fault(1);
    area.flags = 0;
    work(0);
    h.pageready_pending = true;
    wrmsr(APF_MSR_ACK, 2);
    cr_expect(h.pageready_pending && !out.more);
    area.token = 77;
    wrmsr(APF_MSR_ACK, 1);
    cr_expect(!h.pageready_pending && !out.more, "a busy slot takes nothing");
    area.token = 0;
    wrmsr(APF_MSR_ACK, 3);
    cr_expect(out.more);
    cr_expect_eq(h.queued, 1, "the caller runs the loop");
}

/* ---- limits and tokens ---- */

Test(apf_host, the_limit_refuses_and_one_wake_all_goes_beyond)
{
    begin_on(APF_KERNEL_6_12, 0);
    for (uint64_t g = 0; g < APF_LIMIT; g++) {
        fault(g);
        cr_expect_eq(out.verdict, APF_VERDICT_DELIVERED);
        area.flags = 0;
        sound();
    }
    fault(1000);
    cr_expect_eq(out.verdict, APF_VERDICT_SYNC);
    cr_expect_eq(out.why, APF_WHY_QUEUE_FULL);
    cr_expect_eq(out.count, 1, "the try is traced");
    fault(0);
    cr_expect_eq(out.verdict, APF_VERDICT_REPEATED, "asked before the limit");
    wrmsr(APF_MSR_EN, 0x10009);
    cr_expect_eq(h.queued, APF_LIMIT + 1);
    cr_expect_eq(apf_host_real_items(&h), APF_LIMIT);
    sound();
    fault(1001);
    cr_expect_eq(out.why, APF_WHY_QUEUE_FULL);
    wrmsr(APF_MSR_EN, 0);
    cr_expect_eq(out.count, APF_LIMIT, "each is cancelled");
    cr_expect_eq(h.queued, 0);
    sound();
}

Test(apf_host, the_wake_all_counts_against_the_limit_of_the_others)
{
    begin(APF_KERNEL_6_12, 0);
    wrmsr(APF_MSR_INT, APF_VECTOR_LINUX);
    wrmsr(APF_MSR_EN, 0x10009);
    for (uint64_t g = 1; g < APF_LIMIT; g++) {
        fault(g);
        area.flags = 0;
    }
    cr_expect_eq(h.queued, APF_LIMIT);
    fault(1000);
    cr_expect_eq(out.why, APF_WHY_QUEUE_FULL);
    sound();
}

Test(apf_host, refusals_come_in_the_kernels_order_and_each_spends_an_id)
{
    struct apf_host_in in = {.kind = APF_IN_FAULT, .hva_error = true, .no_memory = true};

    begin_on(APF_KERNEL_6_12, 0);
    for (uint64_t g = 1; g <= APF_LIMIT; g++) {
        fault(g);
        area.flags = 0;
    }
    in.gfn = 1000;
    given(in);
    cr_expect_eq(out.why, APF_WHY_QUEUE_FULL);
    wrmsr(APF_MSR_EN, 0);
    wrmsr(APF_MSR_EN, 0x10009);
    given(in);
    cr_expect_eq(out.why, APF_WHY_HVA);
    in.hva_error = false;
    given(in);
    cr_expect_eq(out.why, APF_WHY_NO_MEMORY);
    in.no_memory = false;
    in.gfn = APF_NO_GFN;
    given(in);
    cr_expect_eq(out.why, APF_WHY_HVA, "no memslot holds the last gfn");
    fault(1000);
    cr_expect_eq(out.token, (uint32_t)(APF_LIMIT + 5) << 12);
    fault(1000);
    cr_expect_eq(out.verdict, APF_VERDICT_REPEATED);
    cr_expect_eq(h.id, APF_LIMIT + 6, "a repeated fault spends none");
}

Test(apf_host, tokens_count_above_twelve_bits_of_vcpu)
{
    static const uint32_t expected[] = {0xffffe005, 0xfffff005, 0x00001005, 0x00002005};

    begin_on(APF_KERNEL_6_12, 5);
    h.id = 0xffffe;
    for (size_t i = 0; i < 4; i++) {
        fault(9);
        cr_expect_eq(out.token, expected[i], "%#x", out.token);
        sound();
        wrmsr(APF_MSR_EN, 0);
        wrmsr(APF_MSR_EN, 0x10009);
        area.flags = 0;
    }
}

Test(apf_host, the_first_tokens_of_a_vcpu)
{
    begin_on(APF_KERNEL_6_12, 0);
    fault(1);
    cr_expect_eq(out.token, 0x1000);
    begin_on(APF_KERNEL_5_13, 7);
    fault(1);
    cr_expect_eq(out.token, 7, "id 0 was used before 5.17");
    area.flags = 0;
    fault(2);
    cr_expect_eq(out.token, 0x1007);
}

Test(apf_host, a_token_that_reads_as_the_broadcast_is_found)
{
    begin_on(APF_KERNEL_TIP, 0xfff);
    h.id = 0xfffff;
    fault(1);
    const char *broken = apf_host_broken(&h, &area);
    cr_assert_not_null(broken);
    cr_expect_eq(strncmp(broken, "INV-2:", 6), 0, "%s", broken);
}

/* ---- single rules ---- */

Test(apf_host, a_flags_word_that_cannot_be_written_halts)
{
    begin_on(APF_KERNEL_6_12, 0);
    given((struct apf_host_in){.kind = APF_IN_FAULT, .gfn = 1, .area_faults = true});
    cr_expect_eq(out.verdict, APF_VERDICT_HALT);
    cr_expect_eq(out.why, APF_WHY_AREA);
    cr_expect_eq(area.flags, 0);
    cr_expect_eq(h.requests, APF_REQ_HALT);
    sound();
}

Test(apf_host, a_slot_that_cannot_be_written_loses_the_ready)
{
    begin_on(APF_KERNEL_6_12, 0);
    fault(1);
    work(0);
    given((struct apf_host_in){.kind = APF_IN_CHECK});
    given((struct apf_host_in){.kind = APF_IN_PRESENT, .area_faults = true});
    cr_expect_not(did(APF_DO_SET_IRQ));
    cr_expect(did(APF_DO_TRACE) && did(APF_DO_RUNNABLE));
    cr_expect_eq(area.token, 0);
    cr_expect_not(h.pageready_pending);
    cr_expect_eq(h.queued, 0);
    cr_expect_not(apf_host_in_flight(&h, 1));
}

Test(apf_host, the_gfn_leaves_the_hash_behind_the_prefault)
{
    begin_on(APF_KERNEL_6_12, 0);
    fault(1);
    work(0);
    given((struct apf_host_in){.kind = APF_IN_CHECK});
    cr_expect(did(APF_DO_PREFAULT));
    cr_expect(apf_host_in_flight(&h, 1));
    cr_expect_eq(apf_host_real_items(&h), 1);
    sound();
    given((struct apf_host_in){.kind = APF_IN_CHECK});
    cr_expect_eq(out.item, APF_NO_ITEM, "one at a time");
    given((struct apf_host_in){.kind = APF_IN_PRESENT});
    cr_expect_not(apf_host_in_flight(&h, 1));
    cr_expect_eq(apf_host_real_items(&h), 0);
}

Test(apf_host, the_slot_is_written_before_the_interrupt_and_traced_before_both)
{
    begin_on(APF_KERNEL_6_12, 0);
    fault(1);
    work(0);
    given((struct apf_host_in){.kind = APF_IN_CHECK});
    given((struct apf_host_in){.kind = APF_IN_PRESENT});
    cr_assert_eq(out.count, 3);
    cr_expect_eq(out.act[0].kind, APF_DO_TRACE);
    cr_expect_eq(out.act[0].trace, APF_TRACE_READY);
    cr_expect_eq(out.act[1].kind, APF_DO_SET_IRQ);
    cr_expect_eq(out.act[1].value, 0xf3);
    cr_expect_eq(out.act[2].kind, APF_DO_RUNNABLE);
    cr_expect_eq(area.token, 0x1000);
    sound();
}

Test(apf_host, only_the_first_of_an_empty_list_kicks_and_only_if_no_ack_is_due)
{
    begin_on(APF_KERNEL_6_12, 0);
    fault(1);
    area.flags = 0;
    fault(2);
    area.flags = 0;
    for (uint8_t i = 0; i < 2; i++) {
        given((struct apf_host_in){.kind = APF_IN_WORK_RUN, .item = i});
        given((struct apf_host_in){.kind = APF_IN_WORK_APPEND, .item = i});
    }
    given((struct apf_host_in){.kind = APF_IN_WORK_KICK, .item = 1});
    cr_expect_not(did(APF_DO_KICK));
    given((struct apf_host_in){.kind = APF_IN_WORK_KICK, .item = 0});
    cr_expect(did(APF_DO_KICK));
    given((struct apf_host_in){.kind = APF_IN_WORK_KICK, .item = 0});
    cr_expect_not(did(APF_DO_KICK), "once");
    begin_on(APF_KERNEL_6_12, 0);
    fault(1);
    h.pageready_pending = true;
    given((struct apf_host_in){.kind = APF_IN_WORK_RUN, .item = 0});
    given((struct apf_host_in){.kind = APF_IN_WORK_APPEND, .item = 0});
    cr_expect_eq(h.requests, APF_REQ_READY);
    given((struct apf_host_in){.kind = APF_IN_WORK_KICK, .item = 0});
    cr_expect_not(did(APF_DO_KICK), "the ACK will exit");
}

Test(apf_host, a_halt_request_halts_and_an_event_ends_it)
{
    begin(APF_KERNEL_6_12, 0);
    given((struct apf_host_in){.kind = APF_IN_REQ_HALT});
    cr_expect_not(h.halted, "no request, no halt");
    fault(1);
    cr_expect_eq(out.why, APF_WHY_PV_OFF);
    given((struct apf_host_in){.kind = APF_IN_REQ_HALT});
    cr_expect(h.halted && !h.requests);
    given((struct apf_host_in){.kind = APF_IN_UNHALT});
    cr_expect_not(h.halted);
    fault(1);
    given((struct apf_host_in){.kind = APF_IN_REQ_HALT});
    cr_expect(h.halted);
    work(0);
    given((struct apf_host_in){.kind = APF_IN_REQ_READY});
    given((struct apf_host_in){.kind = APF_IN_PRESENT});
    cr_expect_not(h.halted, "a ready ends it");
}

Test(apf_host, reset_keeps_the_id_the_kick_filter_and_the_vector)
{
    begin_on(APF_KERNEL_6_12, 0);
    fault(1);
    h.pageready_pending = true;
    given((struct apf_host_in){.kind = APF_IN_REQ_HALT});
    h.halted = true;
    given((struct apf_host_in){.kind = APF_IN_RESET});
    cr_expect(!h.msr_en && !h.msr_int && !h.halted && !h.queued);
    cr_expect(h.pageready_pending && h.id == 2 && h.vec == 0xf3);
    sound();
}

/* As many as there can be: the limit, and a wake-all in front of what the workers append. */
Test(apf_host, a_full_done_is_drained_to_the_last)
{
    begin_on(APF_KERNEL_TIP, 1);
    for (unsigned i = 0; i < APF_LIMIT; i++) {
        fault(100 + i);
        area.flags = 0;
    }
    wrmsr(APF_MSR_EN, 0x10000 | APF_EN_ENABLED | APF_EN_DELIVERY_AS_INT);
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        work((uint8_t)i);
    }
    unsigned done = 0;
    for (unsigned i = h.done_head; i != APF_NO_ITEM; i = h.item[i].next) {
        done++;
    }
    cr_assert_eq(done, APF_LIMIT + 1);
    wrmsr(APF_MSR_EN, 0);
    cr_expect_eq(h.done_head, APF_NO_ITEM);
    cr_expect_eq(h.queued, 0);
    sound();
}

Test(apf_host, the_lapic_drives_the_queue_since_5_13_and_paging_since_6_1_192)
{
    for (unsigned k = 0; k < APF_KERNELS; k++) {
        begin_on((enum apf_kernel)k, 1);
        h.requests = 0;
        given((struct apf_host_in){.kind = APF_IN_LAPIC_ENABLED});
        cr_expect_eq(h.requests, k >= APF_KERNEL_5_13 ? APF_REQ_READY : 0u);
        h.requests = 0;
        fault(1);
        given((struct apf_host_in){.kind = APF_IN_PAGING});
        cr_expect_eq(h.requests, k >= APF_KERNEL_6_1 ? APF_REQ_READY : 0u);
        cr_expect_eq(h.queued, k >= APF_KERNEL_6_1 ? 1u : 0u);
        h.requests = 0;
        ctx.paging = false;
        given((struct apf_host_in){.kind = APF_IN_PAGING});
        cr_expect_eq(h.requests, 0u, "only 0 -> 1");
    }
}

Test(apf_host, a_vector_that_was_never_written_is_found)
{
    begin(APF_KERNEL_6_12, 0);
    wrmsr(APF_MSR_EN, 0x10009);
    given((struct apf_host_in){.kind = APF_IN_REQ_READY});
    given((struct apf_host_in){.kind = APF_IN_PRESENT});
    cr_assert_not_null(out.broken);
    cr_expect_eq(strncmp(out.broken, "INV-34:", 7), 0, "%s", out.broken);
}

Test(apf_host, a_broadcast_is_skipped_when_an_item_is_done_and_kicks_otherwise)
{
    begin_on(APF_KERNEL_6_12, 0);
    fault(1);
    wrmsr(APF_MSR_EN, 0x10009);
    cr_expect(did(APF_DO_KICK) && h.queued == 2 && h.requests == APF_REQ_READY);
    wrmsr(APF_MSR_EN, 0x10009);
    cr_expect(!did(APF_DO_KICK) && h.queued == 2);
    sound();
}

Test(apf_host, equal_histories_have_equal_bytes_and_a_free_item_is_blank)
{
    static struct apf_host fresh;
    uint32_t id;

    begin_on(APF_KERNEL_6_12, 3);
    fresh = h;
    for (uint64_t g = 0; g < 5; g++) {
        fault(g);
        work(0);
        given((struct apf_host_in){.kind = APF_IN_CHECK});
        given((struct apf_host_in){.kind = APF_IN_PRESENT});
        area = (struct apf_area){0};
        wrmsr(APF_MSR_ACK, 1);
        h.requests = 0;
    }
    id = h.id;
    h.id = fresh.id;
    fresh.requests = 0;
    cr_expect_eq(memcmp(&h, &fresh, sizeof h), 0);
    cr_expect_eq(id, 6);
}
