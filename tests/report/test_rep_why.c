/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_rep_why.c - the verdict says why, of the figures beside it, and no reason that is not theirs
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glib.h>
#include <string.h>

#include "rep_fixture.h"

/* ---- what a case changes in the fixture's runs (gain 1.98, all delivered, hdd half busy) ---- */

/* So many of apf's 40 accesses ended otherwise. */
static void not_delivered(struct rep_result *r, uint64_t n, enum outcome outcome, uint32_t why)
{
    r->outcome_count[OUTCOME_DELIVERED] -= n;
    r->why_count[WHY_NONE] -= n;
    r->outcome_count[outcome] += n;
    r->why_count[why] += n;
}

static void work_in_place_of_polls(struct rep_setting *set, struct rep_result **run)
{
    fixture_polls(set, run);
    run[APF]->host[1][HOST_EXIT] = run[APF]->host[1][HOST_POLL];
    run[APF]->host[1][HOST_POLL] = 0;
}

static void copies_alike(struct rep_setting *set, struct rep_result **run)
{
    fixture_copies(set, run);
    run[OFF]->task[KIND_SPINNER].outcome_count[OUTCOME_SYNC] = 1190;
}

static void no_copies(struct rep_setting *set, struct rep_result **run)
{
    fixture_copies(set, run);
    set->guest[1].name = "db.1";
}

/* The link is full: 10 pages that were asked for, 90 that were not. */
static void link_in_background(struct rep_setting *set, struct rep_result **run)
{
    struct rep_result *r = run[APF];

    (void)set;
    r->disk[REP_DISK_LINK] = (struct rep_disk_result){
        .busy_ns = SIM_SEC, .waiting_ns = 100 * SIM_US, .requests = {100, 0}, .pages = {100, 0}};
    r->memory[REP_MEMORY_PREFETCHED] = 90;
    sim_hist_add_n(&r->latency[LATENCY_PAGE_IN], 50 * SIM_US, 10);
}

static void link_in_demand(struct rep_setting *set, struct rep_result **run)
{
    link_in_background(set, run);
    run[APF]->memory[REP_MEMORY_PREFETCHED] = 1;
}

static void monitor_with_limit(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[APF]->disk[REP_DISK_MONITOR].busy_ns = SIM_SEC;
}

static void monitor_without_limit(struct rep_setting *set, struct rep_result **run)
{
    monitor_with_limit(set, run);
    set->host_limit = 0;
}

/* Nothing is delivered, and the disk is busy: that is not why nothing is gained. */
static void old_swap_and_a_busy_disk(struct rep_setting *set, struct rep_result **run)
{
    set->kind[KIND_SPINNER].touches = true;
    not_delivered(run[APF], 40, OUTCOME_INLINE, WHY_INLINE_SWAP);
    run[APF]->task[KIND_SPINNER].iterations = 1000;
    run[APF]->disk[REP_DISK_PAGING].busy_ns = SIM_SEC;
}

static void kernel_mode(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    not_delivered(run[APF], 10, OUTCOME_HALTED, WHY_CPL0);
}

static void kernel_mode_elsewhere(struct rep_setting *set, struct rep_result **run)
{
    set->protocol = "s390";
    set->halts = false;
    set->why_text[WHY_CPL0] = "its own words";
    not_delivered(run[APF], 10, OUTCOME_SYNC, WHY_CPL0);
}

static void halt_nobody(struct rep_setting *set, struct rep_result **run)
{
    kernel_mode_elsewhere(set, run);
    run[HALT]->outcome_count[OUTCOME_SYNC] = run[HALT]->outcome_count[OUTCOME_HALTED];
    run[HALT]->outcome_count[OUTCOME_HALTED] = 0;
}

static void kernel_mode_and_another(struct rep_setting *set, struct rep_result **run)
{
    kernel_mode_elsewhere(set, run);
    not_delivered(run[APF], 6, OUTCOME_SYNC, WHY_IRQ_PENDING);
}

static void repeat(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    not_delivered(run[APF], 16, OUTCOME_HALTED, WHY_REPEATED);
}

static void mostly_compressed(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    not_delivered(run[APF], 30, OUTCOME_INLINE, WHY_INLINE_ZRAM);
}

/* What little is not compressed is not what gains. */
static void compressed_but_for_none(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    not_delivered(run[APF], 40, OUTCOME_INLINE, WHY_INLINE_ZRAM);
}

static void guest_off_elsewhere(struct rep_setting *set, struct rep_result **run)
{
    set->protocol = "s390";
    set->halts = false;
    not_delivered(run[APF], 40, OUTCOME_SYNC, WHY_PV_OFF);
}

/* In mode off the first wait does not end. */
static void wait_for_ever(struct rep_setting *set, struct rep_result **run)
{
    struct rep_result *r = run[OFF];

    (void)set;
    memset(r->outcome_count, 0, sizeof r->outcome_count);
    memset(r->why_count, 0, sizeof r->why_count);
    sim_hist_clear(&r->latency[LATENCY_FAULT]);
}

/* The spinner's requests: in mode halt two of a hundred take 20 ms instead of 9 ms. */
static void serve(struct rep_setting *set, struct rep_result **run)
{
    set->kind[KIND_SPINNER].serves = set->kind[KIND_SPINNER].open = true;
    for (unsigned m = 0; m < 3; m++) {
        struct rep_task_result *t = &run[m]->task[KIND_SPINNER];

        t->iterations = 1000;
        sim_hist_add_n(&t->request, SIM_MS, 98);
        sim_hist_add_n(&t->request, (m == HALT ? 20 : 9) * SIM_MS, 2);
    }
}

static void serve_alike(struct rep_setting *set, struct rep_result **run)
{
    serve(set, run);
    sim_hist_clear(&run[HALT]->task[KIND_SPINNER].request);
    sim_hist_add_n(&run[HALT]->task[KIND_SPINNER].request, 9 * SIM_MS, 100);
}

static void serve_with_exits(struct rep_setting *set, struct rep_result **run)
{
    serve(set, run);
    run[HALT]->ledger[0][LEDGER_APF_HALTED] -= SIM_SEC / 10;
    run[HALT]->ledger[0][LEDGER_EXIT] += SIM_SEC / 10;
}

/* A tenth of the work goes to exits. */
static void halt_costs_exits(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[HALT]->task[KIND_SPINNER].iterations = 900;
    run[HALT]->ledger[0][LEDGER_APF_HALTED] -= SIM_SEC / 20;
    run[HALT]->ledger[0][LEDGER_EXIT] += SIM_SEC / 20;
}

static void halt_costs_locks(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[HALT]->task[KIND_SPINNER].iterations = 900;
    sim_hist_add(&run[OFF]->latency[LATENCY_LOCK_HOLD], 100 * SIM_US);
    sim_hist_add(&run[HALT]->latency[LATENCY_LOCK_HOLD], 112 * SIM_US);
}

static void halt_costs_without_a_cause(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[HALT]->task[KIND_SPINNER].iterations = 900;
}

static void halt_is_enough(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[HALT]->task[KIND_SPINNER].iterations = 1975;
}

static void halt_gains_more(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[HALT]->task[KIND_SPINNER].iterations = 2100;
}

/* 3 % of standing still, 12 % of gain, and locks that are held longer without APF. */
static void hold_locks(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[OFF]->ledger[0][LEDGER_USER] = SIM_SEC / 100 * 97;
    run[OFF]->ledger[0][LEDGER_SYNC_BLOCKED] = SIM_SEC / 100 * 3;
    run[APF]->task[KIND_SPINNER].iterations = 1120;
    for (unsigned m = 0; m < 3; m++) {
        sim_hist_add(&run[m]->latency[LATENCY_LOCK_WAIT], SIM_MS);
        sim_hist_add(&run[m]->latency[LATENCY_LOCK_HOLD], (m == APF ? 200 : 250) * SIM_US);
    }
}

static void hold_locks_for_what_they_cost(struct rep_setting *set, struct rep_result **run)
{
    hold_locks(set, run);
    run[APF]->task[KIND_SPINNER].iterations = 1030;
}

/* 0.4 s of user time is won, 0.3 s of it by the faulter. */
static void win_for_another(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[OFF]->task[KIND_SPINNER].cpu_ns = SIM_SEC / 2;
    run[APF]->task[KIND_SPINNER].cpu_ns = SIM_SEC / 10 * 6;
    run[APF]->task[KIND_FAULTER].cpu_ns = SIM_SEC / 10 * 3;
    run[APF]->task[KIND_FAULTER].iterations = 80;
}

/* Short waits, and time in which others might have run. */
static void lose_to_overhead(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[APF]->task[KIND_SPINNER].iterations = 900;
    run[APF]->ledger[0][LEDGER_EXIT] += SIM_SEC / 20;
    run[APF]->ledger[0][LEDGER_USER] -= SIM_SEC / 20;
    for (unsigned m = 0; m < 3; m++) {
        sim_hist_clear(&run[m]->latency[LATENCY_FAULT]);
        sim_hist_add_n(&run[m]->latency[LATENCY_FAULT], 9 * SIM_US, 40);
        run[m]->flow.in_flight_ns = 40 * 9 * SIM_US;
    }
    run[APF]->ledger[0][LEDGER_USER] -= SIM_SEC / 2;
    run[APF]->ledger[0][LEDGER_IDLE_WAITING] += SIM_SEC / 2;
}

static void lose_to_halts(struct rep_setting *set, struct rep_result **run)
{
    lose_to_overhead(set, run);
    run[APF]->ledger[0][LEDGER_APF_HALTED] = run[APF]->ledger[0][LEDGER_IDLE_WAITING];
    run[APF]->ledger[0][LEDGER_IDLE_WAITING] = 0;
}

/* Handlers and switches do not explain it: its task waits for its turn. */
static void lose_the_turn(struct rep_setting *set, struct rep_result **run)
{
    lose_to_overhead(set, run);
    run[APF]->ledger[0][LEDGER_USER] += run[APF]->ledger[0][LEDGER_EXIT];
    run[APF]->ledger[0][LEDGER_EXIT] = 0;
    sim_hist_add(&run[APF]->latency[LATENCY_PAGE_IN], 9 * SIM_US);
    sim_hist_add(&run[APF]->latency[LATENCY_WAKE_TO_RUN], 2 * SIM_MS);
}

static void lose_the_lock(struct rep_setting *set, struct rep_result **run)
{
    lose_the_turn(set, run);
    for (unsigned m = 0; m < 3; m++) {
        sim_hist_add(&run[m]->latency[LATENCY_LOCK_WAIT], SIM_MS);
        sim_hist_add(&run[m]->latency[LATENCY_LOCK_HOLD], (m == APF ? 5 : 1) * SIM_MS);
    }
}

static void nothing_delivered(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    not_delivered(run[APF], 40, OUTCOME_SYNC, WHY_IRQ_PENDING);
    run[APF]->task[KIND_SPINNER].iterations = 1000;
}

/* And nothing to win: 1 % of standing still. */
static void hardly_wait(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[APF]->task[KIND_SPINNER].iterations = 1000;
    run[OFF]->ledger[0][LEDGER_SYNC_BLOCKED] = SIM_SEC / 100;
    run[OFF]->ledger[0][LEDGER_USER] = SIM_SEC / 100 * 99;
}

static void wait_for_frames(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[APF]->ledger[0][LEDGER_EXIT] = SIM_SEC / 2;
    run[APF]->ledger[0][LEDGER_USER] = SIM_SEC / 2;
    run[OFF]->ledger[0][LEDGER_EXIT] = SIM_SEC / 100;
    run[OFF]->ledger[0][LEDGER_SYNC_BLOCKED] -= SIM_SEC / 100;
    run[APF]->memory[REP_MEMORY_DIRECT] = run[APF]->disk[REP_DISK_PAGING].requests[1] = 40;
}

static void wait_for_clean_frames(struct rep_setting *set, struct rep_result **run)
{
    wait_for_frames(set, run);
    run[APF]->disk[REP_DISK_PAGING].requests[1] = 0;
}

/* The host was half idle, and is not with APF. */
static void use_an_idle_host(struct rep_setting *set, struct rep_result **run)
{
    fixture_share(set, run);
    run[APF]->host[1][HOST_GUEST_USER] = run[APF]->host[1][HOST_IDLE];
    run[APF]->host[1][HOST_IDLE] = 0;
}

/* More requests come than are served. */
static void serve_too_many(struct rep_setting *set, struct rep_result **run)
{
    serve_alike(set, run);
    run[OFF]->task[KIND_SPINNER].dropped = run[OFF]->task[KIND_SPINNER].arrived = 100;
    run[HALT]->task[KIND_SPINNER].iterations = 900;
}

/* Those that are asked for wait for it 40 of 50 us. */
static void link_in_the_way(struct rep_setting *set, struct rep_result **run)
{
    link_in_background(set, run);
    run[APF]->disk[REP_DISK_LINK].waiting_ns = 400 * SIM_US;
}

/* The third does what it did. */
static void three_guests(struct rep_setting *set, struct rep_result **run)
{
    fixture_guests(set);
    set->guests = 3;
    set->guest[2] = (struct rep_guest){"mail", "6.12", 1 << 22, 0, 1};
    run[APF]->task[KIND_FAULTER].iterations = 20;
}

/* is: among the verdicts, with these words; words NULL: not there. absent: not in that sentence. */
static const struct {
    fixture_change *make;
    const char *is, *words, *absent;
} rows[] = {
    {fixture_polls, "host-polls", "75.0 % busy with APF, 50.0 % without, and 25.0", NULL},
    {fixture_polls, "host-saturated", NULL, NULL},
    {work_in_place_of_polls, "host-polls", NULL, NULL},
    {fixture_copies, "copies-unlike", "APF 1 200 accesses of one and 1 000 of the", NULL},
    {copies_alike, "copies-unlike", NULL, NULL},
    {no_copies, "copies-unlike", NULL, NULL},
    {link_in_background, "link-background",
     "100.0 % busy, but 90.0 % of its pages are ones that nobody has asked for yet", "saturated"},
    {link_in_background, "link-background",
     "less than 10.0 us on average, of 50.0 us until it has come", "no sooner"},
    {link_in_background, "monitor-saturated", NULL, NULL},
    {link_in_demand, "monitor-saturated", "link is saturated", NULL},
    {link_in_demand, "link-background", NULL, NULL},
    {monitor_without_limit, "monitor-saturated", "its threads or a shorter monitor.latency would",
     "host.memory.limit"},
    {monitor_with_limit, "monitor-saturated", "or more memory (host.memory.limit) would", NULL},
    {old_swap_and_a_busy_disk, "disk-saturated", "go no faster than it does", "no mode can gain"},
    {kernel_mode, "kernel-mode", "25.0 % of the faults that needed I/O came from guest kernel mode",
     NULL},
    {kernel_mode, "kernel-mode", "not told (for a reason): the vCPU halts instead", "thread"},
    {kernel_mode, "undelivered", NULL, NULL},
    {kernel_mode_elsewhere, "kernel-mode", "not told (its own words): the vCPU's thread waits",
     "SEND_ALWAYS"},
    {halt_nobody, "halt", "Mode halt is mode off here: under protocol s390 no vCPU", "gain"},
    {kernel_mode_and_another, "undelivered", "not delivered: 15.0 % (for a reason).", "25.0"},
    {repeat, "repeated", "40.0 % of the faults", NULL},
    {repeat, "repeated", "for the second the vCPU halts", NULL},
    {repeat, "undelivered", NULL, NULL},
    {mostly_compressed, "backing", "75.0 % of the faults whose page", "hardly ever"},
    {mostly_compressed, "backing", "from the other 25.0 %, for each of which a vCPU stands still",
     NULL},
    {compressed_but_for_none, "backing", "hardly ever asynchronous: 100.0 %", "gain"},
    {guest_off_elsewhere, "guest-off",
     "for 100.0 % of the faults that needed I/O the vCPU's thread", "no-kvmapf"},
    {wait_for_ever, "gain", "in waits that did not end in the measured time; with it", "0 ns"},
    {serve, "halt", "slower: one in a hundred of 'spinner' takes longer than 20.0 ms", "the work"},
    {serve, "halt", "in mode off longer than 9.00 ms (2.22x).", "exits take"},
    {serve_alike, "halt", "leaves the requests as they are", "slower"},
    {serve_with_exits, "halt", "exits take 10.0 % of the vCPUs' time instead of 0.0 %", NULL},
    {halt_costs_exits, "halt", "exits take 5.0 % of the vCPUs' time instead of 0.0 %", "lock"},
    {halt_costs_locks, "halt", "held the longer: 112 us on average instead of 100 us", "exits"},
    {halt_costs_without_a_cause, "halt", "costs work: 0.900 (one run of each).", "Each halt"},
    {halt_is_enough, "halt", NULL, NULL},
    {halt_is_enough, "gain", "gains as much: 1.98x, as interrupts are served", NULL},
    {halt_gains_more, "gain", "gains more: 2.10x, as", NULL},
    {hold_locks, "locks", "are held for 250 us and 200 us", NULL},
    {hold_locks, "locks", "That is why 3.0 % of standing still cost so much", NULL},
    {hold_locks_for_what_they_cost, "locks", "frees the vCPU, not the lock.", "That is why"},
    {win_for_another, "others-gain", "It has 75 % of the user time that is won.", NULL},
    {lose_to_overhead, "overhead", "Give the guest other work meanwhile.", NULL},
    {lose_to_halts, "overhead", "two task switches to each.", "other work"},
    {lose_the_turn, "overhead", NULL, NULL},
    {lose_the_turn, "loss", "for 2.00 ms on average; a page takes 9.00 us.", "The table"},
    {lose_the_lock, "locks", "That is why APF loses: a holder that is told gives its vCPU", NULL},
    {nothing_delivered, "undelivered", "Faults that needed I/O and were not delivered: 100.0 % (",
     "Other"},
    {hardly_wait, "no-difference", "stands still for no more than 1.0 % of its time", NULL},
    {nothing_delivered, "no-difference", "gain 1.000", "stands still"},
    {wait_for_frames, "reclaim-waits", "50.0 % of their time, 12.5 ms for each", NULL},
    {wait_for_frames, "reclaim-waits", "that needed I/O instead of 250 us: reclaim", NULL},
    {wait_for_clean_frames, "reclaim-waits", NULL, NULL},
    {use_an_idle_host, "host-saturated", "in which vCPUs waited was idle", "does not get"},
    {serve_too_many, "halt", "costs work: 0.900", "one in a hundred"},
    {link_in_the_way, "link-background", "40.0 us on average, of 50.0 us", "hardly those"},
    {link_in_the_way, "link-background", "over sooner, and those, too.", NULL},
    {three_guests, "guests-differ", "less by 'db' (0.50x)", "mail"},
};

static void check_sentence(size_t i, const char *sentence)
{
    const char *words = rows[i].words, *absent = rows[i].absent;

    if (!words) {
        cr_assert(sentence == NULL, "row %zu: '%s' should not hold: %s", i, rows[i].is, sentence);
        return;
    }
    cr_assert(sentence != NULL, "row %zu: '%s' is missing", i, rows[i].is);
    cr_assert(strstr(sentence, words) != NULL, "row %zu: no '%s' in: %s", i, words, sentence);
    cr_assert(absent == NULL || strstr(sentence, absent) == NULL, "row %zu: '%s' in: %s", i, absent,
              sentence);
}

Test(rep_why, the_reason_is_that_of_the_figures)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct fixture_judged judged;

        fixture_judge(&judged, 1, rows[i].make);
        check_sentence(i, fixture_sentence(judged.summary, rows[i].is));
        fixture_judged_free(&judged);
    }
}
