/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_import_perf.c - `perf script -F time,event,addr` of `perf mem record`, or of page faults
 *
 *     [comm tid] 12345.678901:  cpu/mem-loads,ldlat=30/P:     7f1234567890
 *
 * Whatever stands before the time is passed over. An event with "store" in its name is a write. A
 * sample without an address (0), or with one of the kernel (the upper half), is no access of the
 * program.
 */
#include <string.h>

#include "cfg_import_priv.h"

static bool find_time(char **at, sim_ns *ret)
{
    char *word;

    while ((word = cfg_import_word(at)) != NULL)
        if (cfg_import_perf_time(word, ret))
            return true;
    return false;
}

/* The event's name, which ends with a colon; a period may stand before it. */
static char *find_event(char **at)
{
    char *word;

    while ((word = cfg_import_word(at)) != NULL)
        if (g_str_has_suffix(word, ":"))
            return word;
    return NULL;
}

bool cfg_import_perf_line(struct cfg_importer *i, char *line)
{
    char *at = line, *event, *where;
    uint64_t address;
    sim_ns when;

    if (!line[strspn(line, " \t\r")] || line[strspn(line, " \t")] == '#')
        return true;
    if (!find_time(&at, &when))
        return cfg_import_fail(i, 1,
                               "no time such as 12345.678901: in this line; print with perf "
                               "script -F time,event,addr");
    event = find_event(&at);
    if (!event)
        return cfg_import_fail(i, (size_t)(at - line) + 1,
                               "no event behind the time; print with perf script -F "
                               "time,event,addr");
    where = cfg_import_word(&at);
    if (!where || !cfg_import_number(where, 16, &address))
        return cfg_import_fail(i, where ? (size_t)(where - line) + 1 : (size_t)(at - line) + 1,
                               "no address behind the event; record with perf mem record (or -d) "
                               "and print with perf script -F time,event,addr");
    if (!address || address >> 63)
        return true;
    return cfg_import_access(i, (size_t)(where - line) + 1, when, address,
                             strstr(event, "store") != NULL);
}
