/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_common.c - see cli.h
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "disk.h"

const struct cfg_presets cli_presets = {disk_preset, disk_preset_name};

static bool is_same_file(const char *a, const char *b)
{
    struct stat of_a, of_b;

    return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

/* workloads/ of the source tree that the program was built in, or NULL: it is not in one. */
static char *source_workloads(void)
{
    g_autofree char *at = g_file_read_link("/proc/self/exe", NULL);

    while (at && strcmp(at, "/") != 0 && strcmp(at, ".") != 0) {
        char *folder = g_path_get_dirname(at);
        g_autofree char *workloads = g_build_filename(folder, "workloads", NULL);
        g_autofree char *mark = g_build_filename(folder, "meson.build", NULL);

        g_free(at);
        at = folder;
        if (g_file_test(workloads, G_FILE_TEST_IS_DIR) && g_file_test(mark, G_FILE_TEST_EXISTS))
            return g_steal_pointer(&workloads);
    }
    return NULL;
}

const char *const *cli_workload_dirs(void)
{
    static const char *dirs[4] = {"workloads"};
    static gsize known;

    if (g_once_init_enter(&known)) {
        char *source = source_workloads();
        unsigned count = 1;

        if (source && !is_same_file(source, dirs[0]))
            dirs[count++] = g_intern_string(source);
        g_free(source);
        dirs[count] = APFSIM_DATADIR "/workloads";
        g_once_init_leave(&known, 1);
    }
    return dirs;
}

int cli_fail(enum cli_status status, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?'; /* what the user typed stays on one line */
    fprintf(stderr, "sim: error: %s\n", text);
    return (int)status;
}

/* The reader has had enough, as in `sim params | head`: ends as any filter does, without a word. */
static int end_by_sigpipe(void)
{
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
    return 128 + SIGPIPE; /* it is blocked: what a shell makes of it */
}

int cli_print(const char *text, size_t bytes)
{
    errno = 0;
    if (fwrite(text, 1, bytes, stdout) == bytes && fflush(stdout) == 0)
        return CLI_GOOD;
    if (errno == EPIPE)
        return end_by_sigpipe();
    return cli_fail(CLI_MISSING, "cannot write to standard output: %s",
                    errno ? g_strerror(errno) : "it is closed");
}

#define OPTIONS_MAX 32 /* of one command */

static unsigned entry_count(const GOptionEntry *entries)
{
    unsigned n = 0;

    while (entries[n].long_name)
        n++;
    return n;
}

static int fail_unknown(const char *name, const GOptionEntry *entries, const char *command)
{
    unsigned count = entry_count(entries);
    g_autofree const char **known = g_new0(const char *, count + 1);
    const char *nearest;

    for (unsigned i = 0; i < count; i++)
        known[i] = entries[i].long_name;
    known[count] = "help";
    nearest = cfg_nearest(name, known, count + 1);
    if (nearest)
        return cli_fail(CLI_USAGE, "unknown option --%s (did you mean --%s?)", name, nearest);
    return cli_fail(CLI_USAGE, "unknown option --%s; sim %s --help lists them", name, command);
}

static int entry_find(const GOptionEntry *entries, const char *name)
{
    for (unsigned i = 0; entries[i].long_name; i++)
        if (!strcmp(entries[i].long_name, name))
            return (int)i;
    return -1;
}

/* One argument: *at moves over it and over its value if that is the next one. */
static bool check_argument(int argc, char **argv, int *at, const GOptionEntry *entries,
                           unsigned *seen, int *ret_status)
{
    const char *arg = argv[*at];
    g_autofree char *name = NULL;
    const char *equals = strchr(arg, '=');
    int i;

    *ret_status = CLI_USAGE;
    if ((arg[0] != '-' || !arg[1]) && entry_find(entries, G_OPTION_REMAINING) >= 0)
        return true;
    if (!g_str_has_prefix(arg, "--") || !arg[2]) {
        cli_fail(CLI_USAGE, "'%s' is not expected here: options begin with --, as --workload=FILE",
                 arg);
        return false;
    }
    name = equals ? g_strndup(arg + 2, (gsize)(equals - arg - 2)) : g_strdup(arg + 2);
    i = entry_find(entries, name);
    if (i < 0) {
        fail_unknown(name, entries, argv[0]);
        return false;
    }
    if (seen[i]++ && entries[i].arg != G_OPTION_ARG_STRING_ARRAY) {
        cli_fail(CLI_USAGE, "--%s is given twice; once is enough", name);
        return false;
    }
    if (entries[i].arg == G_OPTION_ARG_NONE && equals) {
        cli_fail(CLI_USAGE, "--%s takes no value", name);
        return false;
    }
    if (entries[i].arg != G_OPTION_ARG_NONE && !equals && ++*at >= argc) {
        cli_fail(CLI_USAGE, "--%s needs a value: --%s=%s", name, name, entries[i].arg_description);
        return false;
    }
    return true;
}

static bool is_help(const char *arg)
{
    return !strcmp(arg, "--help") || !strcmp(arg, "-h");
}

static int print_help(GOptionContext *context)
{
    g_autofree char *help = g_option_context_get_help(context, TRUE, NULL);

    return cli_print(help, strlen(help));
}

bool cli_parse(int argc, char **argv, const GOptionEntry *entries, const char *summary,
               const char *description, int *ret_status)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    unsigned seen[OPTIONS_MAX] = {0};
    g_autofree char *program = g_strdup_printf("sim %s", argv[0]);
    g_autoptr(GError) error = NULL;
    char **copy;
    bool good;

    g_assert(entry_count(entries) <= OPTIONS_MAX);
    g_set_prgname(program);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(context, summary);
    g_option_context_set_description(context, description);
    for (int i = 1; i < argc; i++) {
        if (is_help(argv[i])) {
            *ret_status = print_help(context);
            return false;
        }
        if (!check_argument(argc, argv, &i, entries, seen, ret_status))
            return false;
    }
    copy = g_memdup2(argv, (gsize)(argc + 1) * sizeof *argv); /* GLib takes out what it knows */
    good = g_option_context_parse(context, &argc, &copy, &error);
    g_free(copy);
    if (!good)
        *ret_status = cli_fail(CLI_USAGE, "%s", error->message);
    return good;
}

bool cli_number(const char *option, const char *text, uint64_t lo, uint64_t hi, uint64_t *ret)
{
    guint64 value;

    if (g_ascii_string_to_unsigned(text, 10, lo, hi, &value, NULL)) {
        *ret = value;
        return true;
    }
    cli_fail(CLI_USAGE,
             "%s: '%s' is no whole number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, option,
             text, lo, hi);
    return false;
}

int cli_choice(const char *option, const char *text, const char *const *names)
{
    g_autofree char *list = g_strjoinv(", ", (char **)(void *)names);
    unsigned count = g_strv_length((char **)(void *)names);
    const char *nearest;

    for (unsigned i = 0; i < count; i++)
        if (!strcmp(names[i], text))
            return (int)i;
    nearest = cfg_nearest(text, names, count);
    if (nearest)
        cli_fail(CLI_USAGE, "%s: unknown value '%s' (did you mean '%s'?); there are %s", option,
                 text, nearest, list);
    else
        cli_fail(CLI_USAGE, "%s: unknown value '%s'; there are %s", option, text, list);
    return -1;
}

bool cli_threads(const char *jobs, uint64_t *ret)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    *ret = cpus > 0 ? (uint64_t)cpus : 1;
    return !jobs || cli_number("--jobs", jobs, 1, 1024, ret);
}
