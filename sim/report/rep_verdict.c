/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_verdict.c - the table of rules, and those about the runs as such
 *
 * To add a rule: write `rep_rule_x` in the file it belongs to, declare it in rep_rules.h, add a
 * row.
 */
#include "rep_verdict.h"

#include <stdio.h>

#include <glib.h>

#include "rep_format.h"
#include "rep_rules.h"

static bool rule_failed(const struct rep_facts *f)
{
    if (rep_outcome_good(f->s->outcome))
        return false;
    return rep_say(
        f,
        "Not every run ended well (%s in mode %s, replica %" G_GUINT32_FORMAT "; see the "
        "outcome). Its figures are left out, and nothing below may be believed before that "
        "is understood.",
        sim_outcome_name[f->s->outcome], f->s->mode[f->s->bad_mode].key, f->s->bad_replica + 1);
}

static bool rule_no_base(const struct rep_facts *f)
{
    if (!f->any || (f->off && (f->apf || f->halt)))
        return false;
    return rep_say(f, "A gain needs mode off and another one beside it: --modes=off,halt,apf.");
}

static bool rule_no_work(const struct rep_facts *f)
{
    if (!f->off || f->off->work_per_s.mean > 0 || !f->off->total->wall)
        return false;
    return rep_say(
        f, "The measured tasks finished no turn of their loop in mode off, so there is no gain to "
           "compute: a longer duration, or shorter loops, would tell.");
}

static bool rule_little(const struct rep_facts *f)
{
    for (uint32_t m = 0; m < f->s->modes; m++) {
        struct rep_little l = rep_little_of(&f->s->mode[m]);

        if (f->s->mode[m].total->runs && !l.holds)
            return rep_say(
                f,
                "Little's law does not hold in mode %s: %.4f faults outstanding on average, "
                "but %.4g a second times %.4g s is %.4f. Please report this as a bug.",
                f->s->mode[m].key, l.outstanding, l.rate, l.latency_s, l.rate * l.latency_s);
    }
    return false;
}

/* The reason that most accesses of mode `on` had, or 0 when each was delivered. */
static uint32_t leading_why(const struct rep_facts *f)
{
    uint32_t leading = 0;

    for (uint32_t w = 1; w < f->set->whys; w++)
        if (f->on->total->why_count[w] > (leading ? f->on->total->why_count[leading] : 0))
            leading = w;
    return leading;
}

/* The last row: no report is without a sentence. */
static bool rule_nothing_stands_out(const struct rep_facts *f)
{
    char ci[REP_NUMBER_BYTES], gain[2 * REP_NUMBER_BYTES] = "";
    uint32_t why;

    if (f->s->verdicts || !f->on) /* without: rule_failed or rule_no_base has spoken */
        return false;
    if (rep_has_gain(f->on))
        g_snprintf(gain, sizeof gain, ": %.3f (%s) of the work of mode off", f->on->gain.mean,
                   rep_interval(ci, &f->on->gain));
    why = leading_why(f);
    return rep_say(f, "Nothing stands out in mode %s%s. %s%s%s", f->on->key, gain,
                   why ? "Why most faults were not delivered: "
                       : "Every fault that needed I/O was delivered",
                   why ? f->set->why_text[why] : "", ".");
}

static const struct {
    const char *id;
    rep_rule holds;
} rules[] = {
    {"failed", rule_failed},
    {"stale-slot", rep_rule_stale_slot},
    {"little", rule_little},
    {"ended-early", rep_rule_ended_early},
    {"never-ran", rep_rule_never_ran}, /* before all that takes its figures for granted */
    {"objective", rep_rule_objective},
    {"requests", rep_rule_requests},
    {"no-io", rep_rule_no_io},
    {"hotplug", rep_rule_hotplug},
    {"guests-differ", rep_rule_guests_differ}, /* before the sum over them */
    {"gain", rep_rule_gain},
    {"overhead", rep_rule_overhead},
    {"loss", rep_rule_loss},
    {"no-difference", rep_rule_no_difference},
    {"host-saturated", rep_rule_host_saturated},
    {"host-polls", rep_rule_host_polls},
    {"copies-unlike", rep_rule_copies_unlike},
    {"disk-saturated", rep_rule_disk_saturated},
    {"monitor-saturated", rep_rule_monitor_saturated},
    {"link-background", rep_rule_link_background},
    {"reclaim-waits", rep_rule_reclaim_waits},
    {"nothing-else-to-run", rep_rule_nothing_else},
    {"kernel-mode", rep_rule_kernel_mode},
    {"irq-off", rep_rule_irq_off},
    {"queue-full", rep_rule_queue_full},
    {"guest-off", rep_rule_guest_off},
    {"old-swap", rep_rule_old_swap},
    {"backing", rep_rule_backing},
    {"repeated", rep_rule_repeated},
    {"undelivered", rep_rule_undelivered}, /* after all that speak of one reason */
    {"read-around", rep_rule_read_around},
    {"others-cost", rep_rule_others_cost},
    {"others-gain", rep_rule_others_gain},
    {"dropped", rep_rule_dropped},
    {"locks", rep_rule_locks},
    {"halt-wakes", rep_rule_halt_wakes},
    {"halt", rep_rule_halt},
    {"no-base", rule_no_base},
    {"no-work", rule_no_work},
    {"nothing-stands-out", rule_nothing_stands_out}, /* stays last */
};
_Static_assert(G_N_ELEMENTS(rules) <= REP_VERDICTS_MAX, "every rule may hold");

const char *rep_verdict_rule(unsigned i)
{
    return i < G_N_ELEMENTS(rules) ? rules[i].id : NULL;
}

/* A mode counts when a run of it ended well. */
static const struct rep_mode_summary *counting(const struct rep_summary *s, const char *key)
{
    const struct rep_mode_summary *m = rep_summary_mode(s, key);

    return m && m->total->runs ? m : NULL;
}

void rep_verdict_fill(struct rep_summary *s)
{
    struct rep_facts f = {.set = s->set, .s = s};

    f.off = counting(s, "off");
    f.halt = counting(s, "halt");
    f.apf = counting(s, "apf");
    f.any = f.apf ? f.apf : f.off ? f.off : f.halt;
    f.on = f.apf ? f.apf : f.halt;
    f.io_on = f.on ? rep_io_count(f.on->total) : 0;
    f.io_any = f.any ? rep_io_count(f.any->total) : 0;
    f.io_apf = f.apf ? rep_io_count(f.apf->total) : 0;
    s->verdicts = 0;
    for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++) {
        f.to = s->verdict[s->verdicts];
        if (rules[i].holds(&f))
            s->verdict_id[s->verdicts++] = rules[i].id;
    }
    g_assert(s->verdicts);
}
