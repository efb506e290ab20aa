/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_check_out.c - what `sim check` prints for people: lists, rows, trails
 *
 * For machines: cli_check_formats.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli_check.h"
#include "cli_files.h"

int cli_check_flush(GString *text)
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
        g_string_append_printf(text, "%-24s %s", s->name, info ? info->text : s->question);
        if (s->slow_gib)
            g_string_append_printf(text, " (slow: only with --all or by name, --memory=%uGiB)",
                                   s->slow_gib);
        g_string_append_c(text, '\n');
    }
    return cli_check_flush(text);
}

int cli_check_invariants(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; check_invariant(i); i++)
        g_string_append_printf(text, "%-7s %s\n", check_invariant(i)->id,
                               check_invariant(i)->where);
    return cli_check_flush(text);
}

int cli_check_rules(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; i < CHECK_RULE_COUNT; i++)
        g_string_append_printf(text, "%-14s %s\n", check_rules[i].id, check_rules[i].text);
    for (unsigned i = 0; check_rule_left_out(i); i++)
        g_string_append_printf(text, "%-14s not modelled: %s\n", check_rule_left_out(i)->id,
                               check_rule_left_out(i)->text);
    return cli_check_flush(text);
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
    return cli_check_flush(text);
}

/* ---- rows ---- */

static const char *const outcome_words[] = {
    [EXPLORE_EXHAUSTED] = "exhausted",
    [EXPLORE_MEMORY] = "cut off",
    [EXPLORE_STOPPED] = "cut off",
};

void cli_check_name_add(GString *text, const struct cli_check_row *row)
{
    const struct check_scope *s = row->scope;

    g_string_append(text, s->name);
    if (s->bug && g_str_has_prefix(s->bug, "BUG"))
        g_string_append(text, row->with_switch ? " on" : " off");
    else if (s->bug)
        g_string_append(text, row->with_switch ? " open" : " remedied");
}

/* Below, bytes a state are those of the first tables, and say nothing. */
enum { MANY_STATES = 100000 };

void cli_check_numbers_add(GString *text, const struct cli_check_row *row)
{
    const struct explore_result *r = &row->report.result;
    double states = (double)r->states;

    g_string_append_printf(
        text,
        "%s, %" G_GUINT64_FORMAT " states, %" G_GUINT64_FORMAT " transitions, depth %u, "
        "stuck %" G_GUINT64_FORMAT ", un-kicked %" G_GUINT64_FORMAT ", %.2f s, %.2f M states/s",
        outcome_words[r->outcome], r->states, r->transitions, r->depth, r->stuck, r->marked,
        row->seconds, row->seconds > 0 ? states / row->seconds / 1e6 : 0.0);
    if (r->states >= MANY_STATES)
        g_string_append_printf(text, ", %.0f bytes/state", (double)r->bytes / states);
}

static void story_add(GString *text, const struct check_job *job, const struct cli_check_row *row,
                      const struct check_trail *t)
{
    const struct check_params *p = &row->report.params;

    if (t == &row->report.stuck) {
        cli_story_stuck(text, job->width, &check_small, p, t->move, t->length, true);
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

/* In the place of a file of an earlier run: no moment is without one. */
static bool name_anew(const char *open_file, const char *dir, const char *file)
{
    g_autofree char *hidden = g_strdup_printf("%s/.%s.%ld.tmp", dir, file, (long)getpid());
    g_autofree char *path = g_build_filename(dir, file, NULL);
    bool good = linkat(AT_FDCWD, open_file, AT_FDCWD, hidden, AT_SYMLINK_FOLLOW) == 0;

    if (good && rename(hidden, path) != 0) {
        unlink(hidden);
        good = false;
    }
    return good;
}

/*
 * The file has no name until it is whole, so a killed run leaves nothing beside its trails. Not
 * synced: a search finds its trails again. False: this file system cannot do it, or it failed.
 */
static bool save_nameless(const char *dir, const char *file, const GString *text)
{
    int fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    g_autofree char *open_file = g_strdup_printf("/proc/self/fd/%d", fd);
    g_autofree char *path = g_build_filename(dir, file, NULL);
    bool good = fd >= 0 && cli_files_write_all(fd, text->str, text->len);

    if (good && linkat(AT_FDCWD, open_file, AT_FDCWD, path, AT_SYMLINK_FOLLOW) != 0)
        good = errno == EEXIST && name_anew(open_file, dir, file);
    return (fd < 0 || close(fd) == 0) && good;
}

static int save_as(const struct check_job *job, const char *name, const char *suffix,
                   const GString *text)
{
    g_autofree char *file = g_strconcat(name, suffix, NULL);
    const struct cli_file whole = {file, text->str, text->len};

    return save_nameless(job->save, file, text) ? CLI_GOOD : cli_files_write(job->save, &whole, 1);
}

int cli_trail_save(const struct check_job *job, const char *name, const char *what,
                   const struct check_run *run)
{
    g_autoptr(GString) text = g_string_new(NULL);
    int status;

    cli_trail_add(text, run->build, run->params, name, what, run->moves, run->count);
    status = save_as(job, name, ".trail", text);
    g_string_truncate(text, 0);
    if (status == CLI_GOOD && cli_ftrace_add(text, run->build, run->params, run->moves, run->count))
        status = save_as(job, name, ".txt", text);
    return status;
}

static int trail_save(const struct check_job *job, const struct cli_check_row *row,
                      const char *what, unsigned nth, const struct check_trail *t)
{
    g_autofree uint32_t *moves = g_memdup2(t->move, t->length * sizeof *t->move);
    const struct check_run run = {
        .build = &check_small, .params = &row->report.params, .moves = moves, .count = t->length};
    g_autoptr(GString) name = g_string_new(row->scope->name);

    g_string_append_printf(name, "-%.*s", (int)strcspn(what, ":"), what);
    if (nth > 1)
        g_string_append_printf(name, "-%u", nth);
    return cli_trail_save(job, name->str, what, &run);
}

/* How many findings up to this one have the same id: each trail has a file of its own. */
static unsigned nth_of(const struct check_report *r, unsigned i)
{
    unsigned nth = 0;

    for (unsigned k = 0; k <= i && i < r->found; k++)
        nth += strcspn(r->text[k], ":") == strcspn(r->text[i], ":") &&
               !strncmp(r->text[k], r->text[i], strcspn(r->text[i], ":"));
    return nth;
}

struct told {
    const struct check_trail *trail;
    const char *what;
    uint64_t count; /* 0: there is none */
};

/* Findings, then what is stuck, then what is un-kicked: i up to found + 1. */
static struct told told_at(const struct check_report *r, unsigned i)
{
    if (i < r->found)
        return (struct told){&r->trail[i], r->text[i], r->count[i]};
    if (i == r->found)
        return (struct told){&r->stuck, "stuck", r->result.stuck};
    return (struct told){&r->unkicked, "un-kicked", r->result.marked};
}

/* Why it is no failure. A switch's row with its switch on says that by its name. */
static void cause_add(GString *text, const struct check_job *job, const struct cli_check_row *row)
{
    const struct check_scope *s = row->scope;
    const char *known = s->known ? s->known : "", *left = s->left ? s->left : "";

    if (s->cause && !job->judge_all)
        g_string_append_printf(text, "    expected here: %s\n", s->cause);
    else if ((*known || *left) && (job->judge_all || !row->with_switch))
        g_string_append_printf(text, "    expected here: %s%s%s, by other weaknesses\n", known,
                               *known && *left ? "," : "", left);
}

void cli_check_trails_add(GString *text, const struct check_job *job,
                          const struct cli_check_row *row)
{
    bool some = false;

    for (unsigned i = 0; i <= row->report.found + 1; i++) {
        const struct told t = told_at(&row->report, i);
        if (t.count)
            trail_text(text, job, row, t.what, t.count, t.trail);
        some |= t.count > 0;
    }
    if (some && row->report.as_expected)
        cause_add(text, job, row);
}

int cli_check_trails_save(const struct check_job *job, const struct cli_check_row *row)
{
    const struct check_report *r = &row->report;
    int status = CLI_GOOD;

    for (unsigned i = 0; job->save && row->with_switch && i <= r->found + 1; i++) {
        const struct told t = told_at(r, i);
        if (t.count && status == CLI_GOOD)
            status = trail_save(job, row, t.what, nth_of(r, i), t.trail);
    }
    return status;
}

unsigned cli_check_never_add(GString *text, uint64_t rules)
{
    unsigned never = 0;

    for (unsigned i = 0; i < CHECK_RULE_COUNT; i++)
        if (!(rules >> i & 1)) {
            g_string_append_printf(text, "rule never used: %s, %s\n", check_rules[i].id,
                                   check_rules[i].text);
            never++;
        }
    return never;
}
