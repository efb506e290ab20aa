/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_check.c - `sim check`: explores the protocol's interleavings scope by scope, tells what broke
 *
 * Knows:    check/ (what is explored), the clock (how long). Trails are printed by cli_story.c.
 */
#include <stdio.h>
#include <string.h>

#include "cli_check.h"

static const char *kernel_option, *budget_option, *memory_option;
static const char *format_option, *width_option;

static bool go_on(void *self)
{
    return g_get_monotonic_time() < *(const gint64 *)self;
}

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

/* ---- one row ---- */

static void apply_switches(const struct check_job *job, struct check_params *p, bool host_fixed)
{
    if (!host_fixed)
        p->host = job->kernel;
    p->guest = job->kernel;
    p->bugs |= job->bugs;
    p->fixes |= job->fixes;
}

/* The row's own switch: on for a bug; a hole is there unless its remedy is on. */
static void own_switch(const struct check_scope *s, bool with, struct check_params *p)
{
    enum apf_bug bug;
    enum apf_fix fix;

    if (!s->bug)
        return;
    if (with && apf_bug_parse(s->bug, &bug))
        p->bugs |= apf_bug_bit(bug);
    if (!with && apf_fix_parse(s->bug, &fix))
        p->fixes |= apf_fix_bit(fix);
}

static bool explore_row(const struct check_job *job, const struct check_scope *s, bool with,
                        struct cli_check_row *row)
{
    struct check_params p = s->params;
    gint64 begin = g_get_monotonic_time(), deadline = begin + (gint64)job->seconds * 1000000;
    struct explore_limits limits = {
        .memory_bytes = job->memory, .liveness = true, .go_on = go_on, .self = &deadline};

    apply_switches(job, &p, p.host != 0);
    own_switch(s, with, &p);
    row->scope = s;
    row->with_switch = with;
    if (!check_search(&p, &limits, &row->report))
        return false;
    if (job->judge_all)
        check_judge_clean(s, &row->report);
    else
        check_judge(s, with, &row->report);
    row->seconds = (double)(g_get_monotonic_time() - begin) / 1e6;
    return true;
}

static bool wanted(const struct check_job *job, const struct check_scope *s)
{
    if (!job->scopes)
        return !s->slow || job->all;
    for (char **name = job->scopes; *name; name++)
        if (!g_ascii_strcasecmp(*name, s->name) || (s->bug && !strcmp(*name, "switches")) ||
            (!strncmp(s->name, "case-", 5) && !strcmp(*name, "cases")))
            return true;
    return false;
}

/* --fix=ID alone asks for the remedied side of its row. */
static int first_side(const struct check_job *job, const struct check_scope *s)
{
    enum apf_fix fix;

    return !(s->bug && job->one_side && apf_fix_parse(s->bug, &fix) && apf_fix_on(job->fixes, fix));
}

static int run_rows(const struct check_job *job, struct cli_check_report *out)
{
    static struct cli_check_row row;
    int status = CLI_GOOD;

    for (unsigned i = 0; check_scope(i); i++) {
        const struct check_scope *s = check_scope(i);
        int last = s->bug && !job->one_side ? 0 : first_side(job, s);
        for (int with = first_side(job, s); wanted(job, s) && with >= last; with--) {
            if (!explore_row(job, s, with, &row))
                return cli_fail(CLI_MISSING, "no memory for scope %s", s->name);
            cli_check_row_add(out, job, &row);
            if (!row.report.as_expected)
                status = CLI_BROKEN;
        }
    }
    return status;
}

/* ---- options ---- */

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
    {"junit", FORMAT_JUNIT, true, false, false},
};

static bool set_format(struct check_job *job, bool random, bool replay)
{
    const char *name = format_option ? format_option : "text";
    const char *what = replay ? "--replay" : random ? "--random" : "a search";
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

    job->kernel = APF_KERNEL_6_12;
    if (kernel_option &&
        (!apf_kernel_parse(kernel_option, &job->kernel) || job->kernel >= APF_KERNELS)) {
        cli_fail(CLI_USAGE, "--kernel=%s: one of 5.8 5.10 5.13 5.17 6.1 6.12 tip", kernel_option);
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
    return true;
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
    cli_check_begin(&out, job);
    status = run_rows(job, &out);
    printed = cli_check_end(&out, job);
    return printed ? printed : status;
}

int cli_check(int argc, char **argv)
{
    gboolean list = FALSE, invariants = FALSE, table = FALSE, random = FALSE, all = FALSE;
    gboolean story = FALSE, rules = FALSE;
    g_auto(GStrv) scopes = NULL, bugs = NULL, fixes = NULL;
    g_autofree char *format = NULL, *replay = NULL, *seed = NULL, *steps = NULL, *save = NULL;
    g_autofree char *kernel = NULL, *budget = NULL, *memory = NULL, *width = NULL;
    const GOptionEntry entries[] = {
        {"kernel", 0, 0, G_OPTION_ARG_STRING, &kernel, "rules of both halves: 5.8 .. 6.12, tip",
         "VERSION"},
        {"scope", 0, 0, G_OPTION_ARG_STRING_ARRAY, &scopes,
         "only this scope; `cases`, `switches` name groups", "NAME"},
        {"bug", 0, 0, G_OPTION_ARG_STRING_ARRAY, &bugs, "put an old bug back", "BUG-n"},
        {"fix", 0, 0, G_OPTION_ARG_STRING_ARRAY, &fixes, "with the remedy of a hole", "HOLE-n"},
        {"budget", 0, 0, G_OPTION_ARG_STRING, &budget, "time for each scope (600s)", "TIME"},
        {"memory", 0, 0, G_OPTION_ARG_STRING, &memory, "memory for each scope (1GiB)", "SIZE"},
        {"format", 0, 0, G_OPTION_ARG_STRING, &format, "text or junit", "FORMAT"},
        {"story", 0, 0, G_OPTION_ARG_NONE, &story, "tell expected trails, too", NULL},
        {"width", 0, 0, G_OPTION_ARG_STRING, &width,
         "columns of a story, 72 to 250 (the terminal's, else 100)", "N"},
        {"replay", 0, 0, G_OPTION_ARG_STRING, &replay, "tell the story of a trail file", "FILE"},
        {"save", 0, 0, G_OPTION_ARG_STRING, &save, "write each trail into this directory", "DIR"},
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
    if (rules)
        return cli_check_rules();
    if (list || invariants || table)
        return list ? cli_check_list() : invariants ? cli_check_invariants() : cli_check_switches();
    struct check_job job = {.all = all, .save = save, .tell = story};
    if (!set_format(&job, random, replay != NULL) || !numbers(&job, seed, steps) ||
        !check_names(scopes) || !switches(&job, bugs, fixes))
        return CLI_USAGE;
    if (replay)
        return cli_check_replay(&job, replay);
    if (random)
        return cli_check_random(&job);
    return search(&job, scopes, bugs, fixes);
}
