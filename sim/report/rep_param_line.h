/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_param_line.h - a line of params.txt: "key = value   # source"
 */
#pragma once

#include <glib.h>
#include <string.h>

struct rep_param_line {
    const char *key, *value, *source; /* in the line; source "": it names none */
};

/* Cuts `line` at its parts. False: it is no parameter's, and left as it is. */
static inline gboolean rep_param_split(struct rep_param_line *ret, char *line)
{
    char *value = strstr(line, " = "), *source = g_strrstr(line, " # ");

    if (!value)
        return FALSE;
    *value = 0;
    if (source)
        *source = 0;
    *ret = (struct rep_param_line){line, g_strstrip(value + 3), source ? source + 3 : ""};
    return TRUE;
}
