/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_capture.c - `sim trace check`: was the protocol kept in a capture of KVM's trace events
 */
#include "cli_capture.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "cli_capture_dat.h"

#define SHOWN_MAX 100u /* findings of a file that are printed; all are counted */

/* ---- what all commands on captures take ---- */

int cli_capture_options(struct cli_capture_options *o)
{
    static const char *const formats[] = {"auto", "ftrace", "actor-streams", NULL};
    int format = o->format ? cli_choice("--format", o->format, formats) : CAP_AUTO;

    if (format < 0)
        return CLI_USAGE;
    o->format_kind = (enum cap_format)format;
    o->kernel_kind = APF_KERNEL_6_12;
    if (o->kernel && !apf_kernel_parse(o->kernel, &o->kernel_kind))
        return cli_fail(CLI_USAGE, "--kernel=%s: want 5.8, 5.10, 5.13, 5.17, 6.1, 6.12 or tip",
                        o->kernel);
    if (o->kernel_kind == APF_KERNEL_4_14)
        return cli_fail(CLI_USAGE, "--kernel=4.14: its ready is a #PF; only 5.8 and later are "
                                   "judged");
    if (o->mhz) {
        char *end;

        o->mhz_number = g_ascii_strtod(o->mhz, &end);
        if (*end || !(o->mhz_number >= 1 && o->mhz_number <= 100000))
            return cli_fail(CLI_USAGE, "--mhz=%s: want a clock rate of 1 to 100000", o->mhz);
    }
    if (o->strict && o->tolerant)
        return cli_fail(CLI_USAGE, "--strict and --tolerant exclude each other");
    o->mode = o->strict ? CAP_MODE_STRICT : o->tolerant ? CAP_MODE_TOLERANT : CAP_MODE_AUTO;
    return CLI_GOOD;
}

void cli_capture_options_clear(struct cli_capture_options *o)
{
    g_free(o->format);
    g_free(o->kernel);
    g_free(o->mhz);
}

int cli_capture_load(const char *path, const struct cli_capture_options *o, struct capture *ret)
{
    struct cap_error error;

    if (!strcmp(path, "-"))
        path = "/dev/stdin";
    if (o->format_kind != CAP_STREAMS && cli_capture_is_dat(path))
        return cli_capture_load_dat(path, o->digits, ret);
    if (cap_load(path, o->format_kind, ret, &error)) {
        if (!ret->cut || o->may_be_cut)
            return CLI_GOOD;
        cap_free(ret);
    }
    if (error.line == 0)
        return cli_fail(CLI_USAGE, "%s: %s", path, error.text);
    fprintf(stderr, "%s:%u:%u: error: %s\n", path, error.line, error.column, error.text);
    return CLI_USAGE;
}

/* ---- check ---- */

static void print_finding(GString *out, const struct capture *c, const char *path,
                          const struct cap_finding *f)
{
    const struct cap_event *e = cap_at(c, f->event);
    char words[200];

    cap_words(c, e, words, sizeof words);
    g_string_append_printf(out, "%s:%u: %s: %s: %s\n    %s\n", path, e->line,
                           cap_verdict_name[f->verdict], f->rule, f->text, words);
}

static void print_unjudged(GString *out, const struct capture *c, const char *path,
                           const struct cap_unjudged *u)
{
    g_string_append_printf(out, "%s:%u: not judged: %s", path, cap_at(c, u->event)->line, u->why);
    if (u->count > 1)
        g_string_append_printf(out, " (%" PRIu64 " times)", u->count);
    g_string_append_c(out, '\n');
}

static void count_findings(const struct cap_judgement *j, guint ret[CAP_VERDICTS])
{
    memset(ret, 0, CAP_VERDICTS * sizeof *ret);
    for (guint i = 0; i < j->findings->len; i++)
        ret[g_array_index(j->findings, struct cap_finding, i).verdict]++;
}

static void print_missing_kinds(GString *out, const struct capture *c, const char *path)
{
    static const enum cap_kind wanted[] = {CAP_TRY, CAP_NOT_PRESENT,   CAP_READY, CAP_COMPLETED,
                                           CAP_MSR, CAP_INJ_EXCEPTION, CAP_ACCEPT};

    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        if (!(c->seen & 1u << wanted[i]))
            g_string_append_printf(out,
                                   "%s: not judged: rules that need %s: no such event in the "
                                   "capture\n",
                                   path, cap_kind_name[wanted[i]]);
}

static void print_end(GString *out, const char *path, const struct cap_judgement *j, const guint *n)
{
    g_string_append_printf(out, "%s: %s: host rules %s", path, j->strict ? "strict" : "tolerant",
                           n[CAP_HOST] ? "broken" : "kept");
    if (n[CAP_HOST])
        g_string_append_printf(out, " (%u)", n[CAP_HOST]);
    g_string_append_printf(out, ", guest and VMM rules %s", n[CAP_GUEST] ? "broken" : "kept");
    if (n[CAP_GUEST])
        g_string_append_printf(out, " (%u)", n[CAP_GUEST]);
    if (n[CAP_CAPTURE])
        g_string_append_printf(out, ", the capture contradicts itself (%u)", n[CAP_CAPTURE]);
    g_string_append_printf(out, ", not judged: %u; %u vCPU%s, %u asynchronous fault%s\n",
                           j->unjudged->len, j->vcpus, j->vcpus == 1 ? "" : "s", j->items->len,
                           j->items->len == 1 ? "" : "s");
}

static int check_file(GString *out, const char *path, const struct cli_capture_options *o)
{
    struct cap_judgement j;
    struct capture c;
    guint n[CAP_VERDICTS], shown;
    int status = cli_capture_load(path, o, &c);

    if (status != CLI_GOOD)
        return status;
    cap_judge(&c, o->kernel_kind, o->mode, &j);
    count_findings(&j, n);
    shown = MIN(j.findings->len, SHOWN_MAX);
    for (guint i = 0; i < shown; i++)
        print_finding(out, &c, path, &g_array_index(j.findings, struct cap_finding, i));
    if (shown < j.findings->len)
        g_string_append_printf(out, "%s: and %u findings more\n", path, j.findings->len - shown);
    for (guint i = 0; i < j.unjudged->len; i++)
        print_unjudged(out, &c, path, &g_array_index(j.unjudged, struct cap_unjudged, i));
    print_missing_kinds(out, &c, path);
    print_end(out, path, &j, n);
    status = j.findings->len ? CLI_BROKEN : CLI_GOOD;
    cap_judgement_free(&j);
    cap_free(&c);
    return status;
}

static int check_files(char **files, const struct cli_capture_options *o)
{
    g_autoptr(GString) out = g_string_new(NULL);
    int worst = CLI_GOOD, status;

    for (; *files; files++) {
        status = check_file(out, *files, o);
        worst = MAX(worst, status);
    }
    status = cli_print(out->str, out->len);
    return MAX(worst, status);
}

int cli_capture_check(int argc, char **argv)
{
    struct cli_capture_options o = {0};
    g_auto(GStrv) files = NULL;
    const GOptionEntry entries[] = {
        {"format", 0, 0, G_OPTION_ARG_STRING, &o.format,
         "ftrace (tracefs, trace-cmd report, perf script; trace.dat) or actor-streams; by itself "
         "it looks",
         "FORMAT"},
        {"kernel", 0, 0, G_OPTION_ARG_STRING, &o.kernel, "whose rules: 5.8 .. tip (6.12)",
         "VERSION"},
        {"strict", 0, 0, G_OPTION_ARG_NONE, &o.strict, "nothing is missing in this capture", NULL},
        {"tolerant", 0, 0, G_OPTION_ARG_NONE, &o.tolerant, "events may be missing", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &files, NULL, "FILE..."},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };
    int status;

    if (!cli_parse(argc, argv, entries,
                   "Was the protocol of asynchronous page faults kept in a capture of KVM's trace\n"
                   "events? Each finding names who broke which rule, and where. Strict if the\n"
                   "header says that all written entries are there, or with --strict.",
                   "Exit status: 0 kept, 1 a rule is broken, 2 bad input. How to capture:\n"
                   "docs/capture.md. FILE -: standard input.",
                   &status))
        return status;
    status = cli_capture_options(&o);
    if (status == CLI_GOOD)
        status = files ? check_files(files, &o)
                       : cli_fail(CLI_USAGE, "no capture: sim trace check FILE...");
    cli_capture_options_clear(&o);
    return status;
}
