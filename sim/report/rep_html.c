/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_html.c - see rep_html.h
 */
#include "rep_html.h"

#include <string.h>

#include "rep_html_text.h"

static const char head[] =
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<style>\n"
    "body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:60rem;"
    "margin:0 auto;padding:.5rem 1rem 3rem}\n"
    "h1{font-size:1.5rem;line-height:1.25;margin:1rem 0 .25rem}\n"
    "h2{font-size:1.15rem;margin:2rem 0 .5rem;border-bottom:1px solid #ccc}\n"
    "p{margin:.5rem 0}li{margin:.4rem 0}\n"
    ".pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,27rem),1fr));"
    "gap:1rem}\n"
    "figure{margin:0}figure img{width:100%;height:auto;border:1px solid #ddd}\n"
    "figcaption{font-size:.9rem;color:#444}\n"
    ".wide{overflow-x:auto}\n"
    "table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}\n"
    "th,td{padding:.2rem .6rem;border-bottom:1px solid #ddd;text-align:right;white-space:nowrap}\n"
    "th.l,td.l{text-align:left}td.t{text-align:left;white-space:normal}\n"
    "pre{background:#f3f3f3;padding:.6rem;white-space:pre-wrap;overflow-wrap:anywhere;"
    "font-size:.85rem}\n"
    ".params{table-layout:fixed;width:100%}"
    ".params td{font-size:.8rem;white-space:normal;overflow-wrap:anywhere;text-align:left;"
    "vertical-align:top}\n"
    "@media(max-width:600px){table{font-size:.8rem}th,td{padding:.2rem .4rem}"
    "td.t{min-width:10rem}}\n"
    "@media print{body{max-width:none;font-size:10pt}.wide{overflow:visible}"
    ".pictures{grid-template-columns:1fr 1fr}.params td{padding:.05rem .4rem}"
    "figure,tr{break-inside:avoid}h2{break-after:avoid}}\n"
    "</style>\n";

static const char *word_of(const struct rep_study *s, const char *column)
{
    int c = rep_sheet_find(s->sheet, column);

    return c < 0 ? "" : rep_sheet_text(s->sheet, c, 0);
}

/* The points of VERDICT in report.txt: "  - text", going on with an indent. */
static bool verdicts(GString *out, const char *report)
{
    const char *at = report ? strstr(report, "\nVERDICT\n") : NULL;
    bool open = false;

    if (!at)
        return false;
    g_string_append(out, "<ul>\n");
    for (at += strlen("\nVERDICT\n"); *at && *at != '\n'; at += strcspn(at, "\n") + 1) {
        bool begins = g_str_has_prefix(at, "  - ");
        const char *text = at + (begins ? 4 : strspn(at, " "));

        if (begins)
            g_string_append(out, open ? "</li>\n<li>" : "<li>");
        else
            g_string_append_c(out, ' ');
        open |= begins;
        rep_html_text(out, text, (gssize)strcspn(text, "\n"));
        if (!strchr(at, '\n'))
            break;
    }
    g_string_append(out, open ? "</li>\n</ul>\n" : "</ul>\n");
    return true;
}

static bool break_evens(GString *out, const struct rep_study *s)
{
    g_autoptr(GArray) all = rep_break_evens(s);

    if (!all)
        return false;
    g_string_append(out, "<p>Break-even along ");
    rep_html_text(out, s->axis[0].label, -1);
    g_string_append(out, ":</p>\n<ul>\n");
    for (guint i = 0; i < all->len; i++) {
        const struct rep_break_even *b = &g_array_index(all, struct rep_break_even, i);
        g_autofree char *where = rep_study_where(s, b->point, 0);
        g_autofree char *text = rep_break_even_text(s, b);

        g_string_append(out, "<li>");
        rep_html_text(out, where, -1);
        g_string_append(out, *where ? ": " : "");
        rep_html_text(out, text, -1);
        g_string_append(out, "</li>\n");
    }
    g_string_append(out, "</ul>\n");
    return true;
}

static void answers(GString *out, const struct rep_page *page)
{
    g_string_append(out, "<h2>What it says</h2>\n");
    if (page->study->outcome) {
        g_string_append(out, "<p><strong>A run ended badly: ");
        rep_html_text(out, page->study->outcome, -1);
        g_string_append(out, "</strong></p>\n");
    }
    if (!verdicts(out, page->report) && !break_evens(out, page->study))
        g_string_append(out, "<p>See the pictures and tables below.</p>\n");
}

static void pictures(GString *out, const struct rep_page *page)
{
    if (!page->pictures)
        return;
    g_string_append(out, "<h2>Pictures</h2>\n<div class=\"pictures\">\n");
    for (unsigned i = 0; i < page->pictures; i++) {
        const struct rep_picture *p = &page->picture[i];
        g_autofree char *data = g_base64_encode((const guchar *)p->svg, p->bytes);

        g_string_append(out, "<figure><img alt=\"");
        rep_html_text(out, p->caption, -1);
        g_string_append_printf(out, "\" src=\"data:image/svg+xml;base64,%s\">\n<figcaption>", data);
        rep_html_text(out, p->caption, -1);
        g_string_append(out, "</figcaption></figure>\n");
    }
    g_string_append(out, "</div>\n");
}

static void fact(GString *out, const char *name, const char *value)
{
    g_string_append_printf(out, "<tr><td class=\"l\">%s</td><td class=\"t\">", name);
    rep_html_text(out, value, -1);
    g_string_append(out, "</td></tr>\n");
}

static void origin(GString *out, const struct rep_page *page)
{
    const struct rep_study *s = page->study;
    g_autofree char *points = g_strdup_printf("%zu", s->points);
    int column = rep_sheet_find(s->sheet, "seed");
    g_autofree char *seed =
        column < 0 ? NULL : g_strdup_printf("%.0f", rep_sheet_number(s->sheet, column, 0));

    g_string_append(out, "<h2>Where it comes from</h2>\n");
    if (page->command) {
        g_string_append(out, "<p>This command repeats it, byte for byte:</p>\n<pre>");
        rep_html_text(out, page->command, (gssize)strcspn(page->command, "\n"));
        g_string_append(out, "</pre>\n");
    }
    g_string_append(out, "<table>\n");
    if (page->version)
        fact(out, "apfsim", page->version);
    fact(out, "workload", word_of(s, "workload"));
    if (seed)
        fact(out, "seed", seed);
    if (s->axes)
        fact(out, "points", points);
    else
        fact(out, "digest", word_of(s, "digest"));
    g_string_append(out, "</table>\n");
}

/* "key = value   # source" */
static void param_row(GString *out, const char *line, size_t bytes)
{
    g_autofree char *text = g_strndup(line, bytes);
    char *value = strstr(text, " = "), *source = g_strrstr(text, " # ");

    if (!value)
        return;
    *value = 0;
    if (source)
        *source = 0;
    g_string_append(out, "<tr><td>");
    for (const char *c = text; *c; c++) {
        rep_html_text(out, c, 1);
        g_string_append(out, *c == '.' ? "<wbr>" : ""); /* a long key may go on in the next line */
    }
    g_string_append(out, "</td><td>");
    rep_html_text(out, g_strchomp(value + 3), -1);
    g_string_append(out, "</td><td>");
    rep_html_text(out, source ? source + 3 : "", -1);
    g_string_append(out, "</td></tr>\n");
}

static void params(GString *out, const char *text)
{
    if (!text)
        return;
    g_string_append(out, "<h2>Parameters</h2>\n<table class=\"params\">\n"
                         "<tr><th class=\"l\">key</th><th class=\"l\">value</th>"
                         "<th class=\"l\">from</th></tr>\n");
    while (*text) {
        size_t bytes = strcspn(text, "\n");

        param_row(out, text, bytes);
        text += bytes + (text[bytes] == '\n');
    }
    g_string_append(out, "</table>\n");
}

void rep_html(GString *out, const struct rep_page *page)
{
    const char *workload = word_of(page->study, "workload");

    g_string_append(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                         "<title>apfsim: ");
    rep_html_text(out, workload, -1);
    g_string_append_printf(out, "</title>\n%s</head>\n<body>\n<h1>", head);
    rep_html_text(out, workload, -1);
    g_string_append(out, "</h1>\n");
    if (page->question && *page->question) {
        g_string_append(out, "<p>");
        rep_html_text(out, page->question, -1);
        g_string_append(out, "</p>\n");
    }
    answers(out, page);
    pictures(out, page);
    rep_html_tables(out, page->study);
    origin(out, page);
    params(out, page->params);
    g_string_append(out, "</body>\n</html>\n");
}
