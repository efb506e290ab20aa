/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_source.h - which workload, and what the command line changes in it: as `run` and `sweep` take
 *
 * Knows:    cli.h, config.
 */
#pragma once

#include "cli.h"

/* As the user wrote them; NULL = not given. */
struct cli_source {
    char *workload, *calibration, *modes, *seed, *replicas;
    char **set, **files; /* files: as arguments */
};

void cli_source_clear(struct cli_source *s);
/* Takes FILE.yaml for --workload=FILE.yaml. False: said that there is none; `usage` is one. */
bool cli_source_complete(struct cli_source *s, const char *usage);
/* KEY=VALUE texts, NULL-terminated: --modes, --seed and --replicas are --set that come last. */
char **cli_source_sets(const struct cli_source *s);
/* NULL: said why. Its own `sweep:` has been read, too. */
struct cfg *cli_source_load(const struct cli_source *s);
/* Says why loading failed, with the option that the user wrote. */
void cli_source_say(const struct cli_source *s, const char *message);
/* Appends " --option=value", quoted for a shell where that is needed; nothing when value is NULL.
 */
void cli_source_option(GString *out, const char *option, const char *value);
