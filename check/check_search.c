/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_search.c - searches one scope and collects what is worth telling
 */
#include "check.h"

#include <string.h>

static void trail_to(struct explore *x, uint32_t state, struct check_trail *trail)
{
    trail->length = explore_trail(x, state, trail->move, CHECK_TRAIL);
}

/* In the order in which the search found them. */
static void collect(struct explore *x, const struct check_machine *m, struct check_report *report)
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

/* "INV-8,INV-40": each entry an id, or the whole text of one property. */
static bool is_listed(const char *list, const char *text)
{
    size_t id = strcspn(text, ":"), length;

    for (const char *at = list; at && *at; at += length + (at[length] != 0)) {
        length = strcspn(at, ",");
        if ((length == id || length == strlen(text)) && !strncmp(at, text, length)) {
            return true;
        }
    }
    return false;
}

static const char *unexpected(const struct check_scope *s, const struct check_report *r)
{
    for (unsigned i = 0; i < r->found; i++) {
        if (!is_listed(s->broken, r->text[i]) && !is_listed(s->known, r->text[i])) {
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

static const char *judge_counts(const struct check_report *r, bool stuck, bool unkicked)
{
    if ((r->result.stuck > 0) != stuck) {
        return stuck ? "no stuck state" : "stuck states";
    }
    if ((r->result.marked > 0) != unkicked) {
        return unkicked ? "no un-kicked state" : "un-kicked states";
    }
    return NULL;
}

/* A switch: its property is broken with it, and holds without it; the rest is as the row says. */
static const char *judge_switch(const struct check_scope *s, const struct check_report *r,
                                bool with_bug)
{
    bool unkicked = !strcmp(s->broken, "un-kicked");
    bool found = unkicked ? r->result.marked > 0 : is_found(s->broken, r);

    if (found != with_bug) {
        return found ? "found although the switch is off" : "not found";
    }
    for (unsigned i = 0; i < r->found; i++) {
        const char *text = r->text[i];
        if (!is_listed(s->known, text) && !is_listed(s->left, text) &&
            !(with_bug && (is_listed(s->broken, text) || is_listed(s->with, text)))) {
            return text;
        }
    }
    return judge_counts(r, with_bug ? s->stuck : s->stuck_without, with_bug && unkicked);
}

static const char *judge_scope(const struct check_scope *s, const struct check_report *r)
{
    const char *text = unexpected(s, r);

    if (text) {
        return text;
    }
    if (s->broken && !is_found(s->broken, r)) {
        return "the known hole does not show";
    }
    return judge_counts(r, s->stuck, s->unkicked);
}

/* Of the checker itself (world_build.c): nothing that it says is worth anything then. */
static const char *defect(const struct check_report *r)
{
    for (unsigned i = 0; i < r->found; i++) {
        if (!strncmp(r->text[i], "DEFECT:", 7)) {
            return r->text[i];
        }
    }
    return NULL;
}

static void settle(struct check_report *r, const char *why)
{
    why = defect(r) ? defect(r) : why;
    if (r->result.outcome == EXPLORE_MEMORY) {
        why = "not exhausted: memory";
    } else if (r->result.outcome == EXPLORE_STOPPED) {
        why = "not exhausted: time";
    }
    r->as_expected = !why;
    r->why = why;
}

void check_judge(const struct check_scope *s, bool with_bug, struct check_report *r)
{
    settle(r, s->bug ? judge_switch(s, r, with_bug) : judge_scope(s, r));
}

void check_judge_clean(const struct check_scope *s, struct check_report *r)
{
    const char *why = r->result.stuck    ? "stuck states"
                      : r->result.marked ? "un-kicked states"
                                         : NULL;

    for (unsigned i = 0; i < r->found; i++) {
        if (!is_listed(s->known, r->text[i])) {
            why = r->text[i];
            break;
        }
    }
    settle(r, why);
}
