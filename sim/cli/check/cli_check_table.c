/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_check_table.c - `sim check --format=markdown`: the tables of docs/check.md
 *
 * Two of them: scopes, one row each; switches, one row for both sides. tests/check/counts.py puts
 * them into the document, and compares all but the seconds.
 */
#include <stdio.h>
#include <string.h>

#include "cli_check.h"

/* 1234567 as 1,234,567 */
static void number_add(GString *text, uint64_t n)
{
    if (n >= 1000)
        number_add(text, n / 1000);
    g_string_append_printf(text, n >= 1000 ? ",%03u" : "%u", (unsigned)(n % 1000));
}

static void numbers_add(GString *text, const uint64_t *numbers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        g_string_append(text, " | ");
        number_add(text, numbers[i]);
    }
}

/* What broke, each with the length of its shortest trail; and whatever was not expected. */
static void found_add(GString *text, const struct check_report *r, bool unkicked)
{
    const char *comma = "";

    g_string_append(text, " | ");
    for (unsigned i = 0; i < r->found; i++) {
        g_string_append_printf(text, "%s%.*s (%u)", comma, (int)strcspn(r->text[i], ":"),
                               r->text[i], r->trail[i].length);
        comma = ", ";
    }
    if (unkicked && r->result.marked) {
        g_string_append_printf(text, "%sun-kicked (%u)", comma, r->unkicked.length);
        comma = ", ";
    }
    if (r->why)
        g_string_append_printf(text, "%s**not as expected: %s**", comma, r->why);
    else if (!*comma)
        g_string_append_c(text, '-');
}

static void scope_add(GString *text, const struct cli_check_row *row)
{
    const struct explore_result *r = &row->report.result;
    const uint64_t numbers[] = {r->states, r->transitions, r->depth, r->stuck, r->marked};

    g_string_append_printf(text, "| %s | %s", row->scope->name, row->scope->question);
    numbers_add(text, numbers, G_N_ELEMENTS(numbers));
    found_add(text, &row->report, false);
    g_string_append_printf(text, " | %.2f |\n", row->seconds);
}

static const struct apf_bug_info *info_of(const char *id)
{
    enum apf_bug bug;
    enum apf_fix fix;

    return apf_bug_parse(id, &bug)   ? &apf_bug_table[bug]
           : apf_fix_parse(id, &fix) ? &apf_fix_table[fix]
                                     : NULL;
}

/* The side with the bug begins the row, the other one ends it. */
static void switch_add(struct cli_check_report *out, const struct check_job *job,
                       const struct cli_check_row *row)
{
    const struct apf_bug_info *info = info_of(row->scope->bug);
    const struct explore_result *r = &row->report.result;
    const uint64_t with[] = {r->states, r->stuck};
    GString *text = out->text;

    if (row->with_switch || job->one_side) {
        out->switch_seconds = 0;
        g_string_append_printf(text, "| %s | %s | %s", row->scope->name, info ? info->text : "",
                               info && info->fix ? info->fix : "-");
        found_add(text, &row->report, true);
        numbers_add(text, with, G_N_ELEMENTS(with));
    } else {
        numbers_add(text, with, 1);
        if (row->report.why)
            g_string_append_printf(text, " **not as expected: %s**", row->report.why);
    }
    out->switch_seconds += row->seconds;
    if (!row->with_switch || job->one_side)
        g_string_append_printf(text, "%s | %.2f |\n", job->one_side ? " | -" : "",
                               out->switch_seconds);
}

void cli_table_row(struct cli_check_report *out, const struct check_job *job,
                   const struct cli_check_row *row)
{
    static const char scopes[] =
        "| scope | what | states | transitions | depth | stuck | un-kicked | found (shortest "
        "trail) | seconds |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
    static const char switches[] =
        "| switch | what goes wrong | fix in Linux, or remedy | found as (shortest trail) | states "
        "| stuck | states without | seconds |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n";
    bool is_switch = row->scope->bug != NULL;

    if (out->table != (is_switch ? switches : scopes)) {
        g_string_append_printf(out->text, "%s%s", out->table ? "\n" : "",
                               is_switch ? switches : scopes);
        out->table = is_switch ? switches : scopes;
    }
    if (is_switch)
        switch_add(out, job, row);
    else
        scope_add(out->text, row);
}
