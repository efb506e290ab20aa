/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_validate_sim.c - a row as a workload, simulated
 *
 * The text below is the guest of calibrate/guest as the models see it: tasks in turns by a timer, a
 * region for each toucher in which no page is met twice, costs and times as measured.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "cli_jobs.h"
#include "cli_validate.h"

#define REGION_BYTES "32MiB" /* more pages than a task can touch in the time */
#define SPIN_NS      10000   /* one iteration of the simulated spinner */

double validate_cost(const struct validate *v, const char *key)
{
    for (unsigned i = 0; i < v->costs->costs; i++)
        if (!strcmp(v->costs->cost[i].key, key))
            return v->costs->cost[i].ns;
    return 0;
}

/*
 * The page's way as a distribution: what single faults met, others will. Between two points it is
 * a straight line; so there are more of them where it is steep, that one late page in hundred is
 * not made five.
 */
static const double points[] = {0,    0.05, 0.1,  0.15, 0.2,  0.25,  0.3,  0.35,  0.4,
                                0.45, 0.5,  0.55, 0.6,  0.65, 0.7,   0.75, 0.8,   0.85,
                                0.9,  0.94, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 1};

static void append_latency(GString *text, struct validate *v, const struct cal_row *row)
{
    /* A halted vCPU leaves its CPU to the worker; one that was told runs its other tasks. */
    bool busy = row->kind != CAL_ROW_LONE && row->mode == CAL_ROW_APF;
    bool file = row->backing == CAL_BACK_FILE;
    struct cal_samples *way = &v->way[file][row->mode][busy].ns;
    double last = 1;

    g_string_append(text, "quantiles(");
    for (unsigned i = 0; i < G_N_ELEMENTS(points); i++) {
        double ns = (double)row->delay_ns + cal_quantile(way, points[i]) -
                    v->less_ns[file][row->mode][busy];

        last = fmax(last, ns);
        g_string_append_printf(text, "%s%.3f:%.0fns", i ? "," : "", points[i], last);
    }
    g_string_append(text, ")");
}

static void append_costs(GString *text, const struct cal_result *r)
{
    g_string_append(text, "cost:\n");
    for (unsigned i = 0; i < r->costs; i++)
        g_string_append_printf(text, "  %s: %.0fns\n", r->cost[i].key + strlen("cost."),
                               r->cost[i].ns);
}

/*
 * Thinking is so many iterations, at the rate of a spinner that nobody interrupts. By itself a real
 * spinner gets a little less done than the simulated one: the host's own tick, a clock rate that
 * does not stay at its best. So an iteration takes longer by that.
 */
static double think_ns(const struct validate *v)
{
    return CAL_ROW_THINK_NS * (v->alone > 0 ? v->alone_predicted / v->alone : 1);
}

static void append_tasks(GString *text, const struct validate *v, const struct cal_row *row)
{
    unsigned touchers = row ? cal_row_touchers(row->kind) : 0;

    if (touchers)
        g_string_append(text, "regions:\n");
    for (unsigned i = 0; i < touchers; i++)
        g_string_append_printf(text, "  r%u: {size: " REGION_BYTES ", backing: userfaultfd}\n", i);
    g_string_append(text, "tasks:\n");
    for (unsigned i = 0; i < touchers; i++)
        g_string_append_printf(text,
                               "  t%u: {measure: true, loop: [{compute: \"uniform(0ns,%.0fns)\"}, "
                               "{touch: {region: r%u, pattern: sequential, write: 0%%}}]}\n",
                               i, think_ns(v), i);
    if (!row || cal_row_has_spinner(row->kind))
        g_string_append_printf(text, "  spinner: {measure: true, loop: [{compute: %uns}]}\n",
                               SPIN_NS);
}

static GString *workload(struct validate *v, const struct cal_row *row)
{
    const struct cal_result *r = v->costs;
    GString *text = g_string_new("name: validate\nduration: 4s\nwarmup: 100ms\nreplicas: 1\n");

    g_string_append_printf(text,
                           "guest: {memory: 512MiB, scheduler: rr, rr: {slice: 1us}, hz: %u, "
                           "tickless: false}\n"
                           "host: {worker_cpu: same, halt_poll: %" PRIu64 "ns}\n",
                           CAL_ROW_HZ, MIN(r->halt_poll_ns, (uint64_t)1000000));
    if (row) {
        g_string_append_printf(text, "monitor:\n  parallelism: %d\n  latency: ", APF_LIMIT);
        append_latency(text, v, row);
        g_string_append_c(text, '\n');
    }
    append_costs(text, r);
    append_tasks(text, v, row);
    return text;
}

/* Computing time of the spinner, or of the touchers, as a share of the time. */
static double share_of(const struct rep_result *r, const struct cal_row *row)
{
    unsigned touchers = row ? cal_row_touchers(row->kind) : 0;
    bool spinner = !row || cal_row_has_spinner(row->kind);
    uint64_t ns = 0;

    for (unsigned i = 0; i < r->kinds; i++)
        if (spinner ? i == touchers : true)
            ns += r->task[i].cpu_ns;
    return r->wall ? (double)ns / (double)r->wall : 0;
}

/* row NULL: the spinner by itself. To be freed by rep_result_destroy(); NULL: said why. */
static struct rep_result *simulate(struct validate *v, const struct cal_row *row)
{
    g_autoptr(GString) text = workload(v, row);
    static const enum run_mode modes[CAL_ROW_MODES] = {MODE_OFF, MODE_HALT, MODE_APF};
    g_autoptr(GError) error = NULL;
    struct cfg *cfg =
        cfg_load_memory("validate", text->str, text->len, NULL, &cli_presets, NULL, &error);
    struct rep_result *result = NULL;
    struct cli_jobs jobs = {.workload = "validate", .threads = 1};

    if (!cfg) {
        cli_fail(CLI_MISSING, "%s", error->message);
        return NULL;
    }
    jobs.params = cfg_params(cfg);
    jobs.traces = cfg_traces(cfg);
    result = cli_jobs_one(&jobs, row ? modes[row->mode] : MODE_APF, 0);
    if (!result)
        cli_fail(CLI_MISSING, "no memory for a simulated run");
    cfg_free(cfg);
    return result;
}

/* What a spinner gets by itself, once for all rows. */
static bool simulate_alone(struct validate *v)
{
    struct rep_result *r = v->alone_predicted > 0 ? NULL : simulate(v, NULL);

    if (r)
        v->alone_predicted = share_of(r, NULL);
    rep_result_destroy(r);
    return v->alone_predicted > 0;
}

bool validate_simulate(struct validate *v, struct validate_row *row)
{
    /* The model's clock starts where the host knows that the page is missing, the guest's before.
     */
    double before = validate_cost(v, "cost.exit") + validate_cost(v, "cost.fault");
    struct rep_result *r = simulate_alone(v) ? simulate(v, &row->real) : NULL;

    if (!r)
        return false;
    row->use.predicted = share_of(r, &row->real) / v->alone_predicted;
    for (unsigned q = 0; q < VALIDATE_QUANTILES; q++)
        row->predicted_ns[q] =
            before + (double)sim_hist_percentile(&r->latency[LATENCY_FAULT],
                                                 (uint32_t)(validate_quantile[q] * PPM));
    row->latency.predicted =
        before + (double)sim_hist_percentile(&r->latency[LATENCY_FAULT], PPM / 2);
    rep_result_destroy(r);
    return true;
}
