/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_rep_stats.c - against figures computed by hand and published tables */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glib.h>
#include <math.h>

#include "rep_fixture.h"
#include "rep_levels.h"
#include "rep_stats.h"
#include "rep_verdict.h"

static void near(double got, double want, double tolerance)
{
    cr_assert(fabs(got - want) <= tolerance, "%.10g is not within %g of %.10g", got, tolerance,
              want);
}

Test(rep_stats, the_t_table_agrees_with_published_quantiles)
{
    static const struct {
        uint32_t df;
        double t;
    } rows[] = {{1, 12.706}, {2, 4.303},  {4, 2.776},   {9, 2.262},   {19, 2.093},
                {29, 2.045}, {30, 2.042}, {35, 2.030},  {40, 2.021},  {50, 2.009},
                {60, 2.000}, {80, 1.990}, {100, 1.984}, {120, 1.980}, {999, 1.962}};
    double last = 13;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        near(rep_t975(rows[i].df), rows[i].t, 0.0006);
    for (uint32_t df = 1; df < 3000; df++) {
        cr_assert(rep_t975(df) < last && rep_t975(df) > 1.9599, "falls towards 1.96: %u", df);
        last = rep_t975(df);
    }
}

/* 2 4 4 4 5 5 7 9: mean 5, variance 32/7. */
Test(rep_stats, mean_and_interval_of_a_textbook_sample)
{
    static const double x[] = {2, 4, 4, 4, 5, 5, 7, 9};
    struct rep_mean m = rep_mean_of(x, 8);

    near(m.mean, 5, 0);
    near(m.ci95, 2.36462 * sqrt(32.0 / 7 / 8), 1e-12);
}

Test(rep_stats, one_value_has_a_mean_and_no_interval)
{
    static const double x[] = {3.5};
    struct rep_mean m = rep_mean_of(x, 1), none = rep_mean_of(x, 0);

    near(m.mean, 3.5, 0);
    cr_assert(not(rep_mean_has_interval(&m)));
    cr_assert(eq(u32, none.n, 0));
}

/* Pairs 20/10, 36/20, 66/30: ratios 2, 1.8, 2.2; mean 2, standard deviation 0.2. */
Test(rep_stats, gains_are_paired_by_replica)
{
    static const double x[] = {20, 36, 66, 5}, base[] = {10, 20, 30, 0};
    struct rep_mean m = rep_paired_ratio(x, base, 4);

    cr_assert(eq(u32, m.n, 3), "a pair without a base is left out");
    near(m.mean, 2, 1e-12);
    near(m.ci95, 4.30265 * 0.2 / sqrt(3), 1e-9);
}

Test(rep_stats, a_summary_pairs_replicas_and_sums_counts)
{
    struct rep_setting set;
    struct rep_result **runs;
    struct rep_summary *s;

    fixture_setting(&set, 2);
    runs = fixture_runs(&set);
    runs[OFF * 2 + 1]->task[KIND_SPINNER].iterations = 500;
    runs[APF * 2 + 1]->task[KIND_SPINNER].iterations = 1000;
    s = rep_summary_create(&set, runs);
    rep_verdict_fill(s);
    near(s->mode[APF].gain.mean, (1980.0 / 1000 + 1000.0 / 500) / 2, 1e-12);
    near(s->mode[OFF].work_per_s.mean, 750, 1e-9);
    near(s->mode[OFF].utilization.mean, 0.5, 1e-12);
    near(rep_share(&s->mode[HALT], LEDGER_APF_HALTED), 0.5, 1e-12);
    cr_assert(eq(u64, s->mode[APF].total->outcome_count[OUTCOME_DELIVERED], 80));
    cr_assert(eq(u32, s->mode[OFF].gain.n, 0));
    cr_assert(rep_little_of(&s->mode[APF]).holds);
    near(rep_little_of(&s->mode[APF]).outstanding, 0.48, 1e-12);
    rep_summary_destroy(s);
    fixture_free(runs);
}

/* One of two CPUs is busy, so a second of CPU time is a second: work is per such a second. */
Test(rep_stats, work_is_judged_for_the_host_too)
{
    struct rep_setting set;
    struct rep_result **runs;
    struct rep_summary *s;

    fixture_setting(&set, 2);
    runs = fixture_runs(&set);
    fixture_share(&set, runs);
    runs[APF * 2 + 1]->host[1][HOST_IDLE] -= SIM_SEC / 2;
    runs[APF * 2 + 1]->host[1][HOST_WORKER] += SIM_SEC / 2;
    s = rep_summary_create(&set, runs);
    near(s->mode[OFF].host_utilization.mean, 0.5, 1e-12);
    near(s->mode[OFF].host_work.mean, 1000, 1e-9);
    near(s->mode[APF].host_utilization.mean, (0.5 + 0.75) / 2, 1e-12);
    near(s->mode[APF].host_gain.mean, 1.98 * (1 + 1 / 1.5) / 2, 1e-12);
    near(rep_host_share(&s->mode[APF], HOST_WORKER), 0.125, 1e-12);
    rep_summary_destroy(s);
    fixture_free(runs);
}

/* Each guest's work is that of its own tasks, its faults those of its own accesses. */
Test(rep_stats, guests_are_judged_apart)
{
    struct rep_setting set;
    struct rep_result **runs;
    struct rep_summary *s;
    uint64_t delivered;

    fixture_setting(&set, 2);
    fixture_guests(&set);
    runs = fixture_runs(&set);
    for (int r = 0; r < 2; r++) {
        struct rep_result *apf = runs[APF * 2 + r];

        apf->task[KIND_FAULTER].iterations = 60;
        apf->task[KIND_FAULTER].outcome_count[OUTCOME_DELIVERED] = 30;
        apf->task[KIND_FAULTER].outcome_count[OUTCOME_SYNC] = 10;
        apf->task[KIND_FAULTER].outcome_count[OUTCOME_MINOR] = 5;
    }
    s = rep_summary_create(&set, runs);
    near(s->mode[APF].guest[0].gain.mean, 1.98, 1e-12);
    near(s->mode[APF].guest[1].gain.mean, 1.5, 1e-12);
    near(s->mode[OFF].guest[1].work_per_s.mean, 40, 1e-9);
    near(s->mode[OFF].guest[0].utilization.mean, 0.5, 1e-12);
    cr_assert(eq(u64, rep_guest_io(s->mode[APF].total, &set, 1, &delivered), 80));
    cr_assert(eq(u64, delivered, 60));
    cr_assert(eq(u64, rep_guest_io(s->mode[APF].total, &set, 0, &delivered), 0));
    rep_summary_destroy(s);
    fixture_free(runs);
}

/* Each kind counts for one level, and nothing is lost between them. */
Test(rep_stats, levels_are_sums_over_kinds)
{
    struct rep_setting set;
    struct rep_result **runs;
    struct rep_summary *s;
    struct rep_level l1, l2;

    fixture_setting(&set, 2);
    cr_assert(not(rep_has_levels(&set)));
    set.kind[KIND_FAULTER].nested = true;
    cr_assert(rep_has_levels(&set));
    runs = fixture_runs(&set);
    for (uint32_t i = 0; i < set.modes * 2; i++) {
        runs[i]->task[KIND_FAULTER].outcome_count[OUTCOME_DELIVERED] = 7;
        runs[i]->task[KIND_FAULTER].outcome_count[OUTCOME_MINOR] = 3;
        runs[i]->task[KIND_SPINNER].outcome_count[OUTCOME_SYNC] = 2;
    }
    s = rep_summary_create(&set, runs);
    for (unsigned m = 0; m < s->modes; m++) {
        const struct rep_result *r = s->mode[m].total;

        l1 = rep_level_of(r, &set, false);
        l2 = rep_level_of(r, &set, true);
        cr_assert(eq(u64, l1.cpu_ns, r->task[KIND_SPINNER].cpu_ns));
        cr_assert(eq(u64, l2.cpu_ns, r->task[KIND_FAULTER].cpu_ns));
        cr_assert(eq(u64, l1.needed_io, 2 * 2)); /* two replicas */
        cr_assert(eq(u64, l2.needed_io, 2 * 7));
        cr_assert(eq(u64, l2.outcome_count[OUTCOME_MINOR], 2 * 3));
    }
    rep_summary_destroy(s);
    fixture_free(runs);
}

Test(rep_stats, a_run_that_failed_is_left_out_and_named)
{
    struct rep_setting set;
    struct rep_result **runs;
    struct rep_summary *s;

    fixture_setting(&set, 2);
    runs = fixture_runs(&set);
    runs[APF * 2 + 1]->outcome = SIM_GUEST_PANIC;
    g_strlcpy(runs[APF * 2 + 1]->text, "Host injected async #PF", REP_TEXT_BYTES);
    s = rep_summary_create(&set, runs);
    rep_verdict_fill(s);
    cr_assert(eq(int, (int)s->outcome, SIM_GUEST_PANIC));
    cr_assert(eq(str, s->text, "mode apf, replica 2: Host injected async #PF"));
    cr_assert(eq(u32, s->mode[APF].failed, 1));
    cr_assert(eq(u32, s->mode[APF].gain.n, 1));
    cr_assert(eq(str, (char *)s->verdict_id[0], "failed"));
    rep_summary_destroy(s);
    fixture_free(runs);
}
