/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_verdict.c - the table of rules
 *
 * A rule looks at the summary and writes its sentence, or says that it does not hold. Thresholds
 * stand beside the rule they belong to. To add one: write `rule_x`, add a row.
 */
#include "rep_verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "rep_format.h"

/* What the rules look at, found once. NULL: that mode was not run, or no run of it ended well. */
struct facts {
    const struct rep_setting *set;
    const struct rep_summary *s;
    const struct rep_mode_summary *off, *halt, *apf;
    const struct rep_mode_summary *any; /* the first that counts */
    uint64_t io_any, io_apf;            /* accesses that needed I/O */
    char *to;                           /* the sentence, REP_VERDICT_BYTES */
};
typedef bool (*rule)(const struct facts *f);

/* Gains within this of 1 are not worth a word of praise or blame. */
#define NOTABLE 0.02

static bool say(const struct facts *f, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool say(const struct facts *f, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_vsnprintf(f->to, REP_VERDICT_BYTES, format, args);
    va_end(args);
    return true;
}

static double why_share(const struct facts *f, const char *key)
{
    uint32_t w = rep_why_find(f->set, key);

    return f->apf && w && f->io_apf ? (double)f->apf->total->why_count[w] / (double)f->io_apf : 0;
}

static double gain_low(const struct rep_mode_summary *m)
{
    return m->gain.mean - m->gain.ci95;
}

static double gain_high(const struct rep_mode_summary *m)
{
    return m->gain.mean + m->gain.ci95;
}

static bool has_gain(const struct rep_mode_summary *m)
{
    return m && m->gain.n;
}

/* The interval leaves the band about 1, and not by a hair: the gain cannot be called 1. */
static bool is_vague(const struct rep_mode_summary *m)
{
    if (gain_low(m) >= 1 - NOTABLE && gain_high(m) <= 1 + NOTABLE)
        return false;
    return m->gain.ci95 > NOTABLE / 2 || m->gain.mean < 1 - NOTABLE || m->gain.mean > 1 + NOTABLE;
}

static bool rule_failed(const struct facts *f)
{
    if (rep_outcome_good(f->s->outcome))
        return false;
    return say(f,
               "Not every run ended well (%s; %s). Its figures are left out, and nothing below may "
               "be believed before that is understood.",
               sim_outcome_name[f->s->outcome], f->s->text);
}

static bool rule_no_io(const struct facts *f)
{
    char bytes[REP_NUMBER_BYTES];

    if (!f->any || f->io_any)
        return false;
    if (!f->set->host_limit)
        return say(f,
                   "No access needed I/O: no host.memory.limit, so nothing is ever paged out, and "
                   "nothing had to be read in: the host never had to wait, and there is nothing to "
                   "make asynchronous.");
    if (f->any->total->disk[0].requests[1])
        return say(f,
                   "No access waited for a read: more is touched than fits into %s "
                   "(host.memory.limit), and pages are written out, but none was needed again.",
                   rep_format_bytes(bytes, f->set->host_limit));
    return say(f,
               "No access needed I/O: what the tasks touch fits into %s (host.memory.limit), so "
               "the host never had to wait, and there is nothing to make asynchronous.",
               rep_format_bytes(bytes, f->set->host_limit));
}

static bool rule_gain(const struct facts *f)
{
    char ci[REP_NUMBER_BYTES], ns[REP_NUMBER_BYTES];

    if (!has_gain(f->apf) || gain_low(f->apf) <= 1 + NOTABLE)
        return false;
    return say(f,
               "APF gains %.2fx (%s): without it a vCPU stands still for %.1f %% of its time in "
               "waits of %s on average; with it %.1f %% of the faults that needed I/O were "
               "delivered to the guest, and user time went from %.1f %% to %.1f %%.",
               f->apf->gain.mean, rep_format_ci(ci, &f->apf->gain, 1, 3),
               100 * rep_share(f->off, LEDGER_SYNC_BLOCKED),
               rep_format_ns(ns, rep_wait_mean(f->off)),
               f->io_apf ? 100.0 * (double)f->apf->total->outcome_count[OUTCOME_DELIVERED] /
                               (double)f->io_apf
                         : 0.0,
               100 * f->off->utilization.mean, 100 * f->apf->utilization.mean);
}

/* A page-in this short is in the reach of what APF itself costs. */
#define SHORT_PAGE_IN_NS 100e3

static bool rule_overhead(const struct facts *f)
{
    char ci[REP_NUMBER_BYTES], ns[REP_NUMBER_BYTES];
    double wait;

    if (!has_gain(f->apf) || !f->io_apf || gain_high(f->apf) >= 1)
        return false;
    wait = rep_wait_mean(f->off);
    if (wait > SHORT_PAGE_IN_NS || f->apf->gain.mean > 1 - NOTABLE / 4)
        return false;
    return say(
        f,
        "APF costs more than it hides: gain %.3f (%s). A page-in takes only %s, and APF adds an "
        "exit, two guest handlers and two task switches to each. Turn it off for such guests "
        "(no-kvmapf on their command line), or give them other work meanwhile.",
        f->apf->gain.mean, rep_format_ci(ci, &f->apf->gain, 1, 3), rep_format_ns(ns, wait));
}

static bool rule_loss(const struct facts *f)
{
    char ci[REP_NUMBER_BYTES];

    if (!has_gain(f->apf) || !f->io_apf || gain_high(f->apf) >= 1 - NOTABLE)
        return false;
    if (rep_wait_mean(f->off) <= SHORT_PAGE_IN_NS)
        return false; /* rule_overhead says why */
    return say(f,
               "APF loses: the measured tasks get %.3f (%s) of the work that they get without it. "
               "See whose rate rose instead, and where the vCPUs' time went.",
               f->apf->gain.mean, rep_format_ci(ci, &f->apf->gain, 1, 3));
}

static bool rule_no_difference(const struct facts *f)
{
    char ci[REP_NUMBER_BYTES];

    if (!has_gain(f->apf) || !f->io_apf)
        return false;
    if (gain_low(f->apf) > 1 + NOTABLE || gain_high(f->apf) < 1 - NOTABLE)
        return false;
    if (gain_high(f->apf) < 1 && f->apf->gain.mean <= 1 - NOTABLE / 4 &&
        rep_wait_mean(f->off) <= SHORT_PAGE_IN_NS)
        return false; /* rule_overhead says more */
    rep_format_ci(ci, &f->apf->gain, 1, 3);
    if (is_vague(f->apf))
        return say(f,
                   "No difference between mode apf and mode off can be told: gain %.3f (%s). More "
                   "--replicas or a longer duration would narrow that.",
                   f->apf->gain.mean, ci);
    return say(f, "APF makes no difference worth naming here: gain %.3f (%s).", f->apf->gain.mean,
               ci);
}

#define SATURATED 0.98

/* The device has no time left, and APF won nothing. */
static bool is_saturated_in_vain(const struct facts *f)
{
    return f->apf->disk_utilization[0].mean > SATURATED &&
           !(has_gain(f->apf) && gain_low(f->apf) > 1 + NOTABLE);
}

static bool rule_disk_saturated(const struct facts *f)
{
    double busy;

    if (!f->apf || !f->io_apf)
        return false;
    busy = f->apf->disk_utilization[0].mean;
    if (busy <= SATURATED)
        return false;
    if (has_gain(f->apf) && gain_low(f->apf) > 1 + NOTABLE)
        return say(
            f,
            "The disk (%s) is %.1f %% busy with APF: tasks that fault cannot go faster than "
            "it does. The gain is the time that the others no longer lose; for more, a faster "
            "device, more channels (disk.channels) or more memory (host.memory.limit).",
            f->set->device, 100 * busy);
    return say(
        f,
        "%s the disk (%s) is saturated: %.1f %% busy, so no mode can gain. Only a faster "
        "device, more channels (disk.channels) or more memory (host.memory.limit) would help.",
        f->apf->total->outcome_count[OUTCOME_DELIVERED] ? "APF fires but" : "APF apart,",
        f->set->device, 100 * busy);
}

/* From this share of idle-while-waiting on, spare work would have found a place. */
#define IDLE_NOTABLE 0.25

static bool rule_nothing_else(const struct facts *f)
{
    double idle;

    if (!f->apf || !f->io_apf)
        return false;
    idle = rep_share(f->apf, LEDGER_IDLE_WAITING);
    if (idle < IDLE_NOTABLE || is_saturated_in_vain(f))
        return false; /* more tasks would only wait for the disk, too */
    return say(
        f,
        "With APF the vCPUs are idle for %.1f %% of the time while tasks wait for pages: the "
        "guest has nothing else to run. APF turns waiting into work only where other tasks "
        "are ready: more tasks on each vCPU, or fewer vCPUs.",
        100 * idle);
}

#define KERNEL_NOTABLE 0.05

static bool rule_kernel_mode(const struct facts *f)
{
    double share = why_share(f, "cpl0");

    if (share < KERNEL_NOTABLE)
        return false;
    return say(
        f,
        "%.1f %% of the faults that needed I/O came from guest kernel mode, where Linux does "
        "not let the host deliver (no SEND_ALWAYS): the vCPU halts instead. Pages that only "
        "user mode touches, or that the kernel finds resident, would be delivered.",
        100 * share);
}

static bool rule_irq_off(const struct facts *f)
{
    double share = why_share(f, "irq_off");

    if (share < KERNEL_NOTABLE)
        return false;
    return say(
        f,
        "%.1f %% of the faults that needed I/O came while the guest had interrupts off: they "
        "block the vCPU thread, APF or not.",
        100 * share);
}

static bool rule_queue_full(const struct facts *f)
{
    double share = why_share(f, "queue_full");

    if (!f->apf || share < 0.001)
        return false;
    return say(
        f,
        "%.1f %% of the faults that needed I/O met the kernel's limit of work items per vCPU "
        "(at most %" G_GUINT64_FORMAT " were in flight on one vCPU) and were taken "
        "synchronously: more vCPUs, or fewer faulting tasks on each.",
        100 * share, f->apf->total->apf_most);
}

static bool rule_guest_off(const struct facts *f)
{
    double share = why_share(f, "pv_off");

    if (share < 0.5)
        return false;
    return say(f,
               "The guest (kernel %s) has not enabled APF: %.1f %% of the faults that needed I/O "
               "could only halt the vCPU. Check guest.apf (no-kvmapf on its command line) and that "
               "its kernel is 5.10 or later.",
               f->set->guest_kernel, 100 * share);
}

static bool rule_old_swap(const struct facts *f)
{
    double share = why_share(f, "inline_swap");

    if (share < 0.5)
        return false;
    return say(
        f,
        "Host kernel %s reads a swap fault with a read-ahead window of 1 synchronously, "
        "whatever NOWAIT says: %.1f %% of the faults that needed I/O. Random swap faults make "
        "no APF there; kernel 6.12 reads them asynchronously.",
        f->set->host_kernel, 100 * share);
}

static bool is_inline(const char *key)
{
    return g_str_has_prefix(key, "inline_") && strcmp(key, "inline_swap") != 0;
}

static bool rule_backing(const struct facts *f)
{
    uint64_t sum = 0, most = 0;
    uint32_t leading = 0;

    if (!f->apf || !f->io_apf)
        return false;
    for (uint32_t w = 1; w < f->set->whys; w++) {
        uint64_t n = is_inline(f->set->why_key[w]) ? f->apf->total->why_count[w] : 0;

        sum += n;
        leading = n > most ? w : leading;
        most = MAX(most, n);
    }
    if (sum * 2 <= f->io_apf)
        return false;
    return say(
        f,
        "This backing is hardly ever asynchronous: %.1f %% of the faults that needed I/O were "
        "read in the vCPU thread at once (%s). APF can not help there; swap on a disk, files "
        "with read-around or userfaultfd can wait.",
        100.0 * (double)sum / (double)f->io_apf, f->set->why_text[leading]);
}

static bool rule_read_around(const struct facts *f)
{
    uint64_t cheap;

    if (!f->apf || !f->io_apf || !f->set->reads_files)
        return false;
    cheap = f->apf->total->outcome_count[OUTCOME_MINOR] +
            f->apf->total->outcome_count[OUTCOME_RESIDENT];
    if (cheap < 3 * f->io_apf)
        return false;
    return say(
        f,
        "Read-around makes APF rare: one read brings a window of pages, so of %.1f faults only "
        "one needed I/O; the others found their page in memory.",
        1.0 + (double)cheap / (double)f->io_apf);
}

/* Finds the kind whose rate fell most; its paired ratio must be below this. */
#define FELL 0.95

static bool rule_others_cost(const struct facts *f)
{
    uint32_t worst = UINT32_MAX;

    if (!has_gain(f->apf) || gain_low(f->apf) <= 1 + NOTABLE)
        return false;
    for (uint32_t k = 0; k < f->set->kinds; k++) {
        const struct rep_mean *c = &f->apf->task[k].change;

        if (c->n && c->mean + c->ci95 < FELL &&
            (worst == UINT32_MAX || c->mean < f->apf->task[worst].change.mean))
            worst = k;
    }
    if (worst == UINT32_MAX)
        return false;
    return say(f,
               "Part of the gain is paid by others: the rate of '%s' fell to %.2f of what it is in "
               "mode off (%.4g instead of %.4g iterations a second). Judge both together.",
               f->set->kind[worst].name, f->apf->task[worst].change.mean,
               f->apf->task[worst].rate.mean, f->off->task[worst].rate.mean);
}

#define ROSE 1.05

/* Tasks that are not the work, but gain. */
static bool rule_others_gain(const struct facts *f)
{
    uint32_t best = UINT32_MAX;
    char ci[REP_NUMBER_BYTES];

    for (uint32_t k = 0; f->apf && k < f->set->kinds; k++) {
        const struct rep_mean *c = &f->apf->task[k].change;

        if (!f->set->kind[k].measured && c->n && c->mean - c->ci95 > ROSE &&
            (best == UINT32_MAX || c->mean > f->apf->task[best].change.mean))
            best = k;
    }
    if (best == UINT32_MAX)
        return false;
    return say(f,
               "A task that is not counted as work gains: '%s' makes %.2fx (%s) the turns that it "
               "makes in mode off.",
               f->set->kind[best].name, f->apf->task[best].change.mean,
               rep_format_ci(ci, &f->apf->task[best].change, 1, 3));
}

/* Of all kinds, the one whose 99th percentile of wake-to-run gains most from halting. */
static double best_wake_gain(const struct facts *f, uint32_t *ret_kind)
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

static bool rule_halt_wakes(const struct facts *f)
{
    char a[REP_NUMBER_BYTES], b[REP_NUMBER_BYTES];
    uint32_t kind = 0;

    if (!f->halt || !f->off || !f->io_any || best_wake_gain(f, &kind) < 2)
        return false;
    return say(
        f,
        "Halting in the host alone pays for tasks that are woken: interrupts are served while "
        "a page is awaited, and the 99th percentile from wake-up to running of '%s' falls "
        "from %s to %s.",
        f->set->kind[kind].name,
        rep_format_ns(a, (double)sim_hist_percentile(&f->off->total->task[kind].wake, 990000)),
        rep_format_ns(b, (double)sim_hist_percentile(&f->halt->total->task[kind].wake, 990000)));
}

static bool rule_halt(const struct facts *f)
{
    const struct rep_mode_summary *m = f->halt;
    char ci[REP_NUMBER_BYTES];

    if (!has_gain(m) || !m->total->outcome_count[OUTCOME_HALTED])
        return false;
    rep_format_ci(ci, &m->gain, 1, 3);
    if (gain_low(m) > 1 + NOTABLE)
        return say(f, "Halting in the host alone (a guest without APF) already gains %.2fx (%s).",
                   m->gain.mean, ci);
    if (gain_high(m) < 1 - NOTABLE)
        return say(f, "Halting in the host alone (a guest without APF) costs work: %.3f (%s).",
                   m->gain.mean, ci);
    if (is_vague(m))
        return say(
            f,
            "Whether halting in the host alone (a guest without APF) changes anything cannot "
            "be told: %.3f (%s).",
            m->gain.mean, ci);
    return say(
        f,
        "Halting in the host alone (a guest without APF) leaves the work as it is: %.3f (%s). "
        "It serves interrupts while a page is awaited, but cannot give the vCPU to another "
        "task.",
        m->gain.mean, ci);
}

static bool rule_no_base(const struct facts *f)
{
    if (!f->any || (f->off && (f->apf || f->halt)))
        return false;
    return say(f, "A gain needs mode off and another one beside it: --modes=off,halt,apf.");
}

static bool rule_no_work(const struct facts *f)
{
    if (!f->off || f->off->work_per_s.mean > 0)
        return false;
    return say(
        f, "The measured tasks finished no turn of their loop in mode off, so there is no gain to "
           "compute: a longer duration, or shorter loops, would tell.");
}

static bool rule_little(const struct facts *f)
{
    for (uint32_t m = 0; m < f->s->modes; m++) {
        struct rep_little l = rep_little_of(&f->s->mode[m]);

        if (!l.holds)
            return say(f,
                       "Little's law does not hold in mode %s: %.4f faults outstanding on average, "
                       "but %.4g a second times %.4g s is %.4f. Please report this as a bug.",
                       f->s->mode[m].key, l.outstanding, l.rate, l.latency_s, l.rate * l.latency_s);
    }
    return false;
}

static const struct {
    const char *id;
    rule holds;
} rules[] = {
    {"failed", rule_failed},
    {"little", rule_little},
    {"no-io", rule_no_io},
    {"gain", rule_gain},
    {"overhead", rule_overhead},
    {"loss", rule_loss},
    {"no-difference", rule_no_difference},
    {"disk-saturated", rule_disk_saturated},
    {"nothing-else-to-run", rule_nothing_else},
    {"kernel-mode", rule_kernel_mode},
    {"irq-off", rule_irq_off},
    {"queue-full", rule_queue_full},
    {"guest-off", rule_guest_off},
    {"old-swap", rule_old_swap},
    {"backing", rule_backing},
    {"read-around", rule_read_around},
    {"others-cost", rule_others_cost},
    {"others-gain", rule_others_gain},
    {"halt-wakes", rule_halt_wakes},
    {"halt", rule_halt},
    {"no-base", rule_no_base},
    {"no-work", rule_no_work},
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
    struct facts f = {.set = s->set, .s = s};

    f.off = counting(s, "off");
    f.halt = counting(s, "halt");
    f.apf = counting(s, "apf");
    f.any = f.apf ? f.apf : f.off ? f.off : f.halt;
    f.io_any = f.any ? rep_io_count(f.any->total) : 0;
    f.io_apf = f.apf ? rep_io_count(f.apf->total) : 0;
    s->verdicts = 0;
    for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++) {
        f.to = s->verdict[s->verdicts];
        if (rules[i].holds(&f))
            s->verdict_id[s->verdicts++] = rules[i].id;
    }
}
