/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_html_facts.c - where a page comes from: command, facts, axes, parameters, the text report
 */
#include <string.h>

#include "rep_html.h"
#include "rep_html_text.h"
#include "rep_param_line.h"

#define VALUES 6 /* of an axis that are listed; of more the first and the last */

static void fact(GString *out, const char *name, const char *value)
{
    g_string_append(out, "<tr><td class=\"l\">");
    rep_html_text(out, name, -1);
    g_string_append(out, "</td><td class=\"t\">");
    rep_html_text(out, value, -1);
    g_string_append(out, "</td></tr>\n");
}

static char *values_of(const struct rep_axis *a)
{
    GString *out = g_string_new(NULL);
    char text[REP_LEVEL_BYTES];

    if (a->levels > VALUES) {
        g_string_append_printf(out, "%u values, %s", a->levels,
                               rep_axis_format(a, rep_axis_at(a, 0), text));
        g_string_append_printf(out, " .. %s",
                               rep_axis_format(a, rep_axis_at(a, a->levels - 1), text));
        return g_string_free(out, FALSE);
    }
    for (unsigned i = 0; i < a->levels; i++)
        g_string_append_printf(out, "%s%s", i ? ", " : "",
                               rep_axis_format(a, rep_axis_at(a, i), text));
    return g_string_free(out, FALSE);
}

/* A line that must break does so between options. */
static void command(GString *out, const char *text)
{
    g_autofree char *line = g_strndup(text, strcspn(text, "\n"));
    g_auto(GStrv) part = g_strsplit(line, " --", -1);

    g_string_append(out, "<p>This command repeats it, byte for byte:</p>\n<pre>");
    for (unsigned i = 0; part[i]; i++) {
        g_string_append(out, i ? " <span>--" : "<span>");
        rep_html_text(out, part[i], -1);
        g_string_append(out, "</span>");
    }
    g_string_append(out, "</pre>\n");
}

static void origin(GString *out, const struct rep_page *page)
{
    const struct rep_study *s = page->study;

    g_string_append(out, "<h2>Where it comes from</h2>\n");
    if (page->command)
        command(out, page->command);
    g_string_append(out, "<table class=\"facts\">\n");
    for (unsigned i = 0; i < page->facts; i++)
        fact(out, page->fact[i].name, page->fact[i].value);
    for (unsigned i = 0; i < s->axes; i++) {
        g_autofree char *values = values_of(&s->axis[i]);
        g_autofree char *name = g_strconcat("axis: ", s->axis[i].label, NULL);

        fact(out, name, values);
    }
    fact(out, "figures", s->csv);
    g_string_append(out, "</table>\n");
}

/* A file as its last part: the command has the whole name. */
static const char *last_part(const char *source)
{
    const char *slash = strrchr(source, '/');

    return slash ? slash + 1 : source;
}

/* Of a guest among others what it did not set is "as guest.hz". */
static bool is_default(const char *source)
{
    return !strcmp(source, "default") || g_str_has_prefix(source, "as ");
}

/* "key = value   # source"; only of those that are `defaults`, or that are not. */
static bool param_row(GString *out, const char *line, size_t bytes, bool defaults)
{
    g_autofree char *text = g_strndup(line, bytes);
    struct rep_param_line param;

    if (!rep_param_split(&param, text) || is_default(param.source) != defaults)
        return false;
    g_string_append(out, "<tr><td>");
    rep_html_key(out, param.key);
    g_string_append(out, "</td><td>");
    rep_html_text(out, param.value, -1);
    g_string_append(out, "</td><td>");
    rep_html_text(out, last_part(param.source), -1);
    g_string_append(out, "</td></tr>\n");
    return true;
}

static unsigned param_rows(GString *out, const char *text, bool defaults)
{
    unsigned rows = 0;

    g_string_append(out, "<table class=\"params\">\n<thead><tr><th class=\"l\">key</th>"
                         "<th class=\"l\">value</th><th class=\"l\">from</th></tr></thead>\n"
                         "<tbody>\n");
    while (*text) {
        size_t bytes = strcspn(text, "\n");

        rows += param_row(out, text, bytes, defaults);
        text += bytes + (text[bytes] == '\n');
    }
    g_string_append(out, "</tbody></table>\n");
    return rows;
}

static void params(GString *out, const char *text)
{
    g_autoptr(GString) rest = g_string_new(NULL);
    unsigned rows;

    if (!text)
        return;
    g_string_append(out, "<h2>Parameters</h2>\n");
    param_rows(out, text, false);
    rows = param_rows(rest, text, true);
    g_string_append_printf(out,
                           "<details><summary>%u more are defaults</summary>\n%s"
                           "</details>\n",
                           rows, rest->str);
}

void rep_html_facts(GString *out, const struct rep_page *page)
{
    origin(out, page);
    params(out, page->params);
    if (!page->report)
        return;
    g_string_append(out, "<h2>All that sim run printed</h2>\n<details><summary>The report as text: "
                         "devices, memory, tasks and more</summary>\n<pre class=\"text\">");
    rep_html_text(out, page->report, -1);
    g_string_append(out, "</pre></details>\n");
}
