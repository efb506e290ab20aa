/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_rep_notable.c - what is worth a word, and what comes first */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glib.h>
#include <string.h>

#include "rep_fixture.h"
#include "rep_verdict.h"

/* It gets no CPU time in any mode, so that nothing is ever read in. */
static void forget_faulter(struct rep_setting *set, struct rep_result **run)
{
    set->kind[KIND_FAULTER].touches = true;
    for (unsigned m = 0; m < 3; m++) {
        memset(run[m]->outcome_count, 0, sizeof run[m]->outcome_count);
        memset(run[m]->why_count, 0, sizeof run[m]->why_count);
        sim_hist_clear(&run[m]->latency[LATENCY_FAULT]);
        run[m]->flow.in_flight_ns = 0;
        run[m]->task[KIND_FAULTER].iterations = 0;
    }
}

/* One rule for praise and blame, of APF and of halting: one run of each, so 1 % is enough. */
Test(rep_notable, a_difference_of_one_percent_is_named_either_way)
{
    static const struct {
        uint64_t spins;
        const char *apf, *halt;
    } row[] = {{980, "loss", "costs work"},
               {990, "loss", "costs work"},
               {991, "no-difference", "leaves the work as it is"},
               {1009, "no-difference", "leaves the work as it is"},
               {1010, "gain", "gains as much: 1.01x"},
               {1016, "gain", "gains as much: 1.02x"}};

    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct rep_setting set;
        struct rep_result **runs;
        struct rep_summary *s;
        const char *halt;

        fixture_setting(&set, 1);
        runs = fixture_runs(&set);
        runs[APF]->task[KIND_SPINNER].iterations = row[i].spins;
        runs[HALT]->task[KIND_SPINNER].iterations = row[i].spins;
        s = rep_summary_create(&set, runs);
        rep_verdict_fill(s);
        cr_assert(fixture_sentence(s, row[i].apf) != NULL, "%zu: no %s", i, row[i].apf);
        halt = fixture_sentence(s, "halt") ? fixture_sentence(s, "halt")
                                           : fixture_sentence(s, row[i].apf);
        cr_assert(strstr(halt, row[i].halt) != NULL, "%zu: %s", i, halt);
        rep_summary_destroy(s);
        fixture_free(runs);
    }
}

/* The tasks that never ran are named before anything that takes their figures for granted. */
Test(rep_notable, what_never_ran_is_the_answer)
{
    struct rep_setting set;
    struct rep_result **runs;
    struct rep_summary *s;

    fixture_setting(&set, 1);
    runs = fixture_runs(&set);
    forget_faulter(&set, runs);
    s = rep_summary_create(&set, runs);
    rep_verdict_fill(s);
    cr_assert(eq(str, (char *)s->verdict_id[0], "never-ran"));
    rep_summary_destroy(s);
    fixture_free(runs);
}

static void without_clock(struct rep_setting *set, struct rep_result **run)
{
    forget_faulter(set, run);
    set->scheduler = "rr";
    set->kind[KIND_FAULTER].unclocked = true;
}

static void asked_too_early(struct rep_setting *set, struct rep_result **run)
{
    forget_faulter(set, run);
    set->kind[KIND_FAULTER].all_early = true;
}

static void huge_pages(struct rep_setting *set, struct rep_result **run)
{
    forget_faulter(set, run);
    set->kind[KIND_FAULTER].touches = false;
    run[APF]->task[KIND_FAULTER].ended = 1;
    run[OFF]->task[KIND_FAULTER].ended = run[HALT]->task[KIND_FAULTER].ended = 1;
    set->touched = set->host_limit * 2;
    set->touched_huge = set->touched - set->host_limit / 2;
}

Test(rep_notable, why_nothing_ran_or_waited)
{
    static const struct {
        fixture_change *make;
        const char *id, *words;
    } row[] = {{without_clock, "never-ran", "guest.hz = 0: nobody is pre-empted by the clock"},
               {asked_too_early, "never-ran", "All times in its arrivals.file lie within the warm"},
               {huge_pages, "no-io", "of the 2 MiB that the tasks may touch, 1.50 MiB are huge"}};

    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct fixture_judged judged;
        const char *sentence;

        fixture_judge(&judged, 1, row[i].make);
        sentence = fixture_sentence(judged.summary, row[i].id);
        cr_assert(sentence != NULL, "%zu: no %s", i, row[i].id);
        cr_assert(strstr(sentence, row[i].words) != NULL, "%zu: %s", i, sentence);
        fixture_judged_free(&judged);
    }
}

/* Ratios 0.9, 1, 1.1: an interval of 0.25 about 1 is no "no difference". */
Test(rep_notable, a_wide_interval_is_called_undecided)
{
    struct rep_setting set;
    struct rep_result **runs;
    struct rep_summary *s;

    fixture_setting(&set, 3);
    runs = fixture_runs(&set);
    for (unsigned r = 0; r < 3; r++)
        runs[APF * 3 + r]->task[KIND_SPINNER].iterations = 900 + 100 * r;
    s = rep_summary_create(&set, runs);
    rep_verdict_fill(s);
    cr_assert(strstr(fixture_sentence(s, "no-difference"), "can be told: gain 1.000 (+- 0.248)") !=
                  NULL,
              "%s", fixture_sentence(s, "no-difference"));
    rep_summary_destroy(s);
    fixture_free(runs);
}
