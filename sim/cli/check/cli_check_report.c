/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_check_report.c - the report of `sim check`, row by row, in the format that was asked for
 */
#include <stdio.h>

#include "cli_check.h"

void cli_check_begin(struct cli_check_report *out, const struct check_job *job)
{
    out->text = g_string_new(NULL);
    if (job->format == FORMAT_TEXT)
        g_string_append_printf(out->text, "kernel %s, host and guest\n",
                               apf_kernel_name(job->kernel));
}

void cli_check_row_add(struct cli_check_report *out, const struct check_job *job,
                       const struct cli_check_row *row)
{
    out->rows++;
    out->bad += !row->report.as_expected;
    out->rules |= row->report.rules;
    out->seconds += row->seconds;
    if (out->saved == CLI_GOOD)
        out->saved = cli_check_trails_save(job, row);
    if (job->format != FORMAT_TEXT) {
        cli_format_row(out, job, row);
        return;
    }
    g_autoptr(GString) name = g_string_new(NULL);
    cli_check_name_add(name, row);
    g_string_append_printf(out->text, "%-4s %-26s ", row->report.as_expected ? "ok" : "BAD",
                           name->str);
    cli_check_numbers_add(out->text, row);
    g_string_append_c(out->text, '\n');
    if (row->report.why)
        g_string_append_printf(out->text, "    not as expected: %s\n", row->report.why);
    cli_check_trails_add(out->text, job, row);
    cli_check_flush(out->text); /* a killed run has told what it found so far */
}

void cli_check_skip_add(struct cli_check_report *out, const struct check_job *job,
                        const struct check_scope *s)
{
    static const char why[] = "there ready is an interrupt";

    out->skipped++;
    if (job->format == FORMAT_TEXT)
        g_string_append_printf(out->text, "skip %-26s %s\n", s->name, why);
    else
        cli_format_skip(out, job, s, why);
}

int cli_check_end(struct cli_check_report *out, const struct check_job *job)
{
    g_autoptr(GString) text = g_steal_pointer(&out->text);

    if (job->format != FORMAT_TEXT) {
        cli_format_end(text, out, job);
    } else {
        if (!job->scopes && !out->skipped && !cli_check_never_add(text, out->rules))
            g_string_append_printf(text, "all %d rules of --list-rules were used\n",
                                   CHECK_RULE_COUNT);
        g_string_append_printf(text, "%u searches, %u not as expected\n", out->rows, out->bad);
    }
    int printed = cli_check_flush(text);
    return printed ? printed : out->saved;
}
