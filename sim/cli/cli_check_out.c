/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_check_out.c - what `sim check` prints: lists, rows, trails, JUnit
 */
#include <stdio.h>
#include <string.h>

#include "cli_check.h"

static int flush(GString *text)
{
    int status = cli_print(text->str, text->len);

    g_string_truncate(text, 0);
    return status;
}

/* ---- lists ---- */

int cli_check_list(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; check_scope(i); i++) {
        const struct check_scope *s = check_scope(i);
        const struct apf_bug_info *info = NULL;
        enum apf_bug bug;
        enum apf_fix fix;
        if (s->bug && apf_bug_parse(s->bug, &bug))
            info = &apf_bug_table[bug];
        else if (s->bug && apf_fix_parse(s->bug, &fix))
            info = &apf_fix_table[fix];
        g_string_append_printf(text, "%-24s %s%s\n", s->name, info ? info->text : s->question,
                               s->slow ? " (slow: only with --all or by name)" : "");
    }
    return flush(text);
}

int cli_check_invariants(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; check_invariant(i); i++)
        g_string_append_printf(text, "%-7s %s\n", check_invariant(i)->id,
                               check_invariant(i)->where);
    return flush(text);
}

int cli_check_rules(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; i < CHECK_RULE_COUNT; i++)
        g_string_append_printf(text, "%-14s %s\n", check_rules[i].id, check_rules[i].text);
    for (unsigned i = 0; check_rule_left_out(i); i++)
        g_string_append_printf(text, "%-14s not modelled: %s\n", check_rule_left_out(i)->id,
                               check_rule_left_out(i)->text);
    return flush(text);
}

static const char *scope_of(const char *id)
{
    for (unsigned i = 0; check_scope(i); i++)
        if (check_scope(i)->bug && !strcmp(check_scope(i)->bug, id))
            return "scope";
    return "-";
}

int cli_check_switches(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 1; i < APF_BUGS; i++)
        g_string_append_printf(text, "%-8s %-6s %s (%s)\n", apf_bug_table[i].id,
                               scope_of(apf_bug_table[i].id), apf_bug_table[i].text,
                               apf_bug_table[i].fix);
    for (unsigned i = 1; i < APF_FIXES; i++)
        g_string_append_printf(text, "%-8s %-6s %s (%s)\n", apf_fix_table[i].id,
                               scope_of(apf_fix_table[i].id), apf_fix_table[i].text,
                               apf_fix_table[i].fix ? apf_fix_table[i].fix : "no remedy");
    return flush(text);
}

/* ---- rows ---- */

static const char *const outcome_words[] = {
    [EXPLORE_EXHAUSTED] = "exhausted",
    [EXPLORE_MEMORY] = "cut off",
    [EXPLORE_STOPPED] = "cut off",
};

static void name_add(GString *text, const struct cli_check_row *row)
{
    const struct check_scope *s = row->scope;

    g_string_append(text, s->name);
    if (s->bug && g_str_has_prefix(s->bug, "BUG"))
        g_string_append(text, row->with_switch ? " on" : " off");
    else if (s->bug)
        g_string_append(text, row->with_switch ? " open" : " remedied");
}

static void numbers_add(GString *text, const struct cli_check_row *row)
{
    const struct explore_result *r = &row->report.result;
    double states = (double)r->states;

    g_string_append_printf(
        text,
        "%s, %" G_GUINT64_FORMAT " states, %" G_GUINT64_FORMAT " transitions, depth %u, "
        "stuck %" G_GUINT64_FORMAT ", un-kicked %" G_GUINT64_FORMAT
        ", %.2f s, %.2f M states/s, %.0f bytes/state",
        outcome_words[r->outcome], r->states, r->transitions, r->depth, r->stuck, r->marked,
        row->seconds, row->seconds > 0 ? states / row->seconds / 1e6 : 0.0,
        r->states ? (double)r->bytes / states : 0.0);
}

static void story_add(GString *text, const struct check_job *job, const struct cli_check_row *row,
                      const struct check_trail *t)
{
    const struct check_params *p = &row->report.params;

    if (t == &row->report.stuck) {
        cli_story_stuck(text, job->width, &check_small, p, t->move, t->length);
        return;
    }
    cli_story_add(text, job->width, &check_small, p, t->move, t->length);
    if (t == &row->report.unkicked)
        g_string_append(text, "      No kick is due while the guest runs: only an exit for another "
                              "reason ends this.\n");
}

static void trail_text(GString *text, const struct check_job *job, const struct cli_check_row *row,
                       const char *what, uint64_t count, const struct check_trail *t)
{
    g_string_append_printf(text, "    %s: %" G_GUINT64_FORMAT "x, shortest trail %u steps\n", what,
                           count, t->length);
    if (row->report.as_expected && !job->tell)
        return;
    story_add(text, job, row, t);
}

static void trail_save(const struct check_job *job, const struct cli_check_row *row,
                       const char *what, const struct check_trail *t)
{
    g_autoptr(GString) text = g_string_new(NULL), name = g_string_new(row->scope->name);
    g_autoptr(GError) error = NULL;

    g_string_append_printf(name, "-%.*s.trail", (int)strcspn(what, ":"), what);
    g_autofree char *path = g_build_filename(job->save, name->str, NULL);
    cli_trail_add(text, &check_small, &row->report.params, row->scope->name, what, t->move,
                  t->length);
    if (!g_file_set_contents(path, text->str, (gssize)text->len, &error))
        cli_fail(CLI_MISSING, "%s", error->message);
}

static void trails_add(GString *text, const struct check_job *job, const struct cli_check_row *row)
{
    const struct check_report *r = &row->report;

    for (unsigned i = 0; i <= r->found + 1; i++) {
        bool finding = i < r->found, stuck = i == r->found;
        const struct check_trail *t = finding ? &r->trail[i] : stuck ? &r->stuck : &r->unkicked;
        const char *what = finding ? r->text[i] : stuck ? "stuck" : "un-kicked";
        uint64_t count = finding ? r->count[i] : stuck ? r->result.stuck : r->result.marked;
        if (!count)
            continue;
        if (job->format == FORMAT_TEXT)
            trail_text(text, job, row, what, count, t);
        else if (!r->as_expected)
            story_add(text, job, row, t);
        if (job->save && row->with_switch)
            trail_save(job, row, what, t);
    }
}

static void junit_row(struct cli_check_report *out, const struct check_job *job,
                      const struct cli_check_row *row)
{
    g_autoptr(GString) name = g_string_new(NULL), story = g_string_new(NULL);

    name_add(name, row);
    numbers_add(story, row);
    g_string_append_c(story, '\n');
    trails_add(story, job, row);
    g_autofree char *words = g_markup_escape_text(story->str, (gssize)story->len);
    g_autofree char *why = g_markup_escape_text(row->report.why ? row->report.why : "", -1);
    g_string_append_printf(out->text, "  <testcase classname=\"check\" name=\"%s\" time=\"%.3f\">",
                           name->str, row->seconds);
    if (row->report.as_expected)
        g_string_append_printf(out->text, "<system-out>%s</system-out></testcase>\n", words);
    else
        g_string_append_printf(out->text, "<failure message=\"%s\">%s</failure></testcase>\n", why,
                               words);
}

void cli_check_begin(struct cli_check_report *out, const struct check_job *job)
{
    out->text = g_string_new(NULL);
    if (job->format == FORMAT_TEXT)
        g_string_append_printf(out->text, "kernel %s, host and guest\n",
                               apf_kernel_name(job->kernel));
}

void cli_check_row_add(struct cli_check_report *out, const struct check_job *job,
                       const struct cli_check_row *row)
{
    out->rows++;
    out->bad += !row->report.as_expected;
    out->rules |= row->report.rules;
    if (job->format == FORMAT_JUNIT) {
        junit_row(out, job, row);
        return;
    }
    g_autoptr(GString) name = g_string_new(NULL);
    name_add(name, row);
    g_string_append_printf(out->text, "%-4s %-26s ", row->report.as_expected ? "ok" : "BAD",
                           name->str);
    numbers_add(out->text, row);
    g_string_append_c(out->text, '\n');
    if (row->report.why)
        g_string_append_printf(out->text, "    not as expected: %s\n", row->report.why);
    trails_add(out->text, job, row);
    flush(out->text); /* a killed run has told what it found so far */
}

static void never_add(const struct cli_check_report *out)
{
    for (unsigned i = 0; i < CHECK_RULE_COUNT; i++)
        if (!(out->rules >> i & 1))
            g_string_append_printf(out->text, "rule never used: %s, %s\n", check_rules[i].id,
                                   check_rules[i].text);
}

int cli_check_end(struct cli_check_report *out, const struct check_job *job)
{
    g_autoptr(GString) text = g_steal_pointer(&out->text);

    if (job->format == FORMAT_JUNIT) {
        g_autofree char *head = g_strdup_printf(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"sim check\" "
            "tests=\"%u\" failures=\"%u\">\n",
            out->rows, out->bad);
        g_string_prepend(text, head);
        g_string_append(text, "</testsuite>\n");
        return flush(text);
    }
    out->text = text;
    if (!job->scopes)
        never_add(out);
    out->text = NULL;
    g_string_append_printf(text, "%u searches, %u not as expected\n", out->rows, out->bad);
    return flush(text);
}

/* ---- replay, random ---- */

int cli_check_replay(const struct check_job *job, const char *path)
{
    struct check_params params;
    struct check_run run = {.params = &params};
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree uint32_t *moves = NULL;

    if (!cli_trail_read(path, &run.build, &params, &moves, &run.count))
        return CLI_USAGE;
    unsigned asked = run.count;
    run.moves = moves;
    run.limit = run.count;
    if (!check_play(&run))
        return cli_fail(CLI_USAGE, "%s: parameters that the build '%s' cannot hold", path,
                        run.build->name);
    cli_story_add(text, job->width, run.build, &params, moves, run.count);
    g_string_append_printf(text, "%u of %u moves made: %s\n", run.count, asked,
                           run.broken ? run.broken : "nothing is broken");
    int printed = flush(text);
    return printed ? printed : run.broken ? CLI_BROKEN : CLI_GOOD;
}

/* A machine of random size with random budgets: the seed says which. */
static void random_params(uint64_t seed, const struct check_job *job, struct check_params *p)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32)(seed * 2654435761u));

    *p = (struct check_params){.host = job->kernel, .guest = job->kernel};
    p->bugs = job->bugs;
    p->fixes = job->fixes;
    p->vcpus = (uint8_t)g_rand_int_range(rand, 1, 5);
    p->tasks = (uint8_t)g_rand_int_range(rand, 1, 97);
    p->faults = (uint8_t)g_rand_int_range(rand, 1, 5);
    p->kernel_tasks = (uint8_t)(g_rand_int(rand) & g_rand_int(rand) & 255);
    p->l2_tasks = (uint8_t)(g_rand_boolean(rand) ? g_rand_int(rand) & 255 : 0);
    p->flags = (g_rand_boolean(rand) ? CHECK_ROAM : 0) | (g_rand_boolean(rand) ? CHECK_SHARED : 0) |
               CHECK_FULL_STEPS | (g_rand_boolean(rand) ? CHECK_BOOT : 0);
    static const uint8_t harmless[] = {CHECK_TIMER, CHECK_EVICT, CHECK_LAPIC,
                                       CHECK_SMM,   CHECK_NMI,   CHECK_REAL};
    static const uint8_t remedied[] = {CHECK_HOTPLUG, CHECK_VMM_EN, CHECK_RESET, CHECK_MIGRATE};
    for (unsigned i = 0; i < G_N_ELEMENTS(harmless); i++)
        p->budget[harmless[i]] = (uint8_t)g_rand_int_range(rand, 0, 200);
    /* Offline and online break INV-8 and INV-40 at once unless the remedies are on. */
    if (apf_fix_on(p->fixes, APF_FIX_1) && apf_fix_on(p->fixes, APF_FIX_8) && !p->l2_tasks)
        for (unsigned i = 0; i < G_N_ELEMENTS(remedied); i++)
            p->budget[remedied[i]] = (uint8_t)g_rand_int_range(rand, 0, 4);
}

enum { RUN_STEPS = 200000, SHRINK_MAX = 4000 };

static int tell_random(const struct check_job *job, struct check_run *run, uint64_t made)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    unsigned length = run->count;

    if (run->count <= SHRINK_MAX)
        check_shrink(run);
    g_string_append_printf(text,
                           "seed %" G_GUINT64_FORMAT ": broken after %u moves (%" G_GUINT64_FORMAT
                           " in all): %s\n%u moves are enough:\n",
                           run->seed, length, made, run->broken, run->count);
    cli_story_add(text, job->width, run->build, run->params, run->moves, run->count);
    if (job->save) {
        g_autoptr(GString) file = g_string_new(NULL);
        g_autofree char *name = g_strdup_printf("random-%" G_GUINT64_FORMAT ".trail", run->seed);
        g_autofree char *path = g_build_filename(job->save, name, NULL);
        cli_trail_add(file, run->build, run->params, name, run->broken, run->moves, run->count);
        if (!g_file_set_contents(path, file->str, (gssize)file->len, &error))
            cli_fail(CLI_MISSING, "%s", error->message);
    }
    int printed = flush(text);
    return printed ? printed : CLI_BROKEN;
}

int cli_check_random(const struct check_job *job)
{
    g_autofree uint32_t *moves = g_new(uint32_t, RUN_STEPS);
    struct check_params params;
    struct check_run run = {.build = &check_large,
                            .params = &params,
                            .steps = RUN_STEPS,
                            .moves = moves,
                            .limit = RUN_STEPS};
    uint64_t made = 0, runs = 0, rules = 0;

    for (run.seed = job->seed; made < job->steps; run.seed++, runs++) {
        random_params(run.seed, job, &params);
        if (!check_random(&run))
            return cli_fail(CLI_MISSING, "no memory for a random run");
        made += run.count;
        rules |= run.rules;
        if (run.broken)
            return tell_random(job, &run, made);
    }
    g_autoptr(GString) text = g_string_new(NULL);
    struct cli_check_report out = {.text = text, .rules = rules};
    g_string_append_printf(
        text, "%" G_GUINT64_FORMAT " random runs, %" G_GUINT64_FORMAT " moves, nothing broken\n",
        runs, made);
    never_add(&out);
    return flush(text);
}
