/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_capture_plot.c - see cli_capture_plot.h
 */
#include "cli_capture_plot.h"

#include "cli.h"
#include "cli_files.h"
#include "cli_gnuplot.h"

struct clock {
    const struct capture *c;
    uint64_t first;
    double ticks_per_ns;
};

static uint64_t since_first(const struct clock *k, uint32_t event)
{
    uint64_t when = cap_at(k->c, event)->when, since = when > k->first ? when - k->first : 0;

    return k->ticks_per_ns > 0 ? (uint64_t)((double)since / k->ticks_per_ns + 0.5) : since;
}

static gint by_when(gconstpointer a, gconstpointer b)
{
    const struct rep_capture_change *x = a, *y = b;

    return x->when != y->when ? (x->when < y->when ? -1 : 1) : x->by - y->by;
}

/* From not_present to ready; what was cancelled, to the end of its worker if that is seen. */
static GArray *changes_of(const struct clock *k, const struct cap_judgement *j)
{
    GArray *changes = g_array_new(FALSE, FALSE, sizeof(struct rep_capture_change));

    for (guint i = 0; i < j->items->len; i++) {
        const struct cap_item *item = &g_array_index(j->items, struct cap_item, i);
        uint32_t end = item->ready ? item->ready : item->cancelled ? item->completed : 0;
        struct rep_capture_change change = {since_first(k, item->not_present), 1};

        g_array_append_val(changes, change);
        change = (struct rep_capture_change){end ? since_first(k, end) : 0, -1};
        if (end)
            g_array_append_val(changes, change);
    }
    g_array_sort(changes, by_when);
    return changes;
}

static int write_files(const char *dir, const GPtrArray *plots, const GString *latencies,
                       const GString *in_flight)
{
    struct cli_file file[4] = {{REP_CAPTURE_LATENCIES ".csv", latencies->str, latencies->len},
                               {REP_CAPTURE_IN_FLIGHT ".csv", in_flight->str, in_flight->len}};
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    unsigned n = 2;

    for (guint i = 0; i < plots->len; i++, n++) {
        const struct rep_plot *plot = g_ptr_array_index(plots, i);

        g_ptr_array_add(names, g_strconcat(plot->name, ".gp", NULL));
        file[n] =
            (struct cli_file){g_ptr_array_index(names, i), plot->script->str, plot->script->len};
    }
    return cli_files_write(dir, file, n);
}

int cli_capture_plot(const char *dir, const struct capture *c, const struct cap_judgement *j,
                     const struct rep_capture_span *span, size_t spans, double ticks_per_ns,
                     bool ns)
{
    const struct clock k = {c, c->events->len > 1 ? cap_at(c, 1)->when : 0, ticks_per_ns};
    g_autoptr(GArray) changes = changes_of(&k, j);
    g_autoptr(GString) latencies = g_string_new(NULL), in_flight = g_string_new(NULL);
    g_autoptr(GPtrArray) plots = rep_plot_list();
    int status;

    if (c->format == CAP_STREAMS)
        return cli_fail(CLI_USAGE, "--plot: actor streams have no times");
    if (!j->items->len)
        return cli_fail(CLI_USAGE, "--plot: no asynchronous fault in the capture");
    rep_capture_latencies_csv(latencies, span, spans);
    rep_capture_in_flight_csv(in_flight, (const void *)changes->data, changes->len);
    rep_plot_capture(plots, span, spans, since_first(&k, c->events->len - 1), ns);
    status = cli_files_prepare(dir);
    if (status == CLI_GOOD)
        status = write_files(dir, plots, latencies, in_flight);
    for (guint i = 0; i < plots->len && status == CLI_GOOD; i++)
        status = cli_gnuplot(dir, ((const struct rep_plot *)g_ptr_array_index(plots, i))->name);
    return status;
}
