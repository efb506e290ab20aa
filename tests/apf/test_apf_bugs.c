/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_apf_bugs.c - each switch of apf_bugs.h shows its bug, and nothing shows without it
 *
 * A row is one story, told twice. With the bug put back the invariant that the table names is
 * reported, or the end is the stuck one; without it nothing breaks and the end is a good one.
 */
#include "apf_bugs.h"
#include "story.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLEEP_ON_7 "> booted\n> fault 7 3\n> enter\n"
/* Before 5.8: the ready of the wake-all is a #PF of its own; the hook comes behind the work. */
#define OLD_BOOTED    "> booted\n> enter\n"
#define OLD_FAULT     "> fault 7 3\n> hook\n"
#define OLD_SLEEP     OLD_BOOTED OLD_FAULT "> enter\n"
#define WAKE_BY_HAND  "> eoi\n> wake\n> zero\n> ack\n"
#define MSR_EN(value) "> wrmsr 0x4b564d02 " value "\n"
#define LOST_RESTORE                                                                               \
    "> reset\n> set nomemory 1\n" MSR_EN("0x1000d") "> set nomemory 0\n" /* no broadcast */

struct row {
    unsigned number;
    const char *kernel, *steps;
    const char *with;    /* what the transcript says with the switch on */
    const char *without; /* and what with the switch off */
};

static const struct row bugs[] = {
    {1, "4.14", OLD_SLEEP "> work 0\n> exit\n> set idle 1\n> set user 0\n> enter\n", "INV-32: RCU",
     "task 3 wakes"},
    {2, "4.14", OLD_SLEEP "> work 0\n> halt\n> enter\n> state\n", "sleepers 1", "sleepers 0"},
    {3, "4.14", OLD_BOOTED "> set idle 1\n> set user 0\n" OLD_FAULT "> enter\n", "INV-32: RCU",
     "task 3 halts the CPU on 0"},
    {4, "tip",
     "> booted\n> set l2 1\n> fault 7 3\n> l1exit\n> l1pf 3\n> l1wait 3\n> set l2 0\n> work 0\n"
     "> enter\n",
     "  prefault 0\n", "task 3 wakes"},
    {5, "tip", SLEEP_ON_7 "> run 0\n> append 0\n> destroy\n> kick 0\n> return 0\n",
     "wake vcpu by 0\n  wait for 0\n", "> destroy\n  wait for 0\n"},
    {6, "tip", "> booted\n" MSR_EN("0x10009") "> enter\n> set l2 1\n> fault 7 3\n",
     "#PF 0x1000 in L2", "= halt (l2)"},
    {7, "tip", "> booted\n> set l2 1\n> fault 7 3\n", "#PF 0x1000 in L2", "#PF 0x1000 as VM-exit"},
    {8, "4.14", OLD_BOOTED "> set user 0\n> set rcu 1\n" OLD_FAULT "> enter\n", "task 3 sleeps on",
     "task 3 halts the CPU on 0"},
    {9, "4.14", OLD_BOOTED "> set user 0\n> set config_preempt 0\n" OLD_FAULT "> enter\n",
     "task 3 sleeps on", "task 3 halts the CPU on 0"},
    {10, "4.14", OLD_BOOTED OLD_FAULT "> work 0\n> exit\n> enter\n> enter\n", "double fault",
     "task 3 wakes"},
    {11, "tip", "> booted\n> set exception 1\n> fault 7 3\n", "= delivered", "= sync (exception)"},
    {13, "tip", "> booted\n> set hlt 1\n> set user 0\n> fault 7 3\n", "= halt (cpl0)",
     "= sync (hlt_in_guest)"},
    {15, "4.14",
     OLD_BOOTED OLD_FAULT
     "> set exception 0\n> set irq 0\n> work 0\n> exit\n> set irq 1\n> enter\n",
     "INV-14: a nonzero", "task 3 sleeps on"},
    {16, "tip", "> booted\n> set user 0\n> fault 7 3\n> enter\n> work 0\n> exit\n> state\n",
     "irq pending, ", "none done, slot 0, flags 0, sleepers 0, dummies 0"},
    {17, "5.8", "> set apic 0\n" MSR_EN("0x10009") "> enter\n", "ready token 0xffffffff", "#GP"},
    {18, "tip", "> set apic 0\n" MSR_EN("0"), "#GP", "wrmsr EN 0\n"},
    {19, "tip", "> online\n> enter\n> fault 7 3\n> enter\n> work 0\n> enter\n> state\n",
     "sleepers 1", "sleepers 0"},
    {20, "tip",
     "> lapic 0\n> online\n> enter\n> lapic 1\n> enter\n> fault 7 3\n> enter\n> work 0\n> enter\n"
     "> state\n",
     "slot 0xffffffff, flags 0, ACK due, sleepers 1", "slot 0, flags 0, sleepers 0"},
    {21, "tip", "> booted\n> shutdown\n", "INV-21: a CPU", "wrmsr EN 0\n"},
    {22, "tip", "> set enforce 1\n> set cpuid 0x4000\n> wrmsr 0x4b564d07 1\n", "#GP",
     "wrmsr ACK 0x1\n"},
    {23, "tip", "> booted\n> fault 7 3\n", "not_present token 0 ", "not_present token 0x1000"},
    {24, "tip", "> booted\n> set paging 0\n> fault 7 3\n", "= delivered", "= halt (paging_off)"},
    {25, "tip", SLEEP_ON_7 "> run 0\n> append 0\n> exit\n> destroy\n", "> destroy\n  BROKEN",
     "wait for 0\n> destroy\n"},
    {26, "tip",
     SLEEP_ON_7 "> run 0\n> pg 0\n> append 0\n> kick 0\n> return 0\n> pg 1\n> enter\n> state\n",
     "none done, slot 0, flags 0, sleepers 1", "none done, slot 0, flags 0, sleepers 0"},
    {27, "tip", "> set badarea 1\n> online\n> set badarea 0\n> fault 7 3\n", "= halt (area)",
     "= halt (pv_off)"},
    {28, "tip",
     SLEEP_ON_7 "> fault 8 4\n> enter\n> work 0\n> exit\n> run 1\n> peek 1\n" WAKE_BY_HAND
                "> append 1\n> kick 1\n> return 1\n> state\n",
     "> kick 1\n> return 1\n", "> kick 1\n  kick by 1\n"},
    {29, "tip",
     "> booted\n> fault 7 3\n> set user 0\n> set irq 0\n> set nmi 1\n> set real 2\n> pf 3\n",
     "panic: ", "ordinary #PF at 0x1000"},
    {30, "tip", "> booted\n> fault 7 3\n> work 0\n> exit\n> eoi\n> wake\n> pf 3\n> dummy\n",
     "INV-30: one node for a token", "task 3 finds a dummy of 0x1000"},
    {31, "tip", "> booted\n> set l2 1\n> fixup\n", "ordinary #PF as VM-exit", "ordinary #PF\n"},
    {32, "tip", "> booted\n> fault 7 3\n> run 0\n> hook\n> enter\n", "INV-15: a worker",
     "task 3 sleeps on"},
    {34, "tip", SLEEP_ON_7 "> run 0\n> append 0\n> kick 0\n> return 0\n> enter\n",
     "> append 0\n  prefault 0\n", "task 3 wakes"},
};

/* Here the weakness is there by default: `with` is what the remedy makes of it. */
static const struct row holes[] = {
    {1, "tip",
     SLEEP_ON_7 "> work 0\n> set irq 0\n> exit\n> offline\n> set irq 1\n> enter\n> online\n"
                "> enter\n> state\n",
     "none done, slot 0, ", "done, slot 0x1000, "},
    {2, "tip", "> booted\n> fault 7 3\n> work 0\n> exit\n" WAKE_BY_HAND "> offline\n> state\n",
     "dummies 0\n", "leaked 1"},
    {4, "tip",
     "> booted\n> set l2 1\n> fault 7 3\n> l1exit\n> cpu 1\n> l1pf 3\n> l1wait 3\n> cpu 0\n"
     "> set l2 0\n> offline\n> state\n",
     "task 3 wakes", "sleepers 1"},
    {6, "tip", SLEEP_ON_7 LOST_RESTORE "> enter\n> state\n", "task 3 wakes", "sleepers 1"},
    {7, "tip",
     SLEEP_ON_7 MSR_EN("0") "> fault 8 4\n> enter\n> work 0\n" MSR_EN("0x1000d") "> enter\n"
                                                                                 "> state\n",
     "task 3 wakes", "sleepers 1"},
    {8, "tip", SLEEP_ON_7 "> work 0\n> set irq 0\n> exit\n> offline\n> state\n",
     "flags 0, irq pending", "ACK due, irq pending"},
    {9, "tip", "> set vcpu 0xfff\n> set id 0xfffff\n> booted\n> fault 7 3\n",
     "not_present token 0x1fff", "BROKEN INV-2:"},
    {12, "tip", "> set badpage 1\n" SLEEP_ON_7 "> work 0\n> enter\n> fault 7 3\n",
     "wrmsr ACK 0x1\n> fault 7 3\n  try gva 0x7000 gfn 0x7\n  = sync (hva)",
     "not_present token 0x2000"},
    {13, "tip", SLEEP_ON_7 "> set nestedrun 1\n> fault 8 4\n",
     "task 3 sleeps on 0x1000\n> set nestedrun 1\n> fault 8 4\n  = sync (irq_off)",
     "BROKEN INV-13:"},
    {14, "tip", SLEEP_ON_7 LOST_RESTORE "> set id 0\n> fault 8 4\n> enter\n> state\n",
     "task 3 wakes\n  task 4 sleeps on 0x1000", "BROKEN INV-3:"},
    {15, "tip",
     SLEEP_ON_7 "> set user 0\n> fault 8 4\n> enter\n> work 0\n> set irq 0\n> exit\n> work 1\n"
                "> exit\n> state\n",
     "queued 0, none done, slot 0x1000", "queued 1, done, slot 0x1000"},
};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static void expect(const char *id, const char *text, const char *words, bool there)
{
    cr_expect_eq(strstr(text, words) != NULL, there, "%s: '%s' %s in\n%s", id, words,
                 there ? "is not" : "is", text);
}

/* "INV-8" is reported; "INV-24 stuck" is not, nor is anything else. */
static void expect_invariant(const struct apf_bug_info *info, const char *text)
{
    char words[64];
    bool stuck = strstr(info->invariant, "stuck");

    snprintf(words, sizeof words, "BROKEN %s:", info->invariant);
    expect(info->id, text, stuck ? "BROKEN" : words, !stuck);
}

Test(apf_bugs, each_bug_breaks_what_the_table_says_and_its_fix_breaks_nothing)
{
    for (size_t i = 0; i < COUNT(bugs); i++) {
        const struct row *r = &bugs[i];
        const struct apf_bug_info *info = &apf_bug_table[r->number];

        const char *text = story_run(r->kernel, apf_bug_bit(r->number), 0, r->steps);
        expect(info->id, text, r->with, true);
        expect_invariant(info, text);
        text = story_run(r->kernel, 0, 0, r->steps);
        expect(info->id, text, r->without, true);
        expect(info->id, text, "BROKEN", false);
        if (info->kernel) {
            cr_expect_str_eq(info->kernel, r->kernel, "%s", info->id);
        }
    }
}

Test(apf_bugs, each_hole_is_there_and_its_remedy_closes_it)
{
    for (size_t i = 0; i < COUNT(holes); i++) {
        const struct row *r = &holes[i];
        const char *id = apf_fix_table[r->number].id;

        expect(id, story_run(r->kernel, 0, 0, r->steps), r->without, true);
        const char *text = story_run(r->kernel, 0, apf_fix_bit(r->number), r->steps);
        expect(id, text, r->with, true);
        expect(id, text, r->without, false);
        expect(id, text, "BROKEN", false);
    }
}

static void expect_place(const struct apf_bug_info *info, const struct row *r, uint64_t set,
                         uint64_t fixed)
{
    enum apf_place other = info->place == APF_PLACE_HOST ? APF_PLACE_GUEST : APF_PLACE_HOST;
    char *both = strdup(story_run(r->kernel, set, fixed, r->steps));
    char *neither = strdup(story_run(r->kernel, 0, 0, r->steps));

    cr_expect_str_eq(story_run_in(info->place, r->kernel, set, fixed, r->steps), both, "%s",
                     info->id);
    cr_expect_str_eq(story_run_in(other, r->kernel, set, fixed, r->steps), neither, "%s", info->id);
    free(both);
    free(neither);
}

/* In the other half a switch does nothing. */
Test(apf_bugs, each_switch_is_asked_by_the_half_that_the_table_names)
{
    for (size_t i = 0; i < COUNT(bugs); i++) {
        expect_place(&apf_bug_table[bugs[i].number], &bugs[i], apf_bug_bit(bugs[i].number), 0);
    }
    for (size_t i = 0; i < COUNT(holes); i++) {
        expect_place(&apf_fix_table[holes[i].number], &holes[i], 0, apf_fix_bit(holes[i].number));
    }
}

/* BUG-14 needs no switch in the halves: entry code that faults before the reason is read. */
Test(apf_bugs, a_nested_fault_before_the_reason_is_read_consumes_it)
{
    const char *text = story_run("4.14", 0, 0,
                                 OLD_BOOTED OLD_FAULT "> set user 0\n> set real 2\n> pf 4\n"
                                                      "> set user 1\n> set real 1\n> pf 3\n");

    expect("BUG-14", text, "BROKEN INV-14: a #PF is taken for what it is", true);
    expect("BUG-14", text, "ordinary #PF at 0\n", true);
}

/* What 4.14 has by itself: a worker ahead of the hook, ready for what was not announced. */
Test(apf_bugs, the_oldest_kernel_has_its_bugs_without_a_switch)
{
    const char *text = story_run("4.14", 0, 0, OLD_BOOTED "> fault 7 3\n> work 0\n> hook\n");

    expect("BUG-32", text, "BROKEN INV-15:", true);
    cr_expect_str_eq(apf_host_known_bug(APF_KERNEL_4_14, strstr(text, "INV-15:")), "BUG-32");
    text = story_run("4.14", 0, 0,
                     OLD_BOOTED MSR_EN("0x10001") "> exit\n> enter\n> set user 0\n" OLD_FAULT
                                                  "> enter\n> work 0\n> enter\n> enter\n> state\n");
    expect("BUG-16", text, "BROKEN INV-6:", true);
    expect("BUG-16", text, "dummies 1", true);
}

/* Each switch asks for its own circumstances, and changes nothing outside them. */
Test(apf_bugs, switches_leave_other_cases_alone)
{
    const char *text =
        story_run("tip", apf_bug_bit(APF_BUG_21), 0, "> booted\n> cpu 1\n> shutdown\n");
    expect("BUG-21", text, "wrmsr EN 0\n", true);
    text = story_run("tip", 0, apf_fix_bit(APF_FIX_4),
                     "> booted\n> cpu 1\n> fault 7 3\n> enter\n> cpu 0\n> offline\n> state\n");
    expect("HOLE-4", text, "sleepers 1", true);
    text = story_run("tip", apf_bug_bit(APF_BUG_31), 0, "> booted\n> fixup\n");
    expect("BUG-31", text, "ordinary #PF\n", true);
    text = story_run("tip", apf_bug_bit(APF_BUG_28), 0,
                     SLEEP_ON_7
                     "> fault 8 4\n> enter\n> work 0\n> exit\n> peek 1\n> run 1\n" WAKE_BY_HAND
                     "> append 1\n> kick 1\n");
    expect("BUG-28", text, "kick by 1", true);
    text = story_run("tip", apf_bug_bit(APF_BUG_30), 0,
                     "> booted\n> fault 7 3\n> work 0\n> exit\n> eoi\n> wake\n> dummy\n> dummy\n");
    expect("BUG-30", text, "BROKEN", false);
    text = story_run("4.14", apf_bug_bit(APF_BUG_1) | apf_bug_bit(APF_BUG_3), 0,
                     OLD_SLEEP "> work 0\n> exit\n> enter\n");
    expect("BUG-1", text, "task 3 wakes", true);
    expect("BUG-1", text, "BROKEN", false);
}

/* 4.14: contexts that may not be scheduled away wait with the CPU; all others in the scheduler. */
Test(apf_bugs, the_oldest_guest_halts_where_it_may_not_schedule)
{
    static const struct {
        const char *context, *words;
    } rows[] = {
        {"> set user 0\n", "task 3 sleeps on 0"},
        {"> set preemptoff 1\n", "task 3 sleeps on 0"},
        {"> set user 0\n> set preemptoff 1\n", "task 3 halts the CPU on 0"},
        {"> set user 0\n> set idle 1\n> set config_preempt 0\n", "task 3 halts the CPU on 0"},
        {"> set config_preempt 0\n", "task 3 sleeps on 0"},
    };
    char steps[256];

    for (size_t i = 0; i < COUNT(rows); i++) {
        snprintf(steps, sizeof steps, OLD_BOOTED "%s" OLD_FAULT "> enter\n", rows[i].context);
        const char *text = story_run("4.14", 0, 0, steps);
        expect(rows[i].context, text, rows[i].words, true);
        expect(rows[i].context, text, "BROKEN", false);
    }
}

/* 4.14: what holds a ready back, what does not, and how it reaches an L1. */
Test(apf_bugs, a_ready_pf_comes_when_it_may)
{
    static const struct {
        const char *steps, *words;
    } rows[] = {
        {OLD_FAULT "> enter\n> work 0\n> set irq 0\n> exit\n> state\n", "queued 0, none done"},
        {OLD_SLEEP "> work 0\n> set irq 0\n> exit\n> state\n", "queued 1, done"},
        {OLD_SLEEP "> work 0\n> set exception 1\n> exit\n> state\n", "queued 1, done"},
        {OLD_BOOTED OLD_FAULT "> set exception 0\n> work 0\n> exit\n> state\n",
         "queued 1, done, slot 0, flags 1"},
        {OLD_BOOTED MSR_EN("0x10003") "> exit\n> enter\n" OLD_FAULT
                                      "> enter\n> work 0\n> set l2 1\n> exit\n> state\n",
         "queued 1, done"},
        {OLD_SLEEP "> work 0\n> set l2 1\n> exit\n> l1exit\n> l1pf 4\n",
         "#PF 0 as VM-exit\n> l1exit\n  host_apf_flags 2, for L1\n> l1pf 4\n  task 3 wakes"},
        {"> wrmsr 0x4b564d07 1\n", "#GP"},
        {"> wrmsr 0x4b564d06 0xf3\n", "#GP"},
        {MSR_EN("0x10009"), "#GP"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *text = story_run("4.14", 0, 0, rows[i].steps);
        expect("4.14", text, rows[i].words, true);
        expect("4.14", text, "BROKEN", false);
    }
}

Test(apf_bugs, the_oldest_guest_reads_no_reason_when_off_and_an_l1_thread_schedules)
{
    const char *text = story_run("4.14", 0, 0, OLD_BOOTED OLD_FAULT "> offline\n> pf 3\n");

    expect("4.14", text, "ordinary #PF at 0\n", true);
    text = story_run("4.14", 0, 0,
                     OLD_BOOTED "> set l2 1\n" OLD_FAULT "> set user 0\n> set preemptoff 1\n"
                                "> l1exit\n> l1pf 3\n> l1wait 3\n");
    expect("4.14", text, "task 3 sleeps on 0\n", true);
    expect("4.14", text, "BROKEN", false);
}

/* The one who wakes a halted CPU sends it an interrupt, and one is enough. */
Test(apf_bugs, a_halted_wait_ends_by_an_interrupt)
{
    const char *text = story_run("4.14", 0, 0,
                                 OLD_BOOTED "> set user 0\n> set preemptoff 1\n" OLD_FAULT
                                            "> enter\n> work 0\n> exit\n> enter\n> state\n");

    expect("4.14", text, "  ipi cpu 0\n  task 3 wakes\n", true);
    text = story_run("4.14", 0, 0,
                     OLD_BOOTED "> set user 0\n> set preemptoff 1\n" OLD_FAULT
                                "> enter\n> fault 8 4\n> hook\n> enter\n> offline\n");
    expect("4.14", text, "  ipi cpu 0\n  task", true);
    expect("4.14", text, "ipi cpu 0\n  ipi", false);
}

static bool has_row(const struct row *rows, size_t count, unsigned number)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].number == number) {
            return true;
        }
    }
    return false;
}

Test(apf_bugs, every_switch_that_the_halves_know_has_a_story)
{
    unsigned halves = 0;

    for (unsigned n = 1; n < APF_BUGS; n++) {
        bool here = apf_bug_table[n].place <= APF_PLACE_GUEST;
        cr_expect_eq(has_row(bugs, COUNT(bugs), n), here, "BUG-%u", n);
        halves += here;
    }
    for (unsigned n = 1; n < APF_FIXES; n++) {
        bool here = apf_fix_table[n].place <= APF_PLACE_GUEST;
        cr_expect_eq(has_row(holes, COUNT(holes), n), here, "HOLE-%u", n);
    }
    cr_expect_geq(halves, 22);
}

Test(apf_bugs, ids_are_read_back)
{
    enum apf_bug bug = APF_BUGS;
    enum apf_fix fix = APF_FIXES;
    char id[16];

    for (unsigned n = 1; n < APF_BUGS; n++) {
        snprintf(id, sizeof id, "BUG-%u", n);
        cr_expect_str_eq(apf_bug_table[n].id, id);
        cr_expect(apf_bug_parse(id, &bug) && bug == n);
        cr_expect(apf_bug_table[n].note || apf_bug_table[n].place != APF_PLACE_NONE);
    }
    for (unsigned n = 1; n < APF_FIXES; n++) {
        snprintf(id, sizeof id, "hole-%u", n);
        cr_expect(apf_fix_parse(id, &fix) && fix == n);
    }
    bug = APF_BUG_5;
    cr_expect_not(apf_bug_parse("BUG-35", &bug));
    cr_expect_not(apf_bug_parse("HOLE-1", &bug));
    cr_expect_not(apf_fix_parse("BUG-1", &fix));
    cr_expect_eq(bug, APF_BUG_5);
}
