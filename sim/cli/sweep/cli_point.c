/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_point.c - see cli_point.h
 */
#include "cli_point.h"

#include <string.h>

#include "cli_setting.h"
#include "cli_table.h"

struct cli_point *cli_point_create(const struct cli_grid *g, uint32_t number, char **ret_why)
{
    struct cli_point *p = g_new0(struct cli_point, 1);
    g_autoptr(GError) error = NULL;
    const struct params *params;

    p->grid = g;
    p->number = number;
    p->sets = cli_grid_sets(g, number);
    p->cfg = cfg_load_again(g->base, (const char *const *)p->sets, &error);
    if (!p->cfg) {
        *ret_why = g_strdup(error->message);
        cli_point_free(p);
        return NULL;
    }
    params = cfg_params(p->cfg);
    p->jobs = (struct cli_jobs){.params = params,
                                .traces = cfg_traces(p->cfg),
                                .workload = g->source->workload,
                                .calibration = g->source->calibration,
                                .sets = (const char *const *)p->sets};
    p->modes = cli_modes(params, p->mode, p->mode_key);
    p->replicas = params->replicas;
    if (g->precision_ppm)
        p->replicas = CLAMP(p->replicas, 2, g->replicas_most);
    for (uint32_t m = 0; m < p->modes; m++)
        p->result[m] = g_new0(struct rep_result *, MAX(p->replicas, g->replicas_most));
    return p;
}

void cli_point_free(struct cli_point *p)
{
    for (uint32_t m = 0; m < p->modes; m++) {
        for (uint32_t r = 0; r < p->replicas; r++)
            rep_result_destroy(p->result[m][r]);
        g_free(p->result[m]);
    }
    g_strfreev(p->sets);
    cfg_free(p->cfg);
    g_free(p);
}

uint32_t cli_point_runs(const struct cli_point *p)
{
    return p->modes * (p->replicas - p->from);
}

bool cli_point_run(struct cli_point *p, uint32_t run)
{
    uint32_t mode = run % p->modes, replica = p->from + run / p->modes;

    p->result[mode][replica] = cli_jobs_one(&p->jobs, p->mode[mode], replica);
    return p->result[mode][replica] != NULL;
}

/* In the order (mode, replica), with one more NULL. */
static struct rep_result **all_results(const struct cli_point *p)
{
    struct rep_result **all = g_new0(struct rep_result *, (size_t)p->modes * p->replicas + 1);

    for (uint32_t m = 0; m < p->modes; m++)
        memcpy(all + (size_t)m * p->replicas, p->result[m], p->replicas * sizeof *all);
    return all;
}

static struct rep_summary *summary_of(const struct cli_point *p, struct rep_setting *set)
{
    g_autofree struct rep_result **all = all_results(p);
    g_autofree char *digest = cfg_digest(p->cfg);

    set->replicas = p->replicas;
    set->digest = cli_jobs_digest(digest, all);
    return rep_summary_create(set, all);
}

/* Half width over mean, in units of the precision; above 1: too wide. */
static double excess(const struct rep_mean *m, uint32_t ppm)
{
    if (m->n < 2 || m->ci95 <= 0 || m->mean <= 0)
        return 0;
    return m->ci95 / m->mean * 1e6 / ppm;
}

/* The worst of all modes' utilisations and gains. */
static double worst_excess(const struct rep_summary *s, uint32_t ppm)
{
    double worst = 0;

    for (uint32_t m = 0; m < s->modes; m++) {
        worst = MAX(worst, excess(&s->mode[m].utilization, ppm));
        worst = MAX(worst, excess(&s->mode[m].gain, ppm));
    }
    return worst;
}

/* An interval shrinks with the root of the number of replicas: so many should do. At least one
 * more, at most twice as many, as an interval of few replicas is itself uncertain. */
static uint32_t next_replicas(const struct cli_point *p, double worst)
{
    double wish = p->replicas * worst * worst;
    uint32_t most = MIN(2 * p->replicas, p->grid->replicas_most);

    return wish >= most ? most : CLAMP((uint32_t)wish + 1, p->replicas + 1, most);
}

static bool is_bad(const struct rep_summary *s)
{
    return !rep_outcome_good(s->outcome);
}

bool cli_point_goes_on(struct cli_point *p)
{
    uint32_t ppm = p->grid->precision_ppm;
    struct rep_setting *set;
    struct rep_summary *s;
    double worst;

    if (!ppm || p->replicas >= p->grid->replicas_most)
        return false;
    set = cli_setting_create(p->cfg);
    s = summary_of(p, set);
    worst = is_bad(s) ? 0 : worst_excess(s, ppm);
    rep_summary_destroy(s);
    cli_setting_free(set);
    if (worst <= 1)
        return false;
    p->from = p->replicas;
    p->replicas = next_replicas(p, worst);
    p->next = p->done = 0;
    return true;
}

GString *cli_point_record(struct cli_point *p)
{
    struct rep_setting *set = cli_setting_create(p->cfg);
    struct rep_summary *s = summary_of(p, set);
    const char *cell[CLI_AXES_MAX];
    GString *out = g_string_new(NULL);
    uint32_t ppm = p->grid->precision_ppm;
    const struct cli_point_status status = {
        .replicas = p->replicas,
        .bad = is_bad(s),
        .vague = ppm && worst_excess(s, ppm) > 1,
    };

    cli_grid_cells(p->grid, p->number, cell);
    cli_table_status(out, &status);
    rep_csv_rows(out, s, &p->grid->csv, p->number, cell);
    rep_summary_destroy(s);
    cli_setting_free(set);
    return out;
}
