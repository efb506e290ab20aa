/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_cycles.c - the protocol on the real KVM of this machine: each case of `sim calibrate --case`
 *
 * cal_case_run() compares tokens, order and outcomes with apf's host half, and the counts of the
 * guest's log with the case's row; here each case is a test, by its name.
 * Without /dev/kvm or userfaultfd the suite is skipped, by name: exit status 77.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "cal_case.h"
#include "cal_need.h"

static struct cal_case_result result;

static bool can_run(struct cal_error *error)
{
    int kvm = cal_open_kvm(error), uffd = kvm < 0 ? -1 : cal_open_userfaultfd(error);

    if (kvm >= 0)
        close(kvm);
    if (uffd >= 0)
        close(uffd);
    return uffd >= 0;
}

static void run_case(const char *name)
{
    const struct cal_case *c = cal_case_find(name);
    struct cal_error error = {CAL_OK, ""};

    cr_assert(c, "%s", name);
    cr_assert(cal_case_run(&result, c, NULL, &error), "%s", error.text);
    cr_expect_str_eq(result.wrong, "", "%s: %s", c->text, result.wrong);
}

Test(cycles, a_touch_is_announced_and_its_task_woken_by_the_same_token)
{
    run_case("full-cycle");
    cr_expect_eq(result.cycles, 20);
}

Test(cycles, each_vcpu_has_its_own_tokens)
{
    run_case("two-vcpus");
    cr_expect_eq(result.cycles, 40);
}

Test(cycles, a_guest_that_has_not_enabled_apf_is_halted_and_serves_interrupts)
{
    run_case("halt");
    /* A vCPU that waits synchronously has none; a busy host hides some. */
    cr_expect_eq(result.count[CAL_N_halt] + result.count[CAL_N_sync], 20);
}

Test(cycles, with_interrupts_off_the_vcpu_waits)
{
    run_case("irq-off");
    cr_expect_eq(result.count[CAL_N_sync], 20);
}

Test(cycles, the_65th_outstanding_page_is_waited_for)
{
    run_case("limit");
    cr_expect_eq(result.cycles, APF_LIMIT);
}

Test(cycles, a_page_in_flight_is_announced_once)
{
    run_case("repeated");
    cr_expect_eq(result.count[CAL_N_announced], 1);
}

Test(cycles, enabling_again_wakes_all_and_the_page_still_comes)
{
    run_case("wake-all");
    cr_expect_eq(result.count[CAL_N_wake_all], 2);
}

Test(cycles, without_ack_a_halted_guest_sleeps_on)
{
    run_case("no-ack");
}

Test(cycles, a_slot_left_full_over_off_and_on_is_the_end_of_ready)
{
    run_case("slot-left");
    cr_expect(result.count[CAL_N_hung]);
}

Test(cycles, a_slot_emptied_before_on_is_not)
{
    run_case("slot-zeroed");
    cr_expect_not(result.count[CAL_N_hung]);
}

Test(cycles, a_reset_leaves_a_halted_vcpu_halted_and_no_other)
{
    run_case("reset-halted");
    cr_expect(result.count[CAL_N_hung]);
    run_case("reset-told");
    cr_expect_not(result.count[CAL_N_hung]);
}

/* A row that asks for something else is told so: the judgement can fail. */
Test(cycles, a_wrong_count_is_said)
{
    struct cal_case c = *cal_case_find("full-cycle");
    struct cal_error error = {CAL_OK, ""};

    c.want[CAL_N_announced].n = 19;
    cr_assert(cal_case_run(&result, &c, NULL, &error), "%s", error.text);
    cr_expect_str_eq(result.wrong, "announced is 20, want 19");
    c.want[CAL_N_announced] = (struct cal_want){CAL_WANT_MIN, 21};
    cr_assert(cal_case_run(&result, &c, NULL, &error), "%s", error.text);
    cr_expect_str_eq(result.wrong, "announced is 20, want at least 21");
}

int main(int argc, char **argv)
{
    struct cal_error error = {CAL_OK, ""};
    struct criterion_test_set *tests;
    int result_code = 0;

    if (!can_run(&error)) {
        printf("skipped: calibrate_cycles (%s)\n", error.text);
        return 77;
    }
    tests = criterion_initialize();
    if (criterion_handle_args(argc, argv, true))
        result_code = !criterion_run_all_tests(tests);
    criterion_finalize(tests);
    return result_code;
}
