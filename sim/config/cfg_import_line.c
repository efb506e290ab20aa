/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_import_line.c - what the readers of page traces share: an access, words, numbers, errors
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "cfg_import_priv.h"

bool cfg_import_fail(const struct cfg_importer *i, size_t column, const char *format, ...)
{
    struct cfg_place at = i->at;
    va_list ap;

    at.column = (unsigned)column;
    va_start(ap, format);
    cfg_vfail(i->error, &at, CFG_ERROR_TRACE, format, ap);
    va_end(ap);
    return false;
}

bool cfg_import_access(struct cfg_importer *i, size_t column, sim_ns when, uint64_t address,
                       bool write)
{
    if (!i->any)
        i->first = i->last = when;
    i->any = true;
    if (when < i->last)
        return cfg_import_fail(i, column, "earlier than the access before; sort by time");
    i->last = when;
    if (page_fold_access(i->fold, address, 1, write, when - i->first))
        return true;
    return cfg_import_fail(i, column, "no memory for so many accesses; record a shorter run");
}

char *cfg_import_word(char **at)
{
    char *word = *at + strspn(*at, " \t\r"), *end = word + strcspn(word, " \t\r");

    if (!*word)
        return NULL;
    *at = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

bool cfg_import_number(const char *text, unsigned base, uint64_t *ret)
{
    char *end = NULL;

    errno = 0;
    *ret = g_ascii_strtoull(text, &end, base);
    return g_ascii_isxdigit(*text) && !*end && errno == 0;
}

bool cfg_import_perf_time(const char *token, sim_ns *ret)
{
    size_t whole = strspn(token, "0123456789"), fraction;
    uint64_t seconds, ns = 0;

    if (!whole || whole > 9 || token[whole] != '.')
        return false;
    fraction = strspn(token + whole + 1, "0123456789");
    if (!fraction || fraction > 9 || strcmp(token + whole + 1 + fraction, ":") != 0)
        return false;
    seconds = g_ascii_strtoull(token, NULL, 10);
    ns = g_ascii_strtoull(token + whole + 1, NULL, 10);
    for (size_t i = fraction; i < 9; i++)
        ns *= 10;
    *ret = seconds * SIM_SEC + ns;
    return true;
}
