/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_tasks.c - what tasks do: patterns and the step interpreter
 */
#include <criterion/criterion.h>
#include <string.h>

#include "fake_machine.h"
#include "sim_variate.h"
#include "task_queue.h"
#include "tasks.h"

static struct params p;
static struct task_kind kind;
static struct pattern_cursor cursor[STEPS_MAX];
static struct task task;

static struct step_params *touch_step(struct task_params *tp, enum pattern pattern)
{
    struct step_params *s = fake_step(tp, STEP_TOUCH);

    s->pattern = pattern;
    return s;
}

static void start(uint32_t k)
{
    cr_assert(task_kind_init(&kind, &p, k, NULL));
    task_init(&task, &kind, cursor, 1, 0, 0, 1);
}

static void pattern_of(struct touch_pattern *pt, struct pattern_cursor *c,
                       const struct step_params *s)
{
    cr_assert(pattern_init(pt, &p, s, NULL));
    pattern_start(pt, c, 7, 0, 0, 0, 1);
}

static uint32_t draw(const struct touch_pattern *pt, struct pattern_cursor *c)
{
    struct pattern_touch t;

    pattern_next(pt, c, &t);
    return t.page;
}

Test(pattern, cyclic_goes_round_its_span_from_the_first_page)
{
    struct touch_pattern pt;
    struct pattern_cursor c;
    struct step_params *s;

    fake_params(&p);
    s = touch_step(fake_task(&p), PATTERN_CYCLIC);
    s->first = 10 * PAGE_BYTES;
    s->span = 6 * PAGE_BYTES;
    s->stride = 2;
    pattern_of(&pt, &c, s);
    static const uint32_t expected[] = {10, 12, 14, 10, 12, 14};
    for (unsigned i = 0; i < 6; i++)
        cr_assert_eq(draw(&pt, &c), expected[i], "touch %u", i);
    pattern_finish(&pt);
}

Test(pattern, sequential_tasks_start_evenly_apart_and_go_round)
{
    struct touch_pattern pt;
    struct pattern_cursor c;

    fake_params(&p);
    cr_assert(pattern_init(&pt, &p, touch_step(fake_task(&p), PATTERN_SEQUENTIAL), NULL));
    for (uint32_t nth = 0; nth < 4; nth++) {
        pattern_start(&pt, &c, 7, nth, 0, nth, 4);
        for (uint32_t i = 0; i < 256; i++)
            cr_assert_eq(draw(&pt, &c), (nth * 64 + i) % 256);
    }
    pattern_finish(&pt);
}

Test(pattern, uniform_passes_a_chi_square_test)
{
    static uint32_t seen[256];
    struct touch_pattern pt;
    struct pattern_cursor c;
    double chi2 = 0, expected = 100;

    fake_params(&p);
    pattern_of(&pt, &c, touch_step(fake_task(&p), PATTERN_UNIFORM));
    for (uint32_t i = 0; i < 25600; i++)
        seen[draw(&pt, &c)]++;
    for (uint32_t i = 0; i < 256; i++)
        chi2 += (seen[i] - expected) * (seen[i] - expected) / expected;
    /* 255 degrees of freedom: 0.1 % and 99.9 % quantiles. */
    cr_assert(chi2 > 189 && chi2 < 331, "chi2 %f", chi2);
    pattern_finish(&pt);
}

/* Frequencies against k^-s / H: each of the first ranks within 5 standard errors. */
static void zipf_agrees(uint32_t milli)
{
    static uint32_t seen[256];
    struct touch_pattern pt;
    struct pattern_cursor c;
    struct step_params *s = touch_step(fake_task(&p), PATTERN_ZIPF);
    const double n = 400000;
    double h = 0, chi2 = 0;

    memset(seen, 0, sizeof seen);
    s->zipf_milli = milli;
    pattern_of(&pt, &c, s);
    for (uint32_t i = 0; i < (uint32_t)n; i++)
        seen[draw(&pt, &c)]++;
    for (uint32_t k = 1; k <= 256; k++)
        h += sim_exp(-(double)milli / 1000.0 * sim_log(k));
    for (uint32_t k = 1; k <= 256; k++) {
        double e = n * sim_exp(-(double)milli / 1000.0 * sim_log(k)) / h;

        chi2 += (seen[k - 1] - e) * (seen[k - 1] - e) / e;
    }
    cr_assert(chi2 > 189 && chi2 < 331, "s %u: chi2 %f", milli, chi2);
    pattern_finish(&pt);
}

Test(pattern, zipf_frequencies_follow_the_formula)
{
    fake_params(&p);
    zipf_agrees(0);
    zipf_agrees(800);
    zipf_agrees(1000);
    zipf_agrees(1300);
}

Test(pattern, zipf_weights_of_a_large_span_are_kept)
{
    struct touch_pattern pt;
    struct pattern_cursor c;
    uint32_t far = 0;

    fake_params(&p);
    p.region[0].size = (uint64_t)(1 << 20) * PAGE_BYTES;
    pattern_of(&pt, &c, touch_step(fake_task(&p), PATTERN_ZIPF));
    for (uint32_t i = 0; i < 100000; i++)
        far += draw(&pt, &c) >= 1 << 19;
    /* ln 2 / (ln 2^20 + 0.5772) = 0.04811 of all draws are in the upper half; 5 sigma. */
    cr_assert(far > 4811 - 340 && far < 4811 + 340, "%u", far);
    pattern_finish(&pt);
}

Test(pattern, shares_of_writes_and_kernel_touches_are_kept_and_do_not_shift_pages)
{
    struct touch_pattern plain, shared;
    struct pattern_cursor a, b;
    struct pattern_touch t;
    uint32_t write = 0, user = 0, irq_off = 0;
    struct step_params *s;

    fake_params(&p);
    s = touch_step(fake_task(&p), PATTERN_UNIFORM);
    pattern_of(&plain, &a, s);
    s->write_ppm = 300000;
    s->kernel_ppm = 200000;
    s->irq_off_ppm = 100000;
    pattern_of(&shared, &b, s);
    for (uint32_t i = 0; i < 100000; i++) {
        pattern_next(&shared, &b, &t);
        cr_assert_eq(draw(&plain, &a), t.page);
        cr_assert(!t.irq_off || t.kernel);
        write += t.write;
        user += !t.kernel;
        irq_off += t.irq_off;
    }
    cr_assert(write > 29000 && write < 31000, "%u", write);
    cr_assert(user > 69000 && user < 71000, "%u", user);
    cr_assert(irq_off > 9400 && irq_off < 10600, "%u", irq_off);
}

Test(tasks, steps_follow_each_other_and_a_whole_round_is_a_turn)
{
    static const struct {
        enum task_wish wish;
        sim_ns ns;
        uint64_t turns;
    } expected[] = {
        {TASK_RUN, 30, 0},  {TASK_TOUCH, 0, 0}, {TASK_TOUCH, 0, 0}, {TASK_NAP, 50, 0},
        {TASK_YIELD, 0, 0}, {TASK_RUN, 30, 1},  {TASK_TOUCH, 0, 1}, {TASK_TOUCH, 0, 1},
        {TASK_NAP, 50, 1},  {TASK_YIELD, 0, 1}, {TASK_END, 0, 2},
    };
    struct task_params *tp;
    struct task_want want;

    fake_params(&p);
    tp = fake_task(&p);
    tp->iterations = 2;
    fake_timed(tp, STEP_COMPUTE, 30);
    touch_step(tp, PATTERN_CYCLIC)->pages = 2;
    fake_timed(tp, STEP_SLEEP, 50);
    fake_step(tp, STEP_YIELD);
    start(0);
    for (unsigned i = 0; i < sizeof expected / sizeof *expected; i++) {
        task_want(&task, &want);
        cr_assert_eq(want.wish, expected[i].wish, "step %u: %u", i, want.wish);
        cr_assert_eq(want.ns, expected[i].ns, "step %u", i);
        cr_assert_eq(task.turns, expected[i].turns, "step %u", i);
        if (want.wish != TASK_END)
            task_done(&task, want.ns);
    }
}

Test(tasks, a_cut_compute_goes_on_with_the_rest)
{
    struct task_params *tp;
    struct task_want want;

    fake_params(&p);
    tp = fake_task(&p);
    fake_timed(tp, STEP_COMPUTE, 1000);
    fake_timed(tp, STEP_COMPUTE, 7);
    start(0);
    for (sim_ns left = 1000; left > 0; left -= 100) {
        task_want(&task, &want);
        cr_assert_eq(want.ns, left);
        if (left > 100)
            task_cut(&task, 100);
        else
            task_done(&task, 100);
    }
    task_want(&task, &want);
    cr_assert_eq(want.ns, 7);
}

Test(tasks, a_touch_that_faults_is_the_same_touch_again)
{
    struct task_want first, again;

    fake_params(&p);
    touch_step(fake_task(&p), PATTERN_UNIFORM)->write_ppm = 500000;
    start(0);
    for (uint32_t i = 0; i < 1000; i++) {
        task_want(&task, &first);
        for (uint32_t n = 0; n < i % 4; n++)
            task_cut(&task, 0);
        task_want(&task, &again);
        cr_assert_eq(again.wish, TASK_TOUCH);
        cr_assert_eq(first.touch.page, again.touch.page);
        cr_assert_eq(first.touch.write, again.touch.write);
        task_done(&task, 0);
    }
    cr_assert_eq(task.turns, 1000);
}

Test(tasks, a_loop_of_one_constant_compute_runs_in_bulk_and_counts_exactly)
{
    struct task_params *tp;
    struct task_want want;
    uint64_t total = 0;

    fake_params(&p);
    tp = fake_task(&p);
    tp->iterations = 1000;
    fake_timed(tp, STEP_COMPUTE, 7);
    start(0);
    for (;;) {
        task_want(&task, &want);
        if (want.wish == TASK_END)
            break;
        cr_assert_eq(want.ns, 7000 - total);
        cr_assert_eq(task.turns, total / 7);
        if (want.ns > 13) {
            task_cut(&task, 13);
            total += 13;
        } else {
            task_done(&task, want.ns);
            total += want.ns;
        }
    }
    cr_assert_eq(total, 7000);
    cr_assert_eq(task.turns, 1000);
}

Test(tasks, a_loop_without_end_asks_for_time_without_end)
{
    struct task_want want;

    fake_params(&p);
    fake_timed(fake_task(&p), STEP_COMPUTE, 1000);
    start(0);
    task_want(&task, &want);
    cr_assert_eq(want.wish, TASK_RUN);
    cr_assert_eq(want.ns, SIM_NEVER);
}

Test(tasks, a_loop_that_takes_no_time_is_stuck)
{
    struct task_params *tp;
    struct task_want want;

    fake_params(&p);
    tp = fake_task(&p);
    fake_timed(tp, STEP_COMPUTE, 0);
    fake_timed(tp, STEP_SLEEP, 0);
    start(0);
    task_want(&task, &want);
    cr_assert_eq(want.wish, TASK_STUCK);
}

Test(tasks, exit_ends_the_task_for_good)
{
    struct task_params *tp;
    struct task_want want;

    fake_params(&p);
    tp = fake_task(&p);
    fake_timed(tp, STEP_COMPUTE, 5);
    fake_step(tp, STEP_EXIT);
    start(0);
    task_want(&task, &want);
    task_done(&task, 5);
    for (int i = 0; i < 3; i++) {
        task_want(&task, &want);
        cr_assert_eq(want.wish, TASK_END);
    }
}

Test(tasks, a_page_trace_is_played_with_its_gaps_and_writes_and_starts_again)
{
    static const uint32_t page[] = {3, 5 | 1u << 31, 3}, gap[] = {100, 0, 20};
    const struct page_trace trace = {.page = page, .count = 3, .pages = 6, .gap_ns = gap};
    static struct page_traces traces;
    struct task_want want;

    fake_params(&p);
    touch_step(fake_task(&p), PATTERN_TRACE)->pages = 0;
    traces.of[0][0] = &trace;
    cr_assert(task_kind_init(&kind, &p, 0, &traces));
    task_init(&task, &kind, cursor, 1, 0, 0, 1);
    for (uint32_t i = 0; i < 9; i++) {
        task_want(&task, &want);
        cr_assert_eq(task.turns, i / 3);
        if (gap[i % 3]) {
            cr_assert_eq(want.wish, TASK_RUN);
            cr_assert_eq(want.ns, gap[i % 3]);
            task_cut(&task, gap[i % 3] - 1);
            task_want(&task, &want);
            cr_assert_eq(want.ns, 1);
            task_done(&task, 1);
            task_want(&task, &want);
        }
        cr_assert_eq(want.wish, TASK_TOUCH);
        cr_assert_eq(want.touch.page, page[i % 3] & 0x7fffffff);
        cr_assert_eq(want.touch.write, i % 3 == 1);
        task_done(&task, 0);
    }
}

/* The same task twice: one asks for each touch, the other takes as many as it is shown. */
static void compare_ahead(uint32_t pages, bool also_computes, uint64_t iterations, uint32_t write)
{
    static struct pattern_cursor other_cursor[STEPS_MAX];
    struct task other;
    struct task_params *tp;
    struct step_params *s;
    struct task_want a, b;
    uint32_t ahead = 0;

    fake_params(&p);
    tp = fake_task(&p);
    tp->iterations = iterations;
    s = touch_step(tp, PATTERN_UNIFORM);
    s->pages = pages;
    s->write_ppm = write;
    if (also_computes)
        fake_timed(tp, STEP_COMPUTE, 5);
    start(0);
    task_init(&other, &kind, other_cursor, 1, 0, 0, 1);
    for (int i = 0; i < 3000; i++) {
        const uint32_t *touch;
        uint32_t n;

        task_want(&task, &a);
        task_want(&other, &b);
        cr_assert_eq(a.wish, b.wish);
        cr_assert_eq(task.turns, other.turns);
        if (a.wish == TASK_END)
            break;
        cr_assert_eq(a.touch.page, b.touch.page);
        n = task_ahead(&other, &touch);
        n = n > (uint32_t)i % 40 ? (uint32_t)i % 40 : n;
        ahead += n;
        for (uint32_t k = 0; k < n; k++) {
            cr_assert_eq(a.wish, TASK_TOUCH);
            cr_assert_eq(touch[k], a.touch.page | (a.touch.write ? PATTERN_AHEAD_WRITE : 0));
            task_done(&task, 1);
            task_want(&task, &a);
        }
        if (n) {
            task_ran_ahead(&other, n);
            task_want(&other, &b);
        }
        cr_assert_eq(a.wish, b.wish);
        if (a.wish == TASK_END)
            continue;
        task_done(&task, 1);
        task_done(&other, 1);
    }
    cr_assert_gt(ahead, 0);
    task_kind_finish(&kind);
}

Test(tasks, who_runs_ahead_does_the_same_touches_and_turns)
{
    static const uint32_t pages[] = {1, 2, 31, 32, 33, 100};

    for (unsigned i = 0; i < 6; i++)
        for (unsigned also = 0; also < 2; also++)
            for (unsigned w = 0; w < 3; w++) {
                compare_ahead(pages[i], also, 0, w * PPM / 2);
                compare_ahead(pages[i], also, 7, w * PPM / 2);
            }
}

Test(task_queue, what_comes_out_is_in_order_whatever_was_taken_from_the_middle)
{
    struct task_queue q;
    struct sim_rng r;
    bool in[64] = {false};

    sim_rng_init(&r, 5, SIM_STREAM_START, 0);
    cr_assert(task_queue_init(&q, 64));
    for (uint32_t round = 0; round < 2000; round++) {
        for (uint32_t who = 0; who < 64; who++)
            if (!in[who] && sim_rng_below(&r, 3)) {
                task_queue_push(&q, (int64_t)sim_rng_below(&r, 20) - 10, who);
                in[who] = true;
            }
        for (uint32_t n = (uint32_t)sim_rng_below(&r, 8); n && q.count; n--)
            in[task_queue_remove(&q, (uint32_t)sim_rng_below(&r, q.count))] = false;
        for (uint32_t i = 0; i < q.count; i++)
            cr_assert(!i || task_queue_before(&q.item[0], &q.item[i]));
        for (uint32_t n = (uint32_t)sim_rng_below(&r, 40); n && q.count; n--) {
            struct task_queue_item first = q.item[0];

            in[task_queue_remove(&q, 0)] = false;
            cr_assert(!q.count || task_queue_before(&first, &q.item[0]));
        }
    }
    task_queue_finish(&q);
}
