/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_cycles.c - the protocol on the real KVM of this machine, case by case
 *
 * Each case runs the freestanding guest and asks its log: what was announced, in which order, and
 * who waited. cal_run() has compared tokens, order and outcomes with apf's host half by then.
 * Without /dev/kvm or userfaultfd the suite is skipped, by name: exit status 77.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "cal_need.h"
#include "cal_run.h"

#define APF_ON (APF_EN_ENABLED | APF_EN_DELIVERY_AS_INT)
#define MS     1000000u

static struct cal_run run;
static struct cal_check checked;
static struct cal_memory memory;
static unsigned together; /* the monitor waits for so many pages, then brings them all */

static bool can_run(struct cal_error *error)
{
    int kvm = cal_open_kvm(error), uffd = kvm < 0 ? -1 : cal_open_userfaultfd(error);

    if (kvm >= 0)
        close(kvm);
    if (uffd >= 0)
        close(uffd);
    return uffd >= 0;
}

static void run_case(struct cal_run_order *o, uint64_t delay_ns)
{
    struct cal_memory_order mo = {.backing = CAL_BACK_UFFD,
                                  .pages = 1024,
                                  .delay_ns = delay_ns,
                                  .batch = together,
                                  .parallelism = GUEST_TASKS_MAX};
    struct cal_error error = {CAL_OK, ""};
    struct cal_host host;

    cal_host_describe(&host);
    checked.kernel = cal_check_kernel(host.kernel);
    o->vcpus = o->vcpus ? o->vcpus : 1;
    if (!o->no_ack)
        o->check = &checked;
    cr_assert(cal_memory_make(&memory, &mo, &error), "%s", error.text);
    cr_assert(cal_run(&run, o, &memory, NULL, &error), "%s", error.text);
}

static void end_case(void)
{
    cal_run_free(&run);
    cal_memory_free(&memory);
}

static struct guest_task_order toucher(uint64_t first, uint32_t count)
{
    return (struct guest_task_order){
        .kind = GUEST_TOUCH, .first = first, .count = count, .stride = 1};
}

/* Records of that kind up to the first of another kind; 0 = to the end. */
static unsigned count_until(enum guest_code code, enum guest_code stop)
{
    unsigned n = 0;

    for (size_t i = 0; i < run.log[0].count; i++) {
        const struct guest_rec *r = &run.log[0].rec[i];

        if (stop && r->code == stop && r->a != APF_TOKEN_WAKE_ALL)
            break;
        n += r->code == code;
    }
    return n;
}

Test(cycles, a_touch_is_announced_and_its_task_woken_by_the_same_token)
{
    struct cal_run_order o = {.tasks = 2, .en_bits = APF_ON, .preempt = true};

    o.task[0] = toucher(0, 20);
    o.task[1] = (struct guest_task_order){.kind = GUEST_SPIN};
    run_case(&o, MS / 2);
    cr_expect_eq(cal_log_class_count(&run.log[0], CAL_ASYNC), 20);
    cr_expect_eq(checked.cycles, 20);
    cr_expect_gt(run.spins[1], 0, "the other task ran meanwhile");
    end_case();
}

Test(cycles, enabling_wakes_all_before_anything_else)
{
    struct cal_run_order o = {.tasks = 1, .en_bits = APF_ON, .preempt = true};
    uint64_t first = 0;

    o.task[0] = toucher(0, 3);
    run_case(&o, MS / 2);
    for (size_t i = 0; i < run.log[0].count && !first; i++)
        if (run.log[0].rec[i].code == GUEST_L_READY)
            first = run.log[0].rec[i].a;
    cr_expect_eq(first, APF_TOKEN_WAKE_ALL);
    cr_expect_eq(run.log[0].wake_alls, 1);
    end_case();
}

Test(cycles, each_vcpu_has_its_own_tokens)
{
    struct cal_run_order o = {.tasks = 4, .vcpus = 2, .en_bits = APF_ON, .preempt = true};

    for (uint32_t cpu = 0; cpu < 2; cpu++) {
        o.task[2 * cpu] = toucher(100 * cpu, 20);
        o.task[2 * cpu + 1] = (struct guest_task_order){.kind = GUEST_SPIN};
        o.task[2 * cpu].cpu = o.task[2 * cpu + 1].cpu = cpu;
    }
    run_case(&o, MS / 2);
    for (uint32_t cpu = 0; cpu < 2; cpu++)
        for (size_t i = 0; i < run.log[cpu].touches; i++)
            cr_expect_eq(run.log[cpu].touch[i].token & 0xfff, cpu);
    cr_expect_eq(checked.cycles, 40);
    end_case();
}

Test(cycles, a_guest_that_has_not_enabled_apf_is_halted_and_serves_interrupts)
{
    size_t halted = 0;

    /* A vCPU that waits synchronously has none; a busy host hides some: so several times. */
    for (unsigned round = 0; round < 10 && halted < 5; round++) {
        struct cal_run_order o = {.tasks = 1, .slice_ns = MS / 5, .ticks_logged = true};

        o.task[0] = toucher(0, 20);
        run_case(&o, 5 * MS);
        cr_expect_eq(count_until(GUEST_L_NOT_PRESENT, 0), 0);
        cr_expect_eq(count_until(GUEST_L_READY, 0), 0);
        cr_expect_eq(checked.others, 20 * (round + 1));
        halted += cal_log_class_count(&run.log[0], CAL_HALT);
        end_case();
    }
    cr_expect_geq(halted, 5);
}

Test(cycles, with_interrupts_off_the_vcpu_waits)
{
    struct cal_run_order o = {
        .tasks = 1, .en_bits = APF_ON, .slice_ns = MS / 5, .ticks_logged = true, .irq_off = 1};

    o.task[0] = toucher(0, 20);
    o.task[0].flags = GUEST_F_IRQ_OFF;
    run_case(&o, 5 * MS);
    cr_expect_eq(count_until(GUEST_L_NOT_PRESENT, 0), 0);
    cr_expect_eq(cal_log_class_count(&run.log[0], CAL_SYNC), 20);
    end_case();
}

Test(cycles, the_65th_outstanding_page_is_waited_for)
{
    struct cal_run_order o = {.en_bits = APF_ON, .preempt = true};

    for (o.tasks = 0; o.tasks <= APF_LIMIT; o.tasks++)
        o.task[o.tasks] = toucher(o.tasks, 1);
    together = APF_LIMIT + 1; /* none comes before the last one is asked for */
    run_case(&o, 5 * MS);
    cr_expect_eq(count_until(GUEST_L_NOT_PRESENT, GUEST_L_READY), APF_LIMIT);
    cr_expect_eq(cal_log_class_count(&run.log[0], CAL_ASYNC), APF_LIMIT);
    cr_expect_eq(cal_log_class_count(&run.log[0], CAL_WAITED), 1);
    end_case();
}

Test(cycles, a_page_in_flight_is_announced_once)
{
    struct cal_run_order o = {.tasks = 2, .en_bits = APF_ON, .preempt = true};

    o.task[0] = o.task[1] = toucher(7, 1);
    run_case(&o, 1000 * MS);
    cr_expect_eq(count_until(GUEST_L_NOT_PRESENT, 0), 1);
    cr_expect_eq(cal_log_class_count(&run.log[0], CAL_ASYNC), 1);
    cr_expect_eq(cal_log_class_count(&run.log[0], CAL_WAITED), 1);
    end_case();
}

/*
 * K-16: the worker kicks only when no ready is pending, and nobody ends that without an ACK. An
 * exit that comes for another reason may still save the guest: so several times.
 */
Test(cycles, without_ack_a_halted_guest_sleeps_on)
{
    unsigned hung = 0;

    together = 8;
    for (unsigned round = 0; round < 20 && !hung; round++) {
        struct cal_run_order o = {
            .en_bits = APF_ON, .preempt = true, .no_ack = true, .limit_ms = 500, .may_hang = true};

        for (o.tasks = 0; o.tasks < 8; o.tasks++)
            o.task[o.tasks] = toucher(o.tasks, 1);
        run_case(&o, 5 * MS);
        cr_expect_eq(count_until(GUEST_L_NOT_PRESENT, 0), 8);
        cr_expect_eq(run.hung, count_until(GUEST_L_READY, 0) < 9);
        hung += run.hung;
        end_case();
    }
    cr_expect_geq(hung, 1, "eight pages come together: one ready, and nobody to kick for the rest");
}

int main(int argc, char **argv)
{
    struct cal_error error = {CAL_OK, ""};
    struct criterion_test_set *tests;
    int result = 0;

    if (!can_run(&error)) {
        printf("skipped: calibrate_cycles (%s)\n", error.text);
        return 77;
    }
    tests = criterion_initialize();
    if (criterion_handle_args(argc, argv, true))
        result = !criterion_run_all_tests(tests);
    criterion_finalize(tests);
    return result;
}
