/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_assert.c - last words of a failed assertion; names of outcomes, classes and latencies */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim.h"
#include "sim_assert.h"
#include "sim_words.h"

static void fail_in_event(void *ctx, const struct sim_event *ev)
{
    (void)ctx;
    SIM_ASSERT(ev->when != 70);
}

static void run_into_bug(void)
{
    struct sim *sim = sim_create(1, 3);

    sim_actor_add(sim, SIM_RANK_VCPU, fail_in_event, NULL);
    sim_crash_context(sim_where, sim, 42, "sim --seed=42");
    sim_post(sim, 0, SIM_RANK_VCPU, 60, 0, 0);
    sim_post(sim, 0, SIM_RANK_VCPU, 70, 0, 0);
    sim_run(sim, 100);
}

static void plain_bug(void)
{
    sim_crash_context(NULL, NULL, 0, NULL);
    SIM_ASSERT(1 + 1 == 3);
}

/* Runs `die` in a child; returns what it wrote to stderr. */
static const char *last_words(void (*die)(void))
{
    static char text[1000];
    int fd[2], status;
    ssize_t n;
    pid_t child;

    cr_assert_eq(pipe(fd), 0);
    child = fork();
    if (child == 0) {
        dup2(fd[1], 2);
        die();
        _exit(0);
    }
    close(fd[1]);
    n = read(fd[0], text, sizeof text - 1);
    text[n > 0 ? n : 0] = 0;
    close(fd[0]);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    return text;
}

Test(assert, a_bug_says_where_when_and_how_to_see_it_again)
{
    const char *text = last_words(run_into_bug);

    cr_assert_not_null(strstr(text, "sim: bug: "));
    cr_assert_not_null(strstr(text, "test_assert.c:"));
    cr_assert_not_null(strstr(text, ": ev->when != 70; seed 42, simulated time 70 ns, event 2; "
                                    "replay: sim --seed=42\n"),
                       "%s", text);
}

Test(assert, without_a_run_only_the_place_and_the_condition)
{
    const char *text = last_words(plain_bug);

    cr_assert_not_null(strstr(text, ": 1 + 1 == 3\n"), "%s", text);
}

static void check_words(const char *const *key, const char *const *help, int count)
{
    int i, j;

    for (i = 0; i < count; i++) {
        cr_assert(key[i] && key[i][0] && help[i] && help[i][0]);
        for (j = 0; j < i; j++)
            cr_assert_neq(strcmp(key[i], key[j]), 0);
    }
}

Test(words, every_key_is_there_once_with_its_meaning)
{
    check_words(outcome_key, outcome_help, OUTCOME_COUNT);
    check_words(ledger_key, ledger_help, LEDGER_COUNT);
    check_words(latency_key, latency_help, LATENCY_COUNT);
    cr_assert_str_eq(outcome_key[OUTCOME_SYNC_PREFAULT], "sync_prefault");
    cr_assert_str_eq(ledger_key[LEDGER_STOLEN], "stolen");
    cr_assert_str_eq(latency_key[LATENCY_DISK_SERVICE], "disk_service");
}
