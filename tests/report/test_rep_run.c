/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_rep_run.c - notes by hand in, one result out */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <string.h>

#include "rep_run.h"

/* Two vCPUs, three tasks: two of kind 0, one of kind 1. */
static const uint32_t kinds[] = {0, 0, 1};
static const struct rep_shape shape = {
    .vcpus = 2, .kinds = 2, .whys = 4, .tasks = 3, .task_kind = kinds, .kind_tasks = {2, 1}};

static void say(struct rep_run *run, sim_ns when, enum sim_note_kind kind, uint64_t a, uint64_t b,
                uint64_t c, uint64_t d)
{
    struct sim_observer *o = rep_run_observer(run);
    const struct sim_note n = {.when = when, .kind = kind, .a = a, .b = b, .c = c, .d = d};

    bool asked_for = o->kinds >> kind & 1;

    cr_assert(asked_for, "the observer asks for this kind");
    o->by_kind[kind](o, &n);
}

/* 1000 ns measured from 100 on, all of it user time. */
static void begin(struct rep_run *run)
{
    say(run, 100, NOTE_MEASURE_BEGIN, 0, 0, 0, 0);
}

static struct rep_result *end(struct rep_run *run, uint64_t user0, uint64_t user1)
{
    struct rep_result *r;

    say(run, 1100, NOTE_VCPU_SEGMENT, 0, LEDGER_USER, user0, 0);
    say(run, 1100, NOTE_VCPU_SEGMENT, 1, LEDGER_USER, user1, 0);
    say(run, 1100, NOTE_MEASURE_END, 0, 0, 0, 0);
    r = rep_run_finish(run, SIM_HORIZON, "");
    rep_run_destroy(run);
    return r;
}

Test(rep_run, a_ledger_that_sums_to_the_wall_is_good)
{
    struct rep_run *run = rep_run_create(&shape);
    struct rep_result *r;

    say(run, 100, NOTE_VCPU_SEGMENT, 0, LEDGER_EXIT, 100, 0); /* warm-up: does not count */
    begin(run);
    say(run, 300, NOTE_VCPU_SEGMENT, 0, LEDGER_IDLE, 200, 0);
    r = end(run, 800, 1000);
    cr_assert(eq(int, (int)r->outcome, SIM_HORIZON), "%s", r->text);
    cr_assert(eq(u64, r->wall, 1000));
    cr_assert(eq(u64, r->ledger[0][LEDGER_IDLE], 200));
    cr_assert(eq(u64, r->ledger[0][LEDGER_EXIT], 0));
    cr_assert(eq(u64, rep_ledger_sum(r, LEDGER_USER), 1800));
    rep_result_destroy(r);
}

Test(rep_run, a_nanosecond_missing_from_the_ledger_is_a_broken_run)
{
    struct rep_run *run = rep_run_create(&shape);
    struct rep_result *r;

    begin(run);
    r = end(run, 1000, 999);
    cr_assert(eq(int, (int)r->outcome, SIM_BROKEN));
    cr_assert(eq(str, r->text, "ledger: vCPU 1 accounts for 999 ns of 1000 ns"));
    rep_result_destroy(r);
}

/* Books of one shared host CPU: user time, and the rest idle. */
static struct rep_result *end_shared(uint64_t booked_user, uint64_t idle)
{
    struct rep_shape shared = shape;
    struct rep_run *run;

    shared.host_cpus = 1;
    run = rep_run_create(&shared);
    say(run, 100, NOTE_HOST_SEGMENT, 0, HOST_IDLE, 100, 0); /* warm-up */
    begin(run);
    say(run, 1100, NOTE_VCPU_SEGMENT, 0, LEDGER_STOLEN, 700, 0);
    say(run, 1100, NOTE_VCPU_SEGMENT, 1, LEDGER_STOLEN, 600, 0);
    say(run, 1100, NOTE_HOST_SEGMENT, 0, HOST_GUEST_USER, booked_user, 0);
    say(run, 1100, NOTE_HOST_SEGMENT, 0, HOST_IDLE, idle, 0);
    return end(run, 300, 400);
}

Test(rep_run, the_host_s_books_are_whole_and_agree_with_the_vcpus)
{
    struct rep_result *good = end_shared(700, 300), *less = end_shared(700, 299);
    struct rep_result *other = end_shared(701, 299);

    cr_assert(eq(int, (int)good->outcome, SIM_HORIZON), "%s", good->text);
    cr_assert(eq(u64, rep_host_sum(good, HOST_IDLE), 300));
    cr_assert(eq(int, (int)less->outcome, SIM_BROKEN));
    cr_assert(eq(str, less->text, "host's books: CPU 0 accounts for 999 ns of 1000 ns"));
    cr_assert(eq(int, (int)other->outcome, SIM_BROKEN));
    cr_assert(
        eq(str, other->text, "host's books: guests' user time is 701 ns, the vCPUs say 700 ns"));
    rep_result_destroy(good);
    rep_result_destroy(less);
    rep_result_destroy(other);
}

Test(rep_run, a_run_that_never_closed_its_measurement_is_not_good)
{
    struct rep_run *run = rep_run_create(&shape);
    struct rep_result *r;

    begin(run);
    r = rep_run_finish(run, SIM_HORIZON, "");
    cr_assert(eq(int, (int)r->outcome, SIM_BROKEN));
    rep_run_destroy(run);
    rep_result_destroy(r);
}

Test(rep_run, a_bad_outcome_keeps_its_own_text)
{
    struct rep_run *run = rep_run_create(&shape);
    struct rep_result *r = rep_run_finish(run, SIM_DEADLOCK, "task 3 waits for ever");

    cr_assert(eq(int, (int)r->outcome, SIM_DEADLOCK));
    cr_assert(eq(str, r->text, "task 3 waits for ever"));
    rep_run_destroy(run);
    rep_result_destroy(r);
}

/* Each row: outcome, reason, whether the books balance with it. */
Test(rep_run, every_access_that_needed_io_is_delivered_or_has_one_reason)
{
    static const struct {
        enum outcome outcome;
        uint64_t why;
        bool good;
    } rows[] = {
        {OUTCOME_RESIDENT, 0, true},      {OUTCOME_RESIDENT, 1, false},
        {OUTCOME_MINOR, 0, true},         {OUTCOME_MINOR, 2, false},
        {OUTCOME_INLINE, 2, true},        {OUTCOME_INLINE, 0, false},
        {OUTCOME_DELIVERED, 0, true},     {OUTCOME_DELIVERED, 1, false},
        {OUTCOME_HALTED, 1, true},        {OUTCOME_HALTED, 0, false},
        {OUTCOME_SYNC, 3, true},          {OUTCOME_SYNC, 0, false},
        {OUTCOME_SYNC_PREFAULT, 3, true}, {OUTCOME_SYNC_PREFAULT, 0, false},
        {OUTCOME_STALE, 0, true},         {OUTCOME_STALE, 3, false},
        {OUTCOME_ERROR, 1, true},         {OUTCOME_ERROR, 0, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rep_run *run = rep_run_create(&shape);
        struct rep_result *r;

        begin(run);
        say(run, 200, NOTE_ACCESS, 0, 0, rows[i].outcome, rows[i].why);
        r = end(run, 1000, 1000);
        cr_assert(eq(int, rep_outcome_good(r->outcome), rows[i].good), "row %zu: %s", i, r->text);
        if (rows[i].good)
            cr_assert(
                eq(u64, rep_io_count(r), r->outcome_count[OUTCOME_DELIVERED] + rep_why_sum(r)));
        rep_result_destroy(r);
    }
}

Test(rep_run, only_measured_time_is_counted)
{
    struct rep_run *run = rep_run_create(&shape);
    struct rep_result *r;

    for (unsigned twice = 0; twice < 2; twice++) {
        say(run, 90 + twice * 20, NOTE_ATTEMPT, 0, 0, twice, 7);
        say(run, 90 + twice * 20, NOTE_TASK_ITERATION, 1, 5, 0, 0);
        say(run, 90 + twice * 20, NOTE_TASK_RAN, 2, 30, 0, 0);
        say(run, 90 + twice * 20, NOTE_LATENCY, LATENCY_WAKE_TO_RUN, 50, 0, 2);
        say(run, 90 + twice * 20, NOTE_APF_QUEUED, 1, 9 - twice, 0, 0);
        if (!twice)
            begin(run);
    }
    r = end(run, 1000, 1000);
    cr_assert(eq(u64, r->attempts, 1));
    cr_assert(eq(u64, r->attempts_repeated, 1));
    cr_assert(eq(u64, r->task[0].iterations, 5));
    cr_assert(eq(u64, r->task[1].cpu_ns, 30));
    cr_assert(eq(u64, r->task[1].wake.count, 1));
    cr_assert(eq(u64, r->task[0].wake.count, 0));
    cr_assert(eq(u64, r->latency[LATENCY_WAKE_TO_RUN].sum_low, 50));
    cr_assert(eq(u64, r->apf_most, 8));
    rep_result_destroy(r);
}

/* A request in service across each edge counts with the part that lies inside. */
Test(rep_run, the_disk_is_busy_and_queues_by_the_clock)
{
    struct rep_run *run = rep_run_create(&shape);
    struct rep_result *r;

    say(run, 50, NOTE_DISK_SUBMIT, 0, 8, 0, 0);
    say(run, 50, NOTE_DISK_START, 0, 0, 0, 0);
    say(run, 80, NOTE_DISK_SUBMIT, 0, 1, 1, 1);
    begin(run); /* at 100: one in service, one waits */
    say(run, 300, NOTE_DISK_DONE, 0, 0, 0, 250);
    say(run, 300, NOTE_DISK_START, 0, 0, 1, 220);
    say(run, 400, NOTE_DISK_DONE, 0, 0, 1, 100);
    say(run, 1000, NOTE_DISK_SUBMIT, 0, 4, 0, 0);
    say(run, 1000, NOTE_DISK_START, 0, 0, 0, 0);
    r = end(run, 1000, 1000); /* at 1100: one in service */
    cr_assert(eq(u64, r->disk[0].busy_ns, 200 + 100 + 100));
    cr_assert(eq(u64, r->disk[0].waiting_ns, 200));
    cr_assert(eq(u64, r->disk[0].requests[0], 1));
    cr_assert(eq(u64, r->disk[0].pages[0], 4));
    cr_assert(eq(u64, r->disk[0].requests[1], 0), "submitted before the measurement");
    cr_assert(eq(u64, r->latency[LATENCY_DISK_SERVICE].count, 2));
    cr_assert(eq(u64, r->latency[LATENCY_DISK_WAIT].greatest, 220));
    rep_result_destroy(r);
}

Test(rep_run, outstanding_faults_are_weighted_by_time)
{
    struct rep_run *run = rep_run_create(&shape);
    struct rep_result *r;

    say(run, 10, NOTE_IN_FLIGHT, 2, 0, 0, 0);
    begin(run);
    say(run, 200, NOTE_IN_FLIGHT, 5, 0, 0, 0); /* 2 x 100 */
    say(run, 300, NOTE_IN_FLIGHT, 1, 0, 0, 0); /* 5 x 100 */
    for (int i = 0; i < 4; i++)
        say(run, 300, NOTE_LATENCY, LATENCY_FAULT, i < 2 ? 290 : 100, 0, 0);
    r = end(run, 1000, 1000); /* 1 x 800 */
    cr_assert(eq(u64, r->flow.in_flight_ns, 200 + 500 + 800));
    cr_assert(eq(u64, r->flow.waited_before, 2 * 90));
    cr_assert(eq(u64, r->flow.waited_so_far, 900));
    cr_assert(eq(u64, r->latency[LATENCY_FAULT].sum_low + 900, 1500 + 2 * 90), "Little, exactly");
    cr_assert(eq(u64, r->flow.most, 5));
    rep_result_destroy(r);
}

/* Three pages come in all, one of them during warm-up. */
Test(rep_run, all_memory_has_come_with_the_last_page_of_the_monitor)
{
    struct rep_shape remote = shape;

    remote.remote_pages = 3;
    for (uint32_t reclaim = 0; reclaim < 2; reclaim++) {
        struct rep_run *run = rep_run_create(&remote);
        struct rep_result *r;

        say(run, 70, NOTE_UFFD_COPY, 9, 0, 0, 0);
        begin(run);
        say(run, 200, NOTE_UFFD_COPY, 7, 1, 0, 0);
        if (reclaim)
            say(run, 210, NOTE_RECLAIM, 9, RECLAIMER_DIRECT, 0, 0);
        say(run, 300, NOTE_UFFD_COPY, 8, 0, 0, 0);
        say(run, 400, NOTE_UFFD_COPY, 9, 0, 0, 0);
        r = end(run, 1000, 1000);
        cr_assert(eq(u32, r->all_came, !reclaim));
        cr_assert(eq(u64, r->all_came_ns, reclaim ? 0 : 300));
        cr_assert(eq(u64, r->memory[REP_MEMORY_PREFETCHED], 1));
        rep_result_destroy(r);
    }
}

Test(rep_run, a_kind_is_complete_when_its_last_task_has_ended)
{
    struct rep_run *run = rep_run_create(&shape);
    struct rep_result *r;

    say(run, 70, NOTE_TASK_EXIT, 0, 0, 0, 0); /* one of the two of kind 0, in warm-up */
    begin(run);
    say(run, 500, NOTE_TASK_EXIT, 1, 0, 0, 0);
    r = end(run, 1000, 1000);
    cr_assert(eq(u32, r->task[0].completed, 1));
    cr_assert(eq(u64, r->task[0].completion_ns, 500));
    cr_assert(eq(u32, r->task[1].completed, 0));
    rep_result_destroy(r);
}

/* The observer's percentiles are the histogram's: exact below 256, within 1/256 above. */
Test(rep_run, percentiles_are_those_of_the_values_said)
{
    struct rep_run *run = rep_run_create(&shape);
    struct rep_result *r;

    begin(run);
    for (uint64_t i = 1; i <= 1000; i++)
        say(run, 200, NOTE_LATENCY, LATENCY_FAULT, i * 1000, 0, 0);
    r = end(run, 1000, 1000);
    for (uint32_t p = 1; p < 1000; p++) {
        double got = (double)sim_hist_percentile(&r->latency[LATENCY_FAULT], p * 1000);

        cr_assert(got > p * 1000 * (1 - 1 / 256.0) && got < p * 1000 * (1 + 1 / 256.0), "%u: %g", p,
                  got);
    }
    cr_assert(eq(u64, r->latency[LATENCY_FAULT].greatest, 1000000));
    rep_result_destroy(r);
}

Test(rep_run, a_note_about_a_task_that_does_not_exist_is_our_bug, .signal = SIGABRT)
{
    struct rep_run *run = rep_run_create(&shape);

    begin(run);
    say(run, 200, NOTE_TASK_RAN, 3, 1, 0, 0);
}
