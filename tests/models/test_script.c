/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_script.c - what scripts of options do to the scripted guest, its VMM and its monitor
 *
 * The recordings of a real host are compared by tests/trace/recorded.sh; here stand options that no
 * recording in the tree uses, with properties that follow from the protocol's rules.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "script_guest.h"
#include "script_vmm.h"
#include "trace_rules.h"
#include "trace_streams.h"

#define COMMON "backing=uffd tmoms=400 delay=10000 "

static struct trace_streams play(const char *line)
{
    struct trace_streams s;
    struct trace_recorder recorder;
    struct script_options o;
    struct script_error error = {0};
    struct script_vmm *m;
    enum sim_outcome outcome;

    cr_assert(script_options_parse(line, &o, &error), "%s: %s", line, error.text);
    m = script_vmm_create(&o);
    cr_assert_not_null(m);
    trace_streams_init(&s);
    trace_recorder_init(&recorder, &s, script_mark_text, SCRIPT_MARKS);
    sim_observe(script_vmm_sim(m), &recorder.observer);
    outcome = script_vmm_run(m);
    cr_assert(outcome == SIM_ALL_DONE || outcome == SIM_HORIZON, "%s: %s", line,
              sim_stop_text(script_vmm_sim(m)));
    script_vmm_destroy(m);
    return s;
}

static size_t count(const struct trace_streams *s, enum trace_actor actor, const char *needle)
{
    size_t n = 0;

    for (size_t i = 0; i < s->of[actor].count; i++)
        n += strstr(s->of[actor].line[i], needle) != NULL;
    return n;
}

/* What stands behind `needle` in each line that has it, joined by a blank. */
static void collect(const struct trace_streams *s, enum trace_actor actor, const char *needle,
                    char *ret, size_t size)
{
    ret[0] = '\0';
    for (size_t i = 0; i < s->of[actor].count; i++) {
        const char *at = strstr(s->of[actor].line[i], needle);
        size_t n = strlen(ret);

        if (at)
            snprintf(ret + n, size - n, "%s%s", n ? " " : "", at + strlen(needle));
    }
}

static void expect_list(const struct trace_streams *s, enum trace_actor actor, const char *needle,
                        const char *want)
{
    char got[1000];

    collect(s, actor, needle, got, sizeof got);
    cr_expect_str_eq(got, want, "%s: '%s', not '%s'", needle, got, want);
}

#define VCPU(needle) count(&s, TRACE_VCPU, needle)

Test(script, lifo_supplies_the_last_of_a_batch_first)
{
    struct trace_streams s = play(COMMON "npages=1 ntask=4 batch=4 lifo=1");

    expect_list(&s, TRACE_UFFD, "UFFD: copy page ", "192 128 64 0");
    expect_list(&s, TRACE_WORKER, "gva ", "0x400c0000 0x40080000 0x40040000 0x40000000");
    expect_list(&s, TRACE_VCPU, "WAKE ",
                "task3 by token 0x4000 task2 by token 0x3000 task1 by token 0x2000 "
                "task0 by token 0x1000");
    trace_streams_finish(&s);
}

Test(script, an_incomplete_batch_is_supplied_after_300_ms)
{
    struct trace_streams s = play("backing=uffd tmoms=290 npages=1 ntask=2 batch=3");

    cr_expect_eq(count(&s, TRACE_UFFD, "UFFD: copy"), 0);
    trace_streams_finish(&s);
    s = play("backing=uffd tmoms=400 npages=1 ntask=2 batch=3");
    expect_list(&s, TRACE_UFFD, "UFFD: copy page ", "0 64");
    cr_expect_eq(VCPU("TOUCH-DONE"), 2);
    trace_streams_finish(&s);
}

Test(script, without_a_lapic_nothing_is_ever_ready)
{
    static const char *const lines[] = {COMMON "npages=1 noapic=1",
                                        COMMON "npages=1 noapic=1 counter=0"};

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct trace_streams s = play(lines[i]);

        cr_expect_eq(VCPU("kvm_async_pf_not_present"), 1);
        cr_expect_eq(VCPU("kvm_async_pf_ready"), 0);
        cr_expect_eq(VCPU("kvm_inj_virq"), 0);
        cr_expect_eq(count(&s, TRACE_WORKER, "completed"), 1);
        cr_expect_eq(VCPU("TOUCH-DONE"), 0);
        trace_streams_finish(&s);
    }
}

/* kvm_vcpu_has_events() is true while the wake-all cannot leave: the halt ends at once. */
Test(script, a_halt_with_an_undeliverable_item_spins)
{
    struct trace_streams s = play(COMMON "npages=1 noapic=1 en=9");

    cr_expect_gt(VCPU("repeated_fault"), 100);
    cr_expect_eq(VCPU("kvm_try_async"), VCPU("repeated_fault") + 1);
    cr_expect_eq(VCPU("TOUCH-DONE"), 1);
    trace_streams_finish(&s);
}

/* A software-disabled LAPIC masks its LVT entries. */
Test(script, without_a_lapic_the_timer_is_silent)
{
    struct trace_streams s = play(COMMON "npages=1 noapic=1 en=0 timer=3000000");

    cr_expect_eq(VCPU("kvm_apic_accept_irq"), 0);
    cr_expect_eq(VCPU("TOUCH-DONE"), 1);
    trace_streams_finish(&s);
}

/* can_do 4: KVM could not end an artificial halt. */
Test(script, hlt_exits_off_and_nobody_to_tell_is_synchronous)
{
    struct trace_streams s = play(COMMON "npages=1 nohlt=1 en=0");

    cr_expect_eq(VCPU("kvm_page_fault"), 1);
    cr_expect_eq(VCPU("kvm_try_async"), 0);
    expect_list(&s, TRACE_UFFD, "flags ", "0");
    trace_streams_finish(&s);
    s = play(COMMON "npages=2 nohlt=1 counter=0");
    cr_expect_eq(VCPU("TOUCH-DONE"), 2);
    cr_expect_eq(VCPU("kvm_inj_exception: #PF"), 2);
    trace_streams_finish(&s);
}

Test(script, zero_then_value_by_the_host_forgets_and_wakes_all)
{
    struct trace_streams s = play(COMMON "npages=1 ntask=2 hostact=3");

    expect_list(&s, TRACE_VCPU, "KVM_SET_MSRS 0x4b564d02 = ", "0 0x900b");
    cr_expect_eq(VCPU("ready: token 0x1000 "), 0);
    cr_expect_eq(VCPU("WAKE task0 by token 0xffffffff"), 1);
    cr_expect_eq(VCPU("repeated_fault"), 0); /* K-20 has waited for the worker: the page is there */
    cr_expect_eq(VCPU("TOUCH-DONE"), 2);
    trace_streams_finish(&s);
}

Test(script, an_ack_by_the_host_changes_nothing_when_nothing_waits)
{
    struct trace_streams s = play(COMMON "npages=1 ntask=2 hostact=4");

    expect_list(&s, TRACE_VCPU, "KVM_SET_MSRS ", "0x4b564d07 = 0x1");
    cr_expect_eq(VCPU("TOUCH-DONE"), 2);
    trace_streams_finish(&s);
}

Test(script, zero_by_the_guest_ends_delivery_for_good)
{
    struct trace_streams s = play(COMMON "npages=1 ntask=2 reenable=2");

    cr_expect_eq(VCPU("WAKE task0 by token 0"), 1);
    cr_expect_eq(VCPU("kvm_inj_exception: #PF"), 1);
    cr_expect_eq(VCPU("ready: token 0x2000 "), 1); /* an artificial halt: no interrupt */
    cr_expect_eq(VCPU("kvm_inj_virq"), 1);
    cr_expect_eq(VCPU("TOUCH-DONE"), 2);
    trace_streams_finish(&s);
}

Test(script, forty_tasks_keep_the_rules)
{
    struct trace_streams s = play(COMMON "npages=1 ntask=40 batch=40 delay=1000 tmoms=2000");
    struct trace_summary sum;
    enum trace_actor actor;
    size_t line;
    const char *broken = trace_rules_broken(&s, &sum, &actor, &line);

    cr_expect_null(broken, "line %zu: %s", line, broken);
    cr_expect_eq(sum.in_flight_max, 40);
    cr_expect_eq(sum.count[TRACE_NOT_PRESENT], 40);
    cr_expect_eq(sum.count[TRACE_READY], 41); /* and the wake-all of enabling */
    cr_expect_eq(sum.count[TRACE_COMPLETED], 40);
    cr_expect_eq(sum.count[TRACE_TOUCH_DONE], 40);
    cr_expect_eq(sum.burned, 0);
    trace_streams_finish(&s);
}

/* Memory that is there is mapped on the fault; what was never filled reads as zero. */
Test(script, anonymous_memory_never_needs_apf)
{
    struct trace_streams s = play("backing=anon tmoms=400 npages=2");

    cr_expect_eq(VCPU("kvm_page_fault"), 2);
    cr_expect_eq(VCPU("kvm_try_async"), 0);
    expect_list(&s, TRACE_VCPU, "BAD-DATA ", "0 0 0x40 0");
    trace_streams_finish(&s);
    s = play("backing=anon tmoms=400 npages=2 fill=1");
    cr_expect_eq(VCPU("kvm_page_fault"), 2);
    cr_expect_eq(VCPU("BAD-DATA"), 0);
    trace_streams_finish(&s);
}

Test(script, a_thread_that_waits_for_a_page_outlives_the_time_out)
{
    struct trace_streams s = play("backing=uffd tmoms=400 delay=600000 npages=1 cli=1");

    cr_expect_eq(count(&s, TRACE_UFFD, "UFFD: copy page 0"), 1);
    cr_expect_eq(VCPU("TOUCH-DONE"), 0);
    trace_streams_finish(&s);
}

/* Expirations while the thread waits are one interrupt, after the wait. */
Test(script, timer_expirations_that_nobody_sees_are_one)
{
    struct trace_streams s = play(COMMON "cli=1 npages=1 timer=3000000 en=0");

    cr_expect_eq(VCPU("kvm_apic_accept_irq: apicid 0 vec 64"), VCPU("kvm_inj_virq: IRQ 0x40"));
    cr_expect_leq(VCPU("kvm_apic_accept_irq"), 2);
    trace_streams_finish(&s);
}

Test(script, a_period_below_200_us_is_200_us)
{
    struct trace_streams fast = play(COMMON "npages=1 timer=1000");
    struct trace_streams slow = play(COMMON "npages=1 timer=200000");

    cr_expect_eq(count(&fast, TRACE_VCPU, "kvm_eoi: apicid 0 vector 64"),
                 count(&slow, TRACE_VCPU, "kvm_eoi: apicid 0 vector 64"));
    cr_expect_gt(count(&fast, TRACE_VCPU, "kvm_eoi: apicid 0 vector 64"), 20);
    trace_streams_finish(&fast);
    trace_streams_finish(&slow);
}

Test(script, marks_come_when_the_vmm_looks)
{
    struct trace_streams s = play(COMMON "npages=1 live=0");
    const struct trace_lines *l = &s.of[TRACE_VCPU];

    cr_expect_eq(VCPU("TOUCH-DONE page 0"), 1);
    cr_expect(strstr(l->line[l->count - 1], "TASK-EXIT 0x1"), "%s", l->line[l->count - 1]);
    cr_expect(strstr(l->line[0], "msr_read 1b"), "%s", l->line[0]);
    cr_expect_eq(VCPU("G: "), 14);
    trace_streams_finish(&s);
    s = play(COMMON "npages=2 maxlog=4");
    cr_expect_eq(VCPU("G: "), 4);
    cr_expect_eq(VCPU("kvm_inj_exception: #PF"), 2); /* it runs on in silence */
    trace_streams_finish(&s);
}

Test(script, the_last_of_a_repeated_key_wins_and_the_rest_have_defaults)
{
    struct script_options o;
    struct script_error error;

    cr_assert(script_options_parse(" backing=uffd  delay=1 en=0x9 delay=0x10", &o, &error));
    cr_expect_eq(o.delay, 16);
    cr_expect_eq(o.en, 9);
    cr_expect_eq(o.vec, 0xf3);
    cr_expect_eq(o.tmoms, 20000);
    cr_expect_eq(o.pages, 16384);
}

Test(script, what_cannot_be_played_is_refused_by_name_and_place)
{
    static const struct {
        const char *line, *text;
        size_t column;
    } rows[] = {
        {"npages=1", "no 'backing'", 0},
        {"backing=swap", "'swap'", 0},
        {"pages=2 backing=file", "'file'", 8},
        {"backing=uffd npage=1", "unknown option 'npage'", 13},
        {"backing=uffd npages", "wants a number", 13},
        {"backing=uffd npages=-1", "wants a number", 13},
        {"backing=uffd npages=1x", "wants a number", 13},
        {"backing=uffd npages=99999999999999999999999", "wants a number", 13},
        {"backing=uffd batch=257", "too large", 13},
        {"backing=uffd en=0x40", "too large", 13},
        {"backing=uffd marker=0", "marker", 13},
        {"backing=uffd ntask=127", "128 tasks", 0},
        {"backing=uffd ntask=128 npages=3", "128 tasks", 0},
        {"backing=uffd ntask=2 npages=129", "beyond the end", 0},
        {"backing=uffd vec=0x1f3", "16..255", 0},
        {"backing=uffd vec=0x42", "0x42", 0},
        {"backing=uffd pages=0 ntask=0", "beyond the end", 0},
    };
    struct script_options o;
    struct script_error e;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_not(script_options_parse(rows[i].line, &o, &e), "%s", rows[i].line);
        cr_expect(strstr(e.text, rows[i].text), "%s: %s", rows[i].line, e.text);
        cr_expect_eq(e.column, rows[i].column, "%s: column %zu", rows[i].line, e.column);
    }
}

Test(script, the_same_script_gives_the_same_run)
{
    const char *line = COMMON "npages=2 ntask=9 batch=3 lifo=1 timer=700000 cpl=3";
    struct script_options o;
    struct script_error error;
    uint64_t hash[2];

    cr_assert(script_options_parse(line, &o, &error));
    for (int i = 0; i < 2; i++) {
        struct script_vmm *m = script_vmm_create(&o);

        script_vmm_run(m);
        hash[i] = sim_order_hash(script_vmm_sim(m));
        script_vmm_destroy(m);
    }
    cr_expect_eq(hash[0], hash[1]);
}
