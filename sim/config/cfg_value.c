/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_value.c - numbers with units, exactly
 *
 * A number is read as whole + fraction / 10^k and multiplied by its unit in 128 bits, so that no
 * text is ever rounded.
 */
#include "cfg_value.h"

#include <string.h>

#include "cfg_error.h"
#include "params.h"

__extension__ typedef unsigned __int128 wide;

struct number {
    uint64_t whole;
    uint64_t fraction, scale; /* fraction / scale; scale is a power of ten */
    const char *rest;         /* what follows the digits: the unit */
};

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit time_units[] = {
    {"s", SIM_SEC}, {"ms", SIM_MS}, {"us", SIM_US}, {"ns", 1}, {NULL, 0}};
static const struct unit byte_units[] = {{"TiB", 1ull << 40},
                                         {"GiB", 1ull << 30},
                                         {"MiB", 1ull << 20},
                                         {"KiB", 1ull << 10},
                                         {"B", 1},
                                         {NULL, 0}};

static char *wrong(const char *text, const char *what)
{
    g_autofree char *quoted = cfg_quote(text);

    return g_strdup_printf("%s %s", quoted, what);
}

static char *read_digits(const char *text, const char **at, uint64_t *ret, unsigned digits_max)
{
    uint64_t value = 0;
    unsigned digits = 0;

    for (; g_ascii_isdigit(**at); (*at)++, digits++) {
        if (digits == digits_max || value > (UINT64_MAX - 9) / 10)
            return wrong(text, "has too many digits");
        value = value * 10 + (uint64_t)(**at - '0');
    }
    *ret = value;
    return NULL;
}

/* What people write out of habit from other programs, refused by name. */
static char *refuse_habits(const char *text, const char *example)
{
    g_autofree char *what = NULL;

    if (!*text)
        return g_strdup_printf("empty value; write for example %s", example);
    if (*text == '-' || *text == '+')
        what = g_strdup_printf("has a sign; write for example %s", example);
    else if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        what = g_strdup_printf("is hexadecimal; write a decimal number such as %s", example);
    else if (text[0] == '0' && g_ascii_isdigit(text[1]))
        what = g_strdup_printf("has a leading zero; write for example %s", example);
    else if (!g_ascii_isdigit(*text))
        what = g_strdup_printf("is not a number; write for example %s", example);
    return what ? wrong(text, what) : NULL;
}

static char *read_number(const char *text, const char *example, struct number *ret)
{
    const char *at = text;
    char *why = refuse_habits(text, example);

    *ret = (struct number){.scale = 1};
    if (!why)
        why = read_digits(text, &at, &ret->whole, 20);
    if (why)
        return why;
    ret->fraction = 0;
    ret->scale = 1;
    if (*at == '.') {
        const char *first = ++at;

        why = read_digits(text, &at, &ret->fraction, 18);
        if (!why && at == first)
            why = wrong(text, "has no digit after the point");
        for (; first < at; first++)
            ret->scale *= 10;
    }
    if (!why && (*at == 'e' || *at == 'E') && strchr("+-0123456789", at[1]) && at[1])
        why = wrong(text, "has an exponent; write the digits out");
    if (!why && *at == '_')
        why = wrong(text, "has an underscore; write the digits alone");
    ret->rest = at;
    return why;
}

/* number x factor; false if it does not fit or is not whole. */
static bool multiply(const struct number *n, uint64_t factor, uint64_t *ret, bool *ret_whole)
{
    wide part = (wide)n->fraction * factor;
    wide all = (wide)n->whole * factor + part / n->scale;

    *ret_whole = part % n->scale == 0;
    *ret = (uint64_t)all;
    return *ret_whole && all <= INT64_MAX;
}

char *cfg_parse_count(const char *text, uint64_t *ret)
{
    struct number n;
    char *why = read_number(text, "4", &n);

    if (why)
        return why;
    if (n.scale != 1)
        return wrong(text, "has a fraction; write a whole number");
    if (*n.rest)
        return wrong(text, "is not a whole number; write digits alone");
    *ret = n.whole;
    return NULL;
}

char *cfg_parse_signed(const char *text, int64_t *ret)
{
    uint64_t value = 0;
    char *why = cfg_parse_count(*text == '-' ? text + 1 : text, &value);

    if (why)
        return why;
    if (value > INT64_MAX)
        return wrong(text, "is too big");
    *ret = *text == '-' ? -(int64_t)value : (int64_t)value;
    return NULL;
}

char *cfg_parse_bool(const char *text, bool *ret)
{
    *ret = strcmp(text, "true") == 0;
    if (*ret || strcmp(text, "false") == 0)
        return NULL;
    return *text ? wrong(text, "is neither true nor false")
                 : g_strdup("empty value; write true or false");
}

static char *unit_list(const struct unit *units)
{
    GString *list = g_string_new(NULL);
    unsigned count = 0;

    while (units[count].name)
        count++;
    for (unsigned i = count; i-- > 0;)
        g_string_append_printf(list, "%s%s", units[i].name, i > 1 ? ", " : i == 1 ? " or " : "");
    return g_string_free(list, FALSE);
}

static char *unknown_unit(const char *text, const char *rest, const struct unit *units)
{
    g_autofree char *list = unit_list(units);
    g_autofree char *quoted = cfg_quote(rest);
    g_autofree char *what = NULL;

    if (!*rest)
        return g_strdup_printf("%s needs a unit: %s", text, list);
    what = g_strdup_printf("has the unknown unit %s; units are %s, without a blank", quoted, list);
    return wrong(text, what);
}

static char *read_with_unit(const char *text, const struct unit *units, const char *example,
                            const char *smallest, uint64_t *ret)
{
    struct number n;
    char *why = read_number(text, example, &n);
    bool whole;

    if (why)
        return why;
    if (!*n.rest && n.whole == 0 && n.scale == 1) {
        *ret = 0;
        return NULL;
    }
    for (const struct unit *u = units; u->name; u++) {
        if (strcmp(n.rest, u->name) != 0)
            continue;
        if (multiply(&n, u->factor, ret, &whole))
            return NULL;
        return whole ? wrong(text, "is too big") : wrong(text, smallest);
    }
    return unknown_unit(text, n.rest, units);
}

char *cfg_parse_time(const char *text, sim_ns *ret)
{
    return read_with_unit(text, time_units, "10ms",
                          "is not a whole number of ns, the smallest step", ret);
}

char *cfg_parse_bytes(const char *text, uint64_t *ret)
{
    char *why = read_with_unit(text, byte_units, "512MiB", "is not a whole number of bytes", ret);

    if (!why && *ret % PAGE_BYTES)
        why = wrong(text, "is not a whole number of 4KiB pages");
    return why;
}

char *cfg_parse_share(const char *text, uint32_t *ret)
{
    struct number n;
    char *why = read_number(text, "30% or 0.3", &n);
    uint64_t ppm;
    bool whole;

    if (why)
        return why;
    if (*n.rest && strcmp(n.rest, "%") != 0)
        return wrong(text, "is not a share; write for example 30% or 0.3");
    if (!multiply(&n, *n.rest ? PPM / 100 : PPM, &ppm, &whole) && !whole)
        return wrong(text, "is finer than 0.0001%, the smallest step");
    if (n.whole > 100 || ppm > PPM)
        return wrong(text, "is more than the whole; write 0% to 100%, or 0 to 1");
    *ret = (uint32_t)ppm;
    return NULL;
}

char *cfg_parse_milli(const char *text, uint32_t *ret)
{
    struct number n;
    char *why = read_number(text, "1.0", &n);
    uint64_t milli;
    bool whole;

    if (why)
        return why;
    if (*n.rest)
        return wrong(text, "is not a number; write for example 1.0");
    if (!multiply(&n, 1000, &milli, &whole))
        return whole ? wrong(text, "is too big") : wrong(text, "is finer than 0.001");
    if (milli > UINT32_MAX)
        return wrong(text, "is too big");
    *ret = (uint32_t)milli;
    return NULL;
}

/* value / scale as a decimal without needless zeros; scale is a power of ten. */
static char *format_decimal(uint64_t value, uint64_t scale, const char *unit)
{
    GString *out = g_string_new(NULL);
    int places = 0;

    for (uint64_t s = scale; s > 1; s /= 10)
        places++;
    g_string_printf(out, "%" G_GUINT64_FORMAT, value / scale);
    if (value % scale)
        g_string_append_printf(out, ".%0*" G_GUINT64_FORMAT, places, value % scale);
    while (value % scale && out->str[out->len - 1] == '0')
        g_string_truncate(out, out->len - 1);
    g_string_append(out, unit);
    return g_string_free(out, FALSE);
}

char *cfg_format_time(sim_ns ns)
{
    const struct unit *u = time_units;

    if (ns == 0)
        return g_strdup("0s");
    while (ns < u->factor)
        u++;
    return format_decimal(ns, u->factor, u->name);
}

char *cfg_format_bytes(uint64_t bytes)
{
    const struct unit *u = byte_units;

    if (bytes == 0)
        return g_strdup("0B");
    while (bytes % u->factor)
        u++;
    return g_strdup_printf("%" G_GUINT64_FORMAT "%s", bytes / u->factor, u->name);
}

char *cfg_format_share(uint32_t ppm)
{
    return format_decimal(ppm, PPM / 100, "%");
}

char *cfg_format_milli(uint32_t milli)
{
    return format_decimal(milli, 1000, "");
}
