/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_trace_pages.c - `sim trace record` and `sim trace import`: page traces of programs
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cfg_import.h"
#include "cli.h"
#include "cli_trace.h"

struct page_options {
    char *from, *output, *filter, *picoseconds, *program;
    char **files;
    /* understood */
    uint64_t filter_pages, ps;
    int format;
};

static void options_clear(struct page_options *o)
{
    g_free(o->from);
    g_free(o->output);
    g_free(o->filter);
    g_free(o->picoseconds);
    g_free(o->program);
    g_strfreev(o->files);
}

/* filter: when none is given. What was sampled has been filtered enough. */
static bool understand(struct page_options *o, unsigned filter)
{
    o->filter_pages = filter;
    o->ps = PAGE_FOLD_PS_INSTRUCTION;
    return (!o->filter ||
            cli_number("--filter", o->filter, 1, PAGE_FOLD_FILTER_MAX, &o->filter_pages)) &&
           (!o->picoseconds || cli_number("--picoseconds", o->picoseconds, 1, 1000000, &o->ps));
}

/* What is to be said of the trace, or NULL: it cannot be written, which is said. */
static char *save(const struct page_fold *f, const struct page_options *o, uint64_t ps,
                  struct page_trace_info *info, const char *more)
{
    char error[PAGE_TRACE_ERROR_MAX] = "";

    if (!page_fold_save(f, ps, info, o->output, error)) {
        cli_fail(CLI_MISSING, "%s: %s", o->output, error);
        return NULL;
    }
    return g_strdup_printf("%s: %" G_GUINT64_FORMAT " touches of %u pages; %s\n"
                           "In a workload: touch: {region: NAME, pattern: trace, trace: %s}, the "
                           "region of at least %u KiB\n",
                           o->output, (guint64)info->touches, info->pages, more, o->output,
                           info->pages * 4);
}

/* ---- import ---- */

static bool parse_import(int argc, char **argv, struct page_options *o, int *ret_status)
{
    const GOptionEntry entries[] = {
        {"from", 0, 0, G_OPTION_ARG_STRING, &o->from, "perf, damon, csv or lackey", "FORMAT"},
        {"output", 0, 0, G_OPTION_ARG_STRING, &o->output, "The page trace", "FILE.pt"},
        {"filter", 0, 0, G_OPTION_ARG_STRING, &o->filter,
         "An access to one of so many pages used last is no touch (default 1; lackey: 256)", "N"},
        {"picoseconds", 0, 0, G_OPTION_ARG_STRING, &o->picoseconds,
         "lackey: time of an instruction (default 333)", "N"},
        {"program", 0, 0, G_OPTION_ARG_STRING, &o->program, "What was recorded, for people",
         "TEXT"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->files, NULL, "FILE"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };

    if (!cli_parse(argc, argv, entries,
                   "Makes a page trace of what another program recorded: docs/page-trace.md says\n"
                   "how to record, and what each format can tell.",
                   "Exit status: 0 good, 2 bad usage or input, 3 the trace cannot be written.",
                   ret_status))
        return false;
    *ret_status = CLI_USAGE;
    if (!o->files || o->files[1] || !o->from || !o->output) {
        cli_fail(CLI_USAGE, "sim trace import FILE --from=perf|damon|csv|lackey --output=FILE.pt");
        return false;
    }
    o->format = cli_choice("--from", o->from, cfg_import_names);
    return o->format >= 0 && understand(o, o->format == CFG_IMPORT_LACKEY ? PAGE_FOLD_FILTER : 1);
}

static int import(const struct page_options *o, struct page_fold *f)
{
    g_autofree char *base = g_path_get_basename(o->files[0]);
    bool lackey = o->format == CFG_IMPORT_LACKEY;
    struct page_trace_info info = {0};
    g_autofree char *said = NULL;
    g_autoptr(GError) error = NULL;

    if (!cfg_import(o->files[0], (enum cfg_import)o->format, f, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return CLI_USAGE;
    }
    g_strlcpy(info.program, o->program ? o->program : "", sizeof info.program);
    g_strlcpy(info.command, base, sizeof info.command);
    g_snprintf(info.source, sizeof info.source, "sim trace import --from=%s --filter=%u", o->from,
               (unsigned)o->filter_pages);
    said = save(f, o, lackey ? o->ps : 1000, &info, "imported");
    return said ? cli_print(said, strlen(said)) : CLI_MISSING;
}

int cli_trace_import(int argc, char **argv)
{
    struct page_options o = {0};
    struct page_fold *f = NULL;
    char name[] = "trace import";
    g_autofree char **own = g_memdup2(argv, (gsize)(argc + 1) * sizeof *argv);
    int status = CLI_USAGE;

    own[0] = name;
    if (parse_import(argc, own, &o, &status)) {
        f = page_fold_create((unsigned)o.filter_pages);
        status = f ? import(&o, f) : cli_fail(CLI_MISSING, "no memory");
    }
    page_fold_destroy(f);
    options_clear(&o);
    return status;
}

/* ---- record ---- */

static bool parse_record(int argc, char **argv, struct page_options *o, int *ret_status)
{
    const GOptionEntry entries[] = {
        {"output", 0, 0, G_OPTION_ARG_STRING, &o->output,
         "The page trace (default: PROGRAM.pt in this folder)", "FILE.pt"},
        {"filter", 0, 0, G_OPTION_ARG_STRING, &o->filter,
         "An access to one of so many pages used last is no touch (default 256)", "N"},
        {"picoseconds", 0, 0, G_OPTION_ARG_STRING, &o->picoseconds,
         "Time of an instruction (default 333)", "N"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };

    return cli_parse(
        argc, argv, entries,
        "Runs a program under valgrind's lackey and records which pages it touches:\n"
        "    sim trace record [OPTION...] -- PROGRAM [ARGUMENT...]\n"
        "The program has its own input and output; what is to be said of the trace goes\n"
        "to standard error. It takes about two thousand times as long: 100 million\n"
        "instructions in some 40 s. Before a terminal it says how far it is.",
        "Exit status: 0 the trace is written (whatever the program's), 2 bad usage,\n"
        "3 valgrind is missing, or the trace cannot be written.",
        ret_status);
}

/* valgrind with its log on a pipe of ours; -1: not started (said). */
static pid_t start(char **program, int *ret_log, int *ret_status)
{
    g_autofree char *log_fd = NULL;
    int ends[2];
    pid_t child, self = getpid();

    if (pipe(ends) != 0 || (child = fork()) < 0) {
        *ret_status = cli_fail(CLI_MISSING, "cannot start a program: %s", g_strerror(errno));
        return -1;
    }
    if (child > 0) {
        close(ends[1]);
        *ret_log = ends[0];
        return child;
    }
    close(ends[0]);
    /* A recorder that is killed takes it along: valgrind runs on with its log's pipe broken. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != self)
        _exit(127);
    log_fd = g_strdup_printf("--log-fd=%d", ends[1]);
    g_autofree char **args = g_new0(char *, g_strv_length(program) + 5);
    const char *const own[] = {"valgrind", "--tool=lackey", "--trace-mem=yes", log_fd};

    memcpy(args, own, sizeof own);
    memcpy(args + 4, program, g_strv_length(program) * sizeof *args);
    execvp(args[0], args);
    _exit(127);
}

/*
 * valgrind writes each line by itself. A reader that waits in read() is woken for each of them,
 * which takes longer than all the rest; this one looks once in a while, and the pipe holds what
 * comes in between.
 */
#define LOG_BYTES  (1 << 20)
#define LOG_NAP_US 1000

struct log {
    int fd;
    bool drained; /* by the last read */
    char buffer[LOG_BYTES];
};

static ssize_t read_log(void *cookie, char *to, size_t bytes)
{
    struct log *log = cookie;
    ssize_t got;

    if (log->drained)
        g_usleep(LOG_NAP_US);
    do {
        got = read(log->fd, to, bytes);
    } while (got < 0 && errno == EINTR);
    log->drained = got < LOG_BYTES / 16;
    return got;
}

static FILE *open_log(struct log *log, int fd)
{
    FILE *in = fopencookie(log, "r", (cookie_io_functions_t){.read = read_log});

    log->fd = fd;
    if (in)
        setvbuf(in, log->buffer, _IOFBF, LOG_BYTES);
    (void)fcntl(fd, F_SETPIPE_SZ, LOG_BYTES); /* refused: then it holds less */
    return in;
}

/* For who sits before a terminal: the program runs on, and how far it is. */
struct life {
    const char *name;
    gint64 began, said; /* us; began 0: nobody looks */
};

static void show_life(struct life *life, const struct page_fold *f)
{
    gint64 now = life->began ? g_get_monotonic_time() : 0;

    if (!life->began || now - life->said < G_USEC_PER_SEC)
        return;
    life->said = now;
    fprintf(stderr,
            "\r\033[K%s: %.1f million instructions, %" G_GUINT64_FORMAT " touches in %.0f s",
            life->name, (double)page_fold_instructions(f) / 1e6, (guint64)page_fold_touches(f),
            (double)(now - life->began) / G_USEC_PER_SEC);
}

#define LIFE_LINES 65536 /* a fraction of a second */

static bool fold_log(int fd, struct page_fold *f, struct life *life)
{
    struct log *log = g_new0(struct log, 1);
    FILE *in = open_log(log, fd);
    char *line = NULL;
    size_t capacity = 0;
    bool good = true;

    for (uint64_t n = 1; in && good && getline(&line, &capacity, in) > 0; n++) {
        good = page_fold_lackey(f, line);
        if (n % LIFE_LINES == 0)
            show_life(life, f);
    }
    free(line);
    if (in)
        fclose(in);
    g_free(log);
    close(fd); /* a program that goes on is told by SIGPIPE */
    if (life->said > life->began)
        fputs("\r\033[K", stderr);
    return in && good;
}

static char *ending(int status)
{
    if (WIFSIGNALED(status))
        return g_strdup_printf("was ended by signal %d (%s)", WTERMSIG(status),
                               strsignal(WTERMSIG(status)));
    return g_strdup_printf("ended with status %d", WEXITSTATUS(status));
}

static int record(const struct page_options *o, char **program, struct page_fold *f)
{
    g_autofree char *command = g_strjoinv(" ", program), *how = NULL, *more = NULL;
    g_autofree char *base = g_path_get_basename(program[0]);
    g_autofree char *said = NULL;
    struct page_trace_info info = {0};
    struct life life = {.name = base};
    int log = -1, status = CLI_MISSING;
    pid_t child = start(program, &log, &status);
    bool folded;

    if (child < 0)
        return status;
    if (isatty(STDERR_FILENO))
        life.began = life.said = g_get_monotonic_time();
    folded = fold_log(log, f, &life);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    how = ending(status);
    if (!folded)
        return cli_fail(CLI_MISSING, "no memory for so many accesses; record a shorter run");
    if (!page_fold_touches(f))
        return cli_fail(CLI_USAGE, "valgrind recorded no access: %s %s", base, how);
    g_strdelimit(command, "\n\r", ' ');
    g_strlcpy(info.program, base, sizeof info.program);
    g_strlcpy(info.command, command, sizeof info.command);
    g_snprintf(info.source, sizeof info.source,
               "valgrind lackey, sim trace record --filter=%u --picoseconds=%u",
               (unsigned)o->filter_pages, (unsigned)o->ps);
    more = g_strdup_printf("%" G_GUINT64_FORMAT " instructions; %s %s",
                           (guint64)page_fold_instructions(f), base, how);
    said = save(f, o, o->ps, &info, more);
    fputs(said ? said : "", stderr); /* the program's output is its own */
    return said ? CLI_GOOD : CLI_MISSING;
}

/* What must be there before a minute is spent. */
static int check_programs(char **program)
{
    g_autofree char *valgrind = g_find_program_in_path("valgrind");
    g_autofree char *found = g_find_program_in_path(program[0]);

    if (!valgrind)
        return cli_fail(CLI_MISSING, "valgrind is not installed: apt-get install valgrind");
    if (!found)
        return cli_fail(CLI_USAGE, "no program %s; give its path", program[0]);
    return CLI_GOOD;
}

static int record_program(struct page_options *o, char **program)
{
    int status = check_programs(program);
    g_autofree char *base = g_path_get_basename(program[0]);
    struct page_fold *f;

    if (status != CLI_GOOD)
        return status;
    if (!o->output)
        o->output = g_strconcat(base, ".pt", NULL);
    f = page_fold_create((unsigned)o->filter_pages);
    status = f ? record(o, program, f) : cli_fail(CLI_MISSING, "no memory");
    page_fold_destroy(f);
    return status;
}

int cli_trace_record(int argc, char **argv)
{
    struct page_options o = {0};
    char name[] = "trace record";
    g_autofree char **own = g_memdup2(argv, (gsize)(argc + 1) * sizeof *argv);
    int status, options = 1;

    while (options < argc && strcmp(argv[options], "--") != 0)
        options++;
    own[0] = name;
    own[options] = NULL;
    if (parse_record(options, own, &o, &status)) {
        status = CLI_USAGE;
        if (options + 1 >= argc)
            cli_fail(CLI_USAGE, "no program: sim trace record -- PROGRAM [ARGUMENT...]");
        else if (understand(&o, PAGE_FOLD_FILTER))
            status = record_program(&o, argv + options + 1);
    }
    options_clear(&o);
    return status;
}
