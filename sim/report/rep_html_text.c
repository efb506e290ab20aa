/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_html_text.c - see rep_html_text.h
 */
#include "rep_html_text.h"

#include <string.h>

#include "rep_format.h"

void rep_html_text(GString *out, const char *text, gssize bytes)
{
    size_t n = bytes < 0 ? strlen(text) : (size_t)bytes;

    for (size_t i = 0; i < n; i++) {
        switch (text[i]) {
        case '&':
            g_string_append(out, "&amp;");
            break;
        case '<':
            g_string_append(out, "&lt;");
            break;
        case '>':
            g_string_append(out, "&gt;");
            break;
        case '"':
            g_string_append(out, "&quot;");
            break;
        default:
            g_string_append_c(out, text[i]);
        }
    }
}

void rep_html_key(GString *out, const char *key)
{
    for (const char *c = key; *c; c++) {
        rep_html_text(out, c, 1);
        g_string_append(out, *c == '.' ? "<wbr>" : "");
    }
}

void rep_html_half(GString *out, double half, int decimals)
{
    const struct rep_mean m = {.n = 2, .ci95 = half};
    char text[REP_NUMBER_BYTES];

    g_string_append(out, " &plusmn; ");
    rep_html_text(out, rep_format_ci(text, &m, 1, decimals) + strlen("+- "), -1);
}
