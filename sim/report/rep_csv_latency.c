/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_csv_latency.c - distributions of latencies as percentiles, for plots
 */
#include <inttypes.h>

#include "rep_out.h"

/* Every percent, then the tail by tenths of what is left. */
static uint32_t next_ppm(uint32_t ppm)
{
    uint32_t left = 1000000 - ppm, step = 10000;

    while (left <= step && step > 1)
        step /= 10;
    return ppm + step;
}

/* Shares beyond which less than one value lies are left out: the greatest value ends the rows. */
static void rows(GString *out, const char *mode, const char *prefix, const char *latency,
                 const struct sim_hist *h)
{
    if (!h->count)
        return;
    for (uint32_t ppm = 0; ppm < 1000000; ppm = next_ppm(ppm)) {
        if ((double)h->count * (1000000 - ppm) < 1e6)
            break;
        g_string_append_printf(out, "%s,%s%s,0.%06u,%" PRIu64 "\n", mode, prefix, latency, ppm,
                               ppm ? sim_hist_percentile(h, ppm) : h->least);
    }
    g_string_append_printf(out, "%s,%s%s,1,%" PRIu64 "\n", mode, prefix, latency, h->greatest);
}

void rep_csv_latencies(GString *out, const struct rep_summary *s)
{
    g_string_append(out, "mode,latency,share,value_ns\n");
    for (uint32_t i = 0; i < s->modes; i++) {
        const struct rep_mode_summary *m = &s->mode[i];

        for (unsigned l = 0; l < LATENCY_COUNT; l++)
            rows(out, m->key, "", latency_key[l], &m->total->latency[l]);
        for (uint32_t k = 0; k < s->set->kinds; k++)
            if (s->set->kind[k].serves)
                rows(out, m->key, "request_", s->set->kind[k].name, &m->total->task[k].request);
    }
}
