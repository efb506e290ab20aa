/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_search.c - searches one scope and collects what is worth telling
 */
#include "check.h"

#include <string.h>

static void trail_to(const struct explore *x, uint32_t state, struct check_trail *trail)
{
    trail->length = explore_trail(x, state, trail->move, CHECK_TRAIL);
}

/* In the order in which the search found them. */
static void collect(const struct explore *x, const struct check_machine *m,
                    struct check_report *report)
{
    const struct explore_result *r = &report->result;

    for (unsigned n = 1; n < EXPLORE_FINDINGS && report->found < CHECK_FOUND; n++) {
        const char *text = check_small.finding(m, n);
        if (!text || !r->finding[n].count) {
            break;
        }
        unsigned i = report->found++;
        struct check_trail *t = &report->trail[i];
        report->text[i] = text;
        report->count[i] = r->finding[n].count;
        trail_to(x, r->finding[n].from, t);
        if (t->length < CHECK_TRAIL) {
            t->move[t->length++] = r->finding[n].move;
        }
    }
    if (r->stuck) {
        trail_to(x, r->first_stuck, &report->stuck);
    }
    if (r->marked) {
        trail_to(x, r->first_marked, &report->unkicked);
    }
}

bool check_search(const struct check_params *params, const struct explore_limits *limits,
                  struct check_report *report)
{
    struct check_machine *m = check_small.create(params);
    struct explore_model model;
    struct explore *x = NULL;

    memset(report, 0, sizeof *report);
    report->params = *params;
    if (m) {
        check_small.explore(m, &model);
        x = explore_create(&model);
    }
    if (x) {
        explore_run(x, limits, &report->result);
        report->words = model.words;
        report->rules = check_small.rules(m);
        collect(x, m, report);
    }
    explore_destroy(x);
    if (m) {
        check_small.destroy(m);
    }
    return x != NULL;
}

/* "INV-8" in "INV-8,INV-40", whole words. */
static bool is_listed(const char *list, const char *text)
{
    size_t length = strcspn(text, ":");

    for (const char *at = list; at && *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] != 0)) {
        if (strcspn(at, ",") == length && !strncmp(at, text, length)) {
            return true;
        }
    }
    return false;
}

static const char *unexpected(const struct check_scope *s, const struct check_report *r,
                              bool with_bug)
{
    for (unsigned i = 0; i < r->found; i++) {
        bool expected = with_bug && s->broken && is_listed(s->broken, r->text[i]);
        if (!expected && !is_listed(s->known, r->text[i])) {
            return r->text[i];
        }
    }
    return NULL;
}

static bool is_found(const char *broken, const struct check_report *r)
{
    for (unsigned i = 0; i < r->found; i++) {
        if (is_listed(broken, r->text[i])) {
            return true;
        }
    }
    return false;
}

void check_judge(const struct check_scope *s, bool with_bug, struct check_report *r)
{
    const char *text = unexpected(s, r, with_bug);
    bool stuck = with_bug && s->stuck, unkicked = with_bug && s->unkicked;

    r->as_expected = false;
    if (r->result.outcome != EXPLORE_EXHAUSTED) {
        snprintf(r->why, sizeof r->why, "not exhausted: %s",
                 r->result.outcome == EXPLORE_MEMORY ? "memory" : "time");
    } else if (text && !(with_bug && s->bug)) {
        snprintf(r->why, sizeof r->why, "%s", text);
    } else if (with_bug && s->broken && !is_found(s->broken, r)) {
        snprintf(r->why, sizeof r->why, "%s should have been broken", s->broken);
    } else if ((r->result.stuck > 0) != stuck && !(with_bug && s->bug && !stuck)) {
        snprintf(r->why, sizeof r->why, stuck ? "no stuck state" : "stuck states");
    } else if ((r->result.marked > 0) != unkicked && !(with_bug && s->bug && !unkicked)) {
        snprintf(r->why, sizeof r->why, unkicked ? "no un-kicked state" : "un-kicked states");
    } else {
        r->as_expected = true;
        r->why[0] = '\0';
    }
}
