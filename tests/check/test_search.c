/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_search.c - scopes come out as their rows say, trails play, random runs shrink
 */
#include <criterion/criterion.h>
#include <glib.h>
#include <string.h>

#include "apf_host_state.h"
#include "check.h"

static const struct explore_limits limits = {.memory_bytes = 512 << 20, .liveness = true};

static const struct check_scope *scope(const char *name)
{
    for (unsigned i = 0; check_scope(i); i++)
        if (!strcmp(check_scope(i)->name, name))
            return check_scope(i);
    cr_assert_fail("no scope %s", name);
    return NULL;
}

static void search(const char *name, struct check_report *r)
{
    struct check_params p = scope(name)->params;

    if (!p.host)
        p.host = APF_KERNEL_6_12;
    if (p.host != APF_KERNEL_4_14)
        p.guest = APF_KERNEL_6_12;
    cr_assert(check_search(&p, &limits, r));
    check_judge(scope(name), true, r);
}

Test(search, the_small_cases_come_out_as_their_rows_say)
{
    static const char *const names[] = {"small",  "case-2", "case-3", "case-4",
                                        "case-5", "case-6", "case-7", "case-8"};
    static struct check_report r;

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        search(names[i], &r);
        cr_expect(r.as_expected, "%s: %s", names[i], r.why);
    }
}

/* 4.14: what the row has by nature shows, nothing else does, and everybody comes to an end. */
Test(search, both_events_by_pf_come_out_as_their_rows_say)
{
    static const char *const names[] = {"by-pf", "by-pf-hotplug", "by-pf-restore",
                                        "by-pf-restore-fixed"};
    static struct check_report r;

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        search(names[i], &r);
        cr_expect(r.as_expected, "%s: %s", names[i], r.why);
    }
}

static const struct check_trail *trail_of(const struct check_report *r, const char *ids)
{
    for (unsigned i = 0; i < r->found; i++) {
        g_autofree char *id = g_strndup(r->text[i], strcspn(r->text[i], ":"));
        if (strstr(ids, id))
            return &r->trail[i];
    }
    return NULL;
}

Test(search, bugs_of_4_14_show_with_their_switch_and_only_then)
{
    static struct check_report r;
    enum apf_bug bug;
    unsigned rows = 0;

    for (unsigned i = 0; check_scope(i); i++) {
        const struct check_scope *s = check_scope(i);
        struct check_params p = s->params;
        if (!s->bug || p.host != APF_KERNEL_4_14)
            continue;
        cr_assert(apf_bug_parse(s->bug, &bug));
        cr_assert(check_search(&p, &limits, &r));
        check_judge(s, false, &r);
        cr_expect(r.as_expected, "%s off: %s", s->name, r.why);
        cr_expect_eq(r.result.stuck, 0, "%s off", s->name);
        p.bugs = apf_bug_bit(bug);
        cr_assert(check_search(&p, &limits, &r));
        check_judge(s, true, &r);
        cr_expect(r.as_expected, "%s on: %s", s->name, r.why);
        const struct check_trail *trail = trail_of(&r, s->broken);
        cr_expect(trail && trail->length <= 40, "%s: no short trail", s->name);
        rows++;
    }
    cr_assert_eq(rows, 8);
}

Test(search, counts_are_the_same_every_time)
{
    static struct check_report a, b;

    search("case-3", &a);
    search("case-3", &b);
    cr_assert_eq(a.result.states, b.result.states);
    cr_assert_eq(a.result.transitions, b.result.transitions);
    cr_assert_eq(a.result.stuck, b.result.stuck);
    cr_assert_eq(a.trail[0].length, b.trail[0].length);
    cr_assert_arr_eq(a.trail[0].move, b.trail[0].move, a.trail[0].length * sizeof(uint32_t));
}

Test(search, a_trail_plays_and_breaks_the_same)
{
    static struct check_report r;

    search("case-3", &r);
    struct check_run run = {.build = &check_small,
                            .params = &r.params,
                            .moves = r.trail[0].move,
                            .count = r.trail[0].length};
    unsigned length = run.count;
    cr_assert(check_play(&run));
    cr_assert_eq(run.count, length);
    cr_assert_eq(run.left_out, length);
    cr_assert_str_eq(run.broken, r.text[0]);
}

/* A move whose kind is none is never allowed. */
Test(search, the_first_move_that_a_trail_could_not_make_is_named)
{
    static struct check_report r;
    static uint32_t moves[64];

    search("case-3", &r);
    unsigned length = r.trail[0].length;
    cr_assert(length > 5 && length < 64);
    memcpy(moves, r.trail[0].move, length * sizeof *moves);
    moves[2] = moves[4] = 255;
    struct check_run run = {
        .build = &check_small, .params = &r.params, .moves = moves, .count = length};
    cr_assert(check_play(&run));
    cr_assert_lt(run.count, length - 1);
    cr_assert_eq(run.left_out, 2);
}

Test(search, a_random_run_shrinks_to_no_more_than_it_needs)
{
    static uint32_t moves[20000];
    struct check_params p = {.vcpus = 1,
                             .tasks = 8,
                             .faults = 4,
                             .host = APF_KERNEL_TIP,
                             .guest = APF_KERNEL_TIP,
                             .bugs = apf_bug_bit(APF_BUG_16),
                             .kernel_tasks = 1};
    struct check_run run = {
        .build = &check_large, .params = &p, .steps = 20000, .moves = moves, .limit = 20000};

    cr_assert(check_random(&run));
    cr_assert_not_null(run.broken);
    cr_assert(!strncmp(run.broken, "INV-6:", 6), "%s", run.broken);
    cr_assert(check_shrink(&run));
    cr_assert_leq(run.count, 40);
    cr_assert(check_play(&run));
    cr_assert(!strncmp(run.broken, "INV-6:", 6));
}

/* "K-3 repeated" stands for K-3. */
static void take_label(GHashTable *set, const char *id)
{
    g_hash_table_add(set, g_strndup(id, strcspn(id, " ")));
}

Test(search, every_rule_of_the_document_is_counted_or_left_out_for_a_reason)
{
    g_autoptr(GHashTable) ours = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *text = NULL;
    unsigned rows = 0;

    for (unsigned i = 0; i < CHECK_RULE_COUNT; i++)
        take_label(ours, check_rules[i].id);
    for (unsigned i = 0; check_rule_left_out(i); i++) {
        cr_expect_not(g_hash_table_contains(ours, check_rule_left_out(i)->id));
        take_label(ours, check_rule_left_out(i)->id);
    }
    cr_assert(g_file_get_contents(g_getenv("PROTOCOL_RULES"), &text, NULL, NULL));
    for (const char *at = text; at; at = strchr(at + 1, '\n')) {
        char label[8];
        if (sscanf(at, "\n| %7[KG0-9-] |", label) != 1 || strchr("KG", label[0]) == NULL)
            continue;
        cr_expect(g_hash_table_contains(ours, label), "%s is not listed", label);
        rows++;
    }
    cr_assert_eq(rows, g_hash_table_size(ours));
}

Test(search, every_invariant_says_where_it_is_checked)
{
    char id[16];
    unsigned i = 0;

    for (; check_invariant(i); i++) {
        snprintf(id, sizeof id, "INV-%u", i + 1);
        cr_assert_str_eq(check_invariant(i)->id, id);
    }
    cr_assert_eq(i, 40);
}

/* What is said to be asked in the host half is a row of its table. */
Test(search, invariants_of_the_host_half_are_there)
{
    for (unsigned i = 0; check_invariant(i); i++) {
        bool there = false;
        for (unsigned k = 0; apf_host_invariant(k); k++)
            there |= !strcmp(apf_host_invariant(k)->id, check_invariant(i)->id);
        bool said = strstr(check_invariant(i)->where, "host half") ||
                    strstr(check_invariant(i)->where, "both halves");
        cr_expect_eq(there, said, "%s: %s", check_invariant(i)->id, check_invariant(i)->where);
    }
}

/* Before 5.17 vCPU 4095 has a token of id 0, which is not 0. */
Test(search, all_ids_of_the_last_vcpu_survive_packing)
{
    static const enum apf_kernel kernels[] = {APF_KERNEL_5_10, APF_KERNEL_5_17};
    static struct check_report r;
    struct check_params p = scope("HOLE-9")->params;

    for (unsigned i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        p.host = p.guest = kernels[i];
        cr_assert(check_search(&p, &limits, &r));
        check_judge(scope("HOLE-9"), true, &r);
        cr_expect(r.as_expected, "%s: %s", apf_kernel_name(kernels[i]), r.why);
        cr_expect_gt(r.result.states, 500);
    }
}

/* A page that never comes is a cycle without end, and an error with the remedy of HOLE-12. */
Test(search, a_page_that_never_comes_is_told_by_the_remedy_alone)
{
    static struct check_report r;
    struct check_params p = scope("HOLE-12")->params;

    p.host = p.guest = APF_KERNEL_6_12;
    cr_assert(check_search(&p, &limits, &r));
    cr_assert_gt(r.result.stuck, 0);
    cr_assert_eq(r.rules >> CHECK_RULE_ERROR & 1, 0);
    p.fixes = apf_fix_bit(APF_FIX_12);
    cr_assert(check_search(&p, &limits, &r));
    cr_assert_eq(r.result.stuck, 0);
    cr_assert_eq(r.rules >> CHECK_RULE_ERROR & 1, 1);
}

/* Holes of L1 (2, 4, 5, 16): who waits is in the hash before interrupts open. */
Test(search, with_its_remedies_the_l1_role_has_no_stuck_state)
{
    static const char *const names[] = {"HOLE-2", "HOLE-4", "HOLE-5", "HOLE-16"};
    static struct check_report r;

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        struct check_params p = scope(names[i])->params;
        p.host = p.guest = APF_KERNEL_6_12;
        p.fixes = apf_fix_bit(APF_FIX_1) | apf_fix_bit(APF_FIX_5) | apf_fix_bit(APF_FIX_16);
        cr_assert(check_search(&p, &limits, &r));
        check_judge_clean(scope(names[i]), &r);
        cr_expect(r.as_expected, "%s: %s", names[i], r.why);
    }
}

static bool is_found(const struct check_report *r, const char *text)
{
    for (unsigned i = 0; i < r->found; i++)
        if (!strcmp(r->text[i], text))
            return true;
    return false;
}

/* Without its EOI the ready interrupt stays in service, and the next one is not taken. */
Test(search, an_interrupt_in_service_holds_the_next_one_back)
{
    static struct check_report r;
    struct check_params p = scope("BUG-19")->params;

    p.host = p.guest = APF_KERNEL_6_12;
    p.tasks = 2;
    cr_assert(check_search(&p, &limits, &r));
    cr_assert_eq(r.result.stuck, 0);
    p.bugs = apf_bug_bit(APF_BUG_19);
    cr_assert(check_search(&p, &limits, &r));
    cr_assert_gt(r.result.stuck, 0);
}

Test(search, a_scope_that_expects_something_names_the_weakness)
{
    unsigned expecting = 0;

    for (unsigned i = 0; check_scope(i); i++) {
        const struct check_scope *s = check_scope(i);
        bool expects = s->broken || s->known || s->stuck || s->unkicked;
        if (!s->bug) { /* the row of a switch has its name */
            cr_expect_eq(expects, s->cause != NULL, "%s", s->name);
            expecting += expects;
        }
    }
    cr_assert_gt(expecting, 20);
}

/* Properties that the checker asks itself, where something is known to break them. */
Test(search, what_the_checker_asks_itself_can_break)
{
    static const struct {
        const char *scope;
        enum apf_kernel host, guest;
        uint64_t bugs;
        const char *text;
    } rows[] = {
        {"HOLE-2", APF_KERNEL_5_13, APF_KERNEL_5_13, 0,
         "INV-15: not-present is handled before ready for the same token"},
        {"by-pf", APF_KERNEL_4_14, APF_KERNEL_6_12, 0,
         "INV-25: an artificial halt has something that ends it"},
        {"BUG-2", APF_KERNEL_4_14, APF_KERNEL_4_14, UINT64_C(1) << APF_BUG_2,
         "INV-22: a vCPU with completions is not blocked for good"},
        {"far-ids", APF_KERNEL_6_12, APF_KERNEL_6_12, 0,
         "INV-4: tokens in flight on different vCPUs differ"},
        {"HOLE-1", APF_KERNEL_6_12, APF_KERNEL_6_12, 0,
         "INV-8: a busy slot has its interrupt or its handler"},
        {"HOLE-8", APF_KERNEL_6_12, APF_KERNEL_6_12, 0,
         "INV-40: the kick filter is on only while an ACK is due"},
        {"HOLE-4", APF_KERNEL_6_12, APF_KERNEL_6_12, 0,
         "INV-39: offline wakes all whose ready would have come from that vCPU"},
        {"BUG-26", APF_KERNEL_6_12, APF_KERNEL_6_12, UINT64_C(1) << APF_BUG_26,
         "INV-29: a sleeper has its ready or a wake-all on its way"},
    };
    static struct check_report r;

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct check_params p = scope(rows[i].scope)->params;
        p.host = rows[i].host;
        p.guest = rows[i].guest;
        p.bugs |= rows[i].bugs;
        cr_assert(check_search(&p, &limits, &r));
        cr_expect(is_found(&r, rows[i].text), "%s: %s", rows[i].scope, rows[i].text);
    }
}

/* ---- the judge ---- */

static const char *verdict(const struct check_scope *s, bool with, struct check_report r)
{
    static struct check_report judged;

    judged = r;
    check_judge(s, with, &judged);
    cr_expect_eq(judged.as_expected, judged.why == NULL);
    return judged.why ? judged.why : "good";
}

#define FOUND(...)                                                                                 \
    .found = sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *), .text = {__VA_ARGS__}

Test(search, the_judge_of_a_scope_misses_nothing)
{
    const struct check_scope clean = {.name = "clean", .known = "INV-40"};
    const struct check_scope hole = {
        .name = "hole", .broken = "INV-8", .stuck = true, .unkicked = true};

    cr_expect_str_eq(verdict(&clean, true, (struct check_report){0}), "good");
    cr_expect_str_eq(verdict(&clean, true, (struct check_report){FOUND("INV-40: x")}), "good");
    cr_expect_str_eq(verdict(&clean, true, (struct check_report){FOUND("INV-4: x")}), "INV-4: x");
    cr_expect_str_eq(verdict(&clean, true, (struct check_report){.result.stuck = 1}),
                     "stuck states");
    cr_expect_str_eq(verdict(&clean, true, (struct check_report){.result.marked = 1}),
                     "un-kicked states");
    cr_expect_str_eq(verdict(&clean, true, (struct check_report){FOUND("DEFECT: x")}), "DEFECT: x");
    cr_expect_str_eq(verdict(&clean, true, (struct check_report){.result.outcome = EXPLORE_MEMORY}),
                     "not exhausted: memory");
    cr_expect_str_eq(
        verdict(&clean, true, (struct check_report){.result.outcome = EXPLORE_STOPPED}),
        "not exhausted: time");
    cr_expect_str_eq(
        verdict(&hole, true,
                (struct check_report){FOUND("INV-8: x"), .result.stuck = 1, .result.marked = 1}),
        "good");
    cr_expect_str_eq(
        verdict(&hole, true, (struct check_report){.result.stuck = 1, .result.marked = 1}),
        "the known hole does not show");
    cr_expect_str_eq(
        verdict(&hole, true, (struct check_report){FOUND("INV-8: x"), .result.marked = 1}),
        "no stuck state");
    cr_expect_str_eq(
        verdict(&hole, true, (struct check_report){FOUND("INV-8: x"), .result.stuck = 1}),
        "no un-kicked state");
}

Test(search, the_judge_of_a_switch_looks_at_both_sides_and_at_all_that_breaks)
{
    const struct check_scope s = {.name = "s",
                                  .bug = "BUG-1",
                                  .broken = "INV-8",
                                  .known = "INV-40",
                                  .with = "INV-29",
                                  .left = "INV-31: a dummy",
                                  .stuck = true};
    struct check_scope left = s, kick = {.name = "k", .bug = "BUG-28", .broken = "un-kicked"};
    const struct check_report with = {FOUND("INV-8: x", "INV-29: x", "INV-40: x"),
                                      .result.stuck = 3};
    struct check_report r = with;

    cr_expect_str_eq(verdict(&s, true, with), "good");
    cr_expect_str_eq(verdict(&s, false, with), "found although the switch is off");
    r.text[1] = "INV-30: x";
    cr_expect_str_eq(verdict(&s, true, r), "INV-30: x");
    r = with;
    r.result.stuck = 0;
    cr_expect_str_eq(verdict(&s, true, r), "no stuck state");
    r = with;
    r.result.marked = 1;
    cr_expect_str_eq(verdict(&s, true, r), "un-kicked states");
    cr_expect_str_eq(verdict(&s, true, (struct check_report){.result.stuck = 3}), "not found");
    cr_expect_str_eq(verdict(&s, false, (struct check_report){FOUND("INV-40: x")}), "good");
    cr_expect_str_eq(verdict(&s, false, (struct check_report){FOUND("INV-31: a dummy")}), "good");
    cr_expect_str_eq(verdict(&s, false, (struct check_report){FOUND("INV-31: y")}), "INV-31: y");
    cr_expect_str_eq(verdict(&s, false, (struct check_report){FOUND("INV-29: x")}), "INV-29: x");
    cr_expect_str_eq(verdict(&s, false, (struct check_report){.result.stuck = 1}), "stuck states");
    cr_expect_str_eq(verdict(&s, false, (struct check_report){.result.marked = 1}),
                     "un-kicked states");
    left.stuck_without = true;
    cr_expect_str_eq(verdict(&left, false, (struct check_report){.result.stuck = 1}), "good");
    cr_expect_str_eq(verdict(&left, false, (struct check_report){0}), "no stuck state");
    cr_expect_str_eq(verdict(&kick, true, (struct check_report){.result.marked = 1}), "good");
    cr_expect_str_eq(verdict(&kick, true, (struct check_report){0}), "not found");
    cr_expect_str_eq(verdict(&kick, false, (struct check_report){.result.marked = 1}),
                     "found although the switch is off");
}

Test(search, the_clean_judge_takes_stuck_and_unkicked_states_for_what_they_are)
{
    const struct check_scope s = {.name = "s", .known = "INV-40", .stuck = true, .unkicked = true};
    static struct check_report r;

    check_judge_clean(&s, &r);
    cr_expect(r.as_expected);
    r = (struct check_report){.result.stuck = 1};
    check_judge_clean(&s, &r);
    cr_expect_str_eq(r.why, "stuck states");
    r = (struct check_report){.result.marked = 1};
    check_judge_clean(&s, &r);
    cr_expect_str_eq(r.why, "un-kicked states");
    r = (struct check_report){FOUND("INV-40: x", "INV-4: x")};
    check_judge_clean(&s, &r);
    cr_expect_str_eq(r.why, "INV-4: x");
}

Test(search, switches_that_no_search_shows_have_no_row)
{
    unsigned i = 0;

    for (; check_unshown(i); i++)
        for (unsigned k = 0; check_scope(k); k++)
            cr_expect(!check_scope(k)->bug || strcmp(check_scope(k)->bug, check_unshown(i)->id));
    cr_assert_eq(i, 4);
}
