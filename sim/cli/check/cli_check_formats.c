/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_check_formats.c - what `sim check` says to machines: JUnit, JSON
 *
 * Sources:  JUnit as Jenkins' xunit plugin describes it (junit-10.xsd): testsuites, testsuite,
 *           testcase, failure, system-out.
 * Promise:  JSON holds no time: the same tree gives the same bytes.
 */
#include <string.h>

#include "cli_check.h"

/* ---- JUnit ---- */

/* XML 1.0 has no way to write most control characters. */
static char *xml_text(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    for (char *c = valid; *c; c++)
        if ((unsigned char)*c < 0x20 && !strchr("\t\n", *c))
            *c = '?';
    return g_markup_escape_text(valid, -1);
}

static void case_add(GString *text, const char *name, double seconds, const char *broken,
                     const char *story)
{
    g_autofree char *title = xml_text(name), *words = xml_text(story);
    g_autofree char *why = xml_text(broken ? broken : "");

    g_string_append_printf(
        text, "    <testcase classname=\"sim.check\" name=\"%s\" time=\"%.3f\">\n", title, seconds);
    if (broken)
        g_string_append_printf(
            text, "      <failure type=\"check\" message=\"%s\">%s</failure>\n    </testcase>\n",
            why, words);
    else
        g_string_append_printf(text, "      <system-out>%s</system-out>\n    </testcase>\n", words);
}

static void suite_add(GString *text, unsigned tests, unsigned failures, unsigned skipped,
                      double seconds)
{
    g_autofree char *counts =
        g_strdup_printf("name=\"sim check\" tests=\"%u\" failures=\"%u\" errors=\"0\" "
                        "time=\"%.3f\"",
                        tests, failures, seconds);
    g_autofree char *head = g_strdup_printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                            "<testsuites %s>\n  <testsuite %s skipped=\"%u\">\n",
                                            counts, counts, skipped);

    g_string_prepend(text, head);
    g_string_append(text, "  </testsuite>\n</testsuites>\n");
}

void cli_junit_single(GString *text, const char *name, const char *broken, const char *story)
{
    case_add(text, name, 0, broken, story);
    suite_add(text, 1, broken != NULL, 0, 0);
}

static void junit_row(GString *text, const struct check_job *job, const struct cli_check_row *row)
{
    g_autoptr(GString) name = g_string_new(NULL), story = g_string_new(NULL);
    const char *why = row->report.why;

    cli_check_name_add(name, row);
    cli_check_numbers_add(story, row);
    g_string_append_c(story, '\n');
    cli_check_trails_add(story, job, row);
    case_add(text, name->str, row->seconds,
             row->report.as_expected ? NULL
             : why                   ? why
                                     : "not as expected",
             story->str);
}

/* ---- JSON ---- */

static void string_add(GString *text, const char *string)
{
    g_string_append_c(text, '"');
    for (const char *c = string; *c; c++)
        if (*c == '"' || *c == '\\')
            g_string_append_printf(text, "\\%c", *c);
        else if ((unsigned char)*c < 0x20)
            g_string_append_printf(text, "\\u%04x", (unsigned char)*c);
        else
            g_string_append_c(text, *c);
    g_string_append_c(text, '"');
}

static void key_add(GString *text, const char *key, const char *string)
{
    g_string_append_printf(text, "\"%s\": ", key);
    if (string)
        string_add(text, string);
    else
        g_string_append(text, "null");
    g_string_append(text, ", ");
}

/* Properties that broke, in the order in which the search found them. */
static void found_add(GString *text, const struct check_report *r)
{
    g_string_append(text, "\"found\": [");
    for (unsigned i = 0; i < r->found; i++) {
        g_string_append(text, i ? ", {" : "{");
        key_add(text, "property", r->text[i]);
        g_string_append_printf(text, "\"count\": %" G_GUINT64_FORMAT ", \"trail\": %u}",
                               r->count[i], r->trail[i].length);
    }
    g_string_append_c(text, ']');
}

static const char *side_name(const struct cli_check_row *row)
{
    if (!row->scope->bug)
        return NULL;
    if (g_str_has_prefix(row->scope->bug, "BUG"))
        return row->with_switch ? "on" : "off";
    return row->with_switch ? "open" : "remedied";
}

static void json_row(GString *text, const struct cli_check_row *row)
{
    static const char *const outcomes[] = {
        [EXPLORE_EXHAUSTED] = "exhausted", [EXPLORE_MEMORY] = "memory", [EXPLORE_STOPPED] = "time"};
    const struct explore_result *r = &row->report.result;

    g_string_append(text, "    {");
    key_add(text, "scope", row->scope->name);
    key_add(text, "switch", side_name(row));
    key_add(text, "outcome", outcomes[r->outcome]);
    g_string_append_printf(text, "\"as_expected\": %s, ",
                           row->report.as_expected ? "true" : "false");
    key_add(text, "why", row->report.why);
    g_string_append_printf(text,
                           "\"states\": %" G_GUINT64_FORMAT ", \"transitions\": %" G_GUINT64_FORMAT
                           ", \"depth\": %u, \"stuck\": %" G_GUINT64_FORMAT
                           ", \"unkicked\": %" G_GUINT64_FORMAT ", ",
                           r->states, r->transitions, r->depth, r->stuck, r->marked);
    found_add(text, &row->report);
    g_string_append_c(text, '}');
}

static void json_end(GString *text, const struct cli_check_report *out, const struct check_job *job)
{
    g_autoptr(GString) head = g_string_new("{\n  \"schema\": 1, ");

    key_add(head, "version", APFSIM_VERSION);
    key_add(head, "kernel", apf_kernel_name(job->kernel));
    g_string_append_printf(head,
                           "\"searches\": %u, \"not_as_expected\": %u, \"skipped\": %u,\n"
                           "  \"rows\": [\n",
                           out->rows, out->bad, out->skipped);
    g_string_prepend_len(text, head->str, (gssize)head->len);
    g_string_append(text, "\n  ]\n}\n");
}

/* ---- either ---- */

void cli_format_row(struct cli_check_report *out, const struct check_job *job,
                    const struct cli_check_row *row)
{
    if (job->format == FORMAT_JUNIT) {
        junit_row(out->text, job, row);
        return;
    }
    if (job->format == FORMAT_MARKDOWN) {
        cli_table_row(out, job, row);
        return;
    }
    g_string_append(out->text, out->rows > 1 ? ",\n" : "");
    json_row(out->text, row);
}

/* JSON has the number of them at its head. */
void cli_format_skip(struct cli_check_report *out, const struct check_job *job,
                     const struct check_scope *s, const char *why)
{
    if (job->format == FORMAT_JUNIT)
        g_string_append_printf(
            out->text,
            "    <testcase classname=\"sim.check\" name=\"%s\" "
            "time=\"0.000\">\n      <skipped message=\"%s\"/>\n    </testcase>\n",
            s->name, why);
}

void cli_format_end(GString *text, const struct cli_check_report *out, const struct check_job *job)
{
    if (job->format == FORMAT_JUNIT)
        suite_add(text, out->rows + out->skipped, out->bad, out->skipped, out->seconds);
    else if (job->format == FORMAT_JSON)
        json_end(text, out, job);
}
