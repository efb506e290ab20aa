/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_html_table.c - see rep_html_table.h
 */
#include "rep_html_table.h"

#include <math.h>

#include "rep_html_text.h"

struct rep_html_table rep_html_open(GString *out, const char *title, const char *note)
{
    struct rep_html_table t = {.begin = out->len};

    g_string_append_printf(out,
                           "<h2>%s</h2>\n<p class=\"note\">%s</p>\n<div class=\"wide\"><table>\n"
                           "<thead><tr>",
                           title, note);
    return t;
}

void rep_html_cell_of_head(GString *out, const char *text, bool left)
{
    g_string_append(out, left ? "<th class=\"l\">" : "<th>");
    rep_html_key(out, text);
    g_string_append(out, "</th>");
}

void rep_html_heads(GString *out, const char *const *heads, unsigned left)
{
    for (unsigned i = 0; heads[i]; i++)
        rep_html_cell_of_head(out, heads[i], i < left);
}

void rep_html_body(GString *out, struct rep_html_table *t)
{
    g_string_append(out, "</tr></thead>\n<tbody>\n");
    t->body = out->len;
}

void rep_html_close(GString *out, const struct rep_html_table *t)
{
    if (out->len == t->body)
        g_string_truncate(out, t->begin);
    else
        g_string_append(out, "</tbody></table></div>\n");
}

void rep_html_cell(GString *out, const char *text, bool left)
{
    g_string_append(out, left ? "<td class=\"l\">" : "<td>");
    rep_html_text(out, text, -1);
    g_string_append(out, "</td>");
}

void rep_html_high_cell(GString *out, unsigned rows, const char *class, const char *text)
{
    g_string_append_printf(out, "<td class=\"%s\" rowspan=\"%u\">", class, rows);
    rep_html_text(out, text, -1);
    g_string_append(out, "</td>");
}

void rep_html_mean(GString *out, double x, double ci, int decimals, bool unclear)
{
    g_string_append(out, unclear ? "<td class=\"u\">" : "<td>");
    if (isfinite(x))
        g_string_append_printf(out, "%.*f", decimals, x);
    if (isfinite(x) && isfinite(ci))
        rep_html_half(out, ci, decimals);
    g_string_append(out, "</td>");
}

bool rep_html_unclear(double gain, double ci)
{
    return isfinite(ci) && fabs(gain - 1) <= ci;
}

void rep_html_gain(GString *out, double gain, double ci)
{
    rep_html_mean(out, gain, ci, 3, rep_html_unclear(gain, ci));
}
