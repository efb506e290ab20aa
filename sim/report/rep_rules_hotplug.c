/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_rules_hotplug.c - what became of CPUs that went offline in the guest
 */
#include <stdio.h>
#include <string.h>

#include "rep_rules.h"

enum { TIMES_BYTES = REP_NUMBER_BYTES + 8 };

/* The models say so in the text of the outcome: only they know what is older than what. */
bool rep_rule_stale_slot(const struct rep_facts *f)
{
    if (rep_outcome_good(f->s->outcome) || !strstr(f->s->text, "(HOLE-1)"))
        return false;
    return rep_say(
        f, "HOLE-1, in every Linux guest with APF: a 'page ready' that comes between a CPU's "
           "'interrupts off' and its 'APF off' on the way offline stays in the slot, nobody ever "
           "zeroes it, and back online the CPU gets no 'page ready' any more. With the guest's "
           "remedy the run goes on: --set check.fix=HOLE-1 (docs/findings/hole-1.md).");
}

/* Begins a sentence. */
static const char *times(char text[TIMES_BYTES], uint64_t n)
{
    char number[REP_NUMBER_BYTES];

    if (n == 1)
        snprintf(text, TIMES_BYTES, "Once");
    else
        snprintf(text, TIMES_BYTES, "%s times", rep_format_count(number, n));
    return text;
}

bool rep_rule_hotplug(const struct rep_facts *f)
{
    char count[TIMES_BYTES], ns[REP_NUMBER_BYTES], left[TIMES_BYTES];
    const struct rep_hotplug_result *h;

    if (!f->any || !f->any->total->hotplug.offlines)
        return false;
    h = &f->any->total->hotplug;
    times(count, h->offlines);
    count[0] = h->offlines == 1 ? 'o' : count[0];
    rep_format_ns(ns, (double)h->offline_ns / (double)h->offlines);
    if (!h->left_busy)
        return rep_say(f,
                       "Mode %s: a vCPU went offline in the guest %s, which took %s on "
                       "average, and no token was left in its slot.",
                       f->any->key, count, ns);
    return rep_say(
        f,
        "Mode %s: a vCPU went offline in the guest %s, which took %s on average: turning "
        "APF off waits for the pages in flight. %s a token was left in its slot (HOLE-1); %s",
        f->any->key, count, ns, times(left, h->left_busy),
        f->set->zeroes_slot ? "no harm, as the guest zeroes it before it enables APF again."
                            : "the run ended before that did harm.");
}
