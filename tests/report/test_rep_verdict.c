/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_rep_verdict.c - each rule holds for the results that it is about, and not for others */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glib.h>
#include <string.h>

#include "rep_fixture.h"
#include "rep_verdict.h"

/* ---- what a row changes in the fixture's runs (gain 1.98, all delivered, hdd half busy) ---- */

static void no_change(struct rep_setting *set, struct rep_result **run)
{
    (void)set, (void)run;
}

static void forget_io(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    for (unsigned m = 0; m < 3; m++) {
        memset(run[m]->outcome_count, 0, sizeof run[m]->outcome_count);
        memset(run[m]->why_count, 0, sizeof run[m]->why_count);
        sim_hist_clear(&run[m]->latency[LATENCY_FAULT]);
        run[m]->flow.in_flight_ns = 0;
        run[m]->task[KIND_SPINNER].iterations = 1000;
    }
}

static void no_limit_no_io(struct rep_setting *set, struct rep_result **run)
{
    forget_io(set, run);
    set->host_limit = 0;
}

static void same_work(struct rep_result **run)
{
    run[APF]->task[KIND_SPINNER].iterations = 1000;
}

static void move_time(struct rep_result *r, enum ledger_class from, enum ledger_class to)
{
    r->ledger[0][to] += r->ledger[0][from];
    r->ledger[0][from] = 0;
}

static void lone_task(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    same_work(run);
    move_time(run[APF], LEDGER_USER, LEDGER_IDLE_WAITING);
}

static void saturate(struct rep_setting *set, struct rep_result **run)
{
    lone_task(set, run);
    set->kind[KIND_SPINNER].touches = true;
    run[APF]->disk[0].busy_ns = SIM_SEC / 1000 * 998;
}

static void busy_but_gaining(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[APF]->disk[0].busy_ns = SIM_SEC / 1000 * 995;
}

/* All of apf's accesses end otherwise, for another reason. */
static void apf_ends(struct rep_result **run, enum outcome outcome, uint32_t why)
{
    struct rep_result *r = run[APF];
    uint64_t n = rep_io_count(r);

    memset(r->outcome_count, 0, sizeof r->outcome_count);
    memset(r->why_count, 0, sizeof r->why_count);
    r->outcome_count[outcome] = n;
    r->why_count[why] = n;
    same_work(run);
}

static void kernel_mode(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    apf_ends(run, OUTCOME_HALTED, WHY_CPL0);
}

static void irq_off(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    apf_ends(run, OUTCOME_SYNC, WHY_IRQ_OFF);
}

static void queue_full(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    apf_ends(run, OUTCOME_SYNC, WHY_QUEUE_FULL);
    run[APF]->apf_most = 64;
}

static void guest_off(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    apf_ends(run, OUTCOME_HALTED, WHY_PV_OFF);
}

static void old_swap(struct rep_setting *set, struct rep_result **run)
{
    set->host_kernel = "6.1";
    apf_ends(run, OUTCOME_INLINE, WHY_INLINE_SWAP);
}

static void zram(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    apf_ends(run, OUTCOME_INLINE, WHY_INLINE_ZRAM);
}

static void read_around(struct rep_setting *set, struct rep_result **run)
{
    set->reads_files = true;
    run[APF]->outcome_count[OUTCOME_MINOR] = 31 * 40;
}

static void starve_faulter(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[APF]->task[KIND_FAULTER].iterations = 30;
}

static void feed_faulter(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[APF]->task[KIND_FAULTER].iterations = 72;
}

static void short_waits(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[APF]->task[KIND_SPINNER].iterations = 950;
    run[APF]->ledger[0][LEDGER_USER] -= SIM_SEC / 20; /* the work goes to exits */
    run[APF]->ledger[0][LEDGER_EXIT] += SIM_SEC / 20;
    for (unsigned m = 0; m < 3; m++) {
        sim_hist_clear(&run[m]->latency[LATENCY_FAULT]);
        sim_hist_add_n(&run[m]->latency[LATENCY_FAULT], 9 * SIM_US, 40);
        run[m]->flow.in_flight_ns = 40 * 9 * SIM_US;
    }
}

static void short_waits_halt_worse(struct rep_setting *set, struct rep_result **run)
{
    short_waits(set, run);
    run[HALT]->task[KIND_SPINNER].iterations = 900;
}

static void short_waits_halt_better(struct rep_setting *set, struct rep_result **run)
{
    short_waits(set, run);
    run[HALT]->task[KIND_SPINNER].iterations = 970;
}

static void short_waits_halt_unknown(struct rep_setting *set, struct rep_result **run)
{
    short_waits(set, run);
    run[HALT]->outcome = SIM_GUEST_PANIC;
}

static void guest_off_and_a_loss(struct rep_setting *set, struct rep_result **run)
{
    guest_off(set, run);
    short_waits(set, run);
}

static void monitor_busy(struct rep_setting *set, struct rep_result **run)
{
    lone_task(set, run);
    run[APF]->disk[1].busy_ns = SIM_SEC;
}

static void monitor_busy_but_gaining(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[APF]->disk[1].busy_ns = SIM_SEC;
}

/* Much is gained already, though the vCPU idles. */
static void idle_but_gaining(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    move_time(run[APF], LEDGER_USER, LEDGER_IDLE_WAITING);
}

/* Nothing is halted, and for no reason that a rule knows. */
static void off_and_halt_alone(struct rep_setting *set, struct rep_result **run)
{
    uint64_t n = rep_io_count(run[HALT]);

    set->modes = 2;
    memset(run[HALT]->outcome_count, 0, sizeof run[HALT]->outcome_count);
    memset(run[HALT]->why_count, 0, sizeof run[HALT]->why_count);
    run[HALT]->outcome_count[OUTCOME_SYNC] = n;
    run[HALT]->why_count[WHY_MODE_OFF] = n;
}

static void zram_off_and_halt(struct rep_setting *set, struct rep_result **run)
{
    uint64_t n = rep_io_count(run[HALT]);

    off_and_halt_alone(set, run);
    memset(run[HALT]->outcome_count, 0, sizeof run[HALT]->outcome_count);
    memset(run[HALT]->why_count, 0, sizeof run[HALT]->why_count);
    run[HALT]->outcome_count[OUTCOME_INLINE] = n;
    run[HALT]->why_count[WHY_INLINE_ZRAM] = n;
}

static void long_waits_and_a_loss(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[APF]->task[KIND_SPINNER].iterations = 900;
}

static void wake_faster(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    sim_hist_add_n(&run[OFF]->task[KIND_SPINNER].wake, 12 * SIM_MS, 200);
    sim_hist_add_n(&run[HALT]->task[KIND_SPINNER].wake, 8 * SIM_US, 200);
}

static void halt_gains(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[HALT]->task[KIND_SPINNER].iterations = 1200;
}

static void apf_alone(struct rep_setting *set, struct rep_result **run)
{
    set->modes = 1;
    set->mode_key[0] = "apf";
    rep_result_destroy(run[0]);
    run[0] = run[APF];
    run[APF] = fixture_run(1, LEDGER_IDLE, 0, 0);
}

static void no_work(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[OFF]->task[KIND_SPINNER].iterations = 0;
}

static void end_in_the_warm_up(struct rep_setting *set, struct rep_result **run)
{
    forget_io(set, run);
    for (unsigned m = 0; m < 3; m++) {
        run[m]->outcome = SIM_ALL_DONE;
        run[m]->wall = 0;
        memset(run[m]->ledger[0], 0, sizeof run[m]->ledger[0]);
        for (unsigned k = 0; k < set->kinds; k++)
            run[m]->task[k] = (struct rep_task_result){0};
    }
}

static void lose_a_fault(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[OFF]->flow.in_flight_ns *= 2;
}

static void panic(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[HALT]->outcome = SIM_GUEST_PANIC;
}

/* The spinner serves requests that come of themselves: 100 in each mode, of which in mode off two
 * take 9 ms instead of 1 ms. */
static void serve(struct rep_setting *set, struct rep_result **run)
{
    struct rep_kind *kind = &set->kind[KIND_SPINNER];

    kind->serves = kind->open = true;
    kind->objective_ppm = 990000;
    kind->objective_ns = 5 * SIM_MS;
    same_work(run);
    for (unsigned m = 0; m < 3; m++) {
        struct rep_task_result *t = &run[m]->task[KIND_SPINNER];

        t->arrived = 100;
        t->within = m == APF ? 100 : 98;
        sim_hist_add_n(&t->request, SIM_MS, t->within);
        sim_hist_add_n(&t->request, 9 * SIM_MS, 100 - t->within);
    }
}

static void serve_too_much(struct rep_setting *set, struct rep_result **run)
{
    serve(set, run);
    run[APF]->task[KIND_SPINNER].arrived = 125;
    run[APF]->task[KIND_SPINNER].dropped = 25;
}

static void wait_for_locks(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    sim_hist_add(&run[OFF]->latency[LATENCY_LOCK_WAIT], 3 * SIM_MS);
    sim_hist_add(&run[APF]->latency[LATENCY_LOCK_WAIT], SIM_MS);
}

static void stale_slot(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[APF]->outcome = SIM_STUCK_TASKS;
    g_strlcpy(run[APF]->text, "enabled again (HOLE-1)", sizeof run[APF]->text);
}

static void plug(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[APF]->hotplug = (struct rep_hotplug_result){.offlines = 1200, .offline_ns = 1200 * SIM_MS};
}

static void plug_and_leave(struct rep_setting *set, struct rep_result **run)
{
    plug(set, run);
    run[APF]->hotplug.left_busy = 7;
}

static void plug_once(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[APF]->hotplug = (struct rep_hotplug_result){1, SIM_MS, 1};
}

static void plug_and_zero(struct rep_setting *set, struct rep_result **run)
{
    plug_and_leave(set, run);
    set->zeroes_slot = true;
}

static void two_guests(struct rep_setting *set, struct rep_result **run)
{
    fixture_guests(set);
    run[APF]->task[KIND_FAULTER].iterations = 20;
}

static void two_guests_gain(struct rep_setting *set, struct rep_result **run)
{
    fixture_guests(set);
    run[APF]->task[KIND_FAULTER].iterations = 40;
}

/* The other CPU is never idle. */
static void busy_host(struct rep_setting *set, struct rep_result **run)
{
    fixture_share(set, run);
    for (struct rep_result **r = run; *r; r++) {
        (*r)->host[1][HOST_EXIT] = (*r)->host[1][HOST_IDLE];
        (*r)->host[1][HOST_IDLE] = 0;
    }
}

static void busy_host_for_less(struct rep_setting *set, struct rep_result **run)
{
    busy_host(set, run);
    run[APF]->task[KIND_SPINNER].iterations = 900;
}

static void busy_host_with_overhead(struct rep_setting *set, struct rep_result **run)
{
    busy_host_for_less(set, run);
    run[OFF]->host[1][HOST_GUEST_USER] = run[OFF]->host[1][HOST_EXIT];
    run[OFF]->host[1][HOST_EXIT] = 0;
}

/* The faulter gets no CPU time in any mode, so that nothing is ever read in. */
static void never_run(struct rep_setting *set, struct rep_result **run)
{
    forget_io(set, run);
    set->scheduler = "fifo";
    set->touched = set->host_limit * 2;
    set->kind[KIND_FAULTER].touches = true;
    for (unsigned m = 0; m < 3; m++)
        run[m]->task[KIND_FAULTER].iterations = 0;
}

static void never_run_in_apf(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[APF]->task[KIND_FAULTER].iterations = 0;
}

static void never_run_yet(struct rep_setting *set, struct rep_result **run)
{
    never_run(set, run);
    for (unsigned m = 0; m < 3; m++)
        run[m]->task[KIND_FAULTER].ended = 1;
}

static void touch_more_than_fits(struct rep_setting *set, struct rep_result **run)
{
    forget_io(set, run);
    set->touched = set->host_limit * 2;
}

static void starve_faulter_utterly(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[OFF]->task[KIND_FAULTER].iterations = 30070;
    run[APF]->task[KIND_FAULTER].iterations = 71;
}

static void halt_gains_as_much(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[HALT]->task[KIND_SPINNER].iterations = 1975;
}

/* Half of the faults find their page compressed in memory. */
static void half_zram(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[APF]->outcome_count[OUTCOME_DELIVERED] = run[APF]->why_count[WHY_NONE] = 20;
    run[APF]->outcome_count[OUTCOME_INLINE] = run[APF]->why_count[WHY_INLINE_ZRAM] = 20;
}

/* A little less than all of the time, and somebody always waits. */
static void queued_at(struct rep_result **run, unsigned disk)
{
    same_work(run);
    run[APF]->disk[disk].busy_ns = SIM_SEC / 100 * 96;
    run[APF]->disk[disk].waiting_ns = SIM_SEC * 11;
}

static void monitor_queued(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    queued_at(run, REP_DISK_MONITOR);
}

static void link_queued(struct rep_setting *set, struct rep_result **run)
{
    set->monitor_bandwidth = "4MiB";
    queued_at(run, REP_DISK_LINK);
}

static void disk_queued(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    queued_at(run, REP_DISK_PAGING);
}

static void disk_busy_without_queue(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    queued_at(run, REP_DISK_PAGING);
    run[APF]->disk[REP_DISK_PAGING].waiting_ns = SIM_SEC / 2;
}

static void loss_with_a_winner(struct rep_setting *set, struct rep_result **run)
{
    long_waits_and_a_loss(set, run);
    run[APF]->task[KIND_FAULTER].iterations = 60;
}

static void loss_undelivered(struct rep_setting *set, struct rep_result **run)
{
    long_waits_and_a_loss(set, run);
    run[APF]->outcome_count[OUTCOME_HALTED] = run[APF]->outcome_count[OUTCOME_DELIVERED];
    run[APF]->outcome_count[OUTCOME_DELIVERED] = 0;
}

/* is: must be among the verdicts. absent: must not be. words: in the sentence of `is`. */
static const struct {
    fixture_change *make;
    const char *is, *absent, *words;
} rows[] = {
    {no_change, "gain", "no-difference", "gains 1.98x"},
    {no_change, "halt", "halt-wakes", "leaves the work as it is: 1.000"},
    {forget_io, "no-io", "gain", "fits into 1 MiB"},
    {no_limit_no_io, "no-io", "no-difference", "no host.memory.limit"},
    {saturate, "disk-saturated", "nothing-else-to-run",
     "is saturated: 99.8 % busy, so no mode can gain"},
    {busy_but_gaining, "disk-saturated", "no-difference", "99.5 % busy with APF"},
    {lone_task, "nothing-else-to-run", "gain", "idle for 99.0 %"},
    {kernel_mode, "kernel-mode", "irq-off", "100.0 % of the faults"},
    {irq_off, "irq-off", "kernel-mode", "interrupts off"},
    {queue_full, "queue-full", "kernel-mode", "at most 64"},
    {guest_off, "guest-off", "backing", "has not enabled APF"},
    {old_swap, "old-swap", "backing", "kernel 6.1 reads"},
    {zram, "backing", "old-swap", "100.0 % of the faults"},
    {read_around, "read-around", "backing", "of 32.0 faults only one"},
    {starve_faulter, "others-cost", "loss", "'faulter' fell to 0.75"},
    {feed_faulter, "others-gain", "others-cost", "'faulter' makes 1.80x"},
    {short_waits, "overhead", "no-difference", "takes only 9.00 us"},
    {short_waits, "overhead", "loss", "gain 0.950"},
    {short_waits_halt_worse, "overhead", "nothing-stands-out",
     "worse still: it leads to mode halt (gain 0.900)"},
    {short_waits_halt_better, "overhead", "loss",
     "no-kvmapf on their command line leads to mode halt (gain 0.970)"},
    {short_waits_halt_unknown, "overhead", "halt", "--modes=off,halt,apf tells"},
    {guest_off_and_a_loss, "guest-off", "overhead", "has not enabled APF"},
    {guest_off_and_a_loss, "loss", "overhead", "no fault was delivered to the guest"},
    {monitor_busy, "monitor-saturated", "nothing-else-to-run",
     "1 fault at a time (monitor.parallelism)"},
    {monitor_busy_but_gaining, "monitor-saturated", "disk-saturated", "The gain is the time"},
    {idle_but_gaining, "gain", "nothing-else-to-run", "gains 1.98x"},
    {off_and_halt_alone, "nothing-stands-out", "halt",
     "in mode halt: 1.000 (one run of each) of the work"},
    {zram_off_and_halt, "backing", "nothing-stands-out", "100.0 % of the faults"},
    {long_waits_and_a_loss, "loss", "overhead", "0.900"},
    {wake_faster, "halt-wakes", "loss", "from 12.0 ms to 8.0"},
    {halt_gains, "halt", "loss", "gains 1.20x"},
    {apf_alone, "no-base", "gain", "--modes=off"},
    {no_work, "no-work", "gain", "no turn"},
    {end_in_the_warm_up, "ended-early", "never-ran", "In mode off every run ended within the"},
    {end_in_the_warm_up, "ended-early", "no-io", "set warmup=0s"},
    {end_in_the_warm_up, "ended-early", "no-work", "nothing was measured"},
    {lose_a_fault, "little", "loss", "mode off"},
    {serve, "objective", "no-difference", "'spinner' (p99 < 5 ms): missed in mode off (98.00 %"},
    {serve, "objective", "dropped", "met in mode apf (100.00 % in time)"},
    {serve, "requests", "no-difference", "1.00 ms with APF, without it longer than 9.00 ms"},
    {serve_too_much, "dropped", "no-difference", "In mode apf 20.00 %"},
    {serve_too_much, "objective", "no-difference", "missed in mode apf (80.00 % in time)"},
    {wait_for_locks, "locks", "requests", "3.00 ms on average in mode off, 1.00 ms with APF"},
    {panic, "failed", "halt", "Not every run ended well"},
    {panic, "failed", "little", "Not every run ended well"},
    {panic, "failed", "stale-slot", "Not every run ended well"},
    {stale_slot, "stale-slot", "gain", "--set check.fix=HOLE-1"},
    {plug, "hotplug", "failed", "1 200 times, which took 1.00 ms on average, and no token"},
    {plug_and_leave, "hotplug", "stale-slot",
     "7 times a token was left in its slot (HOLE-1); the run"},
    {plug_once, "hotplug", "stale-slot", "guest once, which took 1.00 ms on average: turning"},
    {plug_once, "hotplug", "stale-slot", "flight. Once a token was left in its slot (HOLE-1)"},
    {plug_and_zero, "hotplug", "stale-slot", "the guest zeroes it"},
    {no_change, "gain", "hotplug", "gains 1.98x"},
    {two_guests, "guests-differ", "host-saturated",
     "more work is done by 'web' (1.98x), less by 'db' (0.50x)"},
    {two_guests_gain, "gain", "guests-differ", "gains"},
    {busy_host, "host-saturated", "guests-differ", "100.0 % busy with APF (100.0 % without)"},
    {no_change, "gain", "host-saturated", "gains 1.98x"},
    {fixture_polls, "host-polls", "host-saturated", "takes power, no work"},
    {fixture_copies, "copies-unlike", "host-polls", "'vm.0' and 'vm.1' are copies"},
    {never_run, "never-ran", "no-io", "'faulter' never ran: it got no CPU time"},
    {never_run, "never-ran", "no-io", "modes off, halt and apf, and touched nothing. The guest's"},
    {never_run_in_apf, "never-ran", "no-io", "in the measured time of mode apf. See when"},
    {never_run_yet, "no-io", "never-ran", "No access needed I/O"},
    {touch_more_than_fits, "no-io", "never-ran", "may touch 2 MiB, more than 1 MiB"},
    {loss_undelivered, "loss", "gain", "no fault was delivered to the guest. The table"},
    {busy_host_for_less, "host-saturated", "gain",
     "of mode off done. What is less is time that moved between kinds of tasks"},
    {busy_host_with_overhead, "host-saturated", "gain",
     "of mode off done. APF itself took 25.5 % of the time used"},
    {starve_faulter_utterly, "gain", "loss", "'faulter' starves: 71.00 instead of 30 070"},
    {starve_faulter_utterly, "others-cost", "loss",
     "to 0.00236 of what it is in mode off (71.00 instead of 30 070"},
    {halt_gains_as_much, "gain", "loss",
     "Halting in the host alone, without telling the guest, "
     "gains as much: 1.98x, as"},
    {half_zram, "gain", "backing", "100.0 % of the faults that were not just decompressed"},
    {monitor_queued, "monitor-saturated", "disk-saturated",
     "96.0 % busy, and 11.0 more wait for it on average: the pages come no sooner"},
    {link_queued, "monitor-saturated", "nothing-else-to-run",
     "link is saturated: at 4MiB a second (monitor.bandwidth) it is 96.0 % busy, and 11.0 more"},
    {disk_queued, "disk-saturated", "monitor-saturated", "96.0 % busy"},
    {disk_busy_without_queue, "no-difference", "disk-saturated", "1.000"},
    {loss_with_a_winner, "loss", "gain", "Whose rate rose: 'faulter' (1.50x)."},
};

Test(rep_verdict, each_rule_holds_where_it_should_and_names_its_figures)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct fixture_judged judged;
        const struct rep_summary *s;
        const char *sentence;

        fixture_judge(&judged, 1, rows[i].make);
        s = judged.summary;
        sentence = fixture_sentence(s, rows[i].is);
        cr_assert(sentence != NULL, "row %zu: '%s' is missing; there is %s", i, rows[i].is,
                  s->verdicts ? s->verdict[0] : "nothing");
        cr_assert(strstr(sentence, rows[i].words) != NULL, "row %zu: no '%s' in: %s", i,
                  rows[i].words, sentence);
        cr_assert(fixture_sentence(s, rows[i].absent) == NULL, "row %zu: '%s' should not hold", i,
                  rows[i].absent);
        fixture_judged_free(&judged);
    }
}

Test(rep_verdict, every_rule_has_a_row_here)
{
    static const char elsewhere[] = /* in test_rep_notable.c and test_rep_why.c */
        "no-difference link-background repeated undelivered "
        "reclaim-waits";
    const char *id;

    for (unsigned r = 0; (id = rep_verdict_rule(r)); r++) {
        bool found = strstr(elsewhere, id) != NULL;

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
            found |= !strcmp(rows[i].is, id);
        cr_assert(found, "%s", id);
    }
}

/* Whatever the gain and the wait: exactly one of the four says something about it. */
Test(rep_verdict, a_gain_is_judged_exactly_once)
{
    for (uint64_t spins = 800; spins <= 1300; spins += 5) {
        for (unsigned quick = 0; quick < 2; quick++) {
            struct rep_setting set;
            struct rep_result **runs;
            struct rep_summary *s;
            unsigned judged = 0;

            fixture_setting(&set, 1);
            runs = fixture_runs(&set);
            if (quick)
                short_waits(&set, runs);
            runs[APF]->task[KIND_SPINNER].iterations = spins;
            s = rep_summary_create(&set, runs);
            rep_verdict_fill(s);
            for (const char *const *id =
                     (const char *const[]){"gain", "overhead", "loss", "no-difference", NULL};
                 *id; id++)
                judged += fixture_sentence(s, *id) != NULL;
            cr_assert(eq(uint, judged, 1), "%u verdicts on a gain of %g", judged,
                      (double)spins / 1000);
            rep_summary_destroy(s);
            fixture_free(runs);
        }
    }
}

/* As if only the modes in `subset` (bit OFF, HALT, APF) had been asked for. */
static void keep_modes(struct rep_setting *set, struct rep_result **run, unsigned subset)
{
    static const char *const key[] = {"off", "halt", "apf"};
    struct rep_result *kept[3];
    unsigned modes = set->modes;

    set->modes = 0;
    for (unsigned m = 0; m < modes; m++) {
        if (subset & 1u << m) {
            set->mode_key[set->modes] = key[m];
            kept[set->modes++] = run[m];
        } else {
            rep_result_destroy(run[m]);
        }
    }
    for (unsigned m = 0; m < 3; m++)
        run[m] = m < set->modes ? kept[m] : m < modes ? NULL : run[m];
    for (unsigned m = modes; m < 3; m++) {
        rep_result_destroy(run[m]);
        run[m] = NULL;
    }
}

Test(rep_verdict, whatever_modes_were_run_something_is_said)
{
    unsigned cases = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (unsigned subset = 1; subset < 8; subset++) {
            struct rep_setting set;
            struct rep_result **runs;
            struct rep_summary *s;

            fixture_setting(&set, 1);
            runs = fixture_runs(&set);
            rows[i].make(&set, runs);
            if (set.modes == 1 || !(subset & ((1u << set.modes) - 1))) {
                fixture_free(runs);
                continue; /* the row has chosen its modes itself */
            }
            keep_modes(&set, runs, subset);
            s = rep_summary_create(&set, runs);
            rep_verdict_fill(s);
            cr_assert(ge(uint, s->verdicts, 1), "row %zu, modes %u", i, subset);
            cr_assert(ne(int, s->verdict[0][0], 0));
            cases++;
            rep_summary_destroy(s);
            fixture_free(runs);
        }
    }
    cr_assert(gt(uint, cases, 6 * G_N_ELEMENTS(rows)));
}
