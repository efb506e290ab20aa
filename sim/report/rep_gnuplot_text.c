/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_gnuplot_text.c - texts that stay inside the picture: how wide they are, lines, and ends
 *
 * gnuplot breaks no line and clips a text that is too long, so what is long is broken here.
 */
#include "rep_gnuplot.h"

#include <string.h>

/* Widths of ' ' .. '~' in 1/1000 of the font's size: Adobe's Helvetica.afm, which Arial follows. */
static const unsigned short helvetica[] = {
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333,  278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667,  611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278,  556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500,  500, 334, 260, 334, 584};
#define OTHER_WIDTH 900 /* of any other letter */
#define WIDER       115 /* % of Helvetica's: DejaVu Sans, which stands in where there is no Arial */

G_STATIC_ASSERT(G_N_ELEMENTS(helvetica) == '~' - ' ' + 1);

static unsigned letter_width(gunichar c)
{
    return c >= ' ' && c <= '~' ? helvetica[c - ' '] : OTHER_WIDTH;
}

unsigned rep_gp_width(const char *text, unsigned font_px)
{
    unsigned sum = 0;

    for (const char *c = text; *c; c = g_utf8_next_char(c))
        sum += letter_width(g_utf8_get_char(c));
    return (sum * font_px * WIDER + 99999) / 100000;
}

char *rep_gp_fitting(const char *text, unsigned room, unsigned font_px)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autoptr(GString) front = g_string_new(NULL);

    if (rep_gp_width(valid, font_px) <= room)
        return g_steal_pointer(&valid);
    for (const char *c = valid; *c; c = g_utf8_next_char(c)) {
        g_autofree char *longer =
            g_strdup_printf("%s%.*s...", front->str, (int)(g_utf8_next_char(c) - c), c);

        if (rep_gp_width(longer, font_px) > room)
            break;
        g_string_append_len(front, c, g_utf8_next_char(c) - c);
    }
    return g_strconcat(front->str, "...", NULL);
}

/* Bytes of text that fit into one line: up to its end or a blank, else behind a point or comma of a
 * long word, else as many letters as there is room for; at least one. */
static size_t line_bytes(const char *text, unsigned room)
{
    size_t blank = 0, mark = 0, all = 0;
    unsigned sum = 0;

    for (const char *c = text; *c && *c != '\n'; c = g_utf8_next_char(c)) {
        sum += letter_width(g_utf8_get_char(c)) * REP_GP_FONT;
        if ((sum * WIDER + 99999) / 100000 > room && all)
            return blank ? blank : mark ? mark : all;
        all = (size_t)(g_utf8_next_char(c) - text);
        if (*c == ' ' && !(c > text && g_ascii_isdigit(c[-1]))) /* "5 us" stays together */
            blank = (size_t)(c - text);
        if (*c == '.' || *c == ',')
            mark = all;
    }
    return all;
}

unsigned rep_gp_lines(GString *out, const char *text, unsigned room)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    const char *at = valid, *between = "";
    unsigned lines = 0;

    do {
        size_t bytes = line_bytes(at, room);
        g_autofree char *line = g_strndup(at, bytes);

        g_string_append(out, between);
        rep_gp_quote(out, line);
        at += bytes;
        at += strspn(at, " \n");
        lines++;
        between = ".\"\\n\".";
    } while (*at);
    return lines;
}
