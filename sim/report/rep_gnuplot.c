/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_gnuplot.c - see rep_gnuplot.h
 */
#include "rep_gnuplot.h"

#include <string.h>

#include "rep_format.h"
#include "rep_number.h"

const char *const rep_gp_colour[8] = {"#000000", "#0072B2", "#D55E00", "#009E73",
                                      "#E69F00", "#56B4E9", "#CC79A7", "#F0E442"};

/* viridis of matplotlib (S. van der Walt, N. Smith; CC0), at 0, 1/8, ... of its length. */
static const unsigned char viridis[9][3] = {{68, 1, 84},    {71, 44, 122},  {59, 81, 139},
                                            {44, 113, 142}, {33, 144, 141}, {39, 173, 129},
                                            {92, 200, 99},  {170, 220, 50}, {253, 231, 37}};
#define DENSE        2000.0 /* greatest / least from which on only powers of ten are tics */
#define VIRIDIS_USED 6.0    /* of its eight parts: what follows is too light for lines on white */

void rep_gp_quote(GString *out, const char *text)
{
    g_string_append_c(out, '\'');
    for (const char *c = text; *c; c++)
        g_string_append_printf(out, *c == '\'' ? "'%c" : "%c", *c < ' ' && *c >= 0 ? ' ' : *c);
    g_string_append_c(out, '\'');
}

void rep_gp_tic(GString *out, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "%", -1);
    g_autofree char *doubled = g_strjoinv("%%", parts);

    rep_gp_quote(out, doubled);
}

void rep_gp_number(GString *out, double x)
{
    rep_number(out, x);
}

void rep_gp_begin(GString *out, const char *name, const char *what, const char *csv,
                  unsigned height)
{
    g_autofree char *remark = g_strdup(what);

    for (char *c = remark; *c; c++)
        if (*c < ' ' && *c >= 0)
            *c = '?'; /* behind a line end it would be no remark */
    g_string_append_printf(out,
                           "# SPDX-License-Identifier: GPL-2.0-or-later\n"
                           "# %s: %s\n"
                           "# Drawn from %s by `gnuplot -d %s.gp` in this directory.\n"
                           "set encoding utf8\n"
                           "set datafile separator ','\n"
                           "set datafile columnheaders\n"
                           "set datafile missing NaN\n"
                           "height = %u\n"
                           "set terminal svg size 640,height dynamic noenhanced font 'Arial,14' "
                           "background '#ffffff'\n"
                           "set output '%s.svg'\n"
                           "set border 3 linecolor '#444444'\n"
                           "set tics nomirror textcolor '#222222'\n"
                           "set grid linecolor '#dddddd' linetype 1\n"
                           "set pointintervalbox 0.01\n" /* its halo hides short intervals */
                           "set key bmargin center horizontal noenhanced samplen 2 spacing 1.2\n",
                           name, remark, csv, name, height, name);
}

unsigned rep_gp_title(GString *out, const char *title, const char *below)
{
    unsigned lines;

    g_string_append(out, "set title ");
    lines = rep_gp_lines(out, title, REP_GP_ROOM);
    if (below) {
        g_string_append(out, ".\"\\n\".");
        lines += rep_gp_lines(out, below, REP_GP_ROOM);
    }
    g_string_append(out, " noenhanced\n");
    return lines;
}

void rep_gp_end(GString *out, const char *name)
{
    g_string_append_printf(out,
                           "set terminal pngcairo size 1280,2*height noenhanced font 'Arial,14' "
                           "fontscale 1.5 linewidth 2 pointscale 3 background '#ffffff'\n"
                           "set output '%s.png'\n"
                           "replot\n",
                           name);
}

void rep_gp_viridis(GString *out, unsigned i, unsigned n)
{
    double at = n < 2 ? 0 : VIRIDIS_USED * i / (n - 1);
    unsigned cell = at >= VIRIDIS_USED ? (unsigned)VIRIDIS_USED - 1 : (unsigned)at;
    double share = at - cell;
    unsigned rgb[3];

    for (unsigned c = 0; c < 3; c++)
        rgb[c] = (unsigned)(viridis[cell][c] * (1 - share) + viridis[cell + 1][c] * share + 0.5);
    g_string_append_printf(out, "'#%02X%02X%02X'", rgb[0], rgb[1], rgb[2]);
}

void rep_gp_ratio_tics(GString *out, const char *axis, double lo, double hi)
{
    bool few = hi / lo <= DENSE;

    g_string_append_printf(out, "set %stics (", axis);
    for (int power = -6; power <= 9; power++) {
        g_string_append_printf(out, "%s1e%d", power > -6 ? ", " : "", power);
        if (few)
            g_string_append_printf(out, ", 2e%d, 5e%d", power, power);
    }
    g_string_append(out, ")\n");
}

void rep_gp_palette(GString *out)
{
    g_string_append(out, "set palette defined (");
    for (unsigned i = 0; i < 9; i++)
        g_string_append_printf(out, "%s%u '#%02X%02X%02X'", i ? ", " : "", i, viridis[i][0],
                               viridis[i][1], viridis[i][2]);
    g_string_append(out, ")\n");
}

const char *rep_gp_mode_colour(const char *mode)
{
    if (!strcmp(mode, "off"))
        return rep_gp_colour[0];
    return strcmp(mode, "halt") ? rep_gp_colour[1] : rep_gp_colour[2];
}

#define SHORT_RANGE 200.0 /* greatest / least up to which 2 and 5 are tics, too */
#define DECADES     15    /* of a nanosecond: 11 days */

static double power_of_ten(unsigned n)
{
    double x = 1;

    while (n--)
        x *= 10;
    return x;
}

void rep_gp_time_axis(GString *out, double least, double greatest)
{
    unsigned lo = 0, hi;
    const char *between = "";

    while (lo < DECADES && power_of_ten(lo + 1) <= least)
        lo++;
    hi = lo;
    while (hi < DECADES && power_of_ten(hi) < greatest)
        hi++;
    g_string_append(out, "set logscale x\nset xrange [");
    rep_gp_number(out, least / 1.15);
    g_string_append(out, ":");
    rep_gp_number(out, greatest * 1.15);
    g_string_append(out, "]\nset xtics (");
    for (unsigned i = lo; i <= hi; i++)
        for (unsigned f = 1; f <= (greatest / least > SHORT_RANGE ? 1 : 5);
             f = f == 2 ? 5 : f * 2) {
            char text[REP_NUMBER_BYTES];
            double at = power_of_ten(i) * f;

            g_string_append(out, between);
            rep_gp_quote(out, rep_format_span(text, (uint64_t)at));
            g_string_append_c(out, ' ');
            rep_gp_number(out, at);
            between = ", ";
        }
    g_string_append(out, ")\nset xlabel \"time\\n \"\n"); /* a gap before the legend */
}
