/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pic_svg.h - what our pictures share: texts, coordinates, how wide a text is
 *
 * Knows:    GString. Coordinates are hundredths of a pixel in integers, so that pictures do not
 * depend on how a machine rounds.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef uint64_t pic_x; /* 1/100 pixel */
#define PIC_PX 100u

/* Escaped for text and for attributes; control characters become blanks. */
void pic_text(GString *out, const char *text);
void pic_number(GString *out, pic_x x); /* "12.5" */
/* What the text takes at most, in pixels: fonts that stand in for Arial differ a little. */
unsigned pic_text_width(const char *text, unsigned font_px);
/* At most `max` characters, the last of which is an ellipsis when it was longer. g_free() it. */
char *pic_shortened(const char *text, unsigned max);

/* x is the left end, the middle or the right end. css: classes, or "". */
enum pic_anchor { PIC_START, PIC_MIDDLE, PIC_END };
void pic_label(GString *out, const char *css, enum pic_anchor anchor, pic_x x, pic_x y,
               const char *text);
/* <svg ...> with a white ground, of `height` pixels, and its style sheet. */
void pic_begin(GString *out, unsigned width, unsigned height, const char *title, const char *style);
