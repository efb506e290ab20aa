/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_calibrate_case.c - `sim calibrate --case=NAME,...`: corners of the protocol on real KVM
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cal_case.h"
#include "cal_guard.h"
#include "cal_need.h"
#include "cli.h"
#include "cli_calibrate.h"

static int list_cases(void)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (unsigned i = 0; i < cal_case_count; i++)
        g_string_append_printf(out, "%-12s %s\n", cal_cases[i].name, cal_cases[i].text);
    return cli_print(out->str, out->len);
}

/* The cases that are asked for, in their order. */
static bool choose(const char *names, GPtrArray *ret)
{
    g_auto(GStrv) list = g_strsplit(names, ",", -1);

    for (unsigned i = 0; list[i]; i++) {
        const struct cal_case *c = cal_case_find(list[i]);

        for (unsigned k = 0; k < cal_case_count && !strcmp(list[i], "all"); k++)
            g_ptr_array_add(ret, (gpointer)&cal_cases[k]);
        if (!c && strcmp(list[i], "all") != 0) {
            cli_fail(CLI_USAGE, "--case=%s: is none; sim calibrate --case=list names them",
                     list[i]);
            return false;
        }
        if (c)
            g_ptr_array_add(ret, (gpointer)c);
    }
    return true;
}

static void tell(GString *out, const struct cal_case *c, const struct cal_case_result *r)
{
    g_string_append_printf(out, "%-7s %-12s %s\n", r->wrong[0] ? "FAILED" : "good", c->name,
                           r->wrong[0] ? r->wrong : c->text);
    g_string_append(out, "       ");
    for (unsigned i = 0; i < (r->traced ? CAL_COUNTS : CAL_N_TRACED); i++)
        if (r->count[i])
            g_string_append_printf(out, " %s %u", cal_count_name[i], r->count[i]);
    g_string_append_printf(out, "; cycles as the protocol has them: %" PRIu64 "\n", r->cycles);
}

static int run_cases(GPtrArray *cases, bool quiet, struct cal_error *error)
{
    g_autoptr(GString) out = g_string_new("apfsim " APFSIM_VERSION ": calibrate --case\n");
    struct cal_trace trace = {""};
    struct cal_case_result result;
    char why[CAL_TEXT_MAX];
    struct cal_host host;
    unsigned failed = 0;
    int status = CLI_GOOD;

    cal_host_describe(&host);
    g_string_append_printf(out, "%s, %s, kernel %s, rules of %s\n", host.backend, host.cpu,
                           host.kernel, apf_kernel_name(cal_check_kernel(host.kernel)));
    if (!cal_has_tracefs(why) || !cal_trace_open(&trace))
        g_string_append_printf(out, "trace points are not counted: %s\n",
                               why[0] ? why : "no instance can be made");
    for (unsigned i = 0; i < cases->len && status == CLI_GOOD; i++) {
        const struct cal_case *c = g_ptr_array_index(cases, i);

        if (!cal_case_run(&result, c, &trace, error))
            status = cli_calibrate_fail(error);
        tell(out, c, &result);
        failed += result.wrong[0] != '\0';
    }
    cal_trace_close(&trace);
    g_string_append_printf(out, "%u cases, %u failed\n", cases->len, failed);
    if (status == CLI_GOOD && !quiet)
        status = cli_print(out->str, out->len);
    return status == CLI_GOOD && failed ? CLI_BROKEN : status;
}

int cli_calibrate_cases(const char *names, bool quiet)
{
    g_autoptr(GPtrArray) cases = g_ptr_array_new();
    struct cal_error error = {CAL_OK, ""};
    int status;

    if (!strcmp(names, "list"))
        return list_cases();
    if (!choose(names, cases))
        return CLI_USAGE;
    status = cal_guard_start(&error) ? run_cases(cases, quiet, &error) : cli_calibrate_fail(&error);
    cal_guard_end();
    return status;
}
