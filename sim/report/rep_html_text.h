/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_html_text.h - text as HTML, SVG and XML take it
 */
#pragma once

#include <glib.h>

/* Escaped; bytes -1: all. */
void rep_html_text(GString *out, const char *text, gssize bytes);
/* A key, escaped: it may go on in the next line after each point. */
void rep_html_key(GString *out, const char *key);
/* " ± 0.02", half the width of an interval; " ± <0.01" when its digits would all be 0. */
void rep_html_half(GString *out, double half, int decimals);
