/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_apf_guest.c - the guest half alone: enabling, the hash of sleepers, wake-all, panics */
#include "apf_guest.h"

#include <criterion/criterion.h>
#include <string.h>

#define CPUID_ALL (APF_CPUID_ASYNC_PF | APF_CPUID_ASYNC_PF_INT | APF_CPUID_ASYNC_PF_VMEXIT)

static struct apf_guest g;
static struct apf_guest_cpu cpu[2] = {{.cpu = 0}, {.cpu = 1}};
static struct apf_area area;
static struct apf_guest_out out;

static void given(unsigned c, struct apf_guest_in in)
{
    apf_guest_step(&g, &cpu[c], &area, &in, &out);
}

static void wait(unsigned c, uint32_t token, uint32_t task)
{
    given(c, (struct apf_guest_in){.kind = APF_GIN_WAIT, .value = token, .task = task});
}

static void ready(unsigned c, uint32_t token)
{
    area.token = token;
    given(c, (struct apf_guest_in){.kind = APF_GIN_WAKE});
}

static void pf(struct apf_guest_in in)
{
    in.kind = APF_GIN_PF;
    in.value = 0x1000;
    given(0, in);
}

static void sound(void)
{
    const char *broken = apf_guest_broken(&g);

    cr_assert_null(broken, "%s", broken);
}

static void begin(enum apf_kernel kernel, uint32_t cpuid, bool no_kvmapf)
{
    memset(&area, 0, sizeof area);
    apf_guest_init(&g, kernel, cpuid, no_kvmapf);
    for (unsigned c = 0; c < 2; c++) {
        given(c, (struct apf_guest_in){.kind = APF_GIN_ENABLED});
    }
}

Test(apf_guest, enabling_writes_the_vector_then_the_area)
{
    static const struct {
        enum apf_kernel kernel;
        uint32_t cpuid;
        bool no_kvmapf;
        uint32_t count;
        uint64_t en;
    } rows[] = {
        {APF_KERNEL_6_12, CPUID_ALL, false, 2, 0x1000d},
        {APF_KERNEL_6_12, APF_CPUID_ASYNC_PF_INT, false, 2, 0x10009},
        {APF_KERNEL_6_12, APF_CPUID_ASYNC_PF, false, 0, 0},
        {APF_KERNEL_6_12, CPUID_ALL, true, 0, 0},
        {APF_KERNEL_5_8, CPUID_ALL, false, 1, 0x10005},
        {APF_KERNEL_5_8, APF_CPUID_ASYNC_PF_INT, false, 0, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(rows[i].kernel, rows[i].cpuid, rows[i].no_kvmapf);
        cr_expect_eq(cpu[0].enabled, rows[i].count > 0);
        given(0, (struct apf_guest_in){.kind = APF_GIN_ENABLE, .value = 0x10000});
        cr_assert_eq(out.count, rows[i].count, "row %zu", i);
        if (out.count == 2) {
            cr_expect(out.act[0].msr == APF_MSR_INT && out.act[0].value == 0xf3);
        }
        if (out.count) {
            cr_expect_eq(out.act[out.count - 1].msr, APF_MSR_EN);
            cr_expect_eq(out.act[out.count - 1].value, rows[i].en);
        }
    }
}

Test(apf_guest, disabling_writes_only_if_enabled)
{
    begin(APF_KERNEL_6_12, CPUID_ALL, false);
    given(0, (struct apf_guest_in){.kind = APF_GIN_DISABLE});
    cr_assert_eq(out.count, 1);
    cr_expect(out.act[0].msr == APF_MSR_EN && out.act[0].value == 0);
    given(0, (struct apf_guest_in){.kind = APF_GIN_DISABLED});
    cr_expect_not(cpu[0].enabled);
    given(0, (struct apf_guest_in){.kind = APF_GIN_DISABLE});
    cr_expect_eq(out.count, 0);
}

Test(apf_guest, the_ready_handler_has_four_steps_and_one_when_disabled)
{
    begin(APF_KERNEL_6_12, CPUID_ALL, false);
    wait(0, 0x1000, 3);
    for (int enabled = 0; enabled < 2; enabled++) {
        cpu[0].enabled = enabled;
        area.token = 0x1000;
        given(0, (struct apf_guest_in){.kind = APF_GIN_EOI});
        cr_expect(out.count == 1 && out.act[0].kind == APF_GDO_EOI);
        given(0, (struct apf_guest_in){.kind = APF_GIN_WAKE});
        cr_expect_eq(out.wakes, enabled ? 1u : 0u);
        given(0, (struct apf_guest_in){.kind = APF_GIN_ZERO});
        cr_expect_eq(area.token, enabled ? 0u : 0x1000u);
        given(0, (struct apf_guest_in){.kind = APF_GIN_ACK});
        cr_expect_eq(out.count, enabled ? 1u : 0u);
    }
    cr_expect(out.act[0].msr == APF_MSR_ACK && out.act[0].value == 1);
    cr_expect_eq(g.sleepers, 0);
}

Test(apf_guest, the_pf_entry_reads_flags_once_and_only_when_enabled)
{
    const struct apf_guest_in user = {.cpl = 3, .if_flag = true};

    begin(APF_KERNEL_6_12, CPUID_ALL, false);
    pf(user);
    cr_expect_eq(out.verdict, APF_GUEST_ORDINARY_PF, "no flags");
    area.flags = 1;
    pf(user);
    cr_expect(out.verdict == APF_GUEST_NOT_PRESENT && out.token == 0x1000 && !area.flags);
    area.flags = 2;
    pf(user);
    cr_expect(out.verdict == APF_GUEST_NOTHING && !area.flags, "warned once and handled");
    area.flags = 1;
    cpu[0].enabled = false;
    pf(user);
    cr_expect(out.verdict == APF_GUEST_ORDINARY_PF && area.flags == 1);
    cpu[0].enabled = true;
    g.key = false;
    pf(user);
    cr_expect(out.verdict == APF_GUEST_ORDINARY_PF && area.flags == 1);
}

Test(apf_guest, panics_by_context_and_kernel)
{
    static const struct {
        enum apf_kernel kernel;
        struct apf_guest_in in;
        const char *panic; /* NULL: an ordinary fault */
        uint32_t flags;
    } rows[] = {
        {APF_KERNEL_6_1, {.cpl = 0, .if_flag = true}, "kernel mode", 0},
        {APF_KERNEL_6_1, {.cpl = 0}, "interrupt disabled region", 0},
        {APF_KERNEL_6_1, {.cpl = 3}, "interrupt disabled region", 0},
        {APF_KERNEL_6_1, {.cpl = 0, .in_nmi = true}, "interrupt disabled region", 0},
        {APF_KERNEL_6_12, {.cpl = 0, .if_flag = true}, "kernel mode", 1},
        {APF_KERNEL_6_12, {.cpl = 0}, "kernel mode", 1},
        {APF_KERNEL_6_12, {.cpl = 3}, "interrupt disabled region", 0},
        {APF_KERNEL_6_12, {.cpl = 0, .in_nmi = true}, NULL, 1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(rows[i].kernel, CPUID_ALL, false);
        area.flags = 1;
        pf(rows[i].in);
        cr_expect_eq(area.flags, rows[i].flags, "row %zu", i);
        if (rows[i].panic) {
            cr_assert_eq(out.verdict, APF_GUEST_PANIC, "row %zu", i);
            cr_expect(strstr(out.panic, rows[i].panic), "row %zu: %s", i, out.panic);
            cr_expect_not_null(out.broken);
        } else {
            cr_expect_eq(out.verdict, APF_GUEST_ORDINARY_PF);
            cr_expect_null(out.broken);
        }
    }
}

Test(apf_guest, a_ready_wakes_its_sleeper_from_any_cpu)
{
    begin(APF_KERNEL_6_12, CPUID_ALL, false);
    wait(0, 0x1000, 3);
    cr_expect(out.verdict == APF_GUEST_SLEEP && apf_guest_sleeping_on(&g, 0x1000));
    wait(1, 0x1001, 4);
    ready(1, 0x1000);
    cr_expect(out.verdict == APF_GUEST_WOKE && out.wakes == 1 && out.wake[0] == 3);
    cr_expect_not(apf_guest_sleeping_on(&g, 0x1000));
    cr_expect(apf_guest_sleeping_on(&g, 0x1001));
    sound();
}

Test(apf_guest, a_ready_before_the_wait_is_remembered_once)
{
    begin(APF_KERNEL_6_12, CPUID_ALL, false);
    ready(0, 0x1000);
    cr_expect(out.verdict == APF_GUEST_DUMMY && g.dummies == 1);
    cr_expect_not(apf_guest_sleeping_on(&g, 0x1000), "a dummy is no sleeper");
    ready(0, 0x1000);
    cr_expect(g.dummies == 0 && g.leaked == 1, "a second ready unlinks and leaks the dummy");
    ready(0, 0x1000);
    wait(0, 0x1000, 3);
    cr_expect(out.verdict == APF_GUEST_NO_SLEEP && g.dummies == 0);
    wait(0, 0x1000, 3);
    cr_expect_eq(out.verdict, APF_GUEST_SLEEP);
    sound();
}

Test(apf_guest, wake_all_takes_its_own_cpu_and_drops_its_dummies)
{
    begin(APF_KERNEL_6_12, CPUID_ALL, false);
    wait(0, 0x1000, 3);
    wait(1, 0x2001, 4);
    wait(0, 0x3000, 5);
    ready(0, 0x4000);
    ready(0, APF_TOKEN_WAKE_ALL);
    cr_expect_eq(out.wakes, 2);
    cr_expect(g.sleepers == 1 && g.dummies == 0 && g.leaked == 1);
    cr_expect(apf_guest_sleeping_on(&g, 0x2001));
    given(1, (struct apf_guest_in){.kind = APF_GIN_DISABLED, .shutdown = true});
    cr_expect(!out.wakes && g.sleepers == 1);
    given(1, (struct apf_guest_in){.kind = APF_GIN_DISABLED});
    cr_expect(out.wakes == 1 && out.wake[0] == 4);
    sound();
}

#if APF_GUEST_NODES > 1000
Test(apf_guest, a_large_wake_all_comes_in_parts_and_wakes_each_once)
{
    static bool woken[200];
    unsigned parts = 0;

    begin(APF_KERNEL_6_12, CPUID_ALL, false);
    for (uint32_t t = 0; t < 200; t++) {
        wait(0, (t + 1) << 12, t);
    }
    do {
        ready(0, APF_TOKEN_WAKE_ALL);
        for (uint32_t i = 0; i < out.wakes; i++) {
            cr_assert_not(woken[out.wake[i]]);
            woken[out.wake[i]] = true;
        }
        parts++;
        sound();
    } while (out.more);
    cr_expect_eq(parts, 4);
    cr_expect_eq(g.sleepers, 0);
}
#endif

Test(apf_guest, a_reused_token_takes_a_sleeper_for_a_dummy_and_is_found)
{
    begin(APF_KERNEL_6_12, CPUID_ALL, false);
    wait(0, 0x1000, 3);
    wait(0, 0x1000, 4);
    cr_expect_eq(out.verdict, APF_GUEST_NO_SLEEP);
    cr_assert_not_null(out.broken);
    cr_expect_eq(strncmp(out.broken, "INV-3:", 6), 0);
    cr_expect_eq(g.sleepers, 0, "task 3 will never wake (HOLE-14)");
    sound();
}

Test(apf_guest, the_last_node_is_the_limit)
{
    begin(APF_KERNEL_6_12, CPUID_ALL, false);
    for (uint32_t t = 0; t < APF_GUEST_NODES; t++) {
        wait(0, t + 1, t);
        cr_assert_eq(out.verdict, APF_GUEST_SLEEP);
    }
    wait(0, APF_GUEST_NODES + 1, 0);
    cr_expect(out.verdict == APF_GUEST_NO_SLEEP && !strncmp(out.broken, "LIMIT:", 6));
    ready(0, APF_GUEST_NODES + 2);
    cr_expect(!strncmp(out.broken, "LIMIT:", 6));
    ready(0, 1);
    cr_expect_eq(out.wakes, 1);
    wait(0, APF_GUEST_NODES + 1, 0);
    cr_expect_eq(out.verdict, APF_GUEST_SLEEP);
}

/* ---- any input in any state ---- */

static uint64_t random_state = 7;
static uint32_t draw(uint32_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % below);
}

/* Tokens that nobody sleeps on, unless it is to be woken: the host's promise (INV-3, INV-4). */
static struct apf_guest_in draw_input(void)
{
    struct apf_guest_in in = {.kind = draw(APF_GIN_KINDS + 1),
                              .value = draw(64) << 12,
                              .task = draw(100),
                              .cpl = 3,
                              .if_flag = true,
                              .in_nmi = draw(2),
                              .shutdown = draw(2)};

    if (in.kind == APF_GIN_WAIT && apf_guest_sleeping_on(&g, (uint32_t)in.value)) {
        in.kind = APF_GIN_WAKE;
    }
    return in;
}

Test(apf_guest, no_input_breaks_an_invariant_in_any_state)
{
    enum { STEPS = 200000 };

    begin(APF_KERNEL_6_12, CPUID_ALL, false);
    for (unsigned n = 0; n < STEPS; n++) {
        if (draw(4) == 0) {
            area.token = draw(16) ? draw(64) << 12 : APF_TOKEN_WAKE_ALL;
            area.flags = draw(3);
        }
        if (g.nodes_used < APF_GUEST_NODES || g.sleepers + g.dummies < APF_GUEST_NODES) {
            given(draw(2), draw_input());
            cr_assert_null(out.broken, "step %u: %s", n, out.broken);
        } else {
            given(draw(2), (struct apf_guest_in){.kind = APF_GIN_DISABLED});
        }
        sound();
    }
}

#if APF_GUEST_NODES > 16
/* Numbers that are equal in their low 8 bits are different CPUs. */
Test(apf_guest, a_wake_all_on_a_cpu_of_a_large_guest_leaves_the_others)
{
    struct apf_guest_cpu large = {.cpu = 300, .enabled = true}, small = {.cpu = 44};

    begin(APF_KERNEL_TIP, CPUID_ALL, false);
    apf_guest_step(&g, &large, &area,
                   &(struct apf_guest_in){.kind = APF_GIN_WAIT, .value = 0x1000, .task = 7}, &out);
    apf_guest_step(&g, &small, &area,
                   &(struct apf_guest_in){.kind = APF_GIN_WAIT, .value = 0x2000, .task = 8}, &out);
    area.token = APF_TOKEN_WAKE_ALL;
    apf_guest_step(&g, &large, &area, &(struct apf_guest_in){.kind = APF_GIN_WAKE}, &out);
    cr_expect_eq(out.wakes, 1);
    cr_expect_eq(out.wake[0], 7);
    cr_expect(apf_guest_sleeping_on(&g, 0x2000));
    sound();
}
#endif

/* BUG-30 as Linux had it; without PREEMPT_RT the allocation does not sleep. */
Test(apf_guest, until_5_19_a_dummy_was_allocated_under_a_raw_lock)
{
    for (unsigned k = APF_KERNEL_5_10; k < APF_KERNELS; k++) {
        for (unsigned rt = 0; rt < 2; rt++) {
            bool sleeps = rt && k <= APF_KERNEL_5_17;

            begin((enum apf_kernel)k, CPUID_ALL, false);
            g.preempt_rt = rt;
            ready(0, 0x1000);
            cr_expect_eq(out.verdict, APF_GUEST_DUMMY);
            cr_expect_eq(out.sleeps_locked, sleeps);
            cr_expect(sleeps ? out.broken &&
                                   !strcmp(out.broken, "INV-32: nothing sleeps under a raw lock")
                             : !out.broken);
        }
    }
}
