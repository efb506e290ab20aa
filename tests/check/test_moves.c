/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_moves.c - single moves of the environment, made by their words
 */
#include <criterion/criterion.h>
#include <glib.h>
#include <string.h>

#include "check.h"

struct run {
    const struct check_build *build;
    struct check_machine *m;
    uint32_t made[64];
    unsigned count;
    char words[CHECK_TALE_WORDS]; /* the last move's first line */
    const char *broken;           /* by the last move */
};

static struct run begin(const struct check_build *build, struct check_params p)
{
    struct run r = {.build = build};

    p.host = p.host ? p.host : APF_KERNEL_6_12;
    p.guest = p.guest ? p.guest : APF_KERNEL_6_12;
    r.m = build->create(&p);
    cr_assert_not_null(r.m);
    return r;
}

static const char *again(struct run *r, uint32_t last, struct check_tale *tale)
{
    r->build->reset(r->m);
    for (unsigned i = 0; i < r->count; i++)
        r->build->move(r->m, r->made[i], NULL);
    return r->build->move(r->m, last, tale);
}

/* Makes the allowed move one of whose lines begins with these words. False: there is none. */
static bool try(struct run *r, const char *words)
{
    static struct check_tale tale;
    uint32_t allowed[CHECK_MOVES];
    unsigned n = r->build->moves(r->m, allowed);

    for (unsigned i = 0; i < n; i++) {
        r->broken = again(r, allowed[i], &tale);
        for (unsigned l = 0; l < tale.count; l++)
            if (g_str_has_prefix(tale.line[l].words, words)) {
                g_strlcpy(r->words, tale.line[0].words, sizeof r->words);
                r->made[r->count++] = allowed[i];
                return true;
            }
    }
    r->build->reset(r->m);
    for (unsigned i = 0; i < r->count; i++)
        r->build->move(r->m, r->made[i], NULL);
    return false;
}

static void make(struct run *r, const char *words)
{
    cr_assert(try(r, words), "move %u: '%s' is not allowed", r->count + 1, words);
}

static bool fired(const struct run *r, enum check_rule rule)
{
    return r->build->rules(r->m) >> rule & 1;
}

static void end(struct run *r)
{
    r->build->destroy(r->m);
}

/* Masks of tasks have 8 bits, a large machine has 96 tasks: those above are plain programs. */
Test(moves, tasks_above_the_masks_are_plain_programs)
{
    struct run r = begin(&check_large, (struct check_params){.vcpus = 1,
                                                             .tasks = 40,
                                                             .faults = 1,
                                                             .kernel_tasks = 1,
                                                             .l2_tasks = 2,
                                                             .flags = CHECK_SHARED});

    make(&r, "task 32 runs");
    make(&r, "task 32 touches page 0");
    cr_assert_str_eq(r.words, "task 32 touches page 0");
    end(&r);
    r = begin(&check_large,
              (struct check_params){.vcpus = 1, .tasks = 1, .faults = 1, .kernel_tasks = 1});
    make(&r, "task 0 runs");
    make(&r, "task 0 touches page 0");
    cr_assert_str_eq(r.words, "task 0 touches page 0 in kernel mode");
    end(&r);
}

static struct run evicted_under_its_worker(struct check_params p)
{
    p.vcpus = p.tasks = p.faults = 1;
    p.budget[CHECK_EVICT] = 1;
    struct run r = begin(&check_small, p);

    make(&r, "task 0 runs");
    make(&r, "task 0 touches page 0");
    if (p.budget[CHECK_VMM_EN])
        make(&r, "worker of token 0x1000 begins");
    make(&r, "worker of token 0x1000: page 0 is there");
    make(&r, "page 0 is evicted");
    return r;
}

/* The worker fetched it once. That it is away again the prefault finds, and waits for it. */
Test(moves, a_page_that_was_evicted_does_not_come_back_by_itself)
{
    struct run r = evicted_under_its_worker((struct check_params){0});

    make(&r, "worker: done was empty");
    make(&r, "worker of token 0x1000 returns");
    make(&r, "prefault: page 0 has gone again");
    cr_assert(fired(&r, CHECK_RULE_PREFAULT));
    end(&r);
}

/* The same where the item is cancelled between its append and its worker's return. */
Test(moves, nor_does_that_of_an_item_which_is_cancelled_behind_its_append)
{
    struct run r = evicted_under_its_worker(
        (struct check_params){.host = APF_KERNEL_TIP, .budget = {[CHECK_VMM_EN] = 1}});

    make(&r, "KVM_SET_MSRS: 4b564d02 = 0x0");
    make(&r, "worker: done was empty");
    make(&r, "worker of token 0x1000 returns");
    make(&r, "KVM_SET_MSRS: 4b564d02 = 0x");
    make(&r, "entry");
    for (unsigned i = 0; i < 8 && !try(&r, "task 0 touches page 0"); i++) {
        cr_assert(!try(&r, "task 0 has page 0"), "the page is back");
        if (!try(&r, "entry") && !try(&r, "interrupt") && !try(&r, "reads the slot") &&
            !try(&r, "slot := 0") && !try(&r, "writes ACK") && !try(&r, "task 0 "))
            make(&r, "worker");
    }
    cr_assert(g_str_has_prefix(r.words, "task 0 touches page 0"));
    end(&r);
}

static unsigned bits(struct run *r)
{
    return r->build->bits(r->m);
}

/* Everybody has his page; a wake-all that the VMM's write queued is still in the host. */
Test(moves, a_state_is_good_only_when_nothing_is_left_in_the_host)
{
    struct run r = begin(&check_small,
                         (struct check_params){.vcpus = 1,
                                               .tasks = 1,
                                               .faults = 1,
                                               .kernel_tasks = 1,
                                               .budget = {[CHECK_VMM_SAME] = 1, [CHECK_REAL] = 1}});

    cr_assert_eq(bits(&r) & EXPLORE_GOOD, 0, "the task has not got its page");
    make(&r, "task 0 runs");
    make(&r, "synchronous: ");
    make(&r, "entry");
    make(&r, "task 0 has page 0");
    cr_assert(bits(&r) & EXPLORE_GOOD);
    make(&r, "KVM_SET_MSRS: 4b564d02");
    cr_assert_eq(bits(&r) & EXPLORE_GOOD, 0, "the wake-all is still there");
    make(&r, "request APF_READY");
    cr_assert(bits(&r) & EXPLORE_GOOD);
    end(&r);
}
