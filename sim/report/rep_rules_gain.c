/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_rules_gain.c - is APF worth it: for the work, and for the tasks that are not
 */
#include "rep_rules.h"

/* The kind whose rate changed most for the worse, or UINT32_MAX. */
static uint32_t worst_kind(const struct rep_facts *f)
{
    uint32_t worst = UINT32_MAX;

    for (uint32_t k = 0; k < f->set->kinds; k++) {
        const struct rep_mean *c = &f->apf->task[k].change;

        if (rep_is_below(c, REP_NOTABLE_PART) &&
            (worst == UINT32_MAX || c->mean < f->apf->task[worst].change.mean))
            worst = k;
    }
    return worst;
}

#define STARVED 0.1 /* of the rate of mode off: belongs into the answer */

static void add_starved(const struct rep_facts *f, GString *to)
{
    char off[REP_NUMBER_BYTES], apf[REP_NUMBER_BYTES];
    uint32_t k = worst_kind(f);

    if (k == UINT32_MAX || f->apf->task[k].change.mean > STARVED)
        return;
    g_string_append_printf(to, " But '%s' starves: %s instead of %s iterations a second.",
                           f->set->kind[k].name, rep_format_rate(apf, f->apf->task[k].rate.mean),
                           rep_format_rate(off, f->off->task[k].rate.mean));
}

bool rep_halt_is_enough(const struct rep_facts *f)
{
    return rep_gains(f->apf) && rep_gains(f->halt) &&
           f->halt->total->outcome_count[OUTCOME_HALTED] &&
           f->halt->gain.mean > (1 - REP_NOTABLE) * f->apf->gain.mean;
}

/* Halting does all of it: the guest need not be told. */
static void add_halt(const struct rep_facts *f, GString *to)
{
    if (!rep_halt_is_enough(f))
        return;
    g_string_append_printf(
        to,
        " Halting in the host alone, without telling the guest, gains %s: %.2fx, as interrupts are "
        "served while a page is awaited, and the task that they wake, or whose turn it is, runs.",
        f->halt->gain.mean < (1 + REP_NOTABLE) * f->apf->gain.mean ? "as much" : "more",
        f->halt->gain.mean);
}

bool rep_rule_gain(const struct rep_facts *f)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char ci[REP_NUMBER_BYTES], ns[REP_NUMBER_BYTES];
    uint64_t memory = rep_decompressed(f), waited = f->io_apf - memory;
    double wait = f->off ? rep_wait_mean(f->off) : 0;

    if (!rep_gains(f->apf))
        return false;
    rep_format_ns(ns, wait);
    g_string_append_printf(
        text,
        "APF gains %.2fx (%s): without it a vCPU stands still for %.1f %% of its time in "
        "waits%s%s%s; with it %.1f %% of the faults that %s were delivered to the "
        "guest, and user time went from %.1f %% to %.1f %%.",
        f->apf->gain.mean, rep_interval(ci, &f->apf->gain),
        100 * rep_share(f->off, LEDGER_SYNC_BLOCKED), wait > 0 ? " of " : "",
        wait > 0 ? ns : " that did not end in the measured time", wait > 0 ? " on average" : "",
        waited ? 100.0 * (double)f->apf->total->outcome_count[OUTCOME_DELIVERED] / (double)waited
               : 0.0,
        memory ? "were not just decompressed" : "needed I/O", 100 * f->off->utilization.mean,
        100 * f->apf->utilization.mean);
    add_starved(f, text);
    add_halt(f, text);
    return rep_say(f, "%s", text->str);
}

/* A page-in this short is in the reach of what APF itself costs. */
#define SHORT_PAGE_IN_NS 100e3

/* A cause is one when it is at least this share of the loss. */
#define CAUSE 0.5

/* Of the vCPUs' time, what exits, handlers and switches take beyond those of mode off. */
static double own_cost(const struct rep_facts *f)
{
    static const enum ledger_class own[] = {LEDGER_EXIT, LEDGER_GUEST_APF, LEDGER_GUEST_SWITCH,
                                            LEDGER_WORKER};
    double sum = 0;

    for (unsigned i = 0; i < G_N_ELEMENTS(own); i++)
        sum += rep_share(f->apf, own[i]) - rep_share(f->off, own[i]);
    return sum;
}

/* APF was used, and what it costs is more than the short waits that it hides. Where other vCPUs
 * want the CPU, it hides nothing from the host, and there is another rule. */
static bool is_overhead(const struct rep_facts *f)
{
    return !rep_host_is_saturated(f) &&
           own_cost(f) >= CAUSE * (1 - f->apf->gain.mean) * f->off->utilization.mean &&
           f->apf->total->outcome_count[OUTCOME_DELIVERED] && rep_loses(f->apf) &&
           rep_wait_mean(f->off) <= SHORT_PAGE_IN_NS;
}

/* no-kvmapf leads to mode halt, not to mode off: what to say of it depends on how that does. It is
 * of x86 alone. */
static void overhead_advice(const struct rep_facts *f, char *to, size_t bytes)
{
    to[0] = '\0';
    if (f->set->protocol)
        return;
    if (!rep_has_gain(f->halt)) {
        g_strlcpy(to,
                  "no-kvmapf on the guest's command line leads to mode halt, which need not be "
                  "better: --modes=off,halt,apf tells.",
                  bytes);
        return;
    }
    if (f->halt->gain.mean > f->apf->gain.mean) {
        g_snprintf(to, bytes,
                   "Or turn it off for such guests: no-kvmapf on their command line leads to mode "
                   "halt (gain %.3f).",
                   f->halt->gain.mean);
        return;
    }
    g_snprintf(to, bytes,
               "no-kvmapf on the guest's command line would be %s: it leads to mode halt (gain "
               "%.3f). Only a host without APF, or one where the guest's HLT does not exit, does "
               "what mode off does.",
               rep_gain_high(f->halt) < rep_gain_low(f->apf) ? "worse still" : "no better",
               f->halt->gain.mean);
}

/* Those that were told had nothing else to run; else it is not more tasks that are missing. */
static bool is_idle_meanwhile(const struct rep_facts *f)
{
    return rep_share(f->apf, LEDGER_IDLE_WAITING) >
           rep_share(f->apf, LEDGER_APF_HALTED) + rep_share(f->apf, LEDGER_SYNC_BLOCKED);
}

bool rep_rule_overhead(const struct rep_facts *f)
{
    char ci[REP_NUMBER_BYTES], ns[REP_NUMBER_BYTES], advice[REP_VERDICT_BYTES];

    if (!rep_has_gain(f->apf) || !f->io_apf || !is_overhead(f))
        return false;
    overhead_advice(f, advice, sizeof advice);
    return rep_say(f,
                   "APF costs more than it hides: gain %.3f (%s). A page-in takes only %s, and APF "
                   "adds an exit, two guest handlers and two task switches to each.%s%s%s",
                   f->apf->gain.mean, rep_interval(ci, &f->apf->gain),
                   rep_format_ns(ns, rep_wait_mean(f->off)),
                   is_idle_meanwhile(f) ? " Give the guest other work meanwhile." : "",
                   *advice ? " " : "", advice);
}

#define KINDS_SAID 4 /* the table has them all */

/* "'pager' (1.31x)": kinds whose rate rose. */
static void add_risen(const struct rep_facts *f, GString *to)
{
    unsigned said = 0;

    for (uint32_t k = 0; k < f->set->kinds && said < KINDS_SAID; k++) {
        const struct rep_mean *c = &f->apf->task[k].change;

        if (rep_is_above(c, REP_NOTABLE_PART))
            g_string_append_printf(to, "%s'%s' (%.2fx)",
                                   said++ ? ", " : " Whose rate rose: ", f->set->kind[k].name,
                                   c->mean);
    }
    if (said)
        g_string_append_c(to, '.');
}

/* Who was told has given its vCPU away. */
static void add_wake(const struct rep_facts *f, GString *to)
{
    double wake = sim_hist_mean(&f->apf->total->latency[LATENCY_WAKE_TO_RUN]);
    double page_in = sim_hist_mean(&f->apf->total->latency[LATENCY_PAGE_IN]);
    char a[REP_NUMBER_BYTES], b[REP_NUMBER_BYTES];

    if (page_in > 0 && wake > page_in)
        g_string_append_printf(to,
                               " A task that is woken waits for its turn on the vCPU for %s on "
                               "average; a page takes %s.",
                               rep_format_ns(a, wake), rep_format_ns(b, page_in));
}

bool rep_rule_loss(const struct rep_facts *f)
{
    g_autoptr(GString) why = g_string_new(NULL);
    char ci[REP_NUMBER_BYTES];
    bool told;

    if (!f->io_apf || !rep_loses(f->apf) || is_overhead(f))
        return false;
    told = f->apf->total->outcome_count[OUTCOME_DELIVERED];
    rep_interval(ci, &f->apf->gain);
    add_risen(f, why);
    if (told)
        add_wake(f, why);
    if (!why->len)
        g_string_assign(why, " The table of the vCPUs' time says where theirs went.");
    if (!told)
        return rep_say(f,
                       "Mode apf loses: the measured tasks get %.3f (%s) of the work of mode off, "
                       "and no fault was delivered to the guest.%s",
                       f->apf->gain.mean, ci, why->str);
    return rep_say(
        f,
        "APF loses: the measured tasks%s get %.3f (%s) of the work that they get without "
        "it.%s",
        f->set->guests > 1 ? " of all guests together" : "", f->apf->gain.mean, ci, why->str);
}

/* There is hardly anything to win. */
#define STILL_LITTLE 0.02

bool rep_rule_no_difference(const struct rep_facts *f)
{
    char ci[REP_NUMBER_BYTES];
    double still;

    if (!rep_has_gain(f->apf) || !f->io_apf || rep_gains(f->apf) || rep_loses(f->apf) ||
        rep_work_is_given(f))
        return false;
    rep_interval(ci, &f->apf->gain);
    if (rep_is_vague(f->apf))
        return rep_say(f,
                       "No difference between mode apf and mode off can be told: gain %.3f (%s). "
                       "More --replicas or a longer duration would narrow that.",
                       f->apf->gain.mean, ci);
    still = rep_share(f->off, LEDGER_SYNC_BLOCKED);
    if (still < STILL_LITTLE)
        return rep_say(
            f,
            "APF makes no difference worth naming here: gain %.3f (%s). Without it a "
            "vCPU stands still for no more than %.1f %% of its time in waits for a page.",
            f->apf->gain.mean, ci, 100 * still);
    return rep_say(f, "APF makes no difference worth naming here: gain %.3f (%s).",
                   f->apf->gain.mean, ci);
}

bool rep_rule_others_cost(const struct rep_facts *f)
{
    char off[REP_NUMBER_BYTES], apf[REP_NUMBER_BYTES];
    uint32_t worst;

    if (!rep_gains(f->apf))
        return false;
    worst = worst_kind(f);
    if (worst == UINT32_MAX)
        return false;
    return rep_say(
        f,
        "Part of the gain is paid by others: the rate of '%s' fell to %.3g of what it is in "
        "mode off (%s instead of %s iterations a second). Judge both together.",
        f->set->kind[worst].name, f->apf->task[worst].change.mean,
        rep_format_rate(apf, f->apf->task[worst].rate.mean),
        rep_format_rate(off, f->off->task[worst].rate.mean));
}

static uint64_t user_ns(const struct rep_mode_summary *m)
{
    uint64_t sum = 0;

    for (uint32_t k = 0; k < m->total->kinds; k++)
        sum += m->total->task[k].cpu_ns;
    return sum;
}

/* From this share on it says where the time went that the work did not get. */
#define WON_NOTABLE 0.5

/* Of the CPU time that tasks have more of than in mode off, what that kind got. */
static void add_won(const struct rep_facts *f, uint32_t kind, GString *to)
{
    double off = (double)user_ns(f->off) / (double)MAX(f->off->total->wall, 1);
    double apf = (double)user_ns(f->apf) / (double)MAX(f->apf->total->wall, 1);
    double own = (double)f->apf->total->task[kind].cpu_ns / (double)MAX(f->apf->total->wall, 1) -
                 (double)f->off->total->task[kind].cpu_ns / (double)MAX(f->off->total->wall, 1);

    if (apf > off * (1 + REP_NOTABLE) && own > WON_NOTABLE * (apf - off))
        g_string_append_printf(to, " It has %.0f %% of the user time that is won.",
                               100 * MIN(own / (apf - off), 1));
}

/* Tasks that are not the work, but gain. */
bool rep_rule_others_gain(const struct rep_facts *f)
{
    g_autoptr(GString) won = g_string_new(NULL);
    uint32_t best = UINT32_MAX;
    char ci[REP_NUMBER_BYTES];

    for (uint32_t k = 0; f->apf && k < f->set->kinds; k++) {
        const struct rep_mean *c = &f->apf->task[k].change;

        if (!f->set->kind[k].measured && rep_is_above(c, REP_NOTABLE_PART) &&
            (best == UINT32_MAX || c->mean > f->apf->task[best].change.mean))
            best = k;
    }
    if (best == UINT32_MAX)
        return false;
    add_won(f, best, won);
    return rep_say(
        f,
        "A task that is not counted as work gains: '%s' makes %.2fx (%s) the turns that it "
        "makes in mode off.%s",
        f->set->kind[best].name, f->apf->task[best].change.mean,
        rep_interval(ci, &f->apf->task[best].change), won->str);
}
