/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_error.h - one-line messages with a position
 *
 * Knows:    config.h.
 * Promise:  the message is one printable line of valid UTF-8, whatever was in the input.
 */
#pragma once

#include "config.h"

/* Where something was written. Line 0: the file as a whole. */
struct cfg_place {
    const char *file;
    unsigned line, column; /* from 1 */
    const char *set;       /* the text of a --set: then the rest does not count */
    const char *option;    /* in place of "--set ", with the blank; NULL: --set it is */
};

/* Sets *error and returns false, so that callers can `return cfg_fail(...)`. */
bool cfg_fail(GError **error, const struct cfg_place *at, enum cfg_error code, const char *format,
              ...) G_GNUC_PRINTF(4, 5);
bool cfg_vfail(GError **error, const struct cfg_place *at, enum cfg_error code, const char *format,
               va_list ap) G_GNUC_PRINTF(4, 0);
/* Text from the input, made fit to be quoted: clipped when long, unprintable bytes as \xNN. */
char *cfg_quote(const char *text);
/* " (did you mean 'x'?)", or the whole list when nothing is near. */
char *cfg_hint(const char *word, const char *const *known, size_t count);
/* YAML cuts {read: uniform(1ms,2ms)} at the comma. What to say if `word` looks like the rest of
 * such a value; else "". */
const char *cfg_comma_hint(const char *word);
