/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_rules_halt.c - what halting in the host alone does
 */
#include "rep_rules.h"

/* Of all kinds, the one whose 99th percentile of wake-to-run gains most from halting. */
static double best_wake_gain(const struct rep_facts *f, uint32_t *ret_kind)
{
    double best = 0;

    for (uint32_t k = 0; k < f->set->kinds; k++) {
        const struct sim_hist *off = &f->off->total->task[k].wake;
        const struct sim_hist *halt = &f->halt->total->task[k].wake;
        double ratio;

        if (off->count < 100 || halt->count < 100)
            continue;
        ratio = (double)sim_hist_percentile(off, 990000) /
                (double)MAX(sim_hist_percentile(halt, 990000), 1);
        if (ratio > best) {
            best = ratio;
            *ret_kind = k;
        }
    }
    return best;
}

bool rep_rule_halt_wakes(const struct rep_facts *f)
{
    char a[REP_NUMBER_BYTES], b[REP_NUMBER_BYTES];
    uint32_t kind = 0;

    if (!f->halt || !f->off || !f->io_any || best_wake_gain(f, &kind) < 2)
        return false;
    return rep_say(
        f,
        "Halting in the host alone pays for tasks that are woken: interrupts are served while "
        "a page is awaited, and the 99th percentile from wake-up to running of '%s' falls "
        "from %s to %s.",
        f->set->kind[kind].name,
        rep_format_ns(a, (double)sim_hist_percentile(&f->off->total->task[kind].wake, 990000)),
        rep_format_ns(b, (double)sim_hist_percentile(&f->halt->total->task[kind].wake, 990000)));
}

bool rep_rule_halt(const struct rep_facts *f)
{
    const struct rep_mode_summary *m = f->halt;
    char ci[REP_NUMBER_BYTES];

    if (!rep_has_gain(m) || !m->total->outcome_count[OUTCOME_HALTED])
        return false;
    rep_interval(ci, &m->gain);
    if (rep_gains(m))
        return rep_say(f,
                       "Halting in the host alone (a guest without APF) already gains %.2fx (%s).",
                       m->gain.mean, ci);
    if (rep_loses(m))
        return rep_say(f, "Halting in the host alone (a guest without APF) costs work: %.3f (%s).",
                       m->gain.mean, ci);
    if (rep_is_vague(m))
        return rep_say(
            f,
            "Whether halting in the host alone (a guest without APF) changes anything cannot "
            "be told: %.3f (%s).",
            m->gain.mean, ci);
    return rep_say(
        f,
        "Halting in the host alone (a guest without APF) leaves the work as it is: %.3f (%s). "
        "It serves interrupts while a page is awaited, but cannot give the vCPU to another "
        "task.",
        m->gain.mean, ci);
}
