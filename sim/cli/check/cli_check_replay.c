/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_check_replay.c - `sim check --replay` and `--random`: one run, told as a story or for CI
 */
#include <string.h>

#include "cli_check.h"

static int tell(const struct check_job *job, const char *name, const char *broken, GString *story)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (job->format != FORMAT_JUNIT)
        return cli_check_flush(story);
    cli_junit_single(text, name, broken, story->str);
    return cli_check_flush(text);
}

static int tell_ftrace(const struct check_run *run)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (!cli_ftrace_add(text, run->build, run->params, run->moves, run->count))
        return cli_fail(CLI_MISSING, "no memory for the trace");
    return cli_check_flush(text);
}

/* The trail `name`, of which `asked` moves stood in a file, and what comes behind it. */
static int tell_run(const struct check_job *job, const char *name, const struct check_run *run,
                    unsigned asked, enum cli_trail_end end)
{
    static const char *const words[] = {
        [CLI_TRAIL_GOES_ON] = "nothing is broken",
        [CLI_TRAIL_STUCK] = "stuck: each goes on in his turn, and that comes to no good end",
        [CLI_TRAIL_UNKICKED] = "un-kicked: an item could leave done, and nobody is told",
    };
    const char *broken = run->broken ? run->broken : end ? words[end] : NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    int printed;

    if (job->format == FORMAT_FTRACE) {
        printed = tell_ftrace(run);
    } else if (job->format == FORMAT_SCRIPT) {
        return cli_check_script(name, run);
    } else {
        if (end == CLI_TRAIL_STUCK)
            cli_story_stuck(text, job->width, run->build, run->params, run->moves, run->count,
                            false);
        else
            cli_story_add(text, job->width, run->build, run->params, run->moves, run->count);
        g_string_append_printf(text, "%u of %u moves made: %s\n", run->count, asked,
                               broken ? broken : words[CLI_TRAIL_GOES_ON]);
        printed = tell(job, name, broken, text);
    }
    return printed ? printed : broken ? CLI_BROKEN : CLI_GOOD;
}

/* All of it or nothing: behind a move that was left out it is another run. */
static int play_trail(const struct check_job *job, const char *path, struct cli_trail *t)
{
    struct check_run run = {.build = t->build,
                            .params = &t->params,
                            .moves = t->moves,
                            .limit = t->count,
                            .count = t->count};
    enum cli_trail_end end = CLI_TRAIL_GOES_ON;

    if (!check_play(&run))
        return cli_fail(CLI_MISSING, "no memory for a run");
    if (run.count < t->count)
        return cli_fail(CLI_USAGE,
                        "%s:%u:1: move %u of %u: the state does not allow it; a trail is played "
                        "by the version and the rules that it was made with",
                        path, t->lines[run.left_out], run.left_out + 1, t->count);
    if (!run.broken && run.build == &check_small) /* a large one's run goes to its end anyway */
        end = cli_trail_end(run.build, run.params, run.moves, run.count);
    return tell_run(job, path, &run, t->count, end);
}

int cli_check_replay(const struct check_job *job, const char *path)
{
    struct cli_trail trail;
    int status = CLI_USAGE;

    if (cli_trail_read(path, &trail))
        status = play_trail(job, path, &trail);
    cli_trail_clear(&trail);
    return status;
}

enum { EXAMPLE_MAX = 1000 };

int cli_check_example(const struct check_job *job, const struct check_scope *scope)
{
    struct check_params params = cli_check_params(job, scope);
    g_autofree uint32_t *moves = g_new(uint32_t, EXAMPLE_MAX);
    struct check_run run = {.build = &check_small, .params = &params, .moves = moves};

    if (!cli_check_fits(job, scope))
        return cli_fail(CLI_USAGE, "--kernel=4.14: scope %s is not made for it", scope->name);
    memset(params.budget, 0, sizeof params.budget); /* none is spent: the steps stay coarse */
    run.count = run.limit = cli_trail_go_on(run.build, &params, NULL, 0, moves, EXAMPLE_MAX);
    unsigned asked = run.count;
    if (!check_play(&run))
        return cli_fail(CLI_MISSING, "no memory for a run");
    g_autofree char *name = g_strconcat(scope->name, "-example", NULL);
    int saved = job->save ? cli_trail_save(job, name, "an example", &run) : CLI_GOOD;
    return saved ? saved : tell_run(job, name, &run, asked, CLI_TRAIL_GOES_ON);
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
    /*
     * Offline and online break INV-8 and INV-40 at once unless the remedies are on. Then what is
     * known without a remedy is left out: scopes restore-lapic and reset-halt.
     */
    if (apf_fix_on(p->fixes, APF_FIX_1) && apf_fix_on(p->fixes, APF_FIX_8) && !p->l2_tasks) {
        for (unsigned i = 0; i < G_N_ELEMENTS(remedied); i++)
            p->budget[remedied[i]] = (uint8_t)g_rand_int_range(rand, 0, 4);
        p->budget[CHECK_LAPIC] = 0;
        p->flags &= ~(uint32_t)CHECK_BOOT;
        if (p->budget[CHECK_RESET]) { /* nobody halts: neither kernel code, nor on a page in flight
                                       */
            p->kernel_tasks = 0;
            p->flags &= ~(uint32_t)CHECK_SHARED;
        }
    }
}

enum { RUN_STEPS = 200000 };

static const char *random_name(const struct check_job *job, char *name, size_t bytes)
{
    g_snprintf(name, bytes, "random runs from seed %" G_GUINT64_FORMAT, job->seed);
    return name;
}

static int tell_random(const struct check_job *job, struct check_run *run, uint64_t made)
{
    g_autoptr(GString) text = g_string_new(NULL);
    unsigned length = run->count;
    char name[64];
    int saved = CLI_GOOD;

    check_shrink(run);
    g_string_append_printf(text,
                           "seed %" G_GUINT64_FORMAT ": broken after %u moves (%" G_GUINT64_FORMAT
                           " in all): %s\n%u moves are enough:\n",
                           run->seed, length, made, run->broken, run->count);
    cli_story_add(text, job->width, run->build, run->params, run->moves, run->count);
    if (job->save) {
        g_autofree char *base = g_strdup_printf("random-%" G_GUINT64_FORMAT, run->seed);
        saved = cli_trail_save(job, base, run->broken, run);
    }
    int printed = tell(job, random_name(job, name, sizeof name), run->broken, text);
    return printed ? printed : saved ? saved : CLI_BROKEN;
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
    char name[64];

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
    g_string_append_printf(
        text, "%" G_GUINT64_FORMAT " random runs, %" G_GUINT64_FORMAT " moves, nothing broken\n",
        runs, made);
    cli_check_never_add(text, rules);
    return tell(job, random_name(job, name, sizeof name), NULL, text);
}
