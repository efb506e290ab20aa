/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pic_svg.c - see pic_svg.h
 */
#include "pic_svg.h"

#include "rep_html_text.h"

void pic_text(GString *out, const char *text)
{
    g_autofree char *clean = g_strdup(text);

    for (char *c = clean; *c; c++)
        if (*c > 0 && *c < ' ')
            *c = ' ';
    rep_html_text(out, clean, -1);
}

void pic_number(GString *out, pic_x x)
{
    g_string_append_printf(out, "%" G_GUINT64_FORMAT, x / PIC_PX);
    if (x % PIC_PX)
        g_string_append_printf(out, x % 10 ? ".%02u" : ".%u",
                               (unsigned)(x % 10 ? x % PIC_PX : x % PIC_PX / 10));
}

unsigned pic_text_width(const char *text, unsigned font_px)
{
    return ((unsigned)g_utf8_strlen(text, -1) * font_px * 13 + 19) / 20;
}

char *pic_shortened(const char *text, unsigned max)
{
    g_autofree char *front = NULL;

    if (g_utf8_strlen(text, -1) <= (glong)max)
        return g_strdup(text);
    front = g_utf8_substring(text, 0, (glong)max - 1);
    return g_strconcat(front, "\u2026", NULL);
}

void pic_label(GString *out, const char *css, enum pic_anchor anchor, pic_x x, pic_x y,
               const char *text)
{
    static const char *const name[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};

    g_string_append(out, "<text");
    if (*css)
        g_string_append_printf(out, " class=\"%s\"", css);
    g_string_append_printf(out, "%s x=\"", name[anchor]);
    pic_number(out, x);
    g_string_append(out, "\" y=\"");
    pic_number(out, y);
    g_string_append(out, "\">");
    pic_text(out, text);
    g_string_append(out, "</text>\n");
}

void pic_begin(GString *out, unsigned width, unsigned height, const char *title, const char *style)
{
    g_string_append_printf(out,
                           "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
                           "viewBox=\"0 0 %u %u\">\n<title>",
                           width, height, width, height);
    pic_text(out, title);
    g_string_append_printf(out,
                           "</title>\n<style>\ntext{font-family:Arial,'Liberation Sans',Helvetica,"
                           "sans-serif;fill:#222}\n%s</style>\n"
                           "<rect width=\"%u\" height=\"%u\" fill=\"#fff\"/>\n",
                           style, width, height);
}
