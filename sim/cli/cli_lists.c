/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_lists.c - `sim params` and `sim workloads`
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const char *const format_names[] = {"text", "json", "csv", "markdown", NULL};
static const enum cfg_format formats[] = {CFG_TEXT, CFG_JSON, CFG_CSV, CFG_MARKDOWN};

static int fail_no_params(const char *key)
{
    static const char *const sections[] = {"check", "host",    "guest",   "cost",
                                           "disk",  "monitor", "regions", "tasks"};
    const char *nearest = cfg_nearest(key, sections, G_N_ELEMENTS(sections));

    if (nearest)
        return cli_fail(CLI_USAGE, "no parameter '%s' (did you mean '%s'?)", key, nearest);
    return cli_fail(CLI_USAGE,
                    "no parameter '%s', and none below it; sim params lists all, sim params disk "
                    "those of the disk",
                    key);
}

static int print_params(enum cfg_format format, const char *key)
{
    char *text = NULL;
    size_t bytes = 0, rows;
    FILE *stream = open_memstream(&text, &bytes);
    int status;

    if (!stream)
        return cli_fail(CLI_MISSING, "no memory for the list");
    rows = cfg_print_params_of(stream, format, key);
    fclose(stream);
    status = rows ? cli_print(text, bytes) : fail_no_params(key);
    free(text);
    return status;
}

int cli_params(int argc, char **argv)
{
    g_autofree char *format = NULL;
    g_auto(GStrv) keys = NULL;
    const GOptionEntry entries[] = {
        {"format", 0, 0, G_OPTION_ARG_STRING, &format, "text (default), json, csv or markdown",
         "FORMAT"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &keys, NULL, "[KEY]"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };
    int status, number = 0;

    if (!cli_parse(
            argc, argv, entries,
            "Lists every parameter: its key in a workload file and for --set, unit, range,\n"
            "default, meaning, and where the default comes from. With KEY only that one, or\n"
            "those below it: sim params disk.",
            NULL, &status))
        return status;
    if (keys && keys[1])
        return cli_fail(CLI_USAGE, "'%s' is not expected here: one KEY is enough", keys[1]);
    if (keys && !*keys[0])
        return fail_no_params("");
    if (format)
        number = cli_choice("--format", format, format_names);
    return number < 0 ? CLI_USAGE : print_params(formats[number], keys ? keys[0] : "");
}

static int compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the *.yaml in a folder, sorted; empty when there is no such folder. */
static GPtrArray *workload_names(const char *folder)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir)))
        if (g_str_has_suffix(name, ".yaml") && name[0] != '.')
            g_ptr_array_add(names, g_strdup(name));
    if (dir)
        g_dir_close(dir);
    g_ptr_array_sort(names, compare);
    return names;
}

/* "memhog: what ...?" in memhog.yaml is "what ...?": the name stands beside it. */
static const char *without_name(const char *question, const char *file)
{
    size_t length = strlen(file) - strlen(".yaml");

    if (strncmp(question, file, length) != 0 || question[length] != ':')
        return question;
    return question + length + 1 + strspn(question + length + 1, " ");
}

static void list_folder(GString *out, const char *folder)
{
    g_autoptr(GPtrArray) names = workload_names(folder);
    size_t width = 0;

    if (!names->len)
        return;
    for (unsigned i = 0; i < names->len; i++)
        width = MAX(width, strlen(g_ptr_array_index(names, i)));
    g_string_append_printf(out, "%s%s/\n", out->len ? "\n" : "", folder);
    for (unsigned i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *question = cfg_read_question(path);

        g_string_append_printf(out, "  %-*s  %s\n", (int)width, name,
                               question ? without_name(question, name) : "");
    }
}

int cli_workloads(int argc, char **argv)
{
    const GOptionEntry entries[] = {{NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    g_autoptr(GString) out = g_string_new(NULL);
    int status;

    if (!cli_parse(
            argc, argv, entries,
            "Lists the workloads in workloads/, in the source tree that the program was built in,\n"
            "and in the installed data directory, each with the question that it asks: its first\n"
            "comment line.",
            NULL, &status))
        return status;
    for (const char *const *dir = cli_workload_dirs(); *dir; dir++)
        list_folder(out, *dir);
    if (!out->len)
        return cli_fail(CLI_MISSING,
                        "no workloads found in workloads/, above the program, or in " APFSIM_DATADIR
                        "/workloads: run from the source tree, or install it");
    return cli_print(out->str, out->len);
}
