/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_calibrate_linux.c - `sim calibrate --guest=linux:BZIMAGE`: a stock kernel told of its faults
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cal_check.h"
#include "cal_guard.h"
#include "cal_linux.h"
#include "cal_need.h"
#include "cap_judge.h"
#include "cli.h"
#include "cli_calibrate.h"

#define MEMORY_MIB 192u
#define TOUCHERS   3u
#define WAITING    8u /* touchers with --offlines: so many pages are on their way at once */
#define PAGES      300u
#define ROUNDS     2u
#define DELAY_US   1000u
#define SHOWN_MAX  20u /* findings */

struct report {
    struct cal_linux_order order;
    struct cal_linux_result result;
    struct cal_host host;
    enum apf_kernel kernel;
    GString *out;
    char *text; /* what the trace points said; NULL: nothing */
    char untraced[CAL_TEXT_MAX];
    bool bad;
};

/* The console goes to standard error as it comes: what a kernel says that does not boot. */
static void tell_line(const char *line)
{
    fprintf(stderr, "guest: %s\n", line);
}

static void say_findings(struct report *r, const struct capture *c, const struct cap_judgement *j)
{
    guint shown = MIN(j->findings->len, SHOWN_MAX);

    for (guint i = 0; i < shown; i++) {
        const struct cap_finding *f = &g_array_index(j->findings, struct cap_finding, i);
        char words[200];

        cap_words(c, cap_at(c, f->event), words, sizeof words);
        g_string_append_printf(r->out, "         %s: %s: %s (%s)\n", cap_verdict_name[f->verdict],
                               f->rule, f->text, words);
    }
}

static guint count_told(const struct cap_judgement *j)
{
    guint told = 0;

    for (guint i = 0; i < j->items->len; i++)
        told += g_array_index(j->items, struct cap_item, i).announced;
    return told;
}

/* The trace points: how many faults the guest was told of, and whether all is by the rules. */
static void judge_trace(struct report *r)
{
    struct cap_error error;
    struct cap_judgement j;
    struct capture c;
    guint told;

    if (!r->text) {
        g_string_append_printf(r->out, "faults   not counted: %s\n", r->untraced);
        return;
    }
    if (!cap_load_text(r->text, strlen(r->text), CAP_FTRACE, &c, &error)) {
        g_string_append_printf(r->out, "faults   not counted: the trace in line %u: %s\n",
                               error.line, error.text);
        r->bad = true;
        return;
    }
    cap_sort(&c);
    cap_judge(&c, r->kernel, CAP_MODE_AUTO, &j);
    told = count_told(&j);
    g_string_append_printf(r->out,
                           "faults   asynchronous %u: guest told %u, vCPU halted %u; page in "
                           "flight touched again %" PRIu64 "\n",
                           j.items->len, told, j.items->len - told, j.repeated);
    g_string_append_printf(r->out, "checked  %s, rules of %s: %u findings, not judged %u\n",
                           j.strict ? "strictly" : "as far as the trace is whole",
                           apf_kernel_name(r->kernel), j.findings->len, j.unjudged->len);
    say_findings(r, &c, &j);
    /* A CPU that goes and comes leaves a slot full: that is found, and wanted. */
    r->bad |= j.findings->len && !r->order.offlines;
    cap_judgement_free(&j);
    cap_free(&c);
}

static void say_guest(struct report *r)
{
    const struct cal_linux_result *l = &r->result;

    g_string_append_printf(r->out, "apfsim " APFSIM_VERSION ": calibrate --guest\n");
    g_string_append_printf(r->out, "backend  %s, %s, Linux %s\n", r->host.backend, r->host.cpu,
                           r->host.kernel);
    g_string_append_printf(
        r->out, "guest    Linux %s, %u vCPU%s, %u MiB; %u touchers of %u pages; %.1f s\n",
        l->release, r->order.vcpus, r->order.vcpus > 1 ? "s" : "", r->order.memory_mib,
        r->order.touchers, r->order.pages, l->seconds);
    g_string_append_printf(r->out,
                           "memory   taken away %" PRIu64 " times, %" PRIu64
                           " pages; a page comes back %s after it is missed\n",
                           l->takes, l->taken, r->order.offlines ? "10 to 120 ms" : "1 ms");
    g_string_append_printf(r->out,
                           "touches  %" PRIu64 ", wrong contents %" PRIu64
                           "; a spinner made %" PRIu64 " iterations\n",
                           l->touched, l->wrong, l->spins);
    g_string_append_printf(r->out, "HYP      %" PRIu64 " -> %" PRIu64 " in /proc/interrupts\n",
                           l->hyp_before, l->hyp_after);
    if (r->order.offlines)
        g_string_append_printf(r->out,
                               "offline  CPU 1 went and came %" PRIu64 " times; %s: %" PRIu64
                               " of %u touchers sleep for a token\n",
                               l->offlines,
                               l->offlines < r->order.offlines ? "then nothing there went on"
                                                               : "all went on",
                               l->stuck, r->order.touchers);
    r->bad |= l->wrong || l->hyp_after <= l->hyp_before;
}

static int run_guest(struct report *r)
{
    struct cal_error error = {CAL_OK, ""};
    struct cal_trace trace = {""};
    bool good;

    if (!cal_guard_start(&error))
        return cli_calibrate_fail(&error);
    if (cal_has_tracefs(r->untraced) && (!cal_trace_open(&trace) || !cal_trace_widen(&trace)))
        g_strlcpy(r->untraced, "no trace instance can be made", sizeof r->untraced);
    good = cal_linux_run(&r->result, &r->order, &trace, &error);
    if (good)
        r->text = cal_trace_text(&trace, r->result.tid, r->order.vcpus, r->result.memory,
                                 r->result.memory_bytes);
    cal_trace_close(&trace);
    cal_guard_end();
    return good ? CLI_GOOD : cli_calibrate_fail(&error);
}

int cli_calibrate_linux(const struct cli_calibrate_linux *o)
{
    g_autofree struct report *r = g_new0(struct report, 1);
    g_autoptr(GString) out = g_string_new(NULL);
    int status;

    if (!g_str_has_prefix(o->guest, "linux:") || !o->guest[6])
        return cli_fail(CLI_USAGE, "--guest=%s: write linux:BZIMAGE, such as linux:/boot/vmlinuz-*",
                        o->guest);
    r->out = out;
    r->order = (struct cal_linux_order){.kernel = o->guest + 6,
                                        .vcpus = o->offlines ? 2 : 1,
                                        .memory_mib = MEMORY_MIB,
                                        .touchers = o->offlines ? WAITING : TOUCHERS,
                                        .pages = PAGES,
                                        .rounds = ROUNDS,
                                        .offlines = (unsigned)o->offlines,
                                        .delay_us = DELAY_US,
                                        .limit_s = (unsigned)o->seconds,
                                        .console = o->quiet ? NULL : tell_line};
    cal_host_describe(&r->host);
    r->kernel = cal_check_kernel(r->host.kernel);
    status = run_guest(r);
    if (status == CLI_GOOD) {
        say_guest(r);
        judge_trace(r);
        if (!o->quiet)
            status = cli_print(out->str, out->len);
    }
    free(r->text);
    return status == CLI_GOOD && r->bad ? CLI_BROKEN : status;
}
