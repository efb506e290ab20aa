/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_window.c - see cli_window.h
 */
#include "cli_window.h"

#include <string.h>

#include "cfg_value.h"
#include "cli.h"

static bool time_of(const char *option, const char *text, const char *part, sim_ns *ret)
{
    g_autofree char *wrong = cfg_parse_time(part, ret);

    if (wrong)
        cli_fail(CLI_USAGE, "%s=%s: %s", option, text, wrong);
    return !wrong;
}

bool cli_window_parse(const char *option, const char *text, sim_ns end, struct cli_window *ret)
{
    const char *dots = strstr(text, "..");
    g_autofree char *from = dots ? g_strndup(text, (gsize)(dots - text)) : NULL;
    g_autofree char *run = NULL;

    if (!dots) {
        cli_fail(CLI_USAGE, "%s=%s: want FROM..TO, such as 1s..1.01s", option, text);
        return false;
    }
    if (!time_of(option, text, from, &ret->from) || !time_of(option, text, dots + 2, &ret->to))
        return false;
    if (ret->from >= ret->to) {
        cli_fail(CLI_USAGE, "%s=%s: %s", option, text,
                 ret->from > ret->to ? "it ends before it begins" : "it is empty");
        return false;
    }
    if (ret->from >= end) {
        run = cfg_format_time(end);
        cli_fail(CLI_USAGE, "%s=%s: the run ends at %s", option, text, run);
        return false;
    }
    return true;
}
