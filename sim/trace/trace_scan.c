/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_scan.c - an event's text, read back by the pattern of its row
 *
 * A pattern: %x0 is a number of base 16 (0x may stand before it) into value 0, %d0 one of base 10,
 * %i0 the same with a sign, %<A|B>0 says which of these patterns it is, from 0, the last ones tried
 * first. A blank is any number of blanks, all else itself.
 */
#include <ctype.h>
#include <string.h>

#include "trace_event.h"

struct text {
    const char *at, *end;
};

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static bool scan_number(struct text *t, int base, uint64_t *ret)
{
    const char *start;

    if (base == 16 && t->end - t->at > 2 && t->at[0] == '0' && t->at[1] == 'x')
        t->at += 2;
    start = t->at;
    *ret = 0;
    for (; t->at < t->end && digit_of(*t->at) < base; t->at++) {
        if (t->at - start >= (base == 16 ? 16 : 19))
            return false;
        *ret = *ret * (uint64_t)base + (uint64_t)digit_of(*t->at);
    }
    return t->at > start;
}

static bool scan_signed(struct text *t, uint64_t *ret)
{
    const bool below = t->at < t->end && *t->at == '-';

    t->at += below;
    if (!scan_number(t, 10, ret) || *ret > INT64_MAX)
        return false;
    *ret = below ? -*ret : *ret;
    return true;
}

static bool scan(struct text *t, const char *pattern, const char *end, uint64_t *value);

/* The '>' that closes, or with `bar` the '|' that ends this alternative. */
static const char *closing(const char *at, const char *end, bool bar)
{
    unsigned depth = 0;

    for (; at < end; at++) {
        if (depth == 0 && (*at == '>' || (bar && *at == '|')))
            return at;
        depth += (at[0] == '%' && at + 1 < end && at[1] == '<');
        depth -= *at == '>';
    }
    return end;
}

/* The last of the alternatives that fits: longer ones stand behind what they begin with. */
static bool scan_choice(struct text *t, const char *from, const char *end, uint64_t *value,
                        uint64_t *ret)
{
    const struct text start = *t;
    struct text best = start;
    bool found = false;
    uint64_t which = 0;

    for (const char *at = from; at <= end; which++) {
        const char *stop = closing(at, end, true);

        *t = start;
        if (scan(t, at, stop, value)) {
            found = true;
            best = *t;
            *ret = which;
        }
        at = stop + 1;
    }
    *t = best;
    return found;
}

static bool scan(struct text *t, const char *pattern, const char *end, uint64_t *value)
{
    for (const char *p = pattern; p < end; p++) {
        if (p[0] == '%' && p[1] == '<') {
            const char *stop = closing(p + 2, end, false);

            if (!scan_choice(t, p + 2, stop, value, &value[stop[1] - '0']))
                return false;
            p = stop + 1;
        } else if (p[0] == '%') {
            uint64_t *to = &value[p[2] - '0'];

            if (p[1] == 'i' ? !scan_signed(t, to) : !scan_number(t, p[1] == 'x' ? 16 : 10, to))
                return false;
            p += 2;
        } else if (t->at == t->end || *t->at != *p) {
            return false;
        } else {
            do
                t->at++;
            while (*p == ' ' && t->at < t->end && *t->at == ' ');
        }
    }
    return true;
}

static bool take(struct text *t, const char *word)
{
    size_t n = strlen(word);

    if ((size_t)(t->end - t->at) < n || memcmp(t->at, word, n) != 0)
        return false;
    t->at += n;
    return true;
}

/* "NAME:" and blanks. */
static bool take_name(struct text *t, const char *name)
{
    struct text start = *t;

    if (!name || !take(t, name) || !take(t, ":")) {
        *t = start;
        return false;
    }
    while (t->at < t->end && *t->at == ' ')
        t->at++;
    return true;
}

bool trace_record_scan(const char *text, size_t bytes, struct trace_record *ret)
{
    struct text t = {text, text + bytes};

    while (t.end > t.at && isspace((unsigned char)t.end[-1]))
        t.end--;
    take(&t, "kvm:");
    for (unsigned e = 0; e < TRACE_EVENTS; e++) {
        const struct trace_row *row = &trace_row[e];

        if (!take_name(&t, row->name) && !take_name(&t, row->old))
            continue;
        ret->event = (enum trace_event)e;
        memset(ret->value, 0, sizeof ret->value);
        if (!scan(&t, row->pattern, row->pattern + strlen(row->pattern), ret->value))
            return false;
        if (ret->event == TRACE_KVM_APIC_ACCEPT_IRQ)
            ret->value[1] <<= 8; /* where the APIC has its delivery mode */
        return t.at == t.end;
    }
    return false;
}
