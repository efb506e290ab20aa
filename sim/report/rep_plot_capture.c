/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_plot_capture.c - see rep_plot_capture.h
 */
#include "rep_plot_capture.h"

#include <inttypes.h>

/* ---- data ---- */

static void latency_rows(GString *out, const struct rep_capture_span *s)
{
    size_t zeros = 0;
    uint32_t rows = (uint32_t)MIN(s->count, REP_CAPTURE_ROWS - 1);

    while (zeros < s->count && !s->value[zeros])
        zeros++;
    if (zeros < s->count) /* where the curve begins */
        g_string_append_printf(out, "%s,%.6f,%" PRIu64 "\n", s->key,
                               (double)zeros / (double)s->count, s->value[zeros]);
    for (uint32_t i = 0; i < rows; i++) {
        size_t at = (i + 1) * s->count / rows - 1;

        g_string_append_printf(out, "%s,%.6f,%" PRIu64 "\n", s->key,
                               (double)(at + 1) / (double)s->count, s->value[at]);
    }
}

void rep_capture_latencies_csv(GString *out, const struct rep_capture_span *span, size_t spans)
{
    g_string_append(out, "latency,share,value\n");
    for (size_t i = 0; i < spans; i++)
        latency_rows(out, &span[i]);
}

void rep_capture_in_flight_csv(GString *out, const struct rep_capture_change *change, size_t n)
{
    size_t step = n / REP_CAPTURE_ROWS + 1;
    int level = 0;

    g_string_append(out, "since,in_flight\n0,0\n");
    for (size_t i = 0; i < n;) {
        uint64_t begin = change[i].when;
        int most = 0;

        for (size_t end = MIN(i + step, n); i < end; i++) {
            level += change[i].by;
            most = step == 1 ? level : MAX(most, level);
        }
        g_string_append_printf(out, "%" PRIu64 ",%d\n", begin, most);
    }
}

/* ---- pictures ---- */

static const struct rep_capture_span *greatest_of(const struct rep_capture_span *span, size_t spans,
                                                  double *ret_least)
{
    const struct rep_capture_span *greatest = NULL;

    *ret_least = 0;
    for (size_t i = 0; i < spans; i++) {
        size_t zeros = 0;

        while (zeros < span[i].count && !span[i].value[zeros])
            zeros++;
        if (zeros == span[i].count)
            continue;
        if (!greatest || (double)span[i].value[zeros] < *ret_least)
            *ret_least = (double)span[i].value[zeros];
        if (!greatest || span[i].value[span[i].count - 1] > greatest->value[greatest->count - 1])
            greatest = &span[i];
    }
    return greatest;
}

static void curves(GString *out, const struct rep_capture_span *span, size_t spans)
{
    const char *before = "plot ";

    for (size_t i = 0; i < spans; i++) {
        if (!span[i].count || !span[i].value[span[i].count - 1])
            continue;
        g_string_append_printf(out,
                               "%s'" REP_CAPTURE_LATENCIES ".csv' using (stringcolumn('latency')"
                               " eq ",
                               before);
        rep_gp_quote(out, span[i].key);
        g_string_append_printf(
            out,
            " && column('value') > 0 ? column('value') : NaN):(column('share')) with steps "
            "linewidth 2.5 dashtype %zu linecolor '%s' title ",
            i + 1, rep_gp_colour[1 + i % 7]);
        rep_gp_quote(out, span[i].text);
        before = ", \\\n  ";
    }
    g_string_append_c(out, '\n');
}

static void latencies(GPtrArray *plots, const struct rep_capture_span *span, size_t spans, bool ns)
{
    static const char caption[] = "How long the steps of an asynchronous page fault took";
    double least;
    const struct rep_capture_span *greatest = greatest_of(span, spans, &least);
    struct rep_plot *plot;

    if (!greatest)
        return;
    plot = rep_plot_new(REP_CAPTURE_LATENCIES, g_strdup(caption));
    rep_gp_begin(plot->script, plot->name, caption, REP_CAPTURE_LATENCIES ".csv", 460);
    rep_gp_title(plot->script, caption, NULL);
    if (ns)
        rep_gp_time_axis(plot->script, least, (double)greatest->value[greatest->count - 1]);
    else
        g_string_append(plot->script, "set logscale x\nset format x '10^%T'\n"
                                      "set xlabel \"ticks of the capture's clock\\n \"\n");
    g_string_append(plot->script, "set yrange [0:1.02]\nset ytics ('0 %%' 0, '25 %%' 0.25, "
                                  "'50 %%' 0.5, '75 %%' 0.75, '100 %%' 1)\n"
                                  "set ylabel 'share that took no longer'\n");
    curves(plot->script, span, spans);
    rep_gp_end(plot->script, plot->name);
    g_ptr_array_add(plots, plot);
}

static void in_flight(GPtrArray *plots, uint64_t length, bool ns)
{
    static const char caption[] = "Tokens in flight, on all vCPUs together";
    static const struct {
        uint64_t ns;
        const char *unit;
    } units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}, {1, "ns"}},
      ticks[] = {
          {1000000000, "10^9 ticks"}, {1000000, "10^6 ticks"}, {1000, "1000 ticks"}, {1, "ticks"}};
    struct rep_plot *plot = rep_plot_new(REP_CAPTURE_IN_FLIGHT, g_strdup(caption));
    unsigned u = 0;

    while (u < 3 && length < 2 * units[u].ns)
        u++;
    rep_gp_begin(plot->script, plot->name, caption, REP_CAPTURE_IN_FLIGHT ".csv", 360);
    rep_gp_title(plot->script, caption, NULL);
    g_string_append_printf(plot->script,
                           "set xlabel 'time since the first event (%s)'\n"
                           "set ylabel 'tokens'\nset nokey\n"
                           "stats '" REP_CAPTURE_IN_FLIGHT ".csv' using 2 nooutput\n"
                           "set yrange [0:STATS_max*1.05]\nif (STATS_max < 8) set ytics 1\n",
                           ns ? units[u].unit : ticks[u].unit);
    g_string_append_printf(plot->script,
                           "plot '" REP_CAPTURE_IN_FLIGHT ".csv' using (column('since')/%" PRIu64
                           ".0):(column('in_flight')) with steps linewidth 1.5 linecolor '%s'\n",
                           units[u].ns, rep_gp_colour[1]);
    rep_gp_end(plot->script, plot->name);
    g_ptr_array_add(plots, plot);
}

void rep_plot_capture(GPtrArray *plots, const struct rep_capture_span *span, size_t spans,
                      uint64_t length, bool ns)
{
    latencies(plots, span, spans, ns);
    if (length)
        in_flight(plots, length, ns);
}
