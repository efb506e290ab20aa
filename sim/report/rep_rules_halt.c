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

static double exits(const struct rep_mode_summary *m)
{
    return rep_share(m, LEDGER_EXIT);
}

static void say_exits(const struct rep_facts *f, GString *to)
{
    g_string_append_printf(to,
                           " Each halt takes another exit and a wake-up: exits take %.1f %% of the "
                           "vCPUs' time instead of %.1f %%.",
                           100 * exits(f->halt), 100 * exits(f->off));
}

/* A cause is named when it is at least this share of the loss. */
#define CAUSE 0.5

/* Where the work goes that halting costs, as far as the figures say. */
static void add_cause(const struct rep_facts *f, GString *to)
{
    double user = f->off->utilization.mean, loss = 1 - f->halt->gain.mean;
    double off = sim_hist_mean(&f->off->total->latency[LATENCY_LOCK_HOLD]);
    double halt = sim_hist_mean(&f->halt->total->latency[LATENCY_LOCK_HOLD]);
    char a[REP_NUMBER_BYTES], b[REP_NUMBER_BYTES];

    if (exits(f->halt) - exits(f->off) > CAUSE * loss * user)
        say_exits(f, to);
    else if (off > 0 && halt / off - 1 > CAUSE * loss)
        g_string_append_printf(to,
                               " Each halt takes another exit and a wake-up, and a lock that is "
                               "held meanwhile is held the longer: %s on average instead of %s.",
                               rep_format_ns(a, halt), rep_format_ns(b, off));
}

/* Of the vCPUs' time; less is not told from a change of what the tasks do. */
#define EXITS_NOTABLE 0.001

static double p99(const struct rep_mode_summary *m, uint32_t kind)
{
    return (double)sim_hist_percentile(&m->total->task[kind].request, 990000);
}

static bool has_requests(const struct rep_mode_summary *m, uint32_t kind)
{
    return m->total->task[kind].request.count;
}

/* The kind of requests whose 99th percentile halting changes most, or UINT32_MAX: none was made. */
static uint32_t most_changed(const struct rep_facts *f, double *ret_ratio)
{
    uint32_t most = UINT32_MAX;

    *ret_ratio = 1;
    for (uint32_t k = 0; k < f->set->kinds; k++) {
        double ratio;

        if (!has_requests(f->off, k) || !has_requests(f->halt, k) || p99(f->off, k) <= 0)
            continue;
        ratio = p99(f->halt, k) / p99(f->off, k);
        if (most != UINT32_MAX && ABS(ratio - 1) <= ABS(*ret_ratio - 1))
            continue;
        most = k;
        *ret_ratio = ratio;
    }
    return most;
}

/* More come than are served: then the rate is the mode's, after all. */
static bool drops(const struct rep_mode_summary *m)
{
    for (uint32_t k = 0; k < m->total->kinds; k++)
        if (m->total->task[k].dropped)
            return true;
    return false;
}

/* Requests that come of themselves: how long they take is what changes. */
static bool say_of_requests(const struct rep_facts *f)
{
    char a[REP_NUMBER_BYTES], b[REP_NUMBER_BYTES];
    g_autoptr(GString) why = g_string_new(NULL);
    double ratio;
    uint32_t k = most_changed(f, &ratio);

    if (k == UINT32_MAX)
        return false;
    rep_format_ns(a, p99(f->halt, k));
    rep_format_ns(b, p99(f->off, k));
    if (ABS(ratio - 1) < REP_NOTABLE_PART)
        return rep_say(f,
                       "Halting in the host alone (a guest without APF) leaves the requests as "
                       "they are: one in a hundred of '%s' takes longer than %s, in mode off "
                       "longer than %s.",
                       f->set->kind[k].name, a, b);
    if (ratio > 1 && exits(f->halt) > exits(f->off) + EXITS_NOTABLE)
        say_exits(f, why);
    return rep_say(f,
                   "Halting in the host alone (a guest without APF) makes requests %s: one in a "
                   "hundred of '%s' takes longer than %s, in mode off longer than %s (%.2fx).%s",
                   ratio > 1 ? "slower" : "quicker", f->set->kind[k].name, a, b, ratio, why->str);
}

static bool say_of_work(const struct rep_facts *f)
{
    g_autoptr(GString) cause = g_string_new(NULL);
    const struct rep_mode_summary *m = f->halt;
    char ci[REP_NUMBER_BYTES];

    rep_interval(ci, &m->gain);
    if (rep_gains(m))
        return rep_say(f,
                       "Halting in the host alone (a guest without APF) already gains %.2fx (%s): "
                       "interrupts are served while a page is awaited, and the task that they "
                       "wake, or whose turn it is, runs.",
                       m->gain.mean, ci);
    if (rep_loses(m)) {
        add_cause(f, cause);
        return rep_say(f,
                       "Halting in the host alone (a guest without APF) costs work: %.3f (%s).%s",
                       m->gain.mean, ci, cause->str);
    }
    if (rep_is_vague(m))
        return rep_say(
            f,
            "Whether halting in the host alone (a guest without APF) changes anything cannot "
            "be told: %.3f (%s).",
            m->gain.mean, ci);
    return rep_say(
        f,
        "Halting in the host alone (a guest without APF) leaves the work as it is: %.3f (%s). "
        "Interrupts are served while a page is awaited, but the guest does not know that its task "
        "waits, and counts the wait as that task's time on the vCPU.",
        m->gain.mean, ci);
}

/* A what-if in which nobody is halted: a mode that does what another does. */
static bool say_none(const struct rep_facts *f)
{
    return f->halt && f->off && f->io_any && f->set->protocol && !f->set->halts &&
           rep_say(f,
                   "Mode halt is mode off here: under protocol %s no vCPU is halted for a page; "
                   "where the guest is not told, its thread waits.",
                   f->set->protocol);
}

bool rep_rule_halt(const struct rep_facts *f)
{
    if (f->halt && !f->halt->total->outcome_count[OUTCOME_HALTED])
        return say_none(f);

    if (!rep_has_gain(f->halt) || rep_halt_is_enough(f)) /* rep_rule_gain() has said it */
        return false;
    return rep_work_is_given(f) && !drops(f->off) && !drops(f->halt) ? say_of_requests(f)
                                                                     : say_of_work(f);
}
