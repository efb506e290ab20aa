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

/* An option that is a number with a unit. */
static const struct amount {
    const char *option, *range;
    uint64_t lo, hi; /* in units of factor 1 */
    struct {
        const char *name;
        uint64_t factor;
    } unit[4];
} amounts[] = {
    {"--budget",
     "1s to 1000000s, as s, min, h or a plain number of seconds",
     1,
     1000000,
     {{"", 1}, {"s", 1}, {"min", 60}, {"h", 3600}}},
    {"--memory",
     "16MiB to 1024GiB, as KiB, MiB, GiB or a plain number of bytes",
     16 << 20,
     UINT64_C(1) << 40,
     {{"", 1}, {"KiB", 1024}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}},
};

static bool amount(const struct amount *a, const char *text, uint64_t *ret)
{
    char *end = NULL;
    guint64 n = g_ascii_strtoull(text, &end, 10); /* too much: UINT64_MAX, which is out of range */
    uint64_t unit = 0;

    for (unsigned i = 0; i < G_N_ELEMENTS(a->unit) && g_ascii_isdigit(*text); i++)
        if (!strcmp(end, a->unit[i].name))
            unit = a->unit[i].factor;
    if (!unit || n > a->hi / unit || n * unit < a->lo) {
        cli_fail(CLI_USAGE, "%s=%s: a whole number from %s", a->option, text, a->range);
        return false;
    }
    *ret = n * unit;
    return true;
}

static bool check_names(char **names)
{
    for (char **name = names; name && *name; name++) {
        bool known = !g_ascii_strcasecmp(*name, "switches") || !g_ascii_strcasecmp(*name, "cases");
        for (unsigned i = 0; !known && check_scope(i); i++)
            known = !g_ascii_strcasecmp(*name, check_scope(i)->name);
        if (!known) {
            cli_fail(CLI_USAGE,
                     "--scope=%s: no such scope; sim check --list names them; several: --scope=A "
                     "--scope=B",
                     *name);
            return false;
        }
    }
    return true;
}

/* No search can show it: none says then that it is harmless. */
static bool is_shown(const char *option, const char *id)
{
    for (unsigned i = 0; check_unshown(i); i++)
        if (!g_ascii_strcasecmp(check_unshown(i)->id, id)) {
            cli_fail(CLI_USAGE, "%s=%s: no search can show it: %s", option, id,
                     check_unshown(i)->text);
            return false;
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
        if (!is_shown("--bug", *id))
            return false;
        job->bugs |= apf_bug_bit(bug);
    }
    for (char **id = fixes; id && *id; id++) {
        if (!apf_fix_parse(*id, &fix)) {
            cli_fail(CLI_USAGE, "--fix=%s: HOLE-1 to HOLE-%d; sim check --list-switches", *id,
                     APF_FIXES - 1);
            return false;
        }
        if (!is_shown("--fix", *id))
            return false;
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
        cli_fail(CLI_USAGE,
                 "no scope shows that switch by itself: docs/check.md says why; any takes it: "
                 "--scope=NAME");
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
    if (!amount(&amounts[0], budget_option ? budget_option : "600s", &job->seconds) ||
        !amount(&amounts[1], memory_option ? memory_option : "1GiB", &job->memory))
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

/* ---- what goes with what ---- */

enum mode { SEARCH = 1, RANDOM = 2, EXAMPLE = 4, REPLAY = 8, LIST = 16 };
struct use {
    const char *option;
    bool given;
    unsigned modes; /* those that take it */
};

/* An option that would be ignored is refused. */
static bool all_used(const struct use *use, unsigned count, enum mode mode)
{
    const char *what = mode == SEARCH    ? "a search"
                       : mode == RANDOM  ? "--random"
                       : mode == EXAMPLE ? "--example"
                       : mode == REPLAY  ? "--replay, whose trail says everything itself"
                                         : "a list";

    for (unsigned i = 0; i < count; i++)
        if (use[i].given && !(use[i].modes & mode)) {
            cli_fail(CLI_USAGE, "--%s does not go with %s", use[i].option, what);
            return false;
        }
    return true;
}

/* Where trails are to go; before hours are spent on finding them. */
static bool can_save(const char *save)
{
    if (!save || (g_file_test(save, G_FILE_TEST_IS_DIR) && access(save, W_OK) == 0))
        return true;
    cli_fail(CLI_MISSING, "--save=%s: no directory that can be written to; mkdir it first", save);
    return false;
}

/* What was asked, as the command line says it; the strings are the caller's to free. */
struct asked {
    gboolean list, invariants, table, rules, random, example, story, all;
    char **scopes, **bugs, **fixes;
    char *format, *replay, *seed, *steps, *save, *kernel, *budget, *memory, *width, *jobs;
};

static void asked_clear(struct asked *a)
{
    char **strings[] = {&a->format, &a->replay, &a->seed,   &a->steps, &a->save,
                        &a->kernel, &a->budget, &a->memory, &a->width, &a->jobs};

    for (unsigned i = 0; i < G_N_ELEMENTS(strings); i++)
        g_clear_pointer(strings[i], g_free);
    g_clear_pointer(&a->scopes, g_strfreev);
    g_clear_pointer(&a->bugs, g_strfreev);
    g_clear_pointer(&a->fixes, g_strfreev);
}

static bool asked_parse(int argc, char **argv, struct asked *a, int *ret_status)
{
    const GOptionEntry entries[] = {
        {"kernel", 0, 0, G_OPTION_ARG_STRING, &a->kernel,
         "rules of both halves: 4.14, 5.8 .. 6.12, tip", "VERSION"},
        {"scope", 0, 0, G_OPTION_ARG_STRING_ARRAY, &a->scopes,
         "only this scope; `cases`, `switches` name groups", "NAME"},
        {"bug", 0, 0, G_OPTION_ARG_STRING_ARRAY, &a->bugs, "put an old bug back", "BUG-n"},
        {"fix", 0, 0, G_OPTION_ARG_STRING_ARRAY, &a->fixes, "with the remedy of a hole", "HOLE-n"},
        {"budget", 0, 0, G_OPTION_ARG_STRING, &a->budget, "time for each search (600s)", "TIME"},
        {"memory", 0, 0, G_OPTION_ARG_STRING, &a->memory, "memory for each search (1GiB)", "SIZE"},
        {"jobs", 0, 0, G_OPTION_ARG_STRING, &a->jobs, "searches at once (one for each CPU)", "N"},
        {"format", 0, 0, G_OPTION_ARG_STRING, &a->format,
         "text, junit, json, markdown; a trail: text, junit, ftrace, script", "FORMAT"},
        {"story", 0, 0, G_OPTION_ARG_NONE, &a->story, "tell expected trails, too", NULL},
        {"width", 0, 0, G_OPTION_ARG_STRING, &a->width,
         "columns of a story, 72 to 250 (the terminal's, else 120)", "N"},
        {"replay", 0, 0, G_OPTION_ARG_STRING, &a->replay, "tell the story of a trail file", "FILE"},
        {"save", 0, 0, G_OPTION_ARG_STRING, &a->save,
         "write each trail into this directory (mkdir it)", "DIR"},
        {"example", 0, 0, G_OPTION_ARG_NONE, &a->example, "tell one run of a scope to its end",
         NULL},
        {"random", 0, 0, G_OPTION_ARG_NONE, &a->random, "random runs of a large machine", NULL},
        {"seed", 0, 0, G_OPTION_ARG_STRING, &a->seed, "of the random runs (0)", "N"},
        {"steps", 0, 0, G_OPTION_ARG_STRING, &a->steps, "of the random runs, together (1000000)",
         "N"},
        {"all", 0, 0, G_OPTION_ARG_NONE, &a->all, "the slow scopes, too", NULL},
        {"list", 0, 0, G_OPTION_ARG_NONE, &a->list, "list the scopes", NULL},
        {"list-invariants", 0, 0, G_OPTION_ARG_NONE, &a->invariants,
         "list the invariants, and where each is checked", NULL},
        {"list-rules", 0, 0, G_OPTION_ARG_NONE, &a->rules,
         "list the rules that are counted, and those that cannot be", NULL},
        {"list-switches", 0, 0, G_OPTION_ARG_NONE, &a->table, "list old bugs and holes", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};

    return cli_parse(argc, argv, entries,
                     "Explores every interleaving of the protocol within named scopes.",
                     "Exit status 1: something that the scope does not expect is broken, stuck or "
                     "not exhausted.",
                     ret_status);
}

static enum mode mode_of(const struct asked *a)
{
    return a->list || a->invariants || a->table || a->rules ? LIST
           : a->replay                                      ? REPLAY
           : a->random                                      ? RANDOM
           : a->example                                     ? EXAMPLE
                                                            : SEARCH;
}

/* Only one would be printed. */
static bool one_list(const struct asked *a)
{
    if (a->list + a->invariants + a->table + a->rules <= 1)
        return true;
    cli_fail(CLI_USAGE, "one list at a time: --list, --list-invariants, --list-rules or "
                        "--list-switches");
    return false;
}

static bool goes_together(const struct asked *a)
{
    const struct use uses[] = {
        {"kernel", a->kernel, SEARCH | RANDOM | EXAMPLE},
        {"scope", a->scopes, SEARCH | EXAMPLE},
        {"bug", a->bugs, SEARCH | RANDOM | EXAMPLE},
        {"fix", a->fixes, SEARCH | RANDOM | EXAMPLE},
        {"budget", a->budget, SEARCH},
        {"memory", a->memory, SEARCH},
        {"jobs", a->jobs, SEARCH},
        {"format", a->format, SEARCH | RANDOM | EXAMPLE | REPLAY},
        {"story", a->story, SEARCH},
        {"width", a->width, SEARCH | RANDOM | EXAMPLE | REPLAY},
        {"replay", a->replay, REPLAY},
        {"save", a->save, SEARCH | RANDOM | EXAMPLE},
        {"example", a->example, EXAMPLE},
        {"random", a->random, RANDOM},
        {"seed", a->seed, RANDOM},
        {"steps", a->steps, RANDOM},
        {"all", a->all, SEARCH},
    };

    return all_used(uses, G_N_ELEMENTS(uses), mode_of(a)) && one_list(a);
}

static int list_of(const struct asked *a)
{
    return a->rules        ? cli_check_rules()
           : a->list       ? cli_check_list()
           : a->invariants ? cli_check_invariants()
                           : cli_check_switches();
}

static int check(const struct asked *a)
{
    struct check_job job = {.all = a->all, .save = a->save, .tell = a->story};
    const enum mode mode = mode_of(a);

    kernel_option = a->kernel;
    budget_option = a->budget;
    memory_option = a->memory;
    format_option = a->format;
    width_option = a->width;
    jobs_option = a->jobs;
    if (!goes_together(a))
        return CLI_USAGE;
    if (mode == LIST)
        return list_of(a);
    if (!set_format(&job, mode == RANDOM, mode == REPLAY || mode == EXAMPLE) ||
        !numbers(&job, a->seed, a->steps) || !check_names(a->scopes) ||
        !switches(&job, a->bugs, a->fixes))
        return CLI_USAGE;
    if (!can_save(a->save))
        return CLI_MISSING;
    if (mode == REPLAY)
        return cli_check_replay(&job, a->replay);
    if (mode == RANDOM && job.kernel == APF_KERNEL_4_14)
        return cli_fail(CLI_USAGE, "--random: not with --kernel=4.14, which breaks INV-15 at once");
    if (mode == RANDOM)
        return cli_check_random(&job);
    if (mode == EXAMPLE)
        return run_example(&job, a->scopes);
    return search(&job, a->scopes, a->bugs, a->fixes);
}

int cli_check(int argc, char **argv)
{
    struct asked a = {0};
    int status = CLI_GOOD;

    if (asked_parse(argc, argv, &a, &status))
        status = check(&a);
    asked_clear(&a);
    return status;
}
