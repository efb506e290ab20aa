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
    ":root{color-scheme:light}\n"
    "body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:60rem;"
    "margin:0 auto;padding:.5rem 1rem 3rem;overflow-wrap:break-word}\n"
    "h1{font-size:1.5rem;line-height:1.25;margin:1rem 0 .25rem}\n"
    "h2{font-size:1.15rem;margin:2rem 0 .5rem;border-bottom:1px solid #ccc}\n"
    "p{margin:.5rem 0}ul{padding-left:1.25rem}li{margin:.4rem 0}\n"
    ".note,figcaption{font-size:.9rem;color:#555}\n"
    ".bad{color:#a40000;font-weight:bold}\n"
    ".pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,27rem),1fr));"
    "gap:1rem}\n"
    "figure{margin:0;min-width:0}figure:has(:checked){grid-column:1/-1}\n"
    "figure input{position:absolute;opacity:0}\n"
    "figure span{display:block;overflow-x:auto;border:1px solid #ddd;cursor:zoom-in}\n"
    "figure :checked+span{cursor:zoom-out}figure :focus-visible+span{outline:2px solid #06c}\n"
    "figure img{display:block;width:100%;height:auto}\n"
    ".wide{overflow-x:auto}\n"
    "table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}\n"
    "th,td{padding:.2rem .6rem;border-bottom:1px solid #ddd;text-align:right;white-space:nowrap;"
    "vertical-align:top}\n"
    "th{vertical-align:bottom}th.l,td.l{text-align:left}\n"
    "td.t{text-align:left;white-space:normal}td.u{color:#666}\n"
    "tbody{border-bottom:1px solid #999}\n"
    ".facts,.facts tbody{border:0}.facts td{white-space:normal}"
    ".facts td.t{overflow-wrap:anywhere}\n"
    "pre{background:#f3f3f3;padding:.6rem;white-space:pre-wrap;overflow-wrap:anywhere;"
    "font-size:.85rem}\n"
    "pre span{display:inline-block}pre.text{white-space:pre;overflow-x:auto}\n"
    "summary{cursor:pointer;margin:.5rem 0}\n"
    ".params{table-layout:fixed;width:100%}"
    ".params td{font-size:.8rem;white-space:normal;overflow-wrap:anywhere;text-align:left}\n"
    "@media(max-width:600px){table{font-size:.8rem}th,td{padding:.2rem .3rem}"
    "th{white-space:normal}td.t{min-width:10rem}.facts td.t{min-width:0}"
    "figure :checked+span img{width:45rem}}\n"
    "@media print{body{max-width:none;font-size:10pt}table{font-size:8pt}"
    ".wide{overflow:visible}.screen{display:none}"
    ".pictures{grid-template-columns:1fr 1fr}.params td{padding:.05rem .4rem}"
    "figure,tr{break-inside:avoid}h2,.note{break-after:avoid}}\n"
    "</style>\n";

static const char *workload_of(const struct rep_study *s)
{
    int c = rep_sheet_find(s->sheet, "workload");

    return c < 0 ? "" : rep_sheet_text(s->sheet, c, 0);
}

static void modes_note(GString *out, const struct rep_study *s)
{
    const char *before = "<p class=\"note\">Modes: ";

    for (unsigned m = 0; m < s->modes; m++) {
        const char *help = rep_mode_help(s->mode[m]);

        if (!help)
            continue;
        g_string_append_printf(out, "%s<b>%s</b>: %s", before, s->mode[m], help);
        before = "; ";
    }
    g_string_append(out, *before == ';' ? ".</p>\n" : "");
}

/* Without a script: a box that is ticked by a click on the picture makes it large. */
static void picture(GString *out, const struct rep_picture *p)
{
    g_autofree char *data = g_base64_encode((const guchar *)p->svg, p->bytes);

    g_string_append(out, "<figure><label><input type=\"checkbox\" aria-label=\"enlarge\">"
                         "<span><img alt=\"");
    rep_html_text(out, p->caption, -1);
    g_string_append_printf(out,
                           "\" src=\"data:image/svg+xml;base64,%s\"></span></label>\n"
                           "<figcaption>",
                           data);
    rep_html_text(out, p->caption, -1);
    g_string_append(out, "</figcaption></figure>\n");
}

static void pictures(GString *out, const struct rep_page *page)
{
    if (!page->pictures)
        return;
    g_string_append(out, "<h2>Pictures</h2>\n");
    modes_note(out, page->study);
    g_string_append(
        out, "<p class=\"note screen\">A click or a tap on a picture makes it larger.</p>\n");
    if (page->pictured)
        g_string_append_printf(out,
                               "<p class=\"note\">They show %zu of %zu points: some values of each "
                               "axis.</p>\n",
                               page->pictured, page->study->points);
    g_string_append(out, "<div class=\"pictures\">\n");
    for (unsigned i = 0; i < page->pictures; i++)
        picture(out, &page->picture[i]);
    g_string_append(out, "</div>\n");
}

/* "memhog: what does it gain?": without the name, which stands above, beginning with a capital. */
static void question(GString *out, const char *text, const char *workload)
{
    g_autofree char *prefix = g_strconcat(workload, ": ", NULL), *own = NULL;

    if (!text || !*text)
        return;
    own = g_strdup(text + (g_str_has_prefix(text, prefix) ? strlen(prefix) : 0));
    own[0] = g_ascii_toupper(own[0]);
    g_string_append(out, "<p>");
    rep_html_text(out, own, -1);
    g_string_append(out, "</p>\n");
}

void rep_html(GString *out, const struct rep_page *page)
{
    const char *workload = workload_of(page->study);

    g_string_append(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                         "<title>apfsim: ");
    rep_html_text(out, workload, -1);
    g_string_append_printf(out, "</title>\n%s</head>\n<body>\n<h1>", head);
    rep_html_text(out, workload, -1);
    g_string_append(out, "</h1>\n");
    question(out, page->question, workload);
    rep_html_says(out, page);
    pictures(out, page);
    rep_html_tables(out, page);
    rep_html_facts(out, page);
    g_string_append(out, "</body>\n</html>\n");
}
