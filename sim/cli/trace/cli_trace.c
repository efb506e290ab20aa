/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_trace.c - `sim trace replay`: plays recorded experiments on the models and compares the event
 *               streams of their actors with the recording
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "cli_capture.h"
#include "cli_script.h"
#include "cli_trace.h"
#include "script_guest.h"
#include "trace_compare.h"
#include "trace_recording.h"
#include "trace_rules.h"

struct replay {
    gboolean print, rules, strict;
    char *script;
    FILE *out;
    int status; /* the worst so far */
};

static void worse(struct replay *r, int status)
{
    if (status > r->status)
        r->status = status;
}

/* ---- judging ---- */

static void print_verdict(struct replay *r, const char *verdict, const char *name,
                          const struct trace_streams *s, const char *more)
{
    fprintf(r->out, "%-9s  %-18s  (%zu vcpu, %zu worker, %zu uffd events)%s\n", verdict, name,
            s->of[TRACE_VCPU].count, s->of[TRACE_WORKER].count, s->of[TRACE_UFFD].count, more);
}

static void print_difference(struct replay *r, const struct trace_recording *c,
                             const struct trace_streams *ours, const struct trace_difference *d)
{
    fprintf(r->out, "  first difference, %s:\n", trace_actor_name[d->actor]);
    trace_difference_print(d, &c->streams, "recorded", ours, "simulated", r->out);
    worse(r, CLI_BROKEN);
}

static void judge_events(struct replay *r, const struct trace_recording *c,
                         const struct trace_streams *ours)
{
    struct trace_difference d;

    switch (trace_compare(&c->streams, ours, &d)) {
    case TRACE_SAME:
        print_verdict(r, "same", c->name, ours, "");
        break;
    case TRACE_SAME_EVENTS:
        print_verdict(r, r->strict ? "DIFFERENT" : "same", c->name, ours, "; other lines differ");
        if (r->strict)
            print_difference(r, c, ours, &d);
        break;
    case TRACE_DIFFERENT:
        print_verdict(r, "DIFFERENT", c->name, ours, "");
        print_difference(r, c, ours, &d);
        break;
    }
}

/* True: the streams keep every rule. */
static bool keeps_rules(struct replay *r, const char *side, const struct trace_recording *c,
                        const struct trace_streams *s, struct trace_summary *ret)
{
    enum trace_actor actor;
    size_t line;
    const char *broken = trace_rules_broken(s, ret, &actor, &line);

    if (!broken)
        return true;
    print_verdict(r, "BROKEN", c->name, s, "");
    fprintf(r->out, "  %s %s line %zu: %s\n", side, trace_actor_name[actor], line, broken);
    worse(r, CLI_BROKEN);
    return false;
}

static void judge_rules(struct replay *r, const struct trace_recording *c,
                        const struct trace_streams *ours)
{
    struct trace_summary a, b;
    const char *differs;

    if (!keeps_rules(r, "recorded", c, &c->streams, &a) ||
        !keeps_rules(r, "simulated", c, ours, &b))
        return;
    differs = trace_summaries_differ(&a, &b);
    print_verdict(r, differs ? "DIFFERENT" : "same", c->name, ours, " by rules and counts");
    if (differs)
        fprintf(r->out, "  count of %s\n", differs);
    fprintf(r->out,
            "  recorded:  %zu not_present, %zu ready, %zu completed, %zu refused, %zu tokens "
            "burned, %zu in flight at most\n"
            "  simulated: %zu not_present, %zu ready, %zu completed, %zu refused, %zu tokens "
            "burned, %zu in flight at most\n",
            a.count[TRACE_NOT_PRESENT], a.count[TRACE_READY], a.count[TRACE_COMPLETED], a.refused,
            a.burned, a.in_flight_max, b.count[TRACE_NOT_PRESENT], b.count[TRACE_READY],
            b.count[TRACE_COMPLETED], b.refused, b.burned, b.in_flight_max);
    if (differs)
        worse(r, CLI_BROKEN);
}

static void play(struct replay *r, const struct trace_recording *c, const struct script_options *o)
{
    struct trace_streams ours;
    int status;

    trace_streams_init(&ours);
    status = cli_script_run(o, &ours);
    worse(r, status);
    if (r->print) {
        fprintf(r->out, "# case %s: vmm%s\n", c->name, c->options);
        trace_streams_print(&ours, r->out);
    } else if (status == CLI_GOOD && (r->rules || o->ntask > APF_LIMIT)) {
        /* With more tasks than work items it hangs on the recording host's scheduler who is first:
         * only rules and counts can be compared. */
        judge_rules(r, c, &ours);
    } else if (status == CLI_GOOD) {
        judge_events(r, c, &ours);
    }
    trace_streams_finish(&ours);
}

/* ---- input ---- */

static int fail_at(const char *path, unsigned line, unsigned column, const char *text)
{
    fprintf(stderr, "%s:%u:%u: error: %s\n", path, line, column, text);
    return CLI_USAGE;
}

static void play_case(struct replay *r, const char *path, const struct trace_recording *c)
{
    struct script_options o;
    struct script_error error;

    if (script_options_parse(c->options, &o, &error))
        play(r, c, &o);
    else
        worse(r, fail_at(path, c->header_line, c->options_column + (unsigned)error.column,
                         error.text));
}

static void play_file(struct replay *r, const char *path)
{
    struct trace_reader reader;
    struct trace_recording *c = g_new0(struct trace_recording, 1);
    FILE *file = fopen(path, "r");
    enum trace_read got = TRACE_READ_END;

    if (!file) {
        worse(r, cli_fail(CLI_USAGE, "%s: %s", path, g_strerror(errno)));
        g_free(c);
        return;
    }
    trace_reader_init(&reader, file);
    while ((got = trace_reader_next(&reader, c)) == TRACE_READ_CASE) {
        play_case(r, path, c);
        trace_streams_finish(&c->streams);
    }
    if (got == TRACE_READ_ERROR)
        worse(r, fail_at(path, reader.line ? reader.line : 1, reader.error_column, reader.error));
    fclose(file);
    g_free(c);
}

static void play_line(struct replay *r)
{
    struct trace_recording *c = g_new0(struct trace_recording, 1);

    g_strlcpy(c->name, "script", sizeof c->name);
    c->options[0] = ' ';
    g_strlcpy(c->options + 1, r->script, sizeof c->options - 1);
    c->header_line = 1;
    r->print = TRUE;
    play_case(r, "--script", c);
    g_free(c);
}

/* Options to the front, files behind; returns how many options (with argv[0]). */
static int partition(int argc, char **argv, char **ret)
{
    int n = 0, options;

    for (int i = 0; i < argc; i++)
        if (i == 0 || argv[i][0] == '-')
            ret[n++] = argv[i];
    options = n;
    for (int i = 1; i < argc; i++)
        if (argv[i][0] != '-')
            ret[n++] = argv[i];
    return options;
}

static int play_all(struct replay *r, int files, char **file)
{
    char *text = NULL;
    size_t bytes = 0;

    r->out = open_memstream(&text, &bytes);
    if (!r->out)
        return cli_fail(CLI_MISSING, "no memory for the report");
    if (r->script)
        play_line(r);
    for (int i = 0; i < files; i++)
        play_file(r, file[i]);
    fclose(r->out);
    worse(r, cli_print(text, bytes));
    free(text);
    return r->status;
}

static int trace_replay(int argc, char **argv)
{
    struct replay r = {.status = CLI_GOOD};
    const GOptionEntry entries[] = {
        {"print", 0, 0, G_OPTION_ARG_NONE, &r.print, "print the simulated streams instead", NULL},
        {"rules", 0, 0, G_OPTION_ARG_NONE, &r.rules,
         "judge by rules and counts, not event for event", NULL},
        {"strict", 0, 0, G_OPTION_ARG_NONE, &r.strict,
         "every line must agree, not only the protocol's events", NULL},
        {"script", 0, 0, G_OPTION_ARG_STRING, &r.script,
         "play this line of options and print the streams", "'KEY=VALUE...'"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };
    g_autofree char **ordered = g_new0(char *, argc + 1);
    g_autofree char *script = NULL;
    int options = partition(argc, argv, ordered), status;
    g_autofree char **own = g_memdup2(ordered, (gsize)(argc + 1) * sizeof *ordered);

    own[options] = NULL;
    if (!cli_parse(options, own, entries,
                   "Plays recorded experiments (guest, VMM and userfaultfd thread as their first\n"
                   "line says) and compares the events of each actor with the recording.\n"
                   "Arguments: the recordings.",
                   "Exit status: 0 the same, 1 a difference, 2 bad input.", &status))
        return status;
    script = r.script;
    if (options == argc && !r.script)
        return cli_fail(CLI_USAGE, "no recording: sim trace replay FILE...");
    return play_all(&r, argc - options, ordered + options);
}

static const struct trace_command {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} trace_commands[] = {
    {"check", "FILE...       was the protocol kept in a capture of KVM's events",
     cli_capture_check},
    {"stats", "FILE...       its counts and latencies", cli_capture_stats},
    {"explain", "FILE...       why its faults were asynchronous or not", cli_capture_explain},
    {"convert", "IN OUT        into another form, or into a workload", cli_capture_convert},
    {"timeline", "FILE OUT.svg  its tokens and halts as a picture", cli_capture_timeline},
    {"replay", "FILE...       play recorded experiments and compare the events", trace_replay},
    {"record", "-- PROGRAM... record a program's page trace with valgrind", cli_trace_record},
    {"import", "FILE          make a page trace of perf's, DAMON's or a CSV file",
     cli_trace_import},
};

static int trace_overview(void)
{
    g_autoptr(GString) out = g_string_new("Commands on traces:\n");

    for (size_t i = 0; i < G_N_ELEMENTS(trace_commands); i++)
        g_string_append_printf(out, "  sim trace %-8s %s\n", trace_commands[i].name,
                               trace_commands[i].summary);
    g_string_append(out, "\nsim trace check --help shows the options of the first, and so on.\n");
    return cli_print(out->str, out->len);
}

/* Its usage line names all of it: there is a sim check and a sim explain, too. */
static int run_command(const struct trace_command *c, int argc, char **argv)
{
    g_autofree char *name = g_strdup_printf("trace %s", c->name);
    g_autofree char **named = g_memdup2(argv, (gsize)(argc + 1) * sizeof *argv);

    named[0] = name;
    return c->run(argc, named);
}

int cli_trace(int argc, char **argv)
{
    g_autoptr(GString) known = g_string_new(NULL);

    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
        return trace_overview();
    for (size_t i = 0; i < G_N_ELEMENTS(trace_commands); i++) {
        if (argc > 1 && !strcmp(argv[1], trace_commands[i].name))
            return run_command(&trace_commands[i], argc - 1, argv + 1);
        g_string_append_printf(known, "%s%s", i ? ", " : "", trace_commands[i].name);
    }
    return cli_fail(CLI_USAGE, "sim trace wants a command: %s; sim trace --help", known->str);
}
