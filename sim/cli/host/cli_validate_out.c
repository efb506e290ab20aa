/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_validate_out.c - rows as text, JSON and CSV, and the plot
 */
#include "cli_validate.h"

static const char *backing_of(const struct validate_row *r)
{
    return r->real.backing == CAL_BACK_FILE ? "file" : "userfaultfd";
}

static void delay_text(char *out, size_t bytes, const struct validate_row *r)
{
    if (r->real.backing == CAL_BACK_FILE)
        g_snprintf(out, bytes, "file");
    else
        g_snprintf(out, bytes, "%.1f ms", (double)r->real.delay_ns / 1e6);
}

static void text_head(GString *out, const struct validate *v)
{
    const struct cal_result *r = v->costs;

    g_string_append_printf(
        out,
        "apfsim " APFSIM_VERSION ": validate\n"
        "backend  %s, %s, Linux %s\n"
        "costs    from probes with one fault at a time, on this host, between the runs\n"
        "alone    a spinner by itself has %.1f %% of its CPU; the rest is the timer's. Measured "
        "beside each run\n"
        "time     in which the host ran something else on the vCPU's CPU is taken out (%s)\n",
        r->host.backend, r->host.cpu, r->host.kernel, 100 * v->alone,
        r->traced ? "sched_switch" : "schedstat: APF's worker, too");
    if (v->nice)
        g_string_append_printf(
            out,
            "priority the host is busy (others took %.0f %% from a spinner): vCPU "
            "threads run at nice %d\n",
            100 * v->busy, v->nice);
    g_string_append(
        out, "\n"
             "                         utilisation %                          median us\n"
             "workload mode  delay     predicted measured spread  error     predicted  measured    "
             "spread  error %  runs\n");
}

static void text_row(GString *out, const struct validate_row *r)
{
    char delay[16];

    delay_text(delay, sizeof(delay), r);
    g_string_append_printf(
        out, "%-8s %-5s %-7s %11.1f %8.1f %6.1f %+6.1f %13.1f %9.1f %9.1f %+8.1f %4u/%u  %s\n",
        cal_row_kind_name[r->real.kind], cal_row_mode_name[r->real.mode], delay,
        100 * r->use.predicted, 100 * r->use.mean, 100 * r->use.spread, 100 * r->use.error,
        r->latency.predicted / 1e3, r->latency.mean / 1e3, r->latency.spread / 1e3,
        100 * r->latency.error / r->latency.mean, r->used, r->runs, r->pass ? "ok" : "MISS");
}

static const struct validate_row *off_of(const struct validate *v, const struct validate_row *r)
{
    for (unsigned i = 0; i < v->rows; i++) {
        const struct cal_row *c = &v->row[i].real;

        if (c->kind == r->real.kind && c->backing == r->real.backing &&
            c->delay_ns == r->real.delay_ns && c->mode == CAL_ROW_OFF)
            return &v->row[i];
    }
    return NULL;
}

static void text_gains(GString *out, const struct validate *v)
{
    g_string_append(out, "\nGAIN OVER OFF        predicted  measured\n");
    for (unsigned i = 0; i < v->rows; i++) {
        const struct validate_row *r = &v->row[i], *off = off_of(v, r);
        char delay[16];

        if (!off || off == r || off->use.mean <= 0 || off->use.predicted <= 0)
            continue;
        delay_text(delay, sizeof(delay), r);
        g_string_append_printf(out, "%-8s %-5s %-7s %8.2f %9.2f\n", cal_row_kind_name[r->real.kind],
                               cal_row_mode_name[r->real.mode], delay,
                               r->use.predicted / off->use.predicted, r->use.mean / off->use.mean);
    }
}

static void text_misses(GString *out, const struct validate *v)
{
    unsigned of, passed = validate_passed(v, CAL_ROW_KINDS, &of);
    char delay[16];

    g_string_append_printf(out, "\n%u of %u rows agree; by workload:", passed, of);
    for (unsigned k = 0; k < CAL_ROW_KINDS; k++) {
        passed = validate_passed(v, (enum cal_row_kind)k, &of);
        g_string_append_printf(out, " %s %u of %u", cal_row_kind_name[k], passed, of);
    }
    g_string_append_c(out, '\n');
    for (unsigned i = 0; i < v->rows; i++) {
        const struct validate_row *r = &v->row[i];

        if (r->pass)
            continue;
        delay_text(delay, sizeof(delay), r);
        g_string_append_printf(out, "miss: %s %s %s: %s\n", cal_row_kind_name[r->real.kind],
                               cal_row_mode_name[r->real.mode], delay, r->reason);
    }
    if (v->costs->host.cpl0_emulated)
        g_string_append(out,
                        "This validates queueing and protocol on kvm_pvm; it says nothing about "
                        "what VMX or SVM cost.\n");
}

GString *validate_text(const struct validate *v)
{
    GString *out = g_string_new(NULL);

    text_head(out, v);
    for (unsigned i = 0; i < v->rows; i++)
        text_row(out, &v->row[i]);
    text_gains(out, v);
    text_misses(out, v);
    return out;
}

static void json_quantity(GString *out, const char *name, const struct validate_quantity *q,
                          double scale)
{
    g_string_append_printf(out,
                           "\"%s\": {\"predicted\": %.9g, \"measured\": [%.9g, %.9g], \"spread\": "
                           "%.9g, \"error\": %.9g, \"allowed\": %.9g, \"pass\": %s}",
                           name, q->predicted * scale, q->measured[0] * scale,
                           q->measured[1] * scale, q->spread * scale, q->error * scale,
                           q->allowed * scale, q->pass ? "true" : "false");
}

/* Of validate_quantile[]. */
static void json_list(GString *out, const double ns[VALIDATE_QUANTILES])
{
    for (unsigned q = 0; q < VALIDATE_QUANTILES; q++)
        g_string_append_printf(out, "%s%.9g", q ? ", " : "[", ns[q] / 1e3);
    g_string_append_c(out, ']');
}

static void json_samples(GString *out, struct cal_samples *s)
{
    double ns[VALIDATE_QUANTILES];

    for (unsigned q = 0; q < VALIDATE_QUANTILES; q++)
        ns[q] = cal_quantile(s, validate_quantile[q]);
    json_list(out, ns);
}

static void json_single(GString *out, struct validate *v, unsigned m, unsigned busy, bool file)
{
    struct cal_row_way *way = &v->way[file][m][busy];

    if (!way->ns.count)
        return;
    g_string_append_printf(out,
                           "%s\n    {\"backing\": \"%s\", \"mode\": \"%s\", \"spinner\": %s, "
                           "\"samples\": %zu, \"disturbed\": %zu, \"way_us\": ",
                           m || file ? "," : "", file ? "file" : "userfaultfd",
                           cal_row_mode_name[m], busy ? "true" : "false", way->ns.count,
                           way->ns.outs);
    json_samples(out, &way->ns);
    g_string_append(out, ", \"after_us\": ");
    json_samples(out, &way->after);
    g_string_append_c(out, '}');
}

/* What single faults were like, which the predictions rest on: beyond the monitor's delay. */
static void json_singles(GString *out, struct validate *v)
{
    for (unsigned file = 0; file < 2; file++)
        for (unsigned m = 0; m < CAL_ROW_MODES; m++)
            for (unsigned busy = 0; busy < 2; busy++)
                json_single(out, v, m, busy, file);
}

static void json_row(GString *out, const struct validate_row *r, bool last)
{
    g_string_append_printf(out,
                           "    {\"workload\": \"%s\", \"mode\": \"%s\", \"backing\": \"%s\", "
                           "\"delay_us\": %.0f, ",
                           cal_row_kind_name[r->real.kind], cal_row_mode_name[r->real.mode],
                           backing_of(r), (double)r->real.delay_ns / 1e3);
    json_quantity(out, "utilization", &r->use, 1);
    g_string_append(out, ", ");
    json_quantity(out, "median_us", &r->latency, 1e-3);
    g_string_append(out, ", \"quantiles_us\": {\"predicted\": ");
    json_list(out, r->predicted_ns);
    g_string_append(out, ", \"measured\": ");
    json_list(out, r->measured_ns);
    g_string_append_printf(
        out,
        "}, \"held_up\": %.4f, \"runs\": %u, \"used\": %u, \"pass\": %s, \"reason\": "
        "\"%s\"}%s\n",
        r->held_up, r->runs, r->used, r->pass ? "true" : "false", r->reason, last ? "" : ",");
}

GString *validate_json(struct validate *v)
{
    GString *out = g_string_new(NULL);
    unsigned of, passed = validate_passed(v, CAL_ROW_KINDS, &of);

    g_string_append_printf(
        out,
        "{\n  \"schema\": 1, \"backend\": \"%s\", \"kernel\": \"%s\", \"alone\": "
        "%.4f, \"nice\": %d,\n  \"quantiles\": [0.1, 0.25, 0.5, 0.75, 0.9],\n  "
        "\"single_faults\": [",
        v->costs->host.backend, v->costs->host.kernel, v->alone, v->nice);
    json_singles(out, v);
    g_string_append(out, "],\n  \"rows\": [\n");
    for (unsigned i = 0; i < v->rows; i++)
        json_row(out, &v->row[i], i + 1 == v->rows);
    g_string_append_printf(out, "  ],\n  \"passed\": %u, \"of\": %u, \"good\": %s\n}\n", passed, of,
                           validate_good(v) ? "true" : "false");
    return out;
}

GString *validate_csv(const struct validate *v)
{
    GString *out = g_string_new("row,workload,mode,backing,delay_us,predicted_percent,"
                                "measured_percent,spread_percent,predicted_median_us,"
                                "measured_median_us,spread_median_us,pass\n");

    for (unsigned i = 0; i < v->rows; i++) {
        const struct validate_row *r = &v->row[i];

        g_string_append_printf(out, "%u,%s,%s,%s,%.0f,%.3f,%.3f,%.3f,%.3f,%.3f,%.3f,%d\n", i,
                               cal_row_kind_name[r->real.kind], cal_row_mode_name[r->real.mode],
                               backing_of(r), (double)r->real.delay_ns / 1e3,
                               100 * r->use.predicted, 100 * r->use.mean, 100 * r->use.spread,
                               r->latency.predicted / 1e3, r->latency.mean / 1e3,
                               r->latency.spread / 1e3, r->pass);
    }
    return out;
}

const char validate_plot[] =
    "# SPDX-License-Identifier: GPL-2.0-or-later\n"
    "# validate: what sim predicts, against what was measured here\n"
    "# Drawn from validate.csv by `gnuplot -d validate.gp` in this directory.\n"
    "set encoding utf8\n"
    "set terminal svg size 900,480 dynamic noenhanced font 'Arial,14' background '#ffffff'\n"
    "set output 'validate.svg'\n"
    "set datafile separator ','\n"
    "set datafile columnheaders\n"
    "set border 3 linecolor '#444444'\n"
    "set tics nomirror textcolor '#222222'\n"
    "set grid linecolor '#dddddd' linetype 1\n"
    "set pointintervalbox 0.01\n"
    "set key bmargin center vertical maxrows 2 samplen 2 spacing 1.2\n"
    "is(pass) = column('pass') == pass ? 1 : NaN\n"
    "stats 'validate.csv' using (column('measured_median_us')):(column('predicted_median_us')) "
    "nooutput\n"
    "low = (STATS_min_x < STATS_min_y ? STATS_min_x : STATS_min_y) / 1.5\n"
    "low = low > 0 ? low : 1\n"
    "high = (STATS_max_x > STATS_max_y ? STATS_max_x : STATS_max_y) * 1.5\n"
    "high = high > low ? high : 10*low\n"
    "set multiplot layout 1,2\n"
    "set title 'How busy the vCPUs are'\n"
    "set xlabel \"measured, % of their time\\n \"\n"
    "set ylabel 'predicted, % of their time'\n"
    "plot [0:105] [0:105] x with lines linecolor '#888888' title 'equal', \\\n"
    "  x+5 with lines dashtype 2 linecolor '#888888' title '5 points apart', \\\n"
    "  x-5 with lines dashtype 2 linecolor '#888888' notitle, \\\n"
    "  'validate.csv' using "
    "(is(1)*column('measured_percent')):(column('predicted_percent')):(column('spread_percent')) "
    "with xerrorbars pointtype 7 pointsize 0.4 linecolor '#0072B2' title 'rows that pass', \\\n"
    "  'validate.csv' using "
    "(is(0)*column('measured_percent')):(column('predicted_percent')):(column('spread_percent')) "
    "with xerrorbars pointtype 4 pointsize 0.6 linecolor '#D55E00' title 'others'\n"
    "set title 'How long a fault takes (median)'\n"
    "set logscale xy\n"
    "set format xy '%g'\n"
    "set xlabel \"measured (us)\\n \"\n"
    "set ylabel 'predicted (us)'\n"
    "plot [low:high] [low:high] x with lines linecolor '#888888' title 'equal', \\\n"
    "  1.1*x with lines dashtype 2 linecolor '#888888' title '10 % apart', \\\n"
    "  0.9*x with lines dashtype 2 linecolor '#888888' notitle, \\\n"
    "  'validate.csv' using "
    "(is(1)*column('measured_median_us')):(column('predicted_median_us')):(column('spread_median_"
    "us')) with xerrorbars pointtype 7 pointsize 0.4 linecolor '#0072B2' title 'rows that pass', "
    "\\\n"
    "  'validate.csv' using "
    "(is(0)*column('measured_median_us')):(column('predicted_median_us')):(column('spread_median_"
    "us')) with xerrorbars pointtype 4 pointsize 0.6 linecolor '#D55E00' title 'others'\n";
