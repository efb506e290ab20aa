/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_check.c - `sim check`: its options, and which scopes they name
 *
 * The searches are run by cli_check_rows.c and told by cli_check_out.c; trails by cli_story.c.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli_check.h"

static const char *kernel_option, *budget_option, *memory_option, *jobs_option;
static const char *format_option, *width_option;

static uint64_t unit_of(const char *suffix)
{
    static const struct {
        const char *name;
        uint64_t factor;
    } units[] = {{"", 1},  {"KiB", 1024}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
                 {"s", 1}, {"min", 60},   {"h", 3600}};

    for (unsigned i = 0; i < G_N_ELEMENTS(units); i++)
        if (!strcmp(suffix, units[i].name))
            return units[i].factor;
    return 0;
}

static bool amount(const char *option, const char *text, uint64_t lo, uint64_t hi, uint64_t *ret)
{
    char *end = NULL;
    guint64 n = g_ascii_strtoull(text, &end, 10);
    uint64_t unit = end == text ? 0 : unit_of(end);

    if (!unit || n > hi / unit || n * unit < lo) {
        cli_fail(CLI_USAGE, "%s=%s: a number with a unit, such as %s", option, text,
                 strstr(option, "mem") ? "1GiB" : "60s");
        return false;
    }
    *ret = n * unit;
    return true;
}

static bool check_names(char **names)
{
    for (char **name = names; name && *name; name++) {
        bool known = !strcmp(*name, "switches") || !strcmp(*name, "cases");
        for (unsigned i = 0; !known && check_scope(i); i++)
            known = !g_ascii_strcasecmp(*name, check_scope(i)->name);
        if (!known) {
            cli_fail(CLI_USAGE, "--scope=%s: no such scope; sim check --list names them", *name);
            return false;
        }
    }
    return true;
}

static bool switches(struct check_job *job, char **bugs, char **fixes)
{
    enum apf_bug bug;
    enum apf_fix fix;

    for (char **id = bugs; id && *id; id++) {
        if (!apf_bug_parse(*id, &bug)) {
            cli_fail(CLI_USAGE, "--bug=%s: BUG-1 to BUG-%d; sim check --list-switches", *id,
                     APF_BUGS - 1);
            return false;
        }
        job->bugs |= apf_bug_bit(bug);
    }
    for (char **id = fixes; id && *id; id++) {
        if (!apf_fix_parse(*id, &fix)) {
            cli_fail(CLI_USAGE, "--fix=%s: HOLE-1 to HOLE-%d; sim check --list-switches", *id,
                     APF_FIXES - 1);
            return false;
        }
        job->fixes |= apf_fix_bit(fix);
    }
    return true;
}

/* --bug=ID without a scope: the scope that shows it. */
static bool own_scopes(struct check_job *job, char **bugs, char **fixes)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    char **ids[] = {bugs, fixes};

    for (unsigned k = 0; k < G_N_ELEMENTS(ids); k++)
        for (char **id = ids[k]; id && *id; id++)
            for (unsigned i = 0; check_scope(i); i++)
                if (check_scope(i)->bug && !g_ascii_strcasecmp(check_scope(i)->bug, *id))
                    g_ptr_array_add(names, g_strdup(*id));
    if (names->len == 0) {
        cli_fail(CLI_USAGE, "no scope shows that switch by itself; name one with --scope");
        return false;
    }
    g_ptr_array_add(names, NULL);
    job->scopes = (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
    return true;
}

/* What a format can say: searches, random runs, or the trail of a file. */
static const struct {
    const char *name;
    enum check_format format;
    bool searches, random, replay;
} formats[] = {
    {"text", FORMAT_TEXT, true, true, true},
    {"junit", FORMAT_JUNIT, true, true, true},
    {"json", FORMAT_JSON, true, false, false},
    {"markdown", FORMAT_MARKDOWN, true, false, false},
    {"ftrace", FORMAT_FTRACE, false, false, true},
    {"script", FORMAT_SCRIPT, false, false, true},
};

static bool set_format(struct check_job *job, bool random, bool replay)
{
    const char *name = format_option ? format_option : "text";
    const char *what = replay ? "a trail" : random ? "--random" : "a search";
    g_autoptr(GString) can = g_string_new(NULL);

    for (unsigned i = 0; i < G_N_ELEMENTS(formats); i++) {
        bool able = replay ? formats[i].replay : random ? formats[i].random : formats[i].searches;
        if (able && !strcmp(name, formats[i].name)) {
            job->format = formats[i].format;
            return true;
        }
        if (able)
            g_string_append_printf(can, "%s%s", can->len ? ", " : "", formats[i].name);
    }
    cli_fail(CLI_USAGE, "--format=%s: %s is told as %s", name, what, can->str);
    return false;
}

static bool numbers(struct check_job *job, const char *seed, const char *steps)
{
    uint64_t n = 0;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    job->kernel = APF_KERNEL_6_12;
    if (kernel_option && !apf_kernel_parse(kernel_option, &job->kernel)) {
        cli_fail(CLI_USAGE, "--kernel=%s: one of 4.14 5.8 5.10 5.13 5.17 6.1 6.12 tip",
                 kernel_option);
        return false;
    }
    if (!amount("--budget", budget_option ? budget_option : "600s", 1, 1000000, &job->seconds) ||
        !amount("--memory", memory_option ? memory_option : "1GiB", 16 << 20, UINT64_C(1) << 40,
                &job->memory))
        return false;
    if (seed && !cli_number("--seed", seed, 0, UINT64_MAX, &job->seed))
        return false;
    if (steps && !cli_number("--steps", steps, 1, 100000000, &n))
        return false;
    job->steps = steps ? (uint32_t)n : 1000000;
    if (width_option && !cli_number("--width", width_option, STORY_WIDTH_MIN, STORY_WIDTH_MAX, &n))
        return false;
    job->width = width_option                 ? (unsigned)n
                 : job->format == FORMAT_TEXT ? cli_story_width()
                                              : STORY_WIDTH;
    job->threads = cpus > 0 ? (uint64_t)cpus : 1;
    if (jobs_option && !cli_number("--jobs", jobs_option, 1, 1024, &job->threads))
        return false;
    return true;
}

static int run_example(const struct check_job *job, char **scopes)
{
    if (scopes && scopes[0] && !scopes[1])
        for (unsigned i = 0; check_scope(i); i++)
            if (!g_ascii_strcasecmp(check_scope(i)->name, scopes[0]))
                return cli_check_example(job, check_scope(i));
    return cli_fail(CLI_USAGE, "--example is of one --scope=NAME; sim check --list names them");
}

static int search(struct check_job *job, char **scopes, char **bugs, char **fixes)
{
    g_auto(GStrv) own = NULL;
    struct cli_check_report out = {0};
    int status, printed;

    job->scopes = scopes;
    job->judge_all = bugs || fixes;
    job->one_side = bugs || fixes;
    if (!scopes && (bugs || fixes)) {
        if (!own_scopes(job, bugs, fixes))
            return CLI_USAGE;
        own = job->scopes;
    }
    if (!cli_check_some_fit(job))
        return cli_fail(CLI_USAGE, "--kernel=4.14: none of these scopes is made for it");
    cli_check_begin(&out, job);
    status = cli_check_rows(job, &out);
    printed = cli_check_end(&out, job);
    return printed ? printed : status;
}

int cli_check(int argc, char **argv)
{
    gboolean list = FALSE, invariants = FALSE, table = FALSE, random = FALSE, all = FALSE;
    gboolean story = FALSE, example = FALSE, rules = FALSE;
    g_auto(GStrv) scopes = NULL, bugs = NULL, fixes = NULL;
    g_autofree char *format = NULL, *replay = NULL, *seed = NULL, *steps = NULL, *save = NULL;
    g_autofree char *kernel = NULL, *budget = NULL, *memory = NULL, *width = NULL, *jobs = NULL;
    const GOptionEntry entries[] = {
        {"kernel", 0, 0, G_OPTION_ARG_STRING, &kernel,
         "rules of both halves: 4.14, 5.8 .. 6.12, tip", "VERSION"},
        {"scope", 0, 0, G_OPTION_ARG_STRING_ARRAY, &scopes,
         "only this scope; `cases`, `switches` name groups", "NAME"},
        {"bug", 0, 0, G_OPTION_ARG_STRING_ARRAY, &bugs, "put an old bug back", "BUG-n"},
        {"fix", 0, 0, G_OPTION_ARG_STRING_ARRAY, &fixes, "with the remedy of a hole", "HOLE-n"},
        {"budget", 0, 0, G_OPTION_ARG_STRING, &budget, "time for each search (600s)", "TIME"},
        {"memory", 0, 0, G_OPTION_ARG_STRING, &memory, "memory for each search (1GiB)", "SIZE"},
        {"jobs", 0, 0, G_OPTION_ARG_STRING, &jobs, "searches at once (one for each CPU)", "N"},
        {"format", 0, 0, G_OPTION_ARG_STRING, &format,
         "text, junit, json, markdown; a trail: text, junit, ftrace, script", "FORMAT"},
        {"story", 0, 0, G_OPTION_ARG_NONE, &story, "tell expected trails, too", NULL},
        {"width", 0, 0, G_OPTION_ARG_STRING, &width,
         "columns of a story, 72 to 250 (the terminal's, else 120)", "N"},
        {"replay", 0, 0, G_OPTION_ARG_STRING, &replay, "tell the story of a trail file", "FILE"},
        {"save", 0, 0, G_OPTION_ARG_STRING, &save, "write each trail into this directory", "DIR"},
        {"example", 0, 0, G_OPTION_ARG_NONE, &example, "tell one run of a scope to its end", NULL},
        {"random", 0, 0, G_OPTION_ARG_NONE, &random, "random runs of a large machine", NULL},
        {"seed", 0, 0, G_OPTION_ARG_STRING, &seed, "of the random runs (0)", "N"},
        {"steps", 0, 0, G_OPTION_ARG_STRING, &steps, "of the random runs, together", "N"},
        {"all", 0, 0, G_OPTION_ARG_NONE, &all, "the slow scopes, too", NULL},
        {"list", 0, 0, G_OPTION_ARG_NONE, &list, "list the scopes", NULL},
        {"list-invariants", 0, 0, G_OPTION_ARG_NONE, &invariants,
         "list the invariants, and where each is checked", NULL},
        {"list-rules", 0, 0, G_OPTION_ARG_NONE, &rules,
         "list the rules that are counted, and those that cannot be", NULL},
        {"list-switches", 0, 0, G_OPTION_ARG_NONE, &table, "list old bugs and holes", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    int status = CLI_GOOD;

    if (!cli_parse(argc, argv, entries,
                   "Explores every interleaving of the protocol within named scopes.",
                   "Exit status 1: something that the scope does not expect is broken, stuck or "
                   "not exhausted.",
                   &status))
        return status;
    kernel_option = kernel;
    budget_option = budget;
    memory_option = memory;
    format_option = format;
    width_option = width;
    jobs_option = jobs;
    if (rules)
        return cli_check_rules();
    if (list || invariants || table)
        return list ? cli_check_list() : invariants ? cli_check_invariants() : cli_check_switches();
    struct check_job job = {.all = all, .save = save, .tell = story};
    if (!set_format(&job, random, replay || example) || !numbers(&job, seed, steps) ||
        !check_names(scopes) || !switches(&job, bugs, fixes))
        return CLI_USAGE;
    if (replay)
        return cli_check_replay(&job, replay);
    if (random && job.kernel == APF_KERNEL_4_14)
        return cli_fail(CLI_USAGE, "--random: not with --kernel=4.14, which breaks INV-15 at once");
    if (random)
        return cli_check_random(&job);
    if (example)
        return run_example(&job, scopes);
    return search(&job, scopes, bugs, fixes);
}
