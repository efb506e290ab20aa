/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_grid_json.c - what a sweep was: the beginning of sweep.json
 */
#include <inttypes.h>

#include "cli_grid.h"

static void text(GString *out, const char *what)
{
    g_string_append_c(out, '"');
    for (const unsigned char *c = (const unsigned char *)what; *c; c++) {
        if (*c == '"' || *c == '\\')
            g_string_append_printf(out, "\\%c", *c);
        else if (*c < 0x20 || *c == 0x7f)
            g_string_append_printf(out, "\\u%04x", *c);
        else
            g_string_append_c(out, (char)*c);
    }
    g_string_append_c(out, '"');
}

static void member(GString *out, const char *key, const char *what)
{
    g_string_append_printf(out, "  \"%s\": ", key);
    text(out, what);
    g_string_append(out, ",\n");
}

static void axis(GString *out, const struct cfg_axis *a)
{
    g_string_append(out, "    {\"key\": ");
    text(out, a->key);
    g_string_append(out, ", \"column\": ");
    text(out, a->column);
    g_string_append_printf(out, ", \"unit\": \"%s\", \"numeric\": %s, \"log\": %s, \"values\": [",
                           a->unit, a->numeric ? "true" : "false", a->log ? "true" : "false");
    for (uint32_t i = 0; i < a->count; i++) {
        g_string_append(out, i ? ", " : "");
        text(out, a->text[i]);
    }
    g_string_append(out, "]}");
}

char *cli_grid_provenance(const struct cli_grid *g)
{
    const struct rep_setting *set = g->set;
    g_autofree char *command = cli_grid_command(g);
    GString *out = g_string_new("{\n  \"schema\": 1,\n  \"program\": \"apfsim sweep\",\n");

    member(out, "version", set->version);
    member(out, "workload", set->workload);
    member(out, "question", set->question);
    member(out, "command", command);
    member(out, "workload_digest", g->workload_digest);
    member(out, "grid_digest", g->grid_digest);
    g_string_append_printf(out, "  \"seed\": %" PRIu64 ",\n  \"replicas\": %u,\n", set->seed,
                           set->replicas);
    g_string_append_printf(out, "  \"precision_ppm\": %u,\n  \"replicas_most\": %u,\n",
                           g->precision_ppm, g->precision_ppm ? g->replicas_most : set->replicas);
    g_string_append(out, "  \"modes\": [");
    for (uint32_t m = 0; m < set->modes; m++)
        g_string_append_printf(out, "%s\"%s\"", m ? ", " : "", set->mode_key[m]);
    g_string_append_printf(out, "],\n  \"points\": %u,\n  \"axes\": [\n", g->points);
    for (guint i = 0; i < g->axes->len; i++) {
        axis(out, g_ptr_array_index(g->axes, i));
        g_string_append(out, i + 1 < g->axes->len ? ",\n" : "\n");
    }
    g_string_append(out, "  ],\n");
    return g_string_free(out, FALSE);
}
