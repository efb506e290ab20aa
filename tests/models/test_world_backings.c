/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_world_backings.c - what stands behind a page decides whether APF happens at all
 */
#include <criterion/criterion.h>

#include "scenario.h"

#define BOOTED 8101

static const struct scenario_result *run(const struct params *p, enum run_mode mode)
{
    return scenario_run(p, &(struct scenario_options){.mode = mode, .seed = 1, .from = BOOTED}, 0);
}

static void expect_reads(const struct scenario_result *r, const uint32_t *pages, uint32_t count)
{
    cr_assert_eq(r->read_count, count, "%u reads, expected %u", r->read_count, count);
    for (uint32_t i = 0; i < count; i++)
        cr_assert_eq(r->reads[i], pages[i], "read %u: %u pages, expected %u", i, r->reads[i],
                     pages[i]);
}
#define EXPECT_READS(r, ...)                                                                       \
    expect_reads(r, (const uint32_t[]){__VA_ARGS__},                                               \
                 sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* ---- userfaultfd ---- */

static struct params *two_missing_pages(uint32_t parallelism)
{
    struct params *p = scenario();

    scenario_region(p, BACKING_USERFAULTFD, 8, 0);
    p->monitor.parallelism = parallelism;
    scenario_touch(scenario_task(p), 1, 1);
    scenario_touch(scenario_task(p), 2, 1);
    return p;
}

/* The second page's 50000 begin when the first page's end. */
Test(world_backings, a_monitor_of_one_thread_answers_one_after_the_other)
{
    const struct scenario_result *r = run(two_missing_pages(1), MODE_APF);

    scenario_story(r, "9300 vcpu0: task0 misses page 1\n"
                      "9300 vcpu0: not_present 0x1000\n"
                      "9300 vcpu0: #PF\n"
                      "9300 worker: starts 0x1000\n"
                      "9300 monitor: hears of page 1\n"
                      "9300 monitor: asked to read 1\n"
                      "9700 task0: sleeps on 0x1000\n"
                      "9700 cpu0: task0 -> task1\n"
                      "12400 vcpu0: task1 misses page 2\n"
                      "12400 vcpu0: not_present 0x2000\n"
                      "12400 vcpu0: #PF\n"
                      "12400 worker: starts 0x2000\n"
                      "12400 monitor: hears of page 2\n"
                      "12400 monitor: asked to read 1\n"
                      "12800 task1: sleeps on 0x2000\n"
                      "12800 cpu0: task1 -> idle\n"
                      "59300 monitor: read done, took 50000\n"
                      "59300 page 1 in\n"
                      "62300 vcpu0: woken after 47000\n"
                      "62300 worker: completed 0x1000\n"
                      "68800 vcpu0: ready 0x1000\n"
                      "68800 vcpu0: ready interrupt\n"
                      "69400 task0: woken by 0x1000\n"
                      "70400 vcpu0: ack\n"
                      "70400 cpu0: idle -> task0\n"
                      "71900 task0: access was delivered\n"
                      "71910 task0: ends\n"
                      "71910 cpu0: task0 -> idle\n"
                      "109300 monitor: read done, took 50000\n"
                      "109300 page 2 in\n"
                      "112300 vcpu0: woken after 37890\n"
                      "112300 worker: completed 0x2000\n"
                      "118800 vcpu0: ready 0x2000\n"
                      "118800 vcpu0: ready interrupt\n"
                      "119400 task1: woken by 0x2000\n"
                      "120400 vcpu0: ack\n"
                      "120400 cpu0: idle -> task1\n"
                      "121900 task1: access was delivered\n"
                      "121910 task1: ends\n"
                      "121910 cpu0: task1 -> idle\n");
    scenario_expect(r, OUTCOME_DELIVERED, 2);
}

/* Both are answered at once. The second ready waits for the first one's ACK, which drains it: the
 * prefault (500) lies between the ACK's exit and the trace of the write. */
Test(world_backings, a_monitor_of_two_threads_answers_both)
{
    const struct scenario_result *r = run(two_missing_pages(2), MODE_APF);

    scenario_story(r, "9300 vcpu0: task0 misses page 1\n"
                      "9300 vcpu0: not_present 0x1000\n"
                      "9300 vcpu0: #PF\n"
                      "9300 worker: starts 0x1000\n"
                      "9300 monitor: hears of page 1\n"
                      "9300 monitor: asked to read 1\n"
                      "9700 task0: sleeps on 0x1000\n"
                      "9700 cpu0: task0 -> task1\n"
                      "12400 vcpu0: task1 misses page 2\n"
                      "12400 vcpu0: not_present 0x2000\n"
                      "12400 vcpu0: #PF\n"
                      "12400 worker: starts 0x2000\n"
                      "12400 monitor: hears of page 2\n"
                      "12400 monitor: asked to read 1\n"
                      "12800 task1: sleeps on 0x2000\n"
                      "12800 cpu0: task1 -> idle\n"
                      "59300 monitor: read done, took 50000\n"
                      "59300 page 1 in\n"
                      "62300 vcpu0: woken after 47000\n"
                      "62300 worker: completed 0x1000\n"
                      "62400 monitor: read done, took 50000\n"
                      "62400 page 2 in\n"
                      "65400 worker: completed 0x2000\n"
                      "68800 vcpu0: ready 0x1000\n"
                      "68800 vcpu0: ready interrupt\n"
                      "69400 task0: woken by 0x1000\n"
                      "70900 vcpu0: ready 0x2000\n"
                      "70900 vcpu0: ack\n"
                      "70900 cpu0: idle -> task0\n"
                      "73400 vcpu0: ready interrupt\n"
                      "74000 task1: woken by 0x2000\n"
                      "75000 vcpu0: ack\n"
                      "75000 task0: access was delivered\n"
                      "75010 task0: ends\n"
                      "75010 cpu0: task0 -> task1\n"
                      "76510 task1: access was delivered\n"
                      "76520 task1: ends\n"
                      "76520 cpu0: task1 -> idle\n");
    scenario_expect(r, OUTCOME_DELIVERED, 2);
}

/* ---- no wait at all ---- */

/* exit + fault + map + the time to decompress. */
Test(world_backings, zram_is_read_inline)
{
    struct params *p = scenario();
    const struct scenario_result *r;

    scenario_region(p, BACKING_ZRAM, 8, 0);
    scenario_touch(scenario_task(p), 1, 1);
    p->disk.synchronous = true;
    p->disk.read.a = 1500;
    r = run(p, MODE_APF);
    scenario_story(r, "9300 vcpu0: task0 misses page 1\n"
                      "9300 page 1 in\n"
                      "10830 task0: access was inline (inline_zram)\n"
                      "10840 task0: ends\n"
                      "10840 cpu0: task0 -> idle\n");
    scenario_expect_why(r, APF_WHY_INLINE_ZRAM, 1);
}

/* exit + fault + zero_page + map. */
Test(world_backings, an_anonymous_page_is_made_on_its_first_touch)
{
    struct params *p = scenario();
    const struct scenario_result *r;

    scenario_region(p, BACKING_ANON, 8, 0);
    scenario_touch(scenario_task(p), 1, 1);
    r = run(p, MODE_APF);
    scenario_story(r, "9300 vcpu0: task0 misses page 1\n"
                      "9300 page 1 in\n"
                      "9334 task0: access was minor\n"
                      "9344 task0: ends\n"
                      "9344 cpu0: task0 -> idle\n");
    scenario_expect(r, OUTCOME_MINOR, 1);
    cr_assert_eq(r->needed_io, 0);
}

/* exit + fault + 512 x zero_page + map: what the first touch of a huge page takes; its other pages
 * are mapped with it, the next huge page is not. */
Test(world_backings, a_huge_page_is_made_at_once_and_inline)
{
    struct params *p = scenario();
    const struct scenario_result *r;

    scenario_region(p, BACKING_HUGETLB, 1024, 0);
    p->host.memory_limit = 4 * PAGE_BYTES; /* not its concern */
    scenario_touch(scenario_task(p), 5, 1);
    scenario_touch(&p->task[0], 0, 600);
    r = run(p, MODE_APF);
    scenario_expect(r, OUTCOME_INLINE, 2);
    scenario_expect_why(r, APF_WHY_INLINE_HUGETLB, 2);
    cr_expect_eq(r->attempts, 2);
    cr_expect_eq(r->ledger[LEDGER_EXIT] >= 2 * (1000 + 200 + 512 * 4 + 30), true);
    cr_expect_eq(r->reclaimed[RECLAIMER_DIRECT], 0);
}

/* exit + fault + zero_page + map. Private pages take frames and give none back: the swapped region
 * has the rest. */
Test(world_backings, private_memory_is_made_inline_and_stays)
{
    struct params *p = scenario();
    struct step_params *s;
    const struct scenario_result *r;

    scenario_region(p, BACKING_PRIVATE, 8, 0);
    scenario_region(p, BACKING_SWAP, 64, 4);
    p->host.memory_limit = 12 * PAGE_BYTES;
    p->duration = SIM_SEC;
    scenario_touch(scenario_task(p), 0, 8);
    s = scenario_touch(&p->task[0], 0, 40);
    s->region = 1;
    scenario_touch(&p->task[0], 0, 8);
    r = run(p, MODE_APF);
    scenario_expect_why(r, APF_WHY_INLINE_PRIVATE, 8);
    scenario_expect(r, OUTCOME_INLINE, 8);
    scenario_expect(r, OUTCOME_DELIVERED, 40);
    cr_expect_eq(r->reclaimed[RECLAIMER_DIRECT], 40, "of the other region alone");
}

/* The reclaimer runs in the faulting thread (7); its write goes before the read. */
Test(world_backings, a_dirty_victim_is_written_before_the_read)
{
    struct params *p = scenario();
    const struct scenario_result *r;

    scenario_region(p, BACKING_SWAP, 8, 2);
    p->region[0].dirty = true;
    p->host.memory_limit = 2 * PAGE_BYTES;
    scenario_touch(scenario_task(p), 3, 1);
    r = run(p, MODE_APF);
    scenario_story(r, "9300 vcpu0: task0 misses page 3\n"
                      "9300 page 6 out, dirty\n"
                      "9300 disk: asked to write 1\n"
                      "9300 disk: asked to read 1\n"
                      "9300 vcpu0: not_present 0x1000\n"
                      "9300 worker: starts 0x1000\n"
                      "9307 vcpu0: #PF\n"
                      "9707 task0: sleeps on 0x1000\n"
                      "9707 cpu0: task0 -> idle\n"
                      "109300 disk: write done, took 100000\n"
                      "209300 disk: read done, took 100000\n"
                      "209300 page 3 in\n"
                      "212300 vcpu0: woken after 200093\n"
                      "212300 worker: completed 0x1000\n"
                      "218800 vcpu0: ready 0x1000\n"
                      "218800 vcpu0: ready interrupt\n"
                      "219400 task0: woken by 0x1000\n"
                      "220400 vcpu0: ack\n"
                      "220400 cpu0: idle -> task0\n"
                      "221900 task0: access was delivered\n"
                      "221910 task0: ends\n"
                      "221910 cpu0: task0 -> idle\n");
}

/* ---- files ---- */

static struct params *file(enum advice advice)
{
    struct params *p = scenario();

    scenario_region(p, BACKING_FILE, 64 * 200, 0);
    p->region[0].advice = advice;
    p->host.read_around = 8;
    p->host.fault_around = 2;
    p->duration = SIM_SEC;
    return p;
}

/*
 * A window of 8 around page 16, one APF. Its neighbours are in the page cache: 17 and 18 are minor
 * faults, and fault-around maps 19 beside 18 into the process, so that only the guest's mapping is
 * missing. Page 20 is the next miss; 16 to 19 are there, so that its window is 4 pages.
 */
Test(world_backings, read_around_makes_one_apf_of_many_touches)
{
    struct params *p = file(ADVICE_NORMAL);
    const struct scenario_result *r;

    scenario_touch(scenario_task(p), 16, 5)->write_ppm = 0;
    r = run(p, MODE_APF);
    scenario_story(r, "9300 vcpu0: task0 misses page 16\n"
                      "9300 disk: asked to read 8\n"
                      "9300 vcpu0: not_present 0x1000\n"
                      "9300 vcpu0: #PF\n"
                      "9300 worker: starts 0x1000\n"
                      "9700 task0: sleeps on 0x1000\n"
                      "9700 cpu0: task0 -> idle\n"
                      "116300 disk: read done, took 107000\n"
                      "116300 page 12 in by read-ahead\n"
                      "116300 page 13 in by read-ahead\n"
                      "116300 page 14 in by read-ahead\n"
                      "116300 page 15 in by read-ahead\n"
                      "116300 page 16 in\n"
                      "116300 page 17 in by read-ahead\n"
                      "116300 page 18 in by read-ahead\n"
                      "116300 page 19 in by read-ahead\n"
                      "119300 vcpu0: woken after 107100\n"
                      "119300 worker: completed 0x1000\n"
                      "125800 vcpu0: ready 0x1000\n"
                      "125800 vcpu0: ready interrupt\n"
                      "126400 task0: woken by 0x1000\n"
                      "127400 vcpu0: ack\n"
                      "127400 cpu0: idle -> task0\n"
                      "128900 task0: access was delivered\n"
                      "130110 vcpu0: task0 misses page 17\n"
                      "130140 task0: access was minor\n"
                      "131350 vcpu0: task0 misses page 18\n"
                      "131380 task0: access was minor\n"
                      "132590 vcpu0: task0 misses page 19\n"
                      "132620 task0: access was resident\n"
                      "133830 vcpu0: task0 misses page 20\n"
                      "133830 disk: asked to read 4\n"
                      "133830 vcpu0: not_present 0x2000\n"
                      "133830 vcpu0: #PF\n"
                      "133830 worker: starts 0x2000\n"
                      "134230 task0: sleeps on 0x2000\n"
                      "134230 cpu0: task0 -> idle\n"
                      "236830 disk: read done, took 103000\n"
                      "236830 page 20 in\n"
                      "236830 page 21 in by read-ahead\n"
                      "236830 page 22 in by read-ahead\n"
                      "236830 page 23 in by read-ahead\n"
                      "239830 vcpu0: woken after 103100\n"
                      "239830 worker: completed 0x2000\n"
                      "246330 vcpu0: ready 0x2000\n"
                      "246330 vcpu0: ready interrupt\n"
                      "246930 task0: woken by 0x2000\n"
                      "247930 vcpu0: ack\n"
                      "247930 cpu0: idle -> task0\n"
                      "249430 task0: access was delivered\n"
                      "249440 task0: ends\n"
                      "249440 cpu0: task0 -> idle\n");
    scenario_expect(r, OUTCOME_DELIVERED, 2);
    scenario_expect(r, OUTCOME_MINOR, 2);
    scenario_expect(r, OUTCOME_RESIDENT, 1);
}

Test(world_backings, madv_sequential_reads_ahead_only)
{
    struct params *p = file(ADVICE_SEQUENTIAL);
    const struct scenario_result *r;

    scenario_touch(scenario_task(p), 16, 9);
    r = run(p, MODE_APF);
    EXPECT_READS(r, 8, 8);
    scenario_expect(r, OUTCOME_DELIVERED, 2);
}

Test(world_backings, madv_random_is_read_inline)
{
    struct params *p = file(ADVICE_RANDOM);
    const struct scenario_result *r;

    scenario_touch(scenario_task(p), 16, 1);
    r = run(p, MODE_APF);
    scenario_story(r, "9300 vcpu0: task0 misses page 16\n"
                      "9300 disk: asked to read 1\n"
                      "109300 disk: read done, took 100000\n"
                      "109300 page 16 in\n"
                      "111300 task0: access was inline (inline_random)\n"
                      "111310 task0: ends\n"
                      "111310 cpu0: task0 -> idle\n");
    scenario_expect_why(r, APF_WHY_INLINE_RANDOM, 1);
}

/* An APF is a miss by the vCPU and a hit by its worker: the counter of misses stays where it is. */
Test(world_backings, faults_that_are_delivered_never_stop_read_around)
{
    struct params *p = file(ADVICE_NORMAL);
    const struct scenario_result *r;

    scenario_touch(scenario_task(p), 0, 150)->stride = 64;
    r = run(p, MODE_APF);
    scenario_expect(r, OUTCOME_DELIVERED, 150);
}

/* A synchronous fault is a miss only. The 101st ends read-around, for good: the task's further
 * accesses, which could be delivered, are read inline. */
Test(world_backings, a_hundred_misses_stop_read_around)
{
    struct params *p = file(ADVICE_NORMAL);
    struct task_params *t = scenario_task(p);
    struct step_params *s = scenario_touch(t, 0, 103);
    const struct scenario_result *r;

    s->stride = 64;
    s->irq_off_ppm = PPM;
    scenario_touch(t, 64 * 150, 5)->stride = 64;
    r = run(p, MODE_APF);
    scenario_expect_why(r, APF_WHY_IRQ_OFF, 100);
    scenario_expect_why(r, APF_WHY_INLINE_MISSES, 3 + 5);
    scenario_expect(r, OUTCOME_DELIVERED, 0);
    cr_assert_eq(r->reads[99], 8);
    cr_assert_eq(r->reads[100], 1);
}

/* ---- swap read-ahead: hits + 2, to the next power of two; not below half the last ---- */

static struct params *swap_walk(uint32_t pages)
{
    struct params *p = scenario();

    scenario_region(p, BACKING_SWAP, 256, 0);
    p->host.page_cluster = 3;
    p->duration = SIM_SEC;
    scenario_touch(scenario_task(p), 0, pages);
    return p;
}

/* No hits and no neighbour: 1. A neighbour: 2. One hit: 4. Three: 8. Seven: 16, but 2^3 is most. */
Test(world_backings, the_window_grows_on_sequential_access)
{
    const struct scenario_result *r = run(swap_walk(1 + 2 + 4 + 8 + 8), MODE_APF);

    EXPECT_READS(r, 1, 2, 4, 8, 8);
    scenario_expect(r, OUTCOME_DELIVERED, 5);
    scenario_expect(r, OUTCOME_MINOR, 1 + 3 + 7 + 7);
}

/* Far pages: nothing read ahead is hit; the window halves until it is 1. */
Test(world_backings, the_window_shrinks_by_halves)
{
    struct params *p = swap_walk(1 + 2 + 4 + 8);
    const struct scenario_result *r;

    scenario_touch(&p->task[0], 100, 4)->stride = 40;
    r = run(p, MODE_APF);
    EXPECT_READS(r, 1, 2, 4, 8, 8, 4, 2, 1);
}

Test(world_backings, page_cluster_0_reads_single_pages)
{
    struct params *p = swap_walk(6);

    p->host.page_cluster = 0;
    EXPECT_READS(run(p, MODE_APF), 1, 1, 1, 1, 1, 1);
}

/* do_swap_page() of 6.1 waits for a window of 1 in spite of NOWAIT. */
Test(world_backings, a_6_1_host_reads_a_single_swapped_page_inline)
{
    struct params *p = swap_walk(1 + 2 + 4);
    const struct scenario_result *r;

    p->host.kernel = APF_KERNEL_6_1;
    r = run(p, MODE_APF);
    EXPECT_READS(r, 1, 2, 4);
    scenario_expect_why(r, APF_WHY_INLINE_SWAP, 1);
    scenario_expect(r, OUTCOME_DELIVERED, 2);
}

Test(world_backings, a_6_12_host_delivers_a_single_swapped_page)
{
    scenario_expect(run(swap_walk(1), MODE_APF), OUTCOME_DELIVERED, 1);
}

/* ---- in memory, not mapped ---- */

/* Whatever stands behind them: a fault each, nothing to wait for, and what it costs. */
Test(world_backings, what_is_resident_and_unmapped_faults_once_without_a_wait)
{
    static const enum backing backings[] = {BACKING_ANON, BACKING_SWAP, BACKING_FILE,
                                            BACKING_USERFAULTFD, BACKING_PRIVATE};

    for (size_t i = 0; i < sizeof backings / sizeof *backings; i++) {
        struct params *p = scenario();
        const struct scenario_result *r;

        p->region[scenario_region(p, backings[i], 8, 8)].unmapped = true;
        scenario_touch(scenario_task(p), 0, 8);
        r = run(p, MODE_APF);
        scenario_expect(r, OUTCOME_RESIDENT, 8);
        scenario_expect(r, OUTCOME_DELIVERED, 0);
        cr_assert_eq(r->read_count, 0);
    }
}
