/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_text_faults.c - outcomes, reasons, latencies, devices, Little's law
 */
#include "rep_text_faults.h"

#include <inttypes.h>
#include <string.h>

#include "rep_format.h"
#include "rep_text_cells.h"

static void head(struct rep_table *t, const struct rep_summary *s, const char *first)
{
    rep_table_cell(t, "%s", first);
    for (uint32_t i = 0; i < s->modes; i++)
        rep_table_cell(t, "%s", s->mode[i].key);
    rep_table_cell(t, " ");
    rep_table_row(t);
}

static struct rep_table *counts_table(const struct rep_summary *s, const char *first)
{
    struct rep_table *t = rep_table_new(s->modes == 1 ? "lrl" : s->modes == 2 ? "lrrl" : "lrrrl");

    head(t, s, first);
    return t;
}

typedef uint64_t (*counter)(const struct rep_result *r, unsigned index);

/* A row of counts, one a mode; nothing when all are 0. */
static bool counts_row(struct rep_table *t, const struct rep_summary *s, counter count,
                       unsigned index, const char *key, const char *help)
{
    char a[REP_NUMBER_BYTES];
    uint64_t sum = 0;

    for (uint32_t i = 0; i < s->modes; i++)
        sum += count(s->mode[i].total, index);
    if (!sum)
        return false;
    rep_table_cell(t, "%s", key);
    for (uint32_t i = 0; i < s->modes; i++)
        rep_cell_of(t, &s->mode[i], "%s", rep_format_count(a, count(s->mode[i].total, index)));
    rep_table_cell(t, "%s", help);
    rep_table_row(t);
    return true;
}

static uint64_t outcome_count(const struct rep_result *r, unsigned o)
{
    return r->outcome_count[o];
}

static uint64_t why_count(const struct rep_result *r, unsigned w)
{
    return r->why_count[w];
}

static uint64_t io_count(const struct rep_result *r, unsigned unused)
{
    (void)unused;
    return rep_io_count(r);
}

static uint64_t attempt_count(const struct rep_result *r, unsigned repeated)
{
    return repeated ? r->attempts_repeated : r->attempts;
}

static uint64_t memory_count(const struct rep_result *r, unsigned m)
{
    return r->memory[m];
}

static void section_outcomes(GString *out, const struct rep_summary *s,
                             const struct rep_text_options *o)
{
    struct rep_table *t = counts_table(s, "outcome");

    rep_heading(out, o->colour, "HOW EACH FAULT ENDED", "accesses, sum over replicas");
    for (unsigned i = 0; i < OUTCOME_COUNT; i++)
        counts_row(t, s, outcome_count, i, outcome_key[i], outcome_help[i]);
    counts_row(t, s, io_count, 0, "needed I/O", "all but resident, minor and stale");
    counts_row(t, s, attempt_count, 0, "attempts",
               "fault exits in the measured time; an access may need several");
    counts_row(t, s, attempt_count, 1, "repeated", "of these, on a page already in flight");
    rep_table_print(t, out);
}

static void section_why(GString *out, const struct rep_summary *s, const struct rep_text_options *o)
{
    struct rep_table *t = counts_table(s, "reason");
    bool any = false;

    rep_heading(out, o->colour, "WHY NOT ASYNCHRONOUSLY",
                "accesses that needed I/O and were not delivered, by the kernel's condition");
    for (uint32_t w = 1; w < s->set->whys; w++)
        any |= counts_row(t, s, why_count, w, s->set->why_key[w], s->set->why_text[w]);
    if (!any)
        g_string_append(out, "  none\n");
    rep_table_print(t, any ? out : NULL);
}

static void latency_row(struct rep_table *t, const char *name, const char *mode,
                        const struct sim_hist *h)
{
    static const uint32_t quantile[] = {500000, 900000, 990000, 999000};
    char a[REP_NUMBER_BYTES];

    rep_table_cell(t, "%s", name);
    rep_table_cell(t, "%s", mode);
    rep_table_cell(t, "%s", rep_format_count(a, h->count));
    rep_table_cell(t, "%s", rep_format_ns(a, sim_hist_mean(h)));
    for (unsigned q = 0; q < G_N_ELEMENTS(quantile); q++)
        rep_table_cell(t, "%s", rep_format_ns(a, (double)sim_hist_percentile(h, quantile[q])));
    rep_table_cell(t, "%s", rep_format_ns(a, (double)h->greatest));
    rep_table_row(t);
}

/* A device that nobody had to queue for. */
static bool is_all_zero(const struct sim_hist *h, unsigned latency)
{
    return latency == LATENCY_DISK_WAIT && h->greatest == 0;
}

/* How many kinds of tasks were woken, in any mode. */
static unsigned kinds_woken(const struct rep_summary *s)
{
    unsigned woken = 0;

    for (uint32_t k = 0; k < s->set->kinds; k++) {
        uint64_t count = 0;

        for (uint32_t i = 0; i < s->modes; i++)
            count += s->mode[i].total->task[k].wake.count;
        woken += count > 0;
    }
    return woken;
}

/* Nothing new when a single kind was woken: then it is the row wake_to_run. */
static void wake_rows(struct rep_table *t, const struct rep_summary *s)
{
    if (kinds_woken(s) < 2)
        return;
    for (uint32_t k = 0; k < s->set->kinds; k++) {
        for (uint32_t i = 0; i < s->modes; i++) {
            const struct sim_hist *wake = &s->mode[i].total->task[k].wake;
            char name[REP_CELL_BYTES];

            g_snprintf(name, sizeof name, "wake of %s", s->set->kind[k].name);
            if (wake->count)
                latency_row(t, name, s->mode[i].key, wake);
        }
    }
}

static void section_latencies(GString *out, const struct rep_summary *s,
                              const struct rep_text_options *o)
{
    struct rep_table *t = rep_table_new("llrrrrrrr");

    rep_heading(out, o->colour, "LATENCIES",
                "all replicas together; percentiles within 0.4 %; sim help words: what each is");
    for (const char *const *h = (const char *const[]){"what", "mode", "count", "mean", "p50", "p90",
                                                      "p99", "p99.9", "max", NULL};
         *h; h++)
        rep_table_cell(t, "%s", *h);
    rep_table_row(t);
    for (unsigned l = 0; l < LATENCY_COUNT; l++) {
        for (uint32_t i = 0; i < s->modes; i++) {
            const struct sim_hist *h = &s->mode[i].total->latency[l];

            if (h->count && (o->verbose || !is_all_zero(h, l)))
                latency_row(t, latency_key[l], s->mode[i].key, h);
        }
    }
    wake_rows(t, s);
    rep_table_print(t, out);
}

/* What each latency is, once, for those that occur. */
static void latency_legend(GString *out, const struct rep_summary *s)
{
    struct rep_table *t = rep_table_new("ll");

    for (unsigned l = 0; l < LATENCY_COUNT; l++) {
        uint64_t count = 0;

        for (uint32_t i = 0; i < s->modes; i++)
            count += s->mode[i].total->latency[l].count;
        if (!count)
            continue;
        rep_table_cell(t, "%s:", latency_key[l]);
        rep_table_cell(t, "%s", latency_help[l]);
        rep_table_row(t);
    }
    rep_table_print(t, out);
}

static void device_row(struct rep_table *t, const struct rep_mode_summary *m, const char *name,
                       unsigned d)
{
    const struct rep_disk_result *disk = &m->total->disk[d];
    char a[REP_NUMBER_BYTES], b[REP_NUMBER_BYTES];

    rep_table_cell(t, "%s", name);
    rep_table_cell(t, "%s", m->key);
    rep_table_cell(t, "%s", rep_format_percent(a, m->disk_utilization[d].mean));
    rep_table_cell(t, "%s", rep_format_ci(a, &m->disk_utilization[d], 100, 2));
    rep_table_cell(t, "%.3f", m->disk_queue[d].mean);
    rep_table_cell(t, "%s (%s)", rep_format_count(a, disk->requests[0]),
                   rep_format_count(b, disk->pages[0]));
    rep_table_cell(t, "%s (%s)", rep_format_count(a, disk->requests[1]),
                   rep_format_count(b, disk->pages[1]));
    rep_table_row(t);
}

static void section_devices(GString *out, const struct rep_summary *s,
                            const struct rep_text_options *o)
{
    const char *const name[REP_DISKS] = {[REP_DISK_PAGING] = s->set->device,
                                         [REP_DISK_MONITOR] = "uffd monitor",
                                         [REP_DISK_ZRAM] = "zram",
                                         [REP_DISK_LINK] = "uffd link"};
    struct rep_table *t = rep_table_new("llrlrrr");
    bool any = false;

    for (const char *const *h = (const char *const[]){"device", "mode", "busy %", "", "waiting",
                                                      "reads (pages)", "writes (pages)", NULL};
         *h; h++)
        rep_table_cell(t, "%s", *h);
    rep_table_row(t);
    for (unsigned d = 0; d < REP_DISKS; d++) {
        for (uint32_t i = 0; i < s->modes; i++) {
            const struct rep_disk_result *disk = &s->mode[i].total->disk[d];

            if (!disk->busy_ns && !disk->requests[0] && !disk->requests[1])
                continue;
            device_row(t, &s->mode[i], name[d], d);
            any = true;
        }
    }
    rep_heading(out, o->colour, "DEVICES",
                "busy share of all channels; mean number waiting; requests, and how many pages in "
                "all");
    if (!any)
        g_string_append(out, "  no request to a device\n");
    rep_table_print(t, any ? out : NULL);
}

static void little_row(struct rep_table *t, const struct rep_mode_summary *m)
{
    struct rep_little l = rep_little_of(m);
    char a[REP_NUMBER_BYTES];

    rep_table_cell(t, "%s", m->key);
    rep_table_cell(t, "%.4f", l.outstanding);
    rep_table_cell(t, "%s", rep_format_rate(a, l.rate));
    rep_table_cell(t, "%s", rep_format_ns(a, l.latency_s * 1e9));
    rep_table_cell(t, "%.4f", l.rate * l.latency_s);
    if (l.holds && !l.judged)
        rep_table_cell(
            t, "cannot be judged: %" PRIu64 " of %" PRIu64 " waits did not end within the window",
            l.unfinished, l.waits);
    else
        rep_table_cell(t, l.holds ? "agrees" : "DISAGREES by more than the edges explain");
    rep_table_row(t);
}

/* A check of ours: of interest to the reader only when it fails. Modes without a good run have
 * nothing to check. */
static void section_little(GString *out, const struct rep_summary *s,
                           const struct rep_text_options *o)
{
    struct rep_table *t = rep_table_new("lrrrrl");
    bool agrees = true, any = false;

    for (const char *const *h = (const char *const[]){"mode", "outstanding", "faults/s", "latency",
                                                      "rate x latency", "", NULL};
         *h; h++)
        rep_table_cell(t, "%s", *h);
    rep_table_row(t);
    for (uint32_t i = 0; i < s->modes; i++) {
        if (!s->mode[i].total->runs)
            continue;
        little_row(t, &s->mode[i]);
        agrees &= rep_little_of(&s->mode[i]).holds;
        any = true;
    }
    if (!any || (agrees && !o->verbose)) {
        rep_table_print(t, NULL);
        return;
    }
    rep_heading(out, o->colour, "FAULTS OUTSTANDING",
                "Little's law: mean number = rate x mean latency, up to the edges");
    rep_table_print(t, out);
    rep_wrap(out, "  ",
             "A fault counts until its task has run on: until then the access is not complete.");
}

/* What reclaim and the backings did; nothing where memory was never short. */
static void section_memory(GString *out, const struct rep_summary *s,
                           const struct rep_text_options *o)
{
    struct rep_table *t = counts_table(s, "memory");
    bool any = false;

    for (unsigned m = 0; m < REP_MEMORIES; m++)
        any |= counts_row(t, s, memory_count, m, rep_memory_key[m], rep_memory_help[m]);
    if (any)
        rep_heading(out, o->colour, "HOST MEMORY", "counts of pages, sum over replicas");
    rep_table_print(t, any ? out : NULL);
}

enum mark { MARK_FAULTS, MARK_WORK, MARK_READS, MARK_READS_LIMIT, MARK_POSTED, MARKS };

static uint64_t most(const struct rep_result *r, unsigned mark)
{
    const uint64_t of[MARKS] = {[MARK_FAULTS] = r->flow.most,
                                [MARK_WORK] = r->apf_most,
                                [MARK_READS] = r->reads_most,
                                [MARK_READS_LIMIT] = r->reads_limit,
                                [MARK_POSTED] = r->posted_most};

    return of[mark];
}

static void section_marks(GString *out, const struct rep_summary *s,
                          const struct rep_text_options *o)
{
    static const struct {
        const char *key, *help;
    } marks[MARKS] = {
        [MARK_FAULTS] = {"faults", "accesses that wait for a page"},
        [MARK_WORK] = {"APF work", "work items of one vCPU; the kernel's limit is 64"},
        [MARK_READS] = {"reads", "under way, each for one page or a window of them"},
        [MARK_READS_LIMIT] = {"room for", "reads"},
        [MARK_POSTED] = {"posted events", "in the engine's queue"},
    };
    struct rep_table *t = counts_table(s, "most at a time");

    rep_heading(out, o->colour, "HIGH-WATER MARKS", NULL);
    for (unsigned m = 0; m < MARKS; m++)
        counts_row(t, s, most, m, marks[m].key, marks[m].help);
    rep_table_print(t, out);
}

void rep_text_faults(GString *out, const struct rep_summary *s, const struct rep_text_options *o)
{
    section_outcomes(out, s, o);
    section_why(out, s, o);
    section_latencies(out, s, o);
    if (o->verbose)
        latency_legend(out, s);
    section_devices(out, s, o);
    section_memory(out, s, o);
    section_little(out, s, o);
    if (o->verbose)
        section_marks(out, s, o);
}
