/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_streams.c - normalising, reading, comparing and judging actor streams
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "trace_compare.h"
#include "trace_recording.h"
#include "trace_rules.h"

Test(streams, what_differs_between_recordings_is_taken_out)
{
    static const struct {
        const char *raw, *want; /* want NULL: the line is dropped */
    } rows[] = {
        {"vmm kvm_inj_exception: #PF (0x0) [reinjected]", NULL},
        {"vmm kvm_inj_exception: #PF (0x0)", "vmm kvm_inj_exception: #PF (0x0)"},
        {"vmm kvm_page_fault: vcpu 0 rip 0x101478 address 0x0000000000009004 error_code 0x4", NULL},
        {"vmm kvm_page_fault: vcpu 0 rip 0x101478 address 0x0000000040000008 error_code 0x6",
         "vmm kvm_page_fault: vcpu 0  address 0x0000000040000008 error_code 0x6"},
        {"kworker kvm_async_pf_completed: gva 0x40000000 address 0x7ffff37f9000",
         "kworker kvm_async_pf_completed: gva 0x40000000"},
        {"vmm tracing_mark_write: G: task3 TOUCH-DONE page 192 after 2408 us",
         "vmm tracing_mark_write: G: task3 TOUCH-DONE page 192"},
        {"G: task3 TASK-EXIT 0x3 0x7ff", "G: task3 TASK-EXIT 0x3"},
        {"G: task0 TASK-EXIT 0 0", "G: task0 TASK-EXIT 0 0"},
        {"G: task0 TIMER 0xa 0x101092", "G: task0 TIMER 0xa"},
        {"G: task0 FAULT 0xd 0x101092", "G: task0 FAULT 0xd"},
        {"VMM: run; data hva 0x7ffff37f9000", NULL},
        {"VMM: TIMEOUT rip 0x101078 rflags 0x3206 mp_state 0", NULL},
        {"RESULT rc=0", NULL},
        {"  ", NULL},
    };
    char text[200];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool kept;

        snprintf(text, sizeof text, "%s", rows[i].raw);
        kept = trace_line_normalize(text);
        cr_expect_eq(kept, rows[i].want != NULL, "%s", rows[i].raw);
        if (kept && rows[i].want)
            cr_expect_str_eq(text, rows[i].want);
    }
}

Test(streams, a_line_is_known_by_its_words)
{
    cr_expect_eq(trace_kind_of("vmm kvm_msr: msr_write 4b564d07 = 0x1"), TRACE_MSR_ACK);
    cr_expect_eq(trace_kind_of("vmm kvm_msr: msr_write 80b = 0x0"), TRACE_OTHER);
    cr_expect_eq(trace_kind_of("G: task0 TOUCH page 7 (gpa 0x40007000)"), TRACE_TOUCH);
    cr_expect_eq(trace_kind_of("G: task0 TOUCH-DONE page 7"), TRACE_TOUCH_DONE);
    cr_expect_eq(trace_kind_of("VMM: KVM_SET_MSRS 0x4b564d02 = 0"), TRACE_SET_MSRS);
}

/* ---- reading ---- */

static struct trace_streams read_text(const char *text)
{
    static struct trace_recording c;
    struct trace_reader r;
    FILE *file = fmemopen((void *)(size_t)text, strlen(text), "r");

    trace_reader_init(&r, file);
    cr_assert_eq(trace_reader_next(&r, &c), TRACE_READ_CASE, "line %u: %s", r.line, r.error);
    fclose(file);
    return c.streams;
}

Test(streams, a_file_may_hold_several_cases)
{
    static const char text[] = "# case one: vmm a=1 b=2\n\n# a remark\nvcpu x\n"
                               "=== CASE two: vmm\nworker y\nuffd z\nvcpu w\n";
    static struct trace_recording c;
    struct trace_reader r;
    FILE *file = fmemopen((void *)(size_t)text, sizeof text - 1, "r");

    trace_reader_init(&r, file);
    cr_assert_eq(trace_reader_next(&r, &c), TRACE_READ_CASE);
    cr_expect_str_eq(c.name, "one");
    cr_expect_str_eq(c.options, " a=1 b=2");
    cr_expect_eq(c.options_column, 16);
    cr_expect_eq(c.streams.of[TRACE_VCPU].count, 1);
    trace_streams_finish(&c.streams);
    cr_assert_eq(trace_reader_next(&r, &c), TRACE_READ_CASE);
    cr_expect_str_eq(c.name, "two");
    cr_expect_eq(c.header_line, 5);
    cr_expect_str_eq(c.streams.of[TRACE_UFFD].line[0], "z");
    trace_streams_finish(&c.streams);
    cr_expect_eq(trace_reader_next(&r, &c), TRACE_READ_END);
    fclose(file);
}

/* ---- comparing ---- */

#define HEAD "# case x: vmm\n"

static void expect_agreement(const char *a_text, const char *b_text, enum trace_agreement want,
                             enum trace_actor actor)
{
    struct trace_streams a = read_text(a_text), b = read_text(b_text);
    struct trace_difference d = {TRACE_ACTORS, {0, 0}};

    cr_expect_eq(trace_compare(&a, &b, &d), want, "%s", b_text);
    if (want != TRACE_SAME)
        cr_expect_eq(d.actor, actor, "%s", b_text);
    trace_streams_finish(&a);
    trace_streams_finish(&b);
}

Test(streams, actors_are_compared_apart)
{
    static const char one[] = HEAD "vcpu kvm_async_pf_ready: 1\nuffd UFFD: copy page 1\n";

    expect_agreement(one, HEAD "uffd UFFD: copy page 1\nvcpu kvm_async_pf_ready: 1\n", TRACE_SAME,
                     TRACE_VCPU);
    expect_agreement(one, HEAD "uffd UFFD: copy page 2\nvcpu kvm_async_pf_ready: 1\n",
                     TRACE_DIFFERENT, TRACE_UFFD);
    expect_agreement(one, HEAD "vcpu kvm_async_pf_ready: 1\n", TRACE_DIFFERENT, TRACE_UFFD);
    expect_agreement(one, HEAD "vcpu START\nvcpu kvm_async_pf_ready: 1\nuffd UFFD: copy page 1\n",
                     TRACE_SAME_EVENTS, TRACE_VCPU);
}

/* ---- rules ---- */

static const char *judge(const char *text, struct trace_summary *sum)
{
    struct trace_streams s = read_text(text);
    enum trace_actor actor;
    size_t line;
    const char *broken = trace_rules_broken(&s, sum, &actor, &line);

    trace_streams_finish(&s);
    return broken;
}

#define TRY        "vcpu kvm_try_async_get_page: gva = 0x1000, gfn = 0x1\n"
#define ABSENT(t)  "vcpu kvm_async_pf_not_present: token 0x" #t " gva 0x1000\n"
#define PRESENT(t) "vcpu kvm_async_pf_ready: token 0x" #t " gva 0x1000\n"
#define COMPLETED  "worker kvm_async_pf_completed: gva 0x1000\n"

Test(streams, rules_of_the_protocol_are_found_broken)
{
    static const struct {
        const char *text, *broken; /* NULL: all is well */
    } rows[] = {
        {HEAD TRY ABSENT(1000) PRESENT(1000) COMPLETED, NULL},
        {HEAD PRESENT(ffffffff), NULL},
        {HEAD TRY ABSENT(2000) PRESENT(2000) TRY ABSENT(1000), "tokens must rise"},
        {HEAD TRY "vcpu kvm_eoi: x\n", "without a consequence"},
        {HEAD TRY, "without a consequence"},
        {HEAD TRY ABSENT(1000) PRESENT(1000) PRESENT(1000), "not in flight"},
        {HEAD TRY ABSENT(1000) "vcpu kvm_msr: msr_write 4b564d02 = 0x0\n" PRESENT(1000),
         "not in flight"},
        {HEAD TRY ABSENT(1000) COMPLETED COMPLETED, "more often"},
        {HEAD "vcpu G: WAKE task0 by token 0x1000\n", "nobody named"},
        {HEAD "uffd UFFD: copy page 1\n", "nobody missed"},
        {HEAD "uffd UFFD: event page 1 \nuffd UFFD: event page 1 \n", "missed twice"},
    };
    struct trace_summary sum;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *broken = judge(rows[i].text, &sum);

        if (rows[i].broken)
            cr_expect(broken && strstr(broken, rows[i].broken), "%s: %s", rows[i].text, broken);
        else
            cr_expect_null(broken, "%s: %s", rows[i].text, broken);
    }
}

/* 65 tries with nothing ready in between: one refused, its token spent. */
Test(streams, the_limit_of_64_is_counted)
{
    char text[20000] = HEAD;
    size_t n = strlen(text);
    struct trace_summary sum;

    for (unsigned i = 1; i <= 64; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              TRY "vcpu kvm_async_pf_not_present: token 0x%x gva 0x%x\n", i << 12,
                              i);
    n += (size_t)snprintf(text + n, sizeof text - n, TRY PRESENT(1000));
    snprintf(text + n, sizeof text - n,
             TRY "vcpu kvm_async_pf_not_present: token 0x42000 gva 0x9\n");
    cr_expect_null(judge(text, &sum));
    cr_expect_eq(sum.in_flight_max, 64);
    cr_expect_eq(sum.refused, 1);
    cr_expect_eq(sum.burned, 1);
    cr_expect_eq(sum.setups, 66);
}
