/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_identity.c - see cli_identity.h
 *
 * Digests say whether two sweeps differ, what was written down of them says in what.
 */
#include "cli_identity.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* What follows "key":, to the end of its line; NULL: there is no such key. */
static const char *value_at(const char *json, const char *key)
{
    g_autofree char *before = g_strdup_printf("\n  \"%s\": ", key);
    const char *at = json ? strstr(json, before) : NULL;

    return at ? at + strlen(before) : NULL;
}

/* Texts hold no character that JSON writes as a number. */
char *cli_json_value(const char *json, const char *key)
{
    const char *at = value_at(json, key);
    g_autofree char *text = NULL;
    size_t bytes = 0;

    if (!at)
        return NULL;
    if (*at != '"') {
        bytes = strcspn(at, "\n");
        return g_strndup(at, bytes && at[bytes - 1] == ',' ? bytes - 1 : bytes);
    }
    at++;
    while (at[bytes] && at[bytes] != '"')
        bytes += at[bytes] == '\\' && at[bytes + 1] ? 2 : 1;
    text = g_strndup(at, bytes);
    return g_strcompress(text);
}

/* Axis i, from 0: its line without blanks and comma; NULL: there are fewer. g_free() it. */
static char *axis_of(const char *json, unsigned i)
{
    const char *at = value_at(json, "axes");

    for (; at && (at = strchr(at, '\n')); i--) {
        size_t bytes;

        at += 1 + strspn(at + 1, " ");
        bytes = strcspn(at, "\n");
        if (*at != '{')
            return NULL;
        if (!i)
            return g_strndup(at, bytes && at[bytes - 1] == ',' ? bytes - 1 : bytes);
    }
    return NULL;
}

/* {"key": "disk.read", ... */
static char *key_of(const char *axis)
{
    const char *at = axis ? strstr(axis, "\"key\": \"") : NULL;

    at = at ? at + strlen("\"key\": \"") : "";
    return g_strndup(at, strcspn(at, "\""));
}

static char *axes_difference(const struct cli_identity *here, const struct cli_identity *there)
{
    for (unsigned i = 0;; i++) {
        g_autofree char *a = axis_of(here->provenance, i), *b = axis_of(there->provenance, i);
        g_autofree char *a_key = key_of(a), *b_key = key_of(b);

        if (!a && !b)
            return NULL;
        if (g_strcmp0(a, b) == 0)
            continue;
        if (strcmp(a_key, b_key) != 0)
            return g_strdup_printf("the axes have changed (axis %u is %s here, %s there)", i + 1,
                                   a ? a_key : "missing", b ? b_key : "missing");
        return g_strdup_printf("the values of %s have changed (%u points here, %u there)", a_key,
                               here->points, there->points);
    }
}

/* What stands in a single line. */
static char *member_difference(const struct cli_identity *here, const struct cli_identity *there)
{
    static const struct {
        const char *key, *name;
    } member[] = {{"seed", "seed has"},
                  {"replicas", "replicas have"},
                  {"modes", "modes have"},
                  {"precision_ppm", "precision has"},
                  {"replicas_most", "most replicas have"}};

    for (unsigned i = 0; i < G_N_ELEMENTS(member); i++) {
        g_autofree char *a = cli_json_value(here->provenance, member[i].key);
        g_autofree char *b = cli_json_value(there->provenance, member[i].key);

        if (a && b && strcmp(a, b) != 0 && !strcmp(member[i].key, "precision_ppm"))
            return g_strdup_printf("the precision has changed (%g %% here, %g %% there; 0: none)",
                                   g_ascii_strtod(a, NULL) / 1e4, g_ascii_strtod(b, NULL) / 1e4);
        if (a && b && strcmp(a, b) != 0)
            return g_strdup_printf("the %s changed (%s here, %s there)", member[i].name, a, b);
    }
    return NULL;
}

/* With the same command it is a file that is another one. */
static char *workload_difference(const struct cli_identity *here, const struct cli_identity *there)
{
    g_autofree char *a = cli_json_value(here->provenance, "command");
    g_autofree char *b = cli_json_value(there->provenance, "command");
    bool same = a && b && strcmp(a, b) == 0;

    return g_strdup_printf("%s changed (digest %.16s here, %.16s there)",
                           same ? "what is in the workload's files has"
                                : "the workload or a --set has",
                           here->workload, there->workload);
}

char *cli_identity_difference(const struct cli_identity *here, const struct cli_identity *there)
{
    bool workload = strcmp(here->workload, there->workload) != 0;
    bool grid = strcmp(here->grid, there->grid) != 0 || here->points != there->points;
    char *text = NULL;

    if (strcmp(here->version, there->version) != 0)
        return g_strdup_printf("the version of sim is %s here, %s there", here->version,
                               there->version);
    if (!workload && !grid)
        return NULL;
    text = member_difference(here, there);
    if (!text && grid)
        text = axes_difference(here, there);
    if (text)
        return text;
    return workload ? workload_difference(here, there)
                    : g_strdup_printf("the axes have changed (%u points here, %u there)",
                                      here->points, there->points);
}
