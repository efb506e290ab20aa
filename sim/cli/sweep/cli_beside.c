/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_beside.c - see cli_beside.h
 */
#include "cli_beside.h"

#include <string.h>

#include "cli_files.h"
#include "cli_identity.h"
#include "cli_table.h"

#define MARGIN 11 /* of the head of report.txt: "  machine  4 vCPUs", going on below the 4 */

static void add(struct cli_beside *b, const char *name, char *value)
{
    struct rep_fact fact = {g_strdup(name), value};

    g_array_append_val(b->facts, fact);
}

static void fact_clear(void *fact)
{
    struct rep_fact *f = fact;

    g_free(f->name);
    g_free(f->value);
}

static void sweep_facts(struct cli_beside *b, const char *json)
{
    static const struct {
        const char *key, *name;
        bool unless_0;
    } row[] = {{"version", "apfsim", false},
               {"workload", "workload", false},
               {"seed", "seed", false},
               {"replicas", "replicas", false},
               {"points", "points", false},
               {"runs", "runs", false},
               {"points_that_ended_badly", "points that ended badly", true},
               {"points_not_precise", "points short of the precision", true},
               {"workload_digest", "digest of the workload", false},
               {"csv_xxh3", "xxh3-64 of the figures", false}};

    for (unsigned i = 0; i < G_N_ELEMENTS(row); i++) {
        char *value = cli_json_value(json, row[i].key);

        if (value && !(row[i].unless_0 && !strcmp(value, "0")))
            add(b, row[i].name, value);
        else
            g_free(value);
    }
}

/* A line of the head goes on in the next one. */
static void lengthen(struct cli_beside *b, const char *more)
{
    struct rep_fact *last = &g_array_index(b->facts, struct rep_fact, b->facts->len - 1);
    char *value = g_strconcat(last->value, " ", more, NULL);

    g_free(last->value);
    last->value = value;
}

/* "  machine  4 vCPUs, 2 GiB guest" and the like, after the first blank line of report.txt, but for
 * the command, which the page has elsewhere. */
static void head_facts(struct cli_beside *b, const char *report)
{
    const char *head = strstr(report, "\n\n");
    g_auto(GStrv) line = g_strsplit(head ? head + 2 : "", "\n", -1);
    bool skip = false;

    for (unsigned i = 0; line[i] && *line[i]; i++) {
        if (strlen(line[i]) <= MARGIN)
            continue;
        if (line[i][2] != ' ') {
            g_autofree char *name = g_strndup(line[i] + 2, strcspn(line[i] + 2, " "));

            skip = !strcmp(name, "command");
            if (!skip)
                add(b, name, g_strdup(line[i] + MARGIN));
        } else if (!skip && b->facts->len) {
            lengthen(b, line[i] + MARGIN);
        }
    }
}

/* The first line: "apfsim 0.1.0: memhog". */
static void first_facts(struct cli_beside *b, const char *report)
{
    g_autofree char *line = g_strndup(report, strcspn(report, "\n"));
    char *blank = strchr(line, ' '), *colon = blank ? strstr(blank, ": ") : NULL;

    if (!colon)
        return;
    *blank = *colon = 0;
    add(b, line, g_strdup(blank + 1));
    add(b, "workload", g_strdup(colon + 2));
}

/* The lines below the first, which go on until "answer" or a blank one. */
static char *question_of(const char *report)
{
    g_auto(GStrv) line = g_strsplit(report, "\n", -1);
    GString *out = g_string_new(NULL);

    for (unsigned i = 1; *line && line[i] && *line[i]; i++) {
        if (g_str_has_prefix(line[i], "  answer "))
            break;
        g_string_append_printf(out, "%s%s", out->len ? " " : "", g_strstrip(line[i]));
    }
    return g_string_free(out, FALSE);
}

void cli_beside_read(struct cli_beside *b, const char *dir, const struct rep_study *study)
{
    *b = (struct cli_beside){.facts = g_array_new(FALSE, FALSE, sizeof(struct rep_fact))};
    g_array_set_clear_func(b->facts, fact_clear);
    if (!strcmp(study->csv, REP_SWEEP_CSV)) {
        g_autofree char *json = cli_files_read(dir, CLI_TABLE_JSON, NULL);

        b->question = cli_json_value(json, "question");
        b->command = cli_json_value(json, "command");
        sweep_facts(b, json);
        return;
    }
    b->report = cli_files_read(dir, "report.txt", NULL);
    b->params = cli_files_read(dir, "params.txt", NULL);
    b->command = cli_files_read(dir, "command.txt", NULL);
    if (!b->report)
        return;
    b->question = question_of(b->report);
    first_facts(b, b->report);
    head_facts(b, b->report);
}

void cli_beside_clear(struct cli_beside *b)
{
    g_array_unref(b->facts);
    g_free(b->question);
    g_free(b->command);
    g_free(b->report);
    g_free(b->params);
}
