/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_error.c - one-line messages with a position
 *
 * Input is quoted in messages that go to terminals and logs: control characters, bytes that are
 * not UTF-8 and invisible characters are therefore written as escapes.
 */
#include "cfg_error.h"

#include <string.h>

#define QUOTE_BYTES 80
#define WORD_BYTES  48

G_DEFINE_QUARK(cfg - error - quark, cfg_error)

static void append_escaped(GString *out, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes;) {
        gunichar c = g_utf8_get_char_validated(text + i, (gssize)(bytes - i));
        size_t width = (c & 0x80000000u) ? 1 : (size_t)(g_utf8_next_char(text + i) - (text + i));

        if (!(c & 0x80000000u) && g_unichar_isprint(c))
            g_string_append_len(out, text + i, (gssize)width);
        else
            for (size_t k = 0; k < width; k++)
                g_string_append_printf(out, "\\x%02x", (unsigned char)text[i + k]);
        i += width;
    }
}

char *cfg_quote(const char *text)
{
    size_t bytes = strlen(text), shown = bytes;
    GString *out = g_string_new("'");

    if (bytes > QUOTE_BYTES) {
        shown = QUOTE_BYTES;
        while (shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80)
            shown--;
    }
    append_escaped(out, text, shown);
    g_string_append(out, shown < bytes ? "...'" : "'");
    return g_string_free(out, FALSE);
}

static void append_place(GString *out, const struct cfg_place *at)
{
    if (at->set) {
        g_string_append(out, at->option ? at->option : "--set ");
        append_escaped(out, at->set, MIN(strlen(at->set), 200));
    } else {
        append_escaped(out, at->file, strlen(at->file));
        if (at->line)
            g_string_append_printf(out, ":%u:%u", at->line, at->column);
    }
    g_string_append(out, ": error: ");
}

bool cfg_vfail(GError **error, const struct cfg_place *at, enum cfg_error code, const char *format,
               va_list ap)
{
    g_autoptr(GString) line = g_string_new(NULL);
    g_autofree char *what = g_strdup_vprintf(format, ap);

    append_place(line, at);
    append_escaped(line, what, strlen(what));
    g_set_error_literal(error, CFG_ERROR, (int)code, line->str);
    return false;
}

bool cfg_fail(GError **error, const struct cfg_place *at, enum cfg_error code, const char *format,
              ...)
{
    va_list ap;

    va_start(ap, format);
    cfg_vfail(error, at, code, format, ap);
    va_end(ap);
    return false;
}

/* Optimal string alignment: insert, delete, replace, swap neighbours; each costs 1. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[3][WORD_BYTES + 1];
    size_t la = strlen(a), lb = strlen(b);

    for (size_t j = 0; j <= lb; j++)
        row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= la; i++) {
        unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *older = row[(i + 1) % 3];

        now[0] = (unsigned)i;
        for (size_t j = 1; j <= lb; j++) {
            unsigned d = last[j - 1] + (a[i - 1] != b[j - 1]);

            d = MIN(d, MIN(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d = MIN(d, older[j - 2] + 1);
            now[j] = d;
        }
    }
    return row[la % 3][lb];
}

const char *cfg_nearest(const char *word, const char *const *known, size_t count)
{
    size_t length = strlen(word);
    unsigned best = (unsigned)MIN(3, (length + 1) / 3); /* none for one letter */
    const char *nearest = NULL;

    if (length == 0 || length > WORD_BYTES)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        unsigned d = strlen(known[i]) > WORD_BYTES ? best + 1 : distance(word, known[i]);

        if (d < best || (d == best && !nearest)) {
            best = d;
            nearest = known[i];
        }
    }
    return nearest;
}

char *cfg_hint(const char *word, const char *const *known, size_t count)
{
    const char *nearest = cfg_nearest(word, known, count);
    GString *list = g_string_new(count == 1 ? "; there is only " : "; there are ");

    if (nearest)
        g_string_printf(list, " (did you mean '%s'?)", nearest);
    else if (count == 0)
        g_string_assign(list, "; there are none");
    for (size_t i = 0; !nearest && i < count; i++)
        g_string_append_printf(list, "%s%s", i ? ", " : "", known[i]);
    return g_string_free(list, FALSE);
}

const char *cfg_comma_hint(const char *word)
{
    return g_str_has_suffix(word, ")") && !strchr(word, '(')
               ? "; inside { } or [ ] a value with a comma needs quotes, such as "
                 "'uniform(1ms,2ms)'"
               : "";
}
