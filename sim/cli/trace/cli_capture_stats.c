/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_capture_stats.c - `sim trace stats`, `sim trace explain`: figures of a capture
 */
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "cli_capture.h"
#include "cli_capture_dat.h"
#include "cli_capture_plot.h"
#include "rep_tree.h"

enum span { SPAN_PAGE_IN, SPAN_READY, SPAN_ACK, SPAN_HALT, SPANS };
static const struct {
    const char *key, *text, *brief; /* brief: in a picture */
} span_info[SPANS] = {
    {"page_in", "not_present to completed", "not_present to completed"},
    {"completed_to_ready", "completed to ready; 0 when ready was first", "completed to ready"},
    {"ready_to_ack", "ready to the guest's ACK", "ready to ACK"},
    {"halt", "kvm_vcpu_wakeup: waits of halted vCPUs", "halts of vCPUs"},
};

struct stats {
    const struct capture *c;
    struct cap_judgement j;
    GArray *span[SPANS]; /* uint64_t */
    uint64_t kinds[CAP_KINDS], told, not_told, polls;
    bool ns;
    double ticks_per_ns; /* 0: times stay ticks */
};

/* ---- counting ---- */

static void add_span(struct stats *s, enum span kind, uint32_t from, uint32_t to)
{
    uint64_t a, b, took;

    if (!from || !to || s->c->format == CAP_STREAMS)
        return;
    a = cap_at(s->c, from)->when;
    b = cap_at(s->c, to)->when;
    took = b > a ? b - a : 0;
    if (s->ticks_per_ns > 0)
        took = (uint64_t)((double)took / s->ticks_per_ns + 0.5);
    g_array_append_val(s->span[kind], took);
}

static void count_items(struct stats *s)
{
    for (guint i = 0; i < s->j.items->len; i++) {
        const struct cap_item *item = &g_array_index(s->j.items, struct cap_item, i);

        s->told += item->announced;
        s->not_told += !item->announced;
        add_span(s, SPAN_PAGE_IN, item->not_present, item->completed);
        add_span(s, SPAN_READY, item->completed, item->ready);
        add_span(s, SPAN_ACK, item->ready, item->ack);
    }
}

static void count_events(struct stats *s)
{
    for (guint i = 1; i < s->c->events->len; i++) {
        const struct cap_event *e = cap_at(s->c, i);

        s->kinds[e->kind]++;
        if (e->kind == CAP_WAKEUP && (e->flags & CAP_POLL))
            s->polls++;
        else if (e->kind == CAP_WAKEUP)
            g_array_append_val(s->span[SPAN_HALT], e->a);
    }
}

static void stats_init(struct stats *s, const struct capture *c,
                       const struct cli_capture_options *o)
{
    *s = (struct stats){.c = c, .ns = c->ns || o->mhz_number > 0};
    s->ticks_per_ns = c->ns ? 0 : o->mhz_number / 1000;
    cap_judge(c, o->kernel_kind, o->mode, &s->j);
    for (unsigned k = 0; k < SPANS; k++)
        s->span[k] = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    count_items(s);
    count_events(s);
    for (unsigned k = 0; k < SPANS; k++)
        g_array_sort(s->span[k], cap_by_value);
}

static void stats_finish(struct stats *s)
{
    for (unsigned k = 0; k < SPANS; k++)
        g_array_free(s->span[k], TRUE);
    cap_judgement_free(&s->j);
}

static uint64_t percentile(const GArray *values, unsigned per_mille)
{
    return g_array_index(values, uint64_t, (uint64_t)(values->len - 1) * per_mille / 1000);
}

static uint64_t mean(const GArray *values)
{
    long double sum = 0;

    for (guint i = 0; i < values->len; i++)
        sum += (long double)g_array_index(values, uint64_t, i);
    return (uint64_t)(sum / values->len + 0.5L);
}

static const char *unit(const struct stats *s, unsigned span)
{
    return s->ns || span == SPAN_HALT ? "ns" : "ticks";
}

/* ---- as text and JSON ---- */

static const unsigned per_mille[] = {0, 500, 900, 990, 1000};

static void text_spans(GString *out, const struct stats *s)
{
    bool any = false;

    for (unsigned k = 0; k < SPANS; k++)
        any |= s->span[k]->len != 0;
    if (!any) {
        g_string_append(out, "  no latency: no fault begins and ends in this capture\n");
        return;
    }
    g_string_append_printf(out, "  %-19s %5s %8s %12s %12s %12s %12s %12s %12s\n", "latency",
                           "unit", "count", "mean", "min", "p50", "p90", "p99", "max");
    for (unsigned k = 0; k < SPANS; k++) {
        if (!s->span[k]->len)
            continue;
        g_string_append_printf(out, "  %-19s %5s %8u %12" PRIu64, span_info[k].key, unit(s, k),
                               s->span[k]->len, mean(s->span[k]));
        for (size_t p = 0; p < G_N_ELEMENTS(per_mille); p++)
            g_string_append_printf(out, " %12" PRIu64, percentile(s->span[k], per_mille[p]));
        g_string_append_printf(out, "  %s\n", span_info[k].text);
    }
}

static const char *form_of(const char *path, const struct capture *c)
{
    return c->format == CAP_STREAMS   ? "actor streams"
           : cli_capture_is_dat(path) ? "trace.dat"
                                      : "ftrace text";
}

static void text_stats(GString *out, const char *path, const struct stats *s)
{
    g_string_append_printf(out,
                           "%s: %s, %u events, %" PRIu64 " others, %u vCPU%s\n"
                           "  tried     %10" PRIu64 "  faults that needed I/O\n"
                           "  told      %10" PRIu64 "  not_present, and the guest was told\n"
                           "  halted    %10" PRIu64 "  not_present, and it was not\n"
                           "  repeated  %10" PRIu64 "  the page was in flight already\n"
                           "  refused   %10" PRIu64 "  no consequence: the queue was full\n"
                           "  completed %10" PRIu64 "  workers\n"
                           "  ready     %10" PRIu64 "  of which wake-all %" PRIu64 "\n"
                           "  ACK       %10" PRIu64 "\n"
                           "  in flight %10u  at most on one vCPU\n",
                           path, form_of(path, s->c), s->c->events->len - 1, s->c->other,
                           s->j.vcpus, s->j.vcpus == 1 ? "" : "s", s->j.tries, s->told, s->not_told,
                           s->j.repeated, s->j.refused, s->kinds[CAP_COMPLETED],
                           s->kinds[CAP_READY], s->j.wake_alls, s->j.acks, s->j.in_flight_max);
    if (s->kinds[CAP_WAKEUP])
        g_string_append_printf(
            out, "  halts     %10" PRIu64 "  of which polling was enough %" PRIu64 "\n",
            s->kinds[CAP_WAKEUP], s->polls);
    text_spans(out, s);
    if (!s->ns && s->c->format == CAP_FTRACE && s->c->events->len > 1)
        g_string_append(out, "  Times are ticks of the capture's clock; --mhz=N makes them ns.\n");
}

static void json_stats(GString *out, const struct stats *s)
{
    g_string_append_printf(
        out,
        "{\"events\": %u, \"vcpus\": %u, \"tried\": %" PRIu64 ", \"told\": %" PRIu64
        ", \"halted\": %" PRIu64 ", \"repeated\": %" PRIu64 ", \"refused\": %" PRIu64
        ", \"completed\": %" PRIu64 ", \"ready\": %" PRIu64 ", \"wake_all\": %" PRIu64
        ", \"ack\": %" PRIu64 ", \"in_flight_max\": %u, \"halts\": %" PRIu64 ", \"latency\": {",
        s->c->events->len - 1, s->j.vcpus, s->j.tries, s->told, s->not_told, s->j.repeated,
        s->j.refused, s->kinds[CAP_COMPLETED], s->kinds[CAP_READY], s->j.wake_alls, s->j.acks,
        s->j.in_flight_max, s->kinds[CAP_WAKEUP]);
    for (unsigned k = 0, shown = 0; k < SPANS; k++) {
        if (!s->span[k]->len)
            continue;
        g_string_append_printf(out,
                               "%s\"%s\": {\"unit\": \"%s\", \"count\": %u, \"mean\": %" PRIu64
                               ", \"min\": %" PRIu64 ", \"p50\": %" PRIu64 ", \"p90\": %" PRIu64
                               ", \"p99\": %" PRIu64 ", \"max\": %" PRIu64 "}",
                               shown++ ? ", " : "", span_info[k].key, unit(s, k), s->span[k]->len,
                               mean(s->span[k]), percentile(s->span[k], 0),
                               percentile(s->span[k], 500), percentile(s->span[k], 900),
                               percentile(s->span[k], 990), percentile(s->span[k], 1000));
    }
    g_string_append(out, "}}\n");
}

/* ---- the tree ---- */

enum leaf { ALL, NO_TRY, TRY, REPEATED, REFUSED, ITEM, NOT_TOLD_OFF, NOT_TOLD, TOLD, LEAVES };

/* Page faults of KVM that no try follows, if they are traced. */
static uint64_t faults_without_try(const struct capture *c)
{
    uint64_t n = 0;

    for (guint i = 1; i < c->events->len; i++) {
        const struct cap_event *e = cap_at(c, i);

        n += e->kind == CAP_PAGE_FAULT && (!e->next || cap_at(c, e->next)->kind != CAP_TRY);
    }
    return n;
}

/* Not told while EN was 0 or lacked DELIVERY_AS_INT: items without a ready interrupt before. */
static uint64_t not_told_off(const struct stats *s)
{
    uint64_t n = 0;

    for (guint i = 0; i < s->j.items->len; i++) {
        const struct cap_item *item = &g_array_index(s->j.items, struct cap_item, i);

        n += !item->announced && item->pv_off;
    }
    return n;
}

static void tree(GString *out, const char *path, const struct stats *s)
{
    struct rep_tree_row row[LEAVES] = {
        [ALL] = {0, true, "page faults that the capture shows", NULL, {0}},
        [NO_TRY] =
            {1,
             false,
             "not asynchronous: fast GUP or NOWAIT succeeded, or can_do said no",
             "No event tells these apart. The page was mapped, made on the spot, or read at "
             "once (zram, MADV_RANDOM, swap before 6.12); or kvm_can_do_async_pf refused: no "
             "in-kernel LAPIC, an event in flight, HLT exits off, interrupts off. One line "
             "shows which: bpftrace -e 'kretprobe:kvm_can_do_async_pf { @[retval] = "
             "count(); }' - if it stays silent, NOWAIT succeeded. sim explain has the rules.",
             {0}},
        [TRY] = {1, true, "needed I/O, and can_do said yes", NULL, {0}},
        [REPEATED] = {2, false, "repeated: in flight already, the vCPU halts", NULL, {0}},
        [REFUSED] = {2,
                     false,
                     "set-up refused: 64 items in flight, or no memory",
                     "A faster device or more channels shorten the queue; more vCPUs have a queue "
                     "each.",
                     {0}},
        [ITEM] = {2, true, "not_present", NULL, {0}},
        [NOT_TOLD_OFF] =
            {3,
             false,
             "can_deliver 1: APF is not enabled, the vCPU halts",
             "The guest wrote no EN with ENABLED and DELIVERY_AS_INT: CPUID bits 4 and "
             "14 (QEMU kvm-asyncpf, kvm-asyncpf-int), guest kernel 5.9 or later, no "
             "no-kvmapf.",
             {0}},
        [NOT_TOLD] =
            {3,
             false,
             "can_deliver 2 or 3: kernel mode, L2 or paging off; the vCPU halts",
             "Most likely accesses of the guest's kernel, in system calls: Linux takes the "
             "message in user mode only.",
             {0}},
        [TOLD] = {3, false, "told: asynchronous", NULL, {0}},
    };
    static const char *const column[] = {"faults"};

    row[NO_TRY].count[0] = faults_without_try(s->c);
    row[REPEATED].count[0] = s->j.repeated;
    row[REFUSED].count[0] = s->j.refused;
    row[NOT_TOLD_OFF].count[0] = not_told_off(s);
    row[NOT_TOLD].count[0] = s->not_told - row[NOT_TOLD_OFF].count[0];
    row[TOLD].count[0] = s->told;
    rep_tree_sum(row, LEAVES);
    g_string_append_printf(out, "%s: why a fault is asynchronous, or not\n\n", path);
    rep_tree_print(out, row, LEAVES, column, 1);
    if (!s->kinds[CAP_PAGE_FAULT])
        g_string_append(out, "\n  kvm_page_fault is not in the capture: faults that were not "
                             "asynchronous are not seen.\n");
}

/* ---- the commands ---- */

typedef void (*printer)(GString *out, const char *path, const struct stats *s, bool json);

static void print_stats(GString *out, const char *path, const struct stats *s, bool json)
{
    if (json)
        json_stats(out, s);
    else
        text_stats(out, path, s);
}

static void print_tree(GString *out, const char *path, const struct stats *s, bool json)
{
    (void)json;
    tree(out, path, s);
}

/* The latencies that are in the capture's unit. */
static int plot_stats(const char *dir, const struct stats *s)
{
    struct rep_capture_span span[SPANS];
    unsigned spans = s->ns ? SPANS : SPAN_HALT;

    for (unsigned k = 0; k < spans; k++)
        span[k] = (struct rep_capture_span){span_info[k].key, span_info[k].brief,
                                            (const uint64_t *)(const void *)s->span[k]->data,
                                            s->span[k]->len};
    return cli_capture_plot(dir, s->c, &s->j, span, spans, s->ticks_per_ns, s->ns);
}

struct ask { /* what to do with each file */
    printer print;
    gboolean json;
    char *plot; /* where to; NULL: no pictures */
};

static int each_file(char **files, const struct cli_capture_options *o, const struct ask *ask)
{
    g_autoptr(GString) out = g_string_new(NULL);
    int status = CLI_GOOD, printed;

    for (; *files && status == CLI_GOOD; files++) {
        struct capture c;
        struct stats s;

        status = cli_capture_load(*files, o, &c);
        if (status != CLI_GOOD)
            return status;
        stats_init(&s, &c, o);
        ask->print(out, *files, &s, ask->json);
        if (ask->plot)
            status = plot_stats(ask->plot, &s);
        stats_finish(&s);
        cap_free(&c);
    }
    printed = cli_print(out->str, out->len);
    return MAX(status, printed);
}

static int command(int argc, char **argv, const char *what, struct ask *ask, bool plots)
{
    struct cli_capture_options o = {0};
    g_auto(GStrv) files = NULL;
    g_autofree char *plot = NULL;
    const GOptionEntry entries[] = {
        {"format", 0, 0, G_OPTION_ARG_STRING, &o.format, "of the capture: ftrace, actor-streams",
         "FORMAT"},
        {"kernel", 0, 0, G_OPTION_ARG_STRING, &o.kernel, "host: 5.8 .. tip (6.12)", "VERSION"},
        {"mhz", 0, 0, G_OPTION_ARG_STRING, &o.mhz, "rate of a clock that counts ticks", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &ask->json, "as JSON, one line a file", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &files, NULL, "FILE..."},
        {plots ? "plot" : NULL, 0, 0, G_OPTION_ARG_STRING, &plot,
         "Also draw latencies and tokens in flight over time, with gnuplot (one FILE)", "DIR"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };
    int status;

    if (!cli_parse(argc, argv, entries, what, "Captures: docs/trace-check.md.", &status))
        return status;
    ask->plot = plot;
    status = cli_capture_options(&o);
    if (status == CLI_GOOD && !files)
        status = cli_fail(CLI_USAGE, "no capture: sim %s FILE...", argv[0]);
    if (status == CLI_GOOD && plot && files[1])
        status = cli_fail(CLI_USAGE, "--plot=%s: of one FILE at a time", plot);
    if (status == CLI_GOOD)
        status = each_file(files, &o, ask);
    cli_capture_options_clear(&o);
    return status;
}

int cli_capture_stats(int argc, char **argv)
{
    struct ask ask = {.print = print_stats};

    return command(argc, argv,
                   "Counts, latencies and tokens in flight of a capture of KVM's trace events.",
                   &ask, true);
}

int cli_capture_explain(int argc, char **argv)
{
    struct ask ask = {.print = print_tree};

    return command(argc, argv,
                   "Why the faults of a capture were asynchronous or not, as a tree with counts.",
                   &ask, false);
}
