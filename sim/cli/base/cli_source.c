/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_source.c - see cli_source.h
 */
#include "cli_source.h"

#include <stdio.h>
#include <string.h>

#include "cfg_axis.h"

static const char *const short_forms[] = {"modes", "seed", "replicas"};

void cli_source_clear(struct cli_source *s)
{
    g_free(s->workload);
    g_free(s->calibration);
    g_free(s->modes);
    g_free(s->seed);
    g_free(s->replicas);
    g_strfreev(s->set);
    g_strfreev(s->files);
}

/* `sim memhog.yaml` is `sim --workload=memhog.yaml`. */
static bool take_file(struct cli_source *s)
{
    if (!s->files)
        return true;
    if (!g_str_has_suffix(s->files[0], ".yaml")) {
        cli_fail(CLI_USAGE,
                 "'%s' is not expected here: a workload ends in .yaml, options begin "
                 "with --",
                 s->files[0]);
        return false;
    }
    if (s->workload || s->files[1]) {
        cli_fail(CLI_USAGE, "'%s' is not expected here: there is a workload already",
                 s->files[s->workload ? 0 : 1]);
        return false;
    }
    s->workload = g_strdup(s->files[0]);
    return true;
}

bool cli_source_complete(struct cli_source *s, const char *usage)
{
    if (!take_file(s))
        return false;
    if (!s->workload)
        cli_fail(CLI_USAGE, "no workload: %s; sim workloads lists what is there", usage);
    return s->workload != NULL;
}

char **cli_source_sets(const struct cli_source *s)
{
    const char *const value[] = {s->modes, s->seed, s->replicas};
    GPtrArray *sets = g_ptr_array_new();

    for (char **set = s->set; set && *set; set++)
        g_ptr_array_add(sets, g_strdup(*set));
    for (unsigned i = 0; i < G_N_ELEMENTS(short_forms); i++)
        if (value[i])
            g_ptr_array_add(sets, g_strdup_printf("%s=%s", short_forms[i], value[i]));
    g_ptr_array_add(sets, NULL);
    return (char **)g_ptr_array_free(sets, FALSE);
}

void cli_source_say(const struct cli_source *s, const char *message)
{
    const char *const value[] = {s->modes, s->seed, s->replicas};

    for (unsigned i = 0; i < G_N_ELEMENTS(short_forms); i++) {
        g_autofree char *prefix = g_strdup_printf("--set %s=", short_forms[i]);

        if (!value[i] || !g_str_has_prefix(message, prefix))
            continue;
        fprintf(stderr, "--%s\n", message + strlen("--set "));
        return;
    }
    fprintf(stderr, "%s\n", message);
}

struct cfg *cli_source_load(const struct cli_source *s)
{
    g_auto(GStrv) sets = cli_source_sets(s);
    g_autoptr(GError) error = NULL;
    struct cfg *cfg = cfg_load_calibrated(s->workload, cli_workload_dirs(), &cli_presets,
                                          s->calibration, (const char *const *)sets, &error);
    g_autoptr(GPtrArray) axes = cfg ? cfg_axes_of_file(cfg, &error) : NULL;

    if (axes)
        return cfg;
    cli_source_say(s, error->message);
    cfg_free(cfg);
    return NULL;
}

void cli_source_option(GString *out, const char *option, const char *value)
{
    g_autofree char *quoted = NULL;

    if (!value)
        return;
    quoted = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                           "._/-=,:%+@") == strlen(value)
                 ? g_strdup(value)
                 : g_shell_quote(value);
    g_string_append_printf(out, " --%s=%s", option, quoted);
}
