/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_gnuplot.h - gnuplot scripts: what all of ours share
 *
 * Knows:    the language of gnuplot 5.4. Runs nothing: sim/cli does.
 * Promise:  a script stands beside its CSV, reads it by column names, and draws NAME.svg and
 *           NAME.png; `gnuplot -d NAME.gp` in that directory draws them again, with whatever its
 *           user has changed. Colours: Okabe and Ito's for modes and classes, viridis for ordered
 *           things; all can be told apart by people who do not see red and green as others do.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define REP_GP_FONT 14  /* pixels; the picture is 640 wide */
#define REP_GP_ROOM 530 /* for a text centred above or below the plot */

struct rep_plot {
    char *name;    /* of the files, without .gp */
    char *caption; /* what is to be seen */
    GString *script;
};

/* 'text', as a single-quoted string of gnuplot's. */
void rep_gp_quote(GString *out, const char *text);
/* The same as the name of a tic, where gnuplot looks for formats: % is doubled. */
void rep_gp_tic(GString *out, const char *text);
void rep_gp_number(GString *out, double x);
/* Comment, encoding, terminal, style. height: of 640 wide. */
void rep_gp_begin(GString *out, const char *name, const char *what, const char *csv,
                  unsigned height);
/* Pixels that a text takes at most. The fonts of other machines are not known: that of a wide one.
 */
unsigned rep_gp_width(const char *text, unsigned font_px);
/* A text cut to fit, with ... at its end, and as valid UTF-8. g_free() it. */
char *rep_gp_fitting(const char *text, unsigned room, unsigned font_px);
/* A quoted text in as many lines as it needs, or has: 'a'."\n".'b'. Returns how many. */
unsigned rep_gp_lines(GString *out, const char *text, unsigned room);
/* `set title`; what stands below it may be NULL. Returns how many lines that are. */
unsigned rep_gp_title(GString *out, const char *title, const char *below);
/* After the plot command: the same again as PNG. */
void rep_gp_end(GString *out, const char *name);

extern const char *const rep_gp_colour[8]; /* Okabe and Ito's, black first */
/* i of n colours along viridis, without its last, light quarter. */
void rep_gp_viridis(GString *out, unsigned i, unsigned n);
/* 1, 2, 5, 10, ..., or 1, 10, ... as the tics of a logarithmic scale: `set ytics (...)`. */
void rep_gp_ratio_tics(GString *out, const char *axis, double lo, double hi);
/* Logarithmic x of times (ns, above 0), with tics of decades, or 1-2-5 when the range is short. */
void rep_gp_time_axis(GString *out, double least, double greatest);
/* `set palette`: all of viridis. */
void rep_gp_palette(GString *out);
/* The colour of a mode: "off", "halt", "apf". */
const char *rep_gp_mode_colour(const char *mode);
