/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_finding.c - findings, and what was not judged
 */
#include "cap_vcpu.h"

const char *const cap_verdict_name[CAP_VERDICTS] = {"host rule broken", "guest or VMM rule broken",
                                                    "capture contradicts itself"};

static void found(struct cap_judging *j, enum cap_verdict verdict, const char *rule, uint32_t event,
                  char *text)
{
    struct cap_finding f = {.verdict = verdict, .rule = rule, .event = event, .text = text};

    g_array_append_val(j->out->findings, f);
}

void cap_found(struct cap_judging *j, enum cap_verdict verdict, const char *rule, uint32_t event,
               const char *format, ...)
{
    va_list arguments;

    if (!j->strict) {
        cap_not_judged(j,
                       "a rule seems broken, but a lost event would explain it; with --strict "
                       "it is a finding",
                       event);
        return;
    }
    va_start(arguments, format);
    found(j, verdict, rule, event, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

void cap_found_surely(struct cap_judging *j, enum cap_verdict verdict, const char *rule,
                      uint32_t event, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    found(j, verdict, rule, event, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

void cap_not_judged(struct cap_judging *j, const char *why, uint32_t event)
{
    struct cap_unjudged new = {.why = why, .count = 1, .event = event};

    for (guint i = 0; i < j->out->unjudged->len; i++) {
        struct cap_unjudged *u = &g_array_index(j->out->unjudged, struct cap_unjudged, i);

        if (u->why == why) {
            u->count++;
            return;
        }
    }
    g_array_append_val(j->out->unjudged, new);
}

void cap_habit(struct cap_habit *h, bool kept, uint32_t event)
{
    if (kept)
        h->kept++;
    else
        g_array_append_val(h->odd, event);
}

void cap_habit_end(struct cap_judging *j, struct cap_habit *h, enum cap_verdict verdict,
                   const char *rule, const char *text)
{
    if (j->strict && h->kept >= 2 && h->odd->len <= MAX(1, h->kept / 20))
        for (guint i = 0; i < h->odd->len; i++)
            cap_found(j, verdict, rule, g_array_index(h->odd, uint32_t, i), "%s", text);
    g_array_set_size(h->odd, 0);
    h->kept = 0;
}
