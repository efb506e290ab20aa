/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_number.h - doubles for machines: the shortest of 15 or 17 digits that reads back the same
 *
 * Limits: what is not finite is written as 0; callers pass finite numbers.
 */
#pragma once

#include <glib.h>
#include <math.h>
#include <stdio.h>

static inline void rep_number(GString *out, double x)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    if (!isfinite(x))
        x = 0;
    g_ascii_formatd(text, sizeof text, "%.15g", x);
    if (g_ascii_strtod(text, NULL) < x || g_ascii_strtod(text, NULL) > x)
        g_ascii_formatd(text, sizeof text, "%.17g", x);
    g_string_append(out, text);
}
