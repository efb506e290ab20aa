/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_rules.c - one walk over each actor's lines
 */
#include "trace_rules.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EN_ON     0x9u /* ENABLED and DELIVERY_AS_INT */
#define WAKE_ALL  0xffffffffu
#define TOKEN_LOW 12 /* a token's id stands above the vCPU's number */

struct walk {
    struct trace_summary *sum;
    uint64_t in_flight[TRACE_IN_FLIGHT_LIMIT];
    size_t in_flight_count;
    uint64_t last_token, named; /* named: by the last PAGE-READY interrupt */
    bool try_open;              /* a try whose consequence has not been seen */
};

/* The number behind `word`, 0 if there is none. */
static uint64_t number_after(const char *text, const char *word)
{
    const char *at = strstr(text, word);

    return at ? strtoull(at + strlen(word), NULL, 0) : 0;
}

static bool land(struct walk *w, uint64_t token)
{
    for (size_t i = 0; i < w->in_flight_count; i++)
        if (w->in_flight[i] == token) {
            w->in_flight[i] = w->in_flight[--w->in_flight_count];
            return true;
        }
    return false;
}

/* Anything that follows a try other than its two trace points: the set-up was refused. */
static const char *close_try(struct walk *w)
{
    if (!w->try_open)
        return NULL;
    w->try_open = false;
    w->sum->refused++;
    return w->in_flight_count < TRACE_IN_FLIGHT_LIMIT
               ? "a try without a consequence, and fewer than 64 pages in flight"
               : NULL;
}

static const char *on_not_present(struct walk *w, const char *text)
{
    uint64_t token = number_after(text, "token ");

    w->try_open = false;
    if (token <= w->last_token)
        return "tokens must rise";
    w->sum->burned += (size_t)((token - w->last_token) >> TOKEN_LOW) - 1;
    w->last_token = token;
    if (w->in_flight_count == TRACE_IN_FLIGHT_LIMIT)
        return "more than 64 pages in flight";
    w->in_flight[w->in_flight_count++] = token;
    if (w->in_flight_count > w->sum->in_flight_max)
        w->sum->in_flight_max = w->in_flight_count;
    return NULL;
}

static const char *on_ready(struct walk *w, const char *text)
{
    uint64_t token = number_after(text, "token ");

    return token == WAKE_ALL || land(w, token) ? NULL : "ready for a token that is not in flight";
}

static const char *on_en(struct walk *w, const char *text)
{
    if (strstr(text, "(#GP)") || strstr(text, "msr_read") ||
        (number_after(text, " = ") & EN_ON) == EN_ON)
        return NULL;
    w->in_flight_count = 0; /* forgotten */
    return NULL;
}

static const char *on_wake(struct walk *w, const char *text)
{
    uint64_t token = number_after(text, "token ");

    return token == 0 || token == w->named ? NULL : "a task is woken by a token that nobody named";
}

static const char *vcpu_line(struct walk *w, enum trace_kind kind, const char *text)
{
    const char *broken = NULL;

    if (kind != TRACE_NOT_PRESENT && kind != TRACE_REPEATED)
        broken = close_try(w);
    if (broken)
        return broken;
    switch ((int)kind) {
    case TRACE_TRY:
        w->try_open = true;
        return NULL;
    case TRACE_REPEATED:
        w->try_open = false;
        return NULL;
    case TRACE_NOT_PRESENT:
        return on_not_present(w, text);
    case TRACE_READY:
        return on_ready(w, text);
    case TRACE_MSR_EN:
        return on_en(w, text);
    case TRACE_SET_MSRS:
        return strstr(text, "0x4b564d02") ? on_en(w, text) : NULL;
    case TRACE_MARK_READY:
        w->named = number_after(text, "token=");
        return NULL;
    case TRACE_WAKE:
        return on_wake(w, text);
    default:
        return NULL;
    }
}

static const char *vcpu_rules(const struct trace_lines *l, struct walk *w, size_t *ret_line)
{
    const char *broken = NULL;

    for (*ret_line = 0; *ret_line < l->count && !broken; (*ret_line)++) {
        enum trace_kind kind = trace_kind_of(l->line[*ret_line]);

        w->sum->count[kind]++;
        broken = vcpu_line(w, kind, l->line[*ret_line]);
    }
    return broken ? broken : close_try(w);
}

/* Lines of `kind` that carry the same number behind `word`, up to line `end`. */
static size_t occurrences(const struct trace_lines *l, size_t end, enum trace_kind kind,
                          const char *word, uint64_t number)
{
    size_t n = 0;

    for (size_t i = 0; i < end; i++)
        n += trace_kind_of(l->line[i]) == kind && number_after(l->line[i], word) == number;
    return n;
}

static const char *worker_rules(const struct trace_streams *s, struct trace_summary *sum,
                                size_t *ret_line)
{
    const struct trace_lines *l = &s->of[TRACE_WORKER], *vcpu = &s->of[TRACE_VCPU];

    for (*ret_line = 0; *ret_line < l->count; (*ret_line)++) {
        const char *text = l->line[*ret_line];
        uint64_t gva = number_after(text, "gva ");

        sum->count[trace_kind_of(text)]++;
        if (occurrences(l, *ret_line + 1, TRACE_COMPLETED, "gva ", gva) >
            occurrences(vcpu, vcpu->count, TRACE_NOT_PRESENT, "gva ", gva))
            return "a page is completed more often than it was not present";
    }
    return NULL;
}

static const char *uffd_rules(const struct trace_streams *s, struct trace_summary *sum,
                              size_t *ret_line)
{
    const struct trace_lines *l = &s->of[TRACE_UFFD];

    for (*ret_line = 0; *ret_line < l->count; (*ret_line)++) {
        enum trace_kind kind = trace_kind_of(l->line[*ret_line]);
        uint64_t page = number_after(l->line[*ret_line], "page ");
        size_t missed = occurrences(l, *ret_line + 1, TRACE_UFFD_EVENT, "page ", page);

        sum->count[kind]++;
        if (kind == TRACE_UFFD_EVENT && missed > 1)
            return "a page is missed twice";
        if (kind == TRACE_UFFD_COPY && !missed)
            return "a page is supplied that nobody missed";
    }
    return NULL;
}

const char *trace_rules_broken(const struct trace_streams *s, struct trace_summary *ret,
                               enum trace_actor *ret_actor, size_t *ret_line)
{
    struct walk w = {.sum = ret};
    const char *broken;

    memset(ret, 0, sizeof *ret);
    *ret_actor = TRACE_VCPU;
    broken = vcpu_rules(&s->of[TRACE_VCPU], &w, ret_line);
    if (!broken) {
        *ret_actor = TRACE_WORKER;
        broken = worker_rules(s, ret, ret_line);
    }
    if (!broken) {
        *ret_actor = TRACE_UFFD;
        broken = uffd_rules(s, ret, ret_line);
    }
    ret->setups = ret->count[TRACE_TRY] - ret->count[TRACE_REPEATED];
    return broken;
}

static bool reached(const struct trace_summary *s)
{
    return s->in_flight_max >= TRACE_IN_FLIGHT_LIMIT;
}

const char *trace_summaries_differ(const struct trace_summary *a, const struct trace_summary *b)
{
    for (unsigned kind = 0; kind < TRACE_OTHER; kind++)
        if (trace_kind_info[kind].counted && a->count[kind] != b->count[kind])
            return trace_kind_info[kind].name;
    if (a->setups != b->setups)
        return "tries that are no repeated faults";
    if (a->refused != b->refused)
        return "tries refused";
    if (a->burned != b->burned)
        return "tokens burned";
    return reached(a) != reached(b) ? "whether 64 were in flight" : NULL;
}
