/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_rules.c - what the rules share: see rep_rules.h
 */
#include "rep_rules.h"

#include <stdarg.h>

bool rep_say(const struct rep_facts *f, const char *format, ...)
{
    va_list args;
    int bytes;

    va_start(args, format);
    bytes = g_vsnprintf(f->to, REP_VERDICT_BYTES, format, args);
    va_end(args);
    g_assert(bytes > 0 && bytes < REP_VERDICT_BYTES);
    return true;
}

double rep_why_share(const struct rep_facts *f, const char *key)
{
    uint32_t w = rep_why_find(f->set, key);

    g_assert(w);
    return f->io_on ? (double)f->on->total->why_count[w] / (double)f->io_on : 0;
}

bool rep_has_gain(const struct rep_mode_summary *m)
{
    return m && m->gain.n;
}

double rep_gain_low(const struct rep_mode_summary *m)
{
    return m->gain.mean - m->gain.ci95;
}

double rep_gain_high(const struct rep_mode_summary *m)
{
    return m->gain.mean + m->gain.ci95;
}

bool rep_is_above(const struct rep_mean *ratio, double notable)
{
    return ratio->n && ratio->mean >= 1 + notable && ratio->mean - ratio->ci95 > 1;
}

bool rep_is_below(const struct rep_mean *ratio, double notable)
{
    return ratio->n && ratio->mean <= 1 - notable && ratio->mean + ratio->ci95 < 1;
}

bool rep_gains(const struct rep_mode_summary *m)
{
    return m && rep_is_above(&m->gain, REP_NOTABLE);
}

bool rep_loses(const struct rep_mode_summary *m)
{
    return m && rep_is_below(&m->gain, REP_NOTABLE);
}

bool rep_is_vague(const struct rep_mode_summary *m)
{
    return !rep_gains(m) && !rep_loses(m) && m->gain.ci95 > REP_NOTABLE;
}

uint64_t rep_decompressed(const struct rep_facts *f)
{
    static const char *const key[] = {"inline_zram", "inline_zswap"};
    uint64_t sum = 0;

    for (unsigned i = 0; f->apf && i < G_N_ELEMENTS(key); i++) {
        uint32_t w = rep_why_find(f->set, key[i]);

        sum += w ? f->apf->total->why_count[w] : 0;
    }
    return sum;
}

char *rep_interval(char *to, const struct rep_mean *m)
{
    if (rep_mean_has_interval(m))
        return rep_format_ci(to, m, 1, 3);
    g_strlcpy(to, "one run of each", REP_NUMBER_BYTES);
    return to;
}
