/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_apf_total.c - the host half under random inputs: total, bounded, never broken
 *
 * The inputs are any, in any order; only the guest keeps two promises, as it must for the
 * invariants to hold: it reads the flags of a #PF before the next fault, and sets a real vector.
 */
#include "apf_host.h"
#include "apf_host_list.h"

#include <criterion/criterion.h>
#include <string.h>

#define CPUID_ALL (APF_CPUID_ASYNC_PF | APF_CPUID_ASYNC_PF_INT | APF_CPUID_ASYNC_PF_VMEXIT)

static struct {
    uint64_t before;
    struct apf_host h;
    uint64_t after;
} room;
static struct {
    uint64_t before;
    struct apf_host_out out;
    uint64_t after;
} result;
static struct apf_area area;

#define GUARD 0x5a5aa5a55a5aa5a5u

static uint64_t random_state;
static uint32_t draw(uint32_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % below);
}
static bool often(void)
{
    return draw(16) != 0;
}

static struct apf_host_ctx draw_ctx(void)
{
    return (struct apf_host_ctx){.event_reinject = !often(),
                                 .exception_pending = !often(),
                                 .hlt_in_guest = !often(),
                                 .irq_allowed = often(),
                                 .paging = often(),
                                 .guest_mode = !often(),
                                 .protected_state = !often(),
                                 .lapic_enabled = often(),
                                 .cpl = draw(4) ? 3 : 0};
}

/* The area fails now and then, but for EN on kernels that break INV-20 by it. */
static void draw_msr(struct apf_host_in *in)
{
    static const uint64_t en[] = {0x10009, 0x1000d, 0x1000b, 0x10001, 0, 0x10, 0x30009};

    switch (draw(4)) {
    case 0:
        in->msr = APF_MSR_EN;
        in->value = en[draw(sizeof en / sizeof en[0])];
        break;
    case 1:
        in->msr = APF_MSR_INT;
        in->value = 16 + draw(300);
        break;
    case 2:
        in->msr = APF_MSR_ACK;
        in->value = draw(4);
        break;
    default:
        in->msr = APF_MSR_EN + draw(8);
        in->value = 0x100f3;
    }
    if (in->msr == APF_MSR_EN) {
        in->area_faults &= apf_host_rules[room.h.kernel].en_checks_area_first;
    }
}

/* In quiet stretches hardly anything clears the queue and no work ends, so that it fills. */
static enum apf_host_in_kind draw_kind(bool quiet)
{
    static const enum apf_host_in_kind frequent[] = {
        APF_IN_FAULT,    APF_IN_FAULT,     APF_IN_FAULT,       APF_IN_WORK_RETURN,
        APF_IN_WORK_RUN, APF_IN_WORK_RUN,  APF_IN_WORK_APPEND, APF_IN_WORK_APPEND,
        APF_IN_PRESENT,  APF_IN_REQ_READY, APF_IN_CHECK,       APF_IN_WORK_KICK};

    if (draw(quiet ? 1000 : 24) == 0) {
        return draw(APF_IN_KINDS + 1);
    }
    return frequent[draw(quiet ? 6 : 12)];
}

/*
 * Before 5.8 the second half of a fault, and of a turn of K-17, ask the context: the vCPU's thread
 * is the same, so nothing has changed since the first half.
 */
static void stay_in_the_thread(struct apf_host_in *in)
{
    static struct apf_host_ctx fault, turn;

    if (room.h.dequeued != APF_NO_ITEM && in->kind == APF_IN_WRMSR) {
        in->kind = APF_IN_PRESENT;
    }
    if (in->kind == APF_IN_NOT_PRESENT) {
        in->ctx = fault;
    } else if (in->kind == APF_IN_PRESENT) {
        in->ctx = turn;
        in->area_faults = false;
    } else {
        fault = room.h.hook_item == APF_NO_ITEM ? in->ctx : fault;
        turn = room.h.dequeued == APF_NO_ITEM ? in->ctx : turn;
    }
}

static struct apf_host_in draw_input(bool quiet)
{
    struct apf_host_in in = {.kind = draw_kind(quiet),
                             .gfn = draw(100) ? draw(3 * APF_LIMIT) : APF_NO_GFN,
                             .gva = draw(1000) << 12,
                             .item = (uint8_t)(often() ? draw(APF_ITEMS) : draw(256)),
                             .prefault = !often(),
                             .hva_error = !often(),
                             .no_memory = !often(),
                             .area_faults = !often(),
                             .ctx = draw_ctx()};

    if (in.kind == APF_IN_WRMSR) {
        draw_msr(&in);
    }
    if (!apf_host_rules[room.h.kernel].deliver_tests_paging) {
        in.ctx.paging = true; /* BUG-24 */
    }
    in.ctx.nested_run_pending = false; /* HOLE-13 */
    if (room.h.kernel == APF_KERNEL_4_14) {
        stay_in_the_thread(&in);
    }
    if (in.kind == APF_IN_DESTROY && !apf_host_rules[room.h.kernel].flush_on_free) {
        in.kind = APF_IN_RESET; /* BUG-25 */
    }
    return in;
}

static void begin(enum apf_kernel kernel)
{
    room.before = room.after = result.before = result.after = GUARD;
    memset(&area, 0, sizeof area);
    apf_host_init(&room.h, kernel, 1 + draw(4000), CPUID_ALL, true);
    room.h.vec = 0xf3;
    room.h.enforce_cpuid = draw(2);
    room.h.id = draw(2) ? 0 : 0xfffffff0 >> 12;
}

/* A finding for which the kernel is known, or that a switch of `bugs` is to blame for, is let be.
 */
static void expect_sound(unsigned n, enum apf_host_in_kind kind, const char *broken)
{
    if (room.h.kernel == APF_KERNEL_4_14 && apf_host_known_bug(APF_KERNEL_4_14, broken)) {
        return;
    }
    cr_assert(!broken || room.h.bugs, "step %u input %d: %s", n, kind, broken);
}

static void one_step(unsigned n)
{
    struct apf_host_in in = draw_input(n & 2048);

    if (draw(4) == 0) {
        area.token = 0;
    }
    area.flags = 0;
    apf_host_step(&room.h, &area, &in, &result.out);
    expect_sound(n, in.kind, result.out.broken);
    expect_sound(n, in.kind, apf_host_broken(&room.h, &area));
    cr_assert_leq(result.out.count, APF_HOST_ACTIONS);
    cr_assert(room.before == GUARD && room.after == GUARD && result.before == GUARD &&
              result.after == GUARD);
}

Test(apf_total, a_million_inputs_break_nothing_on_any_kernel)
{
    const unsigned steps = 1000000 / APF_KERNEL_ROWS;
    uint32_t most = 0;

    for (unsigned k = 0; k < APF_KERNEL_ROWS; k++) {
        random_state = k;
        begin((enum apf_kernel)k);
        for (unsigned n = 0; n < steps; n++) {
            one_step(n);
            most = room.h.queued > most ? room.h.queued : most;
        }
    }
    cr_expect_geq(most, APF_LIMIT, "the limit was reached");
}

/* The guest's half of another protocol: it takes an event before it faults again, and zeroes the
 * pair (both words) when it has read it. */
static struct apf_host_in draw_other(unsigned n)
{
    struct apf_host_in in = draw_input(n & 2048);

    /* Often the page of the event that is pending: only then may it be withdrawn. */
    for (unsigned i = 0; room.h.event_pending && draw(4) && i < APF_ITEMS; i++) {
        if (room.h.item[i].token == room.h.event_token && room.h.item[i].state) {
            in.item = (uint8_t)i;
        }
    }
    in.user_fault = draw(2);
    in.guest_token = 1 + draw(100);
    in.ctx.irq_pending = !often();
    if (draw(16) == 0) {
        in.kind = draw(2) ? APF_IN_USER_READY : APF_IN_EVENT_TAKEN;
        in.value = room.h.item[draw(APF_ITEMS)].token;
    }
    /* In the middle of a turn of K-17 the thread does nothing else. */
    bool thread = in.kind < APF_IN_WORK_RUN || in.kind > APF_IN_WORK_RETURN;
    if (thread && in.kind != APF_IN_USER_READY && room.h.dequeued != APF_NO_ITEM) {
        in.kind = APF_IN_PRESENT;
    }
    return in;
}

static void one_step_of_another(unsigned n, bool *took)
{
    struct apf_host_in in = draw_other(n);

    if (draw(4) == 0 && !room.h.event_pending) {
        memset(&area, 0, sizeof area);
    }
    if (!apf_protocol_rules[room.h.protocol].shared_pair) {
        area.flags = 0;
    }
    apf_host_step(&room.h, &area, &in, &result.out);
    cr_assert_null(result.out.broken, "step %u input %d: %s", n, in.kind, result.out.broken);
    cr_assert_null(apf_host_broken(&room.h, &area), "step %u input %d: %s", n, in.kind,
                   apf_host_broken(&room.h, &area));
    for (uint32_t i = 0; i < result.out.count; i++) {
        took[result.out.act[i].kind] = true;
    }
}

Test(apf_total, no_input_breaks_an_invariant_of_any_protocol)
{
    static const enum apf_action_kind own[APF_PROTOCOLS] = {APF_DO_SET_IRQ, APF_DO_USER_EXIT,
                                                            APF_DO_CANCEL_PF, APF_DO_FLOAT_IRQ};

    for (unsigned p = 0; p < APF_PROTOCOLS; p++) {
        bool took[APF_DO_FLOAT_IRQ + 1] = {false};

        random_state = p;
        for (unsigned n = 0; n < 200000; n++) {
            if (n % 500 == 0) { /* `done` is short again */
                begin(APF_KERNEL_TIP);
                room.h.protocol = (uint8_t)p;
            }
            one_step_of_another(n, took);
        }
        cr_expect(took[own[p]], "%s does what only it does", apf_protocol_rules[p].name);
        cr_expect(took[APF_DO_QUEUE_PF]);
    }
}

/* Whatever a bug breaks, the step function stays within its arrays, and the lists end. */
Test(apf_total, any_set_of_switches_leaves_it_total)
{
    uint32_t most = 0;

    for (unsigned round = 0; round < 256; round++) {
        random_state = round;
        begin(draw(APF_KERNEL_ROWS));
        room.h.bugs = apf_bug_bit(1 + draw(APF_BUGS - 1)) | apf_bug_bit(1 + draw(APF_BUGS - 1));
        room.h.fixes = apf_fix_bit(1 + draw(APF_FIXES - 1));
        for (unsigned n = 0; n < 1000; n++) {
            one_step(n);
            most = room.h.queued > most ? room.h.queued : most;
        }
    }
    cr_expect_geq(most, 1);
    cr_expect_leq(most, APF_ITEMS);
}

Test(apf_total, the_same_inputs_give_the_same_bytes)
{
    static struct apf_host first;

    for (int run = 0; run < 2; run++) {
        memset(&room.h, run ? 0xff : 0, sizeof room.h);
        random_state = 42;
        begin(APF_KERNEL_6_12);
        for (unsigned n = 0; n < 20000; n++) {
            one_step(n);
        }
        if (run == 0) {
            first = room.h;
        }
    }
    cr_expect_eq(memcmp(&first, &room.h, sizeof first), 0);
}
