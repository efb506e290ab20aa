/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_grid.h - the points of a sweep: a workload and its axes
 *
 * Knows:    config, report's columns.
 * Promise:  point 0 has the first value of every axis; the last axis goes round fastest. Two grids
 *           with the same digests have the same points with the same results.
 * Limits:   CLI_POINTS_MAX points (cli_shard.h), CLI_AXES_MAX axes.
 */
#pragma once

#include "cfg_axis.h"
#include "cli_shard.h"
#include "cli_source.h"
#include "rep_out.h"

#define CLI_AXES_MAX 16

struct cli_grid {
    const struct cli_source *source;
    struct cfg *base;
    GPtrArray *axes; /* struct cfg_axis */
    uint32_t points;
    char **sets;             /* the source's */
    uint32_t precision_ppm;  /* of an interval, relative; 0: as many replicas as are asked for */
    uint32_t replicas_most;  /* with precision */
    struct rep_setting *set; /* of the base */
    struct rep_csv csv;
    const char *column[CLI_AXES_MAX];
    char *workload_digest, *grid_digest;
};

/* vary: NULL-terminated or NULL; one for a key of the workload's own `sweep:` replaces it there.
 * NULL: said. */
struct cli_grid *cli_grid_create(const struct cli_source *source, char **vary,
                                 uint32_t precision_ppm, uint32_t replicas_most);
void cli_grid_free(struct cli_grid *g); /* takes NULL */
/* What --set would make of the base: g_strfreev() it. Threads may ask at once. */
char **cli_grid_sets(const struct cli_grid *g, uint32_t point);
/* The values of its axes for the CSV file. */
void cli_grid_cells(const struct cli_grid *g, uint32_t point, const char **cell);
/* "disk.read=1us guest.vcpus=2" */
char *cli_grid_where(const struct cli_grid *g, uint32_t point);
/* Whether the files of the workload still say what they said. False: said. */
bool cli_grid_unchanged(const struct cli_grid *g);
/* JSON that says all this, without its end: cli_table.c adds what came of it. g_free() it. */
char *cli_grid_provenance(const struct cli_grid *g);
/* The command that gives the whole sweep, without --output. */
char *cli_grid_command(const struct cli_grid *g);
