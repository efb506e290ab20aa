/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_html_text.h - text as HTML, SVG and XML take it
 */
#pragma once

#include <glib.h>

/* Escaped; bytes -1: all. */
void rep_html_text(GString *out, const char *text, gssize bytes);
